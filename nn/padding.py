"""Padding layers: more elements around a line, an image or a volume.

    ZeroPad ConstantPad ReflectionPad ReplicationPad CircularPad, each with 1d, 2d, 3d

``padding``: one number, or two per dimension, the last dimension first (left, right, top,
bottom, ...). Below: functional.py, module.py. Tests: tests/nn/test_layers.py.
"""

from __future__ import annotations

from typing import Any

from . import functional as F
from .module import Module


class _Pad(Module):
    dimensions: int
    mode = "constant"
    value = 0.0

    def __init__(self, padding: Any):
        super().__init__()
        count = 2 * self.dimensions
        self.padding = (padding,) * count if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != count:
            raise ValueError(
                f"{type(self).__name__} got padding={padding}; it needs one number, or {count} of them."
            )

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self.mode, self.value if self.mode == "constant" else None)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float):
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """The same ``value`` at both ends of a line. Shapes: (N, C, L) or (C, L)."""

    dimensions = 1


class ConstantPad2d(_ConstantPad):
    """The same ``value`` around an image.

    >>> nn.ConstantPad2d((1, 0, 0, 0), 7.0)(tensor([[[1.0]]]))
    tensor([[[7., 1.]]])
    """

    dimensions = 2


class ConstantPad3d(_ConstantPad):
    """The same ``value`` around a volume."""

    dimensions = 3


class ZeroPad1d(_Pad):
    """Zeros at both ends of a line."""

    dimensions = 1


class ZeroPad2d(_Pad):
    """Zeros around an image.

    >>> nn.ZeroPad2d((1, 0, 0, 0))(tensor([[[1.0]]]))
    tensor([[[0., 1.]]])
    """

    dimensions = 2


class ZeroPad3d(_Pad):
    """Zeros around a volume."""

    dimensions = 3


class ReflectionPad1d(_Pad):
    """The line mirrored at its ends, which are not repeated."""

    dimensions, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """The image mirrored at its edges, which are not repeated.

    >>> nn.ReflectionPad2d((2, 0, 0, 0))(tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[3., 2., 1., 2., 3.]]])
    """

    dimensions, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """The volume mirrored at its faces, which are not repeated."""

    dimensions, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The ends of a line repeated."""

    dimensions, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The edges of an image repeated.

    >>> nn.ReplicationPad2d((2, 0, 0, 0))(tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 1., 2.]]])
    """

    dimensions, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The faces of a volume repeated."""

    dimensions, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """What stands at the other end of the line."""

    dimensions, mode = 1, "circular"


class CircularPad2d(_Pad):
    """What stands at the other side of the image.

    >>> nn.CircularPad2d((1, 0, 0, 0))(tensor([[[1.0, 2.0]]]))
    tensor([[[2., 1., 2.]]])
    """

    dimensions, mode = 2, "circular"


class CircularPad3d(_Pad):
    """What stands at the other side of the volume."""

    dimensions, mode = 3, "circular"
