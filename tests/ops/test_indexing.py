"""Square brackets beyond the table: PyTorch's order of things, views, writes, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GraphError, ShapeError
from minigrad.ops import indexing
from tests.case import normal

I, J = np.array([2, 0, -1, 2]), np.array([[1], [0]])  # noqa: E741
MASK = np.array([True, False, True])
X = normal(3, 4, 5)
KEYS = {
    "integer": 1,
    "negative integer": -1,
    "integers": (1, -2, 3),
    "slice": slice(1, None),
    "step": (slice(None, None, 2), slice(-3, -1)),
    "slice out of range": slice(1, 99),
    "empty slice": slice(2, 1),
    "ellipsis": (..., 2),
    "ellipsis in the middle": (0, ..., 1),
    "ellipsis for nothing": (0, 1, ..., 2),
    "ellipsis alone": ...,
    "empty tuple": (),
    "new dimensions": (None, 1, None, ..., None),
    "True": True,
    "False": False,
    "True among others": (0, True, slice(1, 3)),
    "list": [0, 2, 1],
    "two lists": ([0, 2], [1, 1]),
    "array": I,
    "array in the second place": (slice(None), I),
    "arrays that broadcast": (I, J),
    "arrays apart": (I, slice(None), J),
    "array after integer": (0, I),
    "integer and array apart": (0, slice(None), I),
    "array and integer apart": (I, slice(None), 0),
    "array and new dimension": (I, None, J),
    "slice then arrays": (slice(0, 2), slice(1, 3), I),
    "mask": MASK,
    "mask of two dimensions": X[..., 0] > 0,
    "mask of all dimensions": X > 0,
    "mask in the second place": (slice(None), np.array([True, True, False, True])),
    "mask and array": (MASK, np.array([0, 1])),
    "mask and integer": (MASK, 1),
    "mask of nothing": np.zeros(3, bool),
    "list of bools": [True, False, True],
    "no positions": np.zeros(0, np.int64),
    "0-dim array": np.array(1),
    "range": range(2),
    "small integers": I.astype(np.int32),
}
every_key = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())


def convert(key, wrap):
    if isinstance(key, tuple):
        return tuple(convert(k, wrap) for k in key)
    return wrap(key) if isinstance(key, np.ndarray) else list(key) if isinstance(key, range) else key


@every_key
def test_reading_agrees_with_torch(key):
    against = pytest.importorskip("tests.ops.against_torch")
    ours, theirs = convert(key, mg.tensor), convert(key, against.torch.tensor)
    against.assert_as_in_torch(lambda x: x[ours], lambda x: x[theirs], [X])
    assert np.array_equal(mg.tensor(X)[key].numpy(), mg.tensor(X)[ours].numpy())  # arrays serve too


@every_key
def test_writing_agrees_with_torch(key):
    against = pytest.importorskip("tests.ops.against_torch")
    ours, theirs = convert(key, mg.tensor), convert(key, against.torch.tensor)
    shape = tuple(against.torch.tensor(X)[theirs].shape)
    # Where one place is written twice, which value stays is not defined: write one value.
    for values in [np.array(7.5), np.full(shape, 2.5), np.full((1, *shape), 3.5)]:
        x, t = mg.tensor(X), against.torch.tensor(X)
        x[ours] = mg.tensor(values)
        t[theirs] = against.torch.tensor(values)
        assert np.array_equal(x.numpy(), t.numpy())
        put = indexing.put(mg.tensor(X), ours, mg.tensor(values))
        assert np.array_equal(put.numpy(), t.numpy())


def test_a_basic_index_shares_memory_and_version():
    x = mg.tensor(X)
    for part in (x[1], x[1, 2, 3], x[:, ::2], x[..., None]):
        assert np.shares_memory(part.numpy(), x.numpy())
        assert part.version is x.version
    assert not np.shares_memory(x[[0, 1]].numpy(), x.numpy())
    assert x[1, 2, 3].shape == ()


def test_a_nested_list_is_one_index_array():
    assert np.array_equal(mg.tensor(X)[[[0, 2], [1, 1]]].numpy(), X[np.array([[0, 2], [1, 1]])])


def test_gradients_of_repeated_rows_add_up():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x[[0, 0, 2, 0]].sum().backward()
    assert x.grad.tolist() == [3, 0, 1]


def test_a_tensor_that_indexed_may_change_afterwards():
    x, i = mg.tensor([1.0, 2.0, 3.0], requires_grad=True), mg.tensor([0, 1])
    y = x[i].sum()
    i[0] = 2
    y.backward()
    assert x.grad.tolist() == [1, 1, 0]


def test_rows_come_one_after_the_other():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * second).sum().backward()
    assert x.grad.tolist() == [[3, 4], [1, 2]]
    with pytest.raises(TypeError, match="0-dim"):
        iter(mg.tensor(1.0))


def test_gradients_pass_to_the_written_value_and_to_the_rest():
    against = pytest.importorskip("tests.ops.against_torch")

    def ours(x, v):
        y = x * 1
        return indexing.put(y, (slice(None), mg.tensor([0, 2])), v)

    def theirs(x, v):
        y = x * 1
        y[:, [0, 2]] = v
        return y

    against.assert_as_in_torch(ours, theirs, [normal(3, 4), normal(2)])


def test_writing_converts_the_value_and_counts_the_write():
    x = mg.tensor([1, 2, 3])
    x[0] = 2.7
    x[1:] = mg.tensor([8.0, 9.9])
    assert x.tolist() == [2, 8, 9]
    assert x.version[0] == 2


def test_a_leaf_that_requires_grad_is_not_written_to():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GraphError, match="leaf tensor that requires grad"):
        x[0] = 5.0
    with mg.no_grad():
        x[0] = 5.0
    assert x.tolist() == [5, 2]


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (5, IndexError, "index 5 for dimension 0 of size 3"),
        ((0, -5), IndexError, "index -5 for dimension 1 of size 4"),
        ((0, 0, 0, 0), IndexError, "4 indices for a tensor of 3 dimensions"),
        ((..., ...), IndexError, "two ellipses"),
        (slice(None, None, -1), ValueError, r"step -1; it needs a step of at least 1. Use x.flip"),
        (slice(None, None, 0), ValueError, "step 0"),
        (1.5, IndexError, r"type float \(1.5\)"),
        ("a", IndexError, "type str"),
        (np.array([0.5]), IndexError, "index array of float64.*long"),
        ([0, 7], IndexError, "index 7 for dimension 0 of size 3"),
        (np.array([True, False]), IndexError, r"mask of shape \(2,\).*it needs a mask of shape \(3,\)"),
        (([0, 1], [0, 1, 2]), IndexError, r"shapes \(2,\) and \(3,\).*broadcast together"),
    ],
)
def test_errors_say_what_is_wrong_with_the_index(key, error, words):
    with pytest.raises(error, match=words):
        mg.tensor(X)[key]
    with pytest.raises(error, match=words):
        mg.tensor(X)[key] = 0.0


def test_a_number_cannot_be_indexed():
    with pytest.raises(IndexError, match=r"1 indices for a tensor of 0 dimensions.*item\(\)"):
        mg.tensor(1.0)[0]


@pytest.mark.parametrize("shape", [(5,), (2, 4), (2, 3, 4)])
def test_a_value_that_does_not_fit_is_refused(shape):
    with pytest.raises(ShapeError, match=r"value of shape .* for a place of shape \(4, 5\)"):
        mg.tensor(X)[0] = mg.tensor(np.zeros(shape if shape != (5,) else (6,)))
