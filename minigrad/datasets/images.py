"""Data sets of images: in memory (the base of MNIST and Digits), or in files.

    ImageDataset      uint8 images and labels in memory; batches in one operation
    ImageFolder       one sub-folder per class
    FilenameLabels    one folder, the class in the file name: 0042-label-7.png

A sample is (image, label): a float32 Tensor (C, H, W) with values in [0, 1], which
``transform`` may change, and an int. Files need Pillow (the extra ``train``).

Below: transforms.py, utils/data. Above: mnist.py, digits.py. Tests: tests/data/test_images.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingExtra, ShapeError
from ..tensor import Tensor, from_numpy
from ..utils.data import Dataset, Rows

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp")


class ImageDataset(Dataset):
    """Images (N, H, W) and labels (N,) in memory; images stay uint8 and become float32 per batch.

    ``data`` and ``targets`` are Tensors over the arrays given, not copies; ``classes`` are names.
    """

    data: Tensor
    targets: Tensor
    classes: list[str]

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        classes: Sequence[str],
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ):
        if images.ndim != 3 or images.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise ShapeError(
                f"ImageDataset got images {images.shape} of {images.dtype} and labels {labels.shape}; "
                "it needs uint8 images (N, H, W) and one label for each."
            )
        self.data, self.targets = from_numpy(images), from_numpy(labels.astype(np.int64))
        self.classes = list(classes)
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = from_numpy(as_float(self.data.array[index][None]))
        label: Any = int(self.targets.array[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __getitems__(self, indices: Sequence[int]) -> Any:
        alike = self.transform is None or getattr(self.transform, "whole_batches", False)
        if not alike or self.target_transform is not None:
            return [self[i] for i in indices]
        places = np.asarray(indices, dtype=np.int64)
        images = from_numpy(as_float(self.data.array[places][:, None]))
        if self.transform is not None:
            images = self.transform(images)
        return Rows(self, indices, [images, from_numpy(self.targets.array[places])])

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self)} images {tuple(self.data.shape[1:])}, "
            f"{len(self.classes)} classes, transform={self.transform})"
        )


def as_float(images: np.ndarray) -> np.ndarray:
    """uint8 values 0 to 255 as float32 in [0, 1]."""
    return images * np.float32(1 / 255)


def read_image(path: str | os.PathLike, mode: str = "L", size: tuple[int, int] | None = None) -> np.ndarray:
    """An image file as uint8 (H, W), or (H, W, 3) with ``mode="RGB"``; resized to ``size`` (H, W).

    Raises FileNotFoundError or, for what is no image Pillow can read, ValueError naming the file.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtra("pillow", "train", "Reading image files") from None
    try:
        with Image.open(path) as image:
            picture = _eight_bits(image, Image).convert(mode)
            if size is not None and picture.size != size[::-1]:
                picture = picture.resize(size[::-1], Image.Resampling.BILINEAR)
            return np.array(picture)
    except (FileNotFoundError, IsADirectoryError):
        what = "a folder" if Path(path).is_dir() else "which does not exist"
        raise FileNotFoundError(f"read_image got '{path}', {what}; it needs an image file.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
        raise ValueError(
            f"read_image got '{path}', which cannot be read as an image{reason}; it needs a whole PNG, "
            "JPEG or other file that Pillow knows."
        ) from None


def _eight_bits(image: Any, Image: Any) -> Any:
    """16-bit grey values scaled down: Pillow's own conversion would clip them at 255."""
    if image.mode in ("I", "I;16", "I;16B", "I;16L"):
        return Image.fromarray((np.asarray(image).clip(0, 65535) / 257).round().astype(np.uint8))
    return image


class _ImageFiles(Dataset):
    """Image files with labels; a file is read when its sample is asked for."""

    samples: list[tuple[str, int]]
    classes: list[str]

    def __init__(self, root, transform, target_transform, mode, size):
        name = type(self).__name__
        self.root = Path(root)
        if not self.root.is_dir():
            raise FileNotFoundError(f"{name} got root='{root}', which is no folder; it needs one.")
        if mode not in ("L", "RGB"):
            raise ValueError(f"{name} got mode={mode!r}; it needs 'L' (grey) or 'RGB'.")
        self.transform, self.target_transform = transform, target_transform
        self.mode, self.size = mode, (size, size) if isinstance(size, int) else size

    @property
    def targets(self) -> list[int]:
        return [label for _, label in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, label = self.samples[index]
        array = read_image(path, self.mode, self.size)
        channels = array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1))
        image: Any = from_numpy(as_float(channels))
        if self.transform is not None:
            image = self.transform(image)
        target: Any = label if self.target_transform is None else self.target_transform(label)
        return image, target

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} images in '{self.root}', {len(self.classes)} classes)"


