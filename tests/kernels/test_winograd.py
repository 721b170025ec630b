"""Winograd's convolution beside sums over all windows in float64, and when it is chosen."""

import numpy as np
import pytest

from minigrad.kernels import conv, winograd
from minigrad.kernels._vector import lanes

GEOMETRIES = {
    # images, channels in and out, size, padding (top, bottom, left, right)
    "even": (2, 5, 3, (6, 8), (1, 1, 1, 1)),
    "odd": (3, 4, 6, (7, 5), (1, 1, 1, 1)),
    "no padding": (2, 3, 2, (5, 6), (0, 0, 0, 0)),
    "padding of two": (1, 2, 4, (4, 5), (2, 2, 2, 2)),
    "uneven padding": (2, 3, 3, (5, 4), (0, 2, 1, 0)),
    "one output": (4, 2, 3, (3, 3), (0, 0, 0, 0)),
    "one pixel": (5, 3, 2, (1, 1), (1, 1, 1, 1)),
    "a row": (2, 2, 2, (1, 9), (2, 1, 0, 1)),
    "a column": (2, 2, 2, (9, 1), (1, 0, 2, 2)),
    "several blocks of channels": (2, 35, 19, (5, 5), (1, 1, 1, 1)),
    "whole blocks of channels": (9, 32, 16, (4, 4), (1, 1, 1, 1)),
    "units of several images": (70, 3, 3, (3, 4), (1, 1, 1, 1)),
    "several bands": (2, 16, 16, (37, 66), (1, 1, 1, 1)),
}
PRECISION = {np.float32: 2e-6, np.float64: 1e-14}
every_geometry = pytest.mark.parametrize("name", GEOMETRIES)
both_dtypes = pytest.mark.parametrize("dtype", PRECISION, ids=lambda d: d.__name__)


def random(*shape, dtype, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def windows(x, padding):
    top, bottom, left, right = padding
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))


def operands(name, dtype):
    N, C, M, size, padding = GEOMETRIES[name]
    x = random(N, C, *size, dtype=dtype, seed=0)
    weight = random(M, C, 3, 3, dtype=dtype, seed=1)
    bias = random(M, dtype=dtype, seed=2)
    OH, OW = size[0] + padding[0] + padding[1] - 2, size[1] + padding[2] + padding[3] - 2
    g = random(N, M, OH, OW, dtype=dtype, seed=3)
    return x, weight, bias, g, padding


def forward(x, weight, bias, size, padding, floor=-np.inf):
    y = np.full((len(x), len(weight), *size), np.nan, x.dtype)
    winograd.forward(x, weight, bias, y, size, padding, floor)
    return y


def assert_near(found, expected, dtype):
    np.testing.assert_allclose(found, expected, rtol=0, atol=PRECISION[dtype] * np.abs(expected).max())


@both_dtypes
@every_geometry
def test_each_of_the_three_is_the_sum_over_windows(name, dtype):
    x, weight, bias, g, padding = operands(name, dtype)
    seen = windows(x, padding)
    expected = np.einsum("ncijuv,mcuv->nmij", seen, weight, optimize=True)
    y = forward(x, weight, bias, g.shape[2:], padding)
    assert_near(y, expected + bias[:, None, None], dtype)
    y = forward(x, weight, None, g.shape[2:], padding, 0.0)
    assert_near(y, np.maximum(expected, 0), dtype)
    dx = np.full_like(x, np.nan)
    winograd.grad_input(g, weight, dx, padding)
    back = windows(g, [2 - p for p in padding])
    assert_near(dx, np.einsum("nmijuv,mcuv->ncij", back, weight[:, :, ::-1, ::-1], optimize=True), dtype)
    dweight, dbias = winograd.grad_weight(g, x, padding)
    assert_near(dweight, np.einsum("nmij,ncijuv->mcuv", g, seen, optimize=True), dtype)
    assert_near(dbias, g.sum(axis=(0, 2, 3), dtype=np.float64), dtype)


