"""The compiled loops of convolution. Arrays are flat; the geometry comes from conv_plan.py.

    source   (N*C*H*W,)                 x, or g for the input gradient
    weight   (groups * padded * K,)     blocks of 8 output channels, perhaps one of 4 at the end,
                                        zeros where there is no channel; within a block (K, rows)
    bias     (groups * padded,)         padded = output channels per group, rounded up likewise
    target   (N*M*OH*OW,)               written
    phases   (count, 2), offsets (K,)   see conv_plan.py
    sizes    the integers of conv_plan.geometry

A block of output channels is swept over the packed image in tiles (_vector.py) of 8 channels x
3 vectors of positions, or 4 x 6: 24 registers of sums, which see all K taps before they are
written once. The results of a block lie in ``lines``, one run of positions per channel, from
where the rows go to their place without the columns between them.
"""

import numpy as np

from ._jit import kernel
from ._vector import (
    REGISTER_BYTES,
    REGISTERS,
    add_dots,
    add_outer,
    load,
    move,
    spread,
    store,
    store_sums,
    store_whole,
    zeros,
)

# Vectors of positions beside the 8 and the 4 channels of a tile: as many sums as registers allow,
# leaving one for each vector of the image and one for the weight.
WIDE, NARROW = (3, 6) if REGISTERS >= 32 else (1, 3)


