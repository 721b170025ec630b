"""Handles: what registering a hook returns, and what takes the hook off again.

Above: module.py. Tests: tests/nn/test_hooks.py.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import count
from typing import Any

_numbers = count()


class RemovableHandle:
    """Takes a hook off: by ``remove()``, or at the end of a ``with`` block.

    >>> layer = nn.ReLU()
    >>> with layer.register_forward_hook(lambda module, args, output: output * 2):
    ...     layer(tensor([1.0]))
    tensor([2.])
    >>> layer(tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, hooks: dict):
        self.id = next(_numbers)
        self._hooks = hooks

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.remove()


def register(hooks: OrderedDict, entry: Any, prepend: bool) -> RemovableHandle:
    """Add ``entry`` to ``hooks``, first or last in the order of calls."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = entry
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle
