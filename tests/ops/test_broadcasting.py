"""sum_to_size: sums over what broadcasting would repeat, and the gradient spread again."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradgradcheck

# shape, size, the dimensions that are summed over
ROWS = [
    ((2, 3), (2, 3), ()),
    ((2, 3), (1, 3), (0,)),
    ((2, 3), (2, 1), (1,)),
    ((2, 3), (3,), (0,)),
    ((2, 3), (1,), (0, 1)),
    ((2, 3), (), (0, 1)),
    ((4, 2, 3), (2, 1), (0, 2)),
    ((4, 1, 3), (1, 1), (0, 1, 2)),
    ((1, 3), (3,), (0,)),
    ((), (), ()),
    ((0, 3), (1, 3), (0,)),
    ((2, 0), (2, 0), ()),
]
every_row = pytest.mark.parametrize(("shape", "size", "summed"), ROWS)


def values(shape):
    return np.cos(np.arange(int(np.prod(shape)))).reshape(shape)


@every_row
def test_it_is_the_sum_over_what_broadcasting_would_repeat(shape, size, summed):
    x = values(shape)
    for given in ((size,), size or ((),)):  # as one tuple, or number by number
        found = mg.tensor(x).sum_to_size(*given)
        np.testing.assert_allclose(found.numpy(), x.sum(axis=summed, keepdims=True).reshape(size), rtol=1e-14)
        assert found.shape == size


@every_row
def test_the_gradient_is_spread_over_what_was_summed(shape, size, summed):
    x = mg.tensor(values(shape), requires_grad=True)
    g = values(size) + 2
    x.sum_to_size(size).backward(mg.tensor(g))
    np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to(g, shape))
    if x.numel():
        assert gradgradcheck(lambda x: (x * x).sum_to_size(size), [x])


@every_row
def test_values_and_two_orders_of_gradients_are_those_of_pytorch(shape, size, summed):
    torch = pytest.importorskip("torch")
    found, expected = [two_orders(t, shape, size) for t in (mg, torch)]
    for f, e in zip(found, expected):
        np.testing.assert_allclose(f, e, rtol=1e-13, atol=1e-15)


def two_orders(t, shape, size):
    """Of a leaf whose rows lie apart in memory."""
    leaf = t.tensor(np.repeat(values((*shape, 1)), 2, axis=-1), requires_grad=True)
    x = leaf[..., 0]
    y = (x**3).sum_to_size(size)
    (first,) = t.autograd.grad((y * t.tensor(values(size))).sum(), leaf, create_graph=True)
    (second,) = t.autograd.grad((first * first).sum(), leaf)
    return [np.asarray(r.detach()) for r in (y, first, second)]


def test_what_has_the_size_already_is_returned_itself_and_a_number_copied_as_in_pytorch():
    x, number = mg.ones(2, 3), mg.tensor(1.0)
    assert x.sum_to_size(2, 3) is x
    number.sum_to_size(()).add_(1)
    assert number.item() == 1


@pytest.mark.parametrize("size", [(3, 3), (2,), (1, 2, 3), (0, 3), (2, 3, 1)])
def test_a_size_that_would_not_broadcast_back_is_refused(size):
    with pytest.raises(mg.ShapeError, match=r"sum_to_size got the size .* for a tensor of shape \(2, 3\)"):
        mg.ones(2, 3).sum_to_size(size)
