"""Convolutions with the images innermost, for few channels where rows cost too much padding.

The convolution of conv_plan.py computes whole rows, with the padding between them and around them:
a 5 x 5 kernel's gradient of 14 x 14 numbers from 10 x 10 takes twice the multiply-adds that it needs.
conv_last.py takes none in vain, but its vectors are filled by channels. Here they are filled by the
images of a batch, and every place of the output is a product of its own.

    forward, grad_input   as in conv.py, for contiguous arrays and one group
    suits                 for which of the two this is the quicker way

Below: conv_images_block.py, conv_last.py, _pool.py. Above: conv.py. Tests: tests/kernels/test_conv_images.py.
"""

from __future__ import annotations

from math import prod

import numpy as np

from . import _pool, conv_images_block, conv_last
from ._vector import HALVES, REGISTER_BYTES, lanes
from .conv_images_block import MIDDLE, TALL
from .conv_plan import cost, forward_geometry, grad_input_geometries, output_size

# Multiply-adds that take as long as turning one number in and out of this order; bytes of the images of one
# unit beyond which products take FAR times as long; by how much this way must be quicker than rows, and than
# channels innermost: on Zen 4 those took twice their time in some processes, in others not.
IN, OUT, CACHE, FAR, LEAD, LEAD_OF_LAST = (
    (24, 16, 5 << 19, 1.15, 0.87, 0.87)
    if REGISTER_BYTES < 64
    else (16, 11, 5 << 19, 1.15, 0.93, 1.0)
    if HALVES
    else (24, 16, 5 << 18, 1.25, 0.96, 1.0)
)


def _rows(channels: int) -> tuple[int, int]:
    """Channels rounded up to whole tiles, and how many of those are not in tiles of TALL."""
    rows = max(4, -(-channels // (TALL % 4 or 4)) * (TALL % 4 or 4))
    rest = rows % TALL
    while rest % 4 or (rest % MIDDLE and rest + TALL <= rows):  # fewer tall tiles instead of a low one
        rest += TALL
    return rows, rest


def _step(channels: int, width: int) -> int:
    """Numbers from one place to the next: not a power of two, whose lines share few places of a cache."""
    return (channels + (channels % 16 == 0)) * width


def _cost(itemsize, N, source, target, pairs) -> float:
    """Time for one image from ``source`` to ``target``, (channels, rows, columns), in multiply-adds."""
    width = 2 * lanes(itemsize)
    filled = N / (-(-N // width) * width)
    products = pairs * source[0] * _rows(target[0])[0]
    if prod(source) * width * itemsize > CACHE:
        products *= FAR
    return (products + IN * prod(source) + OUT * prod(target)) / filled


def suits(itemsize, x_shape, weight_shape, stride, padding, dilation, groups) -> tuple[bool, bool]:
    """Whether this is the quicker way for the forward and for grad_input."""
    if groups != 1 or min(x_shape) < 1:
        return False, False
    (N, C, *size), (M, _, *kernel) = x_shape, weight_shape
    geometry = (stride, padding, dilation)
    x, y = (C, *size), (M, *output_size(size, kernel, *geometry))
    pairs = len(conv_last.forward_table(tuple(size), tuple(kernel), *geometry).first)
    forward = forward_geometry(itemsize, N, x, weight_shape, *geometry, 1)
    backward = grad_input_geometries(itemsize, N, y, x, weight_shape, *geometry, 1)
    turned, _ = conv_last.costs(itemsize, x_shape, weight_shape, *geometry)
    last = conv_last.suits(itemsize, x_shape, weight_shape, *geometry, 1)
    limits = [
        LEAD_OF_LAST * turned if last[0] else LEAD * cost(forward),
        LEAD_OF_LAST * turned if last[1] else LEAD * sum(map(cost, backward)),
    ]
    own = _cost(itemsize, N, x, y, pairs), _cost(itemsize, N, y, x, pairs)
    return own[0] < limits[0], own[1] < limits[1]


def _correlate(source, weight, bias, target, table, floor) -> None:
    """Fill ``target`` (N, M, ...) from ``source`` (N, C, ...); ``weight`` (taps, C, M)."""
    taps, C, M = weight.shape
    N, S, P = len(source), prod(source.shape[2:]), prod(target.shape[2:])
    width = 2 * lanes(source.itemsize)
    units = -(-N // width)
    rows, rest = _rows(M)
    packed = np.zeros((taps, C, rows), weight.dtype)
    packed[:, :, :M] = weight
    begin = np.zeros(rows, weight.dtype)
    if bias is not None:
        begin[:M] = bias
    step, out_step = _step(C, width), _step(rows, width)
    turned = np.empty(units * S * step, source.dtype)
    _pool.run(
        conv_images_block.turn_in, units * C, source.reshape(-1), turned, N, C, S, step, work=2 * turned.size
    )
    sums = np.empty(units * P * out_step, source.dtype)
    _pool.run(
        conv_images_block.correlate, units * P, turned, packed.reshape(-1), begin, sums, *table,
        S, C, step, rows, rest, out_step, float(floor), work=N * M * C * len(table.first) / 4,
    )  # fmt: skip
    _pool.run(
        conv_images_block.turn_out,
        units * M,
        sums,
        target.reshape(-1),
        N,
        M,
        P,
        out_step,
        work=2 * sums.size,
    )


def forward(x, weight, bias, y, stride, padding, dilation, floor) -> None:
    table = conv_last.forward_table(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    _correlate(x, weight.reshape(*weight.shape[:2], -1).transpose(2, 1, 0), bias, y, table, floor)


def grad_input(g, weight, dx, stride, padding, dilation) -> None:
    table = conv_last.grad_input_table(dx.shape[2:], weight.shape[2:], stride, padding, dilation)
    _correlate(g, weight.reshape(*weight.shape[:2], -1).transpose(2, 0, 1), None, dx, table, -np.inf)
