"""Clipping of gradients, in place.

Below: tape.py. Tests: tests/nn/test_utils.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.tape import Variable, touch, wrap
from minigrad.tensor import Tensor
from minigrad.tracing import effect


def _gradients(parameters: Any) -> list:
    listed = [parameters] if isinstance(parameters, Variable) else list(parameters)
    return [p._grad for p in listed if p._grad is not None]


def _norm(array: np.ndarray, order: float) -> float:
    """In float64, so that a sum over many small squares keeps its digits."""
    flat = np.abs(array, dtype=np.float64).reshape(-1)
    if order == math.inf:
        return float(flat.max(initial=0.0))
    if order == 2:
        return math.sqrt(float(flat @ flat))
    return float((flat**order).sum() ** (1 / order))


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """The norm of all tensors taken as one vector, as a 0-dim Tensor.

    >>> nn.utils.get_total_norm([tensor([3.0]), tensor([4.0])])
    tensor(5.)
    """
    listed = [tensors] if isinstance(tensors, Variable) else list(tensors)
    if not listed:
        return wrap(np.zeros((), np.float32))
    order = float(norm_type)
    norms = np.array([_norm(t.array, order) for t in listed])
    total = _norm(norms, order)
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"get_total_norm got gradients whose norm of order {order} is {total}; it needs finite ones. "
            "Pass error_if_nonfinite=False to go on regardless."
        )
    return wrap(np.array(total, listed[0].array.dtype))


@effect
def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """Scale every gradient by ``max_norm / total_norm`` where that is below 1, in place."""
    scale = float(max_norm) / (
        float(total_norm.item() if isinstance(total_norm, Tensor) else total_norm) + 1e-6
    )
    if scale < 1 or math.isnan(scale):
        for g in _gradients(parameters):
            g.array *= g.array.dtype.type(scale)
            touch(g.version)


@effect
def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Shorten all gradients together to a norm of at most ``max_norm``; returns the norm before.

    Source: Pascanu et al., On the difficulty of training recurrent neural networks (2013).

    >>> w = tensor([1.0, 1.0], requires_grad=True)
    >>> w.grad = tensor([3.0, 4.0])
    >>> nn.utils.clip_grad_norm_(w, 1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    listed = [parameters] if isinstance(parameters, Variable) else list(parameters)
    total = get_total_norm(_gradients(listed), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(listed, max_norm, total)
    return total


@effect
def clip_grad_value_(parameters: Iterable | Any, clip_value: float, foreach: bool | None = None) -> None:
    """Cut every gradient entry off at +-``clip_value``, in place.

    >>> w = tensor([1.0, 1.0], requires_grad=True)
    >>> w.grad = tensor([3.0, -0.5])
    >>> nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    for g in _gradients(parameters):
        np.clip(g.array, -float(clip_value), float(clip_value), out=g.array)
        touch(g.version)
