"""autograd.Function: both styles, saved tensors, marks, second order, and what is refused."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.autograd import Function, gradcheck, gradgradcheck
from minigrad.autograd.function import once_differentiable


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x * x * g


class Exp(Function):
    """Keeps its output, in the style with setup_context."""

    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class SumAndProduct(Function):
    @staticmethod
    def forward(ctx, x, y, factor):
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return x + y, x * y * factor

    @staticmethod
    def backward(ctx, g_sum, g_product):
        x, y = ctx.saved_tensors
        return g_sum + g_product * y * ctx.factor, g_sum + g_product * x * ctx.factor, None


def test_both_styles_pass_the_gradient_checks():
    for function in (Cube, Exp):
        assert gradcheck(function.apply, leaf(0.5, -1.0))
        assert gradgradcheck(function.apply, leaf(0.5, -1.0))


def test_several_outputs_and_an_argument_that_is_no_tensor():
    xs = (leaf(0.5, -1.0), leaf(2.0, 3.0))
    assert gradcheck(lambda x, y: SumAndProduct.apply(x, y, 4.0), xs)
    assert gradgradcheck(lambda x, y: SumAndProduct.apply(x, y, 4.0), xs)


def test_an_output_that_is_not_used_comes_as_zeros():
    x, y = leaf(2.0), leaf(3.0)
    _, product = SumAndProduct.apply(x, y, 1.0)
    product.backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [2.0])


def test_an_output_that_is_not_used_comes_as_none_if_so_asked():
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, first, second):
            seen.append(first)
            return second * 3

    x = leaf(1.0)
    Two.apply(x)[1].backward()
    assert seen == [None]
    assert x.grad.tolist() == [3.0]


def test_needs_input_grad_tells_which_gradients_are_wanted():
    seen = []

    class Add(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return g, None

    Add.apply(leaf(1.0), mg.tensor([1.0], dtype=mg.float64)).backward()
    assert seen == [(True, False)]


def test_nothing_is_recorded_without_need():
    assert not Cube.apply(mg.tensor([1.0])).requires_grad
    with mg.no_grad():
        assert not Cube.apply(leaf(1.0)).requires_grad


def test_the_graph_names_the_function():
    y = Cube.apply(leaf(1.0))
    assert y.grad_fn.name() == "CubeBackward0"
    assert not y.is_leaf


def test_a_mark_non_differentiable_output_takes_no_gradient():
    class SortWithPlaces(Function):
        @staticmethod
        def forward(ctx, x):
            places = mg.from_numpy(np.argsort(x.detach().numpy()).astype(np.float64))
            ctx.mark_non_differentiable(places)
            return x * 2, places

        @staticmethod
        def backward(ctx, g, _):
            return g * 2

    values, places = SortWithPlaces.apply(leaf(3.0, 1.0))
    assert values.requires_grad
    assert not places.requires_grad


def test_a_dirty_input_becomes_the_output():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(1.0, 2.0)
    h = x * 3
    assert Double.apply(h) is h
    h.sum().backward()
    assert h.tolist() == [6.0, 12.0]
    assert x.grad.tolist() == [6.0, 6.0]
    with pytest.raises(mg.GraphError, match="leaf that requires grad as dirty"):
        Double.apply(leaf(1.0))
    with pytest.raises(mg.GraphError, match="view as dirty"):
        Double.apply((leaf(1.0, 2.0) * 1)[0])


def test_an_input_returned_as_it_is_gets_a_place_of_its_own():
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 10

    x = leaf(1.0)
    y = Same.apply(x)
    assert y is not x
    assert x.is_leaf
    y.backward()
    assert x.grad.tolist() == [10.0]


def test_a_saved_tensor_that_was_written_to_is_refused():
    x = leaf(1.0, 2.0)
    h = x * 1
    y = Cube.apply(h)
    h.add_(1)
    with pytest.raises(mg.GraphError, match=r"Cube.*changed in place"):
        y.sum().backward()


def test_saved_tensors_are_freed_by_backward():
    y = Cube.apply(leaf(1.0))
    y.backward()
    with pytest.raises(mg.GraphError, match=r"Cube.*freed"):
        y.backward()


def test_saved_tensors_are_only_there_during_backward():
    kept = []

    class Leaky(Cube):
        @staticmethod
        def forward(ctx, x):
            kept.append(ctx)
            return Cube.forward(ctx, x)

    Leaky.apply(leaf(1.0))
    with pytest.raises(mg.GraphError, match="outside of backward"):
        kept[0].saved_tensors  # noqa: B018


def test_only_tensors_can_be_saved():
    class SavesNumber(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3.0)
            return x * 1

    with pytest.raises(TypeError, match=r"save_for_backward got float.*attribute"):
        SavesNumber.apply(leaf(1.0))


def test_a_wrong_number_of_gradients_is_refused():
    class Short(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(mg.GraphError, match=r"Short.backward returned 1 gradients.*2 arguments"):
        Short.apply(leaf(1.0), leaf(2.0)).backward()


def test_a_gradient_that_is_no_tensor_is_refused():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g.numpy()

    with pytest.raises(TypeError, match="returned ndarray for argument 0"):
        Wrong.apply(leaf(1.0)).backward()


def test_once_differentiable_refuses_a_second_order_instead_of_dropping_it():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return mg.from_numpy(2 * x.detach().numpy() * g.detach().numpy())

    x = leaf(3.0)
    Once.apply(x).backward()
    assert x.grad.tolist() == [6.0]
    (g,) = autograd.grad(Once.apply(x), x, create_graph=True)
    assert g.tolist() == [6.0]
    with pytest.raises(mg.GraphError, match="once_differentiable"):
        g.backward()
