"""One pass over each element: exponentials of activations, their slopes, choosing by a mask.

    x, y, g, out     (N,) float32 or float64, contiguous, all of one dtype
    mask             (N,) bool

``exp`` and ``expm1`` are polynomials without branches, so that LLVM turns the loops that
call them into vector code: x = n ln 2 + r with |r| <= ln(2)/2, and exp(x) = 2**n exp(r).
Source: Cody and Waite, Software Manual for the Elementary Functions (1980), chapter 6.
Strict arithmetic (no fast-math): the reduction lives off rounding that must not be
reordered.

Arrays in, arrays out; the output comes as the last argument. Above: ops/activation.py,
ops/elementwise.py. Tests: tests/ops/test_elementwise_kernels.py.
"""

from __future__ import annotations

import numba
import numpy as np
from numba.extending import overload

from ._jit import kernel

# 1.5 * 2**23: adding it to a float32 rounds that to an integer, which then stands in its
# low bits. ln 2 in two parts: n * LN2_HIGH is exact for every n that occurs.
MAGIC32 = np.float32(12582912.0)
MAGIC32_BITS = np.int32(0x4B400000)
LOG2E32 = np.float32(1.4426950408889634)
LN2_HIGH32 = np.float32(0.693359375)
LN2_LOW32 = np.float32(-2.12194440e-4)
# The same for float64, with 1.5 * 2**52.
MAGIC64 = np.float64(6755399441055744.0)
MAGIC64_BITS = np.int64(0x4338000000000000)
LOG2E64 = np.float64(1.4426950408889634)
LN2_HIGH64 = np.float64(6.93147180369123816490e-01)
LN2_LOW64 = np.float64(1.90821492927058770002e-10)


@kernel(fastmath=False)
def _reduce32(x):
    """r and the two halves of 2**n; two, because 2**n alone may not be a float32."""
    x = np.float32(90.0) if x > np.float32(90.0) else x
    x = np.float32(-110.0) if x < np.float32(-110.0) else x
    shifted = x * LOG2E32 + MAGIC32
    n = np.int32(np.float32(shifted).view(np.int32) - MAGIC32_BITS)
    whole = shifted - MAGIC32
    r = (x - whole * LN2_HIGH32) - whole * LN2_LOW32
    half = np.int32(n >> np.int32(1))
    a = np.int32((half + np.int32(127)) << np.int32(23)).view(np.float32)
    b = np.int32((n - half + np.int32(127)) << np.int32(23)).view(np.float32)
    return r, a, b


@kernel(fastmath=False)
def _reduce64(x):
    x = 710.0 if x > 710.0 else x
    x = -750.0 if x < -750.0 else x
    shifted = x * LOG2E64 + MAGIC64
    n = np.int64(np.float64(shifted).view(np.int64) - MAGIC64_BITS)
    whole = shifted - MAGIC64
    r = (x - whole * LN2_HIGH64) - whole * LN2_LOW64
    half = np.int64(n >> 1)
    a = np.int64((half + 1023) << 52).view(np.float64)
    b = np.int64((n - half + 1023) << 52).view(np.float64)
    return r, a, b


@kernel(fastmath=False)
def _tail32(r):
    """exp(r) - 1 - r, Taylor to r**7: the next term is below 5e-9."""
    p = np.float32(1 / 5040)
    p = p * r + np.float32(1 / 720)
    p = p * r + np.float32(1 / 120)
    p = p * r + np.float32(1 / 24)
    p = p * r + np.float32(1 / 6)
    p = p * r + np.float32(1 / 2)
    return p * r * r


@kernel(fastmath=False)
def _tail64(r):
    """exp(r) - 1 - r, Taylor to r**13: the next term is below 5e-18."""
    p = 1 / 6227020800
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
    return p * r * r


@kernel(fastmath=False)
def _exp32(x):
    r, a, b = _reduce32(x)
    return (np.float32(1.0) + (r + _tail32(r))) * a * b


@kernel(fastmath=False)
def _exp64(x):
    r, a, b = _reduce64(x)
    return (1.0 + (r + _tail64(r))) * a * b


def exp(x):
    """exp of one number, for use in kernels of this file."""
    return _exp32(x) if isinstance(x, np.float32) else _exp64(x)


@overload(exp, inline="never")
def _exp_for(x):
    if x == numba.float32:
        return lambda x: _exp32(x)
    return lambda x: _exp64(x)


@kernel(fastmath=False)
def sigmoid(x, out):
    for i in range(x.size):
        z = exp(-abs(x[i]))  # at most 1: nothing overflows
        s = 1 / (1 + z)
        out[i] = z * s if x[i] < 0 else s


@kernel(fastmath=False)
def sigmoid_backward(g, y, out):
    for i in range(g.size):
        out[i] = g[i] * y[i] * (1 - y[i])


@kernel(fastmath=False)
def tanh_backward(g, y, out):
    for i in range(g.size):
        out[i] = g[i] * (1 - y[i] * y[i])


@kernel(fastmath=False)
def relu_backward(g, y, out):
    for i in range(g.size):
        out[i] = 0 if y[i] <= 0 else g[i]  # a NaN lets the gradient pass


@kernel(fastmath=False)
def keep(g, mask, out):
    for i in range(g.size):
        out[i] = g[i] if mask[i] else 0


@kernel(fastmath=False)
def where(mask, x, y, out):
    for i in range(x.size):
        out[i] = x[i] if mask[i] else y[i]
