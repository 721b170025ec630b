"""New tensors: values, dtypes and refusals, beside PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

CALLS = {
    "zeros": lambda m: m.zeros(2, 3),
    "zeros of a tuple": lambda m: m.zeros((2, 3)),
    "zeros of nothing": lambda m: m.zeros(()),
    "zeros empty": lambda m: m.zeros(0, 3),
    "ones int": lambda m: m.ones(2, dtype=m.int32),
    "ones bool": lambda m: m.ones(2, dtype=m.bool),
    "full int": lambda m: m.full((2, 2), 3),
    "full float": lambda m: m.full((2, 2), 3.5),
    "full bool": lambda m: m.full((2,), True),
    "full dtype": lambda m: m.full((2,), 1, dtype=m.float64),
    "full infinite": lambda m: m.full((2,), float("-inf")),
    "full_like": lambda m: m.full_like(m.tensor([1, 2]), 7),
    "full_like dtype": lambda m: m.full_like(m.tensor([1, 2]), 0.5, dtype=m.float32),
    "zeros_like": lambda m: m.zeros_like(m.tensor([True])),
    "ones_like": lambda m: m.ones_like(m.tensor([[1.0]]), dtype=m.int64),
    "eye": lambda m: m.eye(3),
    "eye wide": lambda m: m.eye(2, 4, dtype=m.int64),
    "arange": lambda m: m.arange(5),
    "arange two": lambda m: m.arange(2, 5),
    "arange step": lambda m: m.arange(10, 0, -3),
    "arange float": lambda m: m.arange(5.0),
    "arange float step": lambda m: m.arange(1, 2.5, 0.5),
    "arange tenth": lambda m: m.arange(0, 1, 0.1),
    "arange dtype": lambda m: m.arange(3, dtype=m.float64),
    "arange nothing": lambda m: m.arange(2, 2),
    "arange named": lambda m: m.arange(start=1, end=4),
    "arange of a float into ints": lambda m: m.arange(0, 5, 2, dtype=m.int32),
    "linspace": lambda m: m.linspace(0, 1, 11),
    "linspace one": lambda m: m.linspace(3, 10, 1),
    "linspace none": lambda m: m.linspace(3, 10, 0),
    "linspace down": lambda m: m.linspace(1.0, -1.0, 5, dtype=m.float64),
    "linspace int": lambda m: m.linspace(0, 10, 5, dtype=m.int64),
    "logspace": lambda m: m.logspace(-1, 2, 4),
    "logspace base": lambda m: m.logspace(0, 4, 5, base=2),
    "new_zeros": lambda m: m.tensor([1]).new_zeros(2, 2),
    "new_ones": lambda m: m.tensor([1.0]).new_ones((2,)),
    "new_full": lambda m: m.tensor([1.0]).new_full((2,), 3),
    "new_tensor": lambda m: m.tensor([1.0]).new_tensor([1, 2]),
    "tensor of ints": lambda m: m.tensor([1, 2]),
    "tensor of floats": lambda m: m.tensor([1.0, 2]),
    "tensor of bools": lambda m: m.tensor([True, False]),
    "tensor of bools and ints": lambda m: m.tensor([True, 2]),
    "tensor of nothing": lambda m: m.tensor([]),
    "tensor of no rows": lambda m: m.tensor([[], []]),
    "tensor of an array": lambda m: m.tensor(np.arange(3.0)),
    "tensor of a number": lambda m: m.tensor(3),
    "tensor of a NumPy number": lambda m: m.tensor(np.float64(3)),
    "tensor of tensors": lambda m: m.tensor([m.tensor(1.5), m.tensor(2)]),
    "tensor of tensors and floats": lambda m: m.tensor([m.tensor(1), 2.5]),
    "tensor of rows": lambda m: m.tensor([[m.tensor(1), 2], [True, 3]]),
    "tensor of rows with nothing": lambda m: m.tensor([[[]], [[]]]),
    "tensor of a range": lambda m: m.tensor(range(3)),
    "tensor of NumPy numbers": lambda m: m.tensor([np.float64(1), np.float64(2)]),
    "tensor dtype": lambda m: m.tensor([1.7, -1.7], dtype=m.int64),
    "Tensor": lambda m: m.Tensor([1, 2]),
    "as_tensor of a list": lambda m: m.as_tensor([1, 2], dtype=m.float32),
    "as_tensor of an array": lambda m: m.as_tensor(np.arange(3)),
    "asarray": lambda m: m.asarray(np.ones(2, np.float32)),
    "scalar_tensor": lambda m: m.scalar_tensor(3),
    "empty": lambda m: m.empty(2, 0),
    "vander": lambda m: m.vander(m.tensor([1, 2, 3])),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_new_tensor_is_that_of_pytorch(call):
    torch = pytest.importorskip("torch")
    found, expected = call(mg), call(torch)
    assert tuple(found.shape) == tuple(expected.shape)
    assert str(found.dtype) == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6)


def test_uninitialised_memory_has_the_size_and_dtype_asked_for():
    x = mg.empty(2, 3, dtype=mg.int16)
    assert (x.shape, x.dtype) == ((2, 3), mg.int16)
    assert mg.empty((4,)).dtype == mg.float32
    like = mg.empty_like(x)
    assert (like.shape, like.dtype) == ((2, 3), mg.int16)
    like.fill_(7)
    x.zero_()
    assert like.tolist() == [[7, 7, 7], [7, 7, 7]]  # memory of its own
    assert mg.empty_like(x, dtype=mg.float64, requires_grad=True).requires_grad


def test_shapes_broadcast_as_numpy_says():
    for given in ([(2, 1), (3,)], [(), (0, 1)], [(5, 1, 4), (3, 1), (1,)], [(2,)]):
        assert tuple(mg.broadcast_shapes(*given)) == np.broadcast_shapes(*given)
    with pytest.raises(mg.ShapeError, match="3 meets 4"):
        mg.broadcast_shapes((2, 3), (2, 4))


def test_the_default_dtype_is_followed():
    mg.set_default_dtype(mg.float64)
    try:
        made = [mg.zeros(1), mg.full((1,), 0.5), mg.arange(2.0), mg.linspace(0, 1, 2), mg.eye(1)]
        made += [mg.tensor(0.5), mg.rand(1), mg.randn(1), mg.Tensor([1]), mg.tensor([])]
        assert {t.dtype for t in made} == {mg.float64}
    finally:
        mg.set_default_dtype(mg.float32)


def test_requires_grad_makes_a_leaf_that_takes_gradients():
    for x in (mg.ones(2, requires_grad=True), mg.tensor([1.0, 1.0], requires_grad=True)):
        (x * 3).sum().backward()
        assert x.grad.tolist() == [3, 3]


def test_tensor_copies_and_as_tensor_shares():
    a = np.zeros(2, np.float32)
    mg.tensor(a).fill_(1)
    assert a.tolist() == [0, 0]
    mg.as_tensor(a).fill_(1)
    assert a.tolist() == [1, 1]
    mg.from_numpy(a).fill_(2)
    assert a.tolist() == [2, 2]
    mg.asarray(a, copy=True).fill_(3)
    assert a.tolist() == [2, 2]


def test_as_tensor_keeps_the_graph():
    x = mg.ones(2, requires_grad=True)
    assert mg.as_tensor(x) is x
    mg.as_tensor(x, dtype=mg.float64).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_read_only_array_is_shared_and_never_written():
    a = np.zeros(2, np.float32)
    a.flags.writeable = False
    x = mg.from_numpy(a)
    assert np.shares_memory(x.numpy(), a)
    with pytest.raises(mg.GraphError, match="read-only"):
        x.fill_(1)


def test_foreign_byte_order_is_converted_or_refused():
    a = np.arange(3, dtype=">f4")
    assert mg.tensor(a).tolist() == [0, 1, 2]
    assert mg.tensor(a).dtype.isnative
    assert mg.as_tensor(a).dtype.isnative
    with pytest.raises(mg.DTypeError, match="byte order"):
        mg.from_numpy(a)


def test_a_tensor_of_sizes_alone_has_them():
    assert mg.Tensor(2, 3).shape == (2, 3)
    assert mg.Tensor(5).shape == (5,)
    assert mg.Tensor().shape == (0,)
    assert mg.Tensor([5]).tolist() == [5]


REFUSED = [
    (lambda: mg.zeros(2, device="cuda"), ValueError, "'cpu'"),
    (lambda: mg.tensor([1], device="cuda:0"), ValueError, "'cpu'"),
    (lambda: mg.device("cuda"), ValueError, "'cpu'"),
    (lambda: mg.zeros(2.5), TypeError, "needs integers"),
    (lambda: mg.zeros(-1), ValueError, "sizes >= 0"),
    (lambda: mg.zeros(2, dtype=complex), mg.DTypeError, "minigrad.float32"),
    (lambda: mg.ones(2, dtype=mg.int64, requires_grad=True), mg.DTypeError, "float dtype"),
    (lambda: mg.full((2,), "a"), TypeError, "needs a number"),
    (lambda: mg.arange(0, 5, 0), ValueError, "not 0"),
    (lambda: mg.arange(0, 5, -1), ValueError, "towards end"),
    (lambda: mg.arange(float("inf")), ValueError, "finite"),
    (lambda: mg.linspace(0, 1, -1), ValueError, "steps >= 0"),
    (lambda: mg.tensor([[1], [1, 2]]), mg.ShapeError, "unequal lengths"),
    (lambda: mg.tensor("abc"), mg.DTypeError, "numbers or bools"),
    (lambda: mg.from_numpy([1]), TypeError, "numpy.ndarray"),
    (lambda: mg.from_numpy(np.array(["a"])), mg.DTypeError, "bool, an integer or a float"),
    (lambda: mg.asarray([1], copy=False), ValueError, "share"),
    (lambda: mg.asarray(np.ones(1), dtype=mg.int64, copy=False), ValueError, "copy=None"),
    (lambda: mg.Tensor(1.5, 2), TypeError, "2 arguments"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_not_fit_is_refused_with_a_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()
