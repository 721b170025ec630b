"""The compiled loops of convolution. Arrays are flat; the geometry comes from conv_plan.py.

    source   (N*C*H*W,)                 x, or g for the input gradient
    weight   (groups * padded * K,)     blocks of 8 output channels, perhaps one of 4 at the end
                                        (1 where a group has a single channel),
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
    add_sums,
    compile_apart,
    move,
    spread,
    store,
    take_even,
    zeros,
)

# Vectors of positions beside the 8 and the 4 channels of a tile: as many sums as registers allow,
# leaving one for each vector of the image and one for the weight.
WIDE, NARROW = (3, 6) if REGISTERS >= 32 else (1, 3)
# The same for a single channel (depthwise): two loads a product bind here, not the registers.
SINGLE = 12 if REGISTERS >= 32 else 6
SINGLE_TAPS = 9


# ------------------------------------------------ packing


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
def copy_even(out, i, a, j, n):
    """out[i : i + n] = a[j : j + 2n : 2]; a row of vectors, the last overlapping the one before."""
    lanes = REGISTER_BYTES // a.itemsize
    t = 0
    if j + 2 * n <= a.shape[0]:  # a vector reads one number past the last that it takes
        while t + lanes <= n:
            take_even(out, i + t, a, j + 2 * t, 1)
            t += lanes
        if t < n and n >= lanes:
            take_even(out, i + n - lanes, a, j + 2 * (n - lanes), 1)
            return
        if 2 * n >= lanes:
            take_even(out, i, a, j, 2)
            take_even(out, i + n - lanes // 2, a, j + 2 * (n - lanes // 2), 2)
            return
    while t < n:
        out[i + t] = a[j + 2 * t]
        t += 1


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
            else:
                for i in range(low, high):
                    row = plane + i * width + begin
                    if col_stride == 2:
                        copy_even(packed, row, source, src, end - begin)
                    else:
                        for j in range(end - begin):
                            packed[row + j] = source[src + j * col_stride]
                    src += row_stride * W
            for j in range(plane + high * width, plane + height * width):
                packed[j] = 0


@kernel()
def pack_weight(weight, chosen, packed, per_group, padded, channels, group_step, row_step, channel_step):
    """packed, in blocks as above: weight[group*group_step + m*row_step + c*channel_step + chosen[t]]."""
    taps = chosen.shape[0]
    K = channels * taps
    for group in range(packed.shape[0] // max(1, padded * K)):
        for m in range(padded):
            rows = 8 if padded - m // 8 * 8 >= 8 else min(4, padded)
            at = (group * padded + m // 8 * 8) * K + m % 8
            for c in range(channels):
                source = group * group_step + m * row_step + c * channel_step
                for t in range(taps):
                    packed[at] = weight[source + chosen[t]] if m < per_group else 0
                    at += rows


# ------------------------------------------------ forward and input gradient


def _sweep(rows, vectors):
    """A sweep with tiles of ``rows`` channels and ``vectors`` vectors of positions."""

    @kernel(helper=True)
    def sweep(weight, w, bias, m, packed, base, offsets, lines, step, p, count):
        """lines[r*step + p] = bias[m + r] + sum_k weight[w + rows*k + r] * packed[base + offsets[k] + p]

        for whole tiles from p on; returns the first position not done.
        """
        width = vectors * (REGISTER_BYTES // packed.itemsize)
        while p + width <= count:
            tile = spread(bias, m, rows, vectors)
            for k in range(offsets.shape[0]):
                tile = add_outer(tile, weight, w + rows * k, packed, base + offsets[k] + p)
            store(tile, lines, p, step)
            p += width
        return p

    return sweep


sweep_wide, sweep_wide_2, sweep_wide_1 = _sweep(8, WIDE), _sweep(8, min(2, WIDE)), _sweep(8, 1)
sweep_narrow, sweep_narrow_half = _sweep(4, NARROW), _sweep(4, NARROW // 3)
sweep_single, sweep_single_third = _sweep(1, SINGLE), _sweep(1, SINGLE // 3)


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
    lanes = REGISTER_BYTES // source.itemsize
    packed = np.zeros(C * channel + SINGLE * lanes, source.dtype)
    step = band * width + SINGLE * lanes
    lines = np.empty(8 * step, source.dtype)
    zero = np.int64(0)  # a literal 0 would make Numba compile every helper once more
    for unit in range(start, stop):
        n = unit // bands
        first = (unit % bands) * band
        here = min(band, rows - first)
        pack(source, n * C * H * W, packed, zero, phases, first, sizes)
        # Whole vectors: what lies beyond the last position is computed and dropped.
        count = ((here - 1) * width + cols + lanes - 1) // lanes * lanes
        for group in range(groups):
            base = group * (C // groups) * channel
            for m in range(0, per_group, 8):
                b = group * padded + m
                w = b * K
                if padded - m >= 8:
                    p = sweep_wide(weight, w, bias, b, packed, base, offsets, lines, step, zero, count)
                    p = sweep_wide_2(weight, w, bias, b, packed, base, offsets, lines, step, p, count)
                    sweep_wide_1(weight, w, bias, b, packed, base, offsets, lines, step, p, count)
                elif padded == 1:
                    p = sweep_single(weight, w, bias, b, packed, base, offsets, lines, step, zero, count)
                    third = SINGLE // 3 * lanes
                    last = p + (count - p + third - 1) // third * third
                    sweep_single_third(weight, w, bias, b, packed, base, offsets, lines, step, p, last)
                else:
                    p = sweep_narrow(weight, w, bias, b, packed, base, offsets, lines, step, zero, count)
                    half = NARROW // 3 * lanes
                    last = p + (count - p + half - 1) // half * half
                    sweep_narrow_half(weight, w, bias, b, packed, base, offsets, lines, step, p, last)
                for r in range(min(8, per_group - m)):
                    plane = (n * M + group * per_group + m + r) * TH
                    out = (plane + row0 + first * row_step) * TW + col0
                    if col_step == 1:
                        copy_rows(target, out, row_step * TW, lines, r * step, width, here, cols, floor)
                    else:
                        for i in range(here):
                            line = r * step + i * width
                            for j in range(cols):
                                target[out + j * col_step] = lines[line + j]
                            out += row_step * TW


# ------------------------------------------------ weight gradient


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


def _dots(rows, vectors):
    """Products of ``rows`` channels of g with the image at ``vectors`` taps."""

    @kernel(helper=True)
    def dots(gradient, line, step, packed, base, places, count, offsets, K, sums, at):
        """Adds the tiles of ``vectors`` taps each to ``sums`` from ``at`` on; returns their end:

        sum_i gradient[line + r*step + i*lanes : + lanes] * packed[places[i] + base + offsets[k] : + lanes]
        """
        lanes = REGISTER_BYTES // packed.itemsize
        for k in range(0, K, vectors):
            tile = zeros(packed, rows, vectors)
            for i in range(count):
                tile = add_dots(tile, gradient, line + i * lanes, step, packed, places[i] + base, offsets, k)
            add_sums(tile, sums, at)
            at += rows * vectors
        return at

    return dots


@kernel(helper=True)
def add_channels(gradient, M, step, count, one, total):
    """total[m] += the sum over channel m of the packed g, whose M is rounded up to 8."""
    lanes = REGISTER_BYTES // gradient.itemsize
    here = np.zeros(1, np.int64)
    for m in range(0, M, 8):
        tile = zeros(gradient, 8, 1)
        for i in range(count):
            tile = add_dots(tile, gradient, m * step + i * lanes, step, one, 0, here, 0)
        add_sums(tile, total, m)


dots_wide, dots_narrow, dots_single = _dots(8, WIDE), _dots(4, NARROW), _dots(1, SINGLE_TAPS)


@kernel()
def grad_weight(source, g, partial, partial_bias, phases, offsets, sizes, K, images, start, stop):
    """Chunks ``start`` to ``stop`` of the weight gradient; chunk i sums its share into partial[i].

    partial (chunks, tiles * 24) and partial_bias (chunks, M + 7) arrive as zeros. ``images`` units
    are packed and summed together.
    """
    C, H, W, M, TH, TW, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]
    rows, height, width, band, bands = sizes[11], sizes[17], sizes[18], sizes[19], sizes[20]
    channel = phases.shape[0] * height * width
    lanes = REGISTER_BYTES // source.itemsize
    chunks, per_group = partial.shape[0], M // groups
    total = source.shape[0] // (C * H * W) * bands
    run = (band * width + lanes - 1) // lanes * lanes  # positions of one unit, in whole vectors
    image, step = C * channel + width + lanes, images * run
    packed = np.zeros(images * image, source.dtype)
    gradient = np.zeros((M + 7) * step + lanes, source.dtype)
    # From a cache line's start: vectors that straddle two lines take two loads each.
    gradient = gradient[-gradient.ctypes.data % REGISTER_BYTES // source.itemsize :]
    one = np.ones(lanes, source.dtype)
    # One loop over the vectors of all units: short loops end in a mispredicted branch each.
    places = np.empty(step // lanes, np.int64)
    for i in range(step // lanes):
        places[i] = i * lanes // run * image + i * lanes % run
    for chunk in range(start, stop):
        sums, bias = partial[chunk], partial_bias[chunk]
        last = (chunk + 1) * total // chunks
        for unit in range(chunk * total // chunks, last, images):
            together = min(images, last - unit)
            for t in range(together):
                n = (unit + t) // bands
                first = ((unit + t) % bands) * band
                here = min(band, rows - first)
                pack(source, n * C * H * W, packed, t * image, phases, first, sizes)
                pack_gradient(g, n * M * TH * TW, M, gradient, t * run, run, step, sizes, first, here)
            count = together * run // lanes
            add_channels(gradient, M, step, count, one, bias)
            at = np.int64(0)
            for group in range(groups):
                base = group * (C // groups) * channel
                for m in range(0, per_group, 8):
                    line = (group * per_group + m) * step
                    if per_group - m > 4:
                        at = dots_wide(
                            gradient, line, step, packed, base, places, count, offsets, K, sums, at
                        )
                    elif per_group == 1:
                        at = dots_single(
                            gradient, line, step, packed, base, places, count, offsets, K, sums, at
                        )
                    else:
                        at = dots_narrow(
                            gradient, line, step, packed, base, places, count, offsets, K, sums, at
                        )


@kernel()
def unpack_sums(partial, dweight, per_group):
    """dweight (M, K) = the sum of the chunks, taken out of the order of the tiles."""
    M, K = dweight.shape
    for group in range(0, M, per_group):
        at = group // per_group * (partial.shape[1] // (M // per_group))
        for m in range(0, per_group, 8):
            rows, vectors = (8, WIDE) if per_group - m > 4 else (4, NARROW)
            if per_group == 1:
                rows, vectors = 1, SINGLE_TAPS
            for k in range(0, K, vectors):
                for r in range(min(rows, per_group - m)):
                    for v in range(min(vectors, K - k)):
                        total = partial[0, at + r * vectors + v]
                        for chunk in range(1, partial.shape[0]):
                            total += partial[chunk, at + r * vectors + v]
                        dweight[group + m + r, k + v] = total
                at += rows * vectors


def sums_per_group(per_group, K):
    """Numbers in the tiles of one group."""
    if per_group == 1:
        return -(-K // SINGLE_TAPS) * SINGLE_TAPS
    wide, narrow = (per_group + 3) // 8, int(0 < per_group % 8 <= 4)
    return wide * 8 * WIDE * -(-K // WIDE) + narrow * 4 * NARROW * -(-K // NARROW)


# ------------------------------------------------ fused relu

LINE = 4096  # numbers in one unit of an elementwise pass


@kernel()
def mask_gradient(g, y, masked, start, stop):
    for i in range(start * LINE, min(stop * LINE, g.shape[0])):
        masked[i] = 0 if y[i] <= 0 else g[i]  # NaN passes, as in PyTorch
