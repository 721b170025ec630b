"""The correlation: what the forward and the input gradient of a convolution compute.

    source   (N*C*H*W,)              x, or g for the input gradient; arrays are flat
    weight   (groups * heights * K,) packed, see conv_pack.pack_weight; heights = sum of those of the blocks
    bias     (M + 8,)
    target   (N*M*OH*OW,)            written
    phases   (count, 2), offsets (K,), blocks (count, 2), sizes    the geometry, from conv_plan.py

A block of output channels is swept over the packed image in tiles (_vector.py): with 32 vector
registers 8 channels x 3 vectors of positions, 4 x 6, or 1 x 12; with 16 registers 4 x 3, 6 x 2 or 1 x 6.
The sums of a tile see all K taps before they are written once. Where a row of the packed image is as
long as one of the output (conv_plan.columns_apart), that is their place. Otherwise the results of a
block lie in ``lines``, one run of positions per channel, from where the rows go to their place without
the columns between them.

Below: conv_pack.py, pool.py. Above: conv.py. Tests: tests/ops/test_conv.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_outer, compile_apart, spread, store
from ._vector_product import at_least
from .conv_pack import BLOCK, OTHER, SINGLE, copy_apart, copy_rows, pack
from .pool import max_of_fours

# Vectors of positions beside the channels of a tile: as many sums as registers allow, leaving one for
# each vector of the image and one for the weight.
WIDE, NARROW = (3, 6) if REGISTERS >= 32 else (3, 2)


def _sweep(rows, vectors):
    """A sweep with tiles of ``rows`` channels and ``vectors`` vectors of positions."""

    @kernel(helper=True)
    def sweep(weight, w, bias, m, packed, base, offsets, out, at, step, p, count, floor):
        """out[at + r*step + p] = bias[m + r] + sum_k weight[w + rows*k + r] * packed[base + offsets[k] + p]

        raised to ``floor``, in whole tiles from p to at least ``count``.
        """
        width = vectors * (REGISTER_BYTES // packed.itemsize)
        while p < count:
            tile = spread(bias, m, rows, vectors)
            for k in range(offsets.shape[0]):
                tile = add_outer(tile, weight, w + rows * k, packed, base + offsets[k] + p)
            store(at_least(tile, floor), out, at + p, step)
            p += width

    return sweep


sweep_wide, sweep_wide_2, sweep_wide_1 = _sweep(BLOCK, WIDE), _sweep(BLOCK, 2), _sweep(BLOCK, 1)
sweep_other, sweep_other_part = _sweep(OTHER, NARROW), _sweep(OTHER, NARROW // 2)
sweep_single, sweep_single_third = _sweep(1, SINGLE), _sweep(1, SINGLE // 3)


@kernel(helper=True)
def sweep_block(weight, w, bias, m, rows, packed, base, offsets, out, at, step, count, floor):
    """Positions 0 to ``count`` of the ``rows`` channels of a block.

    The largest tiles end at ``count``. What is left before them, in smaller ones, may overlap them: it has
    the same bits.
    """
    compile_apart()
    lanes = REGISTER_BYTES // packed.itemsize
    zero = np.int64(0)  # a literal 0 would make Numba compile every helper once more
    if rows == BLOCK:
        left = count % (WIDE * lanes)
        if left > lanes:
            sweep_wide_2(weight, w, bias, m, packed, base, offsets, out, at, step, zero, lanes, floor)
        if left > 2 * lanes or 0 < left <= lanes:
            p = max(zero, left - lanes)
            sweep_wide_1(weight, w, bias, m, packed, base, offsets, out, at, step, p, left, floor)
        sweep_wide(weight, w, bias, m, packed, base, offsets, out, at, step, left, count, floor)
    elif rows == OTHER:
        left = count % (NARROW * lanes)
        sweep_other_part(weight, w, bias, m, packed, base, offsets, out, at, step, zero, left, floor)
        sweep_other(weight, w, bias, m, packed, base, offsets, out, at, step, left, count, floor)
    else:
        left = count % (SINGLE * lanes)
        sweep_single_third(weight, w, bias, m, packed, base, offsets, out, at, step, zero, left, floor)
        sweep_single(weight, w, bias, m, packed, base, offsets, out, at, step, left, count, floor)


@kernel(helper=True)
def unit(
    source, weight, w, bias, target, phases, offsets, blocks, sizes, in_place, least, n, first, packed, at,
    lines, step,
):  # fmt: skip
    """The band of rows from ``first`` on of image n, with room for a packed copy at packed[at:]."""
    compile_apart()
    C, H, W, M, TH, TW, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]
    rows, cols, row0, col0, row_step, col_step = (
        sizes[11], sizes[12], sizes[13], sizes[14], sizes[15], sizes[16],
    )  # fmt: skip
    height, width, band = sizes[17], sizes[18], sizes[19]
    channel = phases.shape[0] * height * width
    lanes = REGISTER_BYTES // source.itemsize
    K, zero = offsets.shape[0], np.int64(0)
    here = min(band, rows - first)
    pack(source, n * C * H * W, packed, at, phases, first, sizes)
    # Whole vectors: what lies beyond the last position is computed and dropped.
    count = ((here - 1) * width + cols + lanes - 1) // lanes * lanes
    for group in range(groups):
        base = at + group * (C // groups) * channel
        for b in range(blocks.shape[0]):
            m, tall = group * (M // groups) + blocks[b, 0], blocks[b, 1]
            out = ((n * M + m) * TH + row0 + first * row_step) * TW + col0
            if in_place:
                sweep_block(
                    weight, w, bias, m, tall, packed, base, offsets, target, out, TH * TW, here * TW, least
                )
                w += tall * K
                continue
            sweep_block(weight, w, bias, m, tall, packed, base, offsets, lines, zero, step, count, least)
            w += tall * K
            for r in range(min(tall, (group + 1) * (M // groups) - m)):
                out = ((n * M + m + r) * TH + row0 + first * row_step) * TW + col0
                if col_step == 1:
                    copy_rows(target, out, row_step * TW, lines, r * step, width, here, cols, least)
                elif col_step == 2:
                    copy_apart(target, out, row_step * TW, lines, r * step, width, here, cols)
                else:
                    for i in range(here):
                        line = r * step + i * width
                        for j in range(cols):
                            target[out + j * col_step] = lines[line + j]
                        out += row_step * TW


@ranged()
def correlate(source, weight, bias, target, phases, offsets, blocks, sizes, in_place, floor, start, stop):
    """Units ``start`` to ``stop`` of a correlation; a unit is a band of rows of one image."""
    height, width, band, bands = sizes[17], sizes[18], sizes[19], sizes[20]
    lanes = REGISTER_BYTES // source.itemsize
    packed = np.zeros(sizes[0] * phases.shape[0] * height * width + SINGLE * lanes, source.dtype)
    step = band * width + SINGLE * lanes
    lines = np.empty((0 if in_place else max(BLOCK, OTHER)) * step, source.dtype)
    zero, least = np.int64(0), source.dtype.type(floor)
    for index in range(start, stop):
        unit(
            source, weight, zero, bias, target, phases, offsets, blocks, sizes, in_place, least,
            index // bands, (index % bands) * band, packed, zero, lines, step,
        )  # fmt: skip


@ranged()
def correlate_apart(source, weight, bias, target, phases, offsets, blocks, sizes, parts, start, stop):
    """Images ``start`` to ``stop`` of several correlations that fill one target, each its own places.

    One after the other for every image, which meanwhile stays in the second-level cache. ``sizes`` has a
    row for each; parts (count, 5): from where to where its phases reach and its offsets, and where its
    weights begin.
    """
    lanes = REGISTER_BYTES // source.itemsize
    room, most = np.int64(0), np.int64(0)
    for f in range(parts.shape[0]):
        plane = sizes[f, 17] * sizes[f, 18]
        room += sizes[f, 0] * (parts[f, 1] - parts[f, 0]) * plane + SINGLE * lanes
        most = max(most, sizes[f, 19] * sizes[f, 18])
    packed = np.zeros(room, source.dtype)
    step = most + SINGLE * lanes
    lines = np.empty(max(BLOCK, OTHER) * step, source.dtype)
    least = source.dtype.type(-np.inf)
    for n in range(start, stop):
        at = np.int64(0)
        for f in range(parts.shape[0]):
            own = phases[parts[f, 0] : parts[f, 1]]
            for first in range(0, sizes[f, 11], sizes[f, 19]):
                unit(
                    source, weight, parts[f, 4], bias, target, own, offsets[parts[f, 2] : parts[f, 3]],
                    blocks, sizes[f], False, least, n, first, packed, at, lines, step,
                )  # fmt: skip
            at += sizes[f, 0] * own.shape[0] * sizes[f, 17] * sizes[f, 18] + SINGLE * lanes


@ranged()
def correlate_and_pool(
    source, weight, bias, target, where, phases, offsets, blocks, sizes, floor, start, stop
):
    """Images ``start`` to ``stop``; of every 2 x 2 outputs the largest and its number (pool.py).

    For a forward whose images are one band each. ``target`` and ``where`` (N*M*(OH//2)*(OW//2),).
    """
    C, H, W, M, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[6]
    rows, cols, height, width = sizes[11], sizes[12], sizes[17], sizes[18]
    channel = phases.shape[0] * height * width
    per_group = M // groups
    lanes = REGISTER_BYTES // source.itemsize
    packed = np.zeros(C * channel + SINGLE * lanes, source.dtype)
    step = rows * width + SINGLE * lanes
    lines = np.empty(max(BLOCK, OTHER) * step, source.dtype)
    zero, lowest, least = np.int64(0), source.dtype.type(-np.inf), source.dtype.type(floor)
    OH, OW = rows // 2, cols // 2
    count = ((rows - 1) * width + cols + lanes - 1) // lanes * lanes
    for n in range(start, stop):
        pack(source, n * C * H * W, packed, zero, phases, zero, sizes)
        w = zero
        for group in range(groups):
            base = group * (C // groups) * channel
            for b in range(blocks.shape[0]):
                m, tall = group * per_group + blocks[b, 0], blocks[b, 1]
                sweep_block(weight, w, bias, m, tall, packed, base, offsets, lines, zero, step, count, lowest)
                w += tall * offsets.shape[0]
                for r in range(min(tall, (group + 1) * per_group - m)):
                    out = (n * M + m + r) * OH * OW
                    max_of_fours(target, where, out, lines, r * step, width, OH, OW)
                    copy_rows(target, out, zero, target, out, zero, np.int64(1), OH * OW, least)
