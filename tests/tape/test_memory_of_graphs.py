"""Who owns what: gradients share no memory, and a graph lives no longer than it is used."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


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
