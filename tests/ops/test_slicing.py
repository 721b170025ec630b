"""Views with strides of their own: over memory that other views share, and that others lent."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

VALUES = np.arange(1.0, 13) / 10

# What lies over twelve numbers, and the size, strides and offset of the view that is taken of it.
OVERLAPPING = {
    "expanded": (lambda b: b[:3].expand(2, 3), (2, 3), (0, 1), 0),
    "expanded, seen once": (lambda b: b[:3].expand(2, 3), (3,), (1,), 0),
    "windows": (lambda b: b.unfold(0, 2, 1), (4,), (1,), 0),
    "windows two apart": (lambda b: b.unfold(0, 4, 2), (3, 2), (2, 1), 1),
    "all that windows cover": (lambda b: b.unfold(0, 4, 2), (12,), (1,), 0),
    "expanded matrices": (lambda b: b.reshape(3, 4, 1).expand(3, 4, 2), (5,), (2,), 1),
    "a part of what is expanded": (lambda b: b[::2].expand(2, 6)[:, 1:], (2, 3), (1, 2), 1),
    "no overlap": (lambda b: b.reshape(3, 4).T, (5,), (2,), 1),
}
every_overlap = pytest.mark.parametrize("row", OVERLAPPING.values(), ids=OVERLAPPING)


def two_orders(t, row):
    """The view, its gradient for the overlapping leaf, and the gradient of that."""
    make, *view = row
    x = make(t.tensor(VALUES)).detach().requires_grad_()
    y = x.as_strided(*view)
    weight = t.tensor(np.cos(np.arange(y.numel())).reshape(view[0]))
    direction = t.tensor(np.sin(np.arange(x.numel())).reshape(tuple(x.shape)))
    (first,) = t.autograd.grad((y**3 * weight).sum(), x, create_graph=True)
    (second,) = t.autograd.grad((first * direction).sum(), x)
    return [np.asarray(r.detach()) for r in (y, first, second)]


@every_overlap
def test_elements_at_one_place_share_its_gradient_as_in_pytorch(row):
    torch = pytest.importorskip("torch")
    for found, expected in zip(two_orders(mg, row), two_orders(torch, row)):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@every_overlap
def test_a_step_along_shared_gradients_changes_the_view_as_the_gradient_says(row):
    """Where one place is moved, all elements there move: their parts must add up to its slope."""
    make, *view = row
    _, first, _ = two_orders(mg, row)
    base = mg.tensor(VALUES, requires_grad=True)
    y = make(base).as_strided(*view)
    (y**3 * np.cos(np.arange(y.numel())).reshape(view[0])).sum().backward()
    places = make(mg.arange(12)).numpy()
    np.testing.assert_allclose(np.bincount(places.ravel(), first.ravel(), 12), base.grad.numpy(), rtol=1e-12)


def test_float32_stays_float32_where_elements_overlap():
    x = mg.ones(3).expand(2, 3).detach().requires_grad_()
    x.as_strided((3,), (1,)).sum().backward()
    assert x.grad.dtype == mg.float32
    assert x.grad.tolist() == [[0.5] * 3] * 2


def test_a_view_of_windows_shares_the_memory_below_them():
    base = mg.tensor(VALUES)
    view = base.unfold(0, 4, 2).as_strided((12,), (1,), 0)
    assert view.tolist() == VALUES.tolist()
    view[3] = 7.0
    assert base[3].item() == 7.0


def test_memory_that_was_lent_with_gaps_is_seen_whole():
    torch = pytest.importorskip("torch")
    whole = torch.arange(12.0).reshape(3, 4)
    lent = mg.from_numpy(whole[:, ::2].numpy())
    view = lent.as_strided((11,), (1,))
    assert view.tolist() == list(range(11))
    view[1] = 7.0
    assert whole[0, 1] == 7.0
    with pytest.raises(ValueError, match="stay inside"):
        lent.as_strided((12,), (1,))
