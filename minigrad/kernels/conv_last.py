"""Convolutions with the channels innermost, for images that are small or read with a stride.

The convolution of conv_plan.py runs along the rows of an image: short rows, padding and strides
cost it a part of every vector. Here a batch is turned so that the channels of one place lie side
by side, and every place of the output is a product of its own, of the taps that meet the image
there and no others.

    forward, grad_input, grad_weight   as in conv.py, for contiguous arrays and one group
    suits                              for which of the three this is the quicker way
    costs                              the estimates behind it, for winograd.py, conv_images.py

Which tap meets which place is the same for all three: triples (p, tap, s), where output position
p reads place s of the image with that tap. The forward wants them in the order of p, the input
gradient in that of s, the weight gradient in that of the taps.

Below: conv_last_block.py, _pool.py. Above: conv.py. Tests: tests/ops/test_conv.py.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from . import _pool, conv_last_block
from ._vector import lanes
from .conv_plan import EVEN, EVEN_ROW, ROW, VECTOR, forward_geometry, output_size, packed_rows

# Images that are turned together: rows for the tiles, and units of work.
IMAGES = 32
# Partial sums of the weight gradient that threads can share, where there are images enough.
SHARES = 8
# Bytes of x and of g that one band of positions of the weight gradient reads.
BAND_BYTES = 12 * 1024
# Multiply-adds that take as long as turning one number, about a nanosecond; and one of so many bytes that
# they come from memory.
MOVE, MOVE_FAR, NEAR = 32, 96, 8 << 20


class Table(NamedTuple):
    """Pairs in a list: the i-th entry has those from starts[i] to starts[i + 1]."""

    starts: np.ndarray
    first: np.ndarray
    second: np.ndarray


def _axis(size, kernel, stride, padding, dilation, outputs):
    """The triples along one axis: output, tap, and the place inside the image that they meet."""
    i, tap = np.mgrid[:outputs, :kernel].reshape(2, -1)
    place = i * stride - padding + tap * dilation
    inside = (place >= 0) & (place < size)
    return i[inside], tap[inside], place[inside]


def _triples(size, kernel, stride, padding, dilation):
    outputs = output_size(size, kernel, stride, padding, dilation)
    rows = _axis(size[0], kernel[0], stride[0], padding[0], dilation[0], outputs[0])
    cols = _axis(size[1], kernel[1], stride[1], padding[2], dilation[1], outputs[1])
    widths = outputs[1], kernel[1], size[1]
    return [(r[:, None] * w + c).reshape(-1) for r, c, w in zip(rows, cols, widths)], prod(outputs)


def _table(keys, count, first, second) -> Table:
    order = np.argsort(keys, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=count))])
    return Table(*(np.ascontiguousarray(a, np.int64) for a in (starts, first[order], second[order])))


@lru_cache(maxsize=128)
def forward_table(size, kernel, stride, padding, dilation) -> Table:
    """For each output position: taps and places."""
    (p, tap, s), P = _triples(size, kernel, stride, padding, dilation)
    return _table(p, P, tap, s)


@lru_cache(maxsize=128)
def grad_input_table(size, kernel, stride, padding, dilation) -> Table:
    """For each place of the image: taps and output positions."""
    (p, tap, s), _ = _triples(size, kernel, stride, padding, dilation)
    return _table(s, prod(size), tap, p)


@lru_cache(maxsize=128)
def grad_weight_table(size, kernel, stride, padding, dilation, band) -> Table:
    """For each band of output positions and each tap: output positions and places."""
    (p, tap, s), P = _triples(size, kernel, stride, padding, dilation)
    taps = prod(kernel)
    return _table(p // band * taps + tap, -(-P // band) * taps, p, s)


def _possible(N, C, M, groups, itemsize) -> bool:
    width = 2 * lanes(itemsize)
    return groups == 1 and N >= 4 and C % width == 0 and M % width == 0


def costs(itemsize, x_shape, weight_shape, stride, padding, dilation) -> tuple[float, float]:
    """Time for one image this way and along the rows, in multiply-adds."""
    (N, C, H, W), (M, _, *kernel) = x_shape, weight_shape
    table = forward_table((H, W), tuple(kernel), stride, padding, dilation)
    moved = C * H * W + M * (len(table.starts) - 1)
    padded = -(-N // 4) * 4 / N
    move = MOVE if N * moved * itemsize <= NEAR else MOVE_FAR
    turned = padded * (len(table.first) * C * M + move * moved)
    along = forward_geometry(itemsize, N, (C, H, W), weight_shape, stride, padding, dilation, 1)
    rows, width = along.sizes[11], along.sizes[18]
    number, row = (EVEN, EVEN_ROW) if stride[1] > 1 else (VECTOR, ROW)
    return turned, len(along.offsets) * M * rows * width + packed_rows(along) * (number * width + row)


def suits(itemsize, x_shape, weight_shape, stride, padding, dilation, groups) -> tuple[bool, bool, bool]:
    """Whether this is the quicker way for the forward, grad_input, grad_weight."""
    if not _possible(x_shape[0], x_shape[1], weight_shape[0], groups, itemsize):
        return False, False, False
    turned, along = costs(itemsize, x_shape, weight_shape, stride, padding, dilation)
    forward = turned < 0.9 * along
    # Along the rows, the weight gradient adds up many vectors.
    return forward, forward, turned < 1.3 * along


def _turned(x: np.ndarray, images: int) -> np.ndarray:
    """x (N, C, ...) with the channels innermost."""
    N, C, S = x.shape[0], x.shape[1], prod(x.shape[2:])
    units, blocks = -(-N // images), C // (2 * lanes(x.itemsize))
    turned = np.empty(units * (images + 1) * C * S, x.dtype)
    _pool.run(
        conv_last_block.turn_in, units * blocks, x.reshape(-1), turned, C, S, images,
        work=MOVE / 2 * turned.size,
    )  # fmt: skip
    return turned


def _together(N: int, most: int) -> int:
    """Images in a unit: nearly equal units of at most ``most``, a multiple of 4."""
    units = -(-N // most)
    return -(-N // (units * 4)) * 4


def _correlate(source, weight, bias, target, table, floor) -> None:
    """Fill ``target``; ``weight`` (M, C, taps), M being the channels of the target."""
    M, C, taps = weight.shape
    N, S, P = len(source), prod(source.shape[2:]), prod(target.shape[2:])
    images, width = _together(N, IMAGES), 2 * lanes(source.itemsize)
    units, blocks = -(-N // images), M // width
    packed = weight.reshape(blocks, width, C, taps).transpose(0, 2, 3, 1).reshape(-1)
    bias = np.zeros(M, weight.dtype) if bias is None else np.ascontiguousarray(bias)
    turned = np.empty(units * (images + 1) * M * P, source.dtype)
    _pool.run(
        conv_last_block.correlate, units * blocks * P, _turned(source, images), packed, bias, turned,
        *table, S, C, images, float(floor), work=N * M * C * len(table.first) / 4,
    )  # fmt: skip
    _pool.run(
        conv_last_block.turn_out, units * blocks, turned, target.reshape(-1), M, P, images,
        work=MOVE / 2 * turned.size,
    )  # fmt: skip


def forward(x, weight, bias, y, stride, padding, dilation, floor) -> None:
    table = forward_table(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    _correlate(x, weight.reshape(*weight.shape[:2], -1), bias, y, table, floor)


def grad_input(g, weight, dx, stride, padding, dilation) -> None:
    table = grad_input_table(dx.shape[2:], weight.shape[2:], stride, padding, dilation)
    _correlate(g, weight.reshape(*weight.shape[:2], -1).swapaxes(0, 1), None, dx, table, -np.inf)


def grad_weight(g, x, kernel_size, stride, padding, dilation) -> tuple[np.ndarray, np.ndarray]:
    N, C, S = len(x), x.shape[1], prod(x.shape[2:])
    M, P, taps = g.shape[1], prod(g.shape[2:]), prod(kernel_size)
    width = 2 * lanes(x.itemsize)
    inner, outer = C // width, M // width
    images = _together(N, min(IMAGES, max(8, N * inner * outer // SHARES)))
    units = -(-N // images)
    band = max(1, BAND_BYTES // (images * width * x.itemsize))
    table = grad_weight_table(x.shape[2:], kernel_size, stride, padding, dilation, band)
    turned_g = _turned(g, images)
    partial = np.zeros((units, inner, outer, taps, width, width), g.dtype)
    _pool.run(
        conv_last_block.grad_weight, units * inner * outer, _turned(x, images), turned_g,
        partial.reshape(-1), *table, S, P, C, M, taps, images, work=N * C * M * len(table.first) / 4,
    )  # fmt: skip
    sums = partial[0] if units == 1 else partial.sum(axis=0)
    dweight = sums.transpose(1, 4, 0, 3, 2).reshape(M, C, *kernel_size)
    dbias = np.zeros(M, g.dtype)
    conv_last_block.grad_bias(turned_g, P, M, images, dbias)
    return dweight, dbias
