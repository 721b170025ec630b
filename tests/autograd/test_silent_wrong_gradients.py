"""Ways in which a framework can hand out a wrong gradient without a word: graph, memory, modes.

Each test says what is right and why. Where PyTorch has the operation its answer is asked for
too. Neighbours: test_silent_wrong_values.py (indices, ties, kinks, shapes, dtypes), tests/tape
(recording), test_inplace.py (writes), test_mutation_of_kept_arrays.py (a write before backward,
for every primitive).
"""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd, nn
from tests.autograd.both import agree_with_pytorch, gradient, leaf

# ---------------------------------------------------------------- the graph


def test_an_unused_branch_adds_nothing():
    """Only what the loss depends on counts; a branch nobody used must not leak its gradient."""
    x = leaf([2.0])
    _ = (x * 100).exp()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3.0]


def test_two_losses_add_up():
    """grad accumulates: the second backward adds to what the first left, it does not replace it."""
    x = leaf([2.0])
    (x * 3).sum().backward()
    (x * x).sum().backward()
    assert x.grad.tolist() == [7.0]


def test_a_leaf_shared_by_two_models_gets_both_gradients():
    """Tied weights: d(loss)/dw is the sum over all places where w is used."""
    (found,) = agree_with_pytorch(lambda m, w: (w * 2).exp() * w + w.reshape(-1) * 3, [0.5, -0.3])
    assert found.shape == (2,)


def test_a_diamond_sums_both_sides_before_going_on():
    """The top must run once with the sum; running it per side would be right too, running it
    with the first side only would not."""
    agree_with_pytorch(lambda m, x: (lambda h: h.exp() * h)(x * x), [0.5, 0.7])


def test_sides_of_unequal_length_are_waited_for():
    """A short path must not trigger the node before the long path has arrived."""

    def function(m, x):
        top = x * x
        long = top
        for _ in range(20):
            long = long * 1.1
        return top + long

    agree_with_pytorch(function, [0.5, 0.7])


def test_a_chain_of_100_000_ops_arrives_at_the_leaf():
    """No recursion, no lost link: the derivative of x + 1 + 1 + ... is 1."""
    x = leaf([1.0])
    y = x
    for _ in range(100_000):
        y = y + 1
    y.sum().backward()
    assert x.grad.tolist() == [1.0]


def test_a_variable_used_as_both_operands_counts_twice():
    """d(x*x)/dx = 2x, d(x/x)/dx = 0, d(x-x)/dx = 0, d(x**x) = x**x (log x + 1)."""
    x = np.array([2.0, 3.0])
    assert gradient(lambda m, x: x * x, x)[0].tolist() == [4.0, 6.0]
    assert gradient(lambda m, x: x - x, x)[0].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(gradient(lambda m, x: x / x, x)[0], 0.0, atol=1e-15)
    np.testing.assert_allclose(gradient(lambda m, x: x**x, x)[0], x**x * (np.log(x) + 1))


def test_a_tensor_rebound_in_a_loop_is_not_confused_with_its_old_self():
    """``h = h * x`` makes a new tensor each time; each node keeps its own h."""

    def function(m, x):
        h = x
        for _ in range(4):
            h = h * x
        return h

    (found,) = agree_with_pytorch(function, [1.5])
    assert found.tolist() == [5 * 1.5**4]


def test_detach_cuts_and_only_there():
    """x * x.detach() has the derivative x, not 2x."""
    x = leaf([3.0])
    (x * x.detach()).sum().backward()
    assert x.grad.tolist() == [3.0]


def test_one_of_several_outputs_used_twice_keeps_its_slot():
    """Gradients of the outputs of one op must not be exchanged."""
    agree_with_pytorch(lambda m, x: (lambda a, b, c: a * 2 + c * 5 + c * b)(*x.split(2)), np.arange(6.0))


# ---------------------------------------------------------------- memory


def test_a_mutated_kept_array_is_refused():
    """The derivative of h*h needs the old h; using the new one would be wrong in silence."""
    x = leaf([1.0, 2.0])
    h = x * 2
    y = h * h
    h.add_(1)
    with pytest.raises(mg.GraphError, match="changed in place"):
        y.sum().backward()


def test_an_in_place_op_after_an_op_that_keeps_nothing_is_right():
    """h + 1 keeps nothing of h, so changing h afterwards is allowed and harmless."""

    def function(m, x):
        h = x * 2
        y = h + 1
        h.mul_(3)
        return y + h

    agree_with_pytorch(function, [1.0, 2.0])


def test_gradients_of_two_leaves_do_not_share_memory():
    """In x + y both receive the same array; clipping one in place must not clip the other."""
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x + y).sum().backward()
    x.grad.mul_(0)
    assert y.grad.tolist() == [1.0, 1.0]


def test_a_gradient_held_by_the_user_is_not_changed_by_the_next_backward_of_another_leaf():
    """grad is added to in place, but only its own leaf's."""
    x, y = leaf([1.0]), leaf([1.0])
    (x + y).sum().backward()
    held = y.grad
    (x * 5).sum().backward()
    assert held.tolist() == [1.0]


