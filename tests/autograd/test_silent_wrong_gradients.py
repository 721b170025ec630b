"""Ways in which a framework can hand out a wrong gradient without a word.

Each test says what is right and why. Where PyTorch has the operation its answer is asked for
too. Neighbours: tests/tape (recording), test_inplace.py (writes),
test_mutation_of_kept_arrays.py (a write before backward, for every primitive).
"""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd, nn


def leaf(values, dtype=mg.float64):
    return mg.tensor(np.array(values, dtype), requires_grad=True)


def gradient(function, *arrays, dtype=np.float64):
    """Gradients of the sum of ``function``, in minigrad."""
    leaves = [leaf(a, dtype) for a in arrays]
    function(mg, *leaves).sum().backward()
    return [None if x.grad is None else x.grad.numpy() for x in leaves]


def agree_with_pytorch(function, *arrays, rtol=1e-12):
    """``function(namespace, *tensors)`` is written once and run in both frameworks."""
    found = gradient(function, *arrays)
    torch = pytest.importorskip("torch")
    leaves = [torch.tensor(np.array(a, np.float64), requires_grad=True) for a in arrays]
    function(torch, *leaves).sum().backward()
    for f, x in zip(found, leaves):
        np.testing.assert_allclose(f, x.grad.numpy(), rtol=rtol, atol=1e-15)
    return found


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


# ---------------------------------------------------------------- indices


def test_duplicate_indices_in_a_lookup_add_their_gradients():
    """x[[0, 0, 1]] reads x[0] twice, so its gradient is the sum of both."""
    assert gradient(lambda m, x: x[[0, 0, 1]] * m.tensor([1.0, 10.0, 100.0]), [1.0, 2.0])[0].tolist() == [
        11.0,
        100.0,
    ]


def test_duplicate_indices_in_scatter_add_each_get_their_gradient():
    """Both sources were added to the same place: each has the gradient of that place."""

    def function(m, x, src):
        index = m.tensor([1, 1, 0])
        out = x.scatter_add(0, index, src)
        return out * out

    agree_with_pytorch(function, [1.0, 2.0], [3.0, 4.0, 5.0])


def test_accumulating_index_put_with_duplicates_agrees_with_pytorch():
    """accumulate=True adds: value gradients are the place's gradient, the old value's stays."""

    def function(m, x, v):
        out = x.index_put((m.tensor([0, 0, 1]),), v, accumulate=True)
        return out * out

    agree_with_pytorch(function, [1.0, 2.0, 3.0], [3.0, 4.0, 5.0])


def test_index_add_with_duplicates_agrees_with_pytorch():
    agree_with_pytorch(
        lambda m, x, v: (lambda o: o * o)(x.index_add(0, m.tensor([2, 2, 0]), v)),
        [1.0, 2.0, 3.0],
        [3.0, 4.0, 5.0],
    )


# ---------------------------------------------------------------- ties and kinks


def test_ties_in_max_over_everything_share_the_gradient():
    """PyTorch gives each of n equal maxima 1/n, so that the gradients sum to 1."""
    (found,) = agree_with_pytorch(lambda m, x: x.max(), [3.0, 1.0, 3.0])
    assert found.tolist() == [0.5, 0.0, 0.5]


