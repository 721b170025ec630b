"""Reductions beyond the table: dtypes, ties, nothing to reduce, names of arguments, PyTorch."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError
from tests.case import apart, normal

NAN, INF = float("nan"), float("inf")
DIMS = [None, 0, 1, -1, (0, 1), (0, -1), (0, 1, 2)]
SHAPES = [(3, 4, 2), (1, 3, 1), (2, 0, 3)]


def same_as_torch(ours, theirs, inputs, **options):
    against = pytest.importorskip("tests.ops.against_torch")
    against.assert_as_in_torch(ours, theirs, inputs, **options)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["sum", "mean", "nansum", "nanmean", "all", "any"])
def test_reductions_over_any_dimensions_agree_with_torch(name, shape, dim, keepdim):
    x = normal(*shape)
    x[x > 1] = NAN if name.startswith("nan") else 0
    same_as_torch(
        lambda x: getattr(mg, name)(x, dim, keepdim),
        lambda x: getattr(x, name)(dim=(0, 1, 2) if dim is None else dim, keepdim=keepdim),
        [x],
    )


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1, (0, 1), (0, -1), (0, 1, 2)])
@pytest.mark.parametrize("name", ["amax", "amin", "logsumexp", "var", "std"])
def test_extremes_and_spread_agree_with_torch(name, dim, keepdim):
    for shape in [(3, 4, 2), (2, 3, 3)]:
        same_as_torch(
            lambda x: getattr(mg, name)(x, dim, keepdim=keepdim),
            lambda x: getattr(x, name)(dim=dim, keepdim=keepdim),
            [normal(*shape)],
        )


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "prod", "aminmax"])
def test_reductions_of_one_dimension_agree_with_torch(name, dim, keepdim):
    for x in [apart(3, 4, 2), np.round(normal(4, 5, 6)), np.arange(24).reshape(2, 3, 4) % 5]:
        same_as_torch(
            lambda x: getattr(x, name)(dim=dim, keepdim=keepdim),
            lambda x: getattr(x, name)(dim=dim, keepdim=keepdim),
            [x],
        )


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin", "argmax", "argmin", "prod", "sum", "aminmax"])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.int64, np.float32, np.float64])
def test_reductions_of_everything_agree_with_torch(name, dtype):
    if dtype is bool and name.startswith("arg"):
        pytest.skip("torch has no argmax of bools")
    for x in [np.array([[3, 0, 3], [0, 2, 1]]), np.array(2), np.array([[1]])]:
        same_as_torch(lambda x: getattr(mg, name)(x), lambda x: getattr(x, name)(), [x.astype(dtype)])


def test_ties_share_the_gradient_of_amax_and_of_the_full_max():
    x = mg.tensor([1.0, 3.0, 3.0, 3.0], requires_grad=True)
    (x.max() + x.amax(0)).backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)


def test_the_first_of_equal_values_takes_the_gradient_of_max_along_a_dimension():
    x = mg.tensor([[1.0, 3.0, 3.0]], requires_grad=True)
    values, indices = x.max(1)
    values.sum().backward()
    assert indices.tolist() == [1]
    assert x.grad.tolist() == [[0, 1, 0]]


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin"])
def test_nan_wins_every_extreme(name):
    for x in [np.array([1.0, NAN, 3.0]), np.array([[1.0, NAN, 3.0], [0.0, 1.0, 2.0]])]:
        found = mg.tensor(x, requires_grad=True)
        getattr(found, name)().backward()
        assert np.array_equal(found.grad.numpy(), np.isnan(x))
    assert np.isnan(getattr(mg, name)(mg.tensor(x), 1)[0].numpy()).any()


def test_max_of_two_tensors_is_maximum():
    a, b = mg.tensor([1.0, 5.0]), mg.tensor([2.0, 3.0])
    assert mg.max(a, b).tolist() == a.max(b).tolist() == mg.max(a, other=b).tolist() == [2.0, 5.0]
    assert mg.min(a, b).tolist() == [1.0, 3.0]


def test_numpy_names_of_the_arguments_are_understood():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.sum(axis=1, keepdims=True).tolist() == [[3], [7]]
    assert mg.max(x, axis=0).values.tolist() == [3, 4]
    assert x.argmax(axis=1).tolist() == [1, 1]
    assert mg.std(input=x, axis=0, keepdims=True).shape == (1, 2)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float16, np.float32])
def test_integers_sum_to_int64_and_floats_to_themselves(dtype):
    result = dtype if np.dtype(dtype).kind == "f" else np.int64
    x = mg.tensor(np.ones(300), dtype=dtype)
    assert x.sum().dtype == result
    assert x.sum().item() == 300
    assert x.prod().dtype == result


def test_dtype_of_a_sum_is_applied_before_adding():
    assert mg.tensor([1.7, 1.7]).sum(dtype=mg.int64).item() == 2
    assert mg.tensor([1, 2]).mean(dtype=mg.float64).item() == 1.5


def test_half_precision_adds_up_in_float32():
    x = mg.tensor(np.full(4096, 1.0), dtype=np.float16)
    assert x.sum().item() == 4096
    assert x.mean().item() == 1
    assert mg.tensor(np.tile([0.0, 2.0], 2048), dtype=np.float16).var(correction=0).item() == 1


def test_float32_sums_are_as_accurate_as_numpys():
    x = normal(100_000).astype(np.float32)
    exact = np.sum(x, dtype=np.float64)
    assert abs(mg.tensor(x).sum().item() - exact) <= abs(float(x.sum()) - exact)


@pytest.mark.parametrize("dtype", [bool, np.int64])
@pytest.mark.parametrize("name", ["mean", "nanmean", "var", "std"])
def test_integers_have_no_mean(name, dtype):
    with pytest.raises(DTypeError, match=f"{name} got a tensor of .* needs a float dtype"):
        getattr(mg, name)(mg.tensor([1, 0], dtype=dtype))


def test_a_mean_in_an_integer_dtype_is_refused():
    with pytest.raises(DTypeError, match="mean got dtype of int64"):
        mg.tensor([1.0]).mean(dtype=mg.int64)


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin", "argmax", "argmin", "aminmax"])
def test_nothing_has_no_extreme(name):
    with pytest.raises(IndexError, match=f"{name} got .* at least one element"):
        getattr(mg, name)(mg.tensor(np.zeros(0)))
    with pytest.raises(IndexError, match="at least one element"):
        getattr(mg, name)(mg.tensor(np.zeros((0, 3))), dim=0)


@pytest.mark.parametrize("name", ["max", "min", "amax", "argmax"])
def test_no_lines_give_no_extremes(name):
    same_as_torch(lambda x: getattr(x, name)(dim=1), lambda x: getattr(x, name)(dim=1), [np.zeros((0, 3))])


def test_empty_sums_products_and_truths_are_neutral():
    empty = mg.tensor(np.zeros(0))
    assert (empty.sum().item(), empty.prod().item(), empty.all().item(), empty.any().item()) == (
        0,
        1,
        True,
        False,
    )
    assert np.isnan(empty.mean().item())
    assert empty.logsumexp(0).item() == -INF


@pytest.mark.parametrize("name", ["sum", "amax", "max", "argmax", "prod", "logsumexp", "var"])
def test_a_dimension_that_is_not_there_is_named(name):
    with pytest.raises(IndexError, match=f"{name} got dim=2"):
        getattr(mg, name)(mg.tensor([[1.0]]), 2)


def test_prod_takes_one_dimension():
    with pytest.raises(TypeError, match="prod got dim=\\(0, 1\\); it needs one integer"):
        mg.tensor([[1.0]]).prod((0, 1))


def test_logsumexp_of_infinities():
    x = mg.tensor([[-INF, -INF], [INF, 1.0], [0.0, -INF], [NAN, 0.0]], requires_grad=True)
    y = x.logsumexp(1)
    assert y.tolist()[:3] == [-INF, INF, 0.0]
    assert np.isnan(y.tolist()[3])
    y[[0, 2]].sum().backward()
    assert x.grad[0].tolist() == [0, 0]
    assert x.grad[2].tolist() == [1, 0]


def test_logsumexp_takes_integers():
    same_as_torch(lambda x: mg.logsumexp(x, 0), lambda x: x.logsumexp(0), [np.array([1, 2, 3])], rtol=1e-6)


def test_count_nonzero_and_numel():
    x = np.array([[0.0, 1.0, NAN], [0.0, 0.0, 2.0]])
    found = [mg.count_nonzero(mg.tensor(x), dim) for dim in [None, 0, 1, (0, 1)]]
    assert [f.tolist() for f in found] == [3, [0, 1, 2], [2, 1], 3]
    assert found[0].dtype == np.int64
    assert mg.numel(mg.tensor(x)) == mg.tensor(x).numel() == mg.tensor(x).nelement() == 6


def test_a_column_of_nan_has_no_nanmean():
    x = mg.tensor([[NAN, 1.0], [NAN, 3.0]], requires_grad=True)
    y = x.nanmean(0)
    assert np.isnan(y.tolist()[0])
    y[1].backward()
    np.testing.assert_allclose(x.grad.numpy()[:, 1], [0.5, 0.5])
