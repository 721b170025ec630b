"""exp and log1p of one number, written without branches, for the loops of other kernel files.

LLVM turns a loop that calls them into vector code. For exp, x = n ln 2 + r with
|r| <= ln(2)/2, and exp(x) = 2**n exp(r), the latter by Taylor; 2**n goes straight into the
exponent bits, in two halves because 2**n alone may not be a float. Errors stay about one
unit in the last place; inf, NaN, overflow and subnormal results come out as in NumPy.
Source: Cody and Waite, Software Manual for the Elementary Functions (1980), chapter 6.

Nothing here may be reordered: the reduction lives off its rounding.
Above: activation.py, special.py in this folder. Tests: tests/ops/test_activation.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

CONTRACT: Any = {"fastmath": {"contract"}, "forceinline": True}

# 1.5 * 2**23 (2**52): a float to which it is added is rounded to an integer, which then
# stands in the low bits. ln 2 in two parts: n times the first is exact for every n used.
MAGIC32 = np.float32(12582912.0)
MAGIC32_BITS = np.int32(0x4B400000)
LOG2_E32 = np.float32(1.4426950408889634)
LN2_HIGH32 = np.float32(0.693359375)
LN2_LOW32 = np.float32(-2.12194440e-4)
MAGIC64 = np.float64(6755399441055744.0)
MAGIC64_BITS = np.int64(0x4338000000000000)
LOG2_E64 = np.float64(1.4426950408889634)
LN2_HIGH64 = np.float64(6.93147180369123816490e-01)
LN2_LOW64 = np.float64(1.90821492927058770002e-10)


@register_jitable(**CONTRACT)
def _split32(x):
    """exp(r) - 1 and the two halves of 2**n."""
    bounded = np.float32(90.0) if x > np.float32(90.0) else x  # a NaN stays
    bounded = np.float32(-110.0) if bounded < np.float32(-110.0) else bounded
    shifted = np.float32(bounded * LOG2_E32 + MAGIC32)
    n = np.int32(shifted.view(np.int32) - MAGIC32_BITS)
    whole = shifted - MAGIC32
    r = (bounded - whole * LN2_HIGH32) - whole * LN2_LOW32
    half = np.int32(n >> np.int32(1))
    a = np.int32((half + np.int32(127)) << np.int32(23)).view(np.float32)
    b = np.int32((n - half + np.int32(127)) << np.int32(23)).view(np.float32)
    r2 = r * r
    p = np.float32(1 / 5040) * r + np.float32(1 / 720)  # the next term, r**8 / 8!, is below 6e-9
    p = p * r2 + (np.float32(1 / 120) * r + np.float32(1 / 24))
    p = p * r2 + (np.float32(1 / 6) * r + np.float32(1 / 2))
    return r + p * r2, a, b


@register_jitable(**CONTRACT)
def _exp32(x):
    q, a, b = _split32(x)
    return (q * a + a) * b


@register_jitable(**CONTRACT)
def _split64(x):
    bounded = 710.0 if x > 710.0 else x
    bounded = -750.0 if bounded < -750.0 else bounded
    shifted = np.float64(bounded * LOG2_E64 + MAGIC64)
    n = np.int64(shifted.view(np.int64) - MAGIC64_BITS)
    whole = shifted - MAGIC64
    r = (bounded - whole * LN2_HIGH64) - whole * LN2_LOW64
    half = np.int64(n >> 1)
    a = np.int64((half + 1023) << 52).view(np.float64)
    b = np.int64((n - half + 1023) << 52).view(np.float64)
    p = 1 / 6227020800  # the next term, r**14 / 14!, is below 5e-18
    p = p * r + 1 / 479001600
    p = p * r + 1 / 39916800
    p = p * r + 1 / 3628800
    p = p * r + 1 / 362880
    p = p * r + 1 / 40320
    p = p * r + 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 1 / 2
    return r + p * r * r, a, b


@register_jitable(**CONTRACT)
def _exp64(x):
    q, a, b = _split64(x)
    return (1.0 + q) * a * b


def exp(x):
    """e**x of a float32 or float64, in its own dtype."""
    return _exp32(x) if isinstance(x, np.float32) else _exp64(x)


@overload(exp, jit_options=CONTRACT)
def _exp_of_dtype(x):
    return _exp32 if x == types.float32 else _exp64


@register_jitable(**CONTRACT)
def _expm1_32(x):
    q, a, b = _split32(x)
    return a * b * q + (a * b - np.float32(1.0))


@register_jitable(**CONTRACT)
def _expm1_64(x):
    q, a, b = _split64(x)
    return a * b * q + (a * b - 1.0)


def expm1_of_negative(x):
    """e**x - 1 of a number <= 0, exact also near 0."""
    return _expm1_32(x) if isinstance(x, np.float32) else _expm1_64(x)


@overload(expm1_of_negative, jit_options=CONTRACT)
def _expm1_of_dtype(x):
    return _expm1_32 if x == types.float32 else _expm1_64


# log(1 + z) = 2 artanh(s) with s = z / (2 + z) <= 1/3: the series in s**2 <= 1/9, which
# needs 8 terms for float32 and 17 for float64.


@register_jitable(**CONTRACT)
def _log1p32(z):
    s = z / (np.float32(2.0) + z)
    q = s * s
    p = np.float32(1 / 15)
    p = p * q + np.float32(1 / 13)
    p = p * q + np.float32(1 / 11)
    p = p * q + np.float32(1 / 9)
    p = p * q + np.float32(1 / 7)
    p = p * q + np.float32(1 / 5)
    p = p * q + np.float32(1 / 3)
    return np.float32(2.0) * (s + s * (q * p))


@register_jitable(**CONTRACT)
def _log1p64(z):
    s = z / (2.0 + z)
    q = s * s
    p = 1 / 35
    p = p * q + 1 / 33
    p = p * q + 1 / 31
    p = p * q + 1 / 29
    p = p * q + 1 / 27
    p = p * q + 1 / 25
    p = p * q + 1 / 23
    p = p * q + 1 / 21
    p = p * q + 1 / 19
    p = p * q + 1 / 17
    p = p * q + 1 / 15
    p = p * q + 1 / 13
    p = p * q + 1 / 11
    p = p * q + 1 / 9
    p = p * q + 1 / 7
    p = p * q + 1 / 5
    p = p * q + 1 / 3
    return 2.0 * (s + s * (q * p))


def log1p_of_fraction(z):
    """log(1 + z) for z in [0, 1]."""
    return _log1p32(z) if isinstance(z, np.float32) else _log1p64(z)


@overload(log1p_of_fraction, jit_options=CONTRACT)
def _log1p_of_dtype(z):
    return _log1p32 if z == types.float32 else _log1p64
