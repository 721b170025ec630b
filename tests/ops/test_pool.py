"""Pooling beside PyTorch: values, gradients, indices, ties, NaN, ceil_mode and errors."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops import pool

SIZES = [(1, 1), (4, 6), (5, 7), (9, 3)]
WINDOWS = [
    # kernel, stride, padding
    (1, None, 0),
    (2, None, 0),
    (2, 1, 0),
    (2, 2, 1),
    (3, 2, 1),
    ((2, 3), (3, 1), (1, 0)),
    (2, 4, 1),
]


def values(size, ties, dtype=np.float64):
    random = np.random.default_rng(3)
    shape = (2, 3, *size)
    return (random.integers(-2, 2, shape) if ties else random.standard_normal(shape)).astype(dtype)


def compare(name, x, *arguments):
    """Outputs (with indices, where there are any) and gradient against PyTorch's function."""
    torch = pytest.importorskip("torch")
    mine, yours = mg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    try:
        expected = getattr(torch.nn.functional, name)(yours, *arguments)
    except RuntimeError:
        with pytest.raises(ValueError):
            getattr(pool, name)(mine, *arguments)
        return
    found = getattr(pool, name)(mine, *arguments)
    if isinstance(expected, tuple):
        np.testing.assert_array_equal(found[1].numpy(), expected[1].numpy())
        assert found[1].dtype == np.int64
        found, expected = found[0], expected[0]
    g = np.random.default_rng(4).standard_normal(expected.shape).astype(x.dtype)
    found.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    assert found.dtype == x.dtype
    rtol = 1e-12 if x.dtype == np.float64 else 1e-5
    for a, b in ((found.detach(), expected.detach()), (mine.grad, yours.grad)):
        assert a.shape == tuple(b.shape)
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_max_pool2d_agrees_with_pytorch(size, window, ties):
    for dilation, ceil_mode in itertools.product((1, 2), (False, True)):
        if dilation == 2 and (ceil_mode or min(size) < 4):
            continue  # PyTorch's windows may then lie wholly in the padding, and read past the input
        compare("max_pool2d", values(size, ties), *window, dilation, ceil_mode, True)
    compare("max_pool2d", values(size, ties, np.float32), *window)


