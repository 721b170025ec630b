"""The correlation: what the forward and the input gradient of a convolution compute.

    source   (N*C*H*W,)              x, or g for the input gradient; arrays are flat
    weight   (groups * padded * K,)  packed, see conv_pack.pack_weight
    bias     (groups * padded,)      padded = output channels per group, rounded up to whole blocks
    target   (N*M*OH*OW,)            written
    phases   (count, 2), offsets (K,), sizes    the geometry, from conv_plan.py

A block of output channels is swept over the packed image in tiles (_vector.py): with 32 vector
registers 8 channels x 3 vectors of positions, 4 x 6, or 1 x 12; with 16 registers 4 x 3 or 1 x 6.
The sums of a tile see all K taps before they are written once. The results of a block lie in
``lines``, one run of positions per channel, from where the rows go to their place without the
columns between them.

Below: conv_pack.py, pool.py. Above: conv.py. Tests: tests/ops/test_conv.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_outer, compile_apart, spread, store
from .conv_pack import BLOCK, copy_rows, pack
from .pool import max_of_fours

# Vectors of positions beside the BLOCK and the 4 channels of a tile: as many sums as registers
# allow, leaving one for each vector of the image and one for the weight.
WIDE, NARROW = (3, 6) if REGISTERS >= 32 else (3, 3)
# The same for a single channel (depthwise): two loads a product bind here, not the registers.
SINGLE = 12 if REGISTERS >= 32 else 6


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


sweep_wide, sweep_wide_2, sweep_wide_1 = _sweep(BLOCK, WIDE), _sweep(BLOCK, 2), _sweep(BLOCK, 1)
sweep_narrow, sweep_narrow_third = _sweep(4, NARROW), _sweep(4, NARROW // 3)
sweep_single, sweep_single_third = _sweep(1, SINGLE), _sweep(1, SINGLE // 3)


@kernel(helper=True)
def sweep_block(weight, bias, b, left, packed, base, offsets, lines, step, count):
    """Fill ``lines`` for the block of channels from ``b`` on, of which ``left`` are left in the group."""
    compile_apart()
    lanes = REGISTER_BYTES // packed.itemsize
    zero = np.int64(0)  # a literal 0 would make Numba compile every helper once more
    w = b * offsets.shape[0]
    if left >= BLOCK:
        p = sweep_wide(weight, w, bias, b, packed, base, offsets, lines, step, zero, count)
        p = sweep_wide_2(weight, w, bias, b, packed, base, offsets, lines, step, p, count)
        sweep_wide_1(weight, w, bias, b, packed, base, offsets, lines, step, p, count)
    elif left == 1:
        p = sweep_single(weight, w, bias, b, packed, base, offsets, lines, step, zero, count)
        third = SINGLE // 3 * lanes
        last = p + (count - p + third - 1) // third * third
        sweep_single_third(weight, w, bias, b, packed, base, offsets, lines, step, p, last)
    else:
        p = sweep_narrow(weight, w, bias, b, packed, base, offsets, lines, step, zero, count)
        third = NARROW // 3 * lanes
        last = p + (count - p + third - 1) // third * third
        sweep_narrow_third(weight, w, bias, b, packed, base, offsets, lines, step, p, last)


@ranged()
def correlate(source, weight, bias, target, phases, offsets, sizes, floor, start, stop):
    """Units ``start`` to ``stop`` of a correlation; a unit is a band of rows of one image."""
    C, H, W, M, TH, TW, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]
    rows, cols, row0, col0, row_step, col_step = (
        sizes[11], sizes[12], sizes[13], sizes[14], sizes[15], sizes[16],
    )  # fmt: skip
    height, width, band, bands = sizes[17], sizes[18], sizes[19], sizes[20]
    channel = phases.shape[0] * height * width
    per_group, padded = M // groups, bias.shape[0] // groups
    lanes = REGISTER_BYTES // source.itemsize
    packed = np.zeros(C * channel + SINGLE * lanes, source.dtype)
    step = band * width + SINGLE * lanes
    lines = np.empty(BLOCK * step, source.dtype)
    zero = np.int64(0)
    for unit in range(start, stop):
        n = unit // bands
        first = (unit % bands) * band
        here = min(band, rows - first)
        pack(source, n * C * H * W, packed, zero, phases, first, sizes)
        # Whole vectors: what lies beyond the last position is computed and dropped.
        count = ((here - 1) * width + cols + lanes - 1) // lanes * lanes
        for group in range(groups):
            base = group * (C // groups) * channel
            for m in range(0, per_group, BLOCK):
                b = group * padded + m
                sweep_block(weight, bias, b, padded - m, packed, base, offsets, lines, step, count)
                for r in range(min(BLOCK, per_group - m)):
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


@ranged()
def correlate_and_pool(source, weight, bias, target, where, phases, offsets, sizes, floor, start, stop):
    """Images ``start`` to ``stop``; of every 2 x 2 outputs the largest and its number (pool.py).

    For a forward whose images are one band each. ``target`` and ``where`` (N*M*(OH//2)*(OW//2),).
    """
    C, H, W, M, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[6]
    rows, cols, height, width = sizes[11], sizes[12], sizes[17], sizes[18]
    channel = phases.shape[0] * height * width
    per_group, padded = M // groups, bias.shape[0] // groups
    lanes = REGISTER_BYTES // source.itemsize
    packed = np.zeros(C * channel + SINGLE * lanes, source.dtype)
    step = rows * width + SINGLE * lanes
    lines = np.empty(BLOCK * step, source.dtype)
    zero = np.int64(0)
    OH, OW = rows // 2, cols // 2
    count = ((rows - 1) * width + cols + lanes - 1) // lanes * lanes
    for n in range(start, stop):
        pack(source, n * C * H * W, packed, zero, phases, zero, sizes)
        for group in range(groups):
            base = group * (C // groups) * channel
            for m in range(0, per_group, BLOCK):
                b = group * padded + m
                sweep_block(weight, bias, b, padded - m, packed, base, offsets, lines, step, count)
                for r in range(min(BLOCK, per_group - m)):
                    out = (n * M + group * per_group + m + r) * OH * OW
                    max_of_fours(target, where, out, lines, r * step, width, OH, OW)
                    copy_rows(target, out, zero, target, out, zero, np.int64(1), OH * OW, floor)
