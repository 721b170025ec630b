"""Convolutions along the rows: columns apart or not, any number of channels, g read in place."""

import numpy as np
import pytest

from minigrad.kernels import _pool, conv, conv_plan
from minigrad.kernels.conv_plan import columns_apart, forward_geometry, grad_weight_geometry, sums_in_place
from tests.kernels.nearness import PRECISION, assert_near, random
from tests.ops.cases_conv import slow_conv2d, slow_grad_weight

GEOMETRIES = {
    # images, channels in, size, kernel, stride, padding, dilation, groups
    "3x3": (2, 2, (12, 11), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1),
    "5x5 without padding": (3, 1, (14, 14), (5, 5), (1, 1), (0, 0, 0, 0), (1, 1), 1),
    "uneven padding": (2, 1, (13, 12), (2, 4), (1, 1), (0, 1, 2, 1), (1, 1), 1),
    "stride": (2, 1, (17, 19), (3, 3), (2, 2), (1, 1, 1, 1), (1, 1), 1),
    "stride beyond the kernel": (2, 1, (17, 19), (1, 2), (3, 3), (0, 0, 0, 0), (1, 1), 1),
    "dilation": (2, 2, (15, 14), (3, 3), (1, 1), (2, 2, 2, 2), (2, 2), 1),
    "stride and dilation": (2, 1, (15, 14), (3, 3), (2, 2), (2, 2, 2, 2), (3, 3), 1),
    "groups": (2, 4, (12, 13), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 2),
    "several bands": (1, 1, (150, 301), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1),
    "one position": (3, 2, (3, 3), (3, 3), (1, 1), (0, 0, 0, 0), (1, 1), 1),
}


def correlate(x, weight, geometry):
    M, group, (KH, KW) = len(weight), weight[0].size, weight.shape[2:]
    y = np.full((len(x), *geometry.correlation.target), np.nan, x.dtype)
    steps = (M // geometry.correlation.groups * group, group, KH * KW)
    conv._correlate(x, weight, None, y, geometry, steps)
    return y


@pytest.mark.parametrize("channels", [2, 4, 6, 10, 18])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_columns_apart_give_the_same_bits(name, channels):
    N, C, size, kernel, *settings, groups = GEOMETRIES[name]
    M = channels * groups
    x = random(N, C, *size, dtype=np.float32, seed=0)
    weight = random(M, C // groups, *kernel, dtype=np.float32, seed=1)
    plan = conv_plan._plan(N, x.shape[1:], weight.shape, *settings, groups)
    plain, apart = (correlate(x, weight, conv_plan.geometry(p, 4)) for p in (plan, columns_apart(plan)))
    np.testing.assert_array_equal(plain, apart)
    if size[0] < 100:
        assert_near(plain, slow_conv2d(x, weight, None, *settings, groups), np.float32)


@pytest.mark.parametrize("dtype", PRECISION, ids=lambda d: d.__name__)
@pytest.mark.parametrize("channels", range(1, 11))
@pytest.mark.parametrize("size", [(23, 22), (8, 9)], ids=["large", "small"])
def test_the_weight_gradient_of_any_number_of_channels_is_what_loops_give(channels, size, dtype):
    settings = (1, 1), (1, 1, 1, 1), (1, 1)
    x = random(3, 1, *size, dtype=dtype, seed=0)
    g = random(3, channels, *size, dtype=dtype, seed=1)
    dweight, dbias = conv.conv2d_grad_weight(g, x, (3, 3), *settings, 1)
    for found, expected in zip((dweight, dbias), slow_grad_weight(g.astype(float), x, (3, 3), *settings)):
        assert_near(found, expected, dtype)


def test_g_is_read_in_place_where_it_is_large_and_taps_are_few():
    settings = (1, 1), (0, 0, 0, 0), (1, 1)

    def in_place(C, M, size, kernel=3, groups=1):
        weight = M, C // groups, kernel, kernel
        return sums_in_place(grad_weight_geometry(4, 64, (C, size, size), weight, *settings, groups))

    assert in_place(1, 32, 40)
    for other in ((1, 32, 12), (8, 32, 40), (1, 1, 40), (1, 2, 40), (2, 32, 40, 3, 2)):
        assert not in_place(*other)


@pytest.mark.parametrize("threads", [2, 4])
def test_the_gradient_read_in_place_has_the_same_bits_for_any_number_of_threads(threads, monkeypatch):
    x, g = random(9, 1, 40, 40, dtype=np.float32, seed=0), random(9, 32, 38, 38, dtype=np.float32, seed=1)
    found = []
    for count in (1, threads):
        monkeypatch.setattr(_pool, "_threads", count)
        found.append(conv.conv2d_grad_weight(g, x, (3, 3), (1, 1), (0, 0, 0, 0), (1, 1), 1))
    for one, several in zip(*found):
        np.testing.assert_array_equal(one, several)


def test_few_columns_in_vain_are_kept_and_many_are_not():
    def phases(C, M, size, kernel, pooled=False):
        settings = (1, 1), (0, 0, 0, 0), (1, 1), 1
        geometry = forward_geometry(4, 64, (C, size, size), (M, C, kernel, kernel), *settings, pooled)
        return len(geometry.correlation.phases)

    assert phases(1, 32, 28, 3) == 3
    assert phases(6, 16, 14, 5) == phases(6, 16, 14, 5, pooled=True) == 5
    assert phases(1, 32, 28, 3, pooled=True) == phases(64, 8, 28, 3) == 1


@pytest.mark.parametrize("heights", [(4, 6), (8, 4)], ids=["16 registers", "32 registers"])
@pytest.mark.parametrize("channels", range(1, 27))
def test_blocks_cover_every_channel(channels, heights, monkeypatch):
    monkeypatch.setattr(conv_plan, "BLOCK", heights[0])
    monkeypatch.setattr(conv_plan, "OTHER", heights[1])
    blocks = conv_plan.blocks(channels)
    covered = {first + r for first, height in blocks for r in range(height)}
    assert covered >= set(range(channels))
    assert sum(height for _, height in blocks) < channels + heights[0]
    if channels >= max(heights):
        assert max(covered) == channels - 1