# Rows of one vector and more, and with a rest; of odd and even length; planes of more than one band.
LONGER = [(6, 17), (19, 23), (40, 34), (130, 75)]
EVENLY = [
    # kernel, stride, padding, dilation
    (2, 2, 0, 1),
    (2, 2, 1, 1),
    (3, 2, 0, 1),
    (3, 2, 1, 1),
    (3, 1, 1, 1),
    (3, 3, 1, 1),
    ((2, 5), (3, 2), (1, 2), 1),
    (3, (1, 2), 1, (2, 1)),
    ((3, 2), (2, 1), 1, (1, 3)),
    ((1, 6), 4, 0, 1),
    (6, (1, 2), 3, 1),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("window", EVENLY, ids=str)
@pytest.mark.parametrize("size", LONGER, ids=str)
def test_vector_code_agrees_with_pytorch_also_for_ties_infinities_and_nan(size, window, dtype):
    x = values(size, True, dtype)
    x[0, 0] = -np.inf
    x[0, 1, ::2, 1::3] = np.nan
    x[0, 2, 1::3, ::2] = np.inf
    x[0, 2, ::2, ::3] = -np.inf
    for ceil_mode in (False, True):
        compare("max_pool2d", x, *window, ceil_mode, True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("window", [w[:3] for w in EVENLY if w[3] == 1], ids=str)
@pytest.mark.parametrize("size", [*LONGER, (3, 40), (40, 3)], ids=str)
def test_vector_code_of_means_agrees_with_pytorch(size, window, dtype):
    for ceil_mode, include_pad in itertools.product((False, True), (False, True)):
        compare("avg_pool2d", values(size, False, dtype), *window, ceil_mode, include_pad)
    compare("avg_pool2d", values(size, False, dtype), *window, False, True, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("window", [(2, 2, 0), (2, 2, 1), (3, 2, 1), (3, 1, 1), (5, 2, 2)], ids=str)
def test_rows_of_every_length_agree_with_pytorch(window, dtype):
    for width in range(5, 72):  # around every number of vectors and parts of one
        x = values((5, width), False, dtype)
        compare("max_pool2d", x, *window)
        compare("avg_pool2d", x, *window)


def test_infinities_and_nan_stay_in_their_windows():
    x = np.zeros((1, 20, 40))
    x[0, 3, 5], x[0, 10, 33] = np.nan, np.inf
    compare("avg_pool2d", x, 3, 2, 1)
    t = mg.tensor(np.zeros((1, 20, 40)), requires_grad=True)
    g = np.ones((1, 10, 20))
    g[0, 4, 9] = np.nan
    pool.avg_pool2d(t, 3, 2, 1).backward(mg.tensor(g))
    bad = np.isnan(t.grad.numpy())
    assert bad[0, 7:10, 17:20].all()
    assert bad.sum() == 9


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_avg_pool2d_agrees_with_pytorch(size, window):
    for ceil_mode, include_pad, divisor in itertools.product((False, True), (False, True), (None, 3, -2)):
        compare("avg_pool2d", values(size, False), *window, ceil_mode, include_pad, divisor)
    compare("avg_pool2d", values(size, False, np.float32), *window)


@pytest.mark.parametrize("output_size", [1, 2, (3, 5), (None, 2), (7, None)], ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_adaptive_pooling_agrees_with_pytorch(size, output_size):
    compare("adaptive_avg_pool2d", values(size, False), output_size)
    compare("adaptive_max_pool2d", values(size, False), output_size, True)
    compare("adaptive_max_pool2d", values(size, True), output_size, True)


def test_no_windows_give_an_empty_output_and_a_gradient_of_zeros():
    for adaptive in (pool.adaptive_avg_pool2d, pool.adaptive_max_pool2d):
        x = mg.tensor(np.ones((2, 3, 4)), requires_grad=True)
        y = adaptive(x, (4, 0))
        assert y.shape == (2, 4, 0)
        y.backward(mg.tensor(np.ones(y.shape)))
        assert not x.grad.numpy().any()


def test_of_equal_values_only_the_first_gets_the_gradient():
    x = mg.tensor(np.ones((1, 2, 2)), requires_grad=True)
    pool.max_pool2d(x, 2).backward(mg.tensor([[[1.0]]], dtype=np.float64))
    np.testing.assert_array_equal(x.grad.numpy(), [[[1, 0], [0, 0]]])


def test_nan_wins_over_every_number():
    x = np.array([[[1.0, np.nan], [np.inf, 2.0]]])
    y, index = pool.max_pool2d(mg.tensor(x), 2, return_indices=True)
    assert np.isnan(y.item())
    assert index.item() == 1


def test_minus_infinity_everywhere_gives_the_first_place():
    x = np.full((1, 2, 2), -np.inf)
    y, index = pool.max_pool2d(mg.tensor(x), 2, return_indices=True)
    assert y.item() == -np.inf
    assert index.item() == 0


def test_a_window_that_dilation_carried_out_of_the_input_is_minus_infinity():
    x = mg.tensor(np.ones((1, 3, 1)), requires_grad=True)
    y = pool.max_pool2d(x, (3, 2), 1, (1, 1), dilation=(1, 2))
    assert (y.detach().numpy() == -np.inf).all()
    y.backward(mg.tensor(np.ones(y.shape)))
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((1, 3, 1)))


def test_integers_have_maxima_but_no_means():
    x = mg.tensor([[[1, 5], [7, 3]]])
    assert pool.max_pool2d(x, 2).numpy().tolist() == [[[7]]]
    with pytest.raises(DTypeError, match="float"):
        pool.avg_pool2d(x, 2)


def test_half_precision_keeps_its_dtype():
    x = mg.tensor(values((4, 4), False, np.float16))
    for found in (pool.max_pool2d(x, 2), pool.avg_pool2d(x, 2)):
        assert found.dtype == np.float16


def zeros(*shape, dtype=np.float32):
    return mg.tensor(np.zeros(shape, dtype))


ERRORS = [
    ("padding", lambda: pool.max_pool2d(zeros(1, 4, 4), 2, padding=2), ValueError, "at most half"),
    ("padding of means", lambda: pool.avg_pool2d(zeros(1, 4, 4), 3, padding=2), ValueError, "at most half"),
    ("stride", lambda: pool.max_pool2d(zeros(1, 4, 4), 2, 0), ValueError, "stride=0"),
    ("kernel", lambda: pool.max_pool2d(zeros(1, 4, 4), 0), ValueError, "kernel_size=0"),
    ("too large", lambda: pool.max_pool2d(zeros(1, 4, 4), 5), ShapeError, "no window fits"),
    ("dimensions", lambda: pool.avg_pool2d(zeros(4, 4), 2), ShapeError, r"\(N, C, H, W\)"),
    ("no channels", lambda: pool.avg_pool2d(zeros(2, 0, 4, 4), 2), ShapeError, "only the batch"),
    ("divisor", lambda: pool.avg_pool2d(zeros(1, 4, 4), 2, divisor_override=0), ValueError, "other than 0"),
    ("output_size", lambda: pool.adaptive_avg_pool2d(zeros(1, 4, 4), -1), ValueError, "integer >= 0"),
    ("three sizes", lambda: pool.adaptive_max_pool2d(zeros(1, 4, 4), (1, 2, 3)), ValueError, "a pair"),
    ("bools", lambda: pool.max_pool2d(zeros(1, 4, 4, dtype=bool), 2), DTypeError, "numeric"),
    ("an array", lambda: pool.max_pool2d(np.zeros((1, 4, 4)), 2), TypeError, "ndarray"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "words"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS])
def test_a_misfit_is_explained(call, error, words):
    with pytest.raises(error, match=words):
        call()
