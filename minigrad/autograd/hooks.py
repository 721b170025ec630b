"""Functions called during the reverse pass: on a gradient, or after a leaf has got its own.

    register_hook                        sees, and may replace, one tensor's gradient
    register_post_accumulate_grad_hook   runs when backward has added to a leaf's ``grad``
    retain_grad                          keeps the gradient of a computed tensor

A computed tensor's hooks lie on its node, a leaf's on the leaf.
Below: reverse.py. Above: tensor.py. Tests: tests/autograd/test_hooks.py.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..errors import GraphError
from ..tape import Variable, settled


class RemovableHandle:
    """What registering a hook returns; ``remove()`` takes the hook away. Also a context."""

    def __init__(self, entries: list, entry: Any):
        self._entries, self._entry = entries, entry

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._entries[:] = [e for e in self._entries if e is not self._entry]

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.remove()


def _add(holder: Any, entry: tuple) -> RemovableHandle:
    if holder.hooks is None:
        holder.hooks = []
    holder.hooks.append(entry)
    return RemovableHandle(holder.hooks, entry)


def register_hook(x: Variable, hook: Callable) -> RemovableHandle:
    """See ``Tensor.register_hook``."""
    if not settled(x)._requires_grad:
        raise GraphError(
            "register_hook got a tensor that requires no grad; it needs one that does. "
            "Set requires_grad=True before the forward."
        )
    if x.node is None:
        return _add(x, ("gradient", hook))
    return _add(x.node, (x.slot, hook, False))


def register_post_accumulate_grad_hook(x: Variable, hook: Callable) -> RemovableHandle:
    """See ``Tensor.register_post_accumulate_grad_hook``."""
    if not settled(x)._requires_grad or x.node is not None:
        raise GraphError(
            "register_post_accumulate_grad_hook got a tensor that is "
            f"{'computed' if x.node is not None else 'without requires_grad'}; it needs a leaf "
            "that requires grad. For a computed tensor use register_hook."
        )
    return _add(x, ("accumulated", hook))


def retain_grad(x: Variable) -> None:
    """Have ``x.grad`` filled by backward although ``x`` was computed."""
    if not settled(x)._requires_grad:
        raise GraphError(
            "retain_grad() got a tensor that requires no grad; it needs one that does. "
            "Set requires_grad=True before the forward."
        )
    if x.node is None or x._retained is not None:
        return
    holder = weakref.ref(x)  # the graph must not keep its own output alive

    def keep(g: Any) -> None:
        target = holder()
        if target is not None:
            target._grad = g.clone() if target._grad is None else target._grad + g

    x._retained = (x.slot, keep, True)
    _add(x.node, x._retained)