def test_a_leaf_updated_after_the_forward_is_refused():
    """A step between forward and backward would give the gradient at the wrong point."""
    w, x = leaf([1.0]), leaf([2.0])
    loss = (w * x).sum()
    with mg.no_grad():
        w -= 0.5
    with pytest.raises(mg.GraphError, match="changed in place"):
        loss.backward()


def test_writing_to_an_expanded_view_is_refused():
    """All its elements are one number: after the write the values would depend on the order.
    PyTorch refuses too."""
    h = leaf([1.0]).clone().expand(3)
    with pytest.raises(mg.GraphError, match="share memory"):
        h.mul_(mg.tensor([1.0, 2.0, 3.0], dtype=mg.float64))
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError, match="single memory location"):
        torch.ones(1).expand(3).mul_(torch.tensor([1.0, 2.0, 3.0]))


def test_a_recorded_write_to_overlapping_windows_is_refused():
    """One element would have two new values, and the gradient of both would reach it. PyTorch writes
    window after window and gets it wrong: 1 * 1, (2 * 2) * 3 with a gradient of 3 for the 2."""
    h = leaf([1.0, 2.0, 3.0]).clone()
    with pytest.raises(mg.GraphError, match="shows some elements twice"):
        h.unfold(0, 2, 1).mul_(mg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=mg.float64))
    with mg.no_grad():
        assert h.unfold(0, 2, 1).zero_().sum().item() == 0
    apart = h.unfold(0, 2, 2)
    apart.add_(1)
    assert h.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    "view",
    [
        lambda h: h.as_strided((2,), (3,)),
        lambda h: h.t().as_strided((3,), (1,), 1),
        lambda h: h.as_strided((2, 2), (3, 2)),
        lambda h: h.as_strided((2, 2), (2, 1))[0],
    ],
)
def test_a_write_through_strides_of_memory_is_right_whatever_the_gradients_memory(view):
    """The gradient of an expanded or a transposed result lies otherwise in memory than what was written."""

    def transposed(m, x):
        h = x * x
        view(h).mul_(m.tensor([2.0], dtype=m.float64))
        return h.t() * m.arange(6, dtype=m.float64).view(3, 2)

    def expanded(m, x):
        h = x * x
        view(h).sin_()
        return h.sum()

    for function in (transposed, expanded):
        agree_with_pytorch(function, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_a_write_through_a_view_changes_the_bases_gradient():
    """The overwritten part of the base no longer depends on x."""

    def function(m, x, v):
        h = x * 3
        h[1:].copy_(v * v)
        return h * h

    agree_with_pytorch(function, [1.0, 2.0, 3.0], [4.0, 5.0])


def test_the_users_array_is_not_aliased_by_tensor():
    """tensor() copies: changing the array afterwards changes no kept value."""
    a = np.array([2.0])
    x = mg.tensor(a, requires_grad=True)
    y = (x * x).sum()
    a[0] = 100
    y.backward()
    assert x.grad.tolist() == [4.0]


# ---------------------------------------------------------------- modes and threads


def test_no_grad_in_another_thread_does_not_stop_this_one_from_recording():
    """The mode belongs to a thread; else a data loader's no_grad would empty the graph here."""
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with mg.no_grad():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    x = leaf([2.0])
    (x * x).sum().backward()
    leave.set()
    thread.join()
    assert x.grad.tolist() == [4.0]


def test_the_mode_of_backward_does_not_depend_on_where_it_is_called():
    """backward under no_grad gives the same gradient, and create_graph still records."""
    x = leaf([2.0])
    y = (x * x * x).sum()
    with mg.no_grad():
        (g,) = autograd.grad(y, x, create_graph=True)
    assert autograd.grad(g.sum(), x)[0].tolist() == [12.0]


# ---------------------------------------------------------------- a whole layer


def test_a_frozen_layer_passes_gradients_through_but_gets_none():
    """requires_grad_(False) on the upper weight must not stop the lower one from learning."""
    first, second = nn.Linear(3, 4), nn.Linear(4, 2)
    for p in second.parameters():
        p.requires_grad_(False)
    second(first(mg.ones(5, 3))).sum().backward()
    expected = second.weight.detach().sum(0).reshape(4, 1).expand(4, 3) * 5
    np.testing.assert_allclose(first.weight.grad.numpy(), expected.numpy(), rtol=1e-5)
    assert second.weight.grad is None


@pytest.mark.parametrize(
    "use",
    [
        lambda x, k: x[k],
        mg.take,
        lambda x, k: x.index_select(0, k),
        lambda x, k: x.index_copy(0, k, x[:2] * 1),
        lambda x, k: x.index_put((k,), x[:2] * 3, accumulate=True),
        lambda x, k: x.put(k, x[:2] * 2),
    ],
)
def test_an_index_changed_after_its_use_leaves_the_gradient_as_it_was(use):
    # The rule keeps positions of its own; they are copied only where something is recorded.
    gradients = []
    for change in (False, True):
        x, k = mg.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True), mg.tensor([0, 2])
        y = use(x, k)
        if change:
            k[0] = 3
        (y * y).sum().backward()
        gradients.append(x.grad.tolist())
    assert gradients[0] == gradients[1]


def test_an_index_that_is_written_to_through_itself_is_read_first():
    i = mg.tensor([2, 0, 1])
    i[i] = mg.tensor([7, 8, 9])
    assert i.tolist() == [8, 9, 7]
