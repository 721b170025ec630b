"""Rows for ops/conv.py. The reference is seven loops over a padded copy."""

import itertools

import numpy as np

from minigrad.ops import conv, conv_fused, pool_fused
from tests.case import Case, normal


def slow_conv2d(x, weight, bias=None, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    top, bottom, left, right = padding
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    N, _, H, W = x.shape
    M, per_group, KH, KW = weight.shape
    OH = (H - dilation[0] * (KH - 1) - 1) // stride[0] + 1
    OW = (W - dilation[1] * (KW - 1) - 1) // stride[1] + 1
    y = np.zeros((N, M, OH, OW))
    for n, m, i, j in np.ndindex(y.shape):
        total = 0.0 if bias is None else bias[m]
        first = m // (M // groups) * per_group
        for c, u, v in itertools.product(range(per_group), range(KH), range(KW)):
            row, col = i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]
            total += weight[m, c, u, v] * x[n, first + c, row, col]
        y[n, m, i, j] = total
    return y


def slow_grad_input(g, weight, size, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    """Every g adds a scaled filter to a padded input; the padding is cut off at the end."""
    top, bottom, left, right = padding
    N, M = g.shape[:2]
    per_group, KH, KW = weight.shape[1:]
    dx = np.zeros((N, per_group * groups, size[0] + top + bottom, size[1] + left + right))
    for n, m, i, j in np.ndindex(g.shape):
        first = m // (M // groups) * per_group
        for c, u, v in itertools.product(range(per_group), range(KH), range(KW)):
            row, col = i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]
            dx[n, first + c, row, col] += g[n, m, i, j] * weight[m, c, u, v]
    return dx[:, :, top : top + size[0], left : left + size[1]]


def slow_grad_weight(g, x, kernel, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    top, bottom, left, right = padding
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    M = g.shape[1]
    per_group = x.shape[1] // groups
    dweight = np.zeros((M, per_group, *kernel))
    for n, m, i, j in np.ndindex(g.shape):
        first = m // (M // groups) * per_group
        for c, u, v in itertools.product(range(per_group), range(kernel[0]), range(kernel[1])):
            row, col = i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]
            dweight[m, c, u, v] += g[n, m, i, j] * x[n, first + c, row, col]
    return dweight, g.sum(axis=(0, 2, 3))


def case(note, x, weight, bias=True, **settings):
    """One row: ``settings`` as conv2d takes them, pairs, and padding as four numbers."""
    padding = settings.get("padding", (0, 0, 0, 0))
    public = {**settings, "padding": (padding[0], padding[2])}
    inputs = [normal(*x), normal(*weight, seed=1)]
    if bias:
        inputs.append(normal(weight[0], seed=2))
    return Case(
        f"conv2d/{note}",
        lambda *operands: conv.conv2d(*operands, **public),
        inputs,
        lambda *operands: slow_conv2d(*operands, **settings),
        covers=("conv2d_grad_input", "conv2d_grad_weight"),
        rtol32=2e-4,
    )


def slow_pool(y):
    rows, cols = y.shape[2] // 2, y.shape[3] // 2
    return np.stack([y[:, :, i : 2 * rows : 2, j : 2 * cols : 2] for i in (0, 1) for j in (0, 1)]).max(0)


def fused(x, w, b, relu, pool):
    return conv_fused.conv2d_fused(x, w, b, (1, 1), (1, 1), (1, 1), 1, relu, pool)


SETTINGS = {"stride": (2, 1), "padding": (1, 1, 0, 0), "dilation": (1, 2), "groups": 2}

