"""vjp, jvp, jacobian, hessian, hvp, vhp against closed forms and PyTorch."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import functional, gradcheck

A = np.random.default_rng(0).standard_normal((3, 2))


def x2():
    return mg.tensor([0.5, -1.5], dtype=mg.float64)


def cubes_mixed(x):
    return (mg.from_numpy(A) * x * x * x).sum(1)


def jacobian_by_hand(x):
    return A * 3 * x * x


def quartic(x, y):
    return (x * x * y).sum() + (y * y * y).sum()


def test_jacobian_of_one_input():
    found = functional.jacobian(cubes_mixed, x2())
    np.testing.assert_allclose(found.numpy(), jacobian_by_hand(x2().numpy()))
    assert not found.requires_grad


def test_vjp_and_jvp_are_products_with_the_jacobian():
    u, v = np.array([1.0, -2.0, 3.0]), np.array([0.3, 0.7])
    output, found = functional.vjp(cubes_mixed, x2(), mg.from_numpy(u))
    np.testing.assert_allclose(found.numpy(), u @ jacobian_by_hand(x2().numpy()))
    np.testing.assert_allclose(output.numpy(), cubes_mixed(x2()).numpy())
    _, found = functional.jvp(cubes_mixed, x2(), mg.from_numpy(v))
    np.testing.assert_allclose(found.numpy(), jacobian_by_hand(x2().numpy()) @ v)


def test_results_agree_with_pytorch_for_several_inputs_and_outputs():
    torch = pytest.importorskip("torch")
    there = torch.autograd.functional

    def both(x, y):
        return x * y, (x * x).sum()

    a, b = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    ours, theirs = (mg.tensor(a), mg.tensor(b)), (torch.tensor(a), torch.tensor(b))
    for mine, other in (
        (functional.jacobian(both, ours), there.jacobian(both, theirs)),
        (functional.hessian(quartic, ours), there.hessian(quartic, theirs)),
    ):
        for row, other_row in zip(mine, other):
            for block, other_block in zip(row, other_row):
                np.testing.assert_allclose(block.numpy(), other_block.numpy())
    v = (np.array([1.0, -1.0]), np.array([0.5, 2.0]))
    for name in ("hvp", "vhp"):
        mine = getattr(functional, name)(quartic, ours, tuple(map(mg.tensor, v)))
        other = getattr(there, name)(quartic, theirs, tuple(map(torch.tensor, v)))
        np.testing.assert_allclose(mine[0].item(), other[0].item())
        for m, o in zip(mine[1], other[1]):
            np.testing.assert_allclose(m.numpy(), o.numpy())


def test_the_form_of_the_inputs_is_the_form_of_the_results():
    one = functional.hessian(lambda x: (x * x).sum(), x2())
    assert isinstance(one, mg.Tensor)
    several = functional.hessian(lambda x: (x * x).sum(), (x2(),))
    np.testing.assert_allclose(several[0][0].numpy(), one.numpy())


def test_create_graph_lets_gradients_through():
    def norm_of_jacobian(x):
        j = functional.jacobian(cubes_mixed, x, create_graph=True)
        return (j * j).sum()

    x = x2().requires_grad_()
    assert gradcheck(norm_of_jacobian, x)


def test_independent_outputs_give_zeros_or_with_strict_an_error():
    c = mg.tensor([1.0, 2.0], dtype=mg.float64)
    assert functional.jacobian(lambda x: c * 1, x2()).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert functional.hessian(lambda x: x.sum(), x2()).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(mg.GraphError, match=r"output that does not depend.*strict=True"):
        functional.vjp(lambda x: c * 1, x2(), c, strict=True)
    with pytest.raises(mg.GraphError, match="do not depend on input 1"):
        functional.vjp(lambda x, y: x * 2, (x2(), x2()), c, strict=True)


def test_the_inputs_are_left_alone():
    x = x2().requires_grad_()
    functional.hessian(lambda x: (x * x).sum(), x)
    assert x.grad is None


def test_it_works_under_no_grad():
    with mg.no_grad():
        assert functional.jacobian(lambda x: x * 2, x2()).tolist() == [[2.0, 0.0], [0.0, 2.0]]


def test_wrong_arguments_are_named():
    with pytest.raises(mg.ShapeError, match="those of the output"):
        functional.vjp(lambda x: x * 2, x2(), mg.ones(3))
    with pytest.raises(ValueError, match="jvp got no v"):
        functional.jvp(lambda x: x * 2, x2())
    with pytest.raises(mg.ShapeError, match=r"hessian got a function.*single element"):
        functional.hessian(lambda x: x * 2, x2())
    with pytest.raises(TypeError, match="output 0 of type float"):
        functional.jacobian(lambda x: 3.0, x2())
    with pytest.raises(ValueError, match="reverse-mode"):
        functional.jacobian(lambda x: x, x2(), strategy="forward-mode")
