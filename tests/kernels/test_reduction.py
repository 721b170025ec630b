"""Sums and products in vector lanes: as exact as NumPy's, the same bits for any number of threads."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigrad as mg

SHAPES = [(100_003,), (7, 5000), (40, 128, 5), (33, 512), (1, 70_000)]


def numbers(shape, dtype):
    return np.random.default_rng(0).uniform(-1, 2, shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("keepdim", [False, True])
def test_sums_are_as_exact_as_numpys(shape, dtype, keepdim):
    x = numbers(shape, dtype)
    for dims in (tuple(range(len(shape))), (len(shape) - 1,)):
        exact = x.astype(np.longdouble).sum(dims, keepdims=keepdim)
        found = mg.from_numpy(x).sum(dims, keepdim=keepdim)
        assert found.shape == exact.shape
        assert found.dtype == dtype
        allowed = 4 * np.finfo(dtype).eps * np.abs(x).sum(dims, keepdims=keepdim)
        assert (np.abs(found.numpy() - exact) <= allowed).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_float32_sums_are_exact_to_the_last_digits(shape):
    x = numbers(shape, np.float32)
    exact = x.astype(np.float64).sum()
    found = mg.from_numpy(x).sum().numpy()
    assert (np.abs(found - exact) <= np.spacing(np.abs(exact.astype(np.float32)))).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_products_are_numpys(shape):
    x = np.exp(numbers(shape, np.float64) * 1e-3)
    for dims in (None, len(shape) - 1):
        found = mg.from_numpy(x).prod() if dims is None else mg.from_numpy(x).prod(dims)
        np.testing.assert_allclose(found.numpy(), x.prod(dims), rtol=1e-10)


def test_the_bits_do_not_depend_on_the_number_of_threads():
    x = mg.from_numpy(numbers((300, 1001), np.float32))
    before = mg.get_num_threads()
    found = set()
    try:
        for threads in (1, 2, 3):
            mg.set_num_threads(threads)
            found.add((x.sum().item(), tuple(x.sum(1).tolist()), x.mean().item(), x.prod(1)[0].item()))
    finally:
        mg.set_num_threads(before)
    assert len(found) == 1


@pytest.mark.parametrize("odd", [math.inf, -math.inf, math.nan])
def test_infinities_and_nans_are_seen(odd):
    x = np.ones(50_000, np.float32)
    x[31_000] = odd
    for found in (mg.from_numpy(x).sum().item(), mg.from_numpy(x).prod().item()):
        assert found == odd or (math.isnan(odd) and math.isnan(found))


def test_other_strides_and_dtypes_take_numpys_way():
    x = numbers((200, 200), np.float32)
    np.testing.assert_allclose(mg.from_numpy(x.T).sum(1).numpy(), x.T.sum(1), rtol=1e-5)
    whole = np.arange(40_000)
    assert mg.from_numpy(whole).sum().item() == whole.sum()
    assert mg.from_numpy(np.ones(40_000, np.float16)).sum().item() == 40_000
