"""cross_entropy and nll_loss beyond the table: PyTorch's values and gradients, hard cases, errors."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops.loss import cross_entropy, nll_loss
from tests.case import labels, normal, positive

REDUCTIONS = ["none", "mean", "sum"]


def compare(ours, theirs, x, *targets, dtype="float64", **options):
    """Values and gradients for the scores and for float targets."""
    torch = pytest.importorskip("torch")
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in (x, *targets)]
    a = [mg.tensor(v, requires_grad=v.dtype.kind == "f") for v in arrays]
    b = [torch.tensor(v, requires_grad=v.dtype.kind == "f") for v in arrays]
    weight = options.pop("weight", None)
    if weight is not None:
        weight = weight.astype(dtype)
    y = ours(*a, None if weight is None else mg.tensor(weight), **options)
    expected = theirs(*b, None if weight is None else torch.tensor(weight), **options)
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    assert y.shape == tuple(expected.shape)
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach(), tolerance, tolerance)
    g = normal(*y.shape, seed=9).astype(dtype)
    y.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    for one, other in zip(a, b):
        if one.requires_grad:
            np.testing.assert_allclose(one.grad.numpy(), other.grad, tolerance, tolerance)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_of_classes_is_pytorchs(reduction, smoothing, weighted, dtype):
    torch = pytest.importorskip("torch")
    for shape in ((6, 4), (4,), (2, 4, 3), (2, 4, 3, 2)):
        target = labels(int(np.prod(shape)) // 4, 4).reshape(shape[:1] + shape[2:] if len(shape) > 1 else ())
        if target.size > 2:
            target.reshape(-1)[1] = -100
        compare(
            cross_entropy,
            torch.nn.functional.cross_entropy,
            5 * normal(*shape),
            target,
            dtype=dtype,
            weight=positive(4) if weighted else None,
            reduction=reduction,
            label_smoothing=smoothing,
        )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_of_probabilities_is_pytorchs_also_for_the_target(reduction, smoothing, weighted):
    torch = pytest.importorskip("torch")
    for shape in ((6, 4), (4,), (2, 4, 3)):
        compare(
            cross_entropy,
            torch.nn.functional.cross_entropy,
            normal(*shape),
            positive(*shape),
            weight=positive(4) if weighted else None,
            reduction=reduction,
            label_smoothing=smoothing,
        )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_nll_loss_is_pytorchs(reduction, weighted):
    torch = pytest.importorskip("torch")
    for shape in ((6, 4), (4,), (2, 4, 3, 2)):
        target = labels(int(np.prod(shape)) // 4, 4).reshape(shape[:1] + shape[2:] if len(shape) > 1 else ())
        if target.size > 2:
            target.reshape(-1)[1] = 2
        compare(
            nll_loss,
            torch.nn.functional.nll_loss,
            normal(*shape),
            target,
            weight=positive(4) if weighted else None,
            reduction=reduction,
            ignore_index=2,
        )


@pytest.mark.parametrize("function", [cross_entropy, nll_loss])
def test_a_batch_that_is_all_ignored_has_mean_nan_sum_zero_and_no_gradient(function):
    x = mg.tensor(normal(3, 4), requires_grad=True)
    ignored = mg.tensor([-100, -100, -100])
    assert np.isnan(function(x, ignored).item())
    total = function(x, ignored, reduction="sum")
    assert total.item() == 0
    total.backward()
    assert not x.grad.numpy().any()


def test_an_empty_batch_has_mean_nan_and_sum_zero():
    x, t = mg.tensor(normal(0, 4)), mg.tensor(np.zeros(0, np.int64))
    assert np.isnan(cross_entropy(x, t).item())
    assert cross_entropy(x, t, reduction="sum").item() == 0
    assert cross_entropy(x, t, reduction="none").shape == (0,)


def test_large_scores_stay_finite_and_the_right_answer_costs_nothing():
    x = mg.tensor([[1e4, 0.0], [-1e4, 0.0]], requires_grad=True)
    losses = cross_entropy(x, mg.tensor([0, 0]), reduction="none")
    assert losses.tolist() == [0.0, 1e4]
    losses.sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [-1.0, 1.0]]


def test_scores_far_from_zero_lose_no_digits_in_float32():
    target = mg.tensor(labels(6, 4))
    for smoothing in (0.0, 0.1):
        far = mg.tensor((np.round(normal(6, 4) * 256) / 256 - 4096).astype(np.float32), requires_grad=True)
        near = mg.tensor(far.detach().numpy().astype(np.float64) + 4096, requires_grad=True)
        found = cross_entropy(far, target, label_smoothing=smoothing)
        expected = cross_entropy(near, target, label_smoothing=smoothing)
        np.testing.assert_allclose(found.item(), expected.item(), rtol=1e-6)
        found.backward()
        expected.backward()
        np.testing.assert_allclose(far.grad.numpy(), near.grad.numpy(), rtol=2e-6, atol=1e-8)


def test_any_integer_dtype_serves_as_target():
    x = mg.tensor(normal(3, 4))
    expected = cross_entropy(x, mg.tensor([0, 3, 1])).item()
    for dtype in (np.uint8, np.int8, np.int16, np.int32):
        assert cross_entropy(x, mg.tensor(np.array([0, 3, 1], dtype))).item() == expected


@pytest.mark.parametrize("function", [cross_entropy, nll_loss])
@pytest.mark.parametrize("bad", [4, -1, 10**12, -(10**12)])
def test_a_class_that_does_not_exist_is_named_with_its_position(function, bad):
    x = mg.tensor(normal(3, 4), requires_grad=True)
    with pytest.raises(IndexError, match=rf"class {bad} at position 2 .*\[0, 3\]"):
        function(x, mg.tensor([0, 1, bad]))


def test_labels_overwritten_after_the_forward_cannot_write_outside_of_the_gradient():
    target = np.array([0, 1, 2])
    x = mg.tensor(normal(3, 4), requires_grad=True)
    loss = cross_entropy(x, mg.from_numpy(target))
    target[1] = 10**9
    loss.backward()
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x, t: cross_entropy(x, mg.tensor([0.0, 1.0, 2.0])), DTypeError, r"target.long\(\)"),
        (lambda x, t: cross_entropy(x, mg.tensor([0, 1])), ShapeError, r"\(3, 4\) and target \(2,\)"),
        (lambda x, t: cross_entropy(x, mg.tensor(np.eye(4, dtype=int)[:3])), ShapeError, "argmax"),
        (lambda x, t: cross_entropy(t, t), DTypeError, "int64"),
        (lambda x, t: cross_entropy(x, t, weight=mg.tensor([1.0, 2.0])), ShapeError, "one weight per class"),
        (
            lambda x, t: cross_entropy(x, t, weight=mg.tensor(np.ones(4, "f"))),
            DTypeError,
            "weight of float32",
        ),
        (lambda x, t: cross_entropy(x, t, reduction="median"), ValueError, "'none', 'mean' or 'sum'"),
        (lambda x, t: cross_entropy(x, t, label_smoothing=1.5), ValueError, r"\[0, 1\]"),
        (lambda x, t: cross_entropy(x, x, ignore_index=1), ValueError, "class numbers"),
        (lambda x, t: cross_entropy(x, x.to(mg.float32)), DTypeError, "float32"),
        (lambda x, t: cross_entropy(mg.tensor(1.0), mg.tensor(0)), ShapeError, "at least one class"),
        (lambda x, t: nll_loss(x, x), DTypeError, r"target.long\(\)"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(mg.tensor(normal(3, 4)), mg.tensor([0, 1, 2]))


def test_second_gradients_are_pytorchs():
    torch = pytest.importorskip("torch")
    x, v = normal(5, 4), normal(5, 4, seed=3)
    target, weight = np.array([2, -100, 0, 3, 1]), positive(4)
    for reduction, smoothing in itertools.product(("mean", "sum"), (0.0, 0.2)):
        options = {"reduction": reduction, "label_smoothing": smoothing}
        a = mg.tensor(x, requires_grad=True)
        loss = cross_entropy(a, mg.tensor(target), mg.tensor(weight), **options)
        (first,) = mg.autograd.grad(loss, a, create_graph=True)
        (second,) = mg.autograd.grad((first * mg.tensor(v)).sum(), a)
        b = torch.tensor(x, requires_grad=True)
        # PyTorch's own fused loss, twice differentiated.
        loss = torch.nn.functional.cross_entropy(b, torch.tensor(target), torch.tensor(weight), **options)
        (first,) = torch.autograd.grad(loss, b, create_graph=True)
        (expected,) = torch.autograd.grad((first * torch.tensor(v)).sum(), b)
        np.testing.assert_allclose(second.numpy(), expected, rtol=1e-10, atol=1e-12)
