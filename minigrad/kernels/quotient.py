"""Quotients rounded to integers, and what they leave, of float32 arrays.

    x, y, out     (n,) float32
    returns       how many elements need another way: quotients too large, or y infinite

NumPy calls the C library's fmod for each element: 7 to 25 ms for 10**6 of them; these loops are
vector code and take a tenth. They work in float64, where everything is exact: if x / y is within 1 of
an integer q < 2**28 it differs from q by at least 2**-24, so rounding cannot hide on which side it
lies, and q * y has at most 28 + 24 bits. Above: ops/arithmetic.py. Tests: tests/kernels/test_quotient.py.
"""

from __future__ import annotations

import numpy as np

from ._jit import kernel

LARGEST = 2.0**28


@kernel(fastmath=False)
def floor_divide(x, y, out):
    bad = 0
    for i in range(out.size):
        a, b = np.float64(x[i]), np.float64(y[i])
        q = np.trunc(a / b)
        r = a - q * b
        bad += not (abs(q) < LARGEST and abs(b) < np.inf)
        out[i] = q - 1 if r != 0 and (r < 0) != (b < 0) else q
    return bad


@kernel(fastmath=False)
def remainder(x, y, out):
    bad = 0
    for i in range(out.size):
        a, b = np.float64(x[i]), np.float64(y[i])
        q = np.trunc(a / b)
        r = a - q * b
        bad += not (abs(q) < LARGEST and abs(b) < np.inf)
        out[i] = np.copysign(0.0, b) if r == 0 else (r + b if (r < 0) != (b < 0) else r)
    return bad


@kernel(fastmath=False)
def fmod(x, y, out):
    bad = 0
    for i in range(out.size):
        a, b = np.float64(x[i]), np.float64(y[i])
        q = np.trunc(a / b)
        bad += not (abs(q) < LARGEST and abs(b) < np.inf)
        out[i] = np.copysign(a - q * b, a)
    return bad
