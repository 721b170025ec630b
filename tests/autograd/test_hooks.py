"""register_hook, register_post_accumulate_grad_hook, retain_grad."""

import gc
import weakref

import pytest

import minigrad as mg
from minigrad import autograd


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def test_a_hook_on_a_leaf_replaces_the_gradient_that_is_added():
    x = leaf(1.0)
    x.register_hook(lambda g: g * 10)
    (x * 2).backward()
    (x * 3).backward()
    assert x.grad.tolist() == [50.0]


def test_a_hook_on_a_computed_tensor_sees_the_whole_sum_and_changes_what_flows_on():
    x = leaf(1.0)
    h = x * 2
    seen = []
    h.register_hook(lambda g: seen.append(g.tolist()) or g * 100)
    (h * 3 + h * 4).backward()
    assert seen == [[7.0]]
    assert x.grad.tolist() == [1400.0]


def test_hooks_run_in_the_order_of_registration():
    x = leaf(1.0)
    h = x * 1
    h.register_hook(lambda g: g + 1)
    h.register_hook(lambda g: g * 10)
    h.backward()
    assert x.grad.tolist() == [20.0]


def test_a_removed_hook_does_not_run():
    x = leaf(1.0)
    h = x * 1
    for t in (x, h):
        handle = t.register_hook(lambda g: g * 100)
        handle.remove()
        handle.remove()
    h.backward()
    assert x.grad.tolist() == [1.0]


def test_a_handle_removes_its_hook_at_the_end_of_a_with_block():
    x = leaf(1.0)
    with x.register_hook(lambda g: g * 100):
        pass
    x.backward()
    assert x.grad.tolist() == [1.0]


def test_leaf_hooks_run_for_autograd_grad_too():
    x = leaf(1.0)
    x.register_hook(lambda g: g * 10)
    assert autograd.grad(x * 2, x)[0].tolist() == [20.0]
    (x * 2).backward(inputs=[x])
    assert x.grad.tolist() == [20.0]


def test_a_hook_runs_with_tensors_that_can_be_differentiated_under_create_graph():
    x = leaf(3.0)
    h = x * x
    h.register_hook(lambda g: g * g)
    (g,) = autograd.grad(h * x, x, create_graph=True)
    # dh -> x^2, so g = x^2 * 2x + h = 2x^3 + x^2
    assert autograd.grad(g, x)[0].tolist() == [6 * 9.0 + 2 * 3.0]


def test_a_hook_that_returns_another_shape_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(mg.ShapeError, match=r"hook returned shape \(\).*\(2,\)"):
        x.sum().backward()


def test_the_gradient_keeps_its_dtype_whatever_the_hook_returns():
    x = mg.tensor([1.0], requires_grad=True)
    x.register_hook(lambda g: g.to(mg.float64))
    x.backward()
    assert x.grad.dtype == mg.float32


def test_a_hook_that_returns_no_tensor_is_refused():
    x = leaf(1.0)
    x.register_hook(lambda g: 3.0)
    with pytest.raises(TypeError, match="hook returned float"):
        x.backward()


def test_a_hook_needs_requires_grad():
    with pytest.raises(mg.GraphError, match=r"register_hook.*requires no grad"):
        mg.tensor(1.0).register_hook(print)


def test_post_accumulate_hooks_see_the_finished_sum_each_time():
    x = leaf(1.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
    (x * 2 + x * 3).backward()
    x.backward()
    assert seen == [[5.0], [6.0]]


def test_a_post_accumulate_hook_may_free_the_gradient():
    x = leaf(1.0)

    def step(p):
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * 2).backward()
    assert x.grad is None
    handle.remove()
    (x * 2).backward()
    assert x.grad.tolist() == [2.0]


def test_post_accumulate_hooks_need_a_leaf():
    with pytest.raises(mg.GraphError, match="computed; it needs a leaf"):
        (leaf(1.0) * 2).register_post_accumulate_grad_hook(print)


def test_retain_grad_keeps_the_gradient_of_a_computed_tensor():
    x = leaf(2.0)
    h = x * 3
    assert not h.retains_grad
    h.retain_grad()
    h.retain_grad()
    assert h.retains_grad
    y = h * h
    y.backward(retain_graph=True)
    assert h.grad.tolist() == [12.0]
    y.backward()
    assert h.grad.tolist() == [24.0]


def test_retain_grad_sees_what_the_hooks_made_even_those_registered_later():
    x = leaf(2.0)
    h = x * 3
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    h.backward()
    assert h.grad.tolist() == [10.0]


def test_retain_grad_on_a_leaf_changes_nothing():
    x = leaf(2.0)
    x.retain_grad()
    assert not x.retains_grad
    x.backward()
    assert x.grad.tolist() == [1.0]


def test_retain_grad_needs_requires_grad():
    with pytest.raises(mg.GraphError, match="retain_grad"):
        mg.tensor(1.0).retain_grad()


def test_retain_grad_follows_a_recorded_write():
    x = leaf(2.0)
    h = x * 3
    h.retain_grad()
    h.mul_(5)
    (h * 7).backward()
    assert h.grad.tolist() == [7.0]
    assert x.grad.tolist() == [105.0]


def test_retain_grad_shares_no_memory_with_what_flows_on():
    x = leaf(2.0)
    h = x + 0
    h.retain_grad()
    h.backward()
    h.grad.zero_()
    assert x.grad.tolist() == [1.0]


def test_retain_grad_does_not_keep_its_tensor_alive():
    x = leaf(2.0)
    h = x * 3
    h.retain_grad()
    y = h * 2
    gone = weakref.ref(h)
    del h
    gc.collect()
    assert gone() is None
    y.backward()
    assert x.grad.tolist() == [6.0]


def test_a_retained_gradient_follows_a_tensor_that_is_squeezed_in_place():
    x = mg.tensor([[1.0, 2.0]], requires_grad=True)
    h = x * 2
    h.retain_grad()
    h.squeeze_()
    h.mul_(3)
    (h * h).sum().backward()
    assert h.grad.tolist() == [12.0, 24.0]
    assert x.grad.tolist() == [[72.0, 144.0]]
