"""The weight gradient of a convolution, and with it that of the bias.

    dweight[m, k] = sum over images and positions p of g[m, p] * image[offset[k] + p]

A tile holds the sums of 8 channels x 3 taps, 4 x 6, or 1 x 9 (with 16 registers 4 x 3, 6 x 2 or 1 x 9),
each a vector of partial sums over p that is added up at the end (_vector.py). g and the image run along p
together: rows of g are packed as far apart as those of the image, zeros between them. Where a row of the
packed image is as long as one of g (conv_plan.columns_apart) and there are few taps, packing g would take
as long as its products: grad_weight_in_place reads it where it lies.

The images are cut into a fixed number of chunks, each with sums of its own, added in order. The sums of a
block of channels (conv_plan.blocks) are its tiles, one after the other, and then those of g itself, for the
bias.

Below: conv_pack.py. Above: conv.py. Tests: tests/ops/test_conv.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_dots, add_sums, prefetch, zeros
from .conv_pack import BLOCK, OTHER, pack, pack_gradient

# Taps beside the channels of a tile (see conv_block.py).
WIDE, NARROW, SINGLE = (3, 6, 9) if REGISTERS >= 32 else (3, 2, 9)


def _dots(rows, vectors):
    """Products of ``rows`` channels of g with the image at ``vectors`` taps."""

    @kernel(helper=True)
    def dots(g, line, step, packed, base, places, offsets, K, ones, sums, at):
        """Adds the sums of a block to ``sums`` from ``at`` on; returns their end:

        sum_i g[line + r*step + i*lanes : + lanes] * packed[places[i] + base + offsets[k] : + lanes]
        """
        lanes = REGISTER_BYTES // packed.itemsize
        count, zero = places.shape[0], np.int64(0)
        for k in range(0, K, vectors):
            tile = zeros(packed, rows, vectors)
            for i in range(count):
                tile = add_dots(tile, g, line + i * lanes, step, packed, places[i] + base, offsets, k)
            add_sums(tile, sums, at)
            at += rows * vectors
        tile = zeros(packed, rows, 1)
        for i in range(count):
            tile = add_dots(tile, g, line + i * lanes, step, ones, zero, offsets, K)
        add_sums(tile, sums, at)
        return at + rows

    return dots


dots_block, dots_other, dots_single = _dots(BLOCK, WIDE), _dots(OTHER, NARROW), _dots(1, SINGLE)


@ranged()
def grad_weight(source, g, partial, phases, offsets, blocks, sizes, K, images, start, stop):
    """Chunks ``start`` to ``stop`` of the weight gradient; chunk i sums its share into partial[i].

    partial (chunks, sums) arrives as zeros. ``images`` units are packed and summed together.
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
    ones = np.ones(lanes, source.dtype)
    # One loop over the vectors of all units: short loops end in a mispredicted branch each.
    places = np.empty(step // lanes, np.int64)
    for i in range(step // lanes):
        places[i] = i * lanes // run * image + i * lanes % run
    for chunk in range(start, stop):
        sums = partial[chunk]
        last = (chunk + 1) * total // chunks
        for unit in range(chunk * total // chunks, last, images):
            together = min(images, last - unit)
            for t in range(together):
                n = (unit + t) // bands
                first = ((unit + t) % bands) * band
                here = min(band, rows - first)
                pack(source, n * C * H * W, packed, t * image, phases, first, sizes)
                pack_gradient(g, n * M * TH * TW, M, gradient, t * run, run, step, sizes, first, here)
            here = places[: together * run // lanes]
            at = np.int64(0)
            for group in range(groups):
                base = group * (C // groups) * channel
                for b in range(blocks.shape[0]):
                    line = (group * per_group + blocks[b, 0]) * step
                    if blocks[b, 1] == BLOCK:
                        at = dots_block(gradient, line, step, packed, base, here, offsets, K, ones, sums, at)
                    elif blocks[b, 1] == OTHER:
                        at = dots_other(gradient, line, step, packed, base, here, offsets, K, ones, sums, at)
                    else:
                        at = dots_single(gradient, line, step, packed, base, here, offsets, K, ones, sums, at)


@ranged()
def grad_weight_in_place(source, g, partial, phases, offsets, blocks, sizes, K, start, stop):
    """The same for blocks of BLOCK channels and one group, without a copy of g.

    Each turn of the inner loop asks for a cache line that the next block will read.
    """
    C, H, W, M, TH, TW = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    rows, height, width, band, bands = sizes[11], sizes[17], sizes[18], sizes[19], sizes[20]
    lanes = REGISTER_BYTES // source.itemsize
    chunks, step = partial.shape[0], TH * TW
    total = source.shape[0] // (C * H * W) * bands
    packed = np.zeros(C * phases.shape[0] * height * width + lanes, source.dtype)
    end = np.empty(BLOCK * lanes, source.dtype)  # of each channel what fills no vector, and zeros
    ones, zero = np.ones(lanes, source.dtype), np.int64(0)
    for chunk in range(start, stop):
        sums = partial[chunk]
        for unit in range(chunk * total // chunks, (chunk + 1) * total // chunks):
            n, first = unit // bands, unit % bands * band
            pack(source, n * C * H * W, packed, zero, phases, first, sizes)
            count = min(band, rows - first) * TW
            whole = count // lanes * lanes
            at = zero
            for b in range(blocks.shape[0]):
                line = (n * M + blocks[b, 0]) * step + first * TW
                for r in range(BLOCK):
                    for i in range(lanes):
                        end[r * lanes + i] = g[line + r * step + whole + i] if whole + i < count else 0
                soon = line + BLOCK * step
                pace = BLOCK * step * WIDE // (K * (whole // lanes)) + 1
                for k in range(0, K, WIDE):
                    tile = zeros(packed, BLOCK, WIDE)
                    for p in range(0, whole, lanes):
                        prefetch(g, soon)
                        soon += pace
                        tile = add_dots(tile, g, line + p, step, packed, p, offsets, k)
                    add_sums(add_dots(tile, end, zero, lanes, packed, whole, offsets, k), sums, at)
                    at += BLOCK * WIDE
                tile = zeros(packed, BLOCK, 1)
                for p in range(0, whole, lanes):
                    tile = add_dots(tile, g, line + p, step, ones, zero, offsets, K)
                add_sums(add_dots(tile, end, zero, lanes, ones, zero, offsets, K), sums, at)
                at += BLOCK


@kernel()
def unpack_sums(partial, blocks, dweight, dbias, per_group):
    """dweight (M, K), dbias (M,) = the sum of the chunks, taken out of the order of the tiles."""
    M, K = dweight.shape
    at = 0
    for group in range(0, M, per_group):
        for b in range(blocks.shape[0]):
            first, rows = blocks[b, 0], blocks[b, 1]
            vectors = WIDE if rows == BLOCK else NARROW if rows == OTHER else SINGLE
            for k in range(0, K, vectors):
                for r in range(min(rows, per_group - first)):
                    for v in range(min(vectors, K - k)):
                        total = partial[0, at + r * vectors + v]
                        for chunk in range(1, partial.shape[0]):
                            total += partial[chunk, at + r * vectors + v]
                        dweight[group + first + r, k + v] = total
                at += rows * vectors
            for r in range(min(rows, per_group - first)):
                total = partial[0, at + r]
                for chunk in range(1, partial.shape[0]):
                    total += partial[chunk, at + r]
                dbias[group + first + r] = total
            at += rows


def sums_per_group(blocks, K):
    """Numbers in the tiles of one group."""
    vectors = {BLOCK: WIDE, OTHER: NARROW, 1: SINGLE}
    return sum(height * (-(-K // vectors[height]) * vectors[height] + 1) for _, height in blocks.tolist())
