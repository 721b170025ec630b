"""Integrals and derivatives of sampled functions.

    trapezoid (trapz)          area under straight lines between the samples
    cumulative_trapezoid       the same up to each sample
    gradient                   slopes by finite differences; not the gradient of a graph

Compositions of recorded operations, so gradients of any order pass.
Below: slicing.py, reduction.py, scan.py. Tests: tests/parity/samples_reduction.py.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..tape import Primitive, Variable, wrap
from .arithmetic import add, div, mul
from .casting import as_operand, cast, to_float
from .joining import cat
from .reduction import sum as sum_
from .scan import cumsum, diff
from .shaping import reshape
from .slicing import narrow

__all__ = ["cumulative_trapezoid", "gradient", "trapezoid", "trapz"]


def _areas(function: str, y: Any, x: Any, dx: float, dim: int) -> tuple[Any, int]:
    """The area over each interval along ``dim``; its width is ``dx`` or a difference of ``x``."""
    y = as_operand(y, function)
    d = shapes.dimension(dim, y.ndim, function)
    if not y.ndim:
        raise ShapeError(f"{function} got a 0-dim tensor; it needs samples along a dimension.")
    n = builtins.max(y.shape[d] - 1, 0)
    heights = add(narrow(y, d, y.shape[d] - n, n), narrow(y, d, 0, n))
    if x is None:
        return mul(heights, dx / 2) if isinstance(dx, float) else div(mul(heights, dx), 2), d
    x = as_operand(x, function)
    if x.ndim == 1:
        if x.shape[0] != y.shape[d]:
            raise ShapeError(
                f"{function} got {x.shape[0]} positions for {y.shape[d]} samples; it needs one for each."
            )
        widths = reshape(diff(x), (n, *(1,) * (y.ndim - 1 - d)))
    else:
        widths = diff(x, dim=dim)
    return div(mul(heights, widths), 2), d


def trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    """Area under the samples ``y`` along ``dim`` by the trapezoidal rule.

    Samples lie at ``x`` (1-dim, or of a shape that broadcasts) or ``dx`` apart.
    Source: Press and others, Numerical Recipes (2007), equation 4.1.11.

    >>> trapezoid(tensor([1.0, 3.0, 5.0]), dx=0.5)
    tensor(3.)
    """
    areas, d = _areas("trapezoid", y, x, dx, dim)
    return sum_(areas, d)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    """Area under the samples up to each one after the first: one element fewer along ``dim``.

    >>> cumulative_trapezoid(tensor([1.0, 3.0, 5.0]))
    tensor([2., 6.])
    """
    areas, d = _areas("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(areas, d)


def _even_slopes_forward(x, dim, inside, first, last):
    x, out = np.moveaxis(x, dim, 0), np.empty(x.shape, x.dtype)
    y = np.moveaxis(out, dim, 0)
    np.subtract(x[2:], x[:-2], out=y[1:-1])
    y[1:-1] *= inside
    y[0] = builtins.sum(w * x[i] for i, w in enumerate(first))
    y[-1] = builtins.sum(w * x[-1 - i] for i, w in enumerate(last))
    return out, (dim, inside, first, last)


def _even_slopes_grad_forward(g, dim, inside, first, last):
    g, out = np.moveaxis(g, dim, 0), np.zeros(g.shape, g.dtype)
    dx = np.moveaxis(out, dim, 0)
    scaled = g[1:-1] * inside
    dx[2:] += scaled
    dx[:-2] -= scaled
    for i, w in enumerate(first):
        dx[i] += w * g[0]
    for i, w in enumerate(last):
        dx[-1 - i] += w * g[-1]
    return out, (dim, inside, first, last)


def _with(primitive: Callable, residuals: tuple, g: Any) -> Any:
    return (primitive(g, **dict(zip(("dim", "inside", "first", "last"), residuals, strict=True))),)


# Samples at even steps: (x[i+1] - x[i-1]) * inside, and at both ends a few samples by weights.
_even_slopes: Primitive = Primitive(
    "even_slopes",
    _even_slopes_forward,
    lambda g, residuals, needs: _with(_even_slopes_grad, residuals, g),
    keeps="along weight at_start at_end",
)
_even_slopes_grad: Primitive = Primitive(
    "even_slopes_grad",
    _even_slopes_grad_forward,
    lambda g, residuals, needs: _with(_even_slopes, residuals, g),
    keeps="along weight at_start at_end",
)


def _slopes(x: Any, d: int, spacing: Any, edge_order: int) -> Any:
    """Second-order differences along ``d``, of first or second order at the two ends."""
    n = x.shape[d]
    if n < edge_order + 1:
        raise ShapeError(
            f"gradient got size {n} along dim {d}; it needs at least {edge_order + 1} samples "
            f"for edge_order={edge_order}."
        )
    if spacing.ndim == 0:
        h = spacing.item()
        first = (-1 / h, 1 / h) if edge_order == 1 else (-1.5 / h, 2 / h, -0.5 / h)
        return _even_slopes(x, dim=d, inside=0.5 / h, first=first, last=tuple(-w for w in first))
    steps = narrow(spacing, 0, 1, n - 1) - narrow(spacing, 0, 0, n - 1)
    a, b = steps[:-1], steps[1:]

    def combined(start: int, length: int, weights: tuple) -> Any:
        total = None
        for i, weight in enumerate(weights):
            weight = cast(weight, x.dtype).reshape((-1, *(1,) * (x.ndim - 1 - d)))
            term = mul(narrow(x, d, start + i, length), weight)
            total = term if total is None else add(total, term)
        return total

    inside = combined(0, n - 2, (-b / (a * (a + b)), (b - a) / (a * b), a / (b * (a + b))))
    if edge_order == 1:
        first = combined(0, 1, (-1 / steps[0], 1 / steps[0]))
        last = combined(n - 2, 1, (-1 / steps[-1], 1 / steps[-1]))
    else:
        p, q = steps[0], steps[1]
        first = combined(0, 1, (-(2 * p + q) / (p * (p + q)), (p + q) / (p * q), -p / (q * (p + q))))
        p, q = steps[-1], steps[-2]
        last = combined(n - 3, 1, (p / (q * (p + q)), -(p + q) / (p * q), (2 * p + q) / (p * (p + q))))
    return cat([first, inside, last], d)


def gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> Any:
    """Slopes of a sampled function along each of ``dim`` (all), by central differences: a tuple.

    ``spacing``: one distance, one per dim, or a tensor of positions per dim. At the ends the
    differences are one-sided, of order ``edge_order`` (1 or 2).
    Source: Fornberg, Generation of finite difference formulas (1988), for uneven spacing.

    >>> gradient(tensor([1.0, 2.0, 4.0, 8.0]))
    (tensor([1.0000, 1.5000, 3.0000, 4.0000]),)
    """
    x = to_float(as_operand(input, "gradient"))
    dims = shapes.dimensions(dim, x.ndim, "gradient")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient got edge_order={edge_order}; it needs 1 or 2.")
    several = isinstance(spacing, (list, tuple))
    given = list(spacing) if several else [spacing] * len(dims)
    if len(given) != len(dims):
        raise ValueError(f"gradient got {len(given)} spacings for {len(dims)} dims; it needs one for each.")
    # In float64 and, where positions require grad, with a gradient of their own.
    double = np.dtype(np.float64)
    positions = [cast(s, double) if isinstance(s, Variable) else wrap(np.asarray(s, double)) for s in given]
    return tuple(_slopes(x, d, s, edge_order) for d, s in zip(dims, positions))


trapz = trapezoid
