"""Distances between vectors, and their angles.

    pairwise_distance      row by row
    cdist pdist            every row of one with every row of the other, or of itself
    dist                   norm of a difference
    renorm                 slices shortened to a largest norm
    cosine_similarity

Below: vector_norm.py. Above: margin_loss.py, nn/functional.py.
Tests: tests/ops/cases_distance.py, tests/ops/test_distance.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from .arithmetic import add, div, expand_to, mul, sub
from .casting import as_operand, promote
from .indexing import take_at
from .reduction import sum as sum_
from .selection import clamp, where
from .shaping import reshape
from .vector_norm import norm

__all__ = ["cdist", "cosine_similarity", "dist", "pairwise_distance", "pdist", "renorm"]


def float_or_error(x: Any, function: str) -> Any:
    x = as_operand(x, function)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function} got {x.dtype}; it needs floats. Convert them: x.float().")
    return x


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
    return norm(add(sub(a, b), eps), p, -1, keepdim)


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
    return norm(difference, p, -1)


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
    sizes = mul(clamp(norm(a, 2, dim), eps), clamp(norm(b, 2, dim), eps))
    return div(product, sizes)


def pdist(input: Any, p: float = 2.0) -> Any:
    """Distances of order ``p`` between all pairs of different rows: (N, D) -> (N (N - 1) / 2,).

    >>> pdist(tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    x = float_or_error(input, "pdist")
    if not p >= 0:
        raise ValueError(f"pdist got p={p}; it needs p >= 0.")
    if x.ndim != 2:
        raise ShapeError(f"pdist got shape {x.shape}; it needs (N, D).")
    first, second = np.triu_indices(x.shape[0], 1)
    difference = sub(take_at(x, key=(first,)), take_at(x, key=(second,)))
    return norm(difference, p, -1) if x.shape[1] else sum_(difference, -1)


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """Norm of order ``p`` of ``input - other``, over all elements. Shapes: broadcast -> ().

    >>> dist(tensor([3.0, 0.0]), tensor([0.0, 4.0]))
    tensor(5.)
    """
    return norm(sub(input, other), p)


def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """Each slice ``input.select(dim, i)`` scaled down where its norm of order ``p`` exceeds ``maxnorm``.

    >>> renorm(tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    x = float_or_error(input, "renorm")
    if x.ndim < 2:
        raise ShapeError(f"renorm got shape {x.shape}; it needs at least two dimensions.")
    if not p > 0 or not maxnorm >= 0:
        raise ValueError(f"renorm got p={p} and maxnorm={maxnorm}; it needs p > 0 and maxnorm >= 0.")
    d = shapes.dimension(dim, x.ndim, "renorm")
    sizes = norm(x, p, tuple(i for i in range(x.ndim) if i != d), True)
    # The 1e-7 is PyTorch's: it keeps the result below maxnorm after rounding.
    return mul(x, where(sizes > maxnorm, div(maxnorm, add(sizes, 1e-7)), 1.0))
