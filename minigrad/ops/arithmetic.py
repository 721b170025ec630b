"""Arithmetic of two operands, with broadcasting: + - * / // % and their kin.

    add sub rsub mul div neg positive    gradients for both operands
    floor_divide remainder fmod          division with an integer quotient
    gcd lcm                              of integers
    sum_to, expand_to                    broadcasting and its transpose, used by the rules
    binary                               calls a primitive on operands of one dtype

NumPy's loops are vector code already, so these primitives call them, by several threads where arrays
are large (kernels/wide.py); quotients have loops of their own (kernels/quotient.py).
Below: casting.py. Above: methods/arithmetic.py. Tests: tests/ops/cases_arithmetic.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError
from ..tape import Primitive, Variable, wrap
from .arguments import check_number
from .casting import FLOATS, alike, as_operand, float_operands, promote, promote_all

__all__ = [
    "add", "div", "divide", "floor_divide", "fmod", "gcd", "lcm", "mul", "multiply", "neg", "negative",
    "positive", "remainder", "rsub", "sub", "subtract", "true_divide",
]  # fmt: skip


# ------------------------------------------------ broadcasting and its transpose


def _sum_to_forward(x, shape):
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        lead + i for i, size in enumerate(shape) if size == 1 and x.shape[lead + i] != 1
    )
    total = channel_sums(x, shape)
    if total is None:
        total = x.sum(axis=axes, keepdims=True) if axes else x
    return total.reshape(shape), (x.shape,)


# Elements from which a compiled loop over planes pays for the call of it, and those of one plane.
_MANY, _PLANE = 16384, 16


def channel_sums(x: np.ndarray, shape: tuple) -> np.ndarray | None:
    """``x`` summed to ``shape``, flat, if that is one number per channel of many; None otherwise.

    NumPy sums short planes one by one, in 0.6 ms where 1.6 million float32 numbers are read in 0.2.
    """
    if x.size < _MANY or x.dtype.char != "f" or not x.flags.c_contiguous:
        return None
    cut = kernels.wide.as_planes(x.shape, shape)
    if cut is None or cut[0] < 2 or cut[1] < _PLANE:
        return None
    channels, length = cut
    planes = x.size // length
    parts = np.empty(planes)
    kernels._pool.run(kernels.reduction.sum_planes, planes, x.reshape(planes, -1), parts, work=x.size)
    return parts.reshape(-1, channels).sum(axis=0).astype(np.float32)


_sum_to = Primitive(
    "sum_to",
    _sum_to_forward,
    lambda g, residuals, needs: (expand_to(g, residuals[0]),),
    keeps="shape_before",
)

_expand = Primitive(
    "expand",
    lambda x, shape: (np.broadcast_to(x, shape), (x.shape,)),
    lambda g, residuals, needs: (sum_to(g, residuals[0]),),
    keeps="shape_before",
    view=True,
)


def sum_to(g: Any, shape: tuple) -> Any:
    """Sum ``g`` over the dimensions along which ``shape`` was broadcast to it."""
    return g if g.shape == shape else _sum_to(g, shape=shape)


def expand_to(x: Any, shape: tuple) -> Any:
    """Broadcast ``x`` to ``shape`` without copying."""
    return x if x.shape == shape else _expand(x, shape=shape)


def zeros_for(g: Any, shape: tuple) -> Any:
    """The gradient of a step function: zeros of ``shape``, an array or a Tensor as ``g`` is."""
    zeros = np.zeros(shape, g.dtype)
    return wrap(zeros) if isinstance(g, Variable) else zeros


def shape_of(x: Any) -> tuple:
    """The shape of a Tensor or array, () for a number."""
    return getattr(x, "shape", ())


def binary(primitive: Primitive, x: Any, y: Any) -> Any:
    """``primitive``, which broadcasts, on two operands of any kind, in their common dtype."""
    if _with_number(x, y):
        return primitive(x, y)
    return primitive(*promote(x, y, primitive.name))


# ------------------------------------------------ the four operations


_adding, _subtracting = kernels.wide.wide_pair(np.add), kernels.wide.wide_pair(np.subtract)
_multiplying, _dividing = kernels.wide.wide_pair(np.multiply), kernels.wide.wide_pair(np.true_divide)


def _add_forward(x, y):
    return _adding(x, y), (getattr(x, "shape", ()), getattr(y, "shape", ()))


def _add_backward(g, residuals, needs):
    x_shape, y_shape = residuals
    return (
        sum_to(g, x_shape) if needs[0] else None,
        sum_to(g, y_shape) if needs[1] else None,
    )


_add = Primitive("add", _add_forward, _add_backward, keeps="x_shape y_shape", broadcasts=True)


def _sub_forward(x, y):
    return _subtracting(x, y), (getattr(x, "shape", ()), getattr(y, "shape", ()))


def _sub_backward(g, residuals, needs):
    x_shape, y_shape = residuals
    return (
        sum_to(g, x_shape) if needs[0] else None,
        sum_to(-g, y_shape) if needs[1] else None,
    )


_sub = Primitive("sub", _sub_forward, _sub_backward, keeps="x_shape y_shape", broadcasts=True)


def _product(g: Any, y: Any) -> Any:
    """``g * y``, of large arrays by several threads."""
    return g * y if isinstance(g, Variable) else _multiplying(g, y)


def _mul_forward(x, y):
    return _multiplying(x, y), (x, y)


def _mul_backward(g, residuals, needs):
    x, y = residuals
    return (
        sum_to(_product(g, y), x.shape) if needs[0] else None,
        sum_to(_product(g, x), y.shape) if needs[1] else None,
    )


_mul = Primitive("mul", _mul_forward, _mul_backward, keeps="x(y) y(x)", broadcasts=True)


def _div_forward(x, y):
    return _dividing(x, y), (x, y)


def _div_backward(g, residuals, needs):
    x, y = residuals
    quotient = (g / y if isinstance(g, Variable) else _dividing(g, y)) if needs[0] else None
    return (
        sum_to(quotient, x.shape) if needs[0] else None,
        sum_to(-g * (x / y / y), y.shape) if needs[1] else None,
    )


_div = Primitive("div", _div_forward, _div_backward, keeps="x(y) y", broadcasts=True)

_neg = Primitive("neg", lambda x: (np.negative(x), ()), lambda g, residuals, needs: (-g,), keeps="")


def _scaled(x: Any, other: Any, alpha: float, function: str) -> Any:
    """``alpha * x`` in the dtype in which it will meet ``other``: -1 times uint8 would wrap."""
    check_number(function, "alpha", alpha)
    if alpha == 1:
        return x
    x = promote_all(function, x, other)[0]
    if isinstance(alpha, float) and x.dtype.kind != "f":
        raise DTypeError(
            f"{function} got alpha={alpha} for integers; it needs an integer alpha. "
            "Convert the tensor first: x.float()."
        )
    return mul(x, alpha)


_PLAIN = (float, int)


def _with_number(x: Any, y: Any) -> bool:
    """Whether one operand is a Tensor of floats, and the other a number."""
    if type(y) in _PLAIN:
        return isinstance(x, Variable) and x.array.dtype in FLOATS
    return type(x) in _PLAIN and isinstance(y, Variable) and y.array.dtype in FLOATS


def _is_bool(x: Any) -> bool:
    if isinstance(x, Variable):
        return x.array.dtype.kind == "b"
    return isinstance(x, bool) or getattr(x, "dtype", None) == np.bool_


def _refuse_bool(function: str, instead: str, x: Any) -> None:
    if _is_bool(x):
        raise DTypeError(f"{function} got bools; it needs numbers. {instead}")


def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Elementwise ``input + alpha * other``. Shapes: broadcast together.

    >>> add(tensor([1.0, 2.0]), 3.0)
    tensor([4., 5.])
    """
    if type(alpha) is not int or alpha != 1:
        other = _scaled(other, input, alpha, "add")
    if isinstance(input, Variable) and isinstance(other, Variable) and input.array.dtype is other.array.dtype:
        return _add(input, other)  # the usual case, in one look
    return binary(_add, input, other)


