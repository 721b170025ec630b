"""Activations as methods, those that PyTorch's tensors have. Below: ops/activation.py."""

from __future__ import annotations

from ..ops import activation as ops


class ActivationMethods:
    relu, sigmoid, tanh = ops.relu, ops.sigmoid, ops.tanh
    prelu, hardshrink = ops.prelu, ops.hardshrink
