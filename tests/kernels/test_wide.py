"""Large arrays in pieces: the same bits as in one."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import elementwise
from minigrad.kernels.wide import LARGE, wide, wide_pair
from minigrad.ops.arithmetic import channel_sums


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


UFUNCS = [np.add, np.subtract, np.multiply, np.true_divide]
SHAPES = [
    # one, other, and whether a loop over planes takes them
    ((8, 6, 20, 30), (6, 1, 1), True),
    ((8, 6, 20, 30), (1, 6, 1, 1), True),
    ((8, 6, 20, 30), (6, 20, 1), True),
    ((600, 1, 30), (600, 1, 1), True),
    ((8, 6, 20, 30), (8, 6, 1, 30), False),
    ((8, 6, 20, 30), (8, 1, 20, 1), False),
    ((8, 6, 200, 3), (200, 1), False),
    ((8, 6, 20, 30), (30,), False),
    ((8, 6, 20, 30), (1,), False),
    ((9, 1, 1000), (4, 9, 1, 1), False),
    ((LARGE + 17,), (LARGE + 17,), False),
    ((3, LARGE), (3, LARGE), False),
    ((600, 701), (600, 701), False),
]


@pytest.fixture(params=[1, 2, 4], ids="{} threads".format)
def threads(request):
    before = mg.get_num_threads()
    mg.set_num_threads(request.param)
    yield
    mg.set_num_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64])
@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
@pytest.mark.parametrize(("shape", "other", "by_planes"), SHAPES, ids=str)
def test_two_operands_give_what_numpy_gives(threads, monkeypatch, shape, other, by_planes, ufunc, dtype):
    random = np.random.default_rng(0)
    x, y = ((9 * random.standard_normal(s)).astype(dtype) + dtype(1) for s in (shape, other))
    loops = []
    name = f"{ufunc.__name__}_planes"
    loop = getattr(elementwise, name)
    monkeypatch.setattr(elementwise, name, lambda *args: (loops.append(name), loop(*args)))
    with np.errstate(all="ignore"):
        for a, b in ((x, y), (y, x), (x[..., ::-1], y), (x, dtype(3)), (x, 3), (2, x)):
            found, expected = wide_pair(ufunc)(a, b), ufunc(a, b)
            assert found.dtype == expected.dtype
            assert found.tobytes() == expected.tobytes()
    assert bool(loops) == (by_planes and dtype in (np.float32, np.float64))


def test_helpers_are_as_quiet_as_the_caller(threads):
    x = mg.zeros(3 * LARGE)
    for _ in range(5):
        assert (x.log() == -np.inf).all()
        assert (x / x).isnan().all()


@pytest.mark.parametrize(("shape", "other", "by_planes"), SHAPES[:10], ids=str)
def test_sums_over_all_but_the_channels(threads, shape, other, by_planes):
    x = np.random.default_rng(0).uniform(-1, 2, shape).astype(np.float32)
    exact = x.astype(np.float64)
    if len(other) <= len(shape):
        exact = np.broadcast_to(exact, shape)
        lead = len(shape) - len(other)
        axes = tuple(i for i in range(len(shape)) if i < lead or other[i - lead] == 1)
        found = channel_sums(x, other)
        assert (found is not None) == by_planes
        if by_planes:
            expected = exact.sum(axes).reshape(-1).astype(np.float32)
            np.testing.assert_array_max_ulp(found, expected, 1)
            np.testing.assert_allclose(
                mg.from_numpy(x).sum(axes).numpy(), exact.sum(axes), rtol=1e-6, atol=1e-6
            )
    assert channel_sums(x.astype(np.float64), other) is None


def test_other_layouts_and_dtypes_go_to_numpy_as_they_are():
    x = np.ones((2, LARGE), np.float32)
    np.testing.assert_array_equal(wide(np.exp)(x.T), np.exp(x.T))
    half = np.ones(LARGE, np.float16)
    assert wide(np.exp)(half).dtype == np.float16


def test_exp_of_a_large_tensor_is_that_of_its_parts_and_so_is_its_gradient():
    x = mg.linspace(-3, 3, LARGE + 5).requires_grad_()
    y = x.exp()
    y.sum().backward()
    parts = [part.exp().numpy() for part in x.detach().split(1000)]
    np.testing.assert_array_equal(y.detach().numpy(), np.concatenate(parts))
    exact = np.exp(x.detach().numpy().astype(np.float64)).astype(np.float32)
    np.testing.assert_array_max_ulp(y.detach().numpy(), exact, 1)
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())
