"""A convolution and what usually follows it, in one pass: relu, 2 x 2 max-pooling, or both.

    conv2d_relu               relu(conv2d(x))
    conv2d_max_pool2d         max_pool2d(conv2d(x), 2)
    conv2d_relu_max_pool2d    max_pool2d(relu(conv2d(x)), 2), or, which is the same, relu after pooling

What lies between is never written to memory: the sums of a convolution are raised to 0 and
compared with their neighbours while they are in the first-level cache. Values and gradients have
the bits that the separate operations give.

The gradient of relu is g where the output is above 0. With pooling that is asked of the windows'
maxima, a quarter of the numbers: where the maximum is not above 0, no relu in the window passes.

Below: conv.py, pool.py, pool_fused.py, kernels/conv.py. Above: nn/fusion.py, which finds such neighbours in a
Sequential. Tests: tests/ops/cases_conv.py, tests/nn/test_fusion.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..shapes import remembered, window_output
from ..tape import PRIMITIVES, Primitive
from . import activation  # noqa: F401  (registers relu_backward)
from .conv import _conv, _conv2d_backward, _padding
from .pool import _max_pool_scatter, two_by_two
from .pool_fused import relu_max_pool_scatter

__all__: list = []

_mask = PRIMITIVES["relu_backward"]  # g where the output is above 0


def _relu_forward(input, weight, bias, stride, padding, dilation, groups):
    output = kernels.conv.conv2d_forward(input, weight, bias, stride, padding, dilation, groups, floor=0.0)
    return output, (input, weight, output, (stride, padding, dilation, groups))


def _relu_backward(g, residuals, needs):
    x, weight, output, geometry = residuals
    return _conv2d_backward(_mask(g, output), (x, weight, geometry), needs)


_conv2d_relu = Primitive(
    "conv2d_relu", _relu_forward, _relu_backward, keeps="input(weight) weight(input) output settings"
)


def _pooling(name: str, relu: bool) -> Primitive:
    """The primitive ``name``: outputs (y, where), as max_pool2d has them."""

    def forward(input, weight, bias, stride, padding, dilation, groups):
        y, where, size = kernels.conv.conv2d_max_pool2d(
            input, weight, bias, stride, padding, dilation, groups, floor=0.0 if relu else -np.inf
        )
        return (y, where), (input, weight, y, where, two_by_two(size), (stride, padding, dilation, groups))

    def backward(g, residuals, needs):
        x, weight, y, where, windows, geometry = residuals
        if relu:
            dy = relu_max_pool_scatter(g[0], y, where, windows=windows)
        else:
            dy = _max_pool_scatter(g[0], where, windows=windows)
        return _conv2d_backward(dy, (x, weight, geometry), needs)

    return Primitive(
        name, forward, backward, keeps="input(weight) weight(input) output.0 tap layout settings"
    )


_conv2d_max_pool = _pooling("conv2d_max_pool2d", relu=False)
_conv2d_relu_max_pool = _pooling("conv2d_relu_max_pool2d", relu=True)


def _max_pool(*operands: Any, **settings: Any) -> Any:
    return _conv2d_max_pool(*operands, **settings)[0]


def _relu_max_pool(*operands: Any, **settings: Any) -> Any:
    return _conv2d_relu_max_pool(*operands, **settings)[0]


def conv2d_fused(
    input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any,
    relu: bool, pool: bool,
) -> Any:  # fmt: skip
    """``conv2d`` followed by ``relu`` and by ``max_pool2d(..., 2)``, as far as asked for.

    The caller has seen to it that the output is at least 2 x 2 where it is to be pooled
    (``can_pool``) and that no dtype but float32 and float64 comes.
    """
    operands = (input, weight, bias, stride, padding, dilation, groups)
    if not pool:
        return _conv(_conv2d_relu, *operands)
    return _conv(_relu_max_pool if relu else _max_pool, *operands)


@remembered
def can_pool(input: tuple, weight: tuple, stride: tuple, padding: Any, dilation: tuple) -> bool:
    """Whether the output of a convolution of these shapes has room for a window of 2 x 2."""
    edges = _padding(padding, stride, dilation, weight[2:])
    return all(
        window_output(
            input[i - 2] + edges[2 * i] + edges[2 * i + 1], weight[2 + i], stride[i], 0, dilation[i]
        )
        >= 2
        for i in range(2)
    )
