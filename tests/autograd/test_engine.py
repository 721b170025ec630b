"""autograd.backward and autograd.grad: arguments, errors, leaves and non-leaves."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def test_backward_of_several_tensors_adds_them_up():
    x = leaf(2.0)
    autograd.backward([x * 3, x * x])
    assert x.grad.tolist() == [7.0]


def test_backward_takes_one_gradient_for_each_tensor():
    x = leaf(1.0, 2.0)
    autograd.backward((x * 3, x.sum()), (mg.tensor([1.0, 10.0], dtype=mg.float64), None))
    assert x.grad.tolist() == [4.0, 31.0]


def test_the_same_output_twice_counts_twice():
    x = leaf(1.0)
    y = x * 3
    autograd.backward([y, y])
    assert x.grad.tolist() == [6.0]


def test_too_few_gradients_are_refused():
    x = leaf(1.0)
    with pytest.raises(ValueError, match="2 outputs and 1 gradients"):
        autograd.backward([x * 2, x * 3], [None])


def test_backward_without_gradient_needs_one_element():
    with pytest.raises(
        mg.GraphError, match=r"shape \(2,\) and no gradient.*mean\(\)\.backward\(\).*ones_like"
    ):
        (leaf(1.0, 2.0) * 2).backward()


def test_backward_takes_one_element_of_any_shape():
    x = leaf(3.0)
    (x * x).reshape(1, 1).backward()
    assert x.grad.tolist() == [6.0]


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(mg.ShapeError, match=r"gradient of shape \(3,\) for an output of shape \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(mg.ones(3))


def test_an_integer_gradient_is_refused():
    with pytest.raises(mg.DTypeError, match="gradient of int64"):
        (leaf(1.0) * 2).backward(mg.tensor([1]))


def test_backward_through_nothing_is_refused():
    with pytest.raises(mg.GraphError, match=r"requires no grad.*no_grad"):
        mg.tensor(1.0).backward()


def test_backward_of_a_leaf_gives_it_ones():
    x = leaf(3.0)
    x.backward()
    assert x.grad.tolist() == [1.0]


def test_inputs_restricts_where_gradients_go():
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.tolist() == [3.0]
    assert y.grad is None


def test_inputs_may_name_a_computed_tensor():
    x = leaf(2.0)
    h = x * 3
    (h * h).backward(inputs=h)
    assert h.grad.tolist() == [12.0]
    assert x.grad is None


def test_inputs_named_twice_accumulate_once():
    x = leaf(2.0)
    (x * 3).backward(inputs=[x, x])
    assert x.grad.tolist() == [3.0]


def test_empty_inputs_are_refused():
    with pytest.raises(ValueError, match="no inputs"):
        leaf(1.0).backward(inputs=[])


def test_grad_changes_no_grad_attribute():
    x = leaf(2.0)
    (g,) = autograd.grad(x * x, x)
    assert g.tolist() == [4.0]
    assert x.grad is None


def test_grad_of_an_intermediate_and_of_the_leaf_below_it():
    x = leaf(2.0)
    h = x * 3
    dh, dx = autograd.grad(h * h, (h, x))
    assert (dh.tolist(), dx.tolist()) == ([12.0], [36.0])


def test_grad_of_a_tensor_with_respect_to_itself_is_one():
    x = leaf(2.0)
    y = x * x
    assert autograd.grad(y, y)[0].tolist() == [1.0]


def test_an_unused_input_is_refused_unless_allowed():
    x, unused = leaf(2.0), leaf(1.0, 2.0)
    with pytest.raises(mg.GraphError, match=r"input 1 of shape \(2,\).*allow_unused=True"):
        autograd.grad(x * 2, (x, unused))
    assert autograd.grad(x * 2, (x, unused), allow_unused=True)[1] is None
    assert autograd.grad(x * 2, (x, unused), materialize_grads=True)[1].tolist() == [0.0, 0.0]


def test_materialize_grads_contradicts_allow_unused_false():
    x = leaf(2.0)
    with pytest.raises(ValueError, match="materialize_grads=True and allow_unused=False"):
        autograd.grad(x * 2, x, allow_unused=False, materialize_grads=True)


def test_batched_gradients_are_refused_with_the_way_round_them():
    x = leaf(2.0)
    with pytest.raises(ValueError, match=r"is_grads_batched=True.*retain_graph=True"):
        autograd.grad(x * 2, x, mg.ones(1, 1), is_grads_batched=True)


def test_an_input_without_requires_grad_is_refused():
    with pytest.raises(mg.GraphError, match=r"input 0.*requires no grad"):
        autograd.grad(leaf(1.0) * 2, mg.tensor(1.0))


def test_what_is_no_tensor_is_refused():
    with pytest.raises(TypeError, match="input 0 of type float"):
        autograd.grad(leaf(1.0) * 2, 3.0)
    with pytest.raises(TypeError, match="output 0 of type ndarray"):
        autograd.grad(np.ones(1), leaf(1.0))


def test_grad_frees_the_graph_unless_told_otherwise():
    x = leaf(2.0)
    y = x * x
    autograd.grad(y, x, retain_graph=True)
    autograd.grad(y, x)
    with pytest.raises(mg.GraphError, match="freed"):
        autograd.grad(y, x)


def test_create_graph_gives_every_order():
    x = leaf(2.0)
    y, orders = x * x * x * x, []
    for _ in range(5):
        (y,) = autograd.grad(y, x, create_graph=True) if y.requires_grad else (y * 0,)
        orders.append(y.tolist()[0])
    assert orders == [32.0, 48.0, 48.0, 24.0, 0.0]


def test_backward_with_create_graph_gives_a_grad_that_can_be_differentiated():
    x = leaf(2.0)
    (x * x * x).backward(create_graph=True)
    assert x.grad.requires_grad
    (second,) = autograd.grad(x.grad, x)
    assert second.tolist() == [12.0]
    x.grad = None


def test_gradients_of_the_given_gradient_flow_under_create_graph():
    x, v = leaf(2.0), leaf(1.0)
    (g,) = autograd.grad(x * x, x, v, create_graph=True)
    assert autograd.grad(g, v)[0].tolist() == [4.0]


def test_an_expanded_grad_set_by_hand_can_be_added_to():
    x = leaf(1.0, 2.0)
    x.grad = mg.from_numpy(np.broadcast_to(np.float64(1), (2,)))
    (x * 3).sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


def test_engine_agrees_with_pytorch_on_a_network_of_shared_parts():
    torch = pytest.importorskip("torch")
    a, b = np.random.default_rng(0).standard_normal((2, 4, 4))
    found = []
    for make in (lambda v: mg.tensor(v, requires_grad=True), lambda v: torch.tensor(v, requires_grad=True)):
        x, y = make(a), make(b)
        h = x * y
        k = (h + x) * h
        loss = (k * y).sum() + h.sum()
        loss.backward()
        found.append([np.asarray(x.grad.detach()), np.asarray(y.grad.detach())])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


def test_gradients_that_grad_hands_out_share_no_memory_with_anything():
    x, y = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor([3.0, 4.0], requires_grad=True)
    given, seen = mg.tensor([5.0, 6.0]), []
    x.register_hook(seen.append)
    output = x + y
    found = autograd.grad(output, [x, y, x], given, retain_graph=True)
    arrays = [g.numpy() for g in (*found, given, *seen)]
    for i, a in enumerate(arrays[:3]):
        assert not any(np.shares_memory(a, b) for b in arrays[:i] + arrays[i + 1 :])
    product = x * y
    (dy,) = autograd.grad(product, [y], mg.ones(2), retain_graph=True)
    dy.numpy()[:] = 9
    assert autograd.grad(product, [y], mg.ones(2))[0].tolist() == [1.0, 2.0]
