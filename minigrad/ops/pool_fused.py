"""The gradient of max_pool2d(relu(x)) in one pass, without that of relu's output.

    relu_max_pool2d_scatter    max_pool2d_scatter of g where y, the maxima after relu, is above 0

Where a maximum is not above 0, no relu in its window passes: relu's gradient is asked for at a
quarter of the numbers. The pass back over the tape takes this way from a max_pool2d whose input
came from relu (``Primitive.shortcuts``), and conv_fused.py has it in its rules.

Below: activation.py, pool.py. Above: conv_fused.py.
Tests: tests/ops/cases_conv.py, tests/tape/test_shortcuts.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tape import PRIMITIVES, Primitive
from . import activation  # noqa: F401  (registers relu)
from .pool import _max_pool, _max_pool_gather, _max_pool_scatter, scatter_2x2

_mask = PRIMITIVES["relu_backward"]  # g where the output is above 0


def _relu_scatter_forward(g, y, where, windows):
    y, where = np.ascontiguousarray(y), np.ascontiguousarray(where)
    return scatter_2x2(np.ascontiguousarray(g), y, where, windows), (y, where, windows)


def _relu_scatter_backward(G, residuals, needs):
    y, where, windows = residuals
    return _mask(_max_pool_gather(G, where, windows=windows), y), None, None


# max_pool2d_scatter of g where y, the maxima after relu, is above 0.
relu_max_pool_scatter = Primitive(
    "relu_max_pool2d_scatter", _relu_scatter_forward, _relu_scatter_backward, keeps="y tap layout"
)


def _past_relu(g: Any, residuals: tuple) -> Any:
    where, windows, y = residuals
    if windows.fours:
        return relu_max_pool_scatter(g[0], y, where, windows=windows)
    return _max_pool_scatter(_mask(g[0], y), where, windows=windows)


_max_pool.shortcuts = {PRIMITIVES["relu"]: _past_relu}
