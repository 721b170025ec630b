"""Writes in place: values, history, assignment to items, and what is refused.

Through views: test_inplace_views.py. Kept arrays that were overwritten: test_versions.py.
"""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradcheck, gradgradcheck
from minigrad.methods.inplace import NAMES, OPERATORS
from minigrad.tape import observers


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def grid(requires_grad=True):
    return mg.tensor(np.arange(1.0, 7).reshape(2, 3), requires_grad=requires_grad)


# ---------------------------------------------------------------- values


def test_an_in_place_method_returns_its_tensor_and_keeps_its_memory():
    x = mg.tensor([1.0, 2.0])
    memory = x.numpy()
    assert x.add_(1) is x
    assert memory.tolist() == [2.0, 3.0]


def test_augmented_assignment_writes_in_place():
    x = mg.tensor([8.0, 6.0])
    memory = x.numpy()
    x += 2
    x -= 1
    x *= 3
    x /= 2
    x **= 2
    x //= 4
    x %= 20
    expected = (((np.array([8.0, 6.0]) + 2 - 1) * 3 / 2) ** 2 // 4) % 20
    assert memory.tolist() == expected.tolist()


def test_augmented_bit_operations_write_in_place():
    x = mg.tensor([12, 10])
    memory = x.numpy()
    x &= 14
    x |= 1
    x ^= 3
    x <<= 2
    x >>= 1
    assert memory.tolist() == [((((v & 14) | 1) ^ 3) << 2) >> 1 for v in (12, 10)]


def test_every_method_of_the_table_has_its_namesake():
    for name in [*NAMES, *OPERATORS.values()]:
        assert callable(getattr(mg.Tensor, name)), name
        assert callable(getattr(mg.Tensor, f"{name}_"))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("add_", (mg.tensor([1.0, 2.0, 3.0]),)),
        ("sub_", (2,)),
        ("mul_", (mg.tensor(3.0),)),
        ("div_", (4,)),
        ("pow_", (2,)),
        ("neg_", ()),
        ("abs_", ()),
        ("exp_", ()),
        ("log_", ()),
        ("sqrt_", ()),
        ("relu_", ()),
        ("sigmoid_", ()),
        ("tanh_", ()),
        ("clamp_", (1.5, 2.5)),
        ("masked_fill_", (mg.tensor([True, False, True]), 0.0)),
        ("index_add_", (0, mg.tensor([0, 0]), mg.tensor([1.0, 2.0]))),
        ("scatter_", (0, mg.tensor([2, 0]), mg.tensor([7.0, 8.0]))),
        ("scatter_add_", (0, mg.tensor([1, 1]), mg.tensor([7.0, 8.0]))),
        ("index_put_", ((mg.tensor([0, 2]),), mg.tensor([5.0, 6.0]))),
        ("copy_", (mg.tensor([4.0]),)),
        ("fill_", (3,)),
        ("zero_", ()),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_in_place_methods_agree_with_pytorch(method, arguments):
    torch = pytest.importorskip("torch")

    def there(v):
        if isinstance(v, tuple):
            return tuple(map(there, v))
        return torch.tensor(v.tolist()) if isinstance(v, mg.Tensor) else v

    start = [0.5, 1.5, 3.0]
    x, y = mg.tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)
    a, b = x * 1, y * 1
    getattr(a, method)(*arguments)
    getattr(b, method)(*map(there, arguments))
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6)
    (a * a).sum().backward()
    (b * b).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-5)


# ---------------------------------------------------------------- history


def test_a_write_to_a_computed_tensor_is_recorded():
    x, y = leaf(2.0), leaf(3.0)
    h = x * 5
    h.add_(y * y)
    h.backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([5.0], [6.0])


def test_a_leaf_without_requires_grad_becomes_computed_when_a_gradient_is_written_into_it():
    w = leaf(2.0, 3.0)
    total = mg.zeros(2, dtype=mg.float64)
    total.add_(w * w)
    assert not total.is_leaf
    total.sum().backward()
    assert w.grad.tolist() == [4.0, 6.0]


def test_mul_in_place_by_a_tensor_that_requires_grad_keeps_the_old_values():
    x, y = leaf(2.0), leaf(3.0)
    h = x * 5
    h.mul_(y)
    h.backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([15.0], [10.0])


