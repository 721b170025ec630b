"""Pooling layers: windows of an image become one number each.

    MaxPool2d AvgPool2d                     windows of a given size
    AdaptiveMaxPool2d AdaptiveAvgPool2d     as many windows as the output has places
    and each with 1d

Shapes: (N, C, H, W) or (C, H, W) -> (..., OH, OW); 1d: (N, C, L) or (C, L) -> (..., OL).
Below: functional.py, module.py. Tests: tests/nn/test_layers.py.
"""

from __future__ import annotations

from typing import Any

from . import functional as F
from .module import Module


class _MaxPool(Module):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def _settings(self) -> tuple:
        """As ``max_pool2d`` takes them."""
        return (
            self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool2d(_MaxPool):
    """The largest value of each window; ``stride`` is the window's size unless given.

    >>> nn.MaxPool2d(2)(tensor([[[1.0, 2.0], [4.0, 3.0]]]))
    tensor([[[4.]]])
    """

    def forward(self, input: Any) -> Any:
        return F.max_pool2d(input, *self._settings())


class MaxPool1d(_MaxPool):
    """The largest value of each window of a line."""

    def forward(self, input: Any) -> Any:
        return F.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip


class AvgPool1d(Module):
    """The mean of each window of a line."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        super().__init__()
        kernel_size, padding = _as_tuple(kernel_size), _as_tuple(padding)
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else _as_tuple(stride)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Any) -> Any:
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def _as_tuple(value: Any) -> tuple:
    return (value,) if isinstance(value, int) else tuple(value)


class AvgPool2d(Module):
    """The mean of each window; ``stride`` is the window's size unless given.

    >>> nn.AvgPool2d(2)(tensor([[[1.0, 2.0], [4.0, 3.0]]]))
    tensor([[[2.5000]]])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Any) -> Any:
        return F.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AdaptiveAvgPool(Module):
    def __init__(self, output_size: Any):
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Means over ``output_size`` windows that cover the image evenly; None keeps a size.

    >>> nn.AdaptiveAvgPool2d(1)(tensor([[[1.0, 2.0], [4.0, 3.0]]]))
    tensor([[[2.5000]]])
    """

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Means over ``output_size`` windows that cover the line evenly."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool1d(input, self.output_size)


class _AdaptiveMaxPool(Module):
    def __init__(self, output_size: Any, return_indices: bool = False):
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maxima over ``output_size`` windows that cover the image evenly; None keeps a size.

    >>> nn.AdaptiveMaxPool2d(1)(tensor([[[1.0, 2.0], [4.0, 3.0]]]))
    tensor([[[4.]]])
    """

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maxima over ``output_size`` windows that cover the line evenly."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)
