"""softmax and log_softmax over the rows of a matrix, with the backward of each.

    x    (M, C) float   scores, one row per example
    y    (M, C) float   softmax(x) or log_softmax(x)
    g    (M, C) float   gradient of y
    out  (M, C) float   what is written: y, or the gradient of x
    start, stop         the rows to work on

The largest score of a row is subtracted first, so exp never overflows. A row of -inf
gives NaN, as in PyTorch.

No loop both sums and stores. LLVM turns such a loop into vector code only where the arrays
lie far enough apart, so that the order of the sum, and its last bit, would depend on
addresses. Above: ops/softmax.py.
"""

import numpy as np

from ._elementary import exp
from ._row_exp import exp_rows, room_for_exp, rows_at_once
from ._row_max import row_max
from ._share import ranged


@ranged()
def softmax_forward(x, out, start, stop):
    columns = x.shape[1]
    buffer, rows = room_for_exp(x), rows_at_once(x)
    highest = np.empty(rows, x.dtype)
    for first in range(start, stop, rows):
        last = min(stop, first + rows)
        for i in range(first, last):
            highest[i - first] = row_max(x[i])
        exp_rows(x, highest, first, last, buffer)
        for i in range(first, last):
            powers = buffer[(i - first) * columns : (i - first + 1) * columns]
            total = x.dtype.type(0)
            for j in range(columns):
                total += powers[j]
            scale = x.dtype.type(1) / total
            for j in range(columns):
                out[i, j] = powers[j] * scale


@ranged()
def softmax_backward(g, y, out, start, stop):
    columns = y.shape[1]
    for i in range(start, stop):
        total = y.dtype.type(0)
        for j in range(columns):
            total += g[i, j] * y[i, j]
        for j in range(columns):
            out[i, j] = y[i, j] * (g[i, j] - total)


@ranged()
def log_softmax_forward(x, out, start, stop):
    columns = x.shape[1]
    buffer, rows = room_for_exp(x), rows_at_once(x)
    zeros = np.zeros(rows, x.dtype)
    for first in range(start, stop, rows):
        last = min(stop, first + rows)
        for i in range(first, last):
            row, y = x[i], out[i]
            highest = row_max(row)
            for j in range(columns):
                y[j] = row[j] - highest  # x - (highest + log_total) would round large scores twice
        exp_rows(out, zeros, first, last, buffer)
        for i in range(first, last):
            y, powers = out[i], buffer[(i - first) * columns : (i - first + 1) * columns]
            total = x.dtype.type(0)
            for j in range(columns):
                total += powers[j]
            log_total = np.log(total)
            for j in range(columns):
                y[j] -= log_total


@ranged()
def log_softmax_backward(g, y, out, start, stop):
    columns = y.shape[1]
    buffer, rows = room_for_exp(y), rows_at_once(y)
    zeros = np.zeros(rows, y.dtype)
    for first in range(start, stop, rows):
        last = min(stop, first + rows)
        if rows > 1:
            exp_rows(y, zeros, first, last, buffer)
        for i in range(first, last):
            powers = buffer[(i - first) * columns : (i - first + 1) * columns]
            total = y.dtype.type(0)
            for j in range(columns):
                total += g[i, j]
            if rows > 1:
                for j in range(columns):
                    out[i, j] = g[i, j] - total * powers[j]
            else:  # a long row needs no room: a quarter less time
                for j in range(columns):
                    out[i, j] = g[i, j] - total * exp(y[i, j])
