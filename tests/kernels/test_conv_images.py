"""Convolutions with the images innermost beside seven loops, and when they are chosen."""

import numpy as np
import pytest

from minigrad.kernels import conv, conv_images
from minigrad.kernels._vector import lanes
from tests.kernels.nearness import PRECISION, assert_near, random
from tests.ops.cases_conv import slow_conv2d, slow_grad_input

GEOMETRIES = {
    # images, channels in and out, size, kernel, stride, padding, dilation
    "5x5": (16, 6, 16, (6, 7), (5, 5), (1, 1), (0, 0, 0, 0), (1, 1)),
    "images that fill no vector": (5, 3, 4, (5, 4), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
    "several units": (37, 2, 5, (3, 2), (2, 2), (1, 1), (0, 1, 1, 0), (1, 1)),
    "stride": (17, 5, 7, (6, 7), (3, 3), (2, 2), (1, 1, 1, 1), (1, 1)),
    "1x1 with a stride": (16, 10, 11, (5, 5), (1, 1), (2, 3), (0, 0, 0, 0), (1, 1)),
    "dilation": (8, 4, 9, (6, 5), (2, 3), (1, 1), (0, 0, 2, 2), (2, 2)),
    "a power of two of channels": (16, 16, 32, (3, 3), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
    "one of each": (1, 1, 1, (1, 1), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
    "rows longer than a square": (9, 1, 2, (3, 19), (1, 3), (1, 1), (0, 0, 1, 1), (1, 1)),
}


@pytest.mark.parametrize("dtype", PRECISION, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_both_are_what_seven_loops_give(name, dtype):
    N, C, M, size, kernel, stride, padding, dilation = GEOMETRIES[name]
    x = random(N, C, *size, dtype=dtype, seed=0)
    weight = random(M, C, *kernel, dtype=dtype, seed=1)
    bias = random(M, dtype=dtype, seed=2)
    settings = stride, padding, dilation
    expected = slow_conv2d(x, weight, bias, *settings)
    y = np.full(expected.shape, np.nan, dtype)
    conv_images.forward(x, weight, bias, y, *settings, -np.inf)
    assert_near(y, expected, dtype)
    conv_images.forward(x, weight, None, y, *settings, 0.0)
    assert_near(y, np.maximum(slow_conv2d(x, weight, None, *settings), 0), dtype)
    g = random(*y.shape, dtype=dtype, seed=3)
    dx = np.full_like(x, np.nan)
    conv_images.grad_input(g, weight, dx, *settings)
    assert_near(dx, slow_grad_input(g, weight, size, *settings), dtype)


@pytest.mark.parametrize(("tall", "middle"), [(6, 4), (12, 8)])
@pytest.mark.parametrize("channels", range(1, 41))
def test_any_number_of_channels_is_made_of_whole_tiles(channels, tall, middle, monkeypatch):
    monkeypatch.setattr(conv_images, "TALL", tall)
    monkeypatch.setattr(conv_images, "MIDDLE", middle)
    rows, rest = conv_images._rows(channels)
    assert channels <= rows <= max(4, channels + 3)
    assert rows >= rest
    assert (rows - rest) % tall == 0
    assert rest % middle in ((0,) if rows >= tall else (0, 4))


def ways(N, C, M, size, kernel, stride=1, groups=1):
    shape = (N, C, size, size), (M, C // groups, kernel, kernel)
    return conv._ways(4, *shape, (stride, stride), (0, 0, 0, 0), (1, 1), groups)


def test_large_kernels_without_padding_are_chosen_and_others_are_not():
    N = 2 * lanes(4)
    assert ways(N, 6, 16, 14, 5)[1] is ways(N, 8, 16, 14, 5)[1] is conv_images
    for other in (ways(1, 6, 16, 14, 5), ways(N, 6, 16, 14, 5, groups=2), ways(N, 1, 8, 28, 3)):
        assert conv_images not in other
    assert ways(0, 6, 16, 14, 5)[:2] == (None, None)
