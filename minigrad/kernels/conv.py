"""Two-dimensional convolution and its two transposes.

    x       (N, C, H, W)                 input
    weight  (M, C/groups, KH, KW)        one filter per output channel
    y, g    (N, M, OH, OW)               output, and the gradient coming in

    conv2d_forward      y[n,m,i,j]   = bias[m] + sum_cuv weight[m,c,u,v] x[n,c,i*s+u*d-p,j*s+v*d-p]
    conv2d_grad_input   dx           the transpose in x: every g is sent back to its window
    conv2d_grad_weight  dw, dbias    the transpose in weight: sum over images and positions

All three read their image from a packed copy (conv_plan.py) in which a tap is one constant
offset for all output positions, so no matrix of columns is ever built.

Below: conv_plan.py, conv_block.py, _pool.py. Above: ops/conv.py. Tests: tests/kernels/test_conv.py.
"""

from __future__ import annotations

import numpy as np

from . import _pool, conv_block
from .conv_plan import forward_geometry, grad_input_geometries, output_size

__all__ = ["conv2d_forward", "conv2d_grad_input", "conv2d_grad_weight", "output_size"]

# Into how many partial sums the weight gradient is split: fixed, so that the result has the
# same bits for any number of threads, and small, because each is a full copy of the gradient.
CHUNKS = 8


def _pack_weight(weight: np.ndarray, groups: int) -> np.ndarray:
    """(M, K) -> (groups, blocks, K, ROWS), zeros where M/groups is no multiple of ROWS."""
    M, K = weight.shape
    rows = conv_block.ROWS
    blocks = -(-(M // groups) // rows)
    padded = np.zeros((groups, blocks * rows, K), weight.dtype)
    padded[:, : M // groups] = weight.reshape(groups, M // groups, K)
    return np.ascontiguousarray(padded.reshape(groups, blocks, rows, K).transpose(0, 1, 3, 2))


def _correlate(source, weight, bias, target, geometry) -> None:
    plan = geometry.correlation
    work = target.size * weight.shape[1]
    _pool.run(
        conv_block.correlate, geometry.units, source.reshape(-1), _pack_weight(weight, plan.groups),
        bias, target.reshape(-1), plan.phases, geometry.offsets, geometry.sizes, work=work,
    )  # fmt: skip


def conv2d_forward(x, weight, bias, stride, padding, dilation, groups) -> np.ndarray:
    """y (N, M, OH, OW); ``padding`` is (top, bottom, left, right), ``bias`` None or (M,)."""
    x, weight = np.ascontiguousarray(x), np.ascontiguousarray(weight)
    M = weight.shape[0]
    geometry = forward_geometry(
        x.itemsize, x.shape[0], x.shape[1:], weight.shape, stride, padding, dilation, groups
    )
    y = np.empty((x.shape[0], *geometry.correlation.target), x.dtype)
    if y.size:
        bias = np.zeros(M, x.dtype) if bias is None else np.ascontiguousarray(bias)
        _correlate(x, weight.reshape(M, -1), bias, y, geometry)
    return y


def conv2d_grad_input(g, weight, input_size, stride, padding, dilation, groups) -> np.ndarray:
    """dx (N, C, H, W) from g (N, M, OH, OW); ``input_size`` is (H, W)."""
    g, weight = np.ascontiguousarray(g), np.ascontiguousarray(weight)
    M, group, KH, KW = weight.shape
    C = group * groups
    dx = np.empty((g.shape[0], C, *input_size), g.dtype)
    if not dx.size or not g.size:
        dx.fill(0)
        return dx
    # The roles of the channels swap: (groups, M/groups, C/groups, taps) -> (C, M/groups, taps).
    turned = weight.reshape(groups, M // groups, group, KH * KW).transpose(0, 2, 1, 3)
    turned = turned.reshape(C, M // groups, KH * KW)
    bias = np.zeros(C, g.dtype)
    for geometry in grad_input_geometries(
        g.itemsize, g.shape[0], g.shape[1:], dx.shape[1:], weight.shape, stride, padding, dilation, groups
    ):
        chosen = turned[:, :, geometry.correlation.chosen].reshape(C, -1)
        _correlate(g, chosen, bias, dx, geometry)
    return dx


def conv2d_grad_weight(g, x, kernel_size, stride, padding, dilation, groups):
    """(dw (M, C/groups, KH, KW), dbias (M,)) from g (N, M, OH, OW) and x (N, C, H, W)."""
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(x)
    M, group = g.shape[1], x.shape[1] // groups
    shape = (M, group, *kernel_size)
    if not g.size or not x.size:
        return np.zeros(shape, g.dtype), np.zeros(M, g.dtype)
    geometry = forward_geometry(x.itemsize, x.shape[0], x.shape[1:], shape, stride, padding, dilation, groups)
    K = len(geometry.offsets)
    chunks = min(CHUNKS, geometry.units)
    partial = np.zeros((chunks, M, K), g.dtype)
    partial_bias = np.zeros((chunks, M), g.dtype)
    _pool.run(
        conv_block.grad_weight, chunks, x.reshape(-1), g.reshape(-1), partial, partial_bias,
        geometry.correlation.phases, geometry.offsets, geometry.sizes, work=g.size * K,
    )  # fmt: skip
    return partial.sum(0).reshape(shape), partial_bias.sum(0)
