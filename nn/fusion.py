"""Neighbours in a Sequential that run in one pass: Linear or BatchNorm2d, and ReLU; Conv2d, ReLU and pooling.

    run    the first of ``modules[i:]`` and what can run with it; how many they were

Nothing that a user can see changes but the picture, which shows one operation: a layer with a
hook, a subclass, and every layer inside ``record()``, ``profile()`` or anomaly mode runs alone.

Below: module.py, ahead.py. Above: container.py. Tests: tests/nn/test_fusion.py.
"""

from __future__ import annotations

from typing import Any

from minigrad.ops.pool import by_twos

from .activation import ReLU
from .conv import Conv2d
from .linear import Linear
from .module import Module
from .norm import BatchNorm2d
from .pool import MaxPool2d

FIRST = (Conv2d, Linear, BatchNorm2d)  # what others can run with


def run(modules: list[Any], i: int, input: Any) -> tuple[int, Any]:
    """(1, output of modules[i], one of FIRST), or (2 or 3, output of the last of so many)."""
    first, steps = modules[i], _followers(modules, i + 1)
    if steps and first._may_wait(input):
        taken: tuple[str, ...] = ()
        for step in steps:
            if not first._takes(input, step, taken):
                break
            taken += (step,)
        if taken:
            return 1 + len(taken), first._together(input, taken)
    return 1, first(input)


def _followers(modules: list[Any], i: int) -> tuple[str, ...]:
    """ "relu" and "pool" as far as they come next, in either order: the result is the same."""
    steps: tuple[str, ...] = ()
    for module in modules[i : i + 2]:
        if type(module) is ReLU and _plain(module):
            steps += ("relu",)
        elif type(module) is MaxPool2d and _plain(module) and by_twos(*module._settings()):
            steps += ("pool",)
        else:
            break
    return steps


def _plain(module: Module) -> bool:
    """Nobody watches the module or has given this one a forward of its own."""
    return not module._has_hooks and "forward" not in module.__dict__
