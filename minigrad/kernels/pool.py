"""Pooling: one number per window of each image plane.

    x        (planes, H, W)     images, all leading dimensions flattened
    y, g     (planes, OH, OW)   output, and the gradient coming in
    where    (planes, OH, OW)   number of the largest tap in its window, counted row by row
    rows     (OH, 3) int64      of each window, the first and past-the-last input row inside the input,
                                and the first one were it not cut off there: taps count from that
    cols     (OW, 3) int64      the same for columns
    width    int                taps in a row of a whole window
    scale    (OH, OW)           1 / divisor of each window

Windows are tables, so padding, ceil_mode and adaptive windows need no code of their own here. Where
all windows are of one size and a stride apart, maxima and means of floats take vector code.

Above: ops/pool.py, which makes the tables. Tests: tests/ops/test_pool.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import lanes_of
from ._vector_pool import (
    copy_scaled,
    max_of_four,
    max_of_taps,
    mean_of_taps,
    part_pairs,
    send_to_four,
    sum_of_windows,
)


@ranged()
def max_pool(x, y, where, rows, cols, row_step, col_step, width, lowest, start, stop):
    """The first largest value of each window (the last NaN, if any) and its tap.

    A window that dilation carried past the input is empty and gives ``lowest``.
    """
    for plane in range(start, stop):
        for i in range(rows.shape[0]):
            for j in range(cols.shape[0]):
                best = lowest
                first = (cols[j, 0] - cols[j, 2]) // col_step
                tap = (rows[i, 0] - rows[i, 2]) // row_step * width
                found = tap + first
                for u in range(rows[i, 0], rows[i, 1], row_step):
                    for v in range(cols[j, 0], cols[j, 1], col_step):
                        value = x[plane, u, v]
                        if value > best or value != value:
                            best = value
                            found = tap + first + (v - cols[j, 0]) // col_step
                    tap += width
                y[plane, i, j] = best
                where[plane, i, j] = found


# Numbers of a band of rows laid out for max_pool_evenly: with the table of offsets a fraction of the
# second cache.
BAND = 1 << 13


@kernel(helper=True)
def parts_of(count, lanes):
    """Into how many parts, 1, 2 or 4, a vector is cut for so many numbers; 0 for fewer than a part has."""
    if count >= lanes:
        return 1
    if 2 * count >= lanes:
        return 2
    return 4 if 4 * count >= lanes >= 8 else 0


@kernel(helper=True)
def in_a_line(W, lanes, stride, pitch, padding):
    """Columns of an image that a line takes; pairs of them if vectors part them; where a pair goes."""
    used = min(W, stride * pitch - padding)
    pairs = used // 2 if stride == 2 and parts_of(used // 2, lanes) else 0
    even = padding % 2 * pitch + padding // 2
    odd = (padding + 1) % 2 * pitch + (padding + 1) // 2
    return used, pairs, even, odd


def _pairs(parts):
    @kernel(helper=True)
    def pairs_apart(x, i, lines, even, odd, pairs):
        """So many pairs of x[i:] to lines[even:] and lines[odd:]; the last vector overlaps the one before."""
        n = lanes_of(x) // parts
        for q in range(0, pairs, n):
            q = min(q, pairs - n)
            part_pairs(x, i + 2 * q, lines, even + q, odd + q, parts)

    return pairs_apart


pairs_by_1, pairs_by_2, pairs_by_4 = _pairs(1), _pairs(2), _pairs(4)


@kernel(helper=True)
def lay_out(x, source, H, W, top, rows, lines, pitch, stride, padding):
    """Rows top to top + rows of the image at x[source:], numbers a stride apart side by side.

    Column c of a row, its padding counted, goes to place c % stride * pitch + c // stride of a line of
    stride * pitch numbers, if that is within a pitch. Rows outside the image are -inf.
    """
    lanes = lanes_of(x)
    used, pairs, even, odd = in_a_line(W, lanes, stride, pitch, padding)
    parts = parts_of(pairs, lanes)
    for r in range(rows):
        row, line = source + (top + r) * W, r * stride * pitch
        if top + r < 0 or top + r >= H:
            for q in range(line, line + stride * pitch):
                lines[q] = -np.inf
            continue
        if pairs:
            if parts == 1:
                pairs_by_1(x, row, lines, line + even, line + odd, pairs)
            elif parts == 2:
                pairs_by_2(x, row, lines, line + even, line + odd, pairs)
            else:
                pairs_by_4(x, row, lines, line + even, line + odd, pairs)
            if used % 2:
                lines[line + even + pairs] = x[row + used - 1]
            continue
        for first in range(min(stride, used)):
            c = padding + first
            at = line + c % stride * pitch + c // stride
            for q in range((used - first + stride - 1) // stride):
                lines[at + q] = x[row + first + q * stride]


@kernel(helper=True)
def laid_out(count, width, row_step, col_step, stride, pitch):
    """From the first place of a window to each of its taps, in lines as lay_out makes them."""
    found = np.empty(count, np.int64)
    for tap in range(count):
        u, v = tap // width * row_step, tap % width * col_step
        found[tap] = u * stride * pitch + v % stride * pitch + v // stride
    return found


@ranged()
def max_pool_evenly(x, y, where, axes, start, stop):
    """As max_pool for floats, from windows of one size that lie a stride apart. All arrays flat.

    axes (2, 6): size, windows, kernel, stride, padding, dilation of rows and columns; at most 256
    taps. A band of padded rows is laid out so that each tap of neighbouring windows is a run of
    neighbouring numbers; what is outside is -inf, which never wins.
    """
    H, OH, KH, SH, PH, DH = axes[0, 0], axes[0, 1], axes[0, 2], axes[0, 3], axes[0, 4], axes[0, 5]
    W, OW, KW, SW, PW, DW = axes[1, 0], axes[1, 1], axes[1, 2], axes[1, 3], axes[1, 4], axes[1, 5]
    lanes = lanes_of(x)
    span, pitch = (KH - 1) * DH + 1, max(OW, lanes) + (KW - 1) * DW // SW
    step = SW * pitch
    band = max(1, min(OH, (BAND // step - span) // SH + 1))
    lines = np.full(((band - 1) * SH + span) * step, -np.inf, x.dtype)
    offsets = laid_out(KH * KW, KW, DH, DW, SW, pitch)
    # The first tap inside the input is named where all values are -inf.
    first, first_row = np.empty(max(OW, lanes), np.uint8), -1
    few = np.empty(lanes, x.dtype)
    few_taps = np.empty(lanes, np.uint8)
    for plane in range(start, stop):
        for top in range(0, OH, band):
            count = min(band, OH - top)
            rows = (count - 1) * SH + span
            lay_out(x, plane * H * W, H, W, top * SH - PH, rows, lines, pitch, SW, PW)
            source, out = 0, (plane * OH + top) * OW
            for i in range(top, top + count):
                row = min(KH - 1, (PH - i * SH + DH - 1) // DH) if i * SH < PH else 0
                if row != first_row:
                    first_row = row
                    for j in range(first.size):
                        column = min(KW - 1, (PW - j * SW + DW - 1) // DW) if j * SW < PW else 0
                        first[j] = row * KW + column
                if lanes <= OW:
                    for j in range(0, OW - lanes, lanes):
                        max_of_taps(y, where, out + j, lines, source + j, offsets, first, j)
                    j = OW - lanes
                    max_of_taps(y, where, out + j, lines, source + j, offsets, first, j)
                else:
                    max_of_taps(few, few_taps, 0, lines, source, offsets, first, 0)
                    for j in range(OW):
                        y[out + j], where[out + j] = few[j], few_taps[j]
                source, out = source + SH * step, out + OW


@kernel(helper=True)
def max_of_fours(y, where, out, x, top, W, OH, OW):
    """One plane: OH rows of OW windows, from x[top:] with rows W apart to y[out:] and where[out:]."""
    lanes = lanes_of(x)
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


@ranged()
def max_pool_2x2(x, y, where, W, OH, OW, start, stop):
    """Windows of 2 x 2, two apart, without padding; the last odd row and column go unused.

    x (planes * H * W,), y and where (planes * OH * OW,), flat. Floats only.
    """
    plane = x.shape[0] // (y.shape[0] // (OH * OW))
    for n in range(start, stop):
        max_of_fours(y, where, n * OH * OW, x, n * plane, W, OH, OW)


@ranged()
def max_pool_2x2_scatter(g, where, dx, y, W, OH, OW, start, stop):
    """The transpose of max_pool_2x2. dx (planes * H * W,) is written whole.

    y is None, or the output of a relu after the pooling: nothing goes where it is not above 0.
    """
    lanes = lanes_of(g)
    plane = dx.shape[0] // (g.shape[0] // (OH * OW))
    for n in range(start, stop):
        top, out = n * plane, n * OH * OW
        for _ in range(OH):
            bottom = top + W
            if lanes <= OW:
                for j in range(0, OW - lanes, lanes):
                    send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, y, out + j, 1)
                j = OW - lanes
                send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, y, out + j, 1)
            elif lanes <= 2 * OW:
                j = OW - lanes // 2
                send_to_four(dx, top, bottom, g, where, y, out, 2)
                send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, y, out + j, 2)
            elif lanes <= 4 * OW and lanes >= 8:
                j = OW - lanes // 4
                send_to_four(dx, top, bottom, g, where, y, out, 4)
                send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, y, out + j, 4)
            else:
                for j in range(OW):
                    send_to_four(dx, top + 2 * j, bottom + 2 * j, g, where, y, out + j, 16)
            if 2 * OW < W:
                dx[top + W - 1] = 0
                dx[bottom + W - 1] = 0
            top, out = top + 2 * W, out + OW
        for j in range(top, (n + 1) * plane):
            dx[j] = 0


@kernel(helper=True)
def distances(count, width, row_step, col_step, W):
    """From the first place of a window to each of its taps, in an image of W columns."""
    found = np.empty(count, np.int64)
    for tap in range(count):
        found[tap] = tap // width * row_step * W + tap % width * col_step
    return found


@ranged()
def max_pool_scatter(g, where, dx, rows, cols, row_step, col_step, width, taps, start, stop):
    """Add each g to the input value that won its window. The transpose of the gather."""
    OH, OW, size, W = rows.shape[0], cols.shape[0], dx.shape[1] * dx.shape[2], dx.shape[2]
    g, where, dx = g.reshape(-1), where.reshape(-1), dx.reshape(-1)
    away = distances(taps, width, row_step, col_step, W)
    first = np.empty(OH * OW, np.int64)  # place of each window; ``size`` for an empty one
    for i in range(OH):
        for j in range(OW):
            empty = rows[i, 0] >= rows[i, 1] or cols[j, 0] >= cols[j, 1]
            first[i * OW + j] = size if empty else rows[i, 2] * W + cols[j, 2]
    for plane in range(start, stop):
        dx[plane * size : (plane + 1) * size] = 0
        # No index is negative, and unsigned says so: the tests for it would cost a third.
        here = np.uint64(plane * OH * OW)
        for k in range(np.uint64(OH * OW)):
            if first[k] < size:
                dx[np.uint64(plane * size + first[k] + away[where[here + k]])] += g[here + k]


@ranged()
def max_pool_gather(x, where, y, rows, cols, row_step, col_step, width, taps, start, stop):
    """The value at the winning place of each window."""
    W = x.shape[2]
    away = distances(taps, width, row_step, col_step, W)
    for plane in range(start, stop):
        image = x[plane].reshape(-1)
        for i in range(rows.shape[0]):
            for j in range(cols.shape[0]):
                y[plane, i, j] = 0
                if rows[i, 0] < rows[i, 1] and cols[j, 0] < cols[j, 1]:
                    y[plane, i, j] = image[rows[i, 2] * W + cols[j, 2] + away[where[plane, i, j]]]


@ranged()
def flat_indices(where, indices, rows, cols, row_step, col_step, width, taps, W, start, stop):
    """row * W + col of the winning place, as PyTorch numbers it."""
    away = distances(taps, width, row_step, col_step, W)
    for plane in range(start, stop):
        for i in range(rows.shape[0]):
            for j in range(cols.shape[0]):
                indices[plane, i, j] = rows[i, 2] * W + cols[j, 2] + away[where[plane, i, j]]


def _means(parts):
    @kernel(helper=True)
    def means(y, out, x, source, cols, W, count, width, scale, s, first, last, stride):
        """Windows ``first`` to ``last`` of a row; the last vector overlaps the one before it."""
        n = lanes_of(x) // parts
        for j in range(first, last, n):
            j = min(j, last - n)
            if stride == 1:
                mean_of_taps(y, out + j, x, source + cols[j, 0], W, count, width, scale, s + j, 1, parts)
            else:
                mean_of_taps(y, out + j, x, source + cols[j, 0], W, count, width, scale, s + j, 2, parts)

    return means


means_by_1, means_by_2, means_by_4 = _means(1), _means(2), _means(4)


@ranged()
def mean_pool(x, y, rows, cols, scale, inner, start, stop):
    """The sum of each window times its scale. All arrays flat but for the tables.

    inner (5,): W, whole windows of one width a stride apart from the first to past the last, their
    width and stride. These take vector code if the stride is 1 or 2.
    """
    W, first, last, width, stride = inner[0], inner[1], inner[2], inner[3], inner[4]
    lanes = lanes_of(x)
    OH, OW = rows.shape[0], cols.shape[0]
    plane = x.shape[0] // (y.shape[0] // (OH * OW))
    parts = parts_of(last - first, lanes)
    if not parts:
        last = first
    for i in range(start * OH, stop * OH):
        place = i % OH
        source = i // OH * plane + rows[place, 0] * W
        count, out, s = rows[place, 1] - rows[place, 0], i * OW, place * OW
        if OW == 1 and cols[0, 0] == 0 and cols[0, 1] == W:
            window = x[source : source + count * W]
            total = x.dtype.type(0)
            for q in range(window.size):
                total += window[q]
            y[i] = total * scale[place]
            continue
        if parts == 1:
            means_by_1(y, out, x, source, cols, W, count, width, scale, s, first, last, stride)
        elif parts == 2:
            means_by_2(y, out, x, source, cols, W, count, width, scale, s, first, last, stride)
        elif parts == 4:
            means_by_4(y, out, x, source, cols, W, count, width, scale, s, first, last, stride)
        for j in range(first + OW - last):
            j += last - first if j >= first else 0
            total = x.dtype.type(0)
            for u in range(count):
                for q in range(source + u * W + cols[j, 0], source + u * W + cols[j, 1]):
                    total += x[q]
            y[out + j] = total * scale[s + j]


@ranged()
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


def _gathered(parts):
    @kernel(helper=True)
    def gather_windows(dx, target, shares, source, line, count, width, stride, groups):
        """Groups of ``stride`` columns of a row; the last vector overlaps the one before it."""
        n = lanes_of(dx) // parts
        for b in range(0, groups, n):
            b = min(b, groups - n)
            if stride == 1:
                sum_of_windows(dx, target + b, shares, source + b, line, count, width, 1, parts)
            else:
                sum_of_windows(dx, target + 2 * b, shares, source + b, line, count, width, 2, parts)

    return gather_windows


gather_by_1, gather_by_2, gather_by_4 = _gathered(1), _gathered(2), _gathered(4)


@ranged()
def mean_pool_spread_evenly(g, dx, scale, axes, start, stop):
    """As mean_pool_spread for windows one or two columns apart, all arrays flat.

    Each place of dx gathers what the windows that cover it send there. axes as max_pool_evenly has them.
    """
    H, OH, KH, SH, PH = axes[0, 0], axes[0, 1], axes[0, 2], axes[0, 3], axes[0, 4]
    W, OW, KW, SW, PW = axes[1, 0], axes[1, 1], axes[1, 2], axes[1, 3], axes[1, 4]
    lanes = lanes_of(g)
    before = (KW - 1) // SW  # windows to the left that reach the same column
    line = before + (W - 1 + PW) // SW + 1 + lanes
    shares = np.zeros(OH * line, g.dtype)  # of one plane, zeros beside the rows
    skipped = (PW + SW - 1) // SW  # places in the padding, and what stands before the first vector
    left = skipped * SW - PW
    groups = (W - left) // SW
    parts = parts_of(groups, lanes)
    whole = groups * SW if parts else 0
    reach = np.empty((H, 2), np.int64)  # the first window that covers a row, and how many do
    for r in range(H):
        reach[r, 0] = max(0, (r + PH - KH + SH) // SH)
        reach[r, 1] = max(0, min(OH, (r + PH) // SH + 1) - reach[r, 0])
    for plane in range(start, stop):
        for i in range(OH):
            here, s = plane * OH * OW + i * OW, i * line + before
            for j in range(0, OW // lanes * lanes, lanes):
                copy_scaled(shares, s + j, g, here + j, scale, i * OW + j)
            for j in range(OW // lanes * lanes, OW):
                shares[s + j] = g[here + j] * scale[i * OW + j]
        for r in range(H):
            target, source, count = (plane * H + r) * W, reach[r, 0] * line + before, reach[r, 1]
            if parts == 1:
                gather_by_1(dx, target + left, shares, source + skipped, line, count, KW, SW, groups)
            elif parts == 2:
                gather_by_2(dx, target + left, shares, source + skipped, line, count, KW, SW, groups)
            elif parts == 4:
                gather_by_4(dx, target + left, shares, source + skipped, line, count, KW, SW, groups)
            for c in range(W - whole):
                c += whole if whole and c >= left else 0
                total = g.dtype.type(0)
                for i in range(count):
                    for v in range((c + PW) % SW, KW, SW):
                        total += shares[source + i * line + (c + PW) // SW - v // SW]
                dx[target + c] = total
