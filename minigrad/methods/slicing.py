"""Methods that cut views along one dimension. Below: ops/slicing.py."""

from __future__ import annotations

from typing import Any

from ..ops import slicing as ops


class SlicingMethods:
    def narrow(self, dim: int, start: Any, length: int) -> Any:
        return ops.narrow(self, dim, start, length)

    def narrow_copy(self, dim: int, start: int, length: int) -> Any:
        return ops.narrow(self, dim, start, length).clone()

    def select(self, dim: int, index: int) -> Any:
        return ops.select(self, dim, index)

    def unfold(self, dimension: int, size: int, step: int) -> Any:
        return ops.unfold(self, dimension, size, step)

    def as_strided(self, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
        return ops.as_strided(self, size, stride, storage_offset)
