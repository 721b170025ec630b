"""Convolutions with 3 x 3 kernels in fewer multiplications: Winograd's F(2 x 2, 3 x 3).

    forward, grad_input, grad_weight   as in conv.py, for contiguous arrays, stride 1 and one group
    suits                              for which of the three this is the quicker way

A tile of 2 x 2 outputs reads a patch d of 4 x 4 numbers. With constant matrices A, B, G

    tile = A^T [ sum over c of (G w G^T) * (B^T d B) ] A      16 products instead of 36

so that a convolution is 16 products of matrices (tiles x channels) between cheap transforms. The input
gradient is the same on g with weights turned by half a turn; the weight gradient of a tile is
G^T [(A g A^T) * (B^T d B)] G, summed over tiles before the last transform. The 2 x 2 tile is at once the
window of a fused max-pooling.

Its errors are smaller than those of the direct sum, 0.3 to 0.7 times, because a sum has C terms instead of
9 C; the larger F(4 x 4, 3 x 3) loses a digit. Infinity and NaN reach every output of a tile that reads them:
up to 4 x 4 outputs instead of 3 x 3, infinity as NaN.

Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016).
Below: winograd_block.py, conv_last.py, _pool.py. Above: conv.py. Tests: tests/kernels/test_winograd.py.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from . import _pool, conv_last, winograd_block
from ._vector import REGISTER_BYTES, lanes

# Bytes of the transformed image of one unit, and of the sums that are made of it at a time: both, and
# the weights of a block, should stay in a core's second-level cache.
PLANES_BYTES, SUMS_BYTES = 160 * 1024, 128 * 1024
# With many channels the weights do not stay there: each reading should serve so many tiles.
TILES = 64
# Into how many partial sums the weight gradient is split: fixed by the shapes, so that the result has
# the same bits for any number of threads. Each should see so many tiles and all take so many bytes.
CHUNKS, CHUNK_TILES, PARTIAL_BYTES = 8, 128, 2 << 20
# Blocks of output channels in a piece of the weight gradient at least.
SHARE_BLOCKS = 4
# Costs in multiply-adds, measured: a tile of one channel on its way in, and out; a weight transformed;
# a number of a partial sum; what else a call does; and the weights packed in conv_pack.py, one channel's.
IN, OUT, WEIGHT, SUM, CALL, DIRECT_WEIGHT = 130, 110, 200, 24, 240_000, 800


def _whole(channels: int, itemsize: int) -> int:
    """Channels rounded up to blocks."""
    width = 2 * lanes(itemsize)
    return -(-channels // width) * width


def _cost(itemsize, N, C, M, tiles) -> float:
    """Time for one image from C to M channels, in multiply-adds."""
    whole_c, whole_m = _whole(C, itemsize), _whole(M, itemsize)
    once = WEIGHT * C * whole_m + CALL
    return 16 * tiles * C * whole_m + tiles * (IN * whole_c + OUT * whole_m) + once / N


def _cost_of_grad_weight(itemsize, N, C, M, tiles) -> float:
    whole_c, whole_m = _whole(C, itemsize), _whole(M, itemsize)
    weights = whole_c * whole_m
    sums = 16 * _chunks(N * tiles, 16 * weights * itemsize)
    once = (SUM * sums + WEIGHT) * weights + CALL
    return 16 * tiles * weights + tiles * IN * (whole_c + whole_m) + once / N


def _chunks(tiles: int, size: int) -> int:
    return max(1, min(CHUNKS, tiles // CHUNK_TILES, PARTIAL_BYTES // size))


def suits(itemsize, x_shape, weight_shape, stride, padding, dilation, groups) -> tuple[bool, bool, bool]:
    """Whether this is the quicker way for the forward, grad_input, grad_weight."""
    (N, C, H, W), (M, _, *kernel) = x_shape, weight_shape
    OH, OW = H + padding[0] + padding[1] - 2, W + padding[2] + padding[3] - 2
    if groups != 1 or stride != (1, 1) or dilation != (1, 1) or kernel != [3, 3] or min(N, OH, OW) < 1:
        return False, False, False
    settings = itemsize, x_shape, weight_shape, stride, padding, dilation
    turned, along = conv_last.costs(*settings)
    along += DIRECT_WEIGHT * C * M / N
    others = [0.85 * (turned if last else along) for last in conv_last.suits(*settings, groups)]
    tiles, tiles_in = -(-OH // 2) * -(-OW // 2), -(-H // 2) * -(-W // 2)
    return (
        _cost(itemsize, N, C, M, tiles) < others[0],
        _cost(itemsize, N, M, C, tiles_in) < others[1] and max(padding) <= 2,
        _cost_of_grad_weight(itemsize, N, C, M, tiles) < others[2],
    )


@lru_cache(maxsize=256)
def _sizes(itemsize, images, source, target, padding, pool=False) -> tuple[int, ...]:
    """The integers of a correlation from ``source`` (C, H, W) to ``target`` (M, OH, OW)."""
    width = 2 * lanes(itemsize)
    down, across = (n // 2 if pool else -(-n // 2) for n in target[1:])
    inner, outer = -(-source[0] // width), -(-target[0] // width)
    most = max(TILES, PLANES_BYTES // (16 * inner * width * itemsize))  # tiles in a unit
    band = max(1, min(down, most // across))
    bands = -(-down // band)
    band = -(-down // bands)  # equal bands
    together = max(1, min(images // 8, most // (down * across))) if bands == 1 else 1
    tiles = together * band * across
    blocks = max(1, min(outer, SUMS_BYTES // (16 * tiles * width * itemsize)))
    return (*source, *target, *padding[::2], down, across, band, bands, together, blocks)


def _aligned(count: int, dtype) -> np.ndarray:
    """An array from the start of a vector, so that none straddles two cache lines."""
    array = np.empty(count + REGISTER_BYTES // dtype.itemsize, dtype)
    first = -array.ctypes.data % REGISTER_BYTES // dtype.itemsize
    return array[first : first + count]


def _correlate(source, weight, bias, target, where, outputs, padding, steps, flip, floor) -> None:
    (N, C), M = source.shape[:2], target.shape[1]
    width = 2 * lanes(source.itemsize)
    outer = -(-M // width)
    packed = _aligned(16 * (outer * C | 1) * width, source.dtype)
    _pool.run(
        winograd_block.pack_weight, outer, weight.reshape(-1), packed, M, C, *steps, flip, work=M * C * 16
    )
    begin = np.zeros(2 * outer * width, source.dtype)
    if bias is not None:
        begin[outer * width :][:M] = bias
    pool = where is not None
    sizes = _sizes(source.itemsize, N, source.shape[1:], (M, *outputs), padding, pool)
    down, across, _, bands, together, _ = sizes[8:]
    _pool.run(
        winograd_block.correlate, -(-N // together) * bands, source.reshape(-1), packed, begin,
        target.reshape(-1), (where if pool else np.empty(0, np.uint8)).reshape(-1), sizes, pool,
        float(floor), work=N * C * M * down * across * 4,
    )  # fmt: skip


def forward(x, weight, bias, y, outputs, padding, floor, where=None) -> None:
    C = x.shape[1]
    _correlate(x, weight, bias, y, where, outputs, padding, (C * 9, 9), False, floor)


def grad_input(g, weight, dx, padding) -> None:
    C = dx.shape[1]
    turned = tuple(2 - p for p in padding)
    _correlate(g, weight, None, dx, None, dx.shape[2:], turned, (9, C * 9), True, -np.inf)


def grad_weight(g, x, padding) -> tuple[np.ndarray, np.ndarray]:
    (N, C), M = x.shape[:2], g.shape[1]
    width = 2 * lanes(x.itemsize)
    inner, outer = -(-C // width), -(-M // width)
    sizes = _sizes(x.itemsize, N, x.shape[1:], g.shape[1:], padding)
    down, across, _, bands, together, _ = sizes[8:]
    units = -(-N // together) * bands
    count = 16 * (inner * outer * width | 1) * width
    chunks = min(units, _chunks(N * down * across, count * x.itemsize))
    partial = np.zeros((chunks, count), x.dtype)
    partial_bias = np.zeros((chunks, outer * width), x.dtype)
    # Few partial sums are shared by several pieces of work, each of which transforms all of x.
    shares = max(1, min(CHUNKS // chunks, outer // SHARE_BLOCKS))
    _pool.run(
        winograd_block.grad_weight, chunks * shares, x.reshape(-1), g.reshape(-1), partial, partial_bias,
        sizes, shares, work=N * C * M * down * across * 4,
    )  # fmt: skip
    dweight = np.empty((M, C, 3, 3), x.dtype)
    winograd_block.unpack_weight(partial.sum(axis=0), dweight.reshape(-1), M, C)
    return dweight, partial_bias.sum(axis=0)[:M]
