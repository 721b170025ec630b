"""Inverses, determinants and factorisations of matrices, as torch.linalg has them.

    inv solve pinv det slogdet logdet      inverses and determinants
    cholesky qr eigh svd                   factorisations

All take batches (..., m, n) of float32 or float64. Gradients: see decompositions.py.
Below: decompositions.py. Above: linalg.py, minigrad/linalg.py. Tests:
tests/ops/cases_decompositions.py, tests/ops/test_linalg.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..kernels._blas import lapack
from .arithmetic import expand_to
from .casting import as_operand
from .decompositions import (
    cholesky_primitive,
    det_primitive,
    eigh_primitive,
    inv_primitive,
    matrices,
    pinv_primitive,
    qr_primitive,
    run,
    slogdet_primitive,
    solve_primitive,
    svd_primitive,
    transposed,
)
from .keywords import also_named
from .shaping import reshape

__all__ = ["cholesky", "det", "inverse", "logdet", "pinverse", "slogdet"]

SlogdetResult = namedtuple("SlogdetResult", "sign logabsdet")
EighResult = namedtuple("EighResult", "eigenvalues eigenvectors")
SVDResult = namedtuple("SVDResult", "U S Vh")
QRResult = namedtuple("QRResult", "Q R")


@also_named(input="A")
def inv(A: Any) -> Any:
    """Inverses of square matrices (..., n, n). Raises LinAlgError for a singular one.

    >>> linalg.inv(tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return run(inv_primitive, "inv", matrices(A, "inv", square=True))


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """``X`` with ``A @ X = B``; with ``left=False``, ``X @ A = B``.

    Shapes: A (..., n, n), B (..., n, k), or (..., n) where the batch is A's or A is one matrix.
    Raises LinAlgError for a singular ``A``.

    >>> linalg.solve(tensor([[2.0, 0.0], [0.0, 4.0]]), tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    a, b = matrices(A, "solve", square=True), as_operand(B, "solve")
    if a.dtype != b.dtype:
        raise DTypeError(f"solve got {a.dtype} and {b.dtype}; it needs one dtype. Convert one of them.")
    # PyTorch's reading: a batch of vectors is what has the shape of A without its last size.
    vector = b.ndim == 1 or b.shape == a.shape[:-1]
    if vector:
        b = reshape(b, (*b.shape, 1))
    if not left:
        a, b = transposed(a), b if vector else transposed(b)
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        raise ShapeError(
            f"solve got A {as_operand(A, 'solve').shape} and B {as_operand(B, 'solve').shape}; it needs "
            "A (..., n, n) and B (..., n, k) or (..., n)"
            + ("." if left else ", or, with left=False, (..., k, n).")
        )
    batch = shapes.broadcast("solve", a.shape[:-2], b.shape[:-2])
    x = run(
        solve_primitive, "solve", expand_to(a, (*batch, *a.shape[-2:])), expand_to(b, (*batch, *b.shape[-2:]))
    )
    if vector:
        return reshape(x, x.shape[:-1])
    return x if left else transposed(x)


@also_named(input="A")
def det(A: Any) -> Any:
    """Determinants of square matrices: (..., n, n) -> (...).

    >>> det(tensor([[1.0, 2.0], [3.0, 5.0]]))
    tensor(-1.)
    """
    return run(det_primitive, "det", matrices(A, "det", square=True))


@also_named(input="A")
def slogdet(A: Any) -> SlogdetResult:
    """Sign and logarithm of the size of determinants: (..., n, n) -> (...), (...).

    >>> slogdet(tensor([[-2.0]])).sign
    tensor(-1.)
    """
    return SlogdetResult(*run(slogdet_primitive, "slogdet", matrices(A, "slogdet", square=True)))


@also_named(input="A")
def logdet(A: Any) -> Any:
    """Logarithm of determinants: -inf where it is 0, NaN where it is negative.

    >>> logdet(tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor(0.)
    """
    sign, size = run(slogdet_primitive, "logdet", matrices(A, "logdet", square=True))
    wrong = np.where(sign.array < 0, np.nan, 0).astype(size.dtype)
    return size + wrong


def pinv(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """Pseudo-inverses (Moore and Penrose): (..., m, n) -> (..., n, m).

    Singular values up to ``max(atol, rtol * largest)`` count as 0; rtol: ``max(m, n)`` times the
    dtype's smallest step unless ``atol`` is given. The gradient supposes that the rank stays.

    >>> linalg.pinv(tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    x = matrices(A, "pinv")
    if rtol is None:
        rtol = 0.0 if atol is not None else max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
    rcond = np.asarray(rtol, dtype=x.dtype)
    if atol is not None and x.array.size:
        largest = lapack().svd(x.array, compute_uv=False)[..., 0]
        rcond = np.maximum(rcond, np.divide(atol, largest, where=largest > 0, out=np.zeros_like(largest)))
    return run(pinv_primitive, "pinv", x, rcond=rcond)


@also_named(input="A")
def cholesky(A: Any, *, upper: bool = False) -> Any:
    """Lower triangular ``L`` with ``L @ L.T = A`` for symmetric positive definite matrices.

    Only the lower triangle of ``A`` is read; the gradient is symmetric. Raises LinAlgError where
    ``A`` is not positive definite.

    >>> cholesky(tensor([[4.0, 0.0], [0.0, 9.0]]))
    tensor([[2., 0.],
            [0., 3.]])
    """
    y = run(cholesky_primitive, "cholesky", matrices(A, "cholesky", square=True))
    return transposed(y) if upper else y


def qr(A: Any, mode: str = "reduced") -> QRResult:
    """``Q @ R = A`` with orthonormal columns of Q and upper triangular R.

    Shapes: (..., m, n) -> (..., m, k), (..., k, n) with k = min(m, n), or k = m with mode
    "complete". mode "r" leaves Q empty. The gradient supposes full rank.

    >>> linalg.qr(tensor([[2.0], [0.0]])).R.abs()
    tensor([[2.]])
    """
    x = matrices(A, "qr")
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr got mode={mode!r}; it needs 'reduced', 'complete' or 'r'.")
    q, r = run(qr_primitive, "qr", x, mode="reduced" if mode == "r" else mode)
    return QRResult(as_operand(np.empty(0, x.dtype), "qr") if mode == "r" else q, r)


def eigh(A: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues in ascending order, and eigenvectors as columns, of symmetric matrices.

    Only the triangle that ``UPLO`` names is read ("L" or "U").

    >>> linalg.eigh(tensor([[1.0, 0.0], [0.0, 3.0]])).eigenvalues
    tensor([1., 3.])
    """
    if UPLO not in ("L", "U"):
        raise ValueError(f"eigh got UPLO={UPLO!r}; it needs 'L' or 'U'.")
    return EighResult(*run(eigh_primitive, "eigh", matrices(A, "eigh", square=True), UPLO=UPLO))


def svd(A: Any, full_matrices: bool = True) -> SVDResult:
    """``U @ diag(S) @ Vh = A`` with orthonormal U and Vh and falling singular values S.

    Shapes: (..., m, n) -> (..., m, m), (..., k), (..., n, n) with k = min(m, n), or, without
    ``full_matrices``, (..., m, k), (..., k), (..., k, n). Gradients of the columns of U and the
    rows of Vh beyond k are not defined and count as 0.

    >>> linalg.svd(tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    return SVDResult(*run(svd_primitive, "svd", matrices(A, "svd"), full=full_matrices))


def inverse(input: Any) -> Any:
    """``linalg.inv``.

    >>> inverse(tensor([[4.0]]))
    tensor([[0.2500]])
    """
    return inv(input)


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """``linalg.pinv`` with ``rtol=rcond``.

    >>> pinverse(tensor([[4.0]]))
    tensor([[0.2500]])
    """
    return pinv(input, rtol=rcond)


def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of ``tensordot(A, ., dims)``: the first ``ind`` dimensions of ``A`` are its rows.

    Raises ShapeError unless both groups of dimensions hold equally many elements.

    >>> linalg.tensorinv(2 * eye(4).reshape(2, 2, 4), ind=2).shape
    minigrad.Size([4, 2, 2])
    """
    A = as_operand(A, "tensorinv")
    rows, columns = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    n = int(np.prod(rows))
    if ind < 1 or n != np.prod(columns):
        raise ShapeError(
            f"tensorinv got shape {A.shape} and ind={ind}; it needs prod(rows) == prod(columns)."
        )
    return reshape(inv(reshape(A, (n, n))), (*columns, *rows))


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    """``X`` with ``tensordot(A, X, X.ndim) == B``. Shapes: A (*B.shape, *X.shape).

    ``dims`` of ``A`` are moved to the end first. Raises ShapeError if the sizes do not fit.

    >>> linalg.tensorsolve(2 * eye(4).reshape(2, 2, 4), ones(2, 2))
    tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    A, B = as_operand(A, "tensorsolve"), as_operand(B, "tensorsolve")
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    wanted = tuple(A.shape[B.ndim :])
    n = int(np.prod(wanted))
    if B.array.size != n or n * n != A.array.size:
        raise ShapeError(f"tensorsolve got A {A.shape} and B {B.shape}; it needs A (*B.shape, *X.shape).")
    return reshape(solve(reshape(A, (n, n)), reshape(B, (n,))), wanted)
