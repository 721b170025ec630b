"""Arithmetic of two operands, with broadcasting: + - * / ** and their kin.

    add sub mul div neg              gradients for both operands
    sum_to, expand_to                broadcasting and its transpose, used by the rules

NumPy's loops are vector code already, so these primitives call them.
Below: casting.py. Above: methods/arithmetic.py. Tests: tests/ops/cases_arithmetic.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..tape import Primitive
from .casting import as_operand, promote, to_float

__all__ = [
    "add", "div", "divide", "mul", "multiply", "neg", "negative", "sub", "subtract", "true_divide",
]  # fmt: skip


# ------------------------------------------------ broadcasting and its transpose


def _sum_to_forward(x, shape):
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        lead + i for i, size in enumerate(shape) if size == 1 and x.shape[lead + i] != 1
    )
    total = x.sum(axis=axes, keepdims=True) if axes else x
    return total.reshape(shape), (x.shape,)


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


def _shape(x: Any) -> tuple:
    return x.shape if hasattr(x, "shape") else ()


# ------------------------------------------------ the four operations


def _add_forward(x, y):
    return np.add(x, y), (_shape(x), _shape(y))


def _add_backward(g, residuals, needs):
    x_shape, y_shape = residuals
    return (
        sum_to(g, x_shape) if needs[0] else None,
        sum_to(g, y_shape) if needs[1] else None,
    )


_add = Primitive("add", _add_forward, _add_backward, keeps="x_shape y_shape")


def _sub_forward(x, y):
    return np.subtract(x, y), (_shape(x), _shape(y))


def _sub_backward(g, residuals, needs):
    x_shape, y_shape = residuals
    return (
        sum_to(g, x_shape) if needs[0] else None,
        sum_to(-g, y_shape) if needs[1] else None,
    )


_sub = Primitive("sub", _sub_forward, _sub_backward, keeps="x_shape y_shape")


def _mul_forward(x, y):
    return np.multiply(x, y), (x, y)


def _mul_backward(g, residuals, needs):
    x, y = residuals
    return (
        sum_to(g * y, x.shape) if needs[0] else None,
        sum_to(g * x, y.shape) if needs[1] else None,
    )


_mul = Primitive("mul", _mul_forward, _mul_backward, keeps="x y")


def _div_forward(x, y):
    return np.true_divide(x, y), (x, y)


def _div_backward(g, residuals, needs):
    x, y = residuals
    return (
        sum_to(g / y, x.shape) if needs[0] else None,
        sum_to(-g * x / (y * y), y.shape) if needs[1] else None,
    )


_div = Primitive("div", _div_forward, _div_backward, keeps="x y")

_neg = Primitive(
    "neg", lambda x: (np.negative(x), ()), lambda g, residuals, needs: (-g,), keeps=""
)


# ------------------------------------------------ public functions


def _broadcast_check(x: Any, y: Any, function: str) -> None:
    shapes.broadcast(function, _shape(x), _shape(y))


def _binary(primitive: Primitive, x: Any, y: Any) -> Any:
    x, y = promote(x, y, primitive.name)
    try:
        return primitive(x, y)
    except ValueError:
        _broadcast_check(x, y, primitive.name)
        raise


def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Elementwise ``input + alpha * other``. Shapes: broadcast together.

    >>> add(tensor([1.0, 2.0]), 3.0)
    tensor([4., 5.])
    """
    return _binary(_add, input, other if alpha == 1 else mul(other, alpha))


def sub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Elementwise ``input - alpha * other``. Shapes: broadcast together.

    >>> sub(tensor([1.0, 2.0]), 3.0)
    tensor([-2., -1.])
    """
    return _binary(_sub, input, other if alpha == 1 else mul(other, alpha))


def mul(input: Any, other: Any) -> Any:
    """Elementwise ``input * other``. Shapes: broadcast together.

    >>> mul(tensor([1.0, 2.0]), 3.0)
    tensor([3., 6.])
    """
    return _binary(_mul, input, other)


def div(input: Any, other: Any) -> Any:
    """Elementwise ``input / other``; integers divide to the default dtype.

    >>> div(tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """
    x, y = promote(input, other, "div")
    if getattr(x, "dtype", y.dtype if hasattr(y, "dtype") else None).kind != "f":
        x, y = to_float(as_operand(x, "div")), y
    return _binary(_div, x, y)


def neg(input: Any) -> Any:
    """Elementwise ``-input``.

    >>> neg(tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return _neg(input)


subtract, multiply, negative = sub, mul, neg
divide = true_divide = div