@kernel()
def copy_row(out, i, a, j, n, floor):
    """out[i : i + n] = maximum(a[j : j + n], floor), the last vector overlapping the one before."""
    lanes = REGISTER_BYTES // a.itemsize
    if n >= lanes:
        for t in range(0, n - lanes, lanes):
            move(out, i + t, a, j + t, floor, 1)
        move(out, i + n - lanes, a, j + n - lanes, floor, 1)
    elif 2 * n >= lanes:
        move(out, i, a, j, floor, 2)
        move(out, i + n - lanes // 2, a, j + n - lanes // 2, floor, 2)
    elif 4 * n >= lanes and lanes >= 8:
        move(out, i, a, j, floor, 4)
        move(out, i + n - lanes // 4, a, j + n - lanes // 4, floor, 4)
    else:
        for t in range(n):
            out[i + t] = floor if a[j + t] < floor else a[j + t]


@kernel()
def pack(source, start, packed, at, phases, first_row, sizes):
    """Copy rows ``first_row``.. of one image, phase by phase, with its padding, to packed[at:]."""
    C, H, W = sizes[0], sizes[1], sizes[2]
    row_stride, col_stride, row0, col0 = sizes[7], sizes[8], sizes[9], sizes[10]
    height, width = sizes[17], sizes[18]
    everything = source.dtype.type(-np.inf)
    for c in range(C):
        plane = start + c * H * W
        for f in range(phases.shape[0]):
            top = row0 + phases[f, 0] + first_row * row_stride
            left = col0 + phases[f, 1]
            begin = min(width, max(0, -(left // col_stride)))  # first column inside the source
            end = max(begin, min(width, (W - left + col_stride - 1) // col_stride))
            for i in range(height):
                row = top + i * row_stride
                if row < 0 or row >= H:
                    for j in range(width):
                        packed[at + j] = 0
                else:
                    src = plane + row * W + left
                    for j in range(begin):
                        packed[at + j] = 0
                    if col_stride == 1:
                        copy_row(packed, at + begin, source, src + begin, end - begin, everything)
                    else:
                        for j in range(begin, end):
                            packed[at + j] = source[src + j * col_stride]
                    for j in range(end, width):
                        packed[at + j] = 0
                at += width
    return at


@kernel()
def sweep_wide(weight, w, bias, m, packed, base, offsets, lines, step, count):
    """lines[r*step + p] = bias[m + r] + sum_k weight[w + 8k + r] * packed[base + offsets[k] + p]."""
    width = WIDE * (REGISTER_BYTES // packed.itemsize)
    for p in range(0, count, width):
        tile = spread(bias, m, 8, WIDE)
        for k in range(offsets.shape[0]):
            tile = add_outer(tile, weight, w + 8 * k, packed, base + offsets[k] + p)
        store(tile, lines, p, step)


@kernel()
def sweep_narrow(weight, w, bias, m, packed, base, offsets, lines, step, count):
    """As sweep_wide, for 4 channels."""
    width = NARROW * (REGISTER_BYTES // packed.itemsize)
    for p in range(0, count, width):
        tile = spread(bias, m, 4, NARROW)
        for k in range(offsets.shape[0]):
            tile = add_outer(tile, weight, w + 4 * k, packed, base + offsets[k] + p)
        store(tile, lines, p, step)


@kernel()
def correlate(source, weight, bias, target, phases, offsets, sizes, floor, start, stop):
    """Units ``start`` to ``stop`` of a correlation; a unit is a band of rows of one image."""
    C, H, W, M, TH, TW, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]
    rows, cols, row0, col0, row_step, col_step = (
        sizes[11], sizes[12], sizes[13], sizes[14], sizes[15], sizes[16],
    )  # fmt: skip
    height, width, band, bands = sizes[17], sizes[18], sizes[19], sizes[20]
    channel = phases.shape[0] * height * width
    per_group, K = M // groups, offsets.shape[0]
    padded = bias.shape[0] // groups
    slack = NARROW * (REGISTER_BYTES // source.itemsize)
    packed = np.empty(C * channel + slack, source.dtype)
    packed[C * channel :] = 0
    step = band * width + slack
    lines = np.empty(8 * step, source.dtype)
    for unit in range(start, stop):
        n = unit // bands
        first = (unit % bands) * band
        here = min(band, rows - first)
        pack(source, n * C * H * W, packed, 0, phases, first, sizes)
        count = (here - 1) * width + cols
        for group in range(groups):
            base = group * (C // groups) * channel
            for m in range(0, per_group, 8):
                block = group * padded + m
                if padded - m >= 8:
                    sweep_wide(weight, block * K, bias, block, packed, base, offsets, lines, step, count)
                else:
                    sweep_narrow(weight, block * K, bias, block, packed, base, offsets, lines, step, count)
                for r in range(min(8, per_group - m)):
                    plane = (n * M + group * per_group + m + r) * TH
                    if col_step == 1:
                        for i in range(here):
                            out = (plane + row0 + (first + i) * row_step) * TW + col0
                            copy_row(target, out, lines, r * step + i * width, cols, floor)
                    else:
                        for i in range(here):
                            out = (plane + row0 + (first + i) * row_step) * TW + col0
                            line = r * step + i * width
                            for j in range(cols):
                                target[out + j * col_step] = lines[line + j]


@kernel()
def pack_gradient(g, start, M, packed, at, step, sizes, first, here):
    """Copy rows of each channel of g with zeros between them, as wide as the packed image's rows."""
    TH, TW, cols, width = sizes[4], sizes[5], sizes[12], sizes[18]
    everything = g.dtype.type(-np.inf)
    for m in range(M):
        line = at + m * step
        for i in range(here):
            copy_row(packed, line, g, start + (m * TH + first + i) * TW, cols, everything)
            for j in range(cols, width):
                packed[line + j] = 0
            line += width
        for j in range(line, at + (m + 1) * step):
            packed[j] = 0


@kernel()
def grad_weight(source, g, partial, partial_bias, phases, offsets, sizes, K, images, start, stop):
    """Chunks ``start`` to ``stop`` of the weight gradient; chunk i sums its share into partial[i].

    partial (chunks, groups * padded, K rounded up) and partial_bias (chunks, M) arrive as zeros.
    ``images`` units are packed and summed together.
    """
    C, H, W, M, TH, TW, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]
    rows, cols = sizes[11], sizes[12]
    height, width, band, bands = sizes[17], sizes[18], sizes[19], sizes[20]
    channel = phases.shape[0] * height * width
    lanes = REGISTER_BYTES // source.itemsize
    chunks, padded, columns = partial.shape[0], partial.shape[1] // groups, partial.shape[2]
    per_group = M // groups
    total = source.shape[0] // (C * H * W) * bands
    image = C * channel + width + lanes
    step = (band * width + lanes - 1) // lanes * lanes
    packed = np.zeros(images * image, source.dtype)
    gradient = np.zeros(images * (M + 7) * step, source.dtype)
    for chunk in range(start, stop):
        sums = partial[chunk].reshape(-1)
        last = (chunk + 1) * total // chunks
        for unit in range(chunk * total // chunks, last, images):
            together = min(images, last - unit)
            for t in range(together):
                n = (unit + t) // bands
                first = ((unit + t) % bands) * band
                here = min(band, rows - first)
                pack(source, n * C * H * W, packed, t * image, phases, first, sizes)
                pack_gradient(g, n * M * TH * TW, M, gradient, t * (M + 7) * step, step, sizes, first, here)
                for m in range(M):
                    line = (t * (M + 7) + m) * step
                    value = g.dtype.type(0)
                    for p in range(step):
                        value += gradient[line + p]
                    partial_bias[chunk, m] += value
            for group in range(groups):
                base = group * (C // groups) * channel
                for m in range(0, per_group, 8):
                    line = (group * per_group + m) * step
                    place = (group * padded + m) * columns
                    if padded - m >= 8:
                        dots_wide(gradient, line, step, (M + 7) * step, packed, base, image, offsets, K, together, sums, place, columns)
                    else:
                        dots_narrow(gradient, line, step, (M + 7) * step, packed, base, image, offsets, K, together, sums, place, columns)


@kernel()
def dots_wide(gradient, line, step, many, packed, base, image, offsets, K, together, sums, place, columns):
    """sums[place + r*columns + k] += sum_tp gradient[t, line + r*step + p] * packed[t, base + offsets[k] + p]."""
    lanes = REGISTER_BYTES // packed.itemsize
    for k in range(0, K, WIDE):
        tile = zeros(packed, 8, WIDE)
        for t in range(together):
            for p in range(0, step, lanes):
                tile = add_dots(tile, gradient, t * many + line + p, step, packed, t * image + base + p, offsets, k)
        store_sums(tile, sums, place + k, columns)


@kernel()
def dots_narrow(gradient, line, step, many, packed, base, image, offsets, K, together, sums, place, columns):
    """As dots_wide, for 4 channels."""
    lanes = REGISTER_BYTES // packed.itemsize
    for k in range(0, K, NARROW):
        tile = zeros(packed, 4, NARROW)
        for t in range(together):
            for p in range(0, step, lanes):
                tile = add_dots(tile, gradient, t * many + line + p, step, packed, t * image + base + p, offsets, k)
        store_sums(tile, sums, place + k, columns)
