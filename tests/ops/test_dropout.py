"""Dropout beyond the table: rates, seeds, pieces, modes, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import kernels
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops import dropout as ops
from tests.case import normal


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_share_of_zeros_is_p_and_the_mean_stays(p, dtype):
    n = 200_000
    y = mg.dropout(mg.tensor(np.ones(n, dtype)), p).numpy()
    assert y.dtype == dtype
    # Six standard deviations of a binomial share.
    assert abs((y == 0).mean() - p) < 6 * (p * (1 - p) / n) ** 0.5
    np.testing.assert_allclose(y[y != 0], 1 / (1 - p), rtol=1e-6)


def test_neighbouring_elements_and_neighbouring_seeds_are_independent():
    n = 200_000
    masks = [ops._dropout(np.ones(n), p=0.5, seed=seed) != 0 for seed in (5, 6)]
    limit = 6 * (0.25 / n) ** 0.5
    assert abs((masks[0] == masks[1]).mean() - 0.5) < limit
    for lag in (1, 2, 3, 10, 128):
        assert abs((masks[0][lag:] == masks[0][:-lag]).mean() - 0.5) < limit * 1.01


def test_the_same_seed_gives_the_same_mask_and_another_call_another():
    x = mg.tensor(np.ones(1000))
    mg.manual_seed(3)
    first, second = mg.dropout(x).tolist(), mg.dropout(x).tolist()
    mg.manual_seed(3)
    assert mg.dropout(x).tolist() == first
    assert first != second


def test_pieces_in_any_order_give_the_mask_of_one_piece():
    x = np.ones(1001, np.float32)
    whole, pieces = np.empty_like(x), np.empty_like(x)
    kernels.dropout.dropout_forward(x, 11, 2**31, 2.0, whole, 0, 4)
    for start, stop in ((3, 4), (0, 1), (1, 3)):
        kernels.dropout.dropout_forward(x, 11, 2**31, 2.0, pieces, start, stop)
    assert (whole == pieces).all()


def test_the_gradient_passes_where_the_value_passed():
    x = mg.tensor(normal(100), requires_grad=True)
    y = mg.dropout(x, 0.3)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.detach().numpy() / x.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "function", [mg.dropout, mg.feature_dropout, mg.alpha_dropout, mg.feature_alpha_dropout]
)
def test_evaluation_and_p_zero_change_nothing(function):
    x = mg.tensor(normal(4, 3))
    assert function(x, 0.5, False).tolist() == x.tolist()
    assert function(x, 0.0, True).tolist() == x.tolist()


@pytest.mark.parametrize(
    "function", [mg.dropout, mg.feature_dropout, mg.alpha_dropout, mg.feature_alpha_dropout]
)
def test_p_one_gives_zeros_and_zero_gradients(function):
    x = mg.tensor(normal(4, 3), requires_grad=True)
    y = function(x, 1.0, True)
    assert not y.detach().numpy().any()
    y.sum().backward()
    assert not x.grad.numpy().any()


@pytest.mark.parametrize(
    "function", [mg.dropout, mg.feature_dropout, mg.alpha_dropout, mg.feature_alpha_dropout]
)
def test_what_does_not_fit_is_refused(function):
    for p in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"\[0, 1\]"):
            function(mg.tensor(normal(4, 3)), p)
    with pytest.raises(DTypeError, match="int64"):
        function(mg.tensor([[1]]), 0.5, True)


def test_feature_dropout_drops_whole_channels():
    y = mg.feature_dropout(mg.tensor(np.ones((50, 40, 2, 3))), 0.4).numpy()
    assert (y == y[:, :, :1, :1]).all()
    assert abs((y[:, :, 0, 0] == 0).mean() - 0.4) < 0.07
    with pytest.raises(ShapeError, match=r"\(N, C, \*\)"):
        mg.feature_dropout(mg.tensor([1.0]))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p):
    x = mg.tensor(normal(200_000))
    y = mg.alpha_dropout(x, p, True).numpy()
    assert abs(y.mean()) < 0.03
    assert abs(y.var() - 1) < 0.03


def test_feature_alpha_dropout_treats_a_channel_alike():
    y = mg.feature_alpha_dropout(mg.tensor(np.ones((9, 7, 4))), 0.5, True).numpy()
    assert (y == y[:, :, :1]).all()
    assert len(np.unique(y.round(6))) == 2
