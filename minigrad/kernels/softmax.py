"""softmax and log_softmax over the rows of a matrix, with the backward of each.

    x    (M, C) float   scores, one row per example
    y    (M, C) float   softmax(x) or log_softmax(x)
    g    (M, C) float   gradient of y
    out  (M, C) float   what is written: y, or the gradient of x
    start, stop         the rows to work on

The largest score of a row is subtracted first, so exp never overflows. A row of -inf
gives NaN, as in PyTorch. Above: ops/softmax.py.
"""

import numpy as np

from ._elementary import exp
from ._jit import kernel


@kernel()
def softmax_forward(x, out, start, stop):
    columns = x.shape[1]
    for i in range(start, stop):
        highest = x[i, 0]
        for j in range(columns):
            highest = max(highest, x[i, j])
        total = x.dtype.type(0)
        for j in range(columns):
            e = exp(x[i, j] - highest)
            out[i, j] = e
            total += e
        scale = x.dtype.type(1) / total
        for j in range(columns):
            out[i, j] *= scale


@kernel()
def softmax_backward(g, y, out, start, stop):
    columns = y.shape[1]
    for i in range(start, stop):
        total = y.dtype.type(0)
        for j in range(columns):
            total += g[i, j] * y[i, j]
        for j in range(columns):
            out[i, j] = y[i, j] * (g[i, j] - total)


@kernel()
def log_softmax_forward(x, out, start, stop):
    columns = x.shape[1]
    for i in range(start, stop):
        highest = x[i, 0]
        for j in range(columns):
            highest = max(highest, x[i, j])
        total = x.dtype.type(0)
        for j in range(columns):
            shifted = x[i, j] - highest
            out[i, j] = shifted  # x - (highest + log_total) would round twice for large scores
            total += exp(shifted)
        log_total = np.log(total)
        for j in range(columns):
            out[i, j] -= log_total


@kernel()
def log_softmax_backward(g, y, out, start, stop):
    columns = y.shape[1]
    for i in range(start, stop):
        total = y.dtype.type(0)
        for j in range(columns):
            total += g[i, j]
        for j in range(columns):
            out[i, j] = g[i, j] - total * exp(y[i, j])
