"""Softmax and its kin as layers.

    Softmax LogSoftmax Softmin     along one dimension
    Softmax2d                      over the channels of images

Below: functional.py, module.py. Tests: tests/nn/test_layers.py.
"""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError

from . import functional as F
from .module import Module


class Softmax(Module):
    """``exp(x)`` scaled to sum to 1 along ``dim``.

    >>> nn.Softmax(0)(tensor([1.0, 1.0]))
    tensor([0.5000, 0.5000])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmin(Module):
    """Softmax of ``-x``.

    >>> nn.Softmin(0)(tensor([1.0, 1.0]))
    tensor([0.5000, 0.5000])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.softmin(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """``log(softmax(x))`` along ``dim``, without overflow.

    >>> nn.LogSoftmax(0)(tensor([1.0, 1.0]))
    tensor([-0.6931, -0.6931])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Softmax over the channels of images. Shapes: (N, C, H, W) or (C, H, W).

    >>> nn.Softmax2d()(minigrad.zeros(2, 1, 1))[0]
    tensor([[0.5000]])
    """

    def forward(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d got shape {tuple(input.shape)}; it needs (N, C, H, W) or (C, H, W).")
        return F.softmax(input, -3)
