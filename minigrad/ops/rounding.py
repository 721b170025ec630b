"""Rounding and taking numbers apart: the integer part, the fraction, the sign bit.

    floor ceil trunc (fix) round frac       rounding; slope 0, frac has 1
    copysign nan_to_num nextafter frexp

Below: elementwise.py. Above: methods/elementwise.py. Tests: tests/ops/cases_elementwise.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ..errors import DTypeError
from ..tape import Primitive
from .arithmetic import sum_to, zeros_for
from .casting import as_operand, float_operand, on_floats
from .elementwise import _sign, unary
from .selection import keep
from .shaping import clone

__all__ = ["ceil", "copysign", "fix", "floor", "frac", "frexp", "nan_to_num", "nextafter", "round", "trunc"]


def _flat(g, x):
    return zeros_for(g, g.shape)


_floor = unary("floor", np.floor, _flat)
_ceil = unary("ceil", np.ceil, _flat)
_trunc = unary("trunc", np.trunc, _flat)
_frac = unary("frac", lambda x: x - np.trunc(x), lambda g, x: g)


def _round_forward(x, decimals):
    return np.round(x, decimals) if decimals else np.rint(x), (x.shape,)


_round = Primitive("round", _round_forward, lambda g, kept, needs: (zeros_for(g, kept[0]),), keeps="shape")


def _whole(primitive: Primitive, x: Any, **attributes: Any) -> Any:
    """Integers are whole already: a copy of them, as in PyTorch."""
    x = as_operand(x, primitive.name)
    kind = x.array.dtype.kind
    if kind == "b":
        raise DTypeError(f"{primitive.name} got bools; it needs numbers. Convert them: x.int().")
    return primitive(x, **attributes) if kind == "f" else clone(x)


def floor(input: Any) -> Any:
    """The largest integer not above each element; slope 0.

    >>> floor(tensor([1.7, -1.2]))
    tensor([ 1., -2.])
    """
    return _whole(_floor, input)


def ceil(input: Any) -> Any:
    """The smallest integer not below each element; slope 0.

    >>> ceil(tensor([1.2, -1.7]))
    tensor([ 2., -1.])
    """
    return _whole(_ceil, input)


def trunc(input: Any) -> Any:
    """Each element without its fraction; slope 0.

    >>> trunc(tensor([1.7, -1.7]))
    tensor([ 1., -1.])
    """
    return _whole(_trunc, input)


def round(input: Any, *, decimals: int = 0) -> Any:
    """The nearest number of so many ``decimals``, halves to the even digit; slope 0.

    Raises DTypeError for integers with ``decimals`` other than 0.

    >>> round(tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    """
    x = as_operand(input, "round")
    if decimals and x.dtype.kind != "f":
        raise DTypeError(
            f"round got {x.dtype} and decimals={decimals}; it needs a float dtype for decimals. "
            "Convert the tensor first: x.float()."
        )
    return _whole(_round, x, decimals=decimals)


def frac(input: Any) -> Any:
    """What ``trunc`` cuts off; slope 1. Raises DTypeError for integers.

    >>> frac(tensor([1.5, -1.5]))
    tensor([ 0.5000, -0.5000])
    """
    x = as_operand(input, "frac")
    if x.dtype.kind != "f":
        raise DTypeError(f"frac got {x.dtype}; it needs floats. Convert them: x.float().")
    return _frac(x)


def _copysign_forward(x, y):
    return np.copysign(x, y), (x, y)


def _copysign_backward(g, residuals, needs):
    x, y = residuals
    dx = None
    if needs[0]:
        sign = _sign(x)  # 0 where x is 0: no slope there
        dx = sum_to(g * (sign * _copysign(sign, y)), x.shape)
    return dx, zeros_for(g, y.shape)


_copysign = Primitive("copysign", _copysign_forward, _copysign_backward, keeps="x y", broadcasts=True)


def copysign(input: Any, other: Any) -> Any:
    """The size of ``input`` with the sign of ``other``; slope 0 where input is 0.

    >>> copysign(tensor([1.0, -2.0]), -1.0)
    tensor([-1., -2.])
    """
    return on_floats(_copysign, input, other)


def _nextafter_backward(g, residuals, needs):
    x_shape, y_shape, moved = residuals
    return (
        sum_to(keep(g, moved), x_shape) if needs[0] else None,
        zeros_for(g, y_shape) if needs[1] else None,
    )


_nextafter = Primitive(
    "nextafter",
    lambda x, y: (np.nextafter(x, y), (x.shape, y.shape, x != y)),
    _nextafter_backward,
    keeps="x_shape y_shape moved",
    broadcasts=True,
)


def nextafter(input: Any, other: Any) -> Any:
    """The next float of the dtype after ``input`` towards ``other``.

    The slope is 1 in ``input`` unless the two are equal, 0 in ``other``.

    >>> (nextafter(tensor([1.0]), tensor([2.0])) > 1).item()
    True
    """
    return on_floats(_nextafter, input, other)


def _nan_to_num_forward(x, nan, posinf, neginf):
    finite = np.isfinite(x)
    if np.count_nonzero(finite) == x.size:
        return x.copy(), (finite,)
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf), (finite,)


_nan_to_num = Primitive(
    "nan_to_num",
    _nan_to_num_forward,
    lambda g, residuals, needs: (keep(g, residuals[0]),),
    keeps="finite",
)


def nan_to_num(
    input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """NaN replaced by ``nan`` (0), infinities by ``posinf`` and ``neginf`` (the largest floats).

    The gradient is 0 where something was replaced.

    >>> nan_to_num(tensor([np.nan, 1.0, np.inf]), posinf=9.0)
    tensor([0., 1., 9.])
    """
    x = as_operand(input, "nan_to_num")
    if x.dtype.kind != "f":
        return clone(x)
    return _nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


fix = trunc


Frexp = namedtuple("Frexp", "mantissa exponent")


def _frexp_forward(x):
    mantissa, exponent = np.frexp(x)
    return (np.asarray(mantissa), np.asarray(exponent)), (exponent,)


def _frexp_backward(g, residuals, needs):
    (exponent,) = residuals
    # In two halves: 2**-exponent alone overflows for the smallest numbers.
    half, one = exponent // 2, g[0].dtype.type(1)
    return (g[0] * np.ldexp(one, -half) * np.ldexp(one, half - exponent),)


_frexp = Primitive("frexp", _frexp_forward, _frexp_backward, keeps="steps")


def frexp(input: Any) -> Any:
    """``mantissa * 2**exponent``: mantissas in [0.5, 1) by size, exponents int32, constant to the graph.

    >>> frexp(tensor([6.0, 0.25]))
    Frexp(mantissa=tensor([0.7500, 0.5000]), exponent=tensor([ 3, -1], dtype=minigrad.int32))
    """
    return Frexp(*_frexp(float_operand(input, "frexp")))
