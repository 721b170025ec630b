"""Comparisons and logic: results are bool and carry no gradient.

    eq ne lt le gt ge                       with broadcasting and promotion
    isnan isinf isfinite isposinf isneginf signbit isreal
    isclose allclose equal                  are two tensors the same?
    logical_and logical_or logical_xor logical_not
    bitwise_and ... bitwise_right_shift     in ops/bitwise.py

Below: arithmetic.py. Above: methods/comparison.py. Tests: tests/ops/cases_comparison.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError
from ..tape import Primitive, wrap
from .arithmetic import binary
from .casting import as_operand

__all__ = [
    "allclose", "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite", "isinf",
    "isnan", "isneginf", "isposinf", "isreal", "le", "less", "less_equal", "logical_and", "logical_not",
    "logical_or", "logical_xor", "lt", "ne", "not_equal", "signbit",
]  # fmt: skip


def _no_gradient(name: str, function: Callable) -> Primitive:
    return Primitive(name, lambda *arrays: (function(*arrays), ()), broadcasts=True)


_eq = _no_gradient("eq", np.equal)
_ne = _no_gradient("ne", np.not_equal)
_lt = _no_gradient("lt", np.less)
_le = _no_gradient("le", np.less_equal)
_gt = _no_gradient("gt", np.greater)
_ge = _no_gradient("ge", np.greater_equal)


def eq(input: Any, other: Any) -> Any:
    """Elementwise ``input == other``; NaN equals nothing. Shapes: broadcast together.

    >>> eq(tensor([1, 2]), 2)
    tensor([False,  True])
    """
    return binary(_eq, input, other)


def ne(input: Any, other: Any) -> Any:
    """Elementwise ``input != other``. Shapes: broadcast together.

    >>> ne(tensor([1, 2]), 2)
    tensor([ True, False])
    """
    return binary(_ne, input, other)


def lt(input: Any, other: Any) -> Any:
    """Elementwise ``input < other``. Shapes: broadcast together.

    >>> lt(tensor([1, 2]), 2)
    tensor([ True, False])
    """
    return binary(_lt, input, other)


def le(input: Any, other: Any) -> Any:
    """Elementwise ``input <= other``. Shapes: broadcast together.

    >>> le(tensor([1, 3]), 2)
    tensor([ True, False])
    """
    return binary(_le, input, other)


def gt(input: Any, other: Any) -> Any:
    """Elementwise ``input > other``. Shapes: broadcast together.

    >>> gt(tensor([1, 3]), 2)
    tensor([False,  True])
    """
    return binary(_gt, input, other)


def ge(input: Any, other: Any) -> Any:
    """Elementwise ``input >= other``. Shapes: broadcast together.

    >>> ge(tensor([1, 2]), 2)
    tensor([False,  True])
    """
    return binary(_ge, input, other)


# ------------------------------------------------ what kind of number

_isnan = _no_gradient("isnan", np.isnan)
_isinf = _no_gradient("isinf", np.isinf)
_isfinite = _no_gradient("isfinite", np.isfinite)
_signbit = _no_gradient("signbit", lambda x: np.signbit(x) if x.dtype.kind == "f" else np.less(x, 0))


def isnan(input: Any) -> Any:
    """Whether each element is NaN.

    >>> isnan(tensor([1.0, np.nan]))
    tensor([False,  True])
    """
    return _isnan(as_operand(input, "isnan"))


def isinf(input: Any) -> Any:
    """Whether each element is infinite, of either sign.

    >>> isinf(tensor([1.0, -np.inf]))
    tensor([False,  True])
    """
    return _isinf(as_operand(input, "isinf"))


def isfinite(input: Any) -> Any:
    """Whether each element is neither infinite nor NaN.

    >>> isfinite(tensor([1.0, np.nan]))
    tensor([ True, False])
    """
    return _isfinite(as_operand(input, "isfinite"))


def isposinf(input: Any) -> Any:
    """Whether each element is +inf.

    >>> isposinf(tensor([np.inf, -np.inf]))
    tensor([ True, False])
    """
    return eq(input, np.inf) if _is_float(input) else _isinf(as_operand(input, "isposinf"))


def isneginf(input: Any) -> Any:
    """Whether each element is -inf.

    >>> isneginf(tensor([np.inf, -np.inf]))
    tensor([False,  True])
    """
    return eq(input, -np.inf) if _is_float(input) else _isinf(as_operand(input, "isneginf"))


def _is_float(x: Any) -> bool:
    return as_operand(x, "isinf").dtype.kind == "f"


def isreal(input: Any) -> Any:
    """Whether each element is a real number: all are, minigrad has no complex dtype.

    >>> isreal(tensor([1.0]))
    tensor([True])
    """
    return wrap(np.ones(as_operand(input, "isreal").array.shape, bool))


def signbit(input: Any) -> Any:
    """Whether the sign is negative; -0.0 counts as negative.

    >>> signbit(tensor([-0.0, 2.0]))
    tensor([ True, False])
    """
    return _signbit(as_operand(input, "signbit"))


# ------------------------------------------------ are two tensors the same?


def _isclose_forward(x, y, rtol, atol, equal_nan):
    if x.shape == y.shape and x.dtype.kind == "f" and x.dtype.itemsize > 2:
        out = np.empty(x.shape, bool)
        flat = x.ravel(), y.ravel(), rtol, atol, bool(equal_nan), out.reshape(-1)
        kernels._pool.run_elements(kernels.elementwise.isclose, *flat)
        return out, ()
    # A difference of equal infinities is NaN: equality is asked for first.
    close = (x == y) | (np.isfinite(y) & (np.abs(x - y) <= atol + rtol * np.abs(y)))
    return close | (np.isnan(x) & np.isnan(y)) if equal_nan else close, ()


_isclose = Primitive("isclose", _isclose_forward)


def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Elementwise ``|input - other| <= atol + rtol * |other|``. Shapes: broadcast together.

    Infinities are close only to themselves, NaN to NaN only with ``equal_nan``.
    Raises DTypeError unless both have one dtype, ValueError for negative tolerances.

    >>> isclose(tensor([1.0, 2.0]), tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    x, y = as_operand(input, "isclose"), as_operand(other, "isclose")
    if x.dtype != y.dtype:
        raise DTypeError(
            f"isclose got {x.dtype} and {y.dtype}; it needs one dtype. Convert one: x.to(y.dtype)."
        )
    if rtol < 0 or atol < 0:
        raise ValueError(f"isclose got rtol={rtol} and atol={atol}; it needs both >= 0.")
    if x.dtype.kind in "bu":  # a difference of these would wrap around
        x, y = x.to(np.int64), y.to(np.int64)
    return _isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether every element is close, as ``isclose`` says.

    >>> allclose(tensor([1.0]), tensor([1.0 + 1e-7]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Any, other: Any) -> bool:
    """Whether both have the same shape and the same elements (NaN equals nothing).

    >>> equal(tensor([1, 2]), tensor([1, 2]))
    True
    """
    x, y = as_operand(input, "equal"), as_operand(other, "equal")
    return x.array.shape == y.array.shape and bool(eq(x, y).array.all())


# ------------------------------------------------ logic

_logical_and = _no_gradient("logical_and", np.logical_and)
_logical_or = _no_gradient("logical_or", np.logical_or)
_logical_xor = _no_gradient("logical_xor", np.logical_xor)
_logical_not = _no_gradient("logical_not", np.logical_not)


def logical_and(input: Any, other: Any) -> Any:
    """Elementwise "both are other than 0". Shapes: broadcast together.

    >>> logical_and(tensor([True, True]), tensor([True, False]))
    tensor([ True, False])
    """
    return binary(_logical_and, input, other)


def logical_or(input: Any, other: Any) -> Any:
    """Elementwise "at least one is other than 0". Shapes: broadcast together.

    >>> logical_or(tensor([True, False]), tensor([False, False]))
    tensor([ True, False])
    """
    return binary(_logical_or, input, other)


def logical_xor(input: Any, other: Any) -> Any:
    """Elementwise "exactly one is other than 0". Shapes: broadcast together.

    >>> logical_xor(tensor([True, True]), tensor([True, False]))
    tensor([False,  True])
    """
    return binary(_logical_xor, input, other)


def logical_not(input: Any) -> Any:
    """Elementwise "is 0".

    >>> logical_not(tensor([0.0, 2.0]))
    tensor([ True, False])
    """
    return _logical_not(as_operand(input, "logical_not"))


not_equal, greater, greater_equal, less, less_equal = ne, gt, ge, lt, le
