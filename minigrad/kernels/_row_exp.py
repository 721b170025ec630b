"""exp of rows of scores, several short rows at once.

    buffer = room_for_exp(x)                        scratch for the rows of x
    rows = rows_at_once(x)                          how many rows fit in it, at least one
    exp_rows(x, highest, first, last, buffer)       buffer[k*C + j] = exp(x[first + k, j] - highest[k])

for the rows ``first`` to ``last`` of x (M, C). Ten scores a row do not fill vectors, a run of rows
does: softmax of 2048 rows of ten takes two thirds of the time. Whole vectors always: a number left
over would be computed by other code, and its last bit could depend on which rows come together.
Above: softmax.py, loss.py. Tests: tests/ops/test_softmax.py, test_cross_entropy.py.
"""

import numpy as np

from ._elementary import exp
from ._jit import kernel

AT_ONCE = 1024
WHOLE = 64  # numbers: a multiple of every vector


@kernel(helper=True)
def rows_at_once(x):
    return max(1, AT_ONCE // max(1, x.shape[1]))


@kernel(helper=True)
def room_for_exp(x):
    return np.empty(max(AT_ONCE, x.shape[1]) + WHOLE, x.dtype)


@kernel(helper=True)
def exp_rows(x, highest, first, last, buffer):
    columns = x.shape[1]
    n = (last - first) * columns
    whole = (n + WHOLE - 1) // WHOLE * WHOLE
    buffer[n:whole] = 0
    for i in range(first, last):
        top = highest[i - first]
        line = buffer[(i - first) * columns : (i - first + 1) * columns]
        for j in range(columns):
            line[j] = x[i, j] - top
    for q in range(whole):
        buffer[q] = exp(buffer[q])
