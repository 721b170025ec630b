"""What the tape records, and the pass back: sums, order, freeing, depth, second orders."""

import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def test_fan_out_sums_the_gradients_of_all_uses():
    x = leaf(2.0)
    (x * 3 + x * 4 + x).sum().backward()
    assert x.grad.tolist() == [8.0]


def test_a_diamond_runs_its_top_once():
    x = leaf(2.0)
    calls = []
    top = x * 3
    top.register_hook(lambda g: calls.append(g.item()))
    (top * 2 + top * 5).sum().backward()
    assert calls == [7.0]
    assert x.grad.tolist() == [21.0]


def test_a_thousand_diamonds_in_a_row_take_linear_time():
    x = leaf(1.0)
    y = x
    for _ in range(1000):
        y = (y + y) * 0.5
    y.backward()
    assert x.grad.tolist() == [1.0]


def test_an_unused_branch_gets_and_sends_nothing():
    x = leaf(2.0)
    unused = x * 100
    (x * 3).backward()
    assert x.grad.tolist() == [3.0]
    assert unused.grad is None


def test_several_losses_accumulate():
    x = leaf(2.0)
    (x * 3).backward()
    (x * x).backward()
    assert x.grad.tolist() == [7.0]


def test_several_losses_over_a_shared_trunk_need_retain_graph():
    x = leaf(2.0)
    trunk = x * x
    first, second = trunk * 3, trunk * trunk
    first.backward(retain_graph=True)
    second.backward()
    assert x.grad.tolist() == [12.0 + 32.0]


def test_a_second_backward_names_the_freed_op_and_the_mend():
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(mg.GraphError, match=r"mul .*test_recording.py:\d+.*retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [4.0]


def test_a_graph_that_keeps_nothing_can_run_twice_as_in_pytorch():
    x = leaf(2.0)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0]


def test_retain_graph_gives_the_same_gradient_again():
    x = leaf(2.0)
    y = x * x * x
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    assert x.grad.tolist() == [24.0]


def test_a_chain_of_100_000_ops_runs_back_and_dies_without_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.tolist() == [1.0]
    top = weakref.ref(y.node)
    del y
    assert top() is None


def test_a_chain_of_100_000_ops_can_be_searched_for_inputs():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = -y
    assert grad(y, x)[0].tolist() == [1.0]


def test_leaves_receive_nothing_when_a_rule_fails_midway(scratch):
    fails = scratch("test_fails", lambda x: (x * 1, ()), lambda g, r, n: 1 / 0, keeps="")
    x, w = leaf(1.0), leaf(2.0)
    y = fails(x) + w * 2
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert x.grad is None
    assert w.grad is None
    assert mg.is_grad_enabled()


def test_a_rule_with_a_wrong_shape_is_named(scratch):
    wrong = scratch("test_wrong_shape", lambda x: (x * 1, ()), lambda g, r, n: (g[:1],), keeps="")
    with pytest.raises(mg.ShapeError, match=r"test_wrong_shape gave .*\(1,\).*\(2,\)"):
        wrong(leaf(1.0, 2.0)).sum().backward()


def test_a_rule_with_a_wrong_number_of_gradients_is_named(scratch):
    wrong = scratch("test_wrong_number", lambda x, y: (x + y, ()), lambda g, r, n: (g,), keeps="")
    with pytest.raises(mg.GraphError, match="test_wrong_number gave 1 gradients"):
        wrong(leaf(1.0), leaf(2.0)).backward()


def test_unused_outputs_of_several_come_to_the_rule_as_zeros(scratch):
    seen = []

    def rule(g, residuals, needs):
        seen.append([a.tolist() for a in g])
        return (g[0] * 2 + g[1] * 3,)

    both = scratch("test_both", lambda x: ((x * 2, x * 3), ()), rule, keeps="")
    x = leaf(1.0, 1.0)
    _, second = both(x)
    second.sum().backward()
    assert seen == [[[0.0, 0.0], [1.0, 1.0]]]
    assert x.grad.tolist() == [3.0, 3.0]


