"""Spread, norms and quantiles beyond the table: PyTorch, ties, kinks, nothing, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from tests.case import apart, normal

NAN, INF = float("nan"), float("inf")


def same_as_torch(ours, theirs, inputs, **options):
    against = pytest.importorskip("tests.ops.against_torch")
    against.assert_as_in_torch(ours, theirs, inputs, **options)


def torch_function(name):
    return getattr(pytest.importorskip("torch"), name)


@pytest.mark.parametrize("name", ["var", "std", "var_mean", "std_mean"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dim": 1},
        {"dim": (0, -1), "keepdim": True},
        {"unbiased": False},
        {"dim": 0, "unbiased": True},
        {"dim": 1, "correction": 0},
        {"dim": (0, 2), "correction": 2.5},
    ],
    ids=str,
)
def test_spread_agrees_with_torch(name, options):
    theirs = torch_function(name)
    same_as_torch(
        lambda x: getattr(mg, name)(x, **options), lambda x: theirs(x, **options), [normal(3, 4, 2)]
    )


def test_the_second_argument_of_var_may_be_unbiased():
    same_as_torch(lambda x: x.var(False), lambda x: x.var(False), [normal(3, 4)])
    same_as_torch(lambda x: x.std(1, False), lambda x: x.std(1, False), [normal(3, 4)])


def test_the_spread_of_one_value_is_nan_and_of_equal_values_zero():
    assert np.isnan(mg.tensor([1.0]).var().item())
    assert np.isnan(mg.tensor([1.0, 2.0]).std(correction=2).item()) or np.isinf(
        mg.tensor([1.0, 2.0]).std(correction=2).item()
    )
    same_as_torch(lambda x: x.std(), lambda x: x.std(), [np.full(4, 2.5)])


def test_large_offsets_do_not_spoil_the_variance():
    x = mg.tensor(normal(1000).astype(np.float32) + np.float32(4096))
    exact = np.var(x.numpy().astype(np.float64), ddof=1)
    np.testing.assert_allclose(x.var().item(), exact, rtol=1e-5)


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, -1, INF, -INF, "fro"])
def test_norms_agree_with_torch(p):
    for x in [normal(3, 4, 2), np.array([[0.0, -3.0, 3.0], [0.0, 0.0, 0.0]])]:
        for dim in [None, 0, (0, 1)]:
            same_as_torch(
                lambda x, d=dim: x.norm(p, d, True).sum() if p else x.detach().norm(p, d, True),
                lambda x, d=dim: x.norm(p, d, True).sum() if p else x.detach().norm(p, d, True),
                [x],
            )


def test_a_norm_takes_a_dtype_and_no_integers():
    assert mg.tensor([3.0, 4.0]).norm(dtype=mg.float64).dtype == np.float64
    with pytest.raises(DTypeError, match="norm got a tensor of int64"):
        mg.tensor([3, 4]).norm()
    with pytest.raises(ValueError, match="norm got p='l2'"):
        mg.tensor([3.0, 4.0]).norm("l2")


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["median", "nanmedian", "mode"])
def test_middles_agree_with_torch(name, dim, keepdim):
    for shape in [(3, 4, 5), (2, 2, 2), (1, 1, 1)]:
        x = apart(*shape)
        if name != "mode":
            same_as_torch(
                lambda x: getattr(x, name)(dim, keepdim), lambda x: getattr(x, name)(dim, keepdim), [x]
            )
        elif shape == (3, 4, 5):
            x = np.round(normal(4, 6, 5) * 2)
            same_as_torch(lambda x: x.mode(dim, keepdim), lambda x: x.mode(dim, keepdim), [x])
            same_as_torch(
                lambda x: x.mode(dim, keepdim), lambda x: x.mode(dim, keepdim), [x.astype(np.int64)]
            )


@pytest.mark.parametrize("name", ["median", "nanmedian"])
def test_medians_of_everything_agree_with_torch(name):
    for x in [[2.0, 2, 1, 3, 2], [1.0, 3, 2, 4], [1.0, NAN, 2, NAN, 0], [NAN, NAN], [[5.0, 1], [2, 2]]]:
        x = np.array(x)
        same_as_torch(lambda x: getattr(mg, name)(x), lambda x: getattr(x, name)(), [x])
    same_as_torch(lambda x: getattr(mg, name)(x), lambda x: getattr(x, name)(), [np.array([4, 1, 3, 2])])
    assert np.isnan(getattr(mg, name)(mg.tensor([])).item())


@pytest.mark.parametrize("name", ["median", "nanmedian"])
def test_medians_with_nan_along_a_dimension_agree_with_torch(name):
    x = np.array([[1.0, NAN, 2.0, NAN, 0.0], [4.0, 3.0, 2.0, 1.0, 0.0], [NAN, 1.0, 5.0, 2.0, 3.0]])
    same_as_torch(lambda x: getattr(x, name)(1).values, lambda x: getattr(x, name)(1).values, [x])


def test_the_gradient_of_a_tied_median_goes_to_one_element():
    x = mg.tensor([[2.0, 2.0, 1.0, 3.0, 2.0]], requires_grad=True)
    values, indices = x.median(1)
    values.sum().backward()
    assert x.grad.sum().item() == x.grad[0, indices.item()].item() == 1


@pytest.mark.parametrize("name", ["median", "mode"])
def test_an_empty_dimension_has_no_middle(name):
    with pytest.raises(IndexError, match=f"{name} got .* at least one element"):
        getattr(mg, name)(mg.tensor(np.zeros((0, 3))), 0)


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles_agree_with_torch(name, interpolation):
    x = apart(4, 5, 3)
    holes, lost = x.copy(), x.copy()
    holes[0, 1:, 0] = NAN
    lost[:, :, 1] = NAN
    q = np.array([0.0, 0.1, 0.5, 0.75, 1.0])
    for array in (x, holes, lost):
        # Which nan a nan was picked from is of no interest.
        gradients = array is x or (array is holes and name == "nanquantile")
        for dim, keepdim in [(0, False), (1, True), (-1, False), (None, False), (None, True)]:
            options = {"interpolation": interpolation, "dim": dim, "keepdim": keepdim}
            for fractions in (q, np.array(0.3)):
                same_as_torch(
                    lambda x, q, o=options: getattr(mg, name)(x, q.detach(), **o),
                    lambda x, q, o=options: getattr(x, name)(q.detach(), **o),
                    [array, fractions],
                    gradients=gradients,
                )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x.quantile(1.5), ValueError, r"quantile got q=1.5; it needs values in \[0, 1\]"),
        (lambda x: x.long().quantile(0.5), DTypeError, "quantile got a tensor of int64"),
        (lambda x: x.quantile(mg.tensor(0.5, dtype=mg.float64)), DTypeError, "q of float64"),
        (lambda x: x.quantile(mg.tensor([[0.5]])), ShapeError, r"q of shape \(1, 1\)"),
        (lambda x: x.quantile(0.5, interpolation="cubic"), ValueError, "interpolation='cubic'"),
        (lambda x: x[:0].nanquantile(0.5), ShapeError, "nanquantile got an empty tensor"),
        (lambda x: x.quantile(0.5, 3), IndexError, "quantile got dim=3"),
    ],
)
def test_errors_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call(mg.tensor([1.0, 2.0]))


@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
@pytest.mark.parametrize("q", [np.array(0.3), np.array([0.1, 0.5, 1.0, 0.0, 1 / 3])], ids=["one", "several"])
@pytest.mark.parametrize("options", [{}, {"dim": 0}, {"dim": 1, "keepdim": True}])
def test_the_fraction_takes_a_gradient_as_in_pytorch(name, q, options):
    same_as_torch(
        lambda x, q: getattr(mg, name)(x, q, **options),
        lambda x, q: torch_function(name)(x, q, **options),
        [normal(4, 5), q],
    )


@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_the_fraction_moves_nothing_where_no_number_is_known(name):
    x = np.array([[1.0, NAN], [3.0, NAN]])
    q = mg.tensor(0.3, dtype=mg.float64, requires_grad=True)
    (getattr(mg, name)(mg.tensor(x), q, dim=0)[0]).backward()
    assert q.grad.item() == 2.0


def test_the_second_gradient_passes_through_the_fraction():
    x = mg.tensor(normal(6), requires_grad=True)
    q = mg.tensor([0.31, 0.68], dtype=mg.float64, requires_grad=True)
    assert mg.autograd.gradgradcheck(lambda x, q: mg.quantile(x, q) ** 2, [x, q])


def test_a_fraction_that_is_rounded_takes_no_gradient():
    q = mg.tensor(0.3, dtype=mg.float64, requires_grad=True)
    for way in ("lower", "higher", "midpoint", "nearest"):
        assert not mg.quantile(mg.tensor(normal(6)), q, interpolation=way).requires_grad


POSITIONS = np.array([0.0, 1.0, 3.0, 4.5, 5.0])


@pytest.mark.parametrize("edge_order", [1, 2])
def test_uneven_positions_of_gradient_take_one_of_their_own(edge_order):
    same_as_torch(
        lambda y, x: mg.gradient(y, spacing=(x,), edge_order=edge_order),
        lambda y, x: torch_function("gradient")(y, spacing=(x,), edge_order=edge_order),
        [normal(5), POSITIONS],
    )
    leaves = [mg.tensor(v, requires_grad=True) for v in (normal(5, 2), POSITIONS)]
    assert mg.autograd.gradgradcheck(
        lambda y, x: mg.gradient(y, spacing=(x,), dim=0, edge_order=edge_order)[0], leaves
    )
