"""MNIST and FashionMNIST from their IDX files in a folder. Nothing is fetched.

Below: idx.py, images.py. Tests: tests/data/test_mnist.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .idx import read_idx
from .images import ImageDataset


class MNIST(ImageDataset):
    """Handwritten digits: 60,000 images to train on, 10,000 to test, 28 x 28, white on black.

    ``root`` holds train-images-idx3-ubyte, train-labels-idx1-ubyte and the two t10k files, plain
    or .gz, directly or as torchvision lays them out (root/MNIST/raw). A sample is a float32
    Tensor (1, 28, 28) in [0, 1], which ``transform`` may change, and an int.
    Raises FileNotFoundError or ValueError naming the file that is missing or damaged.
    Source: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document
    recognition (1998).

    >>> from minigrad.datasets import MNIST
    >>> MNIST("no/such/folder")
    Traceback (most recent call last):
    FileNotFoundError: MNIST got root='no/such/folder', which is no folder; it needs the folder ...
    """

    mirror = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    labels = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

    def __init__(
        self,
        root: str | os.PathLike,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ):
        name = type(self).__name__
        if download:
            raise ValueError(
                f"{name} got download=True; minigrad fetches nothing by itself. Put the four files from "
                f"{self.mirror} into '{root}' and leave download out."
            )
        self.root, self.train = Path(root), train
        prefix = "train" if train else "t10k"
        images_path = self._find(f"{prefix}-images-idx3-ubyte")
        labels_path = self._find(f"{prefix}-labels-idx1-ubyte")
        images = read_idx(images_path, "u1", ndim=3)
        labels = read_idx(labels_path, "u1", ndim=1)
        if images.shape[1:] != (28, 28):
            raise ValueError(
                f"{name} got '{images_path}' with images of {images.shape[1:]}; it needs 28 x 28."
            )
        if len(images) != len(labels):
            raise ValueError(
                f"{name} got {len(images)} images in '{images_path}' and {len(labels)} labels in "
                f"'{labels_path}'; it needs one label per image."
            )
        if labels.size and labels.max() >= len(self.labels):
            raise ValueError(
                f"{name} got the label {labels.max()} in '{labels_path}'; it needs labels 0 to "
                f"{len(self.labels) - 1}."
            )
        super().__init__(images, np.asarray(labels), self.labels, transform, target_transform)

    def _find(self, file: str) -> Path:
        name = type(self).__name__
        if not self.root.is_dir():
            raise FileNotFoundError(
                f"{name} got root='{self.root}', which is no folder; it needs the folder that holds "
                f"{file} (plain or .gz)."
            )
        for folder in (self.root, self.root / name / "raw", self.root / "raw"):
            for suffix in ("", ".gz"):
                path = folder / (file + suffix)
                if path.is_file():
                    return path
        raise FileNotFoundError(
            f"{name} got root='{self.root}', which lacks {file}; it needs that file, plain or .gz, there "
            f"or in {name}/raw. It can be had from {self.mirror}"
        )


class FashionMNIST(MNIST):
    """Ten kinds of clothing, in the sizes and files of MNIST, which it replaces one to one.

    Source: Xiao, Rasul, Vollgraf, Fashion-MNIST (2017), arXiv:1708.07747.

    >>> from minigrad.datasets import FashionMNIST
    >>> FashionMNIST("data", download=True)
    Traceback (most recent call last):
    ValueError: FashionMNIST got download=True; minigrad fetches nothing by itself. ...
    """

    mirror = "https://github.com/zalandoresearch/fashion-mnist"
    labels = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