def test_integer_outputs_take_no_gradient(scratch):
    both = scratch(
        "test_with_index",
        lambda x: ((x * 2, x.argsort()), ()),
        lambda g, r, n: (g[0] * 2 if g[1] is None else None,),
        keeps="",
    )
    x = leaf(1.0, 3.0)
    values, index = both(x)
    assert not index.requires_grad
    values.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_the_gradient_has_the_dtype_of_its_input(scratch):
    mixed = scratch("test_mixed", lambda x: (x * 1, ()), lambda g, r, n: (g.astype(np.float64),), keeps="")
    x = mg.tensor([1.0], requires_grad=True)
    mixed(x).backward()
    assert x.grad.dtype == np.float32


# ---------------------------------------------------------------- kept values under create_graph


def second_derivative(y, x):
    (first,) = grad(y.sum(), x, create_graph=True)
    return grad(first.sum(), x)[0].tolist()


def test_second_order_through_a_kept_leaf():
    x = leaf(2.0, 3.0)
    assert second_derivative(x * x * x, x) == [12.0, 18.0]


def test_second_order_through_a_kept_computed_input():
    x = leaf(2.0)
    y = x * x
    assert second_derivative(y * y, x) == [48.0]


def test_second_order_through_a_kept_output(scratch):
    cube = scratch("test_exp", lambda x: (y := np.exp(x), (y,)), lambda g, r, n: (g * r[0],), keeps="output")
    x = leaf(0.5)
    np.testing.assert_allclose(second_derivative(cube(x), x), np.exp(0.5))


def test_second_order_through_several_kept_outputs(scratch):
    def forward(x):
        s, c = np.sin(x), np.cos(x)
        return (s, c), (s, c)

    def rule(g, residuals, needs):
        s, c = residuals
        return (g[0] * c - g[1] * s,)

    waves = scratch("test_waves", forward, rule, keeps="output.0 output.1")
    x = leaf(0.3)
    s, c = waves(x)
    np.testing.assert_allclose(second_derivative(s, x), -np.sin(0.3))
    s, c = waves(x)
    np.testing.assert_allclose(second_derivative(c, x), -np.cos(0.3))


def test_second_order_where_the_forward_kept_a_contiguous_copy(scratch):
    def forward(x):
        x = np.ascontiguousarray(x.T).T.copy(order="F")
        return x * x, (x,)

    square = scratch("test_square", forward, lambda g, r, n: (2 * g * r[0],), keeps="x")
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=mg.float64, requires_grad=True)
    (first,) = grad((square(x) * x).sum(), x, create_graph=True)
    np.testing.assert_allclose(grad(first.sum(), x)[0].numpy(), 6 * x.detach().numpy())


def test_second_order_with_a_number_among_the_inputs():
    x = leaf(2.0)
    assert second_derivative(x * 3.0 * x, x) == [6.0]
    y = mg.tensor(2.0, requires_grad=True)
    (first,) = grad(y * 3.0 * y, y, create_graph=True)
    assert first.dtype == np.float32


def test_second_order_uses_the_values_of_the_forward_after_data_was_replaced():
    x = leaf(2.0)
    y = x * x * x
    x.data = mg.tensor([100.0], dtype=mg.float64)
    (first,) = grad(y, x, create_graph=True)
    assert first.tolist() == [12.0]
    assert grad(first, x)[0].tolist() == [12.0]


def test_a_primitive_without_keeps_refuses_second_order(scratch):
    secretive = scratch("test_secretive", lambda x: (x * x, (x,)), lambda g, r, n: (2 * g * r[0],))
    x = leaf(2.0)
    with pytest.raises(mg.GraphError, match=r'test_secretive.*keeps="x output'):
        grad(secretive(x), x, create_graph=True)


def test_a_primitive_whose_keeps_miscounts_is_refused(scratch):
    miscounted = scratch(
        "test_miscounted", lambda x: (x * x, (x, x)), lambda g, r, n: (2 * g * r[0],), keeps="x"
    )
    x = leaf(2.0)
    with pytest.raises(mg.GraphError, match="1 residuals while its forward kept 2"):
        grad(miscounted(x), x, create_graph=True)


def test_a_name_is_taken_once(scratch):
    scratch("test_once", lambda x: (x, ()))
    with pytest.raises(ValueError, match=r"test_once.*taken"):
        scratch("test_once", lambda x: (x, ()))
