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

import numpy as np

from . import _pool, conv_block, conv_images, conv_last, conv_pack, conv_weight, pool, winograd
from .conv_plan import (
    forward_geometry,
    grad_input_geometries,
    grad_weight_geometry,
    output_size,
    sums_in_place,
)

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


@lru_cache(maxsize=256)
def _forward_way(itemsize, x_shape, weight_shape, stride, padding, dilation, groups, pooled) -> tuple:
    """The module, and the geometry of the loops along rows."""
    settings = stride, padding, dilation, groups
    geometry = forward_geometry(itemsize, x_shape[0], x_shape[1:], weight_shape, *settings, pooled)
    return _ways(itemsize, x_shape, weight_shape, *settings)[0] if x_shape[0] else None, geometry


@lru_cache(maxsize=256)
def _grad_input_way(itemsize, g_shape, x_shape, weight_shape, stride, padding, dilation, groups) -> tuple:
    """The module, or the geometries of the loops along rows, their tables together, and whether some places
    are met by no tap.
    """
    settings = stride, padding, dilation, groups
    way = _ways(itemsize, x_shape, weight_shape, *settings)[1]
    if way is not None:
        return way, (), None, False
    images, *source = g_shape
    every = grad_input_geometries(itemsize, images, tuple(source), x_shape[1:], weight_shape, *settings)
    met = tuple(geometry for geometry in every if len(geometry.offsets))
    return None, met, _apart(met) if len(met) > 1 else None, len(met) < len(every)


def _apart(geometries: tuple) -> tuple:
    """The tables of several correlations, as conv_block.correlate_apart takes them, and the whole work."""
    ends = np.cumsum([(len(g.correlation.phases), len(g.offsets), g.weights) for g in geometries], axis=0)
    (phases, offsets, weights), (past_phases, past_offsets, _) = np.vstack([[0, 0, 0], ends[:-1]]).T, ends.T
    parts = np.stack([phases, past_phases, offsets, past_offsets, weights], axis=1)
    tables = (
        np.concatenate([g.correlation.phases for g in geometries]),
        np.concatenate([g.offsets for g in geometries]),
        geometries[0].blocks,
        np.stack([g.numbers for g in geometries]),
        np.ascontiguousarray(parts),
    )
    return tables, sum(g.work for g in geometries)


@lru_cache(maxsize=256)
def _grad_weight_way(itemsize, x_shape, weight_shape, stride, padding, dilation, groups) -> tuple:
    """The module, or the geometry, whether g is read in place, and the shape of the partial sums."""
    settings = stride, padding, dilation, groups
    way = _ways(itemsize, x_shape, weight_shape, *settings)[2]
    if way is not None:
        return way, None, False, ()
    geometry = grad_weight_geometry(itemsize, x_shape[0], x_shape[1:], weight_shape, *settings)
    sums = groups * conv_weight.sums_per_group(geometry.blocks, len(geometry.offsets))
    return None, geometry, sums_in_place(geometry), (min(CHUNKS, geometry.units), sums)


def _steps(weight: tuple, groups: int) -> tuple[int, int, int]:
    """How far apart in a weight of this shape two groups, two output and two input channels lie."""
    M, channels, KH, KW = weight
    return M // groups * channels * KH * KW, channels * KH * KW, KH * KW


def _correlate(source, weight, bias, target, geometry, steps, floor=-np.inf, where=None) -> None:
    """Fill ``target``; what falls below ``floor`` is raised to it (0: a fused relu).

    With ``where`` the target holds the maxima of 2 x 2 outputs, and ``where`` their numbers.
    ``steps`` are those of ``weight``: the input gradient reads it with the channels' roles swapped.
    """
    plan = geometry.correlation
    M = plan.target[0]
    packed = np.empty(geometry.weights, weight.dtype)
    _pack_weight(weight, geometry, steps, packed)
    padded_bias = np.zeros(M + 8, weight.dtype)
    if bias is not None:
        padded_bias[:M] = bias
    arguments = source.reshape(-1), packed, padded_bias, target.reshape(-1)
    tables = plan.phases, geometry.offsets, geometry.blocks, geometry.numbers
    if where is None:
        run, rest = conv_block.correlate, (*tables, geometry.in_place, float(floor))
    else:
        run, rest = conv_block.correlate_and_pool, (where.reshape(-1), *tables, float(floor))
    _pool.run(run, geometry.units, *arguments, *rest, work=geometry.work)


def _pack_weight(weight, geometry, steps, packed) -> None:
    plan = geometry.correlation
    per_group, channels = plan.target[0] // plan.groups, plan.source[0] // plan.groups
    conv_pack.pack_weight(
        weight.reshape(-1), plan.chosen, packed, geometry.blocks, per_group, channels, *steps
    )


