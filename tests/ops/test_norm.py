"""Normalisation beyond the table: PyTorch's values, gradients and running statistics, digits, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops.batch_norm import batch_norm, group_norm, instance_norm
from minigrad.ops.norm import layer_norm, rms_norm
from tests.case import normal, positive


def compare(ours, theirs, arrays, dtype, *arguments, **options):
    """``arrays``: the input, then the weight and the bias or None."""
    torch = pytest.importorskip("torch")
    a = [None if v is None else mg.tensor(v.astype(dtype), requires_grad=True) for v in arrays]
    b = [None if v is None else torch.tensor(v.astype(dtype), requires_grad=True) for v in arrays]
    found = ours(a[0], *arguments, *a[1:], **options)
    expected = theirs(b[0], *arguments, *b[1:], **options)
    tolerance = 3e-5 if dtype == "float32" else 1e-10
    assert found.shape == tuple(expected.shape)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_allclose(found.detach().numpy(), expected.detach(), tolerance, tolerance)
    g = normal(*found.shape, seed=4).astype(dtype)
    found.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    for one, other in zip(a, b):
        if one is not None:
            np.testing.assert_allclose(one.grad.numpy(), other.grad, tolerance, tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("affine", [True, False])
def test_layer_and_rms_norm_are_pytorchs(dtype, affine):
    torch = pytest.importorskip("torch")
    for shape, last in (
        ((5, 6), (6,)),
        ((2, 3, 4), (3, 4)),
        ((7,), (7,)),
        ((2, 3, 4, 5), (5,)),
        ((3, 2), (2,)),
    ):
        w, b = (positive(*last), normal(*last)) if affine else (None, None)
        compare(layer_norm, torch.nn.functional.layer_norm, [normal(*shape), w, b], dtype, last)
        compare(rms_norm, torch.nn.functional.rms_norm, [normal(*shape), w], dtype, last)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    "shape", [(5, 4), (5, 4, 3), (5, 4, 1), (1, 4, 3), (3, 4, 2, 5), (2, 4, 2, 1, 3), (64, 33)]
)
def test_batch_norm_and_its_running_statistics_are_pytorchs(shape, affine, dtype):
    torch = pytest.importorskip("torch")
    c = shape[1]
    w, b = (positive(c), normal(c)) if affine else (None, None)
    for momentum in (0.1, 1.0):
        statistics = normal(c, seed=8).astype(dtype), positive(c, seed=8).astype(dtype)
        ours, theirs = [mg.tensor(v) for v in statistics], [torch.tensor(v) for v in statistics]

        def run(x, w, b, ours=ours, momentum=momentum):
            return batch_norm(x, *ours, w, b, training=True, momentum=momentum)

        def run_theirs(x, w, b, theirs=theirs, momentum=momentum):
            return torch.nn.functional.batch_norm(x, *theirs, w, b, training=True, momentum=momentum)

        compare(run, run_theirs, [2 + 3 * normal(*shape), w, b], dtype)
        for one, other in zip(ours, theirs):
            np.testing.assert_allclose(one.numpy(), other, rtol=1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batch_norm_in_evaluation_is_pytorchs_and_changes_no_statistics(dtype):
    torch = pytest.importorskip("torch")
    mean, var = normal(4, seed=8).astype(dtype), positive(4, seed=8).astype(dtype)
    ours, theirs = [mg.tensor(v) for v in (mean, var)], [torch.tensor(v) for v in (mean, var)]
    for shape in ((5, 4), (3, 4, 2, 5), (1, 4)):
        compare(
            lambda x, w, b: batch_norm(x, *ours, w, b),
            lambda x, w, b: torch.nn.functional.batch_norm(x, *theirs, w, b),
            [normal(*shape), positive(4), normal(4)],
            dtype,
        )
    assert ours[0].tolist() == mean.tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("affine", [True, False])
def test_group_and_instance_norm_are_pytorchs(dtype, affine):
    torch = pytest.importorskip("torch")
    for shape, groups in (((3, 4), 2), ((3, 4, 5), 1), ((3, 4, 5), 4), ((2, 6, 2, 3), 3)):
        c = shape[1]
        w, b = (positive(c), normal(c)) if affine else (None, None)
        compare(group_norm, torch.nn.functional.group_norm, [normal(*shape), w, b], dtype, groups)
        if len(shape) > 2:
            compare(
                lambda x, w, b: instance_norm(x, weight=w, bias=b),
                lambda x, w, b: torch.nn.functional.instance_norm(x, weight=w, bias=b),
                [normal(*shape), w, b],
                dtype,
            )


def test_instance_norm_moves_running_statistics_as_pytorch_does():
    torch = pytest.importorskip("torch")
    x = normal(3, 2, 5)
    ours = [mg.tensor(np.zeros(2)), mg.tensor(np.ones(2))]
    theirs = [torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)]
    instance_norm(mg.tensor(x), *ours, momentum=0.3)
    torch.nn.functional.instance_norm(torch.tensor(x), *theirs, momentum=0.3)
    for one, other in zip(ours, theirs):
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-12)
    found = instance_norm(mg.tensor(x), *ours, use_input_stats=False)
    expected = torch.nn.functional.instance_norm(torch.tensor(x), *theirs, use_input_stats=False)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_a_large_offset_costs_no_digits_in_float32():
    x = (np.round(normal(64, 8, 16) * 64) / 64).astype(np.float32)
    for function in (
        lambda x: batch_norm(x, None, None, training=True),
        lambda x: group_norm(x, 2),
        lambda x: layer_norm(x, 16),
    ):
        near, far = function(mg.tensor(x)).numpy(), function(mg.tensor(x + np.float32(256))).numpy()
        np.testing.assert_allclose(near, far, rtol=1e-4, atol=1e-4)


def test_a_constant_row_becomes_zero():
    x = mg.tensor(np.full((2, 4), 3.0), requires_grad=True)
    y = layer_norm(x, 4)
    assert not y.detach().numpy().any()
    y.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_statistics_written_in_place_are_noticed():
    mean = mg.tensor(np.zeros(2))
    version = mean.version[0]
    batch_norm(mg.tensor(normal(3, 2)), mean, None, training=True)
    assert mean.version[0] > version


X = mg.tensor(normal(3, 4))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: layer_norm(X, 3), ShapeError, "last sizes|normalized_shape"),
        (lambda: layer_norm(X, ()), ShapeError, "normalized_shape"),
        (lambda: layer_norm(X, 4, mg.tensor(normal(3))), ShapeError, r"weight \(3,\)"),
        (lambda: layer_norm(X, 4, mg.tensor([1.0] * 4)), DTypeError, "float32 and input of float64"),
        (lambda: layer_norm(mg.tensor([1, 2]), 2), DTypeError, "int64"),
        (lambda: rms_norm(mg.tensor([1, 2]), 2), DTypeError, "int64"),
        (
            lambda: batch_norm(mg.tensor(normal(1, 4)), None, None, training=True),
            ValueError,
            "more than one value",
        ),
        (lambda: batch_norm(X, None, None), ValueError, "running_mean"),
        (lambda: batch_norm(mg.tensor([1.0]), None, None, training=True), ShapeError, r"\(N, C, \*\)"),
        (lambda: batch_norm(X, mg.tensor(normal(3)), None, training=True), ShapeError, "running_mean"),
        (lambda: group_norm(X, 3), ShapeError, "divides the channels"),
        (lambda: group_norm(X, 0), ShapeError, "divides the channels"),
        (lambda: instance_norm(X), ShapeError, "L"),
        (lambda: instance_norm(mg.tensor(normal(3, 4, 1))), ValueError, "more than one position"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
