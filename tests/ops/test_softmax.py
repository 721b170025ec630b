"""softmax and its kin beyond the table: PyTorch's values, hard rows, dtypes, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError
from tests.case import normal

NAMES = ["softmax", "log_softmax", "softmin"]


def theirs(name):
    torch = pytest.importorskip("torch")
    return getattr(torch.nn.functional, name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "dim"),
    [
        ((4,), 0),
        ((3, 5), 0),
        ((3, 5), -1),
        ((2, 3, 4), 1),
        ((2, 3, 4), -3),
        ((), 0),
        ((0, 3), 1),
        ((64, 100), 1),
    ],
)
def test_values_and_gradients_are_those_of_pytorch(name, dtype, shape, dim):
    torch = pytest.importorskip("torch")
    x, g = (3 * normal(*shape)).astype(dtype), normal(*shape, seed=1).astype(dtype)
    a, b = mg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = getattr(mg, name, None)(a, dim), theirs(name)(b, dim=dim)
    tolerance = 5e-6 if dtype == "float32" else 1e-12
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach(), tolerance, tolerance)
    y.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(a.grad.numpy(), b.grad, tolerance, tolerance)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_with_infinities_and_huge_scores_are_as_in_pytorch(name, dtype):
    torch = pytest.importorskip("torch")
    inf, nan = np.inf, np.nan
    x = np.array(
        [
            [-inf, -inf, -inf],
            [-inf, 0, 1],
            [inf, 0, 1],
            [0, nan, 1],
            [1e30, 0, -1e30],
            [-1000, -1001, -1002],
            [0, -90, -104],
        ],
        dtype,
    )
    found = getattr(mg, name)(mg.tensor(x), 1).numpy()
    expected = theirs(name)(torch.tensor(x), dim=1).numpy()
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-37)


def test_probabilities_in_float32_are_exact_to_two_units_in_the_last_place():
    x = np.linspace(-80, 0, 100_001, dtype=np.float32)[:, None]
    pairs = np.concatenate([x, np.zeros_like(x)], axis=1)
    found = mg.softmax(mg.tensor(pairs), 1).numpy()
    exact = np.exp(pairs.astype(np.float64))
    exact /= exact.sum(1, keepdims=True)
    np.testing.assert_allclose(found, exact, rtol=3e-7)


def test_dtype_converts_before_the_exponential():
    x = mg.tensor([1, 2])
    assert mg.softmax(x, 0, dtype=mg.float64).dtype == np.float64
    assert x.log_softmax(0, dtype=mg.float32).dtype == np.float32
    with pytest.raises(DTypeError, match="float"):
        x.softmax(0)


@pytest.mark.parametrize("name", NAMES)
def test_a_dimension_that_is_missing_is_refused(name):
    with pytest.raises(IndexError, match="dim=2"):
        getattr(mg, name)(mg.tensor(normal(2, 3)), 2)
    with pytest.raises(TypeError, match="no dim"):
        getattr(mg, name)(mg.tensor(normal(2, 3)))


@pytest.mark.parametrize("columns", [1, 3, 10, 400, 1500])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_a_row_has_the_same_bits_whichever_rows_come_with_it(name, columns):
    x = (3 * normal(500, columns)).astype(np.float32)
    whole = getattr(mg, name)(mg.tensor(x), -1).numpy()
    for first, last in ((0, 1), (7, 8), (133, 499)):
        part = getattr(mg, name)(mg.tensor(x[first:last]), -1).numpy()
        np.testing.assert_array_equal(part, whole[first:last])
