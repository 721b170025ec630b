"""What nn.functional adds to ops/, against PyTorch."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import functional as F

torch = pytest.importorskip("torch")
theirs = torch.nn.functional


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


CASES = [
    ("bilinear", [numbers(2, 3), numbers(2, 4), numbers(5, 3, 4), numbers(5)], {}),
    ("normalize", [numbers(3, 4)], {}),
    ("normalize", [numbers(3, 4, 2)], {"p": 1.0, "dim": -1}),
    ("normalize", [np.zeros((2, 3), np.float32)], {}),
    ("conv1d", [numbers(2, 4, 9), numbers(6, 2, 3), numbers(6)], {"stride": 2, "padding": 1, "groups": 2}),
    ("conv1d", [numbers(4, 9), numbers(6, 4, 3)], {"padding": "same", "dilation": (2,)}),
    ("max_pool1d", [numbers(2, 4, 9)], {"kernel_size": 2}),
    ("max_pool1d", [numbers(4, 9)], {"kernel_size": (3,), "stride": 2, "padding": 1, "ceil_mode": True}),
    ("avg_pool1d", [numbers(2, 4, 9)], {"kernel_size": 3, "padding": 1, "count_include_pad": False}),
    ("adaptive_avg_pool1d", [numbers(2, 4, 9)], {"output_size": 4}),
    ("adaptive_max_pool1d", [numbers(4, 9)], {"output_size": 4}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arrays", "options"), CASES, ids=[f"{n} {o}" for n, _, o in CASES])
def test_values_and_gradients_agree_with_pytorch(name, arrays, options):
    xs = [mg.tensor(a, requires_grad=True) for a in arrays]
    ys = [torch.tensor(a, requires_grad=True) for a in arrays]
    found, expected = getattr(F, name)(*xs, **options), getattr(theirs, name)(*ys, **options)
    np.testing.assert_allclose(found.numpy(force=True), expected.detach().numpy(), rtol=2e-5, atol=1e-6)
    (found * found).sum().backward()
    (expected * expected).sum().backward()
    for x, y in zip(xs, ys):
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["max_pool1d", "adaptive_max_pool1d"])
def test_indices_of_maxima_agree_with_pytorch(name):
    x = numbers(2, 3, 9)
    found, where = getattr(F, name)(mg.tensor(x), 3, return_indices=True)
    expected, places = getattr(theirs, name)(torch.tensor(x), 3, return_indices=True)
    np.testing.assert_array_equal(found.numpy(), expected.numpy())
    np.testing.assert_array_equal(where.numpy(), places.numpy())


@pytest.mark.parametrize("classes", [-1, 7])
def test_one_hot_agrees_with_pytorch(classes):
    x = np.array([[0, 3], [2, 2]])
    found = F.one_hot(mg.tensor(x), classes)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found.numpy(), theirs.one_hot(torch.tensor(x), classes).numpy())


def test_one_hot_of_nothing_needs_the_number_of_classes():
    assert F.one_hot(mg.empty(0, dtype=mg.int64), 3).shape == (0, 3)
    with pytest.raises(ValueError, match=r"num_classes=-1 for 0 numbers"):
        F.one_hot(mg.empty(0, dtype=mg.int64))


BAD = [
    (lambda: F.one_hot(mg.tensor([3]), 3), ValueError, "num_classes=3 for 1 numbers from 3 to 3"),
    (lambda: F.one_hot(mg.tensor([-1])), ValueError, "numbers >= 0"),
    (lambda: F.one_hot(mg.tensor([1.0])), mg.DTypeError, "float32"),
    (lambda: F.conv1d(mg.ones(1, 1, 3, 3), mg.ones(1, 1, 1)), mg.ShapeError, r"\(N, C, L\)"),
    (lambda: F.conv1d(mg.ones(1, 1, 3), mg.ones(1, 1)), mg.ShapeError, "conv1d got weight"),
    (lambda: F.embedding(mg.tensor([0]), mg.ones(2)), mg.ShapeError, "rows, dimensions"),
    (lambda: F.dropout3d(mg.ones(2, 2)), mg.ShapeError, "dropout3d got shape"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD)
def test_what_does_not_fit_is_refused_in_words(act, error, words):
    with pytest.raises(error, match=words):
        act()


# Deprecated, or of no use on one device.
UNUSED = {"size_average", "reduce", "_stacklevel", "out", "dtype", "weight"}


@pytest.mark.parametrize("name", F.__all__)
def test_arguments_have_the_names_and_order_of_pytorch(name):
    try:
        expected = list(inspect.signature(getattr(theirs, name)).parameters)
    except ValueError:
        pytest.skip("PyTorch's is built in and shows no signature")
    if expected[:2] == ["args", "kwargs"]:
        pytest.skip("PyTorch's chooses between two functions")
    found = list(inspect.signature(getattr(F, name)).parameters)
    assert [p for p in found if p not in UNUSED] == [p for p in expected if p not in UNUSED]


def test_every_name_is_exported():
    public = {
        name
        for name, value in vars(F).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and name not in ("wrap", "where", "einsum", "touch")
    }
    assert public == set(F.__all__)
