"""Linear algebra built from products and factorisations.

    linalg_norm vector_norm matrix_norm cond matrix_rank      sizes
    eigvalsh svdvals                                          spectra
    lstsq solve_triangular cholesky_solve cholesky_inverse    systems
    multi_dot matrix_exp cross vecdot                         products

Below: solving.py, einsum.py, vector_norm.py. Above: minigrad/linalg.py, methods/linalg.py.
Tests: tests/ops/cases_decompositions.py, tests/ops/test_linalg.py.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..kernels._blas import lapack
from ..tape import wrap
from .arithmetic import add, div, mul, sub
from .casting import as_dtype, as_operand, cast
from .creation import ones_like
from .decompositions import matrices
from .einsum import multi_product
from .elementwise import abs as abs_
from .extremes import amax, amin
from .joining import stack
from .keywords import also_named
from .matmul import matmul
from .reduction import sum as sum_
from .shaping import movedim, reshape
from .slicing import select
from .solving import eigh, inv, pinv, solve, svd
from .vector_norm import norm

__all__ = ["cholesky_inverse", "cholesky_solve", "cross", "matrix_exp"]

LstsqResult = namedtuple("LstsqResult", "solution residuals rank singular_values")


# ------------------------------------------------ sizes


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """``sum(|x| ** ord) ** (1 / ord)`` over ``dim`` (None: over all entries, as one vector).

    ord inf, -inf and 0: the largest size, the smallest, and how many are not 0. The gradient at
    a zero vector is 0.

    >>> linalg.vector_norm(tensor([3.0, 4.0]))
    tensor(5.)
    """
    return norm(as_operand(x, "vector_norm"), float(ord), dim, keepdim, dtype=dtype)


def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Norm of matrices that lie along the two dimensions ``dim``.

    ord: "fro" root of the sum of squares; "nuc" sum of singular values; 2 and -2 the largest and
    smallest of them; 1 and -1 (inf and -inf) the largest and smallest sum of a column (row).

    >>> linalg.matrix_norm(tensor([[1.0, -2.0], [3.0, 4.0]]), ord=1)
    tensor(6.)
    """
    x = as_operand(A, "matrix_norm")
    if dtype is not None:
        x = cast(x, as_dtype(dtype))
    dims = shapes.dimensions(dim, x.ndim, "matrix_norm")
    if len(dims) != 2:
        raise ValueError(f"matrix_norm got dim={dim!r}; it needs two different dimensions.")
    if ord == "fro":
        return norm(x, 2.0, dims, keepdim)
    if ord not in ("nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise ValueError(f"matrix_norm got ord={ord!r}; it needs 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2.")
    x = movedim(x, dims, (-2, -1))
    if ord in ("nuc", 2, -2):
        values = svdvals(x)
        result = sum_(values, -1) if ord == "nuc" else (amax if ord > 0 else amin)(values, -1)
    else:
        sums = sum_(abs_(x), -2 if ord in (1, -1) else -1)
        result = (amax if ord > 0 else amin)(sums, -1)
    if not keepdim:
        return result
    kept = tuple(1 if d in dims else n for d, n in enumerate(as_operand(A, "matrix_norm").shape))
    return reshape(result, kept)


def linalg_norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """A vector's or a matrix's norm.

    Without ``ord``: the root of the sum of squares over ``dim``, or over everything. With ``ord``:
    a matrix norm where ``dim`` names two dimensions (or is None for a matrix), a vector norm else.

    >>> linalg.norm(tensor([[3.0, 4.0]]))
    tensor(5.)
    """
    x = as_operand(A, "norm")
    if ord is None:
        return vector_norm(x, 2, dim, keepdim, dtype=dtype)
    two = isinstance(dim, (tuple, list)) and len(dim) == 2
    if two or (dim is None and x.ndim == 2):
        return matrix_norm(x, ord, dim if two else (0, 1), keepdim, dtype=dtype)
    if isinstance(ord, str) or (dim is None and x.ndim != 1):
        raise ValueError(
            f"norm got ord={ord!r} and dim={dim!r} for shape {x.shape}; it needs a number for vectors, and "
            "dim where the tensor is neither a vector nor a matrix."
        )
    return vector_norm(x, ord, dim, keepdim, dtype=dtype)


def svdvals(A: Any) -> Any:
    """Singular values in falling order: (..., m, n) -> (..., min(m, n)).

    >>> linalg.svdvals(tensor([[0.0, 3.0], [4.0, 0.0]]))
    tensor([4., 3.])
    """
    return svd(A, full_matrices=False).S


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of symmetric matrices in ascending order: (..., n, n) -> (..., n).

    >>> linalg.eigvalsh(tensor([[0.0, 1.0], [1.0, 0.0]]))
    tensor([-1.,  1.])
    """
    return eigh(A, UPLO).eigenvalues


def cond(A: Any, p: Any = None) -> Any:
    """Condition number: the norm of ``A`` times that of its inverse.

    p: an ``ord`` of matrix_norm; None and 2 take the ratio of the extreme singular values, for
    matrices that need not be square.

    >>> linalg.cond(tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor(2.)
    """
    x = matrices(A, "cond", square=p not in (None, 2, -2))
    if 0 in x.shape[-2:]:
        return sum_(x, (-2, -1))  # 0, as in PyTorch
    if p in (None, 2, -2):
        values = svdvals(x)
        large, small = select(values, -1, 0), select(values, -1, values.shape[-1] - 1)
        return div(small, large) if p == -2 else div(large, small)
    return mul(matrix_norm(x, p), matrix_norm(inv(x), p))


def matrix_rank(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """How many singular values exceed ``max(atol, rtol * largest)``: (..., m, n) -> (...) int64.

    rtol: ``max(m, n)`` times the dtype's smallest step, or 0 where ``atol`` is given.

    >>> linalg.matrix_rank(tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """
    x = matrices(A, "matrix_rank").array
    if rtol is None:
        rtol = 0.0 if atol is not None else max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
    values = lapack().svd(x, compute_uv=False)
    largest = values.max(axis=-1, keepdims=True, initial=0)
    limit = np.maximum(
        largest * np.asarray(rtol)[..., None], np.asarray(0.0 if atol is None else atol)[..., None]
    )
    return wrap((values > limit).sum(axis=-1, dtype=np.int64))


# ------------------------------------------------ systems


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LstsqResult:
    """``X`` that makes ``A @ X - B`` smallest, and of those the smallest ``X``.

    Shapes: A (..., m, n), B (..., m, k) -> solution (..., n, k). residuals: the sums of squares left,
    where m > n and A has full rank (else empty). Gradients suppose that the rank stays.
    ``driver`` is accepted and makes no difference: singular values are used.
    Source: Golub and Van Loan, Matrix Computations (2013), section 5.5.

    >>> linalg.lstsq(tensor([[1.0], [1.0]]), tensor([[1.0], [3.0]])).solution.round(decimals=4)
    tensor([[2.]])
    """
    a, b = matrices(A, "lstsq"), matrices(B, "lstsq")
    if a.shape[-2] != b.shape[-2]:
        raise ShapeError(f"lstsq got A {a.shape} and B {b.shape}; it needs as many rows in both.")
    rows, columns = a.shape[-2:]
    x = matmul(pinv(a, rtol=rcond), b)
    rank = matrix_rank(a, rtol=rcond)
    left = wrap(np.empty(0, a.dtype))
    if rows > columns and (rank.array == columns).all():
        left = sum_(sub(matmul(a, x), b).square(), -2)
    return LstsqResult(x, left, rank, wrap(lapack().svd(a.array, compute_uv=False)))


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """``X`` with ``A @ X = B`` (``left=False``: ``X @ A = B``) for triangular ``A``.

    Only the named triangle of ``A`` is read, and with ``unitriangular`` its diagonal counts as 1.
    Shapes: A (..., n, n), B (..., n, k) or, with ``left=False``, (..., k, n).

    >>> linalg.solve_triangular(tensor([[2.0, 9.0], [0.0, 1.0]]), tensor([[2.0], [0.0]]), upper=True)
    tensor([[1.],
            [0.]])
    """
    a, b = matrices(A, "solve_triangular", square=True), matrices(B, "solve_triangular")
    n = a.shape[-1]
    triangle = np.tri(n, k=-1 if unitriangular else 0, dtype=a.dtype)
    a = mul(a, wrap(triangle.T.copy() if upper else triangle))
    if unitriangular:
        a = add(a, wrap(np.eye(n, dtype=a.dtype)))
    if left:
        return solve_matrices(a, b)
    return solve_matrices(a.swapaxes(-1, -2), b.swapaxes(-1, -2)).swapaxes(-1, -2)


def solve_matrices(a: Any, b: Any) -> Any:
    """``solve`` where ``b`` is a batch of matrices, whatever its shape looks like."""
    if b.shape != a.shape[:-1]:
        return solve(a, b)
    one_more = solve(reshape(a, (1, *a.shape)), reshape(b, (1, *b.shape)))
    return reshape(one_more, one_more.shape[1:])


@also_named(input="B", input2="L")
def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """``X`` with ``A @ X = B``, given the Cholesky factor ``L`` of ``A`` (``upper``: its transpose).

    >>> cholesky_solve(tensor([[4.0]]), tensor([[2.0]]))
    tensor([[1.]])
    """
    factor, b = matrices(L, "cholesky_solve", square=True), matrices(B, "cholesky_solve")
    lower, higher = (factor.swapaxes(-1, -2), factor) if upper else (factor, factor.swapaxes(-1, -2))
    return solve_triangular(higher, solve_triangular(lower, b, upper=False), upper=True)


@also_named(input="L")
def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """The inverse of ``A``, given its Cholesky factor ``L`` (``upper``: its transpose).

    >>> cholesky_inverse(tensor([[2.0]]))
    tensor([[0.2500]])
    """
    factor = matrices(L, "cholesky_inverse", square=True)
    return cholesky_solve(wrap(np.eye(factor.shape[-1], dtype=factor.dtype)), factor, upper)


# ------------------------------------------------ products


def multi_dot(tensors: Any) -> Any:
    """Product of two or more matrices in the cheapest order; the first and last may be vectors.

    >>> linalg.multi_dot([ones(2, 3), ones(3, 4), ones(4)]).shape
    minigrad.Size([2])
    """
    chain = [as_operand(x, "multi_dot") for x in tensors]
    if len(chain) < 2:
        raise ValueError(f"multi_dot got {len(chain)} tensors; it needs at least two.")
    first, last = chain[0].ndim == 1, chain[-1].ndim == 1
    if first:
        chain[0] = reshape(chain[0], (1, chain[0].shape[0]))
    if last:
        chain[-1] = reshape(chain[-1], (chain[-1].shape[0], 1))
    product = multi_product(chain, "multi_dot")
    return reshape(product, product.shape[first : 2 - last])


@also_named(input="A")
def matrix_exp(A: Any) -> Any:
    """``I + A + A @ A / 2 + ...`` of square matrices (..., n, n).

    Source: Moler and Van Loan, Nineteen dubious ways to compute the exponential of a matrix
    (2003), method 3: halve A until it is small, take a Pade approximant, square it again.

    >>> linalg.matrix_exp(zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    x = matrices(A, "matrix_exp", square=True)
    n = x.shape[-1]
    size = np.abs(x.array).sum(axis=-1).max(initial=0)
    halvings = max(0, math.frexp(size)[1] + 1) if np.isfinite(size) else 0
    x = div(x, float(2**halvings))
    square = matmul(x, x)
    eye = wrap(np.eye(n, dtype=x.dtype))
    # Degree 6 over 6: below 1e-16 for a norm of at most 1/2.
    even: Any = eye
    odd: Any = mul(eye, 0.5)
    power: Any = eye
    c = 0.5
    for k in range(2, 7, 2):
        power = matmul(power, square)
        c *= (7 - k) / (k * (13 - k))
        even = add(even, mul(power, c))
        c *= (6 - k) / ((k + 1) * (12 - k))
        if k < 6:
            odd = add(odd, mul(power, c))
    odd = matmul(x, odd)
    y = solve_matrices(sub(even, odd), add(even, odd))
    for _ in range(halvings):
        y = matmul(y, y)
    return y


def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """Cross product of vectors of three numbers along ``dim`` (None: the first dimension of size 3).

    >>> cross(tensor([1.0, 0.0, 0.0]), tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    x, y = as_operand(input, "cross"), as_operand(other, "cross")
    shape = shapes.broadcast("cross", x.shape, y.shape)
    if dim is None:
        if 3 not in shape:
            raise ShapeError(f"cross got shape {shape}; it needs a dimension of size 3.")
        dim = shape.index(3) - len(shape)
    else:
        dim = shapes.dimension(dim, len(shape), "cross") - len(shape)
    if not len(shape) or x.shape[dim] != 3 or y.shape[dim] != 3:
        raise ShapeError(
            f"cross got shapes {x.shape} and {y.shape} and dim={dim}; it needs size 3 along that dimension."
        )
    a, b = ([select(v, dim, i) for i in range(3)] for v in (x, y))
    parts = [sub(mul(a[i], b[j]), mul(a[j], b[i])) for i, j in ((1, 2), (2, 0), (0, 1))]
    return stack(parts, dim)


def linalg_cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """``cross`` along the last dimension unless told otherwise.

    >>> linalg.cross(tensor([1.0, 0.0, 0.0]), tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return cross(input, other, dim)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Sum of products along ``dim``.

    >>> linalg.vecdot(tensor([[1.0, 2.0]]), tensor([3.0, 4.0]))
    tensor([11.])
    """
    return sum_(mul(x, y), dim)


def linalg_vander(x: Any, *, N: int | None = None) -> Any:
    """Powers 0 to N - 1 of each element, the lowest first. Shapes: (*, n) -> (*, n, N), N >= 2.

    >>> linalg.vander(tensor([2.0, 3.0]), N=3)
    tensor([[1., 2., 4.],
            [1., 3., 9.]])
    """
    x = as_operand(x, "vander")
    count = N if N is not None else x.shape[-1] if x.ndim else 0
    if count < 2:
        raise ValueError(f"vander got N={count} for shape {x.shape}; it needs N >= 2.")
    powers = [ones_like(x)]
    while len(powers) < count:
        powers.append(mul(powers[-1], x))
    return stack(powers, -1)