def test_ties_in_max_along_a_dimension_go_to_the_index_that_max_returns():
    """max(dim) returns one index; the gradient belongs to that element alone."""
    x = leaf([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    values, where = x.max(1)
    values.sum().backward()
    expected = np.zeros((2, 3))
    expected[[0, 1], where.numpy()] = 1
    np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_ties_of_maximum_are_split_in_half():
    """maximum(x, x) == x has the derivative 1: each side carries one half, as in PyTorch."""
    x, y = agree_with_pytorch(lambda m, x, y: m.maximum(x, y), [1.0, 2.0], [1.0, 0.0])
    assert (x[0], y[0]) == (0.5, 0.5)


@pytest.mark.parametrize(
    "function",
    [
        lambda m, x: x.abs(),
        lambda m, x: x.relu(),
        lambda m, x: x.norm(),
        lambda m, x: x.clamp(0, 1),
        lambda m, x: x.sign() * x,
        lambda m, x: (x * x).sum(),
        lambda m, x: x.sigmoid() + x.tanh(),
        lambda m, x: x**2,
        lambda m, x: x**1,
        lambda m, x: x**0,
        lambda m, x: x.prod(),
        lambda m, x: x.cumprod(0),
    ],
    ids=[
        "abs",
        "relu",
        "norm",
        "clamp",
        "sign",
        "square",
        "sigmoid",
        "pow2",
        "pow1",
        "pow0",
        "prod",
        "cumprod",
    ],
)
def test_gradients_at_zero_are_finite_and_pytorchs(function):
    """At a kink there is no derivative; PyTorch's choice is a subgradient, and never NaN."""
    for values in ([0.0, 1.0, -2.0], [0.0, 0.0, 3.0], [0.0]):
        (found,) = agree_with_pytorch(function, values)
        assert np.isfinite(found).all()


def test_the_square_root_at_zero_has_an_infinite_slope_and_says_so():
    """The honest answer is inf, not 0 and not NaN."""
    (found,) = agree_with_pytorch(lambda m, x: x.sqrt(), [0.0, 4.0])
    assert found.tolist() == [np.inf, 0.25]


def test_where_masks_the_value_but_not_a_nan_in_the_gradient():
    """where(x > 0, log x, 0) at 0: the masked branch gets gradient 0, and 0 * (1/0) is NaN.
    PyTorch gives the same NaN; the remedy is to mask the input of log, which gives 0."""

    def naive(m, x):
        return m.where(x > 0, x.log(), m.zeros_like(x))

    def safe(m, x):
        return m.where(x > 0, m.where(x > 0, x, m.ones_like(x)).log(), m.zeros_like(x))

    (bad,) = agree_with_pytorch(naive, [0.0, 2.0])
    assert np.isnan(bad[0])
    assert bad[1] == 0.5
    assert agree_with_pytorch(safe, [0.0, 2.0])[0].tolist() == [0.0, 0.5]


def test_masked_fill_blocks_the_gradient_of_what_it_hides():
    """The filled places no longer depend on x: gradient exactly 0, even where x is infinite."""
    found = gradient(
        lambda m, x: x.masked_fill(m.tensor([True, False, True]), 0.0) * 3, [np.inf, 1.0, np.nan]
    )[0]
    assert found.tolist() == [0.0, 3.0, 0.0]


def test_softmax_of_a_masked_row_has_finite_gradients():
    """-inf is how attention hides a position: its weight and its gradient are 0."""

    def function(m, x):
        hidden = x.masked_fill(m.tensor([False, True, False]), -np.inf)
        return hidden.softmax(0) * m.tensor([1.0, 2.0, 3.0])

    (found,) = agree_with_pytorch(function, [0.5, 1.0, -0.5], rtol=1e-6)
    assert np.isfinite(found).all()
    assert found[1] == 0.0


# ---------------------------------------------------------------- shapes and dtypes


@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 1), (1, 4)), ((1,), (2, 3)), ((), (2, 3)), ((0, 3), (1, 3)), ((2, 1, 3), (4, 1)), ((1, 1), (1,))],
)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum"])
def test_broadcasting_sums_the_gradient_back_to_each_shape(a, b, name):
    """A value used n times by broadcasting has the sum of n gradients, in its own shape;
    over an empty dimension the sum is 0."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(1, 2, a), rng.uniform(3, 4, b)
    found = agree_with_pytorch(lambda m, x, y: getattr(m, name)(x, y) * 2, x, y)
    assert [f.shape for f in found] == [a, b]


def test_the_mean_of_an_expanded_tensor_divides_by_its_own_count():
    agree_with_pytorch(lambda m, x: x.expand(4, 3).mean() * x, [1.0, 2.0, 3.0])


def test_a_sum_that_broadcasts_by_accident_keeps_shapes_apart():
    """(n,) - (n, 1) is (n, n): its gradient comes back as (n,) and (n, 1), not transposed."""
    agree_with_pytorch(lambda m, x, y: (x - y) ** 2, [1.0, 2.0], [[3.0], [5.0]])


def test_float16_inputs_get_float16_gradients_of_the_right_value():
    """The gradient has the dtype of its input, computed without overflow at these sizes."""
    x = leaf([1.5, -2.0], np.float16)
    (x * x + x).sum().backward()
    assert x.grad.dtype == np.float16
    assert x.grad.tolist() == [4.0, -3.0]


def test_mixed_dtypes_cast_each_gradient_back():
    """float32 * float64 computes in float64; each operand's gradient has its own dtype."""
    x, y = leaf([2.0], np.float32), leaf([3.0], np.float64)
    (x * y).sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [2.0])


def test_integer_operands_take_no_gradient_and_spoil_none():
    """An int tensor is a constant factor."""
    x = leaf([2.0], np.float32)
    n = mg.tensor([3])
    (x * n).sum().backward()
    assert x.grad.tolist() == [3.0]
    assert n.grad is None
    with pytest.raises(mg.DTypeError, match="int64"):
        n.requires_grad_()


def test_rounding_to_integers_cuts_the_graph_openly():
    """A result of integer dtype cannot require grad; backward says so instead of giving 0."""
    y = leaf([2.7]).to(mg.int64).sum()
    assert not y.requires_grad
    with pytest.raises(mg.GraphError, match="requires no grad"):
        y.backward()


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
