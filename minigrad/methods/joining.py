"""Methods that split. Below: ops/joining.py."""

from __future__ import annotations

from typing import Any

from ..ops import joining as ops


class JoiningMethods:
    def split(self, split_size: Any, dim: int = 0) -> tuple:
        return ops.split(self, split_size, dim)

    def split_with_sizes(self, split_sizes: Any, dim: int = 0) -> tuple:
        return ops.split_with_sizes(self, split_sizes, dim)

    def chunk(self, chunks: int, dim: int = 0) -> tuple:
        return ops.chunk(self, chunks, dim)

    def unbind(self, dim: int = 0) -> tuple:
        return ops.unbind(self, dim)

    tensor_split = ops.tensor_split
    hsplit = ops.hsplit
    vsplit = ops.vsplit
    dsplit = ops.dsplit
