"""A linear layer and the relu that usually follows it, in one step.

    linear_relu    relu(linear(x))

The sums are raised to 0 where they lie, in the cache that just wrote them; values and gradients
have the bits that the separate operations give. Below: matmul.py, activation.py. Above:
nn/fusion.py, which finds such neighbours in a Sequential, and replay/fuse.py. Tests:
tests/ops/cases_matmul.py, tests/nn/test_fusion.py.
"""

from __future__ import annotations

from typing import Any

from ..tape import PRIMITIVES, Primitive
from . import activation  # noqa: F401  (registers relu_backward)
from .matmul import _linear_backward, _linear_forward, linear_by

__all__: list = []

_mask = PRIMITIVES["relu_backward"]  # g where the output is above 0


def _forward(x, weight, bias):
    y, _ = _linear_forward(x, weight, bias, floor=0.0)
    return y, (x, weight, y)


def _backward(g, residuals, needs):
    x, weight, output = residuals
    return _linear_backward(_mask(g, output), (x, weight), needs)


_linear_relu = Primitive("linear_relu", _forward, _backward, keeps="x(weight) weight(x) output")


def linear_relu(input: Any, weight: Any, bias: Any) -> Any:
    """``relu(linear(input, weight, bias))`` of float32 or float64 tensors."""
    return linear_by(_linear_relu, input, weight, bias)
