"""Special functions beyond their rows: PyTorch's values over the whole range, poles, higher orders."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradgradcheck

INF, NAN = float("inf"), float("nan")
RANGE = np.linspace(-9.95, 40, 500)


@pytest.mark.parametrize("function", ["erf", "erfc", "lgamma", "digamma"])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-11), (np.float32, 1e-5)])
def test_values_over_the_whole_range_are_those_of_pytorch(function, dtype, rtol):
    torch = pytest.importorskip("torch")
    xs = RANGE.astype(dtype)
    found = getattr(mg, function)(mg.tensor(xs)).numpy()
    smallest = np.finfo(dtype).smallest_subnormal
    # In float64 also for float32: near its zeros PyTorch's own float32 has few digits.
    expected = getattr(torch, function)(torch.tensor(xs.astype(np.float64))).numpy()
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=2 * smallest if function == "erfc" else rtol)


def test_erfc_keeps_its_digits_in_the_tail():
    xs = np.linspace(0.4, 26, 300)
    found = mg.erfc(mg.tensor(xs)).numpy()
    np.testing.assert_allclose(found, [math.erfc(x) for x in xs], rtol=1e-12)


def test_erfinv_undoes_erf_up_to_the_last_number_before_one():
    xs = np.concatenate([np.linspace(-5.5, 5.5, 101), [1e-300, 1e-12]])
    ys = mg.erf(mg.tensor(xs))
    back = mg.erf(mg.erfinv(ys))
    np.testing.assert_allclose(back.numpy(), ys.numpy(), rtol=1e-15)
    closest = np.nextafter(1.0, 0.0)
    x = mg.erfinv(mg.tensor([closest], dtype=mg.float64)).item()
    assert math.erfc(x) == pytest.approx(1 - closest, rel=1e-12)
    ends = mg.erfinv(mg.tensor([-1.0, 1.0, 1.5, NAN])).numpy()
    np.testing.assert_array_equal(ends, [-INF, INF, NAN, NAN])


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_polygamma_of_higher_orders_is_that_of_pytorch(order):
    torch = pytest.importorskip("torch")
    xs = np.concatenate([np.linspace(0.05, 30, 200), [-0.5, -1.7, -4.3, 0.0, -2.0]])
    found = mg.polygamma(order, mg.tensor(xs)).numpy()
    np.testing.assert_allclose(found, torch.polygamma(order, torch.tensor(xs)).numpy(), rtol=1e-11)


def test_trigamma_has_its_known_values():
    x = mg.tensor([1.0, 0.5, 2.0], dtype=mg.float64)
    expected = [math.pi**2 / 6, math.pi**2 / 2, math.pi**2 / 6 - 1]
    np.testing.assert_allclose(x.polygamma(1).numpy(), expected, rtol=1e-14)
    assert mg.equal(mg.polygamma(0, x), mg.digamma(x))


def test_at_the_poles_they_are_infinite_or_undefined_as_in_pytorch():
    torch = pytest.importorskip("torch")
    poles = np.array([0.0, -0.0, -1.0, -5.0, INF, -INF, NAN])
    for function in ("lgamma", "digamma"):
        found = getattr(mg, function)(mg.tensor(poles)).numpy()
        np.testing.assert_array_equal(found, getattr(torch, function)(torch.tensor(poles)).numpy())


def test_every_order_of_the_slope_of_lgamma_is_there():
    x = mg.tensor(2.5, dtype=mg.float64, requires_grad=True)
    y = mg.lgamma(x)
    for order in range(4):
        (y,) = mg.autograd.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(mg.polygamma(order, x).item(), rel=1e-14)


def test_the_slope_of_logit_between_its_bounds_can_be_differentiated_again():
    x = mg.tensor([0.05, 0.4, 0.97], dtype=mg.float64, requires_grad=True)
    assert gradgradcheck(lambda x: mg.logit(x, eps=0.1), (x,))


def test_the_names_of_torch_special_are_there():
    torch = pytest.importorskip("torch")
    for name in mg.special.__all__:
        assert hasattr(torch.special, name)
    x = mg.tensor([0.2, 0.7], dtype=mg.float64)
    t = torch.tensor(x.numpy())
    for name in ("expit", "psi", "gammaln", "logit", "sinc"):
        found, expected = getattr(mg.special, name)(x), getattr(torch.special, name)(t)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(
        mg.special.xlog1py(x, 2.0).numpy(), torch.special.xlog1py(t, 2.0).numpy(), rtol=1e-12
    )
