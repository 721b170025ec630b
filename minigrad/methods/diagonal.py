"""Methods for diagonals and triangles. Below: ops/diagonal.py."""

from __future__ import annotations

from typing import Any

from ..ops import diagonal as ops


class DiagonalMethods:
    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        return ops.diagonal(self, offset, dim1, dim2)

    def diag(self, diagonal: int = 0) -> Any:
        return ops.diag(self, diagonal)

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
        return ops.diag_embed(self, offset, dim1, dim2)

    def diagflat(self, offset: int = 0) -> Any:
        return ops.diagflat(self, offset)

    def tril(self, diagonal: int = 0) -> Any:
        return ops.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Any:
        return ops.triu(self, diagonal)

    def trace(self) -> Any:
        return ops.trace(self)
