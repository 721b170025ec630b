"""Batch normalisation and the relu that usually follows it, in one pass.

    normalize_channels_relu    relu(normalize_channels(x)), without groups

What is below 0 is raised to it before it is written; the backward asks again which numbers were, so that
neither pass of relu goes through memory. Values and gradients have the bits that the separate
operations give. Below: batch_norm.py, activation.py. Above: nn/norm.py, replay/fuse.py. Tests:
tests/ops/cases_norm.py, tests/nn/test_fusion.py.
"""

from __future__ import annotations

from typing import Any

from ..tape import PRIMITIVES, Primitive, Variable
from . import activation  # noqa: F401  (registers relu_backward)
from .batch_norm import backward_written_out, batch_norm_by, channels_backward, channels_forward

__all__: list = []

_mask = PRIMITIVES["relu_backward"]  # g where the output is above 0


def _forward(x, weight, bias, groups, eps):
    outputs, statistics = channels_forward(x, weight, bias, eps, 0.0)
    return outputs, (x, weight, *statistics, outputs[0], eps)


def _backward(g, residuals, needs):
    x, weight, *statistics, y, eps = residuals
    if isinstance(g[0], Variable):
        return backward_written_out(_mask(g[0], y), x, weight, 0, eps)
    return channels_backward(g[0], x, statistics, 0.0, needs)


_normalize_channels_relu = Primitive(
    "normalize_channels_relu",
    _forward,
    _backward,
    keeps="x weight set_mean rstd steepness offset output.0 epsilon",
)


def batch_norm_relu(*operands: Any) -> Any:
    """``relu(batch_norm(...))`` while training."""
    return batch_norm_by(_normalize_channels_relu, *operands)
