"""t_, transpose_, squeeze_, unsqueeze_: another view takes the tensor's place."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GraphError


def test_a_plain_tensor_is_turned_and_keeps_its_memory():
    array = np.arange(6.0).reshape(2, 3)
    x = mg.from_numpy(array)
    assert x.t_() is x
    assert x.shape == (3, 2)
    x[0, 1] = 9
    assert array[1, 0] == 9


def test_the_gradient_passes_through_a_turned_result():
    w = mg.ones(2, 3, requires_grad=True)
    y = w * 2
    y.unsqueeze_(0).transpose_(0, 2)
    weights = mg.arange(6.0).reshape(3, 2, 1)
    (y * weights).sum().backward()
    assert w.grad.tolist() == [[0.0, 4.0, 8.0], [2.0, 6.0, 10.0]]


def test_a_write_after_the_turn_is_recorded_at_the_right_places():
    w = mg.ones(2, 3, requires_grad=True)
    y = w * 2
    y.t_()
    y[0] = 0
    (y * y).sum().backward()
    assert w.grad.tolist() == [[0.0, 8.0, 8.0], [0.0, 8.0, 8.0]]


def test_a_view_is_turned_while_its_base_stays():
    base = mg.zeros(2, 3)
    row = base[0]
    row.unsqueeze_(1)
    row.fill_(5)
    assert row.shape == (3, 1)
    assert base.tolist() == [[5.0, 5.0, 5.0], [0.0, 0.0, 0.0]]


def test_a_turned_view_of_a_recorded_tensor_writes_into_its_base():
    w = mg.ones(2, 2, requires_grad=True)
    y = w * 3
    row = y[0]
    row.unsqueeze_(0)
    row.mul_(w.sum())
    y.sum().backward()
    # y = [[3 w00 s, 3 w01 s], [3 w10, 3 w11]] with s = 4
    assert w.grad.tolist() == [[18.0, 18.0], [9.0, 9.0]]


def test_squeezing_keeps_a_second_gradient():
    w = mg.tensor([[2.0], [3.0]], dtype=mg.float64, requires_grad=True)
    assert mg.autograd.gradgradcheck(lambda v: (v * v * v).squeeze_(1), (w,))


def test_a_tensor_with_views_is_refused_until_they_are_gone():
    x = mg.ones(2, 3)
    row = x[0]
    with pytest.raises(GraphError, match="has views"):
        x.t_()
    del row
    assert x.t_().shape == (3, 2)


def test_a_kept_array_does_not_count_as_a_view():
    w = mg.ones(2, 3, requires_grad=True)
    x = mg.full((2, 3), 2.0)
    y = (w * x).sum()
    x.t_()
    y.backward()
    assert w.grad.tolist() == [[2.0] * 3] * 2


def test_a_leaf_is_turned_under_no_grad_only():
    w = mg.ones(2, 3, requires_grad=True)
    with pytest.raises(GraphError, match="leaf"):
        w.t_()
    with mg.no_grad():
        w.t_()
    assert w.shape == (3, 2)
    assert w.is_leaf
    assert w.requires_grad


def test_turning_under_no_grad_stays_in_the_graph():
    w = mg.ones(2, 3, requires_grad=True)
    y = w * 2
    with mg.no_grad():
        y.t_()
    (y * mg.arange(6.0).reshape(3, 2)).sum().backward()
    assert w.grad.tolist() == [[0.0, 4.0, 8.0], [2.0, 6.0, 10.0]]