class ImageFolder(_ImageFiles):
    """Images in one sub-folder per class, at any depth below it; classes are the sorted names.

    ``mode`` is "RGB" or "L"; ``size`` (an int or (height, width)) resizes every image, so that
    they fit into one batch. Attributes ``classes``, ``class_to_idx``, ``samples``, ``targets``.
    Raises FileNotFoundError for a missing folder and ValueError where a class has no images.

    >>> from minigrad.datasets import ImageFolder
    >>> ImageFolder("no/such/folder")
    Traceback (most recent call last):
    FileNotFoundError: ImageFolder got root='no/such/folder', which is no folder; it needs one.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        *,
        mode: str = "RGB",
        size: int | tuple[int, int] | None = None,
    ):
        super().__init__(root, transform, target_transform, mode, size)
        self.classes = sorted(p.name for p in self.root.iterdir() if p.is_dir() and p.name[0] != ".")
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        if not self.classes:
            raise ValueError(f"ImageFolder got '{root}', which holds no sub-folders; it needs one per class.")
        self.samples = []
        for name, label in self.class_to_idx.items():
            files = sorted(p for p in (self.root / name).rglob("*") if p.suffix.lower() in SUFFIXES)
            if not files:
                raise ValueError(
                    f"ImageFolder got '{self.root / name}', which holds no images; every class needs at "
                    f"least one file ending in {', '.join(SUFFIXES)}."
                )
            self.samples += [(str(path), label) for path in files]


class FilenameLabels(_ImageFiles):
    """Images in one folder whose names end in their class, such as ``0042-label-7.png``.

    ``pattern`` is a regular expression with one group, the label; classes are the labels found,
    sorted (numbers as numbers). Raises ValueError naming a file that does not match.

    >>> from minigrad.datasets import FilenameLabels
    >>> FilenameLabels("no/such/folder")
    Traceback (most recent call last):
    FileNotFoundError: FilenameLabels got root='no/such/folder', which is no folder; it needs one.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        *,
        pattern: str = r"-label-(\w+)\.\w+$",
        mode: str = "L",
        size: int | tuple[int, int] | None = None,
    ):
        super().__init__(root, transform, target_transform, mode, size)
        files = sorted(p for p in self.root.iterdir() if p.suffix.lower() in SUFFIXES)
        if not files:
            raise ValueError(
                f"FilenameLabels got '{root}', which holds no images; it needs files ending in "
                f"{', '.join(SUFFIXES)}."
            )
        labels = []
        for path in files:
            found = re.search(pattern, path.name)
            if not found:
                raise ValueError(
                    f"FilenameLabels got '{path}', which does not match {pattern!r}; it needs names such "
                    "as 0042-label-7.png. Pass another pattern with one group, the label."
                )
            labels.append(found.group(1))
        numbers = all(label.isdecimal() for label in labels)
        self.classes = sorted(set(labels), key=int if numbers else None)  # type: ignore[arg-type]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples = [(str(p), self.class_to_idx[label]) for p, label in zip(files, labels)]
