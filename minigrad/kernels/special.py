"""Special functions that NumPy lacks: the error function, gamma's logarithm and its slopes.

    x, y, out        (N,) float32 or float64, contiguous; computed in float64 throughout
    order            int >= 1, the n of polygamma

Above: ops/special.py, activation.py in this folder. Tests: tests/ops/test_special.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from ._elementary import CONTRACT, exp
from ._share import chunked

DEAR = 16  # numbers moved that one element is as dear as
INVERSE_SQRT_PI = 1 / math.sqrt(math.pi)


@register_jitable(**CONTRACT)
def blend(first, a, b):
    """``a if first else b`` of finite numbers, as arithmetic: a branch would stop LLVM's vectors."""
    share = np.float64(first)
    return a * share + b * (1.0 - share)


@register_jitable(**CONTRACT)
def erfc_of_positive(y):
    """erfc of a number y >= 0.46875.

    Source: Cody, Rational Chebyshev approximations for the error function (1969).
    """
    p = 2.15311535474403846e-8 * y + 5.64188496988670089e-1
    p = p * y + 8.88314979438837594e0
    p = p * y + 6.61191906371416295e1
    p = p * y + 2.98635138197400131e2
    p = p * y + 8.81952221241769090e2
    p = p * y + 1.71204761263407058e3
    p = p * y + 2.05107837782607147e3
    p = p * y + 1.23033935479799725e3
    q = y + 1.57449261107098347e1
    q = q * y + 1.17693950891312499e2
    q = q * y + 5.37181101862009858e2
    q = q * y + 1.62138957456669019e3
    q = q * y + 3.29079923573345963e3
    q = q * y + 4.36261909014324716e3
    q = q * y + 3.43936767414372164e3
    q = q * y + 1.23033935480374942e3
    near = p / q
    z = 1 / (y * y)
    p = 1.63153871373020978e-2 * z + 3.05326634961232344e-1
    p = p * z + 3.60344899949804439e-1
    p = p * z + 1.25781726111229246e-1
    p = p * z + 1.60837851487422766e-2
    p = p * z + 6.58749161529837803e-4
    q = z + 2.56852019228982242e0
    q = q * z + 1.87295284992346725e0
    q = q * z + 5.27905102951428412e-1
    q = q * z + 6.05183413124413191e-2
    q = q * z + 2.33520497626869185e-3
    far = (INVERSE_SQRT_PI - z * p / q) / y
    return exp(-y * y) * blend(y <= 4.0, near, far)


@register_jitable(**CONTRACT)
def erf_near_zero(x):
    """erf of a number of size <= 0.46875; same source."""
    z = x * x
    p = 1.85777706184603153e-1 * z + 3.16112374387056560e0
    p = p * z + 1.13864154151050156e2
    p = p * z + 3.77485237685302021e2
    p = p * z + 3.20937758913846947e3
    q = z + 2.36012909523441209e1
    q = q * z + 2.44024637934444173e2
    q = q * z + 1.28261652607737228e3
    q = q * z + 2.84423683343917062e3
    return x * p / q


@register_jitable(**CONTRACT)
def bounded_size(x):
    """|x| in [0.46875, 28], where the tail's formulas hold; erfc(28) is 0."""
    return min(max(abs(x), 0.46875), 28.0)


@register_jitable(**CONTRACT)
def erf_of_number(x):
    tail = math.copysign(1.0 - erfc_of_positive(bounded_size(x)), x)
    return blend(abs(x) <= 0.46875, erf_near_zero(min(max(x, -1.0), 1.0)), tail)


@register_jitable(**CONTRACT)
def erfc_of_number(x):
    tail = erfc_of_positive(bounded_size(x))
    tail = blend(x < 0.0, 2.0 - tail, tail)
    return blend(abs(x) <= 0.46875, 1.0 - erf_near_zero(min(max(x, -1.0), 1.0)), tail)


@chunked(fastmath=False, cost=DEAR)
def erf(x, out):
    for i in range(x.size):
        out[i] = erf_of_number(np.float64(x[i]))


@chunked(fastmath=False, cost=DEAR)
def erfc(x, out):
    for i in range(x.size):
        out[i] = erfc_of_number(np.float64(x[i]))


