"""The loops of Winograd's convolution. Arrays are flat; WIDTH is two vectors of channels.

    source    (N, C, H, W)                   x, or g for the input gradient
    target    (N, M, OH, OW)                 written; with pooling (N, M, OH // 2, OW // 2)
    packed    (16, M/WIDTH, C, WIDTH)        weights, transformed
    begin     (2, M/WIDTH, WIDTH)            zeros, and the bias
    planes    (16, C/WIDTH, tiles, WIDTH)    image of one unit, transformed
    gradient  (16, M/WIDTH, tiles, WIDTH)    the same of g for the weight gradient
    sums      (16, M/WIDTH, tiles, WIDTH)    their products, some blocks of M at a time
    partial   (16, M/WIDTH, C/WIDTH, WIDTH, WIDTH)  sums of the weight gradient, for each chunk

A tile is a square of 2 x 2 outputs; tiles are counted through the images and rows of a unit. A unit
is a band of rows of tiles of one image, or several whole images. Numbers beyond the last channel
of a block are zeros. ``sizes`` are from winograd.py.

Below: _vector.py, _vector_product.py, _vector_winograd.py, conv_pack.py, pool.py. Above: winograd.py.
Tests: tests/kernels/test_winograd.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_outer, compile_apart, store
from ._vector_product import add_rows, load, plus, turn
from ._vector_winograd import (
    block_width,
    from_planes,
    gradient_to_planes,
    to_planes,
    weight_from_planes,
    weight_to_planes,
)
from .conv_pack import copy_rows
from .pool import max_of_fours

# Rows of a register tile of two vectors, as in conv_last_block.py.
TALL = 12 if REGISTERS >= 32 else 6
# The plane to which the bias is added: its number reaches all four outputs of a tile once.
MIDDLE = 5


@kernel(helper=True)
def aligned(count, like):
    """``count`` numbers of the dtype of ``like``, not set; no vector straddles two cache lines."""
    array = np.empty(count + REGISTER_BYTES // like.itemsize, like.dtype)
    first = -array.ctypes.data % REGISTER_BYTES // like.itemsize
    return array[first : first + count]


@kernel(helper=True)
def turn_block(out, i, out_step, a, j, a_step, rows, cols):
    """out[i + c*out_step + r] = a[j + r*a_step + c] in squares; the last ones overlap those before.

    The inner loop follows the array whose rows lie far apart: often by a power of two, which lets only
    a few of them into the first-level cache at a time.
    """
    compile_apart()
    lanes = block_width(a) // 2
    right, bottom = cols - lanes, rows - lanes
    if right >= 0 and bottom >= 0 and a_step > out_step:
        for row in range(0, rows, lanes):
            r = min(row, bottom)
            for col in range(0, cols, lanes):
                c = min(col, right)
                turn(out, i + c * out_step + r, out_step, a, j + r * a_step + c, a_step)
    elif right >= 0 and bottom >= 0:
        for col in range(0, cols, lanes):
            c = min(col, right)
            for row in range(0, rows, lanes):
                r = min(row, bottom)
                turn(out, i + c * out_step + r, out_step, a, j + r * a_step + c, a_step)
    else:
        for r in range(rows):
            for c in range(cols):
                out[i + c * out_step + r] = a[j + r * a_step + c]


@kernel(helper=True)
def bring_in(source, n, block, C, H, W, low, left, rows, width, lines, image):
    """Rows ``low``.. of WIDTH channels of an image, channels innermost and padded: (rows, width, WIDTH).

    The columns of the padding are zeros from the start.
    """
    compile_apart()
    WIDTH = block_width(source)
    first, last = min(max(low, 0), H), min(low + rows, H)
    last = max(first, last)
    channels, zero = min(WIDTH, C - block * WIDTH), np.int64(0)
    count, line = (last - first) * W, width * WIDTH
    start = ((n * C + block * WIDTH) * H + first) * W
    if channels < WIDTH:
        lines[: count * WIDTH] = 0
    turn_block(lines, zero, WIDTH, source, start, H * W, channels, count)
    place = min(first - low, rows) * line
    image[:place] = 0
    copy_rows(
        image, place + left * WIDTH, line, lines, zero, W * WIDTH, last - first,
        min(W, width - left) * WIDTH, source.dtype.type(-np.inf),
    )  # fmt: skip
    image[place + (last - first) * line : rows * line] = 0


@kernel(helper=True)
def transform_image(source, n, block, sizes, first, here, lines, image, planes, at, step, stride):
    """Rows ``first`` to ``first + here`` of the tiles of one image to planes[at:].

    Planes are ``step`` apart, tiles ``stride``.
    """
    compile_apart()
    C, H, W, top, left, across = sizes[0], sizes[1], sizes[2], sizes[6], sizes[7], sizes[9]
    WIDTH, width = block_width(source), 2 * across + 2
    bring_in(source, n, block, C, H, W, 2 * first - top, left, 2 * here + 2, width, lines, image)
    for i in range(here):
        for j in range(across):
            place = (2 * i * width + 2 * j) * WIDTH
            to_planes(planes, at, 4 * step, step, image, place, width * WIDTH, WIDTH)
            at += stride


@kernel(helper=True)
def transform_gradient(g, n, block, sizes, first, here, lines, image, planes, at, step, stride):
    """As transform_image, for g (N, M, OH, OW)."""
    compile_apart()
    M, OH, OW, across = sizes[3], sizes[4], sizes[5], sizes[9]
    WIDTH, width = block_width(g), 2 * across
    zero = np.int64(0)
    bring_in(g, n, block, M, OH, OW, 2 * first, zero, 2 * here, width, lines, image)
    for i in range(here):
        for j in range(across):
            place = (2 * i * width + 2 * j) * WIDTH
            gradient_to_planes(planes, at, 4 * step, step, image, place, width * WIDTH, WIDTH)
            at += stride


def _multiply(rows):
    """Products of some tiles with WIDTH output channels in one plane, ``rows`` tiles at a time."""

    @kernel(helper=True)
    def multiply(planes, a, stride, C, weight, w, begin, b, sums, at, tiles):
        """sums[at + p*WIDTH + m] = begin[b + m] + sum_c planes[a + p*stride + c] * weight[w + c*WIDTH + m]"""
        compile_apart()
        WIDTH = block_width(planes)
        for _ in range(0, tiles, rows):
            tile = load(begin, b, np.int64(0), rows, 2)
            for c in range(C):
                tile = add_rows(tile, planes, a + c, stride, weight, w + c * WIDTH)
            store(tile, sums, at, WIDTH)
            a += rows * stride
            at += rows * WIDTH

    return multiply


multiply_tall, multiply_four = _multiply(TALL), _multiply(4)


@kernel(helper=True)
def multiply_planes(planes, step, stride, tiles, C, weight, begin, m_block, blocks, sums, sum_step):
    """sums = planes @ weight + begin for blocks ``m_block``.. of channels, plane by plane."""
    compile_apart()
    WIDTH = block_width(planes)
    total = begin.shape[0] // (2 * WIDTH)
    fours = tiles % 12 // 4 * 4
    most = tiles - fours
    for plane in range(16):
        for m in range(blocks):
            w = plane * (weight.shape[0] // 16) + (m_block + m) * C * WIDTH
            b = ((total if plane == MIDDLE else 0) + m_block + m) * WIDTH
            a, at = plane * step, plane * sum_step + m * tiles * WIDTH
            multiply_tall(planes, a, stride, C, weight, w, begin, b, sums, at, most)
            a, at = a + most * stride, at + most * WIDTH
            multiply_four(planes, a, stride, C, weight, w, begin, b, sums, at, fours)


@kernel(helper=True)
def transform_back(sums, at, step, here, across, width, floor, lines):
    """lines (rows, width, WIDTH) = the outputs of ``here`` rows of tiles.

    Where ``width`` is odd, the number right of a row falls on the next row's first: tiles go from
    right to left, so that the right one is written last.
    """
    compile_apart()
    WIDTH = block_width(sums)
    for i in range(here):
        for j in range(across - 1, -1, -1):
            place, source = (2 * i * width + 2 * j) * WIDTH, at + (i * across + j) * WIDTH
            from_planes(lines, place, width * WIDTH, WIDTH, sums, source, 4 * step, step, floor)


@ranged()
def correlate(source, weight, begin, target, where, sizes, pool, floor, start, stop):
    """Units ``start`` to ``stop`` of a forward or an input gradient.

    With ``pool`` the target holds the maxima of 2 x 2 outputs, and ``where`` their numbers.
    """
    C, H, W, M, OH, OW = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    down, across, band, bands, images, most = (
        sizes[8], sizes[9], sizes[10], sizes[11], sizes[12], sizes[13],
    )  # fmt: skip
    WIDTH = block_width(source)
    everything, least = source.dtype.type(-np.inf), source.dtype.type(floor)
    zero, one = np.int64(0), np.int64(1)
    N = source.shape[0] // (C * H * W)
    tiles = (images * band * across + 3) // 4 * 4
    inner, outer = (C + WIDTH - 1) // WIDTH, (M + WIDTH - 1) // WIDTH
    # An odd number of cache lines, lest all planes fall on the same ways of the cache.
    stride = inner * WIDTH
    step, sum_step = (inner * tiles | 1) * WIDTH, (most * tiles | 1) * WIDTH
    planes, sums = aligned(16 * step, source), aligned(16 * sum_step, source)
    image = aligned((2 * band + 2) * (2 * across + 2) * WIDTH, source)
    planes[:] = 0  # tiles that fill up a register tile are computed and dropped
    image[:] = 0
    width = 2 * across if pool else OW
    positions = 2 * band * 2 * across
    lines = aligned((max(positions, (2 * band + 2) * W) + 2) * WIDTH, source)
    rows = aligned(positions * WIDTH, source)
    for unit in range(start, stop):
        first = unit % bands * band
        here = min(band, down - first)
        n = unit // bands * images
        last = min(N, n + images)
        for k in range(n, last):
            for c in range(inner):
                at = (k - n) * band * across * stride + c * WIDTH
                transform_image(source, k, c, sizes, first, here, lines, image, planes, at, step, stride)
        for m_block in range(0, outer, most):
            blocks = min(most, outer - m_block)
            multiply_planes(planes, step, stride, tiles, C, weight, begin, m_block, blocks, sums, sum_step)
            for k in range(n, last):
                for m in range(blocks):
                    channel = (m_block + m) * WIDTH
                    channels = min(WIDTH, M - channel)
                    at = (m * tiles + (k - n) * band * across) * WIDTH
                    if pool:
                        transform_back(sums, at, sum_step, here, across, width, everything, lines)
                        count = 2 * here * width
                        turn_block(rows, zero, count, lines, zero, WIDTH, count, channels)
                        for r in range(channels):
                            out = ((k * M + channel + r) * down + first) * across
                            max_of_fours(target, where, out, rows, r * count, width, here, across)
                            copy_rows(target, out, zero, target, out, zero, one, here * across, least)
                    else:
                        transform_back(sums, at, sum_step, here, across, width, least, lines)
                        out = ((k * M + channel) * OH + 2 * first) * OW
                        count = min(2 * here, OH - 2 * first) * OW
                        turn_block(target, out, OH * OW, lines, zero, WIDTH, count, channels)


def _products(rows):
    """Sums of the products of ``rows`` channels of g with WIDTH channels of x in one plane."""

    @kernel(helper=True)
    def products(gradient, a, planes, b, tiles, sums, at):
        """sums[at + r*WIDTH + c] += sum over tiles of gradient[.. r] * planes[.. c]"""
        compile_apart()
        WIDTH = block_width(planes)
        tile = load(sums, at, WIDTH, rows, 2)
        for _ in range(tiles):
            tile = add_outer(tile, gradient, a, planes, b)
            a += WIDTH
            b += WIDTH
        store(tile, sums, at, WIDTH)

    return products


products_tall, products_four = _products(TALL), _products(4)


@ranged()
def grad_weight(source, g, partial, partial_bias, sizes, shares, start, stop):
    """Pieces ``start`` to ``stop``; each sums a chunk of the units for a share of the blocks of M.

    partial (chunks, 16*M*C) and partial_bias (chunks, M) arrive as zeros, M and C in whole blocks.
    """
    C, H, W, M, OW = sizes[0], sizes[1], sizes[2], sizes[3], sizes[5]
    down, across, band, bands, images = sizes[8], sizes[9], sizes[10], sizes[11], sizes[12]
    WIDTH, chunks = block_width(source), partial.shape[0]
    N = source.shape[0] // (C * H * W)
    units = (N + images - 1) // images * bands
    tiles = images * band * across
    inner, outer = (C + WIDTH - 1) // WIDTH, (M + WIDTH - 1) // WIDTH
    step, g_step = (inner * tiles | 1) * WIDTH, (outer * tiles | 1) * WIDTH
    planes, gradient = aligned(16 * step, source), aligned(16 * g_step, source)
    image = aligned((2 * band + 2) * (2 * across + 2) * WIDTH, source)
    image[:] = 0
    g_image = aligned(2 * band * 2 * across * WIDTH, source)
    g_image[:] = 0
    lines = aligned((2 * band + 2) * max(W, OW) * WIDTH, source)
    fours, zero = WIDTH % 12 // 4, np.int64(0)
    for piece in range(start, stop):
        chunk, share = piece // shares, piece % shares
        low, high = share * outer // shares, (share + 1) * outer // shares
        sums, bias = partial[chunk], partial_bias[chunk]
        for unit in range(chunk * units // chunks, (chunk + 1) * units // chunks):
            first = unit % bands * band
            here = min(band, down - first)
            n = unit // bands * images
            count = (min(N, n + images) - n) * here * across
            for k in range(min(N, n + images) - n):
                place = k * here * across
                for c in range(inner):
                    at = (c * tiles + place) * WIDTH
                    transform_image(
                        source, n + k, c, sizes, first, here, lines, image, planes, at, step, WIDTH
                    )
                for m in range(low, high):
                    at = (m * tiles + place) * WIDTH
                    transform_gradient(
                        g, n + k, m, sizes, first, here, lines, g_image, gradient, at, g_step, WIDTH
                    )
            for m in range(low, high):
                total = load(bias, m * WIDTH, zero, 1, 2)
                a = MIDDLE * g_step + m * tiles * WIDTH
                for p in range(count):
                    total = plus(total, load(gradient, a + p * WIDTH, zero, 1, 2))
                store(total, bias, m * WIDTH, zero)
            for plane in range(16):
                at = plane * (sums.shape[0] // 16) + low * inner * WIDTH * WIDTH
                for m in range(low, high):
                    for c in range(inner):
                        a = plane * g_step + m * tiles * WIDTH
                        b = plane * step + c * tiles * WIDTH
                        for r in range(0, WIDTH - 4 * fours, TALL):
                            products_tall(gradient, a + r, planes, b, count, sums, at + r * WIDTH)
                        for r in range(WIDTH - 4 * fours, WIDTH, 4):
                            products_four(gradient, a + r, planes, b, count, sums, at + r * WIDTH)
                        at += WIDTH * WIDTH


@ranged()
def pack_weight(weight, packed, M, C, row_step, channel_step, flip, start, stop):
    """Blocks ``start`` to ``stop`` of output channels of weight[m*row_step + c*channel_step + tap].

    With ``flip`` the taps are read backwards.
    """
    WIDTH = block_width(weight)
    step = packed.shape[0] // 16
    lanes, zero = WIDTH // 2, np.int64(0)
    taps = aligned(max(9, lanes) * WIDTH, weight)
    first, tap_step = (8 * WIDTH, -WIDTH) if flip else (zero, WIDTH)
    for block in range(start, stop):
        here = min(WIDTH, M - block * WIDTH)
        taps[:] = 0
        for c in range(C):
            source = block * WIDTH * row_step + c * channel_step
            if here == WIDTH and lanes >= 9 and source + (WIDTH - 1) * row_step + lanes <= weight.size:
                # In whole squares; what follows the nine taps is not looked at.
                turn_block(taps, zero, WIDTH, weight, source, row_step, here, lanes)
            else:
                turn_block(taps, zero, WIDTH, weight, source, row_step, here, np.int64(9))
            at = (block * C + c) * WIDTH
            weight_to_planes(packed, at, 4 * step, step, taps, first, 3 * tap_step, tap_step)


@kernel()
def unpack_weight(sums, dweight, M, C):
    """dweight (M*C*9,) from the sums of all chunks."""
    WIDTH = block_width(sums)
    inner = (C + WIDTH - 1) // WIDTH
    step = sums.shape[0] // 16
    taps, zero = aligned(9 * WIDTH, sums), np.int64(0)
    for m in range(M):
        for c in range(0, C, WIDTH):
            at = ((m // WIDTH * inner + c // WIDTH) * WIDTH + m % WIDTH) * WIDTH
            weight_from_planes(taps, zero, 3 * WIDTH, WIDTH, sums, at, 4 * step, step)
            nine = np.int64(9)
            turn_block(dweight, (m * C + c) * 9, nine, taps, zero, WIDTH, nine, min(WIDTH, C - c))
