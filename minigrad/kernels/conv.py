"""Two-dimensional convolution and its two transposes.

    x       (N, C, H, W)                 input
    weight  (M, C/groups, KH, KW)        one filter per output channel
    y, g    (N, M, OH, OW)               output, and the gradient coming in

    conv2d_forward      y[n,m,i,j]   = bias[m] + sum_cuv weight[m,c,u,v] x[n,c,i*s+u*d-p,j*s+v*d-p]
    conv2d_grad_input   dx           the transpose in x: every g is sent back to its window
    conv2d_grad_weight  dw, dbias    the transpose in weight: sum over images and positions

All three read their image from a packed copy (conv_plan.py) in which a tap is one constant
offset for all output positions, so no matrix of columns is ever built. Small images of many
channels, and strides, go through conv_last.py where that is quicker, large kernels on few channels
through conv_images.py, 3 x 3 kernels of many channels through winograd.py. Which way is taken depends
on shapes alone: with and without relu and pooling the bits are the same.

Below: conv_plan.py, conv_block.py, conv_weight.py, conv_last.py, conv_images.py, winograd.py, _pool.py.
Above: ops/conv.py.
Tests: tests/ops/test_conv.py.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from . import _pool, conv_block, conv_images, conv_last, conv_pack, conv_weight, pool, winograd
from .conv_plan import forward_geometry, grad_input_geometries, output_size, padded_channels

__all__ = [
    "conv2d_forward", "conv2d_grad_input", "conv2d_grad_weight", "conv2d_max_pool2d", "output_size",
]  # fmt: skip

# Into how many partial sums the weight gradient is split: fixed, so that the result has the
# same bits for any number of threads, and small, because each is a full copy of the gradient.
CHUNKS = 8


@lru_cache(maxsize=256)
def _ways(itemsize, x_shape, weight_shape, stride, padding, dilation, groups) -> tuple:
    """For the forward, grad_input, grad_weight: the quickest module, None for the loops along rows."""
    settings = itemsize, x_shape, weight_shape, stride, padding, dilation, groups
    each = zip(winograd.suits(*settings), (*conv_images.suits(*settings), False), conv_last.suits(*settings))
    modules = winograd, conv_images, conv_last
    return tuple(next((m for m, suits in zip(modules, way) if suits), None) for way in each)


def _correlate(source, weight, bias, target, geometry, steps, floor=-np.inf, where=None) -> None:
    """Fill ``target``; what falls below ``floor`` is raised to it (0: a fused relu).

    With ``where`` the target holds the maxima of 2 x 2 outputs, and ``where`` their numbers.
    ``steps`` say how far apart in ``weight`` two groups, two output channels and two input
    channels lie: the input gradient reads it with the channels' roles swapped.
    """
    plan = geometry.correlation
    per_group = plan.target[0] // plan.groups
    padded, channels = padded_channels(per_group), plan.source[0] // plan.groups
    K = len(geometry.offsets)
    packed = np.empty(plan.groups * padded * K, weight.dtype)
    weight = weight.reshape(-1)
    conv_pack.pack_weight(weight, plan.chosen, packed, per_group, padded, channels, *steps)
    padded_bias = np.zeros((plan.groups, padded), weight.dtype)
    if bias is not None:
        padded_bias[:, :per_group] = bias.reshape(plan.groups, per_group)
    targets = (target.reshape(-1),) if where is None else (target.reshape(-1), where.reshape(-1))
    _pool.run(
        conv_block.correlate if where is None else conv_block.correlate_and_pool, geometry.units,
        source.reshape(-1), packed, padded_bias.reshape(-1), *targets, plan.phases, geometry.offsets,
        geometry.sizes, weight.dtype.type(floor),
        work=plan.images * prod(plan.target) * K / 4,  # four multiply-adds cost as much as one number moved
    )  # fmt: skip


def conv2d_forward(x, weight, bias, stride, padding, dilation, groups, floor=-np.inf) -> np.ndarray:
    """y (N, M, OH, OW); ``padding`` is (top, bottom, left, right), ``bias`` None or (M,).

    With ``floor=0`` a relu is applied on the way out of the tiles.
    """
    x, weight = np.ascontiguousarray(x), np.ascontiguousarray(weight)
    M = weight.shape[0]
    settings = stride, padding, dilation
    geometry = forward_geometry(x.itemsize, x.shape[0], x.shape[1:], weight.shape, *settings, groups)
    y = np.empty((x.shape[0], *geometry.correlation.target), x.dtype)
    if not y.size:
        return y
    way = _ways(x.itemsize, x.shape, weight.shape, *settings, groups)[0]
    if way is winograd:
        winograd.forward(x, weight, bias, y, y.shape[2:], padding, floor)
    elif way is not None:
        way.forward(x, weight, bias, y, *settings, floor)
    else:
        filter_size = weight[0].size
        steps = (M // groups * filter_size, filter_size, weight[0, 0].size)
        _correlate(x, weight, bias, y, geometry, steps, floor)
    return y


def conv2d_max_pool2d(x, weight, bias, stride, padding, dilation, groups, floor=-np.inf) -> tuple:
    """(y, where, size): the maxima of 2 x 2 outputs of conv2d_forward, their numbers 0..3, and (OH, OW)."""
    x, weight = np.ascontiguousarray(x), np.ascontiguousarray(weight)
    M = weight.shape[0]
    settings = stride, padding, dilation
    geometry = forward_geometry(x.itemsize, x.shape[0], x.shape[1:], weight.shape, *settings, groups)
    _, OH, OW = geometry.correlation.target
    y = np.empty((x.shape[0], M, OH // 2, OW // 2), x.dtype)
    where = np.empty(y.shape, np.uint8)
    if not y.size:
        return y, where, (OH, OW)
    way = _ways(x.itemsize, x.shape, weight.shape, *settings, groups)[0]
    if way is winograd:
        winograd.forward(x, weight, bias, y, (OH, OW), padding, floor, where)
    elif way is None and geometry.units == x.shape[0]:
        filter_size = weight[0].size
        steps = (M // groups * filter_size, filter_size, weight[0, 0].size)
        _correlate(x, weight, bias, y, geometry, steps, floor, where)
    else:  # channels or images innermost, or images so large that one is several bands
        whole = conv2d_forward(x, weight, bias, *settings, groups, floor)
        _pool.run(
            pool.max_pool_2x2, x.shape[0] * M, whole.reshape(-1), y.reshape(-1), where.reshape(-1),
            OW, OH // 2, OW // 2, work=whole.size,
        )  # fmt: skip
    return y, where, (OH, OW)


def conv2d_grad_input(g, weight, input_size, stride, padding, dilation, groups) -> np.ndarray:
    """dx (N, C, H, W) from g (N, M, OH, OW); ``input_size`` is (H, W)."""
    g, weight = np.ascontiguousarray(g), np.ascontiguousarray(weight)
    M, group, KH, KW = weight.shape
    C = group * groups
    dx = np.empty((g.shape[0], C, *input_size), g.dtype)
    if not dx.size or not g.size:
        dx.fill(0)
        return dx
    way = _ways(g.itemsize, dx.shape, weight.shape, stride, padding, dilation, groups)[1]
    if way is winograd:
        winograd.grad_input(g, weight, dx, padding)
        return dx
    if way is not None:
        way.grad_input(g, weight, dx, stride, padding, dilation)
        return dx
    filter_size, taps = group * KH * KW, KH * KW
    steps = (M // groups * filter_size, taps, filter_size)
    for geometry in grad_input_geometries(
        g.itemsize, g.shape[0], g.shape[1:], dx.shape[1:], weight.shape, stride, padding, dilation, groups
    ):
        _correlate(g, weight, None, dx, geometry, steps)
    return dx


def conv2d_grad_weight(g, x, kernel_size, stride, padding, dilation, groups):
    """(dw (M, C/groups, KH, KW), dbias (M,)) from g (N, M, OH, OW) and x (N, C, H, W)."""
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(x)
    M, group = g.shape[1], x.shape[1] // groups
    shape = (M, group, *kernel_size)
    if not g.size or not x.size:
        return np.zeros(shape, g.dtype), np.zeros(M, g.dtype)
    way = _ways(x.itemsize, x.shape, shape, stride, padding, dilation, groups)[2]
    if way is winograd:
        return winograd.grad_weight(g, x, padding)
    if way is conv_last:
        return conv_last.grad_weight(g, x, kernel_size, stride, padding, dilation)
    geometry = forward_geometry(x.itemsize, x.shape[0], x.shape[1:], shape, stride, padding, dilation, groups)
    K, per_group = len(geometry.offsets), M // groups
    chunks = min(CHUNKS, geometry.units)
    partial = np.zeros((chunks, groups * conv_weight.sums_per_group(per_group, K)), g.dtype)
    partial_bias = np.zeros((chunks, M + 7), g.dtype)
    _pool.run(
        conv_weight.grad_weight, chunks, x.reshape(-1), g.reshape(-1), partial, partial_bias,
        geometry.correlation.phases, geometry.offsets_and_more, geometry.sizes, K, geometry.together,
        work=g.size * K / 4,
    )  # fmt: skip
    dweight = np.empty(shape, g.dtype)
    conv_weight.unpack_sums(partial, dweight.reshape(M, K), per_group)
    return dweight, partial_bias[:, :M].sum(0)
