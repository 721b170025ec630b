"""Checkpointing: the same gradients, less kept, random numbers repeated."""

import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.autograd import gradcheck, gradgradcheck
from minigrad.utils.checkpoint import checkpoint, checkpoint_sequential

W = mg.tensor([0.5, 1.5], dtype=mg.float64, requires_grad=True)


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def block(x):
    h = x * W
    return (h * h).exp() * x


def test_gradients_are_those_without_checkpointing_also_for_captured_parameters():
    x = leaf(0.3, -0.4)
    expected = autograd.grad(block(x).sum(), (x, W))
    found = autograd.grad(checkpoint(block, x).sum(), (x, W))
    for f, e in zip(found, expected):
        assert f.tolist() == e.tolist()


def test_first_and_second_gradients_pass_the_checks():
    assert gradcheck(lambda x: checkpoint(block, x), leaf(0.3, -0.4))
    assert gradgradcheck(lambda x: checkpoint(block, x), leaf(0.3, -0.4))


def test_activations_are_not_kept():
    inner = []

    def watched(x):
        h = x * x
        inner.append(weakref.ref(h.array))
        return h * h * x

    y = checkpoint(watched, leaf(1.0, 2.0))
    assert inner[0]() is None
    y.sum().backward()
    assert len(inner) == 2
    assert inner[1]() is None


def test_dropout_draws_the_same_mask_again():
    mask = []

    def noisy(x):
        keep = mg.rand(1000, dtype=mg.float64) < 0.5
        mask.append(keep.numpy())
        return x * keep * x

    x = leaf(*np.ones(1000))
    mg.manual_seed(1)
    y = checkpoint(noisy, x)
    after = mg.rand(1).item()
    y.sum().backward()
    np.testing.assert_array_equal(mask[0], mask[1])
    np.testing.assert_array_equal(x.grad.numpy(), 2.0 * mask[0])
    mg.manual_seed(1)
    mg.rand(1000, dtype=mg.float64)
    assert mg.rand(1).item() == after


def test_backward_leaves_the_random_state_as_it_was():
    y = checkpoint(lambda x: x * x * mg.rand(1).item(), leaf(1.0))
    before = mg.get_rng_state().numpy().copy()
    y.backward()
    np.testing.assert_array_equal(mg.get_rng_state().numpy(), before)


def test_checkpoints_nest():
    runs = []

    def inner(x):
        runs.append("inner")
        return (x * x).exp()

    def outer(x):
        runs.append("outer")
        return checkpoint(inner, x * 2) * x

    x = leaf(0.1, 0.2)
    expected = autograd.grad(((x * 2) * (x * 2)).exp() * x, x, mg.ones(2, dtype=mg.float64))[0]
    found = autograd.grad(checkpoint(outer, x), x, mg.ones(2, dtype=mg.float64))[0]
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    assert runs.count("outer") == 2
    assert runs.count("inner") == 3


def test_backward_can_run_twice_with_retain_graph():
    x = leaf(0.3, -0.4)
    y = checkpoint(block, x).sum()
    first = autograd.grad(y, x, retain_graph=True)[0]
    assert autograd.grad(y, x)[0].tolist() == first.tolist()
    with pytest.raises(mg.GraphError, match="freed"):
        autograd.grad(y, x)


def test_several_outputs_and_keyword_arguments():
    def both(x, *, scale):
        return x * x * scale, {"cube": x * x * x}

    x = leaf(2.0)
    square, rest = checkpoint(both, x, scale=5.0)
    (square + rest["cube"]).backward()
    assert x.grad.tolist() == [20.0 + 12.0]


def test_under_no_grad_it_is_a_plain_call():
    with mg.no_grad():
        assert not checkpoint(block, leaf(1.0, 2.0)).requires_grad


def test_a_write_to_the_input_after_the_forward_is_refused():
    x = leaf(1.0, 2.0)
    h = x * 1
    y = checkpoint(lambda h: h * h, h)
    h.add_(1)
    with pytest.raises(mg.GraphError, match="changed in place"):
        y.sum().backward()


def test_a_function_that_does_something_else_the_second_time_is_refused():
    calls = []

    def fickle(x):
        calls.append(1)
        return x * x if len(calls) == 1 else (x + x).exp()

    with pytest.raises(mg.GraphError, match="does the same each time"):
        checkpoint(fickle, leaf(1.0)).backward()


def test_a_sequence_is_cut_into_segments():
    functions = [lambda x: x * x, lambda x: x.exp(), lambda x: x * 2, lambda x: x * x, lambda x: x + 1]
    x = leaf(0.3, 0.7)
    plain = x
    for f in functions:
        plain = f(plain)
    expected = autograd.grad(plain.sum(), x)[0]
    for segments in (1, 2, 3, 5):
        found = autograd.grad(checkpoint_sequential(functions, segments, x).sum(), x)[0]
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    with pytest.raises(ValueError, match="segments=6 for 5 functions"):
        checkpoint_sequential(functions, 6, x)
