"""Clipping of gradients and parameters as one vector, against PyTorch."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

torch = pytest.importorskip("torch")

GRADIENTS = [np.array([[3.0, -4.0]], np.float32), np.array([12.0], np.float32), None]


def pair():
    ours = [mg.zeros(*g.shape, requires_grad=True) if g is not None else mg.zeros(2) for g in GRADIENTS]
    theirs = [torch.zeros(*p.shape, requires_grad=True) for p in ours]
    for p, q, g in zip(ours, theirs, GRADIENTS):
        if g is not None:
            p.grad, q.grad = mg.tensor(g), torch.tensor(g)
    return ours, theirs


def agree(ours, theirs):
    for p, q in zip(ours, theirs):
        assert (p.grad is None) == (q.grad is None)
        if p.grad is not None:
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-6)


@pytest.mark.parametrize("order", [2.0, 1.0, 3.0, math.inf])
@pytest.mark.parametrize("max_norm", [1.0, 1000.0])
def test_norms_are_clipped_as_pytorch_clips_them(order, max_norm):
    ours, theirs = pair()
    memory = ours[0].grad.array
    found = nn.utils.clip_grad_norm_(ours, max_norm, order)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, order)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    assert ours[0].grad.array is memory
    agree(ours, theirs)


def test_values_are_clipped_as_pytorch_clips_them():
    ours, theirs = pair()
    nn.utils.clip_grad_value_(ours, 3.5)
    torch.nn.utils.clip_grad_value_(theirs, 3.5)
    agree(ours, theirs)


def test_a_single_parameter_and_a_generator_are_taken():
    ours, _ = pair()
    assert nn.utils.clip_grad_norm_(ours[0], 1.0).item() == 5.0
    assert nn.utils.clip_grad_norm_((p for p in ours), 1.0).item() == pytest.approx(
        math.hypot(1, 12), rel=1e-5
    )
    assert nn.utils.clip_grad_norm_([mg.zeros(2)], 1.0).item() == 0.0


def test_a_norm_that_is_not_finite_is_an_error_on_request_and_changes_nothing():
    ours, _ = pair()
    ours[0].grad.array[0, 0] = np.nan
    with pytest.raises(RuntimeError, match=r"norm of order 2.0 is nan.*error_if_nonfinite"):
        nn.utils.clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
    assert ours[1].grad.item() == 12.0
    assert math.isnan(nn.utils.clip_grad_norm_(ours, 1.0).item())
    assert math.isnan(ours[1].grad.item())


def test_a_total_norm_and_its_clipping_come_apart_too():
    ours, _ = pair()
    total = nn.utils.get_total_norm([p.grad for p in ours if p.grad is not None])
    assert total.item() == 13.0
    nn.utils.clip_grads_with_norm_(ours, 1.3, total)
    np.testing.assert_allclose(ours[1].grad.numpy(), [1.2], rtol=1e-6)


def test_parameters_become_one_vector_and_come_back():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    vector = nn.utils.parameters_to_vector(model.parameters())
    assert vector.shape == (13,)
    (vector * vector).sum().backward()
    np.testing.assert_allclose(model[0].bias.grad.numpy(), 2 * model[0].bias.numpy(force=True))
    new = mg.arange(13, dtype=mg.float32)
    nn.utils.vector_to_parameters(new, model.parameters())
    np.testing.assert_array_equal(
        nn.utils.parameters_to_vector(model.parameters()).numpy(force=True), np.arange(13)
    )
    assert np.shares_memory(model[0].weight.array, new.array)
    assert isinstance(model[0].weight, nn.Parameter)


def test_a_vector_of_another_length_is_refused():
    layer = nn.Linear(2, 1)
    with pytest.raises(mg.ShapeError, match=r"\(2,\); it needs \(3,\)"):
        nn.utils.vector_to_parameters(mg.zeros(2), layer.parameters())
    with pytest.raises(TypeError, match=r"list.*Tensor"):
        nn.utils.vector_to_parameters([1.0], layer.parameters())