def _correlate_apart(source, weight, target, geometries, apart, steps) -> None:
    """Fill ``target`` by several correlations, each of which writes its own places."""
    tables, work = apart
    sizes = [geometry.weights for geometry in geometries]
    packed = np.empty(sum(sizes), weight.dtype)
    for geometry, first in zip(geometries, tables[-1][:, 4]):
        _pack_weight(weight, geometry, steps, packed[first : first + geometry.weights])
    bias = np.zeros(target.shape[1] + 8, weight.dtype)
    arguments = source.reshape(-1), packed, bias, target.reshape(-1), *tables
    _pool.run(conv_block.correlate_apart, len(target), *arguments, work=work)


def conv2d_forward(x, weight, bias, stride, padding, dilation, groups, floor=-np.inf) -> np.ndarray:
    """y (N, M, OH, OW); ``padding`` is (top, bottom, left, right), ``bias`` None or (M,).

    With ``floor=0`` a relu is applied on the way out of the tiles.
    """
    x, weight = np.ascontiguousarray(x), np.ascontiguousarray(weight)
    settings = stride, padding, dilation
    way, geometry = _forward_way(x.itemsize, x.shape, weight.shape, *settings, groups, False)
    y = np.empty((x.shape[0], *geometry.correlation.target), x.dtype)
    if not y.size:
        return y
    if way is None:
        _correlate(x, weight, bias, y, geometry, _steps(weight.shape, groups), floor)
    elif way is winograd:
        winograd.forward(x, weight, bias, y, y.shape[2:], padding, floor)
    else:
        way.forward(x, weight, bias, y, *settings, floor)
    return y


def conv2d_max_pool2d(x, weight, bias, stride, padding, dilation, groups, floor=-np.inf) -> tuple:
    """(y, where, size): the maxima of 2 x 2 outputs of conv2d_forward, their numbers 0..3, and (OH, OW)."""
    x, weight = np.ascontiguousarray(x), np.ascontiguousarray(weight)
    M = weight.shape[0]
    settings = stride, padding, dilation
    way, geometry = _forward_way(x.itemsize, x.shape, weight.shape, *settings, groups, True)
    _, OH, OW = geometry.correlation.target
    y = np.empty((x.shape[0], M, OH // 2, OW // 2), x.dtype)
    where = np.empty(y.shape, np.uint8)
    if not y.size:
        return y, where, (OH, OW)
    if way is winograd:
        winograd.forward(x, weight, bias, y, (OH, OW), padding, floor, where)
    elif way is None and geometry.units == x.shape[0]:
        _correlate(x, weight, bias, y, geometry, _steps(weight.shape, groups), floor, where)
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
    dx = np.empty((g.shape[0], weight.shape[1] * groups, *input_size), g.dtype)
    if not dx.size or not g.size:
        dx.fill(0)
        return dx
    settings = stride, padding, dilation
    way, geometries, apart, gaps = _grad_input_way(
        g.itemsize, g.shape, dx.shape, weight.shape, *settings, groups
    )
    if gaps:
        dx.fill(0)  # a stride goes past some places
    if way is None:
        across, channel, tap = _steps(weight.shape, groups)
        if apart:
            _correlate_apart(g, weight, dx, geometries, apart, (across, tap, channel))
        elif geometries:
            _correlate(g, weight, None, dx, geometries[0], (across, tap, channel))
    elif way is winograd:
        winograd.grad_input(g, weight, dx, padding)
    else:
        way.grad_input(g, weight, dx, *settings)
    return dx


def conv2d_grad_weight(g, x, kernel_size, stride, padding, dilation, groups):
    """(dw (M, C/groups, KH, KW), dbias (M,)) from g (N, M, OH, OW) and x (N, C, H, W)."""
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(x)
    M, group = g.shape[1], x.shape[1] // groups
    shape = (M, group, *kernel_size)
    if not g.size or not x.size:
        return np.zeros(shape, g.dtype), np.zeros(M, g.dtype)
    settings = stride, padding, dilation
    way, geometry, in_place, sums = _grad_weight_way(x.itemsize, x.shape, shape, *settings, groups)
    if way is winograd:
        return winograd.grad_weight(g, x, padding)
    if way is conv_last:
        return conv_last.grad_weight(g, x, kernel_size, *settings)
    K, blocks, partial = len(geometry.offsets), geometry.blocks, np.zeros(sums, g.dtype)
    arguments = (
        x.reshape(-1), g.reshape(-1), partial, geometry.correlation.phases, geometry.offsets_and_more, blocks,
        geometry.numbers, K,
    )  # fmt: skip
    if in_place:
        _pool.run(conv_weight.grad_weight_in_place, sums[0], *arguments, work=geometry.work)
    else:
        _pool.run(conv_weight.grad_weight, sums[0], *arguments, geometry.together, work=geometry.work)
    dweight, dbias = np.empty(shape, g.dtype), np.empty(M, g.dtype)
    conv_weight.unpack_sums(partial, blocks, dweight.reshape(M, K), dbias, M // groups)
    return dweight, dbias
