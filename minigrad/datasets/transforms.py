"""What may happen to images on their way into a batch.

    Normalize    subtract a mean, divide by a standard deviation, per channel
    Compose      one after the other

Images are float tensors (C, H, W), or whole batches (N, C, H, W): a transform that treats
every image alike says so by ``whole_batches = True`` and is then called once per batch.

Below: tensor.py. Above: images.py, mnist.py. Tests: tests/data/test_transforms.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tensor import Tensor, from_numpy


class Normalize:
    """``(image - mean) / std`` for each channel; numbers stand for every channel alike.

    ``mean`` and ``std`` of a training set come from ``Normalize.of(images)``.
    Raises ValueError unless each std is above 0, ShapeError where channels do not fit.

    >>> from minigrad.datasets import Normalize
    >>> Normalize(0.5, 0.25)(tensor([[[0.0, 1.0]]]))
    tensor([[[-2.,  2.]]])
    """

    whole_batches = True

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]):
        self.mean, self.std = np.atleast_1d(np.asarray(mean, float)), np.atleast_1d(np.asarray(std, float))
        if self.mean.ndim != 1 or self.std.ndim != 1 or not (self.std > 0).all():
            raise ValueError(
                f"Normalize got mean={mean} and std={std}; it needs a number or one per channel, and "
                "every std above 0."
            )

    @classmethod
    def of(cls, images: Any) -> Normalize:
        """The mean and standard deviation of these images, (N, H, W) or (N, C, H, W).

        Integers are read as 0 to 255 and scaled to [0, 1], as the data sets do.
        """
        array = images.array if isinstance(images, Tensor) else np.asarray(images)
        if array.ndim not in (3, 4) or not array.size:
            raise ShapeError(
                f"Normalize.of got images of shape {array.shape}; it needs (N, H, W) or (N, C, H, W)."
            )
        channels = array[:, None] if array.ndim == 3 else array
        scale = 255.0 if array.dtype.kind in "iu" else 1.0
        means, stds = [], []
        for c in range(channels.shape[1]):
            values = channels[:, c]
            means.append(values.mean(dtype=np.float64) / scale)
            stds.append(values.std(dtype=np.float64) / scale)
        return cls(means, [s or 1.0 for s in stds])  # a constant channel stays as it is

    def __call__(self, images: Tensor) -> Tensor:
        array = images.array
        channels = max(len(self.mean), len(self.std))
        if array.ndim < 3 or (channels > 1 and array.shape[-3] != channels):
            raise ShapeError(
                f"Normalize got images of shape {array.shape}; it needs (..., {channels}, H, W): one "
                "channel for each mean and std."
            )
        mean = self.mean.astype(array.dtype)[:, None, None]
        factor = (1 / self.std).astype(array.dtype)[:, None, None]
        return from_numpy((array - mean) * factor)

    def __repr__(self) -> str:
        mean, std = (", ".join(f"{x:.4g}" for x in v) for v in (self.mean, self.std))
        return f"Normalize(mean=({mean}), std=({std}))"


class Compose:
    """Transforms, one after the other.

    >>> from minigrad.datasets import Compose, Normalize
    >>> Compose([Normalize(0.0, 0.5), lambda image: image + 1])(tensor([[[0.0, 1.0]]]))
    tensor([[[1., 3.]]])
    """

    def __init__(self, transforms: Sequence[Callable]):
        self.transforms = list(transforms)

    @property
    def whole_batches(self) -> bool:
        return all(getattr(t, "whole_batches", False) for t in self.transforms)

    def __call__(self, images: Any) -> Any:
        for transform in self.transforms:
            images = transform(images)
        return images

    def __repr__(self) -> str:
        return f"Compose({self.transforms})"
