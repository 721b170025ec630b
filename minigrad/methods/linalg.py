"""Linear algebra as methods. Below: ops/solving.py, linalg.py, covariance.py, einsum.py."""

from __future__ import annotations

from typing import Any

from ..ops import covariance, einsum, linalg, solving


class LinalgMethods:
    def inverse(self) -> Any:
        return solving.inverse(self)

    def pinverse(self, rcond: float = 1e-15) -> Any:
        return solving.pinverse(self, rcond)

    def det(self) -> Any:
        return solving.det(self)

    def logdet(self) -> Any:
        return solving.logdet(self)

    def slogdet(self) -> Any:
        return solving.slogdet(self)

    def cholesky(self, upper: bool = False) -> Any:
        return solving.cholesky(self, upper=upper)

    def cholesky_solve(self, input2: Any, upper: bool = False) -> Any:
        return linalg.cholesky_solve(self, input2, upper)

    def cholesky_inverse(self, upper: bool = False) -> Any:
        return linalg.cholesky_inverse(self, upper)

    def matrix_power(self, n: int) -> Any:
        return einsum.matrix_power(self, n)

    def matrix_exp(self) -> Any:
        return linalg.matrix_exp(self)

    def cross(self, other: Any, dim: int | None = None) -> Any:
        return linalg.cross(self, other, dim)

    def cov(self, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
        return covariance.cov(self, correction=correction, fweights=fweights, aweights=aweights)

    def corrcoef(self) -> Any:
        return covariance.corrcoef(self)

    def kron(self, other: Any) -> Any:
        return einsum.kron(self, other)
