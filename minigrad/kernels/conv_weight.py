"""The weight gradient of a convolution, and with it that of the bias.

    dweight[m, k] = sum over images and positions p of g[m, p] * image[offset[k] + p]

A tile holds the sums of 8 channels x 3 taps, 4 x 6, or 1 x 9 (with 16 registers 4 x 3, 6 x 2 or 1 x 9),
each a vector of partial sums over p that is added up at the end (_vector.py). g and the image run along p
together. Where a row of the packed image is as long as one of g (conv_plan.columns_apart), large images
of g are read where they lie. Others are packed, rows as far apart as those of the image, zeros between
them.

The images are cut into a fixed number of chunks, each with sums of its own, added in order.

Below: conv_pack.py. Above: conv.py. Tests: tests/ops/test_conv.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_dots, add_sums, zeros
from .conv_pack import BLOCK, OTHER, pack, pack_gradient

# Taps beside the channels of a tile (see conv_block.py).
WIDE, NARROW, SINGLE = (3, 6, 9) if REGISTERS >= 32 else (3, 2, 9)


def _dots(rows, vectors):
    """Products of ``rows`` channels of g with the image at ``vectors`` taps."""

    @kernel(helper=True)
    def dots(g, line, step, last, end, end_step, packed, base, places, offsets, K, ones, sums, at):
        """Adds the tiles of ``vectors`` taps each to ``sums`` from ``at`` on; returns their end:

        sum_i g[line + r*step + i*lanes : + lanes] * packed[places[i] + base + offsets[k] : + lanes]

        The vectors at the last of the places lie at last[end + r*end_step :]. After the tiles come the
        sums of g itself, its products with ``ones``.
        """
        lanes = REGISTER_BYTES // packed.itemsize
        count, zero = places.shape[0] - 1, np.int64(0)
        for k in range(0, K, vectors):
            tile = zeros(packed, rows, vectors)
            for i in range(count):
                tile = add_dots(tile, g, line + i * lanes, step, packed, places[i] + base, offsets, k)
            tile = add_dots(tile, last, end, end_step, packed, places[count] + base, offsets, k)
            add_sums(tile, sums, at)
            at += rows * vectors
        tile = zeros(packed, rows, 1)
        for i in range(count):
            tile = add_dots(tile, g, line + i * lanes, step, ones, zero, offsets, K)
        add_sums(add_dots(tile, last, end, end_step, ones, zero, offsets, K), sums, at)
        return at + rows

    return dots


dots_block, dots_other, dots_single = _dots(BLOCK, WIDE), _dots(OTHER, NARROW), _dots(1, SINGLE)


@kernel(helper=True)
def copy_ends(g, line, step, M, first, stop, ends, lanes):
    """Numbers ``first`` to ``stop`` of each channel of g, at most a vector, and zeros after them."""
    for m in range(M):
        for i in range(lanes):
            place = line + m * step + first + i
            ends[m * lanes + i] = g[place] if first + i < stop else 0


@ranged()
def grad_weight(source, g, partial, phases, offsets, blocks, sizes, K, images, in_place, start, stop):
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
    image = C * channel + width + lanes
    packed = np.zeros(images * image, source.dtype)
    # What g is read from: an array of its own, or itself but for the ends of its channels.
    step = TH * TW if in_place else images * run
    last_step = lanes if in_place else step
    packed_g = np.zeros((M + 7) * last_step + lanes, source.dtype)
    # From a cache line's start: vectors that straddle two lines take two loads each.
    packed_g = packed_g[-packed_g.ctypes.data % REGISTER_BYTES // source.itemsize :]
    gradient = g if in_place else packed_g
    ones = np.ones(lanes, source.dtype)
    # One loop over the vectors of all units: short loops end in a mispredicted branch each.
    places = np.empty(images * run // lanes, np.int64)
    for i in range(places.shape[0]):
        places[i] = i * lanes // run * image + i * lanes % run
    for chunk in range(start, stop):
        sums = partial[chunk]
        last = (chunk + 1) * total // chunks
        for unit in range(chunk * total // chunks, last, images):
            together = min(images, last - unit)
            here = band
            for t in range(together):
                n = (unit + t) // bands
                first = ((unit + t) % bands) * band
                here = min(band, rows - first)
                pack(source, n * C * H * W, packed, t * image, phases, first, sizes)
                if not in_place:
                    pack_gradient(g, n * M * TH * TW, M, packed_g, t * run, run, step, sizes, first, here)
            count, line0 = together * run // lanes, np.int64(0)
            if in_place:
                count = (here * TW + lanes - 1) // lanes
                line0 = unit // bands * M * step + unit % bands * band * TW
                copy_ends(g, line0, step, M, (count - 1) * lanes, here * TW, packed_g, lanes)
            at = np.int64(0)
            for group in range(groups):
                base = group * (C // groups) * channel
                for b in range(blocks.shape[0]):
                    m = group * per_group + blocks[b, 0]
                    line, end = line0 + m * step, m * last_step
                    if not in_place:
                        end += (count - 1) * lanes
                    if blocks[b, 1] == BLOCK:
                        at = dots_block(
                            gradient, line, step, packed_g, end, last_step, packed, base, places[:count],
                            offsets, K, ones, sums, at,
                        )  # fmt: skip
                    elif blocks[b, 1] == OTHER:
                        at = dots_other(
                            gradient, line, step, packed_g, end, last_step, packed, base, places[:count],
                            offsets, K, ones, sums, at,
                        )  # fmt: skip
                    else:
                        at = dots_single(
                            gradient, line, step, packed_g, end, last_step, packed, base, places[:count],
                            offsets, K, ones, sums, at,
                        )  # fmt: skip


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
