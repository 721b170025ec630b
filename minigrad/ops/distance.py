"""Norms of vectors, distances between them, and their angles.

    vector_norm            any order p, over any dimensions
    pairwise_distance      row by row
    cdist                  every row of one with every row of the other
    cosine_similarity

Below: arithmetic.py, elementwise.py. Above: linalg.py, margin_loss.py, nn/functional.py.
Tests: tests/ops/cases_distance.py, tests/ops/test_distance.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive
from .arithmetic import add, div, expand_to, mul, sub
from .casting import as_dtype, as_operand, cast, promote
from .elementwise import abs as abs_
from .extremes import amax, amin
from .reduction import kept_shape
from .reduction import sum as sum_
from .selection import clamp
from .shaping import reshape

__all__ = ["cdist", "cosine_similarity", "pairwise_distance"]


# ------------------------------------------------ the norm


def _vector_norm_forward(x, p, dims, keepdim):
    if p == 2:
        n = np.sqrt(np.square(x).sum(axis=dims, keepdims=keepdim))
    else:
        n = (np.abs(x) ** p).sum(axis=dims, keepdims=keepdim) ** (1 / p)
    n = np.asarray(n, x.dtype)
    return n, (x, n, p, kept_shape(x.shape, dims), n == 0)


def _vector_norm_backward(g, residuals, needs):
    x, n, p, kept, at_zero = residuals
    n = n + at_zero.astype(n.dtype)  # the norm of 0 has slope 0, not 0 / 0
    if p == 2:
        return (expand_to((g / n).reshape(kept), x.shape) * x,)
    constant = x.array if hasattr(x, "array") else x
    size = abs(x) + (constant == 0).astype(x.dtype)  # likewise |0| ** (p - 2)
    scale = (g / n ** (p - 1)).reshape(kept)
    return (expand_to(scale, x.shape) * x * size ** (p - 2),)


_vector_norm = Primitive(
    "vector_norm", _vector_norm_forward, _vector_norm_backward, keeps="x output order kept at_zero"
)


def float_or_error(x: Any, function: str) -> Any:
    x = as_operand(x, function)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function} got {x.dtype}; it needs floats. Convert them: x.float().")
    return x


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Norm of the entries along ``dim`` (None: of all): ``sum(|x| ** ord) ** (1 / ord)``.

    ord inf, -inf and 0: the largest size, the smallest, and how many are not 0. The gradient at
    a zero vector is 0.

    >>> linalg.vector_norm(tensor([3.0, 4.0]))
    tensor(5.)
    """
    x = float_or_error(x, "vector_norm")
    if dtype is not None:
        x = cast(x, as_dtype(dtype))
    dims = shapes.dimensions(dim, x.ndim, "vector_norm")
    if ord in (math.inf, -math.inf):
        if any(x.shape[d] == 0 for d in dims):
            raise ShapeError(
                f"vector_norm got shape {x.shape} and ord={ord}; it needs at least one element to "
                "take the largest or smallest of."
            )
        return (amax if ord > 0 else amin)(abs_(x), dims, keepdim)
    if ord == 0:
        return sum_(cast(x != 0, x.dtype), dims, keepdim)
    if ord == 1:
        return sum_(abs_(x), dims, keepdim)
    return _vector_norm(x, p=float(ord), dims=dims, keepdim=keepdim)


# ------------------------------------------------ distances


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """Norm of ``x1 - x2 + eps`` along the last dimension; the small ``eps`` keeps slopes finite.

    Shapes: (N, D) or (D,), broadcasting -> (N,), with ``keepdim`` (N, 1).

    >>> pairwise_distance(tensor([[3.0, 4.0]]), tensor([[0.0, 0.0]]))
    tensor([5.0000])
    """
    a, b = promote(
        as_operand(x1, "pairwise_distance"), as_operand(x2, "pairwise_distance"), "pairwise_distance"
    )
    return vector_norm(add(sub(a, b), eps), p, -1, keepdim)


def cdist(x1: Any, x2: Any, p: float = 2.0) -> Any:
    """Distances of order ``p`` between every row of ``x1`` and every row of ``x2``.

    Shapes: (*, P, D), (*, R, D) -> (*, P, R); batches broadcast. The slope at distance 0 is 0.

    >>> cdist(tensor([[0.0, 0.0]]), tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    a, b = float_or_error(x1, "cdist"), float_or_error(x2, "cdist")
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ShapeError(
            f"cdist got shapes {a.shape} and {b.shape}; it needs (*, P, D) and (*, R, D) with one D."
        )
    if not p >= 0:
        raise ValueError(f"cdist got p={p}; it needs a number that is not negative.")
    a = reshape(a, (*a.shape[:-1], 1, a.shape[-1]))
    b = reshape(b, (*b.shape[:-2], 1, *b.shape[-2:]))
    difference = sub(a, b)
    if not difference.shape[-1]:
        return sum_(difference, -1)
    return vector_norm(difference, p, -1)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """Cosine of the angle between vectors along ``dim``; norms below ``eps`` count as ``eps``.

    >>> cosine_similarity(tensor([[1.0, 0.0]]), tensor([[1.0, 1.0]]))
    tensor([0.7071])
    """
    function = "cosine_similarity"
    a, b = promote(as_operand(x1, function), as_operand(x2, function), function)
    shape = shapes.broadcast(function, a.shape, b.shape)
    a, b = expand_to(float_or_error(a, function), shape), expand_to(float_or_error(b, function), shape)
    product = sum_(mul(a, b), dim)
    sizes = mul(clamp(vector_norm(a, 2, dim), eps), clamp(vector_norm(b, 2, dim), eps))
    return div(product, sizes)