def sub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Elementwise ``input - alpha * other``. Shapes: broadcast together.

    Raises DTypeError for bools.

    >>> sub(tensor([1.0, 2.0]), 3.0)
    tensor([-2., -1.])
    """
    if type(alpha) is int and alpha == 1 and (alike(input, other) or _with_number(input, other)):
        return _sub(input, other)
    if _is_bool(input) or _is_bool(other):
        raise DTypeError(
            "sub got bools; it needs numbers. Use x ^ y (logical_xor), ~x, or convert them: x.int()."
        )
    if type(alpha) is not int or alpha != 1:
        other = _scaled(other, input, alpha, "sub")
    return binary(_sub, input, other)


def rsub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Elementwise ``other - alpha * input``: ``sub`` with its operands exchanged.

    >>> rsub(tensor([1.0, 2.0]), 3.0)
    tensor([2., 1.])
    """
    if type(alpha) is int and alpha == 1 and _with_number(other, input):
        return _sub(other, input)
    return sub(other, input, alpha=alpha)


def mul(input: Any, other: Any) -> Any:
    """Elementwise ``input * other``. Shapes: broadcast together.

    >>> mul(tensor([1.0, 2.0]), 3.0)
    tensor([3., 6.])
    """
    if isinstance(input, Variable) and isinstance(other, Variable) and input.array.dtype is other.array.dtype:
        return _mul(input, other)  # the usual case, in one look
    return binary(_mul, input, other)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Elementwise ``input / other``; integers divide to the default dtype.

    ``rounding_mode``: "trunc" rounds the quotient towards zero, "floor" downwards; both keep
    integers integers and have gradient 0.

    >>> div(tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    >>> div(tensor([-7, 7]), 2, rounding_mode="floor")
    tensor([-4,  3])
    """
    if rounding_mode is None:
        if alike(input, other) or _with_number(input, other):
            return _div(input, other)
        x, y = promote(input, other, "div")
        if (x if isinstance(x, Variable) else y).array.dtype.kind != "f":
            x, y = float_operands("div", input, other)
        return binary(_div, x, y)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return _whole_quotient(_trunc_divide, input, other)
    raise ValueError(f"div got rounding_mode={rounding_mode!r}; it needs None, 'trunc' or 'floor'.")


def neg(input: Any) -> Any:
    """Elementwise ``-input``. Raises DTypeError for bools.

    >>> neg(tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    _refuse_bool("neg", "Use ~x to invert a mask.", input)
    return _neg(as_operand(input, "neg"))


def positive(input: Any) -> Any:
    """``input`` itself. Raises DTypeError for bools.

    >>> positive(tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    _refuse_bool("positive", "Convert them: x.int().", input)
    return as_operand(input, "positive")


# ------------------------------------------------ division with an integer quotient


def _no_zero(x, y, function):
    if y.dtype.kind in "iu" and x.size and not y.all():
        raise ZeroDivisionError(
            f"{function} got integers to divide by 0; it needs divisors other than 0. "
            "In floats the result would be inf or nan: x.float()."
        )


def _step(name: str, function: Callable) -> Primitive:
    """A primitive whose value jumps and is constant in between: both gradients are 0."""

    def forward(x, y):
        _no_zero(x, y, name)
        return function(x, y), (x.shape, y.shape)

    def backward(g, residuals, needs):
        return zeros_for(g, residuals[0]), zeros_for(g, residuals[1])

    return Primitive(name, forward, backward, keeps="x_shape y_shape", broadcasts=True)


def _truncated(x, y):
    if x.dtype.kind == "f":
        return np.trunc(np.true_divide(x, y))
    return (x - np.fmod(x, y)) // y


def _quickly(name: str, function: Callable) -> Callable:
    """``function`` by its kernel where the arrays are large, of float32 and of ordinary size."""

    def call(x, y):
        if np.size(x) >= _LARGE and x.dtype.char == "f":
            try:
                y_full = np.broadcast_to(y, x.shape)
            except ValueError:
                return function(x, y)
            out = np.empty(x.shape, x.dtype)
            if getattr(kernels.quotient, name)(x.ravel(), y_full.ravel(), out.ravel()) == 0:
                return out
        return function(x, y)

    return call


# Elements from which a compiled loop pays for the call of it.
_LARGE = 1024

_floor_divide = _step("floor_divide", _quickly("floor_divide", np.floor_divide))
_trunc_divide = _step("trunc_divide", _truncated)


def _modulo(name: str, function: Callable, quotient: Primitive) -> Primitive:
    """x - y * q(x / y): the slopes are 1 and -q."""

    def forward(x, y):
        _no_zero(x, y, name)
        return function(x, y), (x, y)

    def backward(g, residuals, needs):
        x, y = residuals
        return (
            sum_to(g, x.shape) if needs[0] else None,
            sum_to(-g * quotient(x, y), y.shape) if needs[1] else None,
        )

    return Primitive(name, forward, backward, keeps="x(y) y(y)", broadcasts=True)


_remainder = _modulo("remainder", _quickly("remainder", np.remainder), _floor_divide)
_fmod = _modulo("fmod", _quickly("fmod", np.fmod), _trunc_divide)
_gcd = Primitive("gcd", lambda x, y: (np.gcd(x, y), ()), broadcasts=True)
_lcm = Primitive("lcm", lambda x, y: (np.lcm(x, y), ()), broadcasts=True)


def _whole_quotient(primitive: Primitive, x: Any, y: Any) -> Any:
    if alike(x, y):
        return primitive(x, y)
    x, y = promote_all(primitive.name, x, y)
    if x.array.dtype.kind == "b":
        _refuse_bool(primitive.name, "Convert them: x.int().", x)
    return primitive(x, y)


def floor_divide(input: Any, other: Any) -> Any:
    """Elementwise quotient rounded downwards, ``input // other``; its gradient is 0.

    Raises ZeroDivisionError for integers divided by 0 (floats give inf or nan).

    >>> floor_divide(tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    return _whole_quotient(_floor_divide, input, other)


def remainder(input: Any, other: Any) -> Any:
    """What ``input // other`` leaves, ``input % other``: it has the sign of ``other``.

    Raises ZeroDivisionError for integers divided by 0 (floats give nan).

    >>> remainder(tensor([5.0, -5.0]), 3)
    tensor([2., 1.])
    """
    return _whole_quotient(_remainder, input, other)


def fmod(input: Any, other: Any) -> Any:
    """What a division rounded towards zero leaves: it has the sign of ``input``.

    Raises ZeroDivisionError for integers divided by 0 (floats give nan).

    >>> fmod(tensor([5.0, -5.0]), 3)
    tensor([ 2., -2.])
    """
    return _whole_quotient(_fmod, input, other)


def _integers(primitive: Primitive, x: Any, y: Any) -> Any:
    x, y = promote_all(primitive.name, x, y)
    if x.dtype.kind not in "iu":
        raise DTypeError(f"{primitive.name} got {x.dtype}; it needs integers.")
    return primitive(x, y)


def gcd(input: Any, other: Any) -> Any:
    """Greatest common divisor of integers; gcd(0, 0) is 0.

    >>> gcd(tensor([12, 0]), tensor([-18, 5]))
    tensor([6, 5])
    """
    return _integers(_gcd, input, other)


def lcm(input: Any, other: Any) -> Any:
    """Least common multiple of integers, never negative.

    >>> lcm(tensor([4, 3]), 6)
    tensor([12,  6])
    """
    return _integers(_lcm, input, other)


subtract, multiply, negative = sub, mul, neg
divide = true_divide = div