def test_overwriting_cuts_the_old_history_with_zero_gradients():
    x, y = leaf(2.0), leaf(3.0)
    h = x * 5
    h.copy_(y)
    (h * h).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([0.0], [6.0])
    x = leaf(2.0)
    h = x * 5
    h.zero_()
    assert h.requires_grad
    h.backward()
    assert x.grad.tolist() == [0.0]


def test_copying_to_another_dtype_casts_the_gradient_back():
    x = mg.tensor([1.5], requires_grad=True)
    h = mg.zeros(1, dtype=mg.float64)
    h.copy_(x)
    (h * 3).backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3.0]


def test_broadcast_copies_sum_their_gradient():
    x = leaf(2.0)
    h = mg.zeros(2, 3, dtype=mg.float64)
    h.copy_(x)
    h.sum().backward()
    assert x.grad.tolist() == [6.0]


def test_earlier_uses_of_the_old_value_keep_their_gradient():
    x = leaf(2.0)
    h = x * 5
    before = h + 1  # keeps nothing of h
    h.add_(1)
    (before + h * 3).backward()
    assert x.grad.tolist() == [20.0]


def test_chains_of_writes_pass_both_gradient_checks():
    def function(x, y):
        h = x * y
        h *= x
        h += y
        h[0] = y[1] * 3
        h.exp_()
        h[1:] /= y[1:]
        return h

    xs = (leaf(0.5, 0.7, -0.2), leaf(1.5, 0.4, 2.0))
    assert gradcheck(function, xs)
    assert gradgradcheck(function, xs)


# ---------------------------------------------------------------- t[key] = values


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        (0, (3,)),
        ((slice(None), 1), (2,)),
        ((slice(None), slice(0, 3, 2)), (2, 1)),
        (..., ()),
        ((None, 1), (1, 3)),
        (([0, 1], [2, 0]), (2,)),
        (np.array([[True, False, True], [False, True, False]]), (3,)),
        ((1, [0, 2]), (2,)),
    ],
)
def test_assignment_to_items_passes_gradients_to_both_sides(key, shape):
    value = mg.tensor(np.arange(10.0, 10 + np.prod(shape, dtype=int)).reshape(shape), requires_grad=True)

    def function(x, v):
        h = x * 2
        h[key] = v * v
        return h

    expected = grid().detach().numpy() * 2
    expected[key] = value.detach().numpy() ** 2
    np.testing.assert_allclose(function(grid(), value).detach().numpy(), expected)
    assert gradcheck(function, (grid(), value))
    assert gradgradcheck(function, (grid(), value))


def test_assignment_takes_numbers_lists_and_arrays():
    x = mg.zeros(3)
    x[0] = 1
    x[1:] = [2, 3]
    assert x.tolist() == [1.0, 2.0, 3.0]
    x[x > 1.5] = np.float64(9)
    assert x.tolist() == [1.0, 9.0, 9.0]


def test_assignment_of_a_wrong_shape_is_refused():
    with pytest.raises(mg.ShapeError, match=r"\(2,\).*\(3,\)"):
        mg.zeros(3)[:] = [1, 2]


def test_augmented_assignment_to_an_item():
    x = leaf(1.0, 2.0)
    h = x * 1
    h[1] += 5
    h[0] *= h[1].clone()
    h.sum().backward()
    assert h.tolist() == [7.0, 7.0]
    assert x.grad.tolist() == [7.0, 2.0]


# ---------------------------------------------------------------- refused


def test_a_recorded_write_to_a_leaf_is_refused():
    x = leaf(1.0, 2.0)
    for write in (lambda: x.add_(1), lambda: x.zero_(), lambda: x.__setitem__(0, 3.0)):
        with pytest.raises(mg.GraphError, match=r"leaf tensor that requires grad.*no_grad"):
            write()
    assert x.tolist() == [1.0, 2.0]


def test_a_recorded_write_to_a_view_of_a_leaf_is_refused():
    x = leaf(1.0, 2.0)
    with pytest.raises(mg.GraphError, match="a view of a leaf"):
        x[0].add_(1)


def test_a_leaf_can_be_written_to_under_no_grad():
    x = leaf(1.0, 2.0)
    with mg.no_grad():
        x -= 1
        x[1] = 7
    assert x.tolist() == [0.0, 7.0]
    assert x.is_leaf
    assert x.requires_grad


