"""Which values occur, and how often.

    unique unique_consecutive      the distinct values, sorted or run by run
    bincount histc histogram       counts per integer, counts per interval
    isin                           whether a value is one of several

No gradients. Below: tape.py. Above: methods/sorting.py. Tests: tests/ops/test_unique.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..tape import Variable, wrap
from .casting import promote_all
from .keywords import also_named

__all__ = ["bincount", "histc", "histogram", "isin", "unique", "unique_consecutive"]


def _results(values: np.ndarray, inverse: Any, counts: Any) -> Any:
    found = tuple(wrap(np.asarray(r)) for r in (values, inverse, counts) if r is not None)
    return found[0] if len(found) == 1 else found


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    """The distinct values in ascending order; with ``dim`` the distinct slices along it.

    Returns the values, then where asked for: for each element the position of its value, and how
    often each value occurs. Always sorted; every nan counts as a value of its own.

    >>> unique(tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    x = input.array
    if dim is not None:
        x = _first(x, dim, "unique")
        values: Any
        inverse: Any
        values, inverse, counts = np.unique(
            x, return_inverse=True, return_counts=True, axis=0, equal_nan=False
        )
        values, inverse = _back(values, input.array, dim), inverse.reshape(-1)
    else:
        values, inverse, counts = _distinct(x, return_inverse)
    return _results(
        values,
        inverse.astype(np.int64) if return_inverse else None,
        counts.astype(np.int64) if return_counts else None,
    )


def _distinct(x: np.ndarray, with_inverse: bool) -> tuple:
    """Values, inverse and counts by sorting: many times faster than the table of np.unique."""
    flat = x.ravel()
    order = np.argsort(flat, kind="stable") if with_inverse else None
    ordered = np.sort(flat) if order is None else flat[order]
    first = np.ones(flat.size, bool)
    first[1:] = ordered[1:] != ordered[:-1]
    inverse = None
    if order is not None:
        inverse = np.empty(x.shape, np.int64)
        inverse.reshape(-1)[order] = np.cumsum(first) - 1
    return ordered[first], inverse, np.diff(np.append(np.flatnonzero(first), flat.size))


def _first(x: np.ndarray, dim: Any, function: str) -> np.ndarray:
    return np.moveaxis(np.atleast_1d(x), shapes.dimension(dim, x.ndim, function), 0)


def _back(values: np.ndarray, x: np.ndarray, dim: int) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(values, 0, dim % max(x.ndim, 1)))


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: Any = None
) -> Any:
    """One value for each run of equal neighbours; with ``dim`` one slice for each run of slices.

    >>> unique_consecutive(tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    x = input.array.reshape(-1) if dim is None else _first(input.array, dim, "unique_consecutive")
    n = x.shape[0]
    starts = np.ones(n, bool)
    differs = x[1:] != x[:-1]
    starts[1:] = differs if x.ndim == 1 else differs.any(axis=tuple(range(1, x.ndim)))
    first = np.flatnonzero(starts)
    values = x[first]
    inverse = None
    if return_inverse:
        inverse = np.cumsum(starts) - 1
        inverse = inverse.reshape(input.array.shape) if dim is None else inverse
    return _results(
        values if dim is None else _back(values, input.array, dim),
        inverse,
        np.diff(np.append(first, n)) if return_counts else None,
    )


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each integer 0, 1, 2, ... occurs in a 1-dim tensor, or the sum of its weights.

    Counts are int64, sums float32 for float32 weights and float64 otherwise.
    Raises DTypeError for floats, ValueError for negative numbers, ShapeError for unequal lengths.

    >>> bincount(tensor([3, 1, 1]))
    tensor([0, 2, 0, 1])
    """
    x = input.array
    if x.dtype.kind not in "iu":
        raise DTypeError(f"bincount got a tensor of {x.dtype}; it needs integers. Use x.long().")
    if minlength < 0:
        raise ValueError(f"bincount got minlength={minlength}; it needs at least 0.")
    w = None if weights is None else weights.array
    if w is not None and w.shape != x.shape:
        raise ShapeError(f"bincount got weights of shape {w.shape} for {x.shape}; it needs one for each.")
    try:
        found = np.bincount(x.astype(np.int64, copy=False), w, minlength)
    except ValueError:
        raise ValueError(
            f"bincount got shape {x.shape}"
            + (f" and the value {x.min()}" if x.size else "")
            + "; it needs one dimension and no negative numbers."
        ) from None
    if w is None:
        return wrap(found.astype(np.int64, copy=False))
    return wrap(found.astype(np.float32 if w.dtype == np.float32 else np.float64, copy=False))


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many values fall into each of ``bins`` equal intervals of [min, max], in input's dtype.

    With min == max the range of the values is taken. What lies outside, and nan, is left out.
    Raises ValueError for bins < 1, max < min or an infinite range.

    >>> histc(tensor([1.0, 2.0, 1.0]), bins=2, min=0, max=2)
    tensor([0., 3.])
    """
    x = input.array
    if x.dtype.kind != "f":
        raise DTypeError(f"histc got a tensor of {x.dtype}; it needs a float dtype. Use x.float().")
    if bins < 1:
        raise ValueError(f"histc got bins={bins}; it needs at least 1.")
    if min > max:
        raise ValueError(f"histc got min={min} and max={max}; it needs min <= max.")
    low, high = float(min), float(max)
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"histc got the range [{low}, {high}]; it needs finite numbers.")
    counts, _ = np.histogram(x[(x >= low) & (x <= high)], bins, (low, high))
    return wrap(counts.astype(x.dtype))


Histogram = namedtuple("Histogram", "hist bin_edges")


def histogram(
    input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False
) -> Any:
    """Counts (or sums of ``weight``) per interval, and the intervals' edges, in input's dtype.

    ``bins``: how many equal intervals of ``range`` (else of the values' range), or a sorted 1-dim
    Tensor of edges. The last interval includes its right edge. ``density`` divides so that the
    area is 1. Raises DTypeError for integers, ShapeError for weights of another shape.

    >>> histogram(tensor([1.0, 2.0, 1.0]), 2, range=(0.0, 2.0)).hist
    tensor([0., 3.])
    """
    x = input.array
    if x.dtype.kind != "f":
        raise DTypeError(f"histogram got a tensor of {x.dtype}; it needs a float dtype. Use x.float().")
    w = None if weight is None else weight.array
    if w is not None and w.shape != x.shape:
        raise ShapeError(f"histogram got weight {w.shape} for input {x.shape}; it needs the same shape.")
    if isinstance(bins, Variable):
        bins = bins.array
    elif range is None:
        range = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    counts, edges = np.histogram(x, bins, range, density, w)
    return Histogram(wrap(counts.astype(x.dtype)), wrap(edges.astype(x.dtype)))


@also_named(element="elements", test_element="test_elements")
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """For each element whether it is one of ``test_elements``; ``invert`` answers the opposite.

    >>> isin(tensor([1, 2, 3]), tensor([3, 1]))
    tensor([ True, False,  True])
    """
    x, y = promote_all("isin", elements, test_elements)
    x, y = (np.asarray(v.array if isinstance(v, Variable) else v) for v in (x, y))
    return wrap(np.asarray(np.isin(x, y, invert=invert)))
