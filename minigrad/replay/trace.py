"""What one run of a function did: calls of primitives, rules of passes back, effects.

    Trace     takes it down while the function runs as usual
    Rule      one node's turn in a pass back
    Pass      the beginning of one
    Effect    a call that changes state which is on no tape (tracing.effect)

Whatever a replay could not do again makes ``problem`` a sentence that says so.

Below: tape.py, reverse.py, tracing.py. Above: program.py. Tests: tests/replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import get_ident
from typing import Any, NamedTuple

import numpy as np

from .. import reverse, tape, tracing
from ..node import Node
from ..tape import Forward, Variable


class Rule(NamedTuple):
    """A rule that ran; per gradient its dtype and whether it was an array, None where there was none."""

    node: Node
    kinds: tuple[tuple[np.dtype, bool] | None, ...]


class Pass(NamedTuple):
    """The roots of a backward; the rules that follow belong to it."""

    roots: tuple[Variable, ...]


class Effect(NamedTuple):
    function: Callable
    operands: tuple
    settings: dict
    result: Any


class Trace:
    """Listens, as a context manager, to what this thread does with Tensors."""

    takes_fused = True

    def __init__(self) -> None:
        self.events: list[Forward | Rule | Pass | Effect] = []
        self.modules: dict[Any, None] = {}  # in the order in which they were called
        self.problem = ""
        self._thread = get_ident()
        self._paused = False

    def __enter__(self) -> Trace:
        for listeners, listener in self._listeners():
            listeners.append(listener)
        return self

    def __exit__(self, *exception: Any) -> None:
        for listeners, listener in self._listeners():
            listeners.remove(listener)

    def _listeners(self) -> list[tuple[list, Any]]:
        return [
            (tape.observers, self),
            (tape.module_watchers, self._module),
            (reverse.checks, self._rule),
            (reverse.starts, self._start),
            (tracing.traces, self),
        ]

    def _deaf(self) -> bool:
        return self._paused or get_ident() != self._thread

    def refuse(self, problem: str) -> None:
        """Note why there can be no replay; the first reason counts."""
        if not self._deaf():
            self.problem = self.problem or problem

    def __call__(self, seen: Forward) -> None:
        if not self._deaf():
            self.events.append(seen)

    def _module(self, module: Any) -> Callable[[], None]:
        if not self._deaf():
            for part in module.modules():
                self.modules[part] = None
                if part._has_hooks:
                    self.refuse(f"calls {part._label()}, which has hooks")
        return _nothing

    def _start(self, roots: Sequence[Variable], gradients: Any, inputs: Any) -> None:
        if inputs is not None:
            self.refuse("asks for gradients of chosen tensors (autograd.grad, backward(inputs=...))")
        elif any(g is not None for g in gradients):
            self.refuse("passes a gradient to backward()")
        elif not self._deaf():
            self.events.append(Pass(tuple(roots)))

    def _rule(self, node: Node, g: Any, gradients: Sequence, seconds: float) -> None:
        if self._deaf():
            return
        if node.hooks is not None:
            self.refuse(f"has a hook on the output of {node.primitive.name}")
        if any(isinstance(dx, Variable) for dx in gradients):
            self.refuse("calls backward(create_graph=True)")
        kinds = tuple(None if dx is None else (dx.dtype, type(dx) is np.ndarray) for dx in gradients)
        self.events.append(Rule(node, kinds))

    def effect(self, function: Callable, operands: tuple, settings: dict) -> Any:
        """Call ``function`` and note that it was called, whatever it does inside."""
        if self._deaf():
            return function(*operands, **settings)
        # What can be gone through once only, such as model.parameters(), is needed again.
        operands = tuple(list(o) if isinstance(o, Iterator) else o for o in operands)
        settings = {k: list(v) if isinstance(v, Iterator) else v for k, v in settings.items()}
        self._paused = True
        try:
            result = function(*operands, **settings)
        finally:
            self._paused = False
        self.events.append(Effect(function, operands, settings, result))
        return result


def _nothing() -> None:
    pass


def parts(x: Any) -> Iterator[Any]:
    """Everything in nested tuples, lists and dictionaries; ``x`` itself if it is none of them."""
    if isinstance(x, dict):
        x = x.values()
    elif not isinstance(x, (tuple, list)):
        yield x
        return
    for part in x:
        yield from parts(part)


def place(array: np.ndarray) -> tuple:
    """Where an array lies in memory, and how: equal for two that show the same."""
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype
