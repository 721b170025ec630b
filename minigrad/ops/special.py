"""Special functions: the error function, gamma's logarithm, logit.

    erf erfc erfinv                 (probability's bell curve)
    lgamma digamma polygamma        each the slope of the one before
    logit                           the inverse of sigmoid
    ndtr entr mvlgamma              normal distribution, entropy, multivariate gamma

Below: kernels/special.py, elementwise.py. Above: methods/elementwise.py.
Tests: tests/ops/cases_special.py, test_special.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..tape import Primitive
from .arithmetic import add, mul, neg, sub
from .casting import float_operand
from .elementwise import _exp, _square, unary, xlogy
from .selection import clamp, where

__all__ = ["digamma", "erf", "erfc", "erfinv", "lgamma", "logit", "mvlgamma", "polygamma"]


def _run(name: str, x: Any, *numbers: int) -> np.ndarray:
    """A kernel of kernels/special.py; float16, which Numba lacks, goes through float32."""
    if x.dtype == np.float16:
        return _run(name, x.astype(np.float32), *numbers).astype(np.float16)
    out = np.empty(x.shape, x.dtype)
    kernels._pool.run_elements(getattr(kernels.special, name), x.ravel(), *numbers, out.reshape(-1))
    return out


_BELL = 2 / math.sqrt(math.pi)

_erf = unary("erf", lambda x: _run("erf", x), lambda g, x: g * (_BELL * _exp(-_square(x))))
_erfc = unary("erfc", lambda x: _run("erfc", x), lambda g, x: g * (-_BELL * _exp(-_square(x))))
_erfinv = unary(
    "erfinv", lambda x: _run("erfinv", x), lambda g, y: g * (_exp(_square(y)) / _BELL), keeps="output"
)
_lgamma = unary("lgamma", lambda x: _run("lgamma", x), lambda g, x: g * _digamma(x))
_digamma: Primitive = unary("digamma", lambda x: _run("digamma", x), lambda g, x: g * _polygamma(x, order=1))
_polygamma: Primitive = Primitive(
    "polygamma",
    lambda x, order: (_run("polygamma", x, order), (x, order)),
    lambda g, kept, needs: (g * _polygamma(kept[0], order=kept[1] + 1),),
    keeps="x n",
)
_logit = unary("logit", lambda x: np.log(x / (1 - x)), lambda g, x: g / (x * (1 - x)))


def erf(input: Any) -> Any:
    """Elementwise error function: the share of a normal distribution within x * sqrt(2) deviations.

    Source: Cody, Rational Chebyshev approximations for the error function (1969).

    >>> erf(tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return _erf(float_operand(input, "erf"))


def erfc(input: Any) -> Any:
    """Elementwise ``1 - erf(input)``, with all its digits also where it is tiny.

    >>> erfc(tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """
    return _erfc(float_operand(input, "erfc"))


def erfinv(input: Any) -> Any:
    """Elementwise inverse of ``erf``; infinite at -1 and 1, NaN outside.

    Source: Giles, Approximating the erfinv function (2011), and Halley's method.

    >>> erfinv(tensor([0.0, 0.5]))
    tensor([0.0000, 0.4769])
    """
    return _erfinv(float_operand(input, "erfinv"))


def lgamma(input: Any) -> Any:
    """Elementwise logarithm of |gamma(input)|; inf at 0, -1, -2, ...

    >>> lgamma(tensor([1.0, 4.0]))
    tensor([0.0000, 1.7918])
    """
    return _lgamma(float_operand(input, "lgamma"))


def digamma(input: Any) -> Any:
    """Elementwise slope of ``lgamma``.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), section 6.3.

    >>> digamma(tensor([1.0, 4.0]))
    tensor([-0.5772,  1.2561])
    """
    return _digamma(float_operand(input, "digamma"))


def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of ``digamma``, elementwise. Raises ValueError for n < 0.

    Source: Abramowitz and Stegun (1964), section 6.4.

    >>> polygamma(1, tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    if n < 0:
        raise ValueError(f"polygamma got n={n}; it needs n >= 0.")
    x = float_operand(input, "polygamma")
    return _polygamma(x, order=n) if n else _digamma(x)


def logit(input: Any, eps: float | None = None) -> Any:
    """Elementwise ``log(input / (1 - input))``, the inverse of ``sigmoid``.

    With ``eps`` the input is first moved into [eps, 1 - eps]; without, it is NaN outside of
    [0, 1].

    >>> logit(tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    x = float_operand(input, "logit")
    return _logit(x if eps is None else clamp(x, eps, 1 - eps))


def mvlgamma(input: Any, p: int) -> Any:
    """Logarithm of the multivariate gamma function of ``p`` dimensions. Needs input > (p - 1) / 2.

    Source: Anderson, An Introduction to Multivariate Statistical Analysis (2003), section 7.2.

    >>> mvlgamma(tensor([2.0, 3.0]), 1)
    tensor([0.0000, 0.6931])
    """
    x = float_operand(input, "mvlgamma")
    if p < 1:
        raise ValueError(f"mvlgamma got p={p}; it needs p >= 1.")
    if (x.array <= (p - 1) / 2).any():
        raise ValueError(f"mvlgamma got elements <= (p - 1) / 2 = {(p - 1) / 2}; it needs larger ones.")
    total = lgamma(x)
    for i in range(1, p):
        total = add(total, lgamma(sub(x, i / 2)))
    return add(total, p * (p - 1) / 4 * math.log(math.pi))


def ndtr(input: Any) -> Any:
    """Probability that a standard normal number is at most ``input``.

    >>> special.ndtr(tensor([0.0, 1.0]))
    tensor([0.5000, 0.8413])
    """
    return mul(erfc(mul(float_operand(input, "ndtr"), -math.sqrt(0.5))), 0.5)


def entr(input: Any) -> Any:
    """``-x log x`` of each element, 0 at 0 and -inf below.

    >>> special.entr(tensor([0.5, -1.0]))
    tensor([0.3466,   -inf])
    """
    x = float_operand(input, "entr")
    return where(x < 0, -math.inf, neg(xlogy(x, x)))
