"""NumPy and Tensors side by side: operators, NumPy's functions, views without copies."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import minigrad as mg


@pytest.mark.parametrize(
    "symbol", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "eq", "ge", "ne"]
)
def test_an_array_and_a_tensor_give_a_tensor_in_either_order(symbol):
    function = getattr(operator, symbol)
    array = np.array([1.0, 2.0, 4.0])
    x = mg.tensor([3.0, 2.0, 1.0], dtype=mg.float64)
    for left, right in ((array, x), (x, array)):
        found = function(left, right)
        assert isinstance(found, mg.Tensor)
        np.testing.assert_array_equal(found.numpy(), function(np.asarray(left), np.asarray(right)))


@pytest.mark.parametrize("symbol", ["and_", "or_", "xor", "lshift", "rshift"])
def test_bits_of_arrays_and_tensors_mix_too(symbol):
    function = getattr(operator, symbol)
    array, x = np.array([1, 2, 5]), mg.tensor([3, 1, 2])
    for left, right in ((array, x), (x, array), (np.int64(5), x)):
        found = function(left, right)
        assert isinstance(found, mg.Tensor)
        np.testing.assert_array_equal(found.numpy(), function(np.asarray(left), np.asarray(right)))


@pytest.mark.parametrize(
    "name",
    ["exp", "log", "sqrt", "sin", "tanh", "abs", "negative", "floor", "rint", "square", "isnan", "sign"],
)
def test_numpys_functions_of_a_tensor_are_minigrads(name):
    x = mg.tensor([0.5, 2.5], requires_grad=True)
    found = getattr(np, name)(x)
    assert isinstance(found, mg.Tensor)
    np.testing.assert_allclose(found.detach().numpy(), getattr(np, name)(x.detach().numpy()), rtol=1e-6)


def test_a_gradient_passes_through_numpys_functions():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (np.exp(x) * np.array([1.0, 3.0], np.float32)).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]) * [1, 3], rtol=1e-6)


def test_an_array_times_a_matrix_is_a_tensor():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=mg.float64)
    found = np.array([1.0, 1.0]) @ x
    assert isinstance(found, mg.Tensor)
    assert found.tolist() == [4.0, 6.0]


def test_asarray_shares_the_memory_of_a_tensor():
    x = mg.tensor([1.0, 2.0])
    assert np.shares_memory(np.asarray(x), x.numpy())


def test_a_binary_function_of_numpy_takes_a_tensor_on_either_side():
    x = mg.tensor([1.0, 5.0])
    assert np.maximum(x, 2.0).tolist() == [2.0, 5.0]
    assert np.maximum(np.float32(2), x).tolist() == [2.0, 5.0]
    assert np.logaddexp(x, x).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.add.reduce(x), r"np.add.reduce got a Tensor.*x.detach\(\).numpy\(\)"),
        (lambda x: np.exp(x, out=np.empty(2)), "np.exp got a Tensor and out"),
        (lambda x: np.cbrt(x), "np.cbrt got a Tensor"),
        (lambda x: np.modf(x), "np.modf got a Tensor"),
        (lambda x: np.add.at(np.zeros(2), 0, x), "np.add.at got a Tensor"),
    ],
)
def test_what_minigrad_has_no_counterpart_for_is_refused_in_words(call, words):
    with pytest.raises(TypeError, match=words):
        call(mg.tensor([1.0, 2.0]))


def test_adding_a_tensor_to_an_array_in_place_is_refused():
    array = np.ones(2)
    with pytest.raises(TypeError, match=r"np\.add got a Tensor and out"):
        array += mg.tensor([1.0, 2.0])
