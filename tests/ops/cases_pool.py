"""Rows for ops/pool.py. The references walk over every window of a padded copy."""

import numpy as np

from minigrad.ops import pool
from tests.case import Case, apart, normal


def slow_pool(x, reduce, kernel, stride, padding=(0, 0), dilation=(1, 1), shape=None, fill=np.nan):
    """``reduce`` of each window's values; outside of the input they are ``fill``."""
    H, W = x.shape[-2:]
    if shape is None:
        shape = [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip((H, W), kernel, stride, padding, dilation)
        ]
    y = np.empty((*x.shape[:-2], *shape), x.dtype)
    for place in np.ndindex(y.shape):
        *lead, i, j = place
        values = []
        for u in range(kernel[0]):
            for v in range(kernel[1]):
                row = i * stride[0] - padding[0] + u * dilation[0]
                col = j * stride[1] - padding[1] + v * dilation[1]
                inside = 0 <= row < H and 0 <= col < W
                values.append(x[(*lead, row, col)] if inside else fill)
        y[place] = reduce(values)
    return y


def slow_adaptive(x, reduce, shape):
    y = np.empty((*x.shape[:-2], *shape), x.dtype)
    H, W = x.shape[-2:]
    for place in np.ndindex(y.shape):
        *lead, i, j = place
        rows = slice(int(np.floor(i * H / shape[0])), int(np.ceil((i + 1) * H / shape[0])))
        cols = slice(int(np.floor(j * W / shape[1])), int(np.ceil((j + 1) * W / shape[1])))
        y[place] = reduce(x[(*lead, rows, cols)])
    return y


TWO = ((2, 2), (2, 2))
OVERLAPPING = ((3, 2), (2, 1), (1, 1))
SECOND_ORDER = ("max_pool2d_scatter", "max_pool2d_gather")


def max_case(note, x, op, reference, **options):
    return Case(f"max_pool2d/{note}", op, [x], reference, covers=SECOND_ORDER, **options)


def avg_case(note, x, op, reference):
    return Case(f"avg_pool2d/{note}", op, [x], reference, covers=("avg_pool2d_spread",))


