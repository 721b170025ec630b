"""Writes in place through views: they reach the base, its history and its other views."""

import numpy as np

import minigrad as mg
from minigrad.autograd import gradcheck, gradgradcheck


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def grid(requires_grad=True):
    return mg.tensor(np.arange(1.0, 7).reshape(2, 3), requires_grad=requires_grad)


def test_a_write_to_a_view_reaches_the_base_and_its_history():
    x, v = grid(), leaf(10.0, 20.0)
    h = x * 1
    h[:, 1].copy_(v)
    assert h.tolist() == [[1.0, 10.0, 3.0], [4.0, 20.0, 6.0]]
    (h * h).sum().backward()
    assert x.grad.tolist() == [[2.0, 0.0, 6.0], [8.0, 0.0, 12.0]]
    assert v.grad.tolist() == [20.0, 40.0]


def test_a_write_to_the_base_reaches_views_made_before():
    x, v = grid(), leaf(5.0)
    h = x * 1
    row = h[0]
    h.mul_(v)
    row.sum().backward()
    assert v.grad.tolist() == [6.0]
    assert x.grad.tolist() == [[5.0, 5.0, 5.0], [0.0, 0.0, 0.0]]


def test_a_write_to_one_view_reaches_another():
    x, v = grid(), leaf(5.0)
    h = x * 1
    row, column = h[0], h[:, 0]
    row.mul_(v)
    (column * column).sum().backward()
    assert column.tolist() == [5.0, 4.0]
    assert v.grad.tolist() == [10.0]
    assert x.grad.tolist() == [[50.0, 0.0, 0.0], [8.0, 0.0, 0.0]]


def test_a_view_of_a_view_can_be_written_to():
    x = grid()
    h = x * 1
    h.reshape(3, 2)[1].reshape(2, 1)[0].zero_()
    assert h.tolist() == [[1.0, 2.0, 0.0], [4.0, 5.0, 6.0]]
    h.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]


def test_a_view_says_that_it_requires_grad_after_its_base_began_to():
    w = leaf(1.0, 2.0)
    base = mg.zeros(2, dtype=mg.float64)
    view = base[0]
    assert not view.requires_grad
    base.add_(w)
    assert view.requires_grad
    assert not view.is_leaf
    (view * view).backward()
    assert w.grad.tolist() == [2.0, 0.0]


def test_a_write_to_a_view_of_a_constant_base_makes_the_base_computed():
    w = leaf(3.0)
    rows = mg.zeros(2, 2, dtype=mg.float64)
    for i in range(2):
        rows[i] = w * (i + 1)
    (rows * rows).sum().backward()
    assert w.grad.tolist() == [2 * 2 * 3.0 * (1 + 4)]


def test_writes_to_a_transposed_and_strided_base():
    def function(x, v):
        h = (x * 1).t()
        h[1:, ::2].copy_(v)
        h.t()[0] *= 2.0
        return h * h

    v = mg.tensor(np.array([[7.0], [8.0]]), requires_grad=True)
    assert gradcheck(function, (grid(), v))
    assert gradgradcheck(function, (grid(), v))


def test_a_write_through_strides_that_a_dense_copy_lacks():
    data = np.arange(24.0).reshape(2, 3, 4)[:, :, ::2]

    def function(v):
        base = mg.from_numpy(data.copy()[:, :, :])
        base.permute(2, 0, 1).reshape(2, 6).mul_(1.0)
        base.transpose(0, 1)[0].mul_(v)
        return base

    assert gradcheck(function, (leaf(2.0),))


def test_writes_to_split_pieces_reach_the_base():
    x = grid()
    h = x * 1
    left, _ = h.split([1, 2], dim=1)
    left.mul_(10)
    h.sum().backward()
    assert x.grad.tolist() == [[10.0, 1.0, 1.0], [10.0, 1.0, 1.0]]
