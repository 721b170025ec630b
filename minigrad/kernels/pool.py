"""Pooling: one number per window of each image plane.

    x        (planes, H, W)     images, all leading dimensions flattened
    y, g     (planes, OH, OW)   output, and the gradient coming in
    where    (planes, OH, OW)   number of the largest tap in its window, counted row by row
    rows     (OH, 2) int64      first and past-the-last input row of each window, inside the input
    cols     (OW, 2) int64      the same for columns
    scale    (OH, OW)           1 / divisor of each window

Windows are tables, so padding, ceil_mode and adaptive windows need no code of their own here.

Above: ops/pool.py, which makes the tables. Tests: tests/ops/test_pool.py.
"""

import numpy as np

from ._jit import kernel
from ._vector import REGISTER_BYTES
from ._vector_pool import max_of_four, send_to_four


@kernel()
def max_pool(x, y, where, rows, cols, row_step, col_step, lowest, start, stop):
    """The first largest value of each window (the last NaN, if any) and its tap.

    A window that dilation carried past the input is empty and gives ``lowest``.
    """
    for plane in range(start, stop):
        for i in range(rows.shape[0]):
            for j in range(cols.shape[0]):
                best = lowest
                tap = 0
                found = 0
                for u in range(rows[i, 0], rows[i, 1], row_step):
                    for v in range(cols[j, 0], cols[j, 1], col_step):
                        value = x[plane, u, v]
                        if value > best or value != value:
                            best = value
                            found = tap
                        tap += 1
                y[plane, i, j] = best
                where[plane, i, j] = found


@kernel(helper=True)
def max_of_fours(y, where, out, x, top, W, OH, OW):
    """One plane: OH rows of OW windows, from x[top:] with rows W apart to y[out:] and where[out:]."""
    lanes = REGISTER_BYTES // x.itemsize
    for _ in range(OH):
        bottom = top + W
        # The last vector overlaps the one before it.
        if lanes <= OW:
            for j in range(0, OW - lanes, lanes):
                max_of_four(y, where, out + j, x, top + 2 * j, bottom + 2 * j, 1)
            j = OW - lanes
            max_of_four(y, where, out + j, x, top + 2 * j, bottom + 2 * j, 1)
        elif lanes <= 2 * OW:
            j = OW - lanes // 2
            max_of_four(y, where, out, x, top, bottom, 2)
            max_of_four(y, where, out + j, x, top + 2 * j, bottom + 2 * j, 2)
        elif lanes <= 4 * OW and lanes >= 8:
            j = OW - lanes // 4
            max_of_four(y, where, out, x, top, bottom, 4)
            max_of_four(y, where, out + j, x, top + 2 * j, bottom + 2 * j, 4)
        else:
            for j in range(OW):
                max_of_four(y, where, out + j, x, top + 2 * j, bottom + 2 * j, 16)
        out += OW
        top += 2 * W


@kernel()
def max_pool_2x2(x, y, where, W, OH, OW, start, stop):
    """Windows of 2 x 2, two apart, without padding; the last odd row and column go unused.

    x (planes * H * W,), y and where (planes * OH * OW,), flat. Floats only.
    """
    plane = x.shape[0] // (y.shape[0] // (OH * OW))
    for n in range(start, stop):
        max_of_fours(y, where, n * OH * OW, x, n * plane, W, OH, OW)


