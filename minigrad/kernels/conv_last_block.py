"""The loops of a convolution whose channels lie innermost, in tiles. Arrays are flat.

    turned    (units, C/WIDTH, H*W, images + 1, WIDTH)  a batch, WIDTH channels side by side: two vectors.
                                                    Images beyond the last one are zeros; one more is
                                                    never read, and keeps places from lying a power of
                                                    two apart, where they share few lines of a cache
    weight    (M/WIDTH, C, taps, WIDTH)             packed for the channels that are written
    partial   (units, C/WIDTH, M/WIDTH, taps, WIDTH, WIDTH)  weight gradients of each unit of images

What lies where is said by tables of conv_last.py: which taps meet which places. A tile holds the
sums of a few images, or of a few channels of x, times WIDTH channels, so that no padding is ever
multiplied and any stride costs the same. ``images`` is a multiple of 4.

Below: _vector.py, _vector_product.py. Above: conv_last.py. Tests: tests/ops/test_conv.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_outer, compile_apart, store, zeros
from ._vector_product import add_rows, at_least, load, plus, turn

# Rows of a tile of two vectors: as many sums as registers allow. Multiples of 4 are made of those
# and of tiles of 4 rows.
TALL = 12 if REGISTERS >= 32 else 6


@ranged()
def turn_in(x, turned, C, S, images, start, stop):
    """Blocks ``start`` to ``stop`` of channels of x (N, C, S); a block is WIDTH channels of a unit."""
    lanes = REGISTER_BYTES // x.itemsize
    width = 2 * lanes
    blocks, total = C // width, x.shape[0] // (C * S)
    step = (images + 1) * width
    for index in range(start, stop):
        unit, block = index // blocks, index % blocks
        here = min(images, total - unit * images)
        source, at = (unit * images * C + block * width) * S, index * S * step
        # Squares of two vectors: whole cache lines on both sides.
        for s in range(0, S - lanes + 1, width):
            for n in range(here):
                i, j = at + s * step + n * width, source + n * C * S + s
                for part in range(0, width, lanes):
                    turn(turned, i + part, step, x, j + part * S, S)
                    if s + width <= S:
                        turn(turned, i + part + lanes * step, step, x, j + part * S + lanes, S)
        for n in range(here):
            for s in range(S // lanes * lanes, S):
                for c in range(width):
                    turned[at + s * step + n * width + c] = x[source + (n * C + c) * S + s]
        for n in range(here, images):
            for s in range(S):
                for c in range(width):
                    turned[at + s * step + n * width + c] = 0


@ranged()
def turn_out(turned, y, M, S, images, start, stop):
    """The way back: blocks ``start`` to ``stop`` of channels to y (N, M, S)."""
    lanes = REGISTER_BYTES // y.itemsize
    width = 2 * lanes
    blocks, total = M // width, y.shape[0] // (M * S)
    step = (images + 1) * width
    for index in range(start, stop):
        unit, block = index // blocks, index % blocks
        here = min(images, total - unit * images)
        target, at = (unit * images * M + block * width) * S, index * S * step
        for s in range(0, S - lanes + 1, width):
            for n in range(here):
                i, j = at + s * step + n * width, target + n * M * S + s
                for part in range(0, width, lanes):
                    turn(y, j + part * S, S, turned, i + part, step)
                    if s + width <= S:
                        turn(y, j + part * S + lanes, S, turned, i + part + lanes * step, step)
        for n in range(here):
            for s in range(S // lanes * lanes, S):
                for c in range(width):
                    y[target + (n * M + c) * S + s] = turned[at + s * step + n * width + c]


def _sums(rows):
    """Sums of ``rows`` images at one position of the target."""

    @kernel(helper=True)
    def sums(
        source, image, plane, step, C, count, weight, w, taps, places, first, last, bias, b, floor,
        target, out,
    ):  # fmt: skip
        compile_apart()
        width = 2 * (REGISTER_BYTES // source.itemsize)
        tile = load(bias, b, np.int64(0), rows, 2)
        for t in range(first, last):
            a = image + places[t] * step
            k = w + taps[t] * width
            for _ in range(0, C, width):
                for c in range(width):
                    tile = add_rows(tile, source, a + c, width, weight, k + c * count * width)
                a += plane
                k += count * width * width
        store(at_least(tile, floor), target, out, width)

    return sums


sums_tall, sums_four = _sums(TALL), _sums(4)


@ranged()
def correlate(source, weight, bias, target, starts, taps, places, S, C, images, floor, start, stop):
    """Positions ``start`` to ``stop`` of the target, counted through units and blocks of channels.

    target[p] = bias + sum over t in starts[p]..starts[p + 1] of weight[taps[t]] @ source[places[t]]
    """
    width = 2 * (REGISTER_BYTES // source.itemsize)
    P, inner = starts.shape[0] - 1, C // width
    step, least = (images + 1) * width, source.dtype.type(floor)
    plane = S * step
    blocks = bias.shape[0] // width
    per_block = weight.shape[0] // blocks
    count = per_block // (C * width)  # taps
    fours = images % 12 // 4
    for index in range(start, stop):
        unit, block, p = index // (blocks * P), index // P % blocks, index % P
        image, out = unit * inner * plane, index * step
        w, b, first, last = block * per_block, block * width, starts[p], starts[p + 1]
        for n in range(0, images - 4 * fours, TALL):
            sums_tall(
                source, image + n * width, plane, step, C, count, weight, w, taps, places, first, last,
                bias, b, least, target, out + n * width,
            )  # fmt: skip
        for n in range(images - 4 * fours, images, 4):
            sums_four(
                source, image + n * width, plane, step, C, count, weight, w, taps, places, first, last,
                bias, b, least, target, out + n * width,
            )  # fmt: skip


def _products(rows):
    """Sums of the products of ``rows`` channels of x with WIDTH channels of g at one tap."""

    @kernel(helper=True)
    def products(x, a, g, b, step, positions, places, first, last, images, sums, at):
        compile_apart()
        width = 2 * (REGISTER_BYTES // x.itemsize)
        tile = load(sums, at, width, rows, 2)
        for t in range(first, last):
            i, j = a + places[t] * step, b + positions[t] * step
            for n in range(images):
                tile = add_outer(tile, x, i + n * width, g, j + n * width)
        store(tile, sums, at, width)

    return products


products_tall, products_four = _products(TALL), _products(4)


@ranged()
def grad_weight(x, g, partial, starts, positions, places, S, P, C, M, taps, images, start, stop):
    """Sums ``start`` to ``stop``, counted through units, blocks of C and blocks of M.

    ``partial`` arrives as zeros. starts[band * taps + tap] is where the pairs of one tap begin that
    lie in one band of positions; a band of x and of g stays in the first-level cache.
    """
    width = 2 * (REGISTER_BYTES // x.itemsize)
    step = (images + 1) * width
    inner, outer = C // width, M // width
    fours = width % 12 // 4
    for index in range(start, stop):
        unit, c_block, m_block = index // (inner * outer), index // outer % inner, index % outer
        a = (unit * inner + c_block) * S * step
        b = (unit * outer + m_block) * P * step
        for pair in range(starts.shape[0] - 1):
            first, last = starts[pair], starts[pair + 1]
            at = (index * taps + pair % taps) * width * width
            for c in range(0, width - 4 * fours, TALL):
                products_tall(
                    x, a + c, g, b, step, positions, places, first, last, images, partial, at + c * width
                )
            for c in range(width - 4 * fours, width, 4):
                products_four(
                    x, a + c, g, b, step, positions, places, first, last, images, partial, at + c * width
                )


@kernel()
def grad_bias(g, P, M, images, dbias):
    """The sum of every channel of g over units, positions and images; ``dbias`` arrives as zeros."""
    width = 2 * (REGISTER_BYTES // g.itemsize)
    step = (images + 1) * width
    blocks = M // width
    four = np.empty(4 * width, g.dtype)
    for index in range(g.shape[0] // (P * step)):
        tile = zeros(g, 4, 2)
        for p in range(index * P, (index + 1) * P):
            for i in range(p * step, p * step + images * width, 4 * width):
                tile = plus(tile, load(g, i, width, 4, 2))
        store(tile, four, np.int64(0), width)
        for i in range(4 * width):
            dbias[index % blocks * width + i % width] += four[i]
