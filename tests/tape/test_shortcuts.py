"""A shortcut past relu gives what the two rules give, and nobody who wants to look in between misses it."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import reverse
from minigrad.errors import GraphError
from minigrad.nn import functional as F
from minigrad.node import Freed

SETTINGS = [(2, None, 0), (3, 2, 1), (2, 1, 0)]


def images(dtype="float32", shape=(2, 3, 7, 9)):
    """Many ties, zeros of both signs, and windows in which nothing is above 0."""
    x = np.random.default_rng(0).integers(-3, 3, shape).astype(dtype)
    x[0, 0, :2, :2] = [[-1, -0.0], [0.0, -2]]
    return x


def gradient(x, settings, look=None, dtype="float32"):
    leaf = mg.tensor(x, requires_grad=True)
    inner = F.relu(leaf * 1)
    if look is not None:
        look(inner)
    y = F.max_pool2d(inner, *settings)
    weight = np.random.default_rng(1).normal(size=y.shape).astype(dtype)
    (y * mg.tensor(weight)).sum().backward()
    return leaf.grad.numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_bits_are_those_of_the_two_rules(settings, dtype, monkeypatch):
    x = images(dtype)
    x[1, 2, 3, 3] = np.nan
    passed = []
    found = reverse._passed_over
    monkeypatch.setattr(reverse, "_passed_over", lambda node: passed.append(found(node)) or passed[-1])
    short = gradient(x, settings, dtype=dtype)
    assert [node.primitive.name for node in passed] == ["relu"]
    long = gradient(x, settings, lambda inner: inner.retain_grad(), dtype=dtype)
    assert passed[1:] == [None]
    np.testing.assert_array_equal(short.view(np.uint8), long.view(np.uint8))
    assert np.isfinite(short).all()
    assert short.any()


def chain(x):
    leaf = mg.tensor(x, requires_grad=True)
    inner = F.relu(leaf * 1)
    return leaf, inner, F.max_pool2d(inner, 2)


def test_a_hook_set_after_the_pooling_is_called_and_its_result_counts():
    leaf, inner, y = chain(images())
    inner.register_hook(lambda g: g * 3)
    y.sum().backward()
    other, _, y = chain(images())
    y.sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), other.grad.numpy() * 3)


def test_the_gradient_of_what_lies_between_can_be_kept_and_asked_for():
    _, inner, y = chain(images())
    inner.retain_grad()
    y.sum().backward()
    _, again, y = chain(images())
    (asked,) = mg.autograd.grad(y.sum(), again)
    np.testing.assert_array_equal(inner.grad.numpy(), asked.numpy())
    assert asked.numpy().sum() == y.numel()


def test_who_else_uses_what_lies_between_adds_to_the_gradient():
    leaf, inner, y = chain(images())
    (y.sum() + (inner * 5).sum()).backward()
    alone, _, y = chain(images())
    y.sum().backward()
    expected = alone.grad.numpy() + 5 * (images() > 0)
    np.testing.assert_array_equal(leaf.grad.numpy(), expected)


def test_a_pooled_tensor_may_be_overwritten():
    leaf, _, y = chain(images())
    y.mul_(0)
    y.add_(1)
    y.sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), np.zeros_like(images()))
    leaf, _, y = chain(images())
    y.mul_(-2)
    y.sum().backward()
    other, _, y = chain(images())
    y.sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), -2 * other.grad.numpy())


def test_what_relu_kept_may_not_be_overwritten():
    _, inner, y = chain(images())
    with mg.no_grad():
        inner.mul_(2)
    with pytest.raises(GraphError, match="changed in place"):
        y.sum().backward()


def test_create_graph_and_a_second_pass_agree_with_the_first():
    leaf, _, y = chain(images("float64"))
    y.sum().backward(retain_graph=True)
    first = leaf.grad.numpy().copy()
    leaf.grad = None
    y.sum().backward(create_graph=True)
    np.testing.assert_array_equal(leaf.grad.detach().numpy(), first)


def test_what_was_passed_over_is_freed():
    _, inner, y = chain(images())
    node = inner.node
    y.sum().backward(retain_graph=True)
    assert type(node.residuals) is tuple
    y.sum().backward()
    assert type(node.residuals) is Freed
    with pytest.raises(GraphError, match="already freed"):
        F.max_pool2d(inner, 2).sum().backward()
