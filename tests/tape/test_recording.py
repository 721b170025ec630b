"""What the tape records, and the pass back: sums, order, freeing, depth, memory."""

import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import reverse, tape
from minigrad.autograd import grad
from minigrad.node import AccumulateGrad
from minigrad.origin import line_of
from minigrad.tape import Primitive


@pytest.fixture
def scratch():
    """A maker of primitives that are unregistered afterwards."""
    before = set(tape.PRIMITIVES)
    yield Primitive
    for name in set(tape.PRIMITIVES) - before:
        del tape.PRIMITIVES[name]


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


# ---------------------------------------------------------------- aliasing


def test_two_leaves_never_share_one_gradient_array():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + y).sum().backward()
    assert not np.shares_memory(x.grad.numpy(), y.grad.numpy())
    x.grad.zero_()
    assert y.grad.tolist() == [1.0, 1.0]


def test_the_given_gradient_is_not_aliased_by_a_leaf():
    x = leaf(1.0, 2.0)
    g = mg.tensor([5.0, 6.0], dtype=mg.float64)
    (x + 0.0).backward(g)
    x.backward(g)
    x.grad.zero_()
    assert g.tolist() == [5.0, 6.0]


def test_results_of_grad_share_no_memory_with_each_other_or_the_given_gradient():
    x, y = leaf(1.0), leaf(2.0)
    g = np.ones(1)
    first, second = grad(x + y, (x, y), mg.from_numpy(g))
    assert not np.shares_memory(first.numpy(), second.numpy())
    assert not np.shares_memory(first.numpy(), g)


def test_a_gradient_that_is_a_view_is_copied_into_the_leaf():
    x = leaf(1.0, 2.0)
    x.sum().backward()  # the rule expands one number
    x.grad += 1
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_leaf_used_many_times_does_not_write_into_a_gradient_it_was_lent(scratch):
    lent = []

    def rule(g, residuals, needs):
        lent.append(g)
        return (g,)

    same = scratch("test_same", lambda x: (x * 1, ()), rule, keeps="")
    x = leaf(1.0)
    (same(x) + same(x) + same(x)).backward()
    assert x.grad.tolist() == [3.0]
    assert [g.tolist() for g in lent] == [[1.0]] * 3


# ---------------------------------------------------------------- what keeps what alive


def test_the_graph_dies_with_its_last_tensor():
    x = leaf(1.0)
    y = x * 2
    node = weakref.ref(y.node)
    del y
    assert node() is None


def test_residuals_are_freed_by_backward_while_the_loss_lives():
    x = leaf(*np.ones(1000))
    hidden = x * x
    kept = weakref.ref(hidden.array)
    loss = (hidden * hidden).sum()
    del hidden
    assert kept() is not None
    loss.backward()
    assert kept() is None


def test_intermediate_gradients_die_during_the_pass():
    x = leaf(*np.ones(10))
    seen, sizes = [], []

    def hook(g):
        seen.append(weakref.ref(g.array))
        sizes.append(sum(r() is not None for r in seen))

    y = x
    for _ in range(50):
        y = y * 2
        y.register_hook(hook)
    y.sum().backward()
    assert len(sizes) == 50
    assert max(sizes) <= 2


STEPS = """
import resource, sys
import numpy as np
import minigrad as mg

rng = np.random.default_rng(0)
data = mg.from_numpy(rng.standard_normal((64, 32)).astype(np.float32))
w = mg.from_numpy(rng.standard_normal((32, 16)).astype(np.float32)).requires_grad_()
held = []


def step():
    loss = ((data @ w) * (data @ w)).mean()
    w.grad = None
    loss.backward()
    with mg.no_grad():
        w.sub_(w.grad, alpha=1e-3)
    if sys.argv[1] == "floats":
        held.append(float(loss.item()))
    elif sys.argv[1] == "tensors":
        held.append(loss)


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


for _ in range(500):
    step()
before = resident()
for _ in range(10_000):
    step()
print((resident() - before) / 10_000)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    ("held", "bytes_per_step"),
    # A held loss keeps the skeleton of its graph (for pictures), none of its arrays: a step
    # makes 25,000 bytes of activations.
    [("nothing", 100), ("floats", 200), ("tensors", 5000)],
)
def test_memory_stays_flat_over_10_000_steps(held, bytes_per_step):
    done = subprocess.run(
        [sys.executable, "-c", STEPS, held], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(done.stdout) < bytes_per_step


def test_create_graph_leaves_cycles_only_where_a_leaf_holds_its_gradient():
    x = leaf(2.0)
    (first,) = grad(x * x * x, x, create_graph=True)
    node = weakref.ref(first.node)
    del first
    gc.collect()
    assert node() is None


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


# ---------------------------------------------------------------- the graph, read


def test_grad_fn_has_a_name_and_next_functions():
    x, c = leaf(1.0), mg.tensor([2.0], dtype=mg.float64)
    y = x * 2
    z = y * c
    assert z.grad_fn.name() == "MulBackward0"
    assert z.grad_fn.next_functions == ((y.grad_fn, 0), (None, 0))
    assert y.grad_fn.next_functions[0] == (AccumulateGrad(x), 0)
    assert y.grad_fn.next_functions[0][0].variable is x
    assert x.grad_fn is None


def test_graphs_made_in_two_threads_do_not_disturb_each_other():
    results = {}

    def work(k):
        x = leaf(float(k))
        for _ in range(200):
            x.grad = None
            y = x
            for _ in range(20):
                y = y * 1.0 + x
            y.backward()
        results[k] = x.grad.tolist()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {k: [21.0] for k in range(4)}


def test_threads_that_share_a_leaf_lose_no_gradient():
    w = mg.ones(20_000, requires_grad=True)

    def work():
        for _ in range(50):
            (w * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert (w.grad == 200).all().item()


def test_the_lines_in_messages_are_the_users():
    x = leaf(1.0)
    y = x * x
    assert line_of(y.node.origin).startswith(__file__)


def test_observers_see_each_op():
    seen = []

    def observer(call):
        same = call.node.primitive is call.primitive
        seen.append((call.primitive.name, len(call.arrays), same, call.seconds > 0))

    tape.observers.append(observer)
    try:
        leaf(1.0) * 2
    finally:
        tape.observers.remove(observer)
    assert seen == [("mul", 2, True, True)]
    assert reverse.checks == []


def test_an_observer_that_comes_during_an_operation_sees_the_next_one():
    """As when another thread begins to observe meanwhile."""
    seen = []

    def forward(x):
        tape.observers.append(lambda call: seen.append(call.primitive.name))
        return x + 1, ()

    meanwhile = mg.Primitive("test_meanwhile", forward, lambda g, kept, needs: (g,), keeps="")
    try:
        meanwhile(leaf(1.0))
        leaf(1.0) * 2
    finally:
        tape.observers.clear()
        del tape.PRIMITIVES["test_meanwhile"]
    assert seen == ["mul"]


def test_a_check_that_comes_during_a_rule_sees_the_next_one():
    seen = []

    def rule(g, kept, needs):
        reverse.checks.append(lambda node, *_: seen.append(node.primitive.name))
        return (g,)

    meanwhile = mg.Primitive("test_meanwhile", lambda x: (x + 1, ()), rule, keeps="")
    try:
        meanwhile(leaf(1.0) * 2).sum().backward()
    finally:
        reverse.checks.clear()
        del tape.PRIMITIVES["test_meanwhile"]
    assert seen == ["mul"]
