"""Matrix products beyond the table: PyTorch's shapes and gradients, layout, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops.matmul import linear
from tests.case import normal

SHAPES = [
    ((3,), (3,)),
    ((3,), (3, 2)),
    ((3,), (4, 3, 2)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((2, 1, 1, 3), (1, 6, 3, 4)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((0, 2, 3), (3, 4)),
    ((2, 3), (0, 3, 4)),
]


@pytest.mark.parametrize(("x_shape", "y_shape"), SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matmul_and_its_gradients_are_those_of_pytorch(x_shape, y_shape, dtype):
    torch = pytest.importorskip("torch")
    x, y = normal(*x_shape).astype(dtype), normal(*y_shape, seed=1).astype(dtype)
    ours = [mg.tensor(v, requires_grad=True) for v in (x, y)]
    theirs = [torch.tensor(v, requires_grad=True) for v in (x, y)]
    product, expected = ours[0] @ ours[1], theirs[0] @ theirs[1]
    assert product.shape == tuple(expected.shape)
    assert product.dtype == np.dtype(dtype)
    g = normal(*product.shape, seed=2).astype(dtype)
    product.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(product.detach().numpy(), expected.detach(), tolerance, tolerance)
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.grad.numpy(), b.grad, tolerance, tolerance)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", [(2, 3), (3, 4)]),
        ("bmm", [(5, 2, 3), (5, 3, 4)]),
        ("mv", [(2, 3), (3,)]),
        ("dot", [(3,), (3,)]),
        ("vdot", [(3,), (3,)]),
        ("inner", [(2, 3), (4, 5, 3)]),
        ("inner", [(), (2, 3)]),
        ("outer", [(2,), (3,)]),
        ("ger", [(2,), (3,)]),
        ("addmm", [(4,), (2, 3), (3, 4)]),
        ("addmv", [(2,), (2, 3), (3,)]),
        ("addr", [(1, 3), (2,), (3,)]),
        ("baddbmm", [(2, 4), (5, 2, 3), (5, 3, 4)]),
        ("addbmm", [(2, 4), (5, 2, 3), (5, 3, 4)]),
    ],
)
def test_function_and_method_agree_with_pytorch(name, shapes):
    torch = pytest.importorskip("torch")
    arrays = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    expected = getattr(torch, name)(*map(torch.tensor, arrays))
    ours = [mg.tensor(a) for a in arrays]
    for result in (getattr(mg, name)(*ours), getattr(ours[0], name)(*ours[1:])):
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["addmm", "addmv", "addr", "baddbmm", "addbmm"])
def test_beta_and_alpha_scale_as_in_pytorch_and_beta_zero_ignores_nan(name):
    torch = pytest.importorskip("torch")
    shapes = {
        "addmm": [(2, 4), (2, 3), (3, 4)],
        "addmv": [(2,), (2, 3), (3,)],
        "addr": [(2, 3), (2,), (3,)],
        "baddbmm": [(5, 2, 4), (5, 2, 3), (5, 3, 4)],
        "addbmm": [(2, 4), (5, 2, 3), (5, 3, 4)],
    }[name]
    arrays = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    for beta, alpha in ((0.5, 2.0), (0, 3)):
        if beta == 0:
            arrays[0] = np.full_like(arrays[0], np.nan)
        found = getattr(mg, name)(*map(mg.tensor, arrays), beta=beta, alpha=alpha)
        expected = getattr(torch, name)(*map(torch.tensor, arrays), beta=beta, alpha=alpha)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_integer_products_stay_integers():
    x = mg.tensor([[1, 2], [3, 4]])
    product = x @ x
    assert product.dtype == np.int64
    assert product.tolist() == [[7, 10], [15, 22]]
    assert mg.addmm(x, x, x, beta=2, alpha=3).tolist() == [[23, 34], [51, 74]]


@pytest.mark.parametrize("shape", [(5, 3), (2, 5, 3), (3,), (0, 3)])
def test_linear_and_its_gradients_are_those_of_pytorch(shape):
    torch = pytest.importorskip("torch")
    arrays = [normal(*shape), normal(4, 3), normal(4)]
    ours = [mg.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, expected = linear(*ours), torch.nn.functional.linear(*theirs)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach(), rtol=1e-12)
    (y * y).sum().backward()
    (expected * expected).sum().backward()
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.grad.numpy(), b.grad, rtol=1e-12, atol=1e-12)


def test_the_weight_gradient_of_linear_is_contiguous():
    x, weight = mg.tensor(normal(5, 3)), mg.tensor(normal(4, 3), requires_grad=True)
    linear(x, weight).sum().backward()
    assert weight.grad.numpy().flags.c_contiguous


def test_linear_computes_no_gradient_that_nobody_needs():
    from minigrad.tape import PRIMITIVES

    x, weight = normal(5, 3), normal(4, 3)
    rule = PRIMITIVES["linear"].backward
    dx, dweight, dbias = rule(np.ones((5, 4)), (x, weight), (False, True, False))
    assert dx is None
    assert dbias is None
    assert dweight.shape == weight.shape


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mg.tensor(normal(2, 3)) @ mg.tensor(normal(2, 3)), ShapeError, r"\(2, 3\) and \(2, 3\)"),
        (lambda: mg.tensor(1.0) @ mg.tensor([1.0]), ShapeError, "at least one dimension"),
        (lambda: mg.tensor(normal(2, 3, 4)) @ mg.tensor(normal(3, 4, 2)), ShapeError, "broadcast"),
        (lambda: mg.tensor([1.0]) @ mg.tensor([1]), DTypeError, "float32 and int64"),
        (lambda: mg.tensor([True]) @ mg.tensor([True]), DTypeError, "bool"),
        (lambda: mg.mm(mg.tensor([1.0]), mg.tensor([1.0])), ShapeError, "a matrix and a matrix"),
        (lambda: mg.bmm(mg.tensor(normal(2, 1, 1)), mg.tensor(normal(3, 1, 1))), ShapeError, "one length"),
        (lambda: mg.dot(mg.tensor(normal(2)), mg.tensor(normal(3))), ShapeError, r"\(2,\) and \(3,\)"),
        (lambda: mg.inner(mg.tensor(normal(2)), mg.tensor(normal(3))), ShapeError, "equal last sizes"),
        (
            lambda: mg.addmm(mg.tensor(normal(3)), mg.tensor(normal(2, 3)), mg.tensor(normal(3, 4))),
            ShapeError,
            "broadcast",
        ),
        (
            lambda: mg.addmm(mg.tensor(normal(5, 2, 4)), mg.tensor(normal(2, 3)), mg.tensor(normal(3, 4))),
            ShapeError,
            "broadcasts to the product",
        ),
        (
            lambda: mg.addmm(mg.tensor([1]), mg.tensor([[1]]), mg.tensor([[1]]), alpha=0.5),
            DTypeError,
            "integers for integer tensors",
        ),
        (
            lambda: mg.addmm(mg.tensor([1.0]), mg.tensor([[1]]), mg.tensor([[1]])),
            DTypeError,
            "float32 and a product of int64",
        ),
        (lambda: linear(mg.tensor(normal(2, 3)), mg.tensor(normal(4, 5))), ShapeError, "last size is 5"),
        (
            lambda: linear(mg.tensor(normal(2, 3)), mg.tensor(normal(4, 3)), mg.tensor(normal(3))),
            ShapeError,
            "one number per output feature",
        ),
        (
            lambda: linear(mg.tensor(normal(2, 3)), mg.tensor(normal(4, 3), dtype=mg.float32)),
            DTypeError,
            "one dtype",
        ),
        (lambda: mg.tensor([1.0]) @ "x", TypeError, "needs a Tensor"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(call, error, words):
    with pytest.raises(error, match=words):
        call()
