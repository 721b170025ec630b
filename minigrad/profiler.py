"""Where the time of a step goes: minigrad.profile().

    profile      a context that times the forward and the backward of every operation
    operations   rows by operation;  modules  rows by module;  save  for a timeline viewer

While no profile is open an operation, and a module, pays one look at an empty list.

Below: tape.py, reverse.py, timeline.py. Tests: tests/test_profiler.py.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import get_ident
from time import perf_counter
from typing import Any

from . import reverse, tape
from .timeline import Call, trace
from .utils.files import atomic_write

__all__ = ["profile"]


@dataclass
class Row:
    """What one operation, or one module, took in all its calls."""

    name: str
    calls: int = 0
    forward: float = 0.0  # seconds
    backward: float = 0.0
    nbytes: int = 0  # of the outputs
    flops: float = 0.0  # forward and backward

    @property
    def seconds(self) -> float:
        return self.forward + self.backward


@dataclass
class _Event:
    name: str
    phase: str
    scope: str
    began: float
    seconds: float
    nbytes: int = 0
    flops: float = 0.0
    shape: tuple = ()
    inside: float = 0.0  # seconds of it that other events account for
    thread: int = 0
    calls: tuple[Call, ...] = ()  # the modules it ran in, the outermost first


def multiply_adds_of(call: tape.Forward) -> int:
    """Multiply-adds of one forward call of a matrix product or a convolution; 0 of anything else.

    Padding counts as what it is multiplied with; adding the bias does not count.
    """
    name, arrays, outputs = call.primitive.name, call.arrays, call.outputs
    if name in ("matmul", "linear"):
        return outputs[0].size * arrays[0].shape[-1]
    if name == "conv2d":
        return outputs[0].size * math.prod(arrays[1].shape[1:])
    if name == "conv2d_grad_input":
        return arrays[0].size * math.prod(arrays[1].shape[1:])
    if name == "conv2d_grad_weight":
        return arrays[0].size * math.prod(outputs[0].shape[1:])
    return 0


def flops_of(call: tape.Forward) -> float:
    """Floating-point operations of one forward call: 2 a multiply-add, or 1 an output element."""
    return float(2 * multiply_adds_of(call) or sum(o.size for o in call.outputs))


class profile:
    """Time every operation and module inside the block, also over several blocks.

    >>> x = tensor(np.ones((64, 64), np.float32), requires_grad=True)
    >>> with profile() as p:
    ...     (x @ x).sum().backward()
    >>> sorted(row.name for row in p.operations())
    ['matmul', 'sum']
    """

    def __init__(self) -> None:
        self._events: list[_Event] = []
        self._costs: dict[int, float] = {}  # of the rule of each node, by its serial
        self._calls: list[tuple[Call, int, float, float]] = []  # with its thread, begin and end
        self._running: dict[int, tuple[Call, ...]] = {}  # by thread, the outermost first
        self._recorded_in: dict[int, tuple[Call, ...]] = {}  # each node, by its serial
        self._number = count()
        self.seconds = 0.0

    def __enter__(self) -> profile:
        tape.observers.append(self._forward)
        reverse.checks.append(self._backward)
        tape.module_watchers.append(self._module)
        self._began = perf_counter()
        return self

    def __exit__(self, *exception: Any) -> None:
        self.seconds += perf_counter() - self._began
        tape.observers.remove(self._forward)
        reverse.checks.remove(self._backward)
        tape.module_watchers.remove(self._module)

    def _module(self, module: Any) -> Callable[[], None]:
        thread, call = get_ident(), Call(next(self._number), str(tape.scope.get()), module._label())
        outer = self._running.get(thread, ())
        self._running[thread] = (*outer, call)
        began = perf_counter()

        def end() -> None:
            self._calls.append((call, thread, began, perf_counter()))
            self._running[thread] = outer

        return end

    def _forward(self, seen: tape.Forward) -> None:
        node, outputs, seconds = seen.node, seen.outputs, seen.seconds
        flops = flops_of(seen)
        scope = str(node.scope if node is not None else tape.scope.get())
        thread = get_ident()
        calls = self._running.get(thread, ())
        if node is not None:
            # A product has a product for each factor; the gradient of a bias is a sum beside it.
            factors = node.needs[:2] if multiply_adds_of(seen) else node.needs
            self._costs[node.serial] = flops * sum(factors)
            self._recorded_in[node.serial] = calls
        self._events.append(
            _Event(
                seen.primitive.name,
                "forward",
                scope,
                perf_counter() - seconds,
                seconds,
                sum(o.nbytes for o in outputs),
                flops,
                outputs[0].shape,
                thread=thread,
                calls=calls,
            )
        )

    def _backward(self, node, g, gradients, seconds) -> None:
        event = _Event(node.primitive.name, "backward", str(node.scope), perf_counter() - seconds, seconds)
        event.thread, event.calls = get_ident(), self._recorded_in.get(node.serial, ())
        # With create_graph=True a rule runs primitives that are recorded, and counted, themselves.
        for earlier in reversed(self._events):
            if earlier.began + earlier.seconds <= event.began:
                break
            event.inside += earlier.seconds - earlier.inside
        if not event.inside:
            event.flops = self._costs.get(node.serial, 0.0)
        self._events.append(event)

    def _rows(self, key: Any) -> list[Row]:
        rows: dict[str, Row] = {}
        for event in self._events:
            for name in key(event):
                row = rows.setdefault(name, Row(name))
                if event.phase == "forward":
                    row.calls += 1
                    row.forward += event.seconds
                else:
                    row.backward += max(event.seconds - event.inside, 0.0)
                row.nbytes += event.nbytes
                row.flops += event.flops
        return sorted(rows.values(), key=lambda r: -r.seconds)

    def operations(self) -> list[Row]:
        """One row for each operation, the longest first."""
        return self._rows(lambda e: [e.name])

    def modules(self) -> list[Row]:
        """One row for each module path; a module includes what lies below it.

        The outermost module, which has no path, goes by its class. ``calls`` are those of the module's
        forward; 0 for a list of modules, and for what ran outside of all of them.
        """

        def paths(event: _Event) -> list[str]:
            outermost = [call.name for call in event.calls if not call.path]
            parts = event.scope.split(".") if event.scope else []
            inner = [".".join(parts[: i + 1]) for i in range(len(parts))]
            return list(dict.fromkeys(outermost + inner)) or ["(no module)"]

        calls = Counter(call.name for call, *_ in self._calls)
        found = self._rows(paths)
        for row in found:
            row.calls = calls[row.name]
        return found

    def table(self, rows: list[Row]) -> str:
        """The rows as aligned text."""
        header = ("", "calls", "forward ms", "backward ms", "share", "MB", "GFLOP", "GFLOP/s")
        lines = [header]
        measured = self._measured() or 1.0
        for row in rows:
            rate = row.flops / row.seconds / 1e9 if row.seconds else 0.0
            lines.append(
                (
                    row.name,
                    str(row.calls or "-"),
                    f"{row.forward * 1e3:.3f}",
                    f"{row.backward * 1e3:.3f}",
                    f"{row.seconds / measured:.0%}",
                    f"{row.nbytes / 1e6:.2f}",
                    f"{row.flops / 1e9:.4f}",
                    f"{rate:.1f}",
                )
            )
        widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
        aligned = (
            [c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths))] for line in lines
        )
        return "\n".join("  ".join(line) for line in aligned)

    def _measured(self) -> float:
        return sum(max(e.seconds - e.inside, 0.0) for e in self._events)

    def __repr__(self) -> str:
        head = (
            f"{self.seconds * 1e3:.2f} ms in all, {self._measured() * 1e3:.2f} ms in {len(self._events)} "
            "kernels and rules; the rest is Python around them, and what is no operation"
        )
        tables = (self.table(self.operations()), self.table(self.modules()))
        return "\n\n".join([head, *tables])

    def save(self, path: str | os.PathLike) -> Path:
        """Write a Chrome trace (JSON), for https://ui.perfetto.dev or chrome://tracing.

        Two rows, forward and backward; modules are slices around those of their operations.
        """
        target = Path(path)
        with atomic_write(target) as file:
            json.dump(trace(self._events, self._calls), file)
        return target
