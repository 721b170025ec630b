"""Functions of one number, applied to each element: roots, powers, exponentials, logarithms.

    abs sign sgn                       (absolute)
    sqrt rsqrt square reciprocal pow float_power
    exp exp2 expm1 log log2 log10 log1p
    logaddexp logaddexp2 xlogy xlog1py ldexp
    unary                              makes the primitives of this file and its neighbours

exp is compiled: 0.7 ms for 10**6 float32 numbers without AVX-512, where NumPy takes 1.9. The others
are NumPy's.

Below: arithmetic.py, selection.py. Beside: trigonometry.py, rounding.py, special.py,
activation.py. Above: methods/elementwise.py. Tests: tests/ops/cases_elementwise.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError
from ..tape import Primitive, Variable, wrap
from .arithmetic import mul, sum_to, zeros_for
from .casting import as_operand, cast, float_operand, float_operands, on_floats, promote_all, result_type
from .fused import mapped
from .selection import SMALL, keep

__all__ = [
    "abs",
    "absolute",
    "exp",
    "exp2",
    "expm1",
    "float_power",
    "ldexp",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "pow",
    "reciprocal",
    "rsqrt",
    "sgn",
    "sign",
    "sqrt",
    "square",
    "xlogy",
]  # fmt: skip


# A second thread would wait for memory too.
_AS_FAST_AS_MEMORY = (np.abs, np.square, np.floor, np.ceil, np.trunc)


def unary(name: str, function: Callable, slope: Callable, keeps: str = "x") -> Primitive:
    """A primitive that maps each element by ``function``, with the gradient slope(g, kept).

    ``kept`` is the input, or with keeps="output" the output.
    """
    if isinstance(function, np.ufunc) and function not in _AS_FAST_AS_MEMORY:
        function = kernels.wide.wide(function)
    if keeps == "output":

        def forward(x):
            y = function(x)
            return y, (y,)
    else:

        def forward(x):
            return function(x), (x,)

    return Primitive(name, forward, lambda g, kept, needs: (slope(g, kept[0]),), keeps=keeps)


# ------------------------------------------------ size and sign


def _sign_of(x):
    kind = x.dtype.kind
    if kind == "b":
        return np.array(x)
    if kind != "f" or x.size >= SMALL:
        return np.subtract(x > 0, x < 0, dtype=x.dtype)  # 0 for NaN, as in PyTorch
    y, nan = np.asarray(np.sign(x)), x != x
    if np.count_nonzero(nan):
        y[nan] = 0
    return y


_abs = unary("abs", np.abs, lambda g, x: g * _sign(x))
_sign: Primitive = unary("sign", _sign_of, lambda g, x: zeros_for(g, g.shape))


def abs(input: Any) -> Any:
    """Elementwise ``|input|``; the slope at 0 is 0. Raises DTypeError for bools.

    >>> abs(tensor([-1.5, 2.0]))
    tensor([1.5000, 2.0000])
    """
    x = as_operand(input, "abs")
    if x.dtype.kind == "b":
        raise DTypeError("abs got bools; it needs numbers. Convert them: x.int().")
    return _abs(x)


def sign(input: Any) -> Any:
    """-1, 0 or 1 by the sign of each element; 0 for NaN. The gradient is 0.

    >>> sign(tensor([-1.5, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return _sign(as_operand(input, "sign"))


# ------------------------------------------------ roots and powers

_sqrt = unary("sqrt", np.sqrt, lambda g, y: g / (2 * y), keeps="output")
_rsqrt = unary("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, y: -0.5 * g * (y * y * y), keeps="output")
_square = unary("square", np.square, lambda g, x: g * (2 * x))
_reciprocal = unary("reciprocal", lambda x: 1 / x, lambda g, y: -g * (y * y), keeps="output")


def sqrt(input: Any) -> Any:
    """Elementwise square root; NaN below 0.

    >>> sqrt(tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return _sqrt(float_operand(input, "sqrt"))


def rsqrt(input: Any) -> Any:
    """Elementwise ``1 / sqrt(input)``.

    >>> rsqrt(tensor([4.0, 16.0]))
    tensor([0.5000, 0.2500])
    """
    return _rsqrt(float_operand(input, "rsqrt"))


def square(input: Any) -> Any:
    """Elementwise ``input * input``; bools become int64.

    >>> square(tensor([-3.0, 2.0]))
    tensor([9., 4.])
    """
    x = as_operand(input, "square")
    return _square(cast(x, np.dtype(np.int64)) if x.dtype.kind == "b" else x)


def reciprocal(input: Any) -> Any:
    """Elementwise ``1 / input``.

    >>> reciprocal(tensor([2.0, 4.0]))
    tensor([0.5000, 0.2500])
    """
    return _reciprocal(float_operand(input, "reciprocal"))


def _power_of_number(x, exponent):
    if exponent == 2:
        y = np.square(x)
    elif exponent == 3:
        y = x * x * x  # NumPy's pow takes 40 ns an element
    elif exponent == -1:
        y = 1 / x
    else:
        y = np.power(x, exponent) if exponent != 0.5 else np.sqrt(x)
    return y, (x, exponent)


def _power_of_number_backward(g, residuals, needs):
    x, p = residuals
    if p == 0:
        return (zeros_for(g, g.shape),)
    if p == 1:
        return (g,)
    return (g * (p * x if p == 2 else p * _pow_number(x, exponent=p - 1)),)


_pow_number = Primitive("pow_number", _power_of_number, _power_of_number_backward, keeps="x power")


def _power_forward(x, y):
    if x.dtype.kind != "f" and np.any(y < 0):
        # 1/x of an integer rounds to 0, but for 1 and -1.
        whole = np.power(x, np.maximum(y, 0))
        of_one = np.where(x == -1, 1 - 2 * (y % 2), x == 1).astype(x.dtype)
        z = np.where(y < 0, of_one, whole)
    else:
        z = np.power(x, y)
    return z, (x, y, z)


def _power_backward(g, residuals, needs):
    x, y, z = residuals
    return (
        sum_to(keep(g * (y * _pow(x, y - 1)), y != 0), x.shape) if needs[0] else None,
        sum_to(keep(g * (z * _log(x)), ~((x == 0) & (y >= 0))), y.shape) if needs[1] else None,
    )


_pow = Primitive("pow", _power_forward, _power_backward, keeps="x y output(y)", broadcasts=True)


def pow(input: Any, exponent: Any) -> Any:
    """Elementwise ``input ** exponent``. Shapes: broadcast together.

    ``x ** 0`` has slope 0 everywhere, and so has ``0 ** y`` for y >= 0 in its exponent.
    Raises ValueError for integers to a negative number, DTypeError for bools to bools.

    >>> pow(tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    >>> pow(2, tensor([1, 2, 3]))
    tensor([2, 4, 8])
    """
    if isinstance(exponent, np.generic):
        exponent = exponent.item()
    if isinstance(exponent, (int, float)) and isinstance(input, (Variable, np.ndarray)):
        x = as_operand(input, "pow")
        if x.array.dtype.kind != "f":
            x = cast(x, result_type(x, exponent))
            if x.dtype.kind == "b":
                raise _bools_to_bools()
            if exponent < 0 and x.dtype.kind != "f":
                raise ValueError(
                    f"pow got integers and the exponent {exponent}; it needs an exponent >= 0. "
                    "Convert the tensor first: x.float()."
                )
        return _pow_number(x, exponent=exponent)
    if type(input) in (int, float) and isinstance(exponent, Variable) and exponent.array.dtype.kind == "f":
        return _pow(np.array(input, exponent.array.dtype), exponent)
    x, y = promote_all("pow", input, exponent)
    if x.dtype.kind == "b":
        raise _bools_to_bools()
    return _pow(x, y)


def _bools_to_bools() -> DTypeError:
    return DTypeError("pow got bools to the power of bools; it needs numbers. Use x.int().")


def float_power(input: Any, exponent: Any) -> Any:
    """``input ** exponent`` computed in float64.

    >>> float_power(tensor([2, 3]), 2)
    tensor([4., 9.], dtype=minigrad.float64)
    """
    double = np.dtype(np.float64)
    x = wrap(np.array(input, double)) if isinstance(input, (int, float)) else as_operand(input, "float_power")
    number = isinstance(exponent, (int, float))
    y = float(exponent) if number else cast(as_operand(exponent, "float_power"), double)
    return pow(cast(x, double), y)


# ------------------------------------------------ exponentials and logarithms

_LN2, _LN10 = math.log(2), math.log(10)

_exp = unary("exp", mapped("exponential"), lambda g, y: g * y, keeps="output")
_exp2 = unary("exp2", np.exp2, lambda g, y: g * y * _LN2, keeps="output")
_expm1 = unary("expm1", np.expm1, lambda g, y: g * (y + 1), keeps="output")
_log = unary("log", np.log, lambda g, x: g / x)
_log2 = unary("log2", np.log2, lambda g, x: g / (x * _LN2))
_log10 = unary("log10", np.log10, lambda g, x: g / (x * _LN10))
_log1p = unary("log1p", np.log1p, lambda g, x: g / (x + 1))


def exp(input: Any) -> Any:
    """Elementwise e to the power of ``input``.

    >>> exp(tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return _exp(float_operand(input, "exp"))


def exp2(input: Any) -> Any:
    """Elementwise 2 to the power of ``input``.

    >>> exp2(tensor([3.0, -1.0]))
    tensor([8.0000, 0.5000])
    """
    return _exp2(float_operand(input, "exp2"))


def expm1(input: Any) -> Any:
    """Elementwise ``exp(input) - 1``, exact also near 0.

    >>> expm1(tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return _expm1(float_operand(input, "expm1"))


def log(input: Any) -> Any:
    """Elementwise natural logarithm; -inf at 0, NaN below.

    >>> log(tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """
    return _log(float_operand(input, "log"))


def log2(input: Any) -> Any:
    """Elementwise logarithm to base 2.

    >>> log2(tensor([8.0, 0.5]))
    tensor([ 3., -1.])
    """
    return _log2(float_operand(input, "log2"))


def log10(input: Any) -> Any:
    """Elementwise logarithm to base 10.

    >>> log10(tensor([1.0, 5.0]))
    tensor([0.0000, 0.6990])
    """
    return _log10(float_operand(input, "log10"))


def log1p(input: Any) -> Any:
    """Elementwise ``log(1 + input)``, exact also near 0.

    >>> log1p(tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return _log1p(float_operand(input, "log1p"))


def _log_add_exp(name: str, function: Callable, power: Callable) -> Primitive:
    def forward(x, y):
        return function(x, y), (x, y)

    def backward(g, residuals, needs):
        x, y = residuals
        return (
            sum_to(g / (1 + power(y - x)), x.shape) if needs[0] else None,
            sum_to(g / (1 + power(x - y)), y.shape) if needs[1] else None,
        )

    return Primitive(name, forward, backward, keeps="x y", broadcasts=True)


_logaddexp = _log_add_exp("logaddexp", np.logaddexp, _exp)
_logaddexp2 = _log_add_exp("logaddexp2", np.logaddexp2, _exp2)


def logaddexp(input: Any, other: Any) -> Any:
    """Elementwise ``log(exp(input) + exp(other))`` without overflow.

    >>> logaddexp(tensor([0.0, 1000.0]), 0.0)
    tensor([6.9315e-01, 1.0000e+03])
    """
    return on_floats(_logaddexp, input, other)


def logaddexp2(input: Any, other: Any) -> Any:
    """Elementwise ``log2(2**input + 2**other)`` without overflow.

    >>> logaddexp2(tensor([3.0, 1.0]), tensor([3.0, 1.0]))
    tensor([4., 2.])
    """
    return on_floats(_logaddexp2, input, other)


def _x_log_y(name: str, function: Callable, logarithm: Primitive, shift: int) -> Primitive:
    """x * log(y + shift), 0 where x is 0 and y is no NaN."""

    def forward(x, y):
        product = x * function(y)
        # Each is the quickest look for a zero where it stands.
        if np.count_nonzero(x) < x.size if x.size < SMALL else np.count_nonzero(x == 0):
            product = np.where((x == 0) & (y == y), x.dtype.type(0), product)
        return product, (x, y)

    def backward(g, residuals, needs):
        x, y = residuals
        regular = ~((x == 0) & (y <= -shift))
        return (
            sum_to(keep(g * logarithm(y), regular), x.shape) if needs[0] else None,
            sum_to(g * (x / (y + shift)), y.shape) if needs[1] else None,
        )

    return Primitive(name, forward, backward, keeps="x y", broadcasts=True)


_xlogy = _x_log_y("xlogy", np.log, _log, 0)
_xlog1py = _x_log_y("xlog1py", np.log1p, _log1p, 1)


def xlogy(input: Any, other: Any) -> Any:
    """Elementwise ``input * log(other)``, 0 where input is 0.

    >>> xlogy(tensor([0.0, 2.0]), tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    return on_floats(_xlogy, input, other)


def xlog1py(input: Any, other: Any) -> Any:
    """Elementwise ``input * log(1 + other)``, 0 where input is 0.

    >>> minigrad.special.xlog1py(tensor([0.0, 2.0]), tensor([-1.0, 0.0]))
    tensor([0., 0.])
    """
    return on_floats(_xlog1py, input, other)


def ldexp(input: Any, other: Any) -> Any:
    """Elementwise ``input * 2**other``.

    >>> ldexp(tensor([1.0, 3.0]), tensor([3, -1]))
    tensor([8.0000, 1.5000])
    """
    mantissa, exponent = float_operands("ldexp", input, other)
    return mul(mantissa, exp2(exponent))


absolute, sgn = abs, sign
