"""Gradients in minigrad alone, or in minigrad and PyTorch, of one function written for either."""

import numpy as np
import pytest

import minigrad as mg


def leaf(values, dtype=mg.float64):
    return mg.tensor(np.array(values, dtype), requires_grad=True)


def gradient(function, *arrays, dtype=np.float64):
    """Gradients of the sum of ``function``, in minigrad."""
    leaves = [leaf(a, dtype) for a in arrays]
    function(mg, *leaves).sum().backward()
    return [None if x.grad is None else x.grad.numpy() for x in leaves]


def agree_with_pytorch(function, *arrays, rtol=1e-12):
    """``function(namespace, *tensors)`` is written once and run in both frameworks."""
    found = gradient(function, *arrays)
    torch = pytest.importorskip("torch")
    leaves = [torch.tensor(np.array(a, np.float64), requires_grad=True) for a in arrays]
    function(torch, *leaves).sum().backward()
    for f, x in zip(found, leaves):
        np.testing.assert_allclose(f, x.grad.numpy(), rtol=rtol, atol=1e-15)
    return found
