"""Run one function in minigrad and in PyTorch and compare all that can be seen from outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg

torch = pytest.importorskip("torch")


def _flat(result: Any) -> list:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def _ours(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return mg.tensor(x, requires_grad=x.dtype.kind == "f")
    return x


def _theirs(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return torch.tensor(x, requires_grad=x.dtype.kind == "f")
    return x


def assert_as_in_torch(ours, theirs, inputs, rtol=1e-10, atol=1e-12, gradients=True) -> None:
    """Values, shapes and dtypes agree, and so do the gradients of a weighted sum of the outputs."""
    xs, ts = [_ours(x) for x in inputs], [_theirs(x) for x in inputs]
    found, expected = _flat(ours(*xs)), _flat(theirs(*ts))
    assert len(found) == len(expected)
    for f, e in zip(found, expected, strict=True):
        if not isinstance(e, torch.Tensor):
            assert f == e
            continue
        assert isinstance(f, mg.Tensor)
        assert f.shape == tuple(e.shape)
        assert str(f.dtype) == str(e.dtype).removeprefix("torch.")
        np.testing.assert_allclose(f.detach().numpy(), e.detach().numpy(), rtol=rtol, atol=atol)
    if not gradients:
        return
    pairs = [(f, e) for f, e in zip(found, expected, strict=True) if getattr(e, "requires_grad", False)]
    assert [f.requires_grad for f in found if isinstance(f, mg.Tensor)] == [
        e.requires_grad for e in expected if isinstance(e, torch.Tensor)
    ]
    if not pairs:
        return
    weights = [np.cos(np.arange(f.array.size)).reshape(f.shape).astype(f.dtype) for f, _ in pairs]
    mg.autograd.backward([f for f, _ in pairs], [mg.tensor(w) for w in weights])
    torch.autograd.backward([e for _, e in pairs], [torch.tensor(w) for w in weights])
    for x, t in zip(xs, ts, strict=True):
        if isinstance(t, torch.Tensor) and t.requires_grad:
            assert (x.grad is None) == (t.grad is None)
            if t.grad is not None:
                assert x.grad.dtype == x.dtype
                np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=rtol, atol=atol)
