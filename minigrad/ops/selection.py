"""Choosing between values, element by element: where, the larger, the smaller, the nearest.

    where                          by a mask
    maximum minimum fmax fmin      by comparing; a tie shares the gradient half and half
    clamp (clip)                   into an interval
    keep                           g where a mask holds, else 0: the rules' tool
    filled, clamped                the same two on arrays

A rule never multiplies by a mask: 0 * nan is nan, and a NaN from the side that was not
taken must not reach the gradient.

Below: arithmetic.py, kernels/elementwise.py. Above: methods/elementwise.py.
Tests: tests/ops/cases_elementwise.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError
from ..tape import Primitive, Variable, wrap
from .arithmetic import sum_to
from .casting import alike, as_operand, check_fits, promote_all

__all__ = [
    "clamp", "clamp_max", "clamp_min", "clip", "fmax", "fmin", "heaviside", "maximum", "minimum", "where",
]  # fmt: skip


def compiled(x: Any) -> bool:
    """Whether Numba has loops for this array's dtype."""
    return x.dtype.kind == "f" and x.dtype.itemsize != 2


# ------------------------------------------------ by a mask


def filled(x: np.ndarray, mask: Any, value: Any) -> np.ndarray:
    """``x`` where ``mask`` holds, else the number ``value``, as a new array."""
    if not compiled(x) or not x.ndim:
        return np.where(mask, x, x.dtype.type(value))
    out = np.empty(x.shape, x.dtype)
    if mask.shape != x.shape:
        mask = np.broadcast_to(mask, x.shape)
    kernels._pool.run_elements(kernels.elementwise.fill, x.ravel(), mask.ravel(), value, out.reshape(-1))
    return out


keep: Primitive = Primitive(
    "keep",
    lambda g, mask: (filled(g, mask, 0), (mask,)),
    lambda g, residuals, needs: (keep(g, residuals[0]), None),
    keeps="mask",
)


# Below this many elements NumPy's where is done before a compiled loop has begun.
SMALL = 1024


def _where_forward(condition, x, y):
    shape = condition.shape
    if condition.size < SMALL or not compiled(x):
        out = np.where(condition, x, y)
    elif x.shape == y.shape == shape:
        out = np.empty(shape, x.dtype)
        kernels._pool.run_elements(
            kernels.elementwise.where, condition.ravel(), x.ravel(), y.ravel(), out.reshape(-1)
        )
    elif x.shape == shape and not y.ndim:
        out = filled(x, condition, y.item())
    elif y.shape == shape and not x.ndim:
        out = filled(y, ~condition, x.item())
    else:
        out = np.where(condition, x, y)
    return out, (condition, x.shape, y.shape)


def _where_backward(g, residuals, needs):
    condition, x_shape, y_shape = residuals
    return (
        None,
        sum_to(keep(g, condition), x_shape) if needs[1] else None,
        sum_to(keep(g, ~condition), y_shape) if needs[2] else None,
    )


