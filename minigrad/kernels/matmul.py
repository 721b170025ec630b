"""What goes with a matrix product and is no product: those are in product.py.

    g    (M, N) float   one row per example
    out  (N,)   float   the sum of the rows, a bias gradient

Above: ops/matmul.py.
"""

import numpy as np

from ._jit import kernel


@kernel()
def sum_rows(g):
    rows, columns = g.shape
    out = np.zeros(columns, g.dtype)
    for i in range(rows):
        for j in range(columns):
            out[j] += g[i, j]
    return out