@chunked(fastmath=False, cost=DEAR)
def erfinv(y, out):
    """The x with erf(x) = y: a polynomial, then twice Halley's step.

    Source of the polynomial: Giles, Approximating the erfinv function (2011), single precision.
    """
    for i in range(y.size):
        v = np.float64(y[i])
        if not abs(v) < 1.0:
            out[i] = v * np.inf if abs(v) == 1.0 else np.nan
            continue
        w = -math.log((1.0 - v) * (1.0 + v))
        if w < 5.0:
            w -= 2.5
            p = 2.81022636e-08 * w + 3.43273939e-07
            p = p * w - 3.5233877e-06
            p = p * w - 4.39150654e-06
            p = p * w + 0.00021858087
            p = p * w - 0.00125372503
            p = p * w - 0.00417768164
            p = p * w + 0.246640727
            p = p * w + 1.50140941
        else:
            w = math.sqrt(w) - 3.0
            p = -0.000200214257 * w + 0.000100950558
            p = p * w + 0.00134934322
            p = p * w - 0.00367342844
            p = p * w + 0.00573950773
            p = p * w - 0.0076224613
            p = p * w + 0.00943887047
            p = p * w + 1.00167406
            p = p * w + 2.83297682
        x = p * v
        for _ in range(2):
            if abs(v) < 0.5:
                error = erf_of_number(x) - v
            else:  # near 1 only the complements have digits left
                error = (1.0 - abs(v)) - erfc_of_number(abs(x))
                error = error if v > 0.0 else -error
            step = error / (2.0 * INVERSE_SQRT_PI * math.exp(-x * x))
            x -= step / (1.0 + x * step)
        out[i] = x


@chunked(fastmath=False, cost=DEAR)
def lgamma(x, out):
    """log |gamma(x)|, by the platform's C library; inf at the poles 0, -1, -2, ..."""
    for i in range(x.size):
        v = np.float64(x[i])
        if abs(v) == np.inf or (v <= 0.0 and v == math.floor(v)):
            out[i] = np.inf
        else:
            out[i] = math.lgamma(v)


@chunked(fastmath=False, cost=DEAR)
def digamma(x, out):
    """The slope of lgamma: recurrence up to 10, then the asymptotic series.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 6.3.5, 6.3.7, 6.3.18.
    """
    for i in range(x.size):
        v = np.float64(x[i])
        if v == 0.0:
            out[i] = math.copysign(np.inf, -v)
            continue
        if v == -np.inf or (v < 0.0 and v == math.floor(v)):
            out[i] = np.nan
            continue
        result = 0.0
        if v < 0.0:
            # The fraction alone decides the tangent; taken first, it keeps its digits.
            result = -math.pi / math.tan(math.pi * (v - math.floor(v)))
            v = 1.0 - v
        while v < 10.0:
            result -= 1.0 / v
            v += 1.0
        z = 1.0 / (v * v)
        series = 1 / 12 - z * (
            1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * (691 / 32760 - z / 12))))
        )
        out[i] = result + math.log(v) - 0.5 / v - z * series


# B(2k) / (2k)! of the Euler-Maclaurin formula, k = 1 to 9.
EULER_MACLAURIN = np.array(
    [
        1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000,
        1 / 74724249600, -3617 / 10670622842880000, 43867 / 5109094217170944000,
    ]
)  # fmt: skip


@chunked(fastmath=False, cost=DEAR)
def polygamma(x, order, out):
    """The slope of digamma, order times: (-1)**(n+1) n! sum over k >= 0 of 1 / (x + k)**(n+1).

    The first terms are added up, the rest comes from the Euler-Maclaurin formula.
    Source: Abramowitz and Stegun (1964), 6.4.1, 6.4.10 and 23.1.30.
    """
    s = order + 1.0
    front = math.gamma(s) if order % 2 == 1 else -math.gamma(s)
    for i in range(x.size):
        v = np.float64(x[i])
        if abs(v) == np.inf:
            out[i] = 0.0 if v > 0.0 else np.nan
            continue
        if v <= 0.0 and v == math.floor(v):
            out[i] = front * np.inf
            continue
        total = 0.0
        while v < 10.0 + order:
            total += v ** -(order + 1)
            v += 1.0
        power = v**-s
        total += power * v / order + 0.5 * power
        factor, power = s, power / v
        for k in range(EULER_MACLAURIN.size):
            total += EULER_MACLAURIN[k] * factor * power
            factor *= (s + 2 * k + 1) * (s + 2 * k + 2)
            power /= v * v
        out[i] = front * total
