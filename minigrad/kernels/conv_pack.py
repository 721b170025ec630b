"""Copies into the layout that the tiles of a convolution read. Arrays are flat.

    copy_rows        rows of numbers, in vectors
    copy_even        every second number of rows
    copy_apart       rows to every second number of others
    pack             one image: its padding written out, its phases apart (conv_plan.py)
    pack_gradient    one image of g: its rows as far apart as those of the packed image
    pack_weight      filters: blocks of output channels (conv_plan.blocks), each (K, height), zeros where
                     there is no channel

Below: _vector.py. Above: conv_block.py, conv_weight.py.
"""

import numpy as np

from ._jit import kernel
from ._vector import REGISTER_BYTES, REGISTERS, compile_apart, move, put_even, take_even

# Output channels in one tile: in most, and in the one that may be the last.
BLOCK, OTHER = (8, 4) if REGISTERS >= 32 else (4, 6)
# Vectors of positions beside a single channel: two loads a product bind there, not the registers.
SINGLE = 12 if REGISTERS >= 32 else 6


@kernel(helper=True)
def copy_rows(out, i, out_step, a, j, a_step, rows, n, floor):
    """Copy ``rows`` runs of n numbers, raising what is below ``floor``.

    The last vector of a run overlaps the one before it, so that no run needs a loop over single
    numbers unless it is very short.
    """
    lanes = REGISTER_BYTES // a.itemsize
    if n > 2 * lanes:
        for _ in range(rows):
            for t in range(0, n - lanes, lanes):
                move(out, i + t, a, j + t, floor, 1)
            move(out, i + n - lanes, a, j + n - lanes, floor, 1)
            i += out_step
            j += a_step
    elif n >= lanes:
        for _ in range(rows):
            move(out, i, a, j, floor, 1)
            move(out, i + n - lanes, a, j + n - lanes, floor, 1)
            i += out_step
            j += a_step
    elif 2 * n >= lanes:
        for _ in range(rows):
            move(out, i, a, j, floor, 2)
            move(out, i + n - lanes // 2, a, j + n - lanes // 2, floor, 2)
            i += out_step
            j += a_step
    elif 4 * n >= lanes and lanes >= 8:
        for _ in range(rows):
            move(out, i, a, j, floor, 4)
            move(out, i + n - lanes // 4, a, j + n - lanes // 4, floor, 4)
            i += out_step
            j += a_step
    else:
        for _ in range(rows):
            for t in range(n):
                out[i + t] = floor if a[j + t] < floor else a[j + t]
            i += out_step
            j += a_step


@kernel(helper=True)
def copy_even(out, i, out_step, a, j, a_step, rows, n):
    """Copy ``rows`` runs of n numbers, every second one of a; in vectors as ``copy_rows``."""
    lanes = REGISTER_BYTES // a.itemsize
    # A vector reads one number past the last that it takes; behind the last run there may be none.
    whole = rows if j + (rows - 1) * a_step + 2 * n <= a.shape[0] else rows - 1
    if n >= lanes:
        for _ in range(whole):
            for t in range(0, n - lanes, lanes):
                take_even(out, i + t, a, j + 2 * t, 1)
            take_even(out, i + n - lanes, a, j + 2 * (n - lanes), 1)
            i += out_step
            j += a_step
    elif 2 * n >= lanes:
        for _ in range(whole):
            take_even(out, i, a, j, 2)
            take_even(out, i + n - lanes // 2, a, j + 2 * (n - lanes // 2), 2)
            i += out_step
            j += a_step
    elif 4 * n >= lanes and lanes >= 8:
        for _ in range(whole):
            take_even(out, i, a, j, 4)
            take_even(out, i + n - lanes // 4, a, j + 2 * (n - lanes // 4), 4)
            i += out_step
            j += a_step
    else:
        whole = 0
    for _ in range(max(0, whole), rows):
        for t in range(n):
            out[i + t] = a[j + 2 * t]
        i += out_step
        j += a_step


@kernel(helper=True)
def copy_apart(out, i, out_step, a, j, a_step, rows, n):
    """Copy ``rows`` runs of n numbers to every second place of out, in vectors as ``copy_rows``."""
    lanes = REGISTER_BYTES // a.itemsize
    if n >= lanes:
        for _ in range(rows):
            for t in range(0, n - lanes, lanes):
                put_even(out, i + 2 * t, a, j + t, 1)
            put_even(out, i + 2 * (n - lanes), a, j + n - lanes, 1)
            i += out_step
            j += a_step
    elif 2 * n >= lanes:
        for _ in range(rows):
            put_even(out, i, a, j, 2)
            put_even(out, i + 2 * (n - lanes // 2), a, j + n - lanes // 2, 2)
            i += out_step
            j += a_step
    elif 4 * n >= lanes and lanes >= 8:
        for _ in range(rows):
            put_even(out, i, a, j, 4)
            put_even(out, i + 2 * (n - lanes // 4), a, j + n - lanes // 4, 4)
            i += out_step
            j += a_step
    else:
        for _ in range(rows):
            for t in range(n):
                out[i + 2 * t] = a[j + t]
            i += out_step
            j += a_step


@kernel(helper=True)
def pack(source, start, packed, at, phases, first_row, sizes):
    """Copy rows ``first_row``.. of one image, phase by phase, to packed[at:].

    The columns of the padding are the same for every band and image: they are zero from the start.
    """
    compile_apart()
    C, H, W = sizes[0], sizes[1], sizes[2]
    row_stride, col_stride, row0, col0 = sizes[7], sizes[8], sizes[9], sizes[10]
    height, width = sizes[17], sizes[18]
    everything, one = source.dtype.type(-np.inf), np.int64(1)
    for f in range(phases.shape[0]):
        top = row0 + phases[f, 0] + first_row * row_stride
        left = col0 + phases[f, 1]
        # Rows and columns of the phase that lie inside the source.
        low = min(height, max(0, -(top // row_stride)))
        high = max(low, min(height, (H - top + row_stride - 1) // row_stride))
        begin = min(width, max(0, -(left // col_stride)))
        end = max(begin, min(width, (W - left + col_stride - 1) // col_stride))
        for c in range(C):
            plane = at + (c * phases.shape[0] + f) * height * width
            src = start + (c * H + top + low * row_stride) * W + left + begin * col_stride
            for j in range(plane, plane + low * width):
                packed[j] = 0
            if col_stride == 1 and end - begin == W and width == W and row_stride == 1:
                copy_rows(packed, plane + low * width, W, source, src, W, one, (high - low) * W, everything)
            elif col_stride == 1:
                copy_rows(
                    packed, plane + low * width + begin, width, source, src, row_stride * W,
                    high - low, end - begin, everything,
                )  # fmt: skip
            elif col_stride == 2:
                copy_even(
                    packed, plane + low * width + begin, width, source, src, row_stride * W,
                    high - low, end - begin,
                )  # fmt: skip
            else:
                for i in range(low, high):
                    row = plane + i * width + begin
                    for j in range(end - begin):
                        packed[row + j] = source[src + j * col_stride]
                    src += row_stride * W
            for j in range(plane + high * width, plane + height * width):
                packed[j] = 0


@kernel()
def pack_weight(weight, chosen, packed, blocks, per_group, channels, group_step, row_step, channel_step):
    """packed, in blocks as above: weight[group*group_step + m*row_step + c*channel_step + chosen[t]]."""
    taps, at = chosen.shape[0], 0
    while at < packed.shape[0]:
        for b in range(blocks.shape[0]):
            first, rows = blocks[b, 0], blocks[b, 1]
            for r in range(rows):
                m, place = first + r, at + r
                for c in range(channels):
                    source = m * row_step + c * channel_step
                    for t in range(taps):
                        packed[place] = weight[source + chosen[t]] if m < per_group else 0
                        place += rows
            at += rows * channels * taps
        weight = weight[group_step:]


@kernel(helper=True)
def pack_gradient(g, start, M, packed, at, run, step, sizes, first, here):
    """Copy rows of each channel of g, as far apart as the rows of the packed image.

    What lies between the rows is zero from the start.
    """
    compile_apart()
    TH, TW, cols, width = sizes[4], sizes[5], sizes[12], sizes[18]
    everything = g.dtype.type(-np.inf)
    for m in range(M):
        line = at + m * step
        copy_rows(packed, line, width, g, start + (m * TH + first) * TW, TW, here, cols, everything)
        for j in range(line + here * width, line + run):
            packed[j] = 0