@both_dtypes
@pytest.mark.parametrize("floor", [-np.inf, 0.0])
@pytest.mark.parametrize("name", [n for n in GEOMETRIES if n not in ("one output", "one pixel", "a column")])
def test_pooling_takes_the_largest_of_the_same_bits(name, floor, dtype):
    x, weight, bias, g, padding = operands(name, dtype)
    N, M, OH, OW = g.shape
    if OH < 2:
        padding = (padding[0] + 1, *padding[1:])
        OH += 1
    y = forward(x, weight, bias, (OH, OW), padding)
    fours = y[:, :, : OH // 2 * 2, : OW // 2 * 2].reshape(N, M, OH // 2, 2, OW // 2, 2).swapaxes(3, 4)
    fours = fours.reshape(N, M, OH // 2, OW // 2, 4)
    pooled = np.full(fours.shape[:4], np.nan, dtype)
    where = np.full(pooled.shape, 9, np.uint8)
    winograd.forward(x, weight, bias, pooled, (OH, OW), padding, floor, where)
    np.testing.assert_array_equal(pooled, np.maximum(fours.max(-1), floor))
    np.testing.assert_array_equal(where, fours.argmax(-1))


@both_dtypes
def test_an_image_has_the_same_bits_alone_and_in_small_units(dtype, monkeypatch):
    x, weight, bias, g, padding = operands("several bands", dtype)
    y = forward(x, weight, bias, g.shape[2:], padding)
    np.testing.assert_array_equal(forward(x[:1], weight, bias, g.shape[2:], padding), y[:1])
    monkeypatch.setattr(winograd, "PLANES_BYTES", 1)
    winograd._sizes.cache_clear()
    try:
        np.testing.assert_array_equal(forward(x, weight, bias, g.shape[2:], padding), y)
    finally:
        winograd._sizes.cache_clear()


def test_nan_fills_the_tiles_that_read_it_and_no_others():
    x, weight, bias, _, padding = operands("even", np.float32)
    x[0, 0, 1, 1] = np.nan  # read by the tiles of outputs 0 and 1, 2 and 3
    y = forward(x, weight, bias, (6, 8), padding, 0.0)
    assert np.isnan(y[0, :, 1, 1]).all()
    assert np.isfinite(y[0, :, 4:]).all()
    assert np.isfinite(y[0, :, :, 4:]).all()
    assert np.isfinite(y[1]).all()


@pytest.mark.parametrize("channels", [32, 128])
def test_float32_is_as_exact_as_the_direct_sum(channels, monkeypatch):
    x = random(4, channels, 14, 14, dtype=np.float32, seed=0)
    weight = random(channels, channels, 3, 3, dtype=np.float32, seed=1)
    settings = ((1, 1), (1, 1, 1, 1), (1, 1), 1)
    expected = np.einsum("ncijuv,mcuv->nmij", windows(x, settings[1]), weight, optimize=True)
    error = np.abs(forward(x, weight, None, (14, 14), settings[1]) - expected).max()
    monkeypatch.setattr(winograd, "suits", lambda *shapes: (False,) * 3)
    direct = np.abs(conv.conv2d_forward(x, weight, None, *settings) - expected).max()
    assert error < direct


def suits(N, C, M, size, stride=1, groups=1, kernel=3, padding=1, dilation=1):
    shape = (N, C, *size), (M, C // groups, kernel, kernel)
    return winograd.suits(4, *shape, (stride, stride), (padding,) * 4, (dilation, dilation), groups)


def test_many_channels_are_chosen_and_few_or_other_kernels_are_not():
    C = 2 * lanes(4)
    nothing = (False, False, False)
    assert suits(64, 2 * C, 2 * C, (14, 14)) == suits(32, 4 * C, 4 * C, (8, 8)) == (True, True, True)
    assert suits(64, 2 * C, 2 * C, (14, 14), padding=3)[:2] == (True, False)
    assert suits(64, 1, C, (28, 28)) == suits(64, 8, 16, (26, 26)) == suits(64, 3, C, (32, 32)) == nothing
    assert suits(64, C, C, (2, 2)) == suits(64, C, C, (1, 1), padding=0) == suits(0, C, C, (8, 8)) == nothing
    for other in ({"stride": 2}, {"groups": 2}, {"kernel": 5}, {"kernel": 1}, {"dilation": 2}):
        assert suits(64, 2 * C, 2 * C, (14, 14), **other) == nothing