CASES = [
    case("one channel", (2, 1, 5, 6), (3, 1, 3, 3)),
    case("many channels", (1, 5, 4, 4), (9, 5, 2, 3)),
    case("no bias", (2, 3, 4, 5), (2, 3, 3, 3), bias=False),
    case("1x1", (2, 3, 3, 4), (2, 3, 1, 1)),
    case("the kernel covers the input", (2, 2, 3, 4), (3, 2, 3, 4)),
    case("padding", (1, 2, 4, 5), (3, 2, 3, 3), padding=(1, 1, 2, 2)),
    case("stride", (1, 2, 6, 7), (2, 2, 3, 3), stride=(2, 3)),
    case("stride beyond the kernel", (1, 2, 6, 7), (2, 2, 2, 1), stride=(3, 4)),
    case("dilation", (1, 2, 6, 7), (2, 2, 3, 2), dilation=(2, 3)),
    case("stride and dilation share a factor", (1, 1, 8, 8), (2, 1, 2, 2), stride=(2, 2), dilation=(2, 2)),
    case("groups", (2, 4, 4, 4), (6, 2, 2, 2), groups=2),
    case("depthwise", (1, 3, 4, 5), (3, 1, 3, 3), groups=3, padding=(1, 1, 1, 1)),
    case("depthwise, two filters each", (1, 2, 4, 4), (4, 1, 2, 2), groups=2),
    case("all at once", (2, 4, 5, 6), (4, 2, 2, 2), **SETTINGS),
    case("padding beyond the kernel", (1, 1, 2, 2), (2, 1, 1, 2), padding=(2, 2, 2, 2), stride=(2, 2)),
    case("empty batch", (0, 2, 4, 4), (3, 2, 3, 3)),
    Case(
        "conv2d/same, even kernel",
        lambda x, w: conv.conv2d(x, w, padding="same"),
        [normal(1, 2, 4, 5), normal(2, 2, 2, 4, seed=1)],
        lambda x, w: slow_conv2d(x, w, padding=(0, 1, 1, 2)),
        rtol32=2e-4,
    ),
    Case(
        "conv2d/one image without a batch",
        lambda x, w: conv.conv2d(x, w, padding="valid"),
        [normal(2, 4, 5), normal(2, 2, 2, 3, seed=1)],
        lambda x, w: slow_conv2d(x[None], w)[0],
        rtol32=2e-4,
    ),
    Case(
        "conv2d_grad_input",
        lambda g, w: conv._conv2d_grad_input(g, w, input_size=(6, 7), **SETTINGS),
        [normal(2, 2, 4, 5), normal(2, 2, 2, 2, seed=1)],
        lambda g, w: slow_grad_input(g, w, (6, 7), **SETTINGS),
        rtol32=2e-4,
    ),
    Case(
        "conv2d_grad_weight",
        lambda g, x: conv._conv2d_grad_weight(g, x, kernel_size=(2, 2), **SETTINGS),
        [normal(2, 2, 4, 4), normal(2, 4, 6, 6, seed=1)],
        lambda g, x: slow_grad_weight(g, x, (2, 2), **SETTINGS),
        rtol32=2e-4,
    ),
    Case(
        "conv2d_grad_input/conv_transpose2d",
        lambda x, w, b: conv.conv_transpose2d(x, w, b, stride=(2, 3), padding=(1, 0), output_padding=(1, 2)),
        [normal(2, 2, 3, 2), normal(2, 3, 2, 2, seed=1), normal(3, seed=2)],
        lambda x, w, b: b[:, None, None] + slow_grad_input(x, w, (5, 7), (2, 3), (1, 1, 0, 0)),
        rtol32=2e-4,
    ),
    Case(
        "conv2d_relu",
        lambda x, w, b: fused(x, w, b, True, False),
        [normal(2, 2, 4, 5), normal(3, 2, 3, 3, seed=1), normal(3, seed=2)],
        lambda x, w, b: np.maximum(slow_conv2d(x, w, b, padding=(1, 1, 1, 1)), 0),
        rtol32=2e-4,
    ),
    Case(
        "conv2d_relu_max_pool2d",
        lambda x, w, b: fused(x, w, b, True, True),
        [normal(2, 2, 5, 6), normal(3, 2, 3, 3, seed=1), normal(3, seed=2)],
        lambda x, w, b: np.maximum(slow_pool(slow_conv2d(x, w, b, padding=(1, 1, 1, 1))), 0),
        rtol32=2e-4,
    ),
    Case(
        "relu_max_pool2d_scatter",
        lambda g, y, where: pool_fused.relu_max_pool_scatter(
            g, y, where, windows=conv_fused.two_by_two((3, 4))
        ),
        [
            normal(1, 2, 1, 2),
            np.array([[[[1.0, -0.5]], [[-1.0, 2.0]]]]),
            np.array([[[[0, 3]], [[2, 1]]]], np.uint8),
        ],
        lambda g, y, where: np.array(
            [[[[g[0, 0, 0, 0], 0, 0, 0], [0] * 4, [0] * 4], [[0, 0, 0, g[0, 1, 0, 1]], [0] * 4, [0] * 4]]]
        ),
    ),
    Case(
        "conv2d_max_pool2d",
        lambda x, w, b: fused(x, w, b, False, True),
        [normal(2, 2, 4, 7), normal(5, 2, 3, 3, seed=1), normal(5, seed=2)],
        lambda x, w, b: slow_pool(slow_conv2d(x, w, b, padding=(1, 1, 1, 1))),
        rtol32=2e-4,
    ),
]
