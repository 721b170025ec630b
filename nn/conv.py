"""Convolution layers.

    Conv2d            (N, C_in, H, W) -> (N, C_out, OH, OW)
    Conv1d            (N, C_in, L) -> (N, C_out, OL)
    ConvTranspose2d   the way back from Conv2d

Below: functional.py, init.py, module.py. Tests: tests/nn/test_conv.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.ops.conv_fused import can_pool, conv2d_fused
from minigrad.shapes import pair

from . import functional as F
from . import init
from .ahead import LooksAhead
from .linear import empty_parameter
from .module import Module

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """Sizes, parameters and printing, which all layers share."""

    dimensions = 2

    def __init__(
        self, in_channels, out_channels, kernel_size, stride, padding, dilation, transposed,
        output_padding, groups, bias, padding_mode, device, dtype,
    ):  # fmt: skip
        super().__init__()
        name = type(self).__name__
        if groups <= 0 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name} got in_channels={in_channels}, out_channels={out_channels} and groups={groups}; "
                "it needs groups > 0 that divide both."
            )
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"{name} got padding_mode={padding_mode!r}; it needs one of {', '.join(_PADDING_MODES)}."
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = self._sizes(kernel_size, "kernel_size", 1)
        self.stride = self._sizes(stride, "stride", 1)
        self.dilation = self._sizes(dilation, "dilation", 1)
        self.padding = self._check_padding(padding)
        self.transposed = transposed
        self.output_padding = self._sizes(output_padding, "output_padding", 0)
        self.groups, self.padding_mode = groups, padding_mode
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = empty_parameter((first, second // groups, *self.kernel_size), device, dtype)
        if bias:
            self.bias = empty_parameter((out_channels,), device, dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _sizes(self, value: Any, option: str, minimum: int) -> tuple[int, ...]:
        """One number per dimension."""
        name = type(self).__name__
        if self.dimensions == 1 and isinstance(value, (tuple, list)) and len(value) != 1:
            raise ValueError(f"{name} got {option}={value!r}; it needs an integer >= {minimum}.")
        return pair(value, name, option, minimum)[: self.dimensions]

    def _check_padding(self, padding: Any) -> Any:
        name = type(self).__name__
        if not isinstance(padding, str):
            return self._sizes(padding, "padding", 0)
        if padding not in ("same", "valid"):
            raise ValueError(f"{name} got padding={padding!r}; it needs 'same', 'valid' or numbers.")
        if padding == "same" and max(self.stride) > 1:
            raise ValueError(f"{name} got padding='same' and stride {self.stride}; it needs stride 1.")
        return padding

    def _edges(self) -> tuple[int, ...]:
        """(left, right, top, bottom), as ``F.pad`` takes them; the last dimension comes first."""
        if self.padding == "valid":
            return (0, 0) * self.dimensions
        if self.padding == "same":
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
            sides = [(t // 2, t - t // 2) for t in totals]
        else:
            sides = [(p, p) for p in self.padding]
        return tuple(size for side in reversed(sides) for size in side)

    def _padded(self, input: Any) -> tuple[Any, Any]:
        """The input and the padding still to be added: zeros are left to the convolution."""
        if self.padding_mode == "zeros":
            return input, self.padding
        return F.pad(input, self._edges(), mode=self.padding_mode), 0

    def reset_parameters(self) -> None:
        """Draw new starting values, uniform in +-1 / sqrt(fan_in)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.array.shape[1:])
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def extra_repr(self) -> str:
        parts = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        ]
        if self.padding != (0,) * self.dimensions:
            parts.append(f"padding={self.padding}")
        if max(self.dilation) > 1:
            parts.append(f"dilation={self.dilation}")
        if max(self.output_padding) > 0:
            parts.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class Conv2d(_Conv, LooksAhead):
    """Slides ``out_channels`` filters over an image.

    Shapes: (N, C_in, H, W) or (C_in, H, W) -> (..., C_out, OH, OW), with
    OH = (H + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1.
    ``padding`` is a number, a pair, 'same' or 'valid'; ``padding_mode`` says what lies there.
    Both parameters start uniform in +-1 / sqrt(C_in / groups * KH * KW).

    >>> nn.Conv2d(1, 8, 3)(minigrad.zeros(2, 1, 28, 28)).shape == (2, 8, 26, 26)
    True
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, False, 0, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Any) -> Any:
        input, padding = self._padded(input)
        return F.conv2d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _fits(self, input: np.ndarray) -> bool:
        return type(self) is Conv2d and self.padding_mode == "zeros" and input.ndim in (3, 4)

    def _takes(self, input: Any, step: str, before: tuple[str, ...]) -> bool:
        if step in before:
            return False
        return step == "relu" or can_pool(
            input.array.shape, self.weight.array.shape, self.stride, self.padding, self.dilation
        )

    def _together(self, input: Any, steps: tuple[str, ...]) -> Any:
        return self._instead(
            conv2d_fused, input, self.weight, self.bias, self.stride, self.padding,
            self.dilation, self.groups, "relu" in steps, "pool" in steps,
        )  # fmt: skip


class Conv1d(_Conv):
    """Slides ``out_channels`` filters over a line. Arguments as Conv2d.

    Shapes: (N, C_in, L) or (C_in, L) -> (..., C_out, OL).

    >>> nn.Conv1d(1, 8, 3)(minigrad.zeros(2, 1, 28)).shape == (2, 8, 26)
    True
    """

    dimensions = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, False, 0, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Any) -> Any:
        input, padding = self._padded(input)
        return F.conv1d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class ConvTranspose2d(_Conv):
    """The transpose of Conv2d: every input value adds a scaled filter to the output.

    Shapes: (N, C_in, H, W) or (C_in, H, W) -> (..., C_out, OH, OW), with
    OH = (H - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1.

    >>> nn.ConvTranspose2d(1, 1, 2, stride=2)(minigrad.zeros(1, 1, 3, 3)).shape == (1, 1, 6, 6)
    True
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        if padding_mode != "zeros":
            raise ValueError(f"ConvTranspose2d got padding_mode={padding_mode!r}; it needs 'zeros'.")
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, True, output_padding,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _check_padding(self, padding: Any) -> Any:
        return pair(padding, "ConvTranspose2d", "padding", 0)

    def forward(self, input: Any, output_size: Any = None) -> Any:
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _extra(self, input: Any, output_size: Any) -> tuple[int, ...]:
        """The output_padding that leads to ``output_size``, given as (OH, OW) or in full."""
        wanted = tuple(output_size)[-2:]
        smallest = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                input.shape[-2:], self.stride, self.padding, self.dilation, self.kernel_size
            )
        ]
        for size, least, stride in zip(wanted, smallest, self.stride):
            if not least <= size < least + stride:
                raise ValueError(
                    f"ConvTranspose2d got output_size={tuple(output_size)} for an input of "
                    f"{tuple(input.shape)}; it needs sizes from {smallest} up to less than one stride "
                    f"{self.stride} more."
                )
        return tuple(size - least for size, least in zip(wanted, smallest))