select = Primitive("where", _where_forward, _where_backward, keeps="condition x_shape y_shape")


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """``input`` where ``condition`` holds, else ``other``; all three broadcast together.

    With ``condition`` alone: the positions where it holds, one index tensor a dimension.
    Raises DTypeError unless ``condition`` is bool.

    >>> where(tensor([True, False]), tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    if not isinstance(condition, Variable):
        condition = as_operand(condition, "where")
    if input is None and other is None:
        return tuple(wrap(found) for found in np.nonzero(np.atleast_1d(condition.array)))
    if input is None or other is None:
        raise TypeError("where got one value; it needs both, for where the mask holds and where not.")
    if condition.array.dtype.kind != "b":
        raise DTypeError(f"where got a condition of {condition.dtype}; it needs bool. Compare first: x != 0.")
    x, y = input, other
    if not (isinstance(x, Variable) and isinstance(y, Variable) and x.array.dtype is y.array.dtype):
        x, y = promote_all("where", x, y)
        for number in (input, other):
            if isinstance(number, (int, float)):
                check_fits(number, x.dtype, "where")
    try:
        return select(condition, x, y)
    except ValueError:
        shapes.broadcast("where", condition.shape, x.shape, y.shape)
        raise


# ------------------------------------------------ by comparing


def _shared(g: Any, mine: Any, tie: Any, shape: tuple) -> Any:
    """g where ``mine`` holds, half of it at a tie, summed to ``shape``."""
    return sum_to(keep(g, mine) - keep(g * 0.5, tie), shape)


def _extreme(name: str, function: Callable, before: Callable) -> Primitive:
    """maximum and its kin: x wins where not before(x, y), y where not before(y, x)."""

    def forward(x, y):
        return function(x, y), (x, y)

    def backward(g, residuals, needs):
        x, y = residuals
        tie = x == y
        return (
            _shared(g, ~before(x, y), tie, x.shape) if needs[0] else None,
            _shared(g, ~before(y, x), tie, y.shape) if needs[1] else None,
        )

    return Primitive(name, forward, backward, keeps="x y", broadcasts=True)


# A NaN is neither before nor after: the gradient then goes to both, as in PyTorch.
_maximum = _extreme("maximum", np.maximum, lambda x, y: x < y)
_minimum = _extreme("minimum", np.minimum, lambda x, y: x > y)


def _ignoring_nan(name: str, function: Callable, wins: Callable) -> Primitive:
    """fmax and its kin: all of the gradient goes to one side, at ties to x."""

    def forward(x, y):
        return function(x, y), (x, y)

    def backward(g, residuals, needs):
        x, y = residuals
        first = wins(x, y) | (y != y)
        return (
            sum_to(keep(g, first), x.shape) if needs[0] else None,
            sum_to(keep(g, ~first), y.shape) if needs[1] else None,
        )

    return Primitive(name, forward, backward, keeps="x y", broadcasts=True)


_fmax = _ignoring_nan("fmax", np.fmax, lambda x, y: x >= y)
_fmin = _ignoring_nan("fmin", np.fmin, lambda x, y: x <= y)


def _pair(primitive: Primitive, x: Any, y: Any) -> Any:
    return primitive(x, y) if alike(x, y) else primitive(*promote_all(primitive.name, x, y))


def maximum(input: Any, other: Any) -> Any:
    """The larger of each pair; NaN if either is NaN. A tie halves the gradient.

    >>> maximum(tensor([1.0, 4.0]), tensor([3.0, 2.0]))
    tensor([3., 4.])
    """
    return _pair(_maximum, input, other)


def minimum(input: Any, other: Any) -> Any:
    """The smaller of each pair; NaN if either is NaN. A tie halves the gradient.

    >>> minimum(tensor([1.0, 4.0]), tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return _pair(_minimum, input, other)


def fmax(input: Any, other: Any) -> Any:
    """The larger of each pair; a NaN loses against a number.

    >>> fmax(tensor([1.0, np.nan]), tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    return _pair(_fmax, input, other)


def fmin(input: Any, other: Any) -> Any:
    """The smaller of each pair; a NaN loses against a number.

    >>> fmin(tensor([1.0, np.nan]), tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return _pair(_fmin, input, other)


# ------------------------------------------------ into an interval


def clamped(x: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """``x`` moved between two numbers, either of which may be None or beyond x's dtype."""
    if x.size < SMALL and x.dtype.kind == "f":
        y = x if low is None else np.maximum(x, low)
        return y if high is None else np.minimum(y, high)
    if compiled(x) and low == low and high == high:  # a bound of nan makes everything nan
        out = np.empty(x.shape, x.dtype)
        low, high = -np.inf if low is None else low, np.inf if high is None else high
        kernels._pool.run_elements(kernels.elementwise.clamp, x.ravel(), low, high, out.reshape(-1))
        return out
    if x.dtype.kind in "iu":
        ends = np.iinfo(x.dtype)
        low = None if low is None else min(max(low, ends.min), ends.max)
        high = None if high is None else min(max(high, ends.min), ends.max)
        if low is not None and high is not None:
            return np.clip(x, low, high)
    y = x if low is None else np.maximum(x, low)
    return y if high is None else np.minimum(y, high)


def _clamp_forward(x, low, high):
    return clamped(x, low, high), (x, low, high)


def _clamp_backward(g, residuals, needs):
    x, low, high = residuals
    return (keep(g, _inside(x, low, high)),)


def _inside(x: Any, low: Any, high: Any) -> Any:
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


_clamp = Primitive("clamp", _clamp_forward, _clamp_backward, keeps="x lowest highest")


def _clamp_between_forward(x, low, high):
    return np.minimum(np.maximum(x, low), high), (x, low, high)


def _clamp_between_backward(g, residuals, needs):
    x, low, high = residuals
    ordered = low < high
    return (
        sum_to(keep(g, (x >= low) & (x <= high)), x.shape) if needs[0] else None,
        sum_to(keep(g, ordered & (x < low)), low.shape) if needs[1] else None,
        sum_to(keep(g, (x > high) | (high < low)), high.shape) if needs[2] else None,
    )


_clamp_between = Primitive(
    "clamp_between",
    _clamp_between_forward,
    _clamp_between_backward,
    keeps="x low high",
    broadcasts=True,
)


def _bound(name: str, function: Callable, inside: Callable) -> Primitive:
    """A tensor bound on one side only."""

    def forward(x, bound):
        return function(x, bound), (x, bound)

    def backward(g, residuals, needs):
        x, bound = residuals
        return (
            sum_to(keep(g, inside(x, bound)), x.shape) if needs[0] else None,
            sum_to(keep(g, inside(bound, x) & (x != bound)), bound.shape) if needs[1] else None,
        )

    return Primitive(name, forward, backward, keeps="x bound")


_clamp_min = _bound("clamp_min", np.maximum, lambda x, bound: x >= bound)
_clamp_max = _bound("clamp_max", np.minimum, lambda x, bound: x <= bound)


_NUMBERS = (float, int)


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """``input`` moved into [min, max]; a bound is a number, a tensor or None.

    The gradient passes where nothing was moved, the bounds themselves included, and to a
    tensor bound where it was hit. With min > max the result is max. NaN stays NaN.

    >>> clamp(tensor([-2.0, 0.5, 3.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp got neither min nor max; it needs at least one of them.")
    if (min is None or type(min) in _NUMBERS) and (max is None or type(max) in _NUMBERS):
        x = as_operand(input, "clamp")
        if x.array.dtype.kind != "f":
            x = promote_all("clamp", x, *(b for b in (min, max) if b is not None))[0]
        return _clamp(x, low=min, high=max)
    if max is None:
        return _pair(_clamp_min, input, min)
    if min is None:
        return _pair(_clamp_max, input, max)
    return _clamp_between(*promote_all("clamp", input, min, max))


def clamp_min(input: Any, min: Any) -> Any:
    """``input`` where it is at least ``min``, else ``min``.

    >>> clamp_min(tensor([-2.0, 3.0]), 0)
    tensor([0., 3.])
    """
    if type(min) in _NUMBERS and isinstance(input, Variable) and input.array.dtype.kind == "f":
        return _clamp(input, low=min, high=None)
    return clamp(input, min=min)


def clamp_max(input: Any, max: Any) -> Any:
    """``input`` where it is at most ``max``, else ``max``.

    >>> clamp_max(tensor([-2.0, 3.0]), 0)
    tensor([-2.,  0.])
    """
    if type(max) in _NUMBERS and isinstance(input, Variable) and input.array.dtype.kind == "f":
        return _clamp(input, low=None, high=max)
    return clamp(input, max=max)


def _heaviside_forward(x, y):
    if x.dtype.kind == "f":
        step = np.heaviside(x, y)
        if not np.count_nonzero(x != x):
            return step, ()
    return np.where(x == 0, y, x > 0).astype(x.dtype), ()


_heaviside = Primitive("heaviside", _heaviside_forward, broadcasts=True)


def heaviside(input: Any, values: Any) -> Any:
    """0 below zero and for NaN, 1 above, ``values`` at zero. Raises DTypeError unless dtypes agree.

    >>> heaviside(tensor([-1.0, 0.0, 2.0]), tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if alike(input, values):
        return _heaviside(input, values)
    x, y = as_operand(input, "heaviside"), as_operand(values, "heaviside")
    if x.dtype != y.dtype:
        raise DTypeError(
            f"heaviside got {x.dtype} and values of {y.dtype}; it needs one dtype. "
            "Convert one: values.to(x.dtype)."
        )
    return _heaviside(x, y)


clip = clamp
