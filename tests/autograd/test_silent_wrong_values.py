"""Places where a gradient can be wrong without a word: indices, ties, kinks, shapes, dtypes.

Each test says what is right and why. Where PyTorch has the operation its answer is asked for
too. Neighbour: test_silent_wrong_gradients.py (graph, memory, modes).
"""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from tests.autograd.both import agree_with_pytorch, gradient, leaf

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


@pytest.mark.parametrize(
    "write",
    [
        lambda h, i, v: h.index_put_((i,), v),
        lambda h, i, v: h.__setitem__(i, v),
        lambda h, i, v: h.scatter_(0, i, v),
        lambda h, i, v: h.index_copy_(0, i, v),
        lambda h, i, v: h.put_(i, v),
    ],
)
def test_a_value_that_was_written_over_has_no_gradient(write):
    """h[[2, 2, 0]] = v keeps v[1] and v[2]; v[0] no longer matters. PyTorch gives it one all the same
    and calls the result undefined, so only differences can judge."""

    def function(x, v):
        h = x * 1
        write(h, mg.tensor([2, 2, 0]), v)
        return h * h

    x, v = leaf([1.0, 2.0, 3.0]), leaf([4.0, 5.0, 6.0])
    assert autograd.gradcheck(function, (x, v))
    assert autograd.gradgradcheck(function, (x, v))
    function(x, v).sum().backward()
    assert (x.grad.tolist(), v.grad.tolist()) == ([0, 4, 0], [0, 10, 12])


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
