"""Choosing, clamping and comparing, in one pass without branches.

    x, y, out        (N,) float32 or float64, contiguous, all of one dtype (isclose: out bool)
    mask             (N,) bool
    value, low ...   numbers
    *_planes         x, out (P, S) with plane p beside y[p % C] of y (C,); planes start to stop

For a random mask and 10**6 float32 numbers 0.2 ms; ``np.where`` mispredicts its branches and
takes 4 to 13 ms. ``np.maximum(x, 0)`` takes 0.33 ms, clamp 0.08.
Above: ops/selection.py, ops/comparison.py, wide.py. Tests: tests/ops/cases_elementwise.py.
"""

from __future__ import annotations

import numpy as np

from ._share import chunked, ranged


@chunked(fastmath=False)
def fill(x, mask, value, out):
    """x where the mask holds, else one number."""
    other = out.dtype.type(value)
    for i in range(x.size):
        out[i] = x[i] if mask[i] else other


@chunked(fastmath=False)
def where(mask, x, y, out):
    for i in range(x.size):
        out[i] = x[i] if mask[i] else y[i]


@chunked(fastmath=False)
def clamp(x, low, high, out):
    low, high = out.dtype.type(low), out.dtype.type(high)
    for i in range(x.size):
        y = low if x[i] < low else x[i]  # a NaN stays
        out[i] = high if y > high else y


@chunked(fastmath=False)
def isclose(x, y, rtol, atol, equal_nan, out):
    for i in range(x.size):
        # A difference of equal infinities is NaN: equality is asked for first.
        close = x[i] == y[i] or (abs(y[i]) < np.inf and abs(x[i] - y[i]) <= atol + rtol * abs(y[i]))
        out[i] = close or (equal_nan and x[i] != x[i] and y[i] != y[i])


@chunked(fastmath=False)
def add(x, y, out):
    for i in range(x.size):
        out[i] = x[i] + y[i]


@ranged(fastmath=False)
def add_planes(x, y, out, start, stop):
    for p in range(start, stop):
        value = y[p % y.size]
        for i in range(x.shape[1]):
            out[p, i] = x[p, i] + value


@chunked(fastmath=False)
def subtract(x, y, out):
    for i in range(x.size):
        out[i] = x[i] - y[i]


@ranged(fastmath=False)
def subtract_planes(x, y, out, start, stop):
    for p in range(start, stop):
        value = y[p % y.size]
        for i in range(x.shape[1]):
            out[p, i] = x[p, i] - value


@chunked(fastmath=False)
def multiply(x, y, out):
    for i in range(x.size):
        out[i] = x[i] * y[i]


@ranged(fastmath=False)
def multiply_planes(x, y, out, start, stop):
    for p in range(start, stop):
        value = y[p % y.size]
        for i in range(x.shape[1]):
            out[p, i] = x[p, i] * value


@chunked(fastmath=False)
def divide(x, y, out):
    for i in range(x.size):
        out[i] = x[i] / y[i]


@ranged(fastmath=False)
def divide_planes(x, y, out, start, stop):
    for p in range(start, stop):
        value = y[p % y.size]
        for i in range(x.shape[1]):
            out[p, i] = x[p, i] / value
