"""A matrix product in which both matrices lie with the terms of a sum side by side. Arrays are flat.

    fits(M, N)               whether these sizes are best served here
    p  (P, K), q  (Q, K)     rows contiguous; P >= TALL and Q >= WIDE
    c[i*c_p + j*c_q] = start[i*s_p + j*s_q] + sum_k p[i*K + k] * q[j*K + k]
    what is below ``floor`` becomes it: 0 for a relu, or -inf

The input of a linear layer and its weight lie so. Nothing is packed: a tile of TALL x WIDE vectors of
sums runs along TALL rows of p and WIDE of q and is added across at the end, which takes as long as
some 40 terms. p is read from memory once, q once for every TALL rows of p: the smaller of the two
should be q, and lie in the second-level cache. The last tile of each side starts so far back that it ends
with the last row: what it shares with the tile before is computed twice, to the same bits.

Below: _vector.py, _vector_product.py. Above: product.py. Tests: tests/kernels/test_product.py.
"""

import numpy as np

from ._share import ranged
from ._vector import REGISTERS, add_sums, lanes_of, zeros
from ._vector_product import add_pairs

TALL, WIDE = (8, 3) if REGISTERS >= 32 else (4, 3)
# Rows or columns up to which packing takes longer than it saves.
FEW = 16


def fits(M, N):
    few, many = (M, N) if M < N else (N, M)
    return WIDE <= few <= FEW and many >= TALL


@ranged()
def dots(p, q, start, s_p, s_q, floor, c, c_p, c_q, K, P, Q, first, last):
    """Groups ``first`` to ``last`` of TALL rows of p."""
    lanes, limit = lanes_of(p), p.dtype.type(floor)
    whole = K // lanes * lanes
    rest = np.zeros((TALL + WIDE) * lanes, p.dtype)  # the last terms, filled up with zeros
    sums = np.empty(TALL * WIDE, p.dtype)
    for group in range(first, last):
        i = min(group * TALL, P - TALL)
        for r in range(TALL):
            for k in range(whole, K):
                rest[r * lanes + k - whole] = p[(i + r) * K + k]
        for n in range(0, Q, WIDE):
            j = min(n, Q - WIDE)
            tile = zeros(p, TALL, WIDE)
            for k in range(0, whole, lanes):
                tile = add_pairs(tile, p, i * K + k, K, q, j * K + k, K)
            if whole < K:
                for v in range(WIDE):
                    for k in range(whole, K):
                        rest[(TALL + v) * lanes + k - whole] = q[(j + v) * K + k]
                tile = add_pairs(tile, rest, 0, lanes, rest, TALL * lanes, lanes)
            sums[:] = 0
            add_sums(tile, sums, 0)
            for r in range(TALL):
                for v in range(WIDE):
                    total = start[(i + r) * s_p + (j + v) * s_q] + sums[r * WIDE + v]
                    c[(i + r) * c_p + (j + v) * c_q] = limit if total < limit else total
