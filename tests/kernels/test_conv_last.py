"""Convolutions with the channels innermost beside seven loops, and when they are chosen."""

import numpy as np
import pytest

from minigrad.kernels import conv_last
from minigrad.kernels._vector import lanes
from tests.kernels.nearness import PRECISION, assert_near, random
from tests.ops.cases_conv import slow_conv2d, slow_grad_input, slow_grad_weight

GEOMETRIES = {
    # images, blocks of channels in and out, size, kernel, stride, padding, dilation
    "3x3": (4, 1, 1, (5, 4), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
    "images that fill no unit": (5, 1, 2, (4, 4), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
    "several units": (37, 1, 1, (3, 2), (2, 2), (1, 1), (0, 1, 1, 0), (1, 1)),
    "stride": (4, 2, 1, (6, 7), (3, 3), (2, 2), (1, 1, 1, 1), (1, 1)),
    "1x1 with a stride": (4, 1, 2, (5, 5), (1, 1), (2, 3), (0, 0, 0, 0), (1, 1)),
    "dilation": (4, 1, 1, (6, 5), (2, 3), (1, 1), (0, 0, 2, 2), (2, 2)),
    "one place": (12, 1, 1, (1, 1), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
    "rows longer than a square": (4, 1, 1, (3, 19), (1, 3), (1, 1), (0, 0, 1, 1), (1, 1)),
}


@pytest.mark.parametrize("dtype", PRECISION, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_each_of_the_three_is_what_seven_loops_give(name, dtype):
    N, inner, outer, size, kernel, stride, padding, dilation = GEOMETRIES[name]
    width = 2 * lanes(np.dtype(dtype).itemsize)
    C, M = inner * width, outer * width
    x = random(N, C, *size, dtype=dtype, seed=0)
    weight = random(M, C, *kernel, dtype=dtype, seed=1)
    bias = random(M, dtype=dtype, seed=2)
    settings = stride, padding, dilation
    expected = slow_conv2d(x, weight, bias, *settings)
    y = np.full(expected.shape, np.nan, dtype)
    conv_last.forward(x, weight, bias, y, *settings, -np.inf)
    assert_near(y, expected, dtype)
    conv_last.forward(x, weight, None, y, *settings, 0.0)
    assert_near(y, np.maximum(slow_conv2d(x, weight, None, *settings), 0), dtype)
    g = random(*y.shape, dtype=dtype, seed=3)
    dx = np.full_like(x, np.nan)
    conv_last.grad_input(g, weight, dx, *settings)
    assert_near(dx, slow_grad_input(g, weight, size, *settings), dtype)
    for found, right in zip(
        conv_last.grad_weight(g, x, kernel, *settings), slow_grad_weight(g, x, kernel, *settings)
    ):
        assert_near(found, right, dtype)


def suits(N, C, M, size, stride, groups=1):
    shape = (N, C, *size), (M, C // groups, 3, 3)
    return conv_last.suits(4, *shape, (stride, stride), (1, 1, 1, 1), (1, 1), groups)


def test_small_images_of_many_channels_are_chosen_and_others_are_not():
    C = 16 * lanes(4)
    assert suits(32, C, C, (4, 4), 1) == (True, True, True)
    assert suits(32, C, C, (8, 8), 2)[1]
    nothing = (False, False, False)
    assert suits(32, 1, C, (28, 28), 1) == suits(32, C, 10, (4, 4), 1) == nothing
    assert suits(1, C, C, (4, 4), 1) == suits(32, C, C, (4, 4), 1, groups=2) == nothing
    assert suits(32, 2 * lanes(4), 2 * lanes(4), (64, 64), 1)[0] is False
