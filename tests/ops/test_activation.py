"""Activations beyond their rows: accuracy of the kernels, edges, PyTorch's options and errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradgradcheck
from minigrad.kernels import _elementary as elementary
from minigrad.ops import activation
from tests.case import normal

INF, NAN = float("inf"), float("nan")
EDGES = np.array([0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0, 20.0, -20.0, 21.0, 88.0, -100.0, 750.0, -750.0])
BEYOND = np.array([INF, -INF, NAN])

# name in torch.nn.functional, options
CALLS = [
    ("relu", {}), ("relu6", {}), ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.3}),
    ("rrelu", {}), ("hardtanh", {}), ("hardtanh", {"min_val": -3.0, "max_val": 0.5}),
    ("threshold", {"threshold": 0.5, "value": 7.0}), ("hardsigmoid", {}), ("hardswish", {}),
    ("hardshrink", {}), ("softshrink", {"lambd": 1.0}), ("sigmoid", {}), ("tanh", {}), ("silu", {}),
    ("mish", {}), ("softplus", {}), ("softplus", {"beta": 0.5, "threshold": 3.0}), ("logsigmoid", {}),
    ("softsign", {}), ("tanhshrink", {}), ("elu", {}), ("elu", {"alpha": 0.4}), ("selu", {}),
    ("celu", {"alpha": 0.4}), ("gelu", {}), ("gelu", {"approximate": "tanh"}),
]  # fmt: skip
every_call = pytest.mark.parametrize(("name", "options"), CALLS, ids=lambda o: str(o))


@every_call
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_and_gradients_are_those_of_pytorch(name, options, dtype):
    torch = pytest.importorskip("torch")
    xs = np.concatenate([EDGES, normal(40) * 4]).astype(dtype)
    weights = np.cos(np.arange(xs.size)).astype(dtype)
    x, t = mg.tensor(xs, requires_grad=True), torch.tensor(xs, requires_grad=True)
    y, u = getattr(activation, name)(x, **options), getattr(torch.nn.functional, name)(t, **options)
    y.backward(mg.tensor(weights))
    u.backward(torch.tensor(weights))
    assert y.dtype == x.grad.dtype == dtype
    tolerance = {"rtol": 1e-12, "atol": 1e-13} if dtype == np.float64 else {"rtol": 3e-6, "atol": 2e-6}
    if name in ("hardsigmoid", "celu"):
        tolerance["rtol"] = 1e-6  # PyTorch keeps 1/6 and 1/alpha in float32
    np.testing.assert_allclose(y.detach().numpy(), u.detach().numpy(), **tolerance)
    np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), **tolerance)


@every_call
def test_infinities_and_nan_give_what_they_give_in_pytorch(name, options):
    torch = pytest.importorskip("torch")
    for dtype in (np.float64, np.float32):
        found = getattr(activation, name)(mg.tensor(BEYOND, dtype=dtype), **options)
        # float64 for both: PyTorch's gelu(inf) is inf in float64 and nan in float32.
        expected = getattr(torch.nn.functional, name)(torch.tensor(BEYOND), **options)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6)


@every_call
def test_float16_goes_through_float32(name, options):
    xs = normal(50).astype(np.float16)
    found = getattr(activation, name)(mg.tensor(xs, requires_grad=True), **options)
    exact = getattr(activation, name)(mg.tensor(xs.astype(np.float32)), **options)
    assert found.dtype == np.float16
    np.testing.assert_allclose(found.detach().numpy(), exact.numpy(), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", ["sigmoid", "silu", "mish", "softplus", "elu", "gelu", "softsign"])
def test_second_gradients_hold_far_from_zero(name):
    x = mg.tensor([-30.0, -8.0, 9.0, 19.0], dtype=mg.float64, requires_grad=True)
    assert gradgradcheck(getattr(activation, name), (x,))


@pytest.mark.parametrize("name", ["silu", "mish", "gelu", "logsigmoid"])
def test_third_gradients_agree_with_differences(name):
    def slope(x):
        return mg.autograd.grad(getattr(activation, name)(x).sum(), x, create_graph=True)[0]

    assert gradgradcheck(slope, (mg.tensor([-1.2, 0.4, 2.1], dtype=mg.float64, requires_grad=True),))


def test_the_smooth_ones_keep_their_digits_where_they_are_tiny():
    x = mg.tensor([-30.0, -200.0], dtype=mg.float64)
    np.testing.assert_allclose(mg.sigmoid(x).numpy(), np.exp(x.numpy()), rtol=1e-12)
    np.testing.assert_allclose(activation.softplus(x).numpy(), np.exp(x.numpy()), rtol=1e-12)
    np.testing.assert_allclose(activation.logsigmoid(-x).numpy(), -np.exp(x.numpy()), rtol=1e-12)
    tail = [-0.5 * v * math.erfc(v / math.sqrt(2)) for v in (9.0, 30.0)]
    np.testing.assert_allclose(
        activation.gelu(mg.tensor([-9.0, -30.0], dtype=mg.float64)).numpy(), tail, rtol=1e-12
    )
    small = mg.tensor([-1e-9], dtype=mg.float64)
    assert activation.elu(small).item() == pytest.approx(math.expm1(-1e-9), rel=1e-15)


# ------------------------------------------------ the polynomials behind the kernels


def spread(low, high, dtype):
    return np.linspace(low, high, 20_001).astype(dtype)


def applied(function, xs):
    """A function of one number on an array, compiled as the kernels are."""
    import numba

    @numba.njit(error_model="numpy")
    def loop(xs, out):
        for i in range(xs.size):
            out[i] = function(xs[i])

    out = np.empty_like(xs)
    loop(xs, out)
    return out


ACCURACY = [
    (elementary.exp, np.exp, -87.0, 88.0),
    (elementary.expm1_of_negative, np.expm1, -20.0, 0.0),
    (elementary.log1p_of_fraction, np.log1p, 0.0, 1.0),
]


@pytest.mark.parametrize(("function", "exact", "low", "high"), ACCURACY, ids=["exp", "expm1", "log1p"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_elementary_functions_are_right_to_two_units_in_the_last_place(function, exact, low, high, dtype):
    xs = spread(low, high, dtype)
    found = applied(function, xs).astype(np.longdouble)
    expected = exact(xs.astype(np.longdouble))
    assert np.all(np.abs(found - expected) <= 2 * np.finfo(dtype).eps * np.abs(expected))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_is_right_to_three_units_in_the_last_place(dtype):
    x = np.concatenate([np.linspace(-12, 12, 20001), 10.0 ** np.linspace(-30, 1, 2001)]).astype(dtype)
    exact = np.tanh(x.astype(np.longdouble))
    found = mg.tensor(x).tanh().numpy()
    assert np.max(np.abs(found - exact)[x != 0] / np.spacing(np.abs(exact.astype(dtype)))[x != 0]) < 3
    ends = mg.tensor(np.array([-0.0, 0.0, INF, -INF, NAN], dtype)).tanh().numpy()
    np.testing.assert_array_equal(ends, np.array([0, 0, 1, -1, NAN], dtype))
    assert np.signbit(ends[0])
    assert not np.signbit(ends[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exp_overflows_underflows_and_passes_nan_as_numpy_does(dtype):
    xs = np.array(
        [88.7, 89.0, 709.7, 710.0, 1e30, INF, -88.0, -103.0, -104.0, -745.0, -746.0, -INF, NAN, 0.0]
    )
    xs = xs.astype(dtype)
    with np.errstate(all="ignore"):
        expected = np.exp(xs)
    np.testing.assert_allclose(
        applied(elementary.exp, xs), expected, rtol=3e-7, atol=2 * np.finfo(dtype).smallest_subnormal
    )


# ------------------------------------------------ options, shapes, errors


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (2, 3, 4, 5)])
@pytest.mark.parametrize("several", [False, True])
def test_prelu_has_one_weight_or_one_a_channel(shape, several):
    torch = pytest.importorskip("torch")
    weights = np.linspace(-0.5, 0.5, shape[1] if several and len(shape) > 1 else 1)
    results = []
    for library in (mg, torch):
        x = library.tensor(normal(*shape), requires_grad=True)
        w = library.tensor(weights, requires_grad=True)
        y = library.prelu(x, w)
        (y * y).sum().backward()
        results.append([a.numpy() for a in (y.detach(), x.grad, w.grad)])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("dim", [-1, 0, 1])
def test_glu_halves_any_dimension(dim):
    torch = pytest.importorskip("torch")
    values = normal(4, 6, 2)
    found = activation.glu(mg.tensor(values), dim)
    np.testing.assert_allclose(found.numpy(), torch.nn.functional.glu(torch.tensor(values), dim), rtol=1e-12)


def test_rrelu_draws_a_slope_for_each_element_when_training():
    x = mg.full((1000,), -1.0)
    x.requires_grad_()
    y = mg.rrelu(x, 0.2, 0.6, training=True)
    slopes = -y.detach().numpy()
    assert 0.2 <= slopes.min() < 0.25
    assert 0.55 < slopes.max() < 0.6
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-6)
    assert mg.rrelu(mg.ones(3), training=True).tolist() == [1.0, 1.0, 1.0]


def test_integers_are_rectified_and_clipped_as_integers():
    x = mg.tensor([-8, -1, 0, 2, 9])
    assert (mg.relu(x).tolist(), mg.relu(x).dtype) == ([0, 0, 0, 2, 9], np.dtype(np.int64))
    assert activation.relu6(x).tolist() == [0, 0, 0, 2, 6]
    assert mg.sigmoid(x).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: activation.gelu(mg.ones(1), "sigmoid"), ValueError, "'sigmoid'; it needs 'none' or 'tanh'"),
        (lambda: activation.glu(mg.ones(3)), mg.ShapeError, "size 3 along dim=0.*even"),
        (lambda: activation.glu(mg.ones(2), 1), IndexError, "glu got dim=1"),
        (lambda: mg.prelu(mg.ones(2, 3), mg.ones(2)), mg.ShapeError, r"weight \(2,\).*3 channels"),
        (lambda: activation.hardtanh(mg.ones(1), 2.0, 1.0), ValueError, "min_val <= max_val"),
        (lambda: activation.softshrink(mg.ones(1), -1.0), ValueError, "lambd >= 0"),
        (lambda: mg.rrelu(mg.ones(1), 0.5, 0.1), ValueError, "lower <= upper"),
        (lambda: mg.celu(mg.ones(1), alpha=0), ZeroDivisionError, "alpha=0"),
        (lambda: activation.silu(mg.tensor([1])), mg.DTypeError, "silu got int64; it needs floats"),
        (lambda: activation.elu(mg.tensor([1])), mg.DTypeError, "elu got int64"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call()
