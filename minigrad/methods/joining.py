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

    def tensor_split(self, indices_or_sections: Any, dim: int = 0) -> tuple:
        return ops.tensor_split(self, indices_or_sections, dim)

    def unbind(self, dim: int = 0) -> tuple:
        return ops.unbind(self, dim)

    def hsplit(self, indices_or_sections: Any) -> tuple:
        return ops.hsplit(self, indices_or_sections)

    def vsplit(self, indices_or_sections: Any) -> tuple:
        return ops.vsplit(self, indices_or_sections)

    def dsplit(self, indices_or_sections: Any) -> tuple:
        return ops.dsplit(self, indices_or_sections)
