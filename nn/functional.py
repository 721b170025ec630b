"""The functions of torch.nn.functional: layers without state of their own.

Below: ops/. Above: the layers. Tests: tests/nn/test_functional.py.
"""

from __future__ import annotations

from typing import Any

from minigrad.ops.activation import relu, sigmoid, tanh
from minigrad.ops.conv import conv2d, conv_transpose2d
from minigrad.ops.cross_entropy import cross_entropy, nll_loss
from minigrad.ops.dropout import alpha_dropout, dropout, feature_alpha_dropout, feature_dropout
from minigrad.ops.loss import mse_loss
from minigrad.ops.matmul import linear
from minigrad.ops.padding import pad
from minigrad.ops.pool import adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d
from minigrad.ops.softmax import log_softmax, softmax, softmin

__all__ = [
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "alpha_dropout", "avg_pool2d", "conv2d",
    "conv_transpose2d", "cross_entropy", "dropout", "dropout2d", "feature_alpha_dropout", "linear",
    "log_softmax", "max_pool2d", "mse_loss", "nll_loss", "pad", "relu", "sigmoid", "softmax",
    "softmin", "tanh",
]  # fmt: skip


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zero whole channels with probability ``p``. Shapes: (N, C, H, W) or (C, H, W)."""
    return feature_dropout(input, p, training)
