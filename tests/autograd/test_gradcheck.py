"""gradcheck and gradgradcheck find what is wrong, and say where."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import tape
from minigrad.autograd import gradcheck, gradgradcheck
from minigrad.tape import Primitive


@pytest.fixture
def scratch():
    before = set(tape.PRIMITIVES)
    yield Primitive
    for name in set(tape.PRIMITIVES) - before:
        del tape.PRIMITIVES[name]


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def test_right_gradients_pass():
    assert gradcheck(lambda x, y: (x * y, x + y), (leaf(1.0, 2.0), leaf(3.0, 4.0)))
    assert gradgradcheck(lambda x, y: (x * y * x, x + y), (leaf(1.0, 2.0), leaf(3.0, 4.0)))


def test_one_input_need_not_be_in_a_tuple():
    assert gradcheck(lambda x: x * x, leaf(2.0))


def wrong_square(scratch):
    def rule(g, residuals, needs):
        factor = np.array([2.0, 2.0, 3.0])
        return (g * residuals[0] * (tape.wrap(factor) if isinstance(g, tape.Variable) else factor),)

    return scratch("test_wrong_square", lambda x: (x * x, (x,)), rule, keeps="x")


def test_a_wrong_entry_is_named_with_both_values(scratch):
    square = wrong_square(scratch)
    with pytest.raises(mg.GraphError, match=r"input 1 \(shape \(3,\)\): 1 of 3 .* worst at \(2,\)") as caught:
        gradcheck(lambda x, y: square(y) * 1 + x, (leaf(0.0, 0.0, 0.0), leaf(1.0, 1.0, 1.0)))
    numbers = str(caught.value).split("the rule gives ")[1].rstrip(".").split(", differences give ")
    assert float(numbers[0]) / float(numbers[1]) == pytest.approx(1.5)
    assert gradcheck(square, leaf(1.0, 1.0, 1.0), raise_exception=False) is False


def test_a_wrong_second_gradient_is_found(scratch):
    cube = scratch(
        "test_wrong_cube",
        # The square is kept under a name of its own: a constant for the second order.
        lambda x: (x * x * x, (x * x,)),
        lambda g, residuals, needs: (3 * g * residuals[0],),
        keeps="square",
    )
    assert gradcheck(cube, leaf(1.0, 2.0))
    with pytest.raises(mg.GraphError, match="input 0"):
        gradgradcheck(cube, leaf(1.0, 2.0))


def test_nan_is_never_right(scratch):
    broken = scratch("test_nan_rule", lambda x: (x * 1, ()), lambda g, r, n: (g * np.nan,), keeps="")
    with pytest.raises(mg.GraphError, match="the rule gives nan"):
        gradcheck(broken, leaf(1.0))


def test_a_missing_gradient_counts_as_zero():
    with pytest.raises(mg.GraphError, match="the rule gives 0, differences give"):
        gradcheck(lambda x: x.detach() * 2, leaf(1.0))


def test_random_functions_are_refused():
    random = np.random.default_rng(0)
    noisy = lambda x: x * float(1 + 1e-3 * random.random())  # noqa: E731
    with pytest.raises(mg.GraphError, match=r"two runs on the same inputs differ.*nondet_tol"):
        gradcheck(noisy, leaf(1.0))
    assert gradcheck(noisy, leaf(1.0), nondet_tol=1e-2, eps=1.0, atol=1e-2, rtol=1e-2)


def test_functions_that_change_their_inputs_are_refused():
    def hidden(x, y):
        y.detach().add_(1)
        return x * y

    with pytest.raises(mg.GraphError, match=r"changed its input 1.*clone"):
        gradcheck(hidden, (leaf(1.0), leaf(2.0)))


def test_the_inputs_stay_as_they_are():
    x = leaf(1.0, 2.0)
    gradcheck(lambda x: x * x, x)
    gradgradcheck(lambda x: x * x, x)
    assert x.tolist() == [1.0, 2.0]
    assert x.grad is None


def test_float32_inputs_are_refused():
    with pytest.raises(mg.DTypeError, match=r"input 0 of float32.*float64"):
        gradcheck(lambda x: x * x, mg.tensor([1.0], requires_grad=True))


def test_something_must_require_grad():
    for check in (gradcheck, gradgradcheck):
        with pytest.raises(ValueError, match="no input that requires grad"):
            check(lambda x: x * x, mg.tensor([1.0]))


def test_grad_outputs_can_be_given():
    x, v = leaf(1.0, 2.0), leaf(1.0, -1.0)
    assert gradgradcheck(lambda x: x * x * x, (x,), v)
