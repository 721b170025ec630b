"""Normalisation layers.

    BatchNorm1d 2d 3d      over the batch, with running statistics for evaluation
    LayerNorm RMSNorm      over the last dimensions of each example
    GroupNorm              over groups of channels of each example
    InstanceNorm1d 2d 3d   over each channel of each example

Below: functional.py, init.py, module.py. Tests: tests/nn/test_norm.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.ops.casting import as_dtype, get_default_dtype
from minigrad.ops.creation import check_device
from minigrad.ops.norm_fused import batch_norm_relu
from minigrad.tape import touch, wrap
from minigrad.tracing import effect

from . import functional as F
from . import init
from .ahead import LooksAhead
from .linear import empty_parameter
from .module import Module


class _Affine(Module):
    """A weight that starts at one and a bias that starts at zero, or None for either."""

    def _make(self, shape: tuple, weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        for name, wanted in (("weight", weight), ("bias", bias)):
            if wanted:
                setattr(self, name, empty_parameter(shape, device, dtype))
            else:
                self.register_parameter(name, None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Back to the identity: weight one, bias zero."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self._parameters.get("bias") is not None:
            init.zeros_(self.bias)


class _StatisticsNorm(_Affine):
    """What batch and instance normalisation share: (C,) parameters and running statistics."""

    dimensions: tuple[int, ...] = ()  # which numbers of dimensions an input may have
    shapes: str

    def __init__(
        self, num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
    ):  # fmt: skip
        super().__init__()
        check_device(device)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        found = get_default_dtype() if dtype is None else as_dtype(dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", wrap(np.zeros(num_features, found)) if tracked else None)
        self.register_buffer("running_var", wrap(np.ones(num_features, found)) if tracked else None)
        self.register_buffer("num_batches_tracked", wrap(np.array(0)) if tracked else None)
        self._make((num_features,), affine, affine and bias, device, dtype)

    def reset_running_stats(self) -> None:
        """Forget the statistics of the batches so far."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Statistics and parameters as they were in the beginning."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check(self, input: Any) -> None:
        if input.ndim not in self.dimensions:
            raise ShapeError(f"{type(self).__name__} got shape {input.shape}; it needs {self.shapes}.")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


@effect
def _count_batch(tracked: Any) -> None:
    tracked.array += 1
    touch(tracked.version)


class _BatchNorm(_StatisticsNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Any) -> Any:
        return self._normalized(F.batch_norm, input)

    def _normalized(self, batch_norm: Callable, input: Any) -> Any:
        self._check(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            _count_batch(self.num_batches_tracked)
            if self.momentum is None:  # a plain average over all batches
                momentum = 1 / self.num_batches_tracked.item()
        mean, variance = self.running_mean, self.running_var
        from_batch = self.training or mean is None
        if self.training and not self.track_running_stats:
            mean = variance = None
        return batch_norm(input, mean, variance, self.weight, self.bias, from_batch, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """Brings each feature to mean 0 and variance 1 over the batch. Shapes: (N, C) or (N, C, L).

    In evaluation the running statistics are used, which move by ``momentum`` with each batch
    (None: plain averages). Source: Ioffe and Szegedy, Batch normalization (2015).

    >>> nn.BatchNorm1d(1)(tensor([[1.0], [3.0]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    """

    dimensions, shapes = (2, 3), "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm, LooksAhead):
    """Brings each channel to mean 0 and variance 1 over the batch. Shapes: (N, C, H, W).

    As BatchNorm1d.

    >>> nn.BatchNorm2d(3)(minigrad.zeros(2, 3, 4, 4)).shape == (2, 3, 4, 4)
    True
    """

    dimensions, shapes = (4,), "(N, C, H, W)"
    _only_training = True

    def _fits(self, input: np.ndarray) -> bool:
        return type(self) is BatchNorm2d and self.training and input.ndim == 4

    def _takes(self, input: Any, step: str, before: tuple[str, ...]) -> bool:
        return step == "relu" and not before

    def _together(self, input: Any, steps: tuple[str, ...]) -> Any:
        return self._instead(self._normalized, batch_norm_relu, input)


class BatchNorm3d(_BatchNorm):
    """Brings each channel to mean 0 and variance 1 over the batch. Shapes: (N, C, D, H, W)."""

    dimensions, shapes = (5,), "(N, C, D, H, W)"


class _InstanceNorm(_StatisticsNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Any) -> Any:
        self._check(input)
        single = input.ndim == self.dimensions[0]
        output = F.instance_norm(
            input.unsqueeze(0) if single else input, self.running_mean, self.running_var, self.weight,
            self.bias, self.training or not self.track_running_stats, self.momentum, self.eps,
        )  # fmt: skip
        return output.squeeze(0) if single else output


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each example to mean 0 and variance 1. Shapes: (N, C, L) or (C, L)."""

    dimensions, shapes = (2, 3), "(N, C, L) or (C, L)"


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each example to mean 0 and variance 1. Shapes: (N, C, H, W) or (C, H, W).

    Source: Ulyanov et al., Instance normalization (2016).

    >>> nn.InstanceNorm2d(3)(minigrad.zeros(2, 3, 4, 4)).shape == (2, 3, 4, 4)
    True
    """

    dimensions, shapes = (3, 4), "(N, C, H, W) or (C, H, W)"


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each example to mean 0 and variance 1. Shapes: (N, C, D, H, W) or without N."""

    dimensions, shapes = (4, 5), "(N, C, D, H, W) or (C, D, H, W)"


def _as_shape(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class LayerNorm(_Affine):
    """Brings the last dimensions of each example to mean 0 and variance 1.

    Shapes: (*, *normalized_shape). Source: Ba, Kiros, Hinton, Layer normalization (2016).

    >>> nn.LayerNorm(2)(tensor([[1.0, 3.0]])).detach()
    tensor([[-1.0000,  1.0000]])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.normalized_shape, self.eps = _as_shape(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def forward(self, input: Any) -> Any:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """Divides the last dimensions of each example by the root of their mean square.

    Shapes: (*, *normalized_shape). Source: Zhang and Sennrich (2019).

    >>> nn.RMSNorm(2)(tensor([[3.0, 3.0]])).detach()
    tensor([[1., 1.]])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.normalized_shape, self.eps = _as_shape(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        if elementwise_affine:
            self.weight = empty_parameter(self.normalized_shape, device, dtype)
        else:
            self.register_parameter("weight", None)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """Brings each group of channels of each example to mean 0 and variance 1. Shapes: (N, C, *).

    Raises ValueError unless ``num_groups`` divides ``num_channels``.
    Source: Wu and He, Group normalization (2018).

    >>> nn.GroupNorm(2, 4)(minigrad.zeros(2, 4, 3)).shape == (2, 4, 3)
    True
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ):
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm got num_groups={num_groups} and num_channels={num_channels}; the second must "
                "be a multiple of the first."
            )
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._make((num_channels,), affine, affine and bias, device, dtype)

    def forward(self, input: Any) -> Any:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
