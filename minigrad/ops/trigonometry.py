"""Circular and hyperbolic functions and their inverses, in radians.

    sin cos tan asin acos atan            (arcsin arccos arctan)
    sinh cosh asinh acosh atanh           (arcsinh arccosh arctanh); tanh: activation.py
    atan2 hypot sinc deg2rad rad2deg      (arctan2)
    angle conj real                       of real numbers, which are all there are

Below: elementwise.py. Above: methods/elementwise.py. Tests: tests/ops/cases_trigonometry.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tape import Primitive
from .arithmetic import _mul, sum_to, zeros_for
from .casting import as_operand, float_operand, on_floats
from .elementwise import _rsqrt, _square, unary
from .selection import keep, select

__all__ = [
    "acos", "acosh", "angle", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "asin", "asinh", "atan", "atan2", "atanh", "conj", "cos", "cosh", "deg2rad", "hypot", "rad2deg", "real",
    "sin", "sinc", "sinh", "tan",
]  # fmt: skip


# ------------------------------------------------ circular

_sin = unary("sin", np.sin, lambda g, x: g * _cos(x))
_cos: Primitive = unary("cos", np.cos, lambda g, x: -g * _sin(x))
_tan = unary("tan", np.tan, lambda g, y: g * (1 + y * y), keeps="output")
_asin = unary("asin", np.arcsin, lambda g, x: g * _rsqrt(1 - x * x))
_acos = unary("acos", np.arccos, lambda g, x: -g * _rsqrt(1 - x * x))
_atan = unary("atan", np.arctan, lambda g, x: g / (1 + x * x))


def sin(input: Any) -> Any:
    """Elementwise sine.

    >>> sin(tensor([0.0, np.pi / 2]))
    tensor([0., 1.])
    """
    return _sin(float_operand(input, "sin"))


def cos(input: Any) -> Any:
    """Elementwise cosine.

    >>> cos(tensor([0.0, np.pi]))
    tensor([ 1., -1.])
    """
    return _cos(float_operand(input, "cos"))


def tan(input: Any) -> Any:
    """Elementwise tangent.

    >>> tan(tensor([0.0, np.pi / 4]))
    tensor([0., 1.])
    """
    return _tan(float_operand(input, "tan"))


def asin(input: Any) -> Any:
    """Elementwise arc sine, in [-pi/2, pi/2]; NaN outside of [-1, 1].

    >>> asin(tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return _asin(float_operand(input, "asin"))


def acos(input: Any) -> Any:
    """Elementwise arc cosine, in [0, pi]; NaN outside of [-1, 1].

    >>> acos(tensor([1.0, -1.0]))
    tensor([0.0000, 3.1416])
    """
    return _acos(float_operand(input, "acos"))


def atan(input: Any) -> Any:
    """Elementwise arc tangent, in [-pi/2, pi/2].

    >>> atan(tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return _atan(float_operand(input, "atan"))


# ------------------------------------------------ hyperbolic

_sinh = unary("sinh", np.sinh, lambda g, x: g * _cosh(x))
_cosh: Primitive = unary("cosh", np.cosh, lambda g, x: g * _sinh(x))
_asinh = unary("asinh", np.arcsinh, lambda g, x: g * _rsqrt(_square(x) + 1))
_acosh = unary("acosh", np.arccosh, lambda g, x: g * _rsqrt(_square(x) - 1))
_atanh = unary("atanh", np.arctanh, lambda g, x: g / (1 - x * x))


def sinh(input: Any) -> Any:
    """Elementwise hyperbolic sine.

    >>> sinh(tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return _sinh(float_operand(input, "sinh"))


def cosh(input: Any) -> Any:
    """Elementwise hyperbolic cosine.

    >>> cosh(tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return _cosh(float_operand(input, "cosh"))


def asinh(input: Any) -> Any:
    """Elementwise inverse of ``sinh``.

    >>> asinh(tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return _asinh(float_operand(input, "asinh"))


def acosh(input: Any) -> Any:
    """Elementwise inverse of ``cosh``, not negative; NaN below 1.

    >>> acosh(tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return _acosh(float_operand(input, "acosh"))


def atanh(input: Any) -> Any:
    """Elementwise inverse of ``tanh``; NaN outside of [-1, 1].

    >>> atanh(tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return _atanh(float_operand(input, "atanh"))


# ------------------------------------------------ angles and sides


def _atan2_backward(g, residuals, needs):
    y, x = residuals
    # 1/(x*x + y*y) in two steps: the squares may overflow where the quotient does not.
    # At the origin there is no angle; PyTorch's slope there is 0.
    distance = _hypot(x, y)
    per_square = keep(g / distance / distance, distance != 0)
    return (
        sum_to(per_square * x, y.shape) if needs[0] else None,
        sum_to(-per_square * y, x.shape) if needs[1] else None,
    )


_atan2 = Primitive(
    "atan2", lambda y, x: (np.arctan2(y, x), (y, x)), _atan2_backward, keeps="y x", broadcasts=True
)


def _hypot_forward(x, y):
    z = np.hypot(x, y)
    return z, (x, y, z)


def _hypot_backward(g, residuals, needs):
    x, y, z = residuals
    return (
        sum_to(g * (x / z), x.shape) if needs[0] else None,
        sum_to(g * (y / z), y.shape) if needs[1] else None,
    )


_hypot = Primitive("hypot", _hypot_forward, _hypot_backward, keeps="x y output", broadcasts=True)


def atan2(input: Any, other: Any) -> Any:
    """The angle of the point (x=other, y=input), in [-pi, pi]. Shapes: broadcast together.

    >>> atan2(tensor([1.0, 0.0]), tensor([0.0, -1.0]))
    tensor([1.5708, 3.1416])
    """
    return on_floats(_atan2, input, other)


def hypot(input: Any, other: Any) -> Any:
    """Elementwise ``sqrt(input**2 + other**2)`` without overflow.

    >>> hypot(tensor([3.0]), tensor([4.0]))
    tensor([5.])
    """
    return on_floats(_hypot, input, other)


def _sinc_slope(g, x):
    # d/dx sin(pi x)/(pi x) = (cos(pi x) - sinc(x)) / x, which is 0/0 at 0; there the slope is 0.
    away = x != 0
    divisor = select(away, x, x * 0 + 1)
    return select(away, g * ((_cos(x * math.pi) - _sinc(x)) / divisor), g * 0)


_sinc = unary("sinc", np.sinc, _sinc_slope)


def sinc(input: Any) -> Any:
    """Elementwise ``sin(pi x) / (pi x)``, 1 at 0.

    >>> sinc(tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    return _sinc(float_operand(input, "sinc"))


def deg2rad(input: Any) -> Any:
    """Degrees to radians.

    >>> deg2rad(tensor([180.0]))
    tensor([3.1416])
    """
    return _mul(float_operand(input, "deg2rad"), math.pi / 180)


def rad2deg(input: Any) -> Any:
    """Radians to degrees.

    >>> rad2deg(tensor([np.pi]))
    tensor([180.])
    """
    return _mul(float_operand(input, "rad2deg"), 180 / math.pi)


arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh


def _angle_of(x):
    y = np.multiply(x < 0, x.dtype.type(math.pi), dtype=x.dtype)
    return np.where(x != x, x, y)


_angle = unary("angle", _angle_of, lambda g, x: zeros_for(g, g.shape))


def angle(input: Any) -> Any:
    """The angle of a real number in the plane: 0, or pi below 0; NaN stays NaN. Slope 0.

    >>> angle(tensor([2.0, -1.0]))
    tensor([0.0000, 3.1416])
    """
    return _angle(float_operand(input, "angle"))


def real(input: Any) -> Any:
    """``input`` itself: there are no complex numbers.

    >>> real(tensor([2.0]))
    tensor([2.])
    """
    return as_operand(input, "real")


conj = real