def test_a_recorded_write_to_a_view_made_under_no_grad_is_refused():
    h = leaf(1.0, 2.0) * 2
    with mg.no_grad():
        view = h[0]
    with pytest.raises(mg.GraphError, match="view that was made under no_grad"):
        view.add_(1)


def test_writes_to_expanded_memory_are_refused():
    h = (leaf(1.0) * 2).expand(3)
    for write in (lambda: h.add_(1), lambda: h.zero_(), lambda: h.__setitem__(0, 1.0)):
        with pytest.raises(mg.GraphError, match=r"expanded tensor.*clone"):
            write()


def test_writes_to_read_only_arrays_are_refused():
    array = np.ones(2)
    array.flags.writeable = False
    with pytest.raises(mg.GraphError, match="read-only"):
        mg.from_numpy(array).add_(1)


def test_the_shape_cannot_grow_in_place():
    x = mg.zeros(3)
    with pytest.raises(
        mg.ShapeError, match=r"add_ got a tensor of shape \(3,\) for a result of shape \(2, 3\)"
    ):
        x.add_(mg.ones(2, 3))
    assert x.tolist() == [0.0, 0.0, 0.0]


def test_a_float_result_cannot_go_into_integers():
    x = mg.tensor([1, 2])
    with pytest.raises(mg.DTypeError, match=r"add_ got a result of float32, which can't be cast.*int64"):
        x.add_(1.5)
    with pytest.raises(mg.DTypeError, match="div_"):
        x.div_(2)
    with pytest.raises(mg.DTypeError, match=r"int64.*bool"):
        mg.tensor([True]).add_(mg.tensor([1]))
    assert x.tolist() == [1, 2]


def test_a_wider_float_result_is_cast_down():
    x = mg.tensor([1.0])
    x.add_(mg.tensor([0.5], dtype=mg.float64))
    assert x.dtype == np.float32
    assert x.tolist() == [1.5]


def test_fill_needs_one_number():
    with pytest.raises(mg.ShapeError, match="fill_ got a value of shape"):
        mg.zeros(2).fill_(mg.ones(2))


def test_detach_in_place_makes_a_leaf_but_refuses_views():
    h = leaf(1.0, 2.0) * 2
    with pytest.raises(mg.GraphError, match="detach_ got a view"):
        h[0].detach_()
    assert h.detach_() is h
    assert h.is_leaf
    assert not h.requires_grad


def test_views_of_a_tensor_detached_in_place_stay_in_the_graph_until_a_write():
    x = leaf(1.0, 2.0)
    h = x * 3
    v = h[1:]
    h.detach_()
    v.sum().backward()
    assert x.grad.tolist() == [0.0, 3.0]
    with pytest.raises(mg.GraphError, match="add_ got a view of a tensor that was detached in place"):
        v.add_(1)
    h.add_(1)
    with pytest.raises(mg.GraphError, match="detached in place and written to since"):
        v.sum()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_large_tensors_are_written_straight_with_the_same_bits(name, dtype):
    """Without a second array; also where the operand lies in the memory that is written."""
    random = np.random.default_rng(0)
    a, b = (mg.tensor(random.standard_normal((80, 80)), dtype=dtype) for _ in range(2))
    calls = [((other,), {}) for other in (b, 1.7, 3, mg.tensor(2.5, dtype=dtype), b[0])]
    calls += [((b,), {"alpha": -0.3})] if name in ("add", "sub") else []
    for args, options in calls:
        for view in (lambda x: x, lambda x: x.t(), lambda x: x[:, ::1]):
            x = a.clone()
            expected = getattr(view(x), name)(*args, **options).numpy()
            result = getattr(view(x), name + "_")(*args, **options)
            assert result._version == x._version == 1
            np.testing.assert_array_equal(view(x).numpy(), expected)
    x = a.clone()
    expected = getattr(x, name)(x.t()).numpy()
    np.testing.assert_array_equal(getattr(x, name + "_")(x.t()).numpy(), expected)


def test_an_observer_sees_what_is_written_straight_otherwise():
    seen = []
    observers.append(lambda forward: seen.append(forward.primitive.name))
    try:
        mg.ones(80, 80).mul_(2.0)
    finally:
        observers.pop()
    assert seen == ["mul"]
