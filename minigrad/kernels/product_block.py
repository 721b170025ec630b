"""Blocks of a matrix product, in tiles of sums that stay in registers. Arrays are flat.

    a       (M, K)  a[m*row_step + k*sum_step]: rows or columns are contiguous
    b       (K, N)  b[k*b_step + n], or with ``turned`` b[n*b_step + k]; N is at least one vector
    start   (N,)    what is added to each row of c: a bias or zeros
    floor           what is below it becomes it: 0 for a relu, or -inf
    c       (M, N)  written, rows contiguous

A *panel* is WIDE vectors of columns of b for some terms of the sum, copied so that the numbers
for one term lie side by side. Tiles of 8, 4, 2 or 1 rows sweep over it. The last panel has as
few vectors as will do and starts further left, so that it ends with the last column: the columns
that it shares with the panel before are computed twice. Every number of c is the same chain of
multiply-adds in whichever tile it falls; the sums of SUM terms each are added one after the other,
which keeps the rounding errors of long sums small.

Below: _vector.py, _vector_product.py. Above: product.py. Tests: tests/kernels/test_product.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, compile_apart, store, zeros
from ._vector_product import add_rows, at_least, load, plus, turn

# Rows and vectors of the largest tile: as many sums as registers allow, as in conv_block.py.
TALL, WIDE = (8, 3) if REGISTERS >= 32 else (4, 3)
# Terms of the sum in one panel, which with float32 is then 72 KB: second-level cache.
SUM = 384


def _sweep(vectors):
    """A sweep over rows with tiles of ``vectors`` vectors of columns."""

    @kernel(helper=True)
    def sweep(a, i, row_step, sum_step, panel, p, terms, begin, s, s_step, out, o, o_step, rows, floor):
        """out[o + r*o_step + n] = begin[s + r*s_step + n] + sum_k a[i + r*row_step + k*sum_step]
        * panel[p + k*width + n], raised to ``floor``"""
        compile_apart()
        width = vectors * (REGISTER_BYTES // a.itemsize)
        while rows >= TALL:
            tile = zeros(a, TALL, vectors)
            for k in range(terms):
                tile = add_rows(tile, a, i + k * sum_step, row_step, panel, p + k * width)
            store(at_least(plus(tile, load(begin, s, s_step, TALL, vectors)), floor), out, o, o_step)
            rows -= TALL
            i += TALL * row_step
            s += TALL * s_step
            o += TALL * o_step
        if TALL > 4 and rows >= 4:
            four = zeros(a, 4, vectors)
            for k in range(terms):
                four = add_rows(four, a, i + k * sum_step, row_step, panel, p + k * width)
            store(at_least(plus(four, load(begin, s, s_step, 4, vectors)), floor), out, o, o_step)
            rows -= 4
            i += 4 * row_step
            s += 4 * s_step
            o += 4 * o_step
        if rows >= 2:
            two = zeros(a, 2, vectors)
            for k in range(terms):
                two = add_rows(two, a, i + k * sum_step, row_step, panel, p + k * width)
            store(at_least(plus(two, load(begin, s, s_step, 2, vectors)), floor), out, o, o_step)
            rows -= 2
            i += 2 * row_step
            s += 2 * s_step
            o += 2 * o_step
        if rows:
            one = zeros(a, 1, vectors)
            for k in range(terms):
                one = add_rows(one, a, i + k * sum_step, row_step, panel, p + k * width)
            store(at_least(plus(one, load(begin, s, s_step, 1, vectors)), floor), out, o, o_step)

    return sweep


sweep_wide, sweep_2, sweep_1 = _sweep(WIDE), _sweep(2), _sweep(1)


@kernel(helper=True)
def pack_panel(b, b_step, turned, k, terms, n, panel, p, vectors):
    """panel[p + t*width + j] = b[k + t, n + j] for ``vectors`` vectors of columns."""
    compile_apart()
    lanes = REGISTER_BYTES // b.itemsize
    width = vectors * lanes
    if not turned:
        source = k * b_step + n
        if vectors == WIDE:
            for _ in range(terms):
                store(load(b, source, width, 1, WIDE), panel, p, width)
                source += b_step
                p += width
        else:
            for _ in range(terms):
                for j in range(0, width, lanes):
                    store(load(b, source + j, width, 1, 1), panel, p + j, width)
                source += b_step
                p += width
        return
    for j in range(0, width, lanes):
        source, at = (n + j) * b_step + k, p + j
        if terms < lanes:
            for t in range(terms):
                for r in range(lanes):
                    panel[at + t * width + r] = b[source + r * b_step + t]
        else:
            for t in range(0, terms - lanes, lanes):
                turn(panel, at + t * width, width, b, source + t, b_step)
            t = terms - lanes  # the last square overlaps the one before
            turn(panel, at + t * width, width, b, source + t, b_step)


@ranged()
def multiply(a, row_step, sum_step, b, b_step, turned, start, floor, c, K, N, down, across, first, last):
    """Blocks ``first`` to ``last`` of c, which is cut into ``down`` times ``across`` of them.

    No block is narrower than a vector.
    """
    M = c.shape[0] // N
    lanes = REGISTER_BYTES // a.itemsize
    parts = max(1, (K + SUM - 1) // SUM)
    most = (K + parts - 1) // parts
    panel = np.empty((most * WIDE + 1) * lanes, a.dtype)
    p = np.int64(-panel.ctypes.data % REGISTER_BYTES // a.itemsize)
    lowest, limit = a.dtype.type(-np.inf), a.dtype.type(floor)
    zero = np.int64(0)  # a literal 0 would make Numba compile every helper once more
    for block in range(first, last):
        i, j = block // across, block % across
        bottom = (M // TALL) * (i + 1) // down * TALL if i + 1 < down else M
        right = (N // lanes) * (j + 1) // across * lanes if j + 1 < across else N
        m, left = (M // TALL) * i // down * TALL, (N // lanes) * j // across * lanes
        rows, n = bottom - m, left
        while n < right:
            vectors = min(WIDE, (right - n + lanes - 1) // lanes)
            if right - n == (WIDE + 1) * lanes or vectors * lanes > right - left:
                vectors -= 1  # two and two are faster than three and one; or the next overlaps this
            n = min(n, right - vectors * lanes)
            o = m * N + n
            k = zero
            while k == 0 or k < K:
                terms = min(most, K - k)
                pack_panel(b, b_step, turned, k, terms, n, panel, p, vectors)
                before, s, s_step = (c, o, N) if k else (start, n, zero)
                at = m * row_step + k * sum_step
                least = limit if k + terms >= K else lowest
                if vectors == WIDE:
                    sweep_wide(
                        a, at, row_step, sum_step, panel, p, terms, before, s, s_step, c, o, N, rows, least
                    )
                elif vectors == 2:
                    sweep_2(
                        a, at, row_step, sum_step, panel, p, terms, before, s, s_step, c, o, N, rows, least
                    )
                else:
                    sweep_1(
                        a, at, row_step, sum_step, panel, p, terms, before, s, s_step, c, o, N, rows, least
                    )
                k += max(1, terms)
            n += vectors * lanes
