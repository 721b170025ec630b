"""The middle of a set of values, and other places in their order.

    median nanmedian          the lower middle one
    mode                      the most frequent one
    quantile nanquantile      any fraction of the way, with interpolation

Below: sorting.py, extremes.py. Above: methods/statistics.py. Tests: tests/ops/cases_statistics.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive, Variable, wrap
from .extremes import _tie_weights, require_elements
from .gathering import gather_along
from .reduction import kept_shape, numpy_names
from .selection import keep
from .shaping import movedim
from .sorting import first_at, picked_line

__all__ = ["median", "mode", "nanmedian", "nanquantile", "quantile"]


# ------------------------------------------------ median


def _middle(x: np.ndarray, dim: int, skip_nan: bool) -> np.ndarray:
    """The lower median along ``dim``, which is kept; nan if there is one, unless skipped."""
    n = x.shape[dim]
    middle = (n - 1) // 2
    if x.dtype.kind != "f":
        return np.take(np.partition(x, middle, axis=dim), [middle], axis=dim)
    nans = np.isnan(x)
    if not nans.any():
        return np.take(np.partition(x, middle, axis=dim), [middle], axis=dim)
    known = n - nans.sum(axis=dim, keepdims=True)
    if not skip_nan:
        known = np.where(known < n, 0, n)
    ranked = np.sort(x, axis=dim)  # nan last
    place = np.where(known > 0, (known - 1) // 2, n - 1)
    return np.take_along_axis(ranked, place, dim)


def _median_forward(x, skip_nan):
    middle = _middle(x.reshape(-1), 0, skip_nan) if x.size else np.full(1, np.nan, x.dtype)
    output = np.asarray(middle).reshape(())
    return output, (x, output)


def _median_backward(g, residuals, needs):
    x, output = residuals
    ones = (1,) * len(x.shape)
    return (g.reshape(ones) * _tie_weights(x, output.reshape(ones)),)


_median = Primitive("median", _median_forward, _median_backward, keeps="x output")


def _median_of(input: Any, dim: Any, keepdim: bool, skip_nan: bool, function: str) -> Any:
    if dim is None:
        if input.array.dtype.kind != "f":
            require_elements(input.array.shape, tuple(range(input.array.ndim)), function)
        return _median(input, skip_nan=skip_nan)
    d = shapes.dimension(dim, input.array.ndim, function)
    require_elements(input.array.shape, (d,) if input.array.ndim else (), function)
    x = np.atleast_1d(input.array)
    return picked_line(input, first_at(x, _middle(x, d, skip_nan), d), d, keepdim)


@numpy_names
def median(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The middle value, the lower one of two: of all, or ``(values, indices)`` along ``dim``.

    nan if there is one, and over no floats at all. The gradient goes to the element picked; over
    all, to its equals evenly. Raises IndexError along an empty dimension, and over no integers.

    >>> median(tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    return _median_of(input, dim, keepdim, False, "median")


@numpy_names
def nanmedian(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """``median`` of the values that are not nan.

    >>> nanmedian(tensor([4.0, np.nan, 3.0]))
    tensor(3.)
    """
    return _median_of(input, dim, keepdim, True, "nanmedian")


@numpy_names
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """``(values, indices)`` of the most frequent value along ``dim``, the smallest of several.

    The index is that of its last appearance. Raises IndexError along an empty dimension.

    >>> mode(tensor([2, 1, 2, 1, 3]))
    ValuesIndices(values=tensor(1), indices=tensor(3))
    """
    x = np.atleast_1d(input.array)
    d = shapes.dimension(dim, input.array.ndim, "mode")
    require_elements(x.shape, (d,), "mode")
    lines = np.sort(np.moveaxis(x, d, -1), axis=-1)
    n = lines.shape[-1]
    steps = np.arange(n)
    starts = np.ones(lines.shape, bool)
    starts[..., 1:] = lines[..., 1:] != lines[..., :-1]
    run = steps - np.maximum.accumulate(np.where(starts, steps, 0), axis=-1)
    place = np.argmax(run, axis=-1, keepdims=True)  # the first of the longest: the smallest value
    values = np.moveaxis(np.take_along_axis(lines, place, -1), -1, d)
    return picked_line(input, n - 1 - first_at(np.flip(x, d), values, d), d, keepdim)


# ------------------------------------------------ quantiles


def _quantile(
    input: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, skip_nan: bool, function: str
) -> Any:
    dtype = input.array.dtype
    if dtype.kind != "f":
        raise DTypeError(f"{function} got a tensor of {dtype}; it needs a float dtype. Use x.float().")
    if isinstance(q, Variable) and q.array.dtype != dtype:
        raise DTypeError(f"{function} got q of {q.array.dtype} for a tensor of {dtype}; it needs the same.")
    fractions = q.array if isinstance(q, Variable) else np.asarray(q, dtype)
    if fractions.ndim > 1:
        raise ShapeError(f"{function} got q of shape {fractions.shape}; it needs a number or one dimension.")
    if not ((fractions >= 0) & (fractions <= 1)).all():
        raise ValueError(f"{function} got q={fractions}; it needs values in [0, 1].")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise ValueError(
            f"{function} got interpolation={interpolation!r}; it needs linear, lower, higher, midpoint "
            "or nearest."
        )
    if not input.array.size:
        raise ShapeError(f"{function} got an empty tensor; it needs at least one element.")
    shape = input.array.shape
    dims = (
        shapes.dimensions(dim, len(shape), function)
        if dim is None
        else (shapes.dimension(dim, len(shape), function),)
    )
    x, d = (input.reshape(-1), 0) if dim is None or not shape else (input, dims[0])
    place = q if isinstance(q, Variable) and q.requires_grad else wrap(fractions)
    found = movedim(_between(x, place.reshape(-1), d, interpolation, skip_nan), d, 0)
    left = kept_shape(shape, dims) if keepdim else tuple(n for i, n in enumerate(shape) if i not in dims)
    return found.reshape((*fractions.shape, *left))


def _between(x: Any, q: Any, d: int, interpolation: str, skip_nan: bool) -> Any:
    """The quantiles along ``d``, one for each fraction in ``q``, made of two picked elements each."""
    array = x.array
    n = array.shape[d]
    column = q.reshape([-1 if i == d else 1 for i in range(array.ndim)])
    nans = np.isnan(array).sum(axis=d, keepdims=True)
    known = n - nans if skip_nan else np.where(nans > 0, 0, n)
    # No number known: the last in order is a nan, and that is the answer.
    steps = np.maximum(known - 1, 0).astype(array.dtype)
    rank = np.where(known > 0, column.array * steps, array.dtype.type(n - 1))
    if interpolation in _ROUNDED:
        rank = _ROUNDED[interpolation](rank)
    below = np.floor(rank)
    weight = rank - below if interpolation != "midpoint" else (rank > below) * array.dtype.type(0.5)
    ranked = np.sort(array, axis=d)
    lower = _at_rank(x, ranked, below, d)
    moves = interpolation == "linear" and column.requires_grad
    if not moves and not weight.any():
        return lower
    if moves:  # where no number is known, q moves nothing
        share = keep(column * steps, np.broadcast_to(known > 0, rank.shape)) - below * (known > 0)
    else:
        share = wrap(weight.astype(array.dtype))
    return lower + share * (_at_rank(x, ranked, np.ceil(rank), d) - lower)


_ROUNDED: dict[str, Any] = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}


def _at_rank(x: Any, ranked: np.ndarray, ranks: np.ndarray, d: int) -> Any:
    """The elements of ``x`` that have these ranks: sorting values and then finding them is
    quicker than sorting positions."""
    values = np.take_along_axis(ranked, ranks.astype(np.int64), d)
    index = np.empty(values.shape, np.int64)
    for i in range(values.shape[d]):
        part = (slice(None),) * d + (slice(i, i + 1),)
        index[part] = first_at(x.array, values[part], d)
    return gather_along(x, wrap(index), dim=d)


@numpy_names
def quantile(
    input: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """The value below which the fraction ``q`` of the elements along ``dim`` (or of all) lies.

    Several fractions come as a new first dimension. nan if there is one. ``interpolation`` between
    neighbours: linear, lower, higher, midpoint, nearest. With linear, ``q`` takes a gradient too.
    Raises ValueError unless 0 <= q <= 1.
    Source: Hyndman, Fan, Sample quantiles in statistical packages (1996), definition 7.

    >>> quantile(tensor([1.0, 2.0, 3.0, 5.0]), 0.5)
    tensor(2.5000)
    """
    return _quantile(input, q, dim, keepdim, interpolation, False, "quantile")


@numpy_names
def nanquantile(
    input: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """``quantile`` of the values that are not nan.

    >>> nanquantile(tensor([1.0, np.nan, 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile(input, q, dim, keepdim, interpolation, True, "nanquantile")
