"""Data sets by name, and single images from files.

Below: datasets/. Above: parser.py, train.py, evaluate.py, predict.py. Tests: tests/cli.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Data:
    """A data set the command line knows."""

    name: str  # of its class in minigrad.datasets
    epochs: int  # passes that are enough
    files: bool  # whether it is read from a folder


DATA = {
    "digits": Data("Digits", epochs=20, files=False),
    "mnist": Data("MNIST", epochs=5, files=True),
    "fashion-mnist": Data("FashionMNIST", epochs=10, files=True),
}


def open_data(name: str, root: str | None, train: bool, limit: int | None = None) -> Any:
    """The training or the test half of a data set, whole or its first ``limit`` images."""
    from .. import datasets

    data = DATA[name]
    kind = getattr(datasets, data.name)
    dataset = kind(root, train=train) if data.files else kind(train=train)
    if limit is not None and limit < len(dataset):
        dataset.data, dataset.targets = dataset.data[:limit], dataset.targets[:limit]
    return dataset


def load_image(path: str) -> np.ndarray:
    """One grey image, float32 (1, 1, 28, 28) in [0, 1]. Raises ValueError naming the file."""
    from ..datasets import read_image

    if Path(path).suffix.lower() != ".npy":
        return read_image(path, "L", (28, 28))[None, None] * np.float32(1 / 255)
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"'{path}' cannot be read as a .npy array ({error}).") from None
    wanted = "uint8 from 0 to 255 or floats from 0 to 1, of shape (28, 28), (28, 28, 1), (1, 28, 28) or "
    if array.shape not in ((28, 28), (28, 28, 1), (1, 28, 28), (1, 28, 28, 1), (1, 1, 28, 28)):
        raise ValueError(f"'{path}' has shape {array.shape}; it needs {wanted}(1, 28, 28, 1).")
    image = array.reshape(1, 1, 28, 28)
    if image.dtype == np.uint8:
        return image * np.float32(1 / 255)
    if image.dtype.kind != "f" or not (image.min() >= 0 and image.max() <= 1):
        span = f"{image.min():.4g} to {image.max():.4g}"
        raise ValueError(f"'{path}' holds {image.dtype} from {span}; it needs {wanted}(1, 28, 28, 1).")
    return image.astype(np.float32)
