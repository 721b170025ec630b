"""Where the time of a step goes: minigrad.profile().

    profile      a context that times the forward and the backward of every operation
    operations   rows by operation;  modules  rows by module;  trace  for a timeline viewer

While no profile is open an operation pays one look at an empty list.

Below: tape.py, reverse.py. Tests: tests/test_profiler.py.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from . import reverse, tape
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
    shape: tuple = field(default=())


def flops_of(name: str, arrays: list, output: Any) -> float:
    """Floating-point operations of one forward call; a multiply-add counts as two.

    Products are counted exactly, everything else as one operation for each output element.
    """
    sizes = [o.size for o in (output if isinstance(output, tuple) else (output,))]
    if name in ("matmul", "linear") and len(arrays) >= 2 and np.ndim(arrays[0]):
        return 2.0 * sizes[0] * arrays[0].shape[-1]
    if name.startswith("conv2d") and len(arrays) >= 2:
        weight = next((a for a in arrays[1:] if np.ndim(a) == 4), None)
        if weight is not None:
            return 2.0 * sizes[0] * math.prod(weight.shape[1:])
    return float(sum(sizes))


class profile:
    """Time every operation and module inside the block.

    >>> x = tensor(np.ones((64, 64), np.float32), requires_grad=True)
    >>> with profile() as p:
    ...     (x @ x).sum().backward()
    >>> [row.name for row in p.operations()]
    ['matmul', 'sum']
    """

    def __init__(self) -> None:
        self._events: list[_Event] = []
        self._costs: dict[int, tuple[str, float]] = {}
        self.seconds = 0.0

    def __enter__(self) -> profile:
        tape.observers.append(self._forward)
        reverse.checks.append(self._backward)
        self._began = perf_counter()
        return self

    def __exit__(self, *exception: Any) -> None:
        self.seconds += perf_counter() - self._began
        tape.observers.remove(self._forward)
        reverse.checks.remove(self._backward)

    def _forward(self, primitive, arrays, attributes, output, node, seconds) -> None:
        outputs = output if isinstance(output, tuple) else (output,)
        flops = flops_of(primitive.name, arrays, output)
        scope = str(node.scope if node is not None else tape.scope.get())
        if node is not None:
            self._costs[node.serial] = (primitive.name, flops * max(sum(node.needs), 1))
        self._events.append(
            _Event(
                primitive.name,
                "forward",
                scope,
                perf_counter() - seconds,
                seconds,
                sum(o.nbytes for o in outputs),
                flops,
                outputs[0].shape,
            )
        )

    def _backward(self, node, g, gradients, seconds) -> None:
        _, flops = self._costs.get(node.serial, ("", 0.0))
        self._events.append(
            _Event(
                node.primitive.name,
                "backward",
                str(node.scope),
                perf_counter() - seconds,
                seconds,
                flops=flops,
            )
        )

    def _rows(self, key: Any) -> list[Row]:
        rows: dict[str, Row] = {}
        for event in self._events:
            for name in key(event):
                row = rows.setdefault(name, Row(name))
                if event.phase == "forward":
                    row.calls += 1
                    row.forward += event.seconds
                else:
                    row.backward += event.seconds
                row.nbytes += event.nbytes
                row.flops += event.flops
        return sorted(rows.values(), key=lambda r: -r.seconds)

    def operations(self) -> list[Row]:
        """One row for each operation, the longest first."""
        return self._rows(lambda e: [e.name])

    def modules(self) -> list[Row]:
        """One row for each module path; a module includes what lies below it."""

        def paths(event: _Event) -> list[str]:
            parts = event.scope.split(".") if event.scope else []
            return [".".join(parts[: i + 1]) for i in range(len(parts))] or ["(no module)"]

        return self._rows(paths)

    def table(self, rows: list[Row]) -> str:
        """The rows as aligned text."""
        header = ("", "calls", "forward ms", "backward ms", "share", "MB", "GFLOP", "GFLOP/s")
        lines = [header]
        measured = sum(e.seconds for e in self._events) or 1.0
        for row in rows:
            rate = row.flops / row.seconds / 1e9 if row.seconds else 0.0
            lines.append(
                (
                    row.name,
                    str(row.calls),
                    f"{row.forward * 1e3:.3f}",
                    f"{row.backward * 1e3:.3f}",
                    f"{row.seconds / measured:.0%}",
                    f"{row.nbytes / 1e6:.2f}",
                    f"{row.flops / 1e9:.4f}",
                    f"{rate:.1f}",
                )
            )
        widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
        return "\n".join(
            "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip()
            for line in lines
        )

    def __repr__(self) -> str:
        inside = sum(e.seconds for e in self._events)
        head = (
            f"{self.seconds * 1e3:.2f} ms in all, {inside * 1e3:.2f} ms in {len(self._events)} "
            "kernels and rules; the rest is Python around them"
        )
        return "\n\n".join([head, self.table(self.operations()), self.table(self.modules())])

    def save(self, path: str | os.PathLike) -> Path:
        """Write a Chrome trace (JSON), for https://ui.perfetto.dev or chrome://tracing."""
        start = min((e.began for e in self._events), default=0.0)
        events = [
            {
                "name": e.name,
                "cat": e.phase,
                "ph": "X",
                "ts": (e.began - start) * 1e6,
                "dur": e.seconds * 1e6,
                "pid": 1,
                "tid": 1 if e.phase == "forward" else 2,
                "args": {"module": e.scope, "shape": list(e.shape), "bytes": e.nbytes, "flops": e.flops},
            }
            for e in self._events
        ]
        names = [
            {"name": "thread_name", "ph": "M", "pid": 1, "tid": t, "args": {"name": n}}
            for t, n in ((1, "forward"), (2, "backward"))
        ]
        target = Path(path)
        with atomic_write(target) as file:
            json.dump({"traceEvents": names + events}, file)
        return target
