"""Large arrays in pieces: the same bits as in one."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels.wide import LARGE, wide


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [LARGE - 1, LARGE, LARGE + 17])
def test_pieces_give_the_bits_of_the_whole(threads, dtype, size):
    before = mg.get_num_threads()
    x = np.random.default_rng(0).standard_normal(size).astype(dtype)
    try:
        mg.set_num_threads(threads)
        assert wide(np.sin)(x).tobytes() == np.sin(x).tobytes()
    finally:
        mg.set_num_threads(before)


def test_other_layouts_and_dtypes_go_to_numpy_as_they_are():
    x = np.ones((2, LARGE), np.float32)
    np.testing.assert_array_equal(wide(np.exp)(x.T), np.exp(x.T))
    half = np.ones(LARGE, np.float16)
    assert wide(np.exp)(half).dtype == np.float16


def test_exp_of_a_large_tensor_is_numpys_and_so_is_its_gradient():
    x = mg.linspace(-3, 3, LARGE + 5).requires_grad_()
    y = x.exp()
    y.sum().backward()
    np.testing.assert_array_equal(y.detach().numpy(), np.exp(x.detach().numpy()))
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())
