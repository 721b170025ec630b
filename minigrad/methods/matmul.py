"""Matrix products as methods and ``@``. Below: ops/matmul.py."""

from __future__ import annotations

from typing import Any

from ..ops import matmul as ops


class MatmulMethods:
    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def matmul(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def mm(self, mat2: Any) -> Any:
        return ops.mm(self, mat2)

    def bmm(self, mat2: Any) -> Any:
        return ops.bmm(self, mat2)

    def mv(self, vec: Any) -> Any:
        return ops.mv(self, vec)

    def dot(self, tensor: Any) -> Any:
        return ops.dot(self, tensor)

    def vdot(self, other: Any) -> Any:
        return ops.vdot(self, other)

    def inner(self, other: Any) -> Any:
        return ops.inner(self, other)

    def outer(self, vec2: Any) -> Any:
        return ops.outer(self, vec2)

    ger = outer

    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)

    def addmv(self, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        return ops.addmv(self, mat, vec, beta=beta, alpha=alpha)

    def addr(self, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        return ops.addr(self, vec1, vec2, beta=beta, alpha=alpha)

    def baddbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        return ops.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def addbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        return ops.addbmm(self, batch1, batch2, beta=beta, alpha=alpha)
