"""Primitives that invert and factorise matrices, by LAPACK through NumPy.

    inv solve det slogdet pinv         inverses and determinants
    cholesky qr eigh svd               factorisations

All take batches (..., m, n). The rules consist of products and of these primitives, so they
can be differentiated again. Vectors of eigh and svd are only determined up to a sign, or a
rotation where values coincide: a loss must not depend on that choice, and what would divide
by zero there counts as 0.
Below: matmul.py, kernels/_blas.py. Above: solving.py, linalg.py. Tests: tests/ops/cases_decompositions.py,
tests/ops/test_linalg.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..kernels._blas import lapack
from ..tape import Primitive, Variable
from .casting import as_operand
from .matmul import _matmul

LinAlgError = np.linalg.LinAlgError


def transposed(x: Any) -> Any:
    """The matrices transposed; of an array or a Tensor, like all in the rules below."""
    return x.swapaxes(-1, -2)


def _columns(v: Any) -> Any:
    """A vector that multiplies the columns of a matrix: (..., n) -> (..., 1, n)."""
    return v.reshape((*v.shape[:-1], 1, v.shape[-1]))


def _rows(v: Any) -> Any:
    return v.reshape((*v.shape, 1))


def _array(x: Any) -> np.ndarray:
    return x.array if isinstance(x, Variable) else x


def _inverse_or_zero(x: Any) -> Any:
    """1 / x, and 0 where x is 0."""
    nothing = (_array(x) == 0).astype(x.dtype)
    return (1 - nothing) / (x + nothing)


# ------------------------------------------------ inverses and determinants


def _inv_forward(x):
    y = lapack().inv(x)
    return y, (y,)


def _inv_backward(g, residuals, needs):
    y = transposed(residuals[0])
    return (-_matmul(_matmul(y, g), y),)


inv_primitive = Primitive("inv", _inv_forward, _inv_backward, keeps="output")


def _solve_forward(a, b):
    x = lapack().solve(a, b)
    return x, (a, x)


def _solve_backward(g, residuals, needs):
    a, x = residuals
    db = solve_primitive(transposed(a), g)
    return (
        -_matmul(db, transposed(x)) if needs[0] else None,
        db if needs[1] else None,
    )


solve_primitive = Primitive("solve", _solve_forward, _solve_backward, keeps="a output(a)")


def _det_forward(x):
    y = np.asarray(lapack().det(x))
    return y, (x, y)


def _det_backward(g, residuals, needs):
    x, y = residuals
    if (_array(y) == 0).any() and not isinstance(x, Variable):
        return (g[..., None, None] * _cofactors(x),)
    return (_rows(_rows(g * y)) * transposed(inv_primitive(x)),)


def _cofactors(x):
    """The gradient of det, for singular matrices too: U diag(products of the other values) Vh."""
    u, s, vh = lapack().svd(x)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(axis=-1)
    return lapack().det(u @ vh)[..., None, None] * ((u * others[..., None, :]) @ vh)


det_primitive = Primitive("det", _det_forward, _det_backward, keeps="x output")


def _slogdet_forward(x):
    sign, size = lapack().slogdet(x)
    return (np.asarray(sign), np.asarray(size)), (x,)


slogdet_primitive = Primitive(
    "slogdet",
    _slogdet_forward,
    lambda g, residuals, needs: (_rows(_rows(g[1])) * transposed(inv_primitive(residuals[0])),),
    keeps="x",
)


def _pinv_forward(x, rcond):
    y = lapack().pinv(x, rcond) if x.size else np.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)
    return y, (x, y)


def _pinv_backward(g, residuals, needs):
    """Source: Golub and Pereyra, The differentiation of pseudo-inverses (1973)."""
    x, p = residuals
    pt, gt = transposed(p), transposed(g)
    rest_left = gt - _matmul(x, _matmul(p, gt))
    rest_right = gt - _matmul(_matmul(gt, p), x)
    return (
        _matmul(rest_left, _matmul(p, pt))
        + _matmul(_matmul(pt, p), rest_right)
        - _matmul(_matmul(pt, g), pt),
    )


pinv_primitive = Primitive("pinv", _pinv_forward, _pinv_backward, keeps="x output")


# ------------------------------------------------ factorisations


def _cholesky_forward(x):
    y = lapack().cholesky(x)
    return y, (y,)


def _cholesky_backward(g, residuals, needs):
    """Source: Murray, Differentiation of the Cholesky decomposition (2016), equation 10."""
    y = residuals[0]
    n = y.shape[-1]
    half = (np.tri(n) - 0.5 * np.eye(n)).astype(y.dtype)
    inner = _matmul(transposed(y), g) * half
    outer = solve_primitive(transposed(y), transposed(solve_primitive(transposed(y), inner)))
    return ((outer + transposed(outer)) * 0.5,)


cholesky_primitive = Primitive("cholesky", _cholesky_forward, _cholesky_backward, keeps="output")


def _qr_forward(x, mode):
    q, r = lapack().qr(x, mode)
    return (q, r), (x, q, r, mode)


def _qr_backward(g, residuals, needs):
    """Source: Walter, Lehmann, Lamour, On evaluating higher-order derivatives of the QR
    decomposition of tall matrices (2012); a wide matrix is a square one beside another."""
    dq, dr = g
    x, q, r, mode = residuals
    rows, columns = x.shape[-2:]
    if mode == "complete" and rows > columns:
        raise ValueError(
            f"qr got shape {tuple(x.shape)} with mode='complete' and a gradient; the columns of Q beyond "
            "the matrix are not determined by it. Use mode='reduced'."
        )
    if rows >= columns:
        return (_tall_qr_backward(dq, dr, q, r),)
    beside = x[..., rows:]
    square = _tall_qr_backward(
        dq + _matmul(beside, transposed(dr[..., rows:])), dr[..., :rows], q, r[..., :rows]
    )
    return (_beside(square, _matmul(q, dr[..., rows:])),)


def _tall_qr_backward(dq, dr, q, r):
    n = r.shape[-1]
    m = _matmul(r, transposed(dr)) - _matmul(transposed(dq), q)
    lower = m * np.tri(n).astype(m.dtype)
    symmetric = lower + transposed(m * np.tri(n, k=-1).astype(m.dtype))
    return transposed(solve_primitive(r, transposed(dq + _matmul(q, symmetric))))


def _beside(left, right):
    """Two blocks side by side, by products with pieces of the identity."""
    a, b = left.shape[-1], right.shape[-1]
    eye = np.eye(a + b).astype(left.dtype)
    return _matmul(left, eye[:a]) + _matmul(right, eye[a:])


qr_primitive = Primitive("qr", _qr_forward, _qr_backward, keeps="x output output.1 kind")


def _eigh_forward(x, UPLO):
    w, v = lapack().eigh(x, UPLO)
    return (w, v), (w, v)


def _eigh_backward(g, residuals, needs):
    dw, dv = g
    w, v = residuals
    gaps = _inverse_or_zero(_columns(w) - _rows(w))
    n = w.shape[-1]
    inner = gaps * _matmul(transposed(v), dv)
    # Half of what a symmetric matrix has twice.
    inner = (inner + transposed(inner)) * 0.5 + _columns(dw) * np.eye(n).astype(w.dtype)
    return (_matmul(_matmul(v, inner), transposed(v)),)


eigh_primitive = Primitive("eigh", _eigh_forward, _eigh_backward, keeps="output output.1")


def _svd_forward(x, full):
    u, s, vh = lapack().svd(x, full_matrices=full)
    return (u, s, vh), (u, s, vh)


def _svd_backward(g, residuals, needs):
    """Source: Townsend, Differentiating the singular value decomposition (2016)."""
    du, ds, dvh = g
    u, s, vh = residuals
    k = s.shape[-1]
    u, du, v, dv = u[..., :k], du[..., :k], transposed(vh[..., :k, :]), transposed(dvh[..., :k, :])
    gaps = _inverse_or_zero(_columns(s * s) - _rows(s * s))
    of_u, of_v = gaps * _matmul(transposed(u), du), gaps * _matmul(transposed(v), dv)
    inner = (of_u + transposed(of_u)) * _columns(s) + _rows(s) * (of_v + transposed(of_v))
    inner = inner + _columns(ds) * np.eye(k).astype(s.dtype)
    dx = _matmul(_matmul(u, inner), transposed(v))
    inverse = _columns(_inverse_or_zero(s))
    if u.shape[-2] > k:
        dx = dx + _matmul((du - _matmul(u, _matmul(transposed(u), du))) * inverse, transposed(v))
    if v.shape[-2] > k:
        dx = dx + _matmul(u, transposed((dv - _matmul(v, _matmul(transposed(v), dv))) * inverse))
    return (dx,)


svd_primitive = Primitive("svd", _svd_forward, _svd_backward, keeps="output output.1 output.2")


# ------------------------------------------------ checks


def matrices(x: Any, function: str, square: bool = False) -> Any:
    """A Tensor (..., m, n) of a dtype that LAPACK takes."""
    x = as_operand(x, function)
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        kind = "square matrices (..., n, n)" if square else "matrices (..., m, n)"
        raise ShapeError(f"{function} got shape {x.shape}; it needs {kind}.")
    if x.dtype not in (np.float32, np.float64):
        raise DTypeError(f"{function} got {x.dtype}; it needs float32 or float64. Convert it: x.float().")
    return x


def run(primitive: Primitive, function: str, *inputs: Any, **attributes: Any) -> Any:
    """Call the primitive; what LAPACK cannot do is said in words."""
    try:
        return primitive(*inputs, **attributes)
    except LinAlgError as error:
        reason = {
            "Singular matrix": "a singular matrix; it needs one of full rank. Add a small multiple of "
            "the identity, or use linalg.pinv.",
            "Matrix is not positive definite": "a matrix that is not positive definite; it needs a "
            "symmetric one with positive eigenvalues. Add a small multiple of the identity.",
        }.get(str(error), f"a matrix that LAPACK gave up on ({error}). Does it hold NaN or infinity?")
        raise LinAlgError(f"{function} got {reason}") from None
