"""Neighbours in a Sequential that run in one pass: Linear and ReLU; Conv2d, ReLU and MaxPool2d(2).

    run    the first of ``modules[i:]`` and what can run with it; how many they were

Nothing that a user can see changes but the picture, which shows one operation: a layer with a
hook, a subclass, and every layer inside ``record()``, ``profile()`` or anomaly mode runs alone.

Below: module.py, ops/conv_fused.py, ops/linear_fused.py. Above: container.py. Tests: tests/nn/test_fusion.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import tape
from minigrad.ops.conv_fused import can_pool, conv2d_fused
from minigrad.ops.linear_fused import linear_relu

from .activation import ReLU
from .conv import Conv2d
from .linear import Linear
from .module import Module
from .pool import MaxPool2d

FIRST = (Conv2d, Linear)  # what others can run with
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def run(modules: list[Any], i: int, input: Any) -> tuple[int, Any]:
    """(1, output of the Conv2d or Linear modules[i]), or (2 or 3, output of the last of so many)."""
    first = modules[i]
    if i + 1 < len(modules) and not (tape.observers and tape.one_by_one()):
        relu, pool = _followers(modules, i + 1)
        if type(first) is Linear:
            if relu and type(modules[i + 1]) is ReLU and _plain(first) and _fits_linear(first, input):
                return 2, first._instead(linear_relu, input, first.weight, first.bias)
        elif (relu or pool) and _plain(first) and first.padding_mode == "zeros" and _fits(first, input, pool):
            return 1 + relu + pool, first._instead(
                conv2d_fused, input, first.weight, first.bias, first.stride, first.padding,
                first.dilation, first.groups, relu, pool,
            )  # fmt: skip
    return 1, first(input)


def _followers(modules: list[Any], i: int) -> tuple[bool, bool]:
    """Whether a relu and a 2 x 2 pooling come next, in either order: the result is the same."""
    relu = pool = False
    for module in modules[i : i + 2]:
        if type(module) is ReLU and not relu and _plain(module):
            relu = True
        elif type(module) is MaxPool2d and not pool and _plain(module) and _two_by_two(module):
            pool = True
        else:
            break
    return relu, pool


def _plain(module: Module) -> bool:
    """Nobody watches the module or has given this one a forward of its own."""
    return not module._has_hooks and "forward" not in module.__dict__


def _two_by_two(pool: MaxPool2d) -> bool:
    return (
        pool.kernel_size in (2, (2, 2))
        and pool.stride in (2, (2, 2))
        and pool.padding in (0, (0, 0))
        and pool.dilation in (1, (1, 1))
        and not (pool.ceil_mode or pool.return_indices)
    )


def _fits_linear(linear: Linear, input: Any) -> bool:
    """What does not fit takes the usual way, where the layer says so."""
    return (
        isinstance(input, tape.Variable)
        and input.array.dtype in _FLOATS
        and input.array.dtype is linear.weight.array.dtype
        and input.array.shape[-1:] == linear.weight.array.shape[1:]
    )


def _fits(conv: Conv2d, input: Any, pool: bool) -> bool:
    """What does not fit takes the usual way, where the layer that refuses it says so."""
    return (
        isinstance(input, tape.Variable)
        and input.array.dtype in _FLOATS
        and input.array.ndim in (3, 4)
        and (
            not pool
            or can_pool(input.array.shape, conv.weight.array.shape, conv.stride, conv.padding, conv.dilation)
        )
    )
