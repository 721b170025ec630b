"""Hooks: the handles that take them off again, and the watch over a module's backward pass.

    RemovableHandle   what registering returns
    BackwardWatch     tells hooks which gradients reach a module and which leave it

Below: autograd/function.py. Above: module.py. Tests: tests/nn/test_hooks.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from minigrad.autograd import Function
from minigrad.tape import Variable, grad_enabled

if TYPE_CHECKING:
    from .module import Module

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


class _Boundary(Function):
    """Passes tensors through; their gradients go to ``notify`` on the way back, all at once."""

    @staticmethod
    def forward(ctx, notify, *tensors):
        ctx.notify = notify
        return tuple(t.clone() for t in tensors)

    @staticmethod
    def backward(ctx, *gradients):
        return (None, *ctx.notify(gradients))


class BackwardWatch:
    """One call of a module with backward hooks: a boundary around its inputs and its outputs."""

    def __init__(self, module: Module):
        self.module = module
        self.grad_output: tuple = ()
        self.inputs: list[bool] = []  # for each argument: whether it takes a gradient
        self.outputs: list[bool] = []

    def before(self, args: tuple) -> tuple:
        """The arguments, with those that take gradients led through the boundary."""
        self.inputs = _needed(args)
        return self._through(args, self.inputs, self._left)

    def after(self, output: Any) -> Any:
        """The output, a Tensor or a tuple with Tensors in it, led through the boundary."""
        several = isinstance(output, tuple)
        outputs = output if several else (output,)
        self.outputs = _needed(outputs)
        outputs = self._through(outputs, self.outputs, self._reached)
        return outputs if several else outputs[0]

    def _through(self, values: tuple, needed: list[bool], notify: Callable) -> tuple:
        if not any(needed) or not grad_enabled.get():
            return values
        passed = iter(_Boundary.apply(notify, *(v for v, n in zip(values, needed) if n)))
        return tuple(next(passed) if n else v for v, n in zip(values, needed))

    def _reached(self, gradients: tuple) -> tuple:
        """The gradients of the outputs have come: the pre-hooks' turn."""
        given = _spread(gradients, self.outputs)
        for hook in list(self.module._backward_pre_hooks.values()):
            given = _replaced(hook(self.module, given), given, "full backward pre-hook")
        self.grad_output = given
        if not any(self.inputs):
            self._run(tuple(None for _ in self.inputs))
        return tuple(g for g, needed in zip(given, self.outputs) if needed)

    def _left(self, gradients: tuple) -> tuple:
        """The gradients of the inputs are done: the hooks' turn."""
        given = self._run(_spread(gradients, self.inputs))
        return tuple(g for g, needed in zip(given, self.inputs) if needed)

    def _run(self, grad_input: tuple) -> tuple:
        for hook in list(self.module._backward_hooks.values()):
            found = hook(self.module, grad_input, self.grad_output)
            grad_input = _replaced(found, grad_input, "full backward hook")
        return grad_input


def _needed(values: tuple) -> list[bool]:
    return [isinstance(v, Variable) and v._requires_grad for v in values]


def _spread(gradients: tuple, needed: list[bool]) -> tuple:
    """The gradients at their places, None at the others."""
    rest = iter(gradients)
    return tuple(next(rest) if n else None for n in needed)


def _replaced(found: Any, before: tuple, kind: str) -> tuple:
    if found is None:
        return before
    found = found if isinstance(found, tuple) else (found,)
    if len(found) != len(before):
        raise ValueError(
            f"a {kind} returned {len(found)} gradients; it needs {len(before)}, or None to leave them."
        )
    return found
