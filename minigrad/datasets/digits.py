"""scikit-learn's 1,797 handwritten digits, enlarged to the size of MNIST: data without a download.

Below: images.py. Tests: tests/data/test_digits.py.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import MissingExtra
from .images import ImageDataset


class Digits(ImageDataset):
    """1,797 digits of 8 x 8 pixels, enlarged to 28 x 28: 1,438 to train on, 359 to test.

    The split is always the same: in every class a fifth of the samples, chosen once at random,
    is for testing. Each image is enlarged to 20 x 20 (bilinear) and centred, as MNIST is.
    Needs scikit-learn (for the file) and Pillow: the extra ``train``.
    Source: Alpaydin, Kaynak, Optical recognition of handwritten digits, UCI (1998).

    >>> from minigrad.datasets import Digits
    >>> image, label = Digits(train=False)[0]
    >>> image.shape, label
    (minigrad.Size([1, 28, 28]), 3)
    """

    def __init__(
        self,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ):
        self.train = train
        pixels, labels = _load()
        chosen = _chosen(labels, train)
        images = np.stack([_enlarge(image) for image in pixels[chosen]])
        super().__init__(images, labels[chosen], list("0123456789"), transform, target_transform)


def _load() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (1797, 8, 8), 0 to 16, and labels (1797,)."""
    found = find_spec("sklearn")
    if found is None:
        raise MissingExtra("scikit-learn", "train", "The data set Digits")
    # Only its file is wanted: importing scikit-learn takes longer than a first epoch.
    path = Path(found.submodule_search_locations[0]) / "datasets/data/digits.csv.gz"  # type: ignore[index]
    if path.is_file():
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",")
        return table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.int64)
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images, digits.target.astype(np.int64)


def _chosen(labels: np.ndarray, train: bool) -> np.ndarray:
    """The numbers of the samples of one half of the split, in the order of the file."""
    random = np.random.RandomState(0)  # its stream is frozen: the same split in every NumPy
    tests = []
    for label in range(10):
        order = random.permutation(np.flatnonzero(labels == label))
        tests.append(order[: round(len(order) / 5)])
    return (
        np.setdiff1d(np.arange(len(labels)), np.concatenate(tests))
        if train
        else np.sort(np.concatenate(tests))
    )


def _enlarge(image: np.ndarray) -> np.ndarray:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra("pillow", "train", "The data set Digits") from None
    picture = Image.fromarray((image * (255 / 16)).astype(np.uint8))
    large = np.zeros((28, 28), np.uint8)
    large[4:24, 4:24] = np.asarray(picture.resize((20, 20), Image.Resampling.BILINEAR))
    return large
