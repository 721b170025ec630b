"""The weight gradient of a convolution, and with it that of the bias.

    dweight[m, k] = sum over images and positions p of g[m, p] * image[offset[k] + p]

A tile holds the sums of 8 channels x 3 taps, 4 x 6, or 1 x 9 (with 16 registers 4 x 3 or 1 x 9),
each a vector of partial sums over p that is added up at the end (_vector.py). Rows of g are packed
as far apart as those of the image, zeros between them, so that both run along p together.

The images are cut into a fixed number of chunks, each with sums of its own, added in order.

Below: conv_pack.py. Above: conv.py. Tests: tests/ops/test_conv.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_dots, add_sums, zeros
from .conv_pack import BLOCK, pack, pack_gradient

# Taps beside the BLOCK channels, the 4 and the one of a tile (see conv_block.py).
WIDE, NARROW, SINGLE = (3, 6, 9) if REGISTERS >= 32 else (3, 3, 9)


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


dots_wide, dots_narrow, dots_single = _dots(BLOCK, WIDE), _dots(4, NARROW), _dots(1, SINGLE)


@ranged()
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
                for m in range(0, per_group, BLOCK):
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
        for m in range(0, per_group, BLOCK):
            rows, vectors = (BLOCK, WIDE) if per_group - m > 4 else (4, NARROW)
            if per_group == 1:
                rows, vectors = 1, SINGLE
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
        return -(-K // SINGLE) * SINGLE
    blocks = -(-per_group // BLOCK)
    narrow = int(per_group - (blocks - 1) * BLOCK <= 4)
    return (blocks - narrow) * BLOCK * WIDE * -(-K // WIDE) + narrow * 4 * NARROW * -(-K // NARROW)