@kernel()
def max_pool_2x2_scatter(g, where, dx, W, OH, OW, start, stop):
    """The transpose of max_pool_2x2. dx (planes * H * W,) is written whole."""
    lanes = REGISTER_BYTES // g.itemsize
    plane = dx.shape[0] // (g.shape[0] // (OH * OW))
    for i in range(start * OH, stop * OH):
        top = i // OH * plane + i % OH * 2 * W
        bottom, out = top + W, i * OW
        if lanes <= OW:
            for j in range(0, OW - lanes, lanes):
                send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, out + j, 1)
            j = OW - lanes
            send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, out + j, 1)
        elif lanes <= 2 * OW:
            j = OW - lanes // 2
            send_to_four(dx, top, bottom, g, where, out, 2)
            send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, out + j, 2)
        elif lanes <= 4 * OW and lanes >= 8:
            j = OW - lanes // 4
            send_to_four(dx, top, bottom, g, where, out, 4)
            send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, out + j, 4)
        else:
            for j in range(OW):
                send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, out + j, 16)
        if 2 * OW < W:
            dx[top + W - 1] = 0
            dx[bottom + W - 1] = 0
        if i % OH == OH - 1:
            for j in range(bottom + W, (i // OH + 1) * plane):
                dx[j] = 0


@kernel()
def max_pool_scatter(g, where, dx, rows, cols, row_step, col_step, start, stop):
    """Add each g to the input value that won its window. The transpose of the gather."""
    # Two integer divisions for every number would take longer than all the rest: a window that
    # is as wide as the widest looks its taps up.
    widest = 1
    for j in range(cols.shape[0]):
        widest = max(widest, (cols[j, 1] - cols[j, 0] + col_step - 1) // col_step)
    highest = 1
    for i in range(rows.shape[0]):
        highest = max(highest, (rows[i, 1] - rows[i, 0] + row_step - 1) // row_step)
    down, right = np.empty(highest * widest, np.int64), np.empty(highest * widest, np.int64)
    for tap in range(highest * widest):
        down[tap], right[tap] = tap // widest * row_step, tap % widest * col_step
    full = (widest - 1) * col_step
    for plane in range(start, stop):
        dx[plane] = 0
        for i in range(rows.shape[0]):
            if rows[i, 0] >= rows[i, 1]:
                continue
            for j in range(cols.shape[0]):
                tap = np.int64(where[plane, i, j])
                span = cols[j, 1] - cols[j, 0]
                if span > full:
                    dx[plane, rows[i, 0] + down[tap], cols[j, 0] + right[tap]] += g[plane, i, j]
                elif span > 0:
                    width = (span + col_step - 1) // col_step
                    row = rows[i, 0] + tap // width * row_step
                    dx[plane, row, cols[j, 0] + tap % width * col_step] += g[plane, i, j]


@kernel()
def max_pool_gather(x, where, y, rows, cols, row_step, col_step, start, stop):
    """The value at the winning place of each window."""
    for plane in range(start, stop):
        for i in range(rows.shape[0]):
            for j in range(cols.shape[0]):
                width = (cols[j, 1] - cols[j, 0] + col_step - 1) // col_step
                y[plane, i, j] = 0
                if width > 0 and rows[i, 0] < rows[i, 1]:
                    tap = np.int64(where[plane, i, j])
                    row = rows[i, 0] + tap // width * row_step
                    col = cols[j, 0] + tap % width * col_step
                    y[plane, i, j] = x[plane, row, col]


@kernel()
def flat_indices(where, indices, W, rows, cols, row_step, col_step, start, stop):
    """row * W + col of the winning place, as PyTorch numbers it."""
    for plane in range(start, stop):
        for i in range(rows.shape[0]):
            for j in range(cols.shape[0]):
                width = max(1, (cols[j, 1] - cols[j, 0] + col_step - 1) // col_step)
                tap = np.int64(where[plane, i, j])
                row = rows[i, 0] + tap // width * row_step
                indices[plane, i, j] = row * W + cols[j, 0] + tap % width * col_step


@kernel()
def mean_pool(x, y, rows, cols, scale, start, stop):
    """The sum of each window times its scale: rows first, which is vector code, then columns."""
    line = np.empty(x.shape[2], x.dtype)
    for plane in range(start, stop):
        for i in range(rows.shape[0]):
            line[:] = 0
            for u in range(rows[i, 0], rows[i, 1]):
                for w in range(x.shape[2]):
                    line[w] += x[plane, u, w]
            for j in range(cols.shape[0]):
                total = x.dtype.type(0)
                for v in range(cols[j, 0], cols[j, 1]):
                    total += line[v]
                y[plane, i, j] = total * scale[i, j]


@kernel()
def mean_pool_spread(g, dx, rows, cols, scale, start, stop):
    """Add g times its scale to every value of its window. The transpose of mean_pool."""
    line = np.empty(dx.shape[2], g.dtype)
    for plane in range(start, stop):
        dx[plane] = 0
        for i in range(rows.shape[0]):
            line[:] = 0
            for j in range(cols.shape[0]):
                share = g[plane, i, j] * scale[i, j]
                for v in range(cols[j, 0], cols[j, 1]):
                    line[v] += share
            for u in range(rows[i, 0], rows[i, 1]):
                for w in range(dx.shape[2]):
                    dx[plane, u, w] += line[w]