CASES = [
    max_case("2x2", apart(2, 3, 4, 6), lambda x: pool.max_pool2d(x, 2), lambda x: slow_pool(x, max, *TWO)),
    max_case(
        "odd sizes leave a rest",
        apart(1, 2, 5, 7),
        lambda x: pool.max_pool2d(x, 2),
        lambda x: slow_pool(x, max, *TWO),
    ),
    max_case(
        "one image without a batch",
        apart(2, 4, 4),
        lambda x: pool.max_pool2d(x, 2),
        lambda x: slow_pool(x, max, *TWO),
    ),
    max_case(
        "overlapping and padded",
        apart(2, 1, 5, 6),
        lambda x: pool.max_pool2d(x, (3, 2), (2, 1), 1),
        lambda x: slow_pool(x, np.nanmax, *OVERLAPPING),
    ),
    max_case(
        "dilation",
        apart(1, 2, 7, 6),
        lambda x: pool.max_pool2d(x, 3, 1, 1, dilation=2),
        lambda x: slow_pool(x, np.nanmax, (3, 3), (1, 1), (1, 1), (2, 2)),
    ),
    max_case(
        "ceil_mode",
        apart(1, 2, 5, 6),
        lambda x: pool.max_pool2d(x, 2, 3, 1, ceil_mode=True),
        lambda x: slow_pool(x, np.nanmax, (2, 2), (3, 3), (1, 1), shape=(2, 3)),
    ),
    max_case(
        "windows of more than 256 values",
        apart(1, 1, 18, 20),
        lambda x: pool.max_pool2d(x, 17, 1),
        lambda x: slow_pool(x, max, (17, 17), (1, 1)),
    ),
    max_case(
        "ties",
        np.zeros((1, 1, 4, 4)),
        lambda x: pool.max_pool2d(x, 2),
        lambda x: np.zeros((1, 1, 2, 2)),
        gradient=False,
    ),
    max_case(
        "empty batch", apart(0, 2, 4, 4), lambda x: pool.max_pool2d(x, 2), lambda x: np.zeros((0, 2, 2, 2))
    ),
    max_case(
        "adaptive",
        apart(2, 2, 5, 7),
        lambda x: pool.adaptive_max_pool2d(x, (3, 4)),
        lambda x: slow_adaptive(x, np.max, (3, 4)),
    ),
    Case(
        "max_pool2d_scatter",
        lambda g, where: pool._max_pool_scatter(
            g, where, windows=pool._windows((3, 4), *TWO, (0, 0), (1, 1), False, True, None)
        ),
        [normal(1, 2, 1, 2), np.array([[[[0, 3]], [[2, 1]]]], np.uint8)],
        lambda g, where: np.array(
            [
                [
                    [[g[0, 0, 0, 0], 0, 0, 0], [0, 0, 0, g[0, 0, 0, 1]], [0] * 4],
                    [[0, 0, 0, g[0, 1, 0, 1]], [g[0, 1, 0, 0], 0, 0, 0], [0] * 4],
                ]
            ]
        ),
    ),
    Case(
        "max_pool2d_gather",
        lambda x, where: pool._max_pool_gather(
            x, where, windows=pool._windows((3, 4), *TWO, (0, 0), (1, 1), False, True, None)
        ),
        [normal(1, 2, 3, 4), np.array([[[[0, 3]], [[2, 1]]]], np.uint8)],
        lambda x, where: np.array([[[[x[0, 0, 0, 0], x[0, 0, 1, 3]]], [[x[0, 1, 1, 0], x[0, 1, 0, 3]]]]]),
    ),
    avg_case(
        "2x2", normal(2, 3, 4, 6), lambda x: pool.avg_pool2d(x, 2), lambda x: slow_pool(x, np.mean, *TWO)
    ),
    avg_case(
        "padding counts",
        normal(1, 2, 5, 6),
        lambda x: pool.avg_pool2d(x, (3, 2), (2, 1), 1),
        lambda x: slow_pool(x, np.mean, *OVERLAPPING, fill=0.0),
    ),
    avg_case(
        "padding does not count",
        normal(1, 2, 5, 6),
        lambda x: pool.avg_pool2d(x, (3, 2), (2, 1), 1, count_include_pad=False),
        lambda x: slow_pool(x, np.nanmean, *OVERLAPPING),
    ),
    avg_case(
        "divisor_override",
        normal(1, 2, 4, 4),
        lambda x: pool.avg_pool2d(x, 2, divisor_override=3),
        lambda x: slow_pool(x, lambda values: sum(values) / 3, *TWO),
    ),
    avg_case(
        "ceil_mode",
        normal(1, 2, 5, 5),
        lambda x: pool.avg_pool2d(x, 2, ceil_mode=True),
        lambda x: slow_pool(x, np.nanmean, *TWO, shape=(3, 3)),
    ),
    avg_case(
        "empty batch", normal(0, 2, 4, 4), lambda x: pool.avg_pool2d(x, 2), lambda x: np.zeros((0, 2, 2, 2))
    ),
    avg_case(
        "adaptive",
        normal(2, 2, 5, 7),
        lambda x: pool.adaptive_avg_pool2d(x, (3, None)),
        lambda x: slow_adaptive(x, np.mean, (3, 7)),
    ),
    avg_case(
        "adaptive, more windows than values",
        normal(1, 2, 2, 3),
        lambda x: pool.adaptive_avg_pool2d(x, 4),
        lambda x: slow_adaptive(x, np.mean, (4, 4)),
    ),
    Case(
        "avg_pool2d_spread",
        lambda g: pool._avg_pool_spread(
            g, windows=pool._windows((3, 4), *TWO, (0, 0), (1, 1), False, True, None)
        ),
        [normal(1, 2, 1, 2)],
        lambda g: np.pad(np.kron(g, np.full((2, 2), 0.25)), ((0, 0), (0, 0), (0, 1), (0, 0))),
    ),
]
