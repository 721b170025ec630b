"""Methods that change a shape or the order of dimensions.

Below: ops/shaping.py, ops/broadcasting.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import broadcasting
from ..ops import shaping as ops


class ShapingMethods:
    array: np.ndarray

    @property
    def T(self) -> Any:
        return ops.reverse_dims(self)

    @property
    def mT(self) -> Any:
        return ops.adjoint(self)

    H = mH = mT

    def clone(self, *, memory_format: Any = None) -> Any:
        return ops.clone(self)

    def contiguous(self, *, memory_format: Any = None) -> Any:
        return ops.contiguous(self)

    def is_contiguous(self) -> bool:
        return self.array.flags.c_contiguous

    def reshape(self, *sizes: Any, shape: Any = None) -> Any:
        return ops.reshape(self, *(sizes if shape is None else (shape,)))

    def view(self, *sizes: Any, size: Any = None, dtype: Any = None) -> Any:
        given = dtype if size is None else size
        return ops.view(self, *(sizes if given is None else (given,)))

    def reshape_as(self, other: Any) -> Any:
        return ops.reshape(self, other.array.shape)

    def view_as(self, other: Any) -> Any:
        return ops.view(self, other.array.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        return ops.flatten(self, start_dim, end_dim)

    def ravel(self) -> Any:
        return ops.ravel(self)

    def unflatten(self, dim: int, sizes: Any) -> Any:
        return ops.unflatten(self, dim, sizes)

    def squeeze(self, dim: Any = None) -> Any:
        return ops.squeeze(self, dim)

    def unsqueeze(self, dim: int) -> Any:
        return ops.unsqueeze(self, dim)

    def permute(self, *dims: Any) -> Any:
        return ops.permute(self, *dims)

    def transpose(self, dim0: int, dim1: int) -> Any:
        return ops.transpose(self, dim0, dim1)

    def movedim(self, source: Any, destination: Any) -> Any:
        return ops.movedim(self, source, destination)

    def t(self) -> Any:
        return ops.t(self)

    def adjoint(self) -> Any:
        return ops.adjoint(self)

    swapdims = transpose
    swapaxes = ops.swapaxes
    moveaxis = movedim

    def expand(self, *sizes: Any, size: Any = None) -> Any:
        return broadcasting.expand(self, *(sizes if size is None else (size,)))

    def sum_to_size(self, *size: Any) -> Any:
        return broadcasting.sum_to_size(self, *size)

    def expand_as(self, other: Any) -> Any:
        return broadcasting.expand(self, other.array.shape)

    broadcast_to = broadcasting.broadcast_to
