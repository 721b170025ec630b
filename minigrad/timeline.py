"""A profile as a timeline: Chrome's trace format, which https://ui.perfetto.dev reads.

    trace    the events of a profile -> the JSON of the file

Every thread has two rows, forward and backward. Modules are slices around those of their operations.
A viewer nests slices of one row by their times, so times are whole nanoseconds here and a slice
begins and ends strictly inside the one around it.

Above: profiler.py. Tests: tests/test_profiler.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Slice = tuple[int, int, dict]  # begin and end in nanoseconds, and what else the file says


class Call(NamedTuple):
    """One call of a module: its running number, its path ("" for the outermost), its label."""

    number: int
    path: str
    label: str

    @property
    def name(self) -> str:
        """The path; of the outermost module, which has none, its class."""
        return self.path or self.label.partition("(")[0]


def trace(events: Sequence[Any], calls: Sequence[tuple[Call, int, float, float]]) -> dict[str, Any]:
    """``events`` as profile keeps them; ``calls`` are (call, thread, began, ended) in seconds."""
    threads = list(dict.fromkeys([e.thread for e in events] + [thread for _, thread, _, _ in calls])) or [0]
    start = min([e.began for e in events] + [began for _, _, began, _ in calls], default=0.0)
    written = []
    for i, thread in enumerate(threads):
        forward = [_operation(e, start) for e in events if e.thread == thread and e.phase == "forward"]
        for call, where, began, ended in calls:
            if where == thread:
                forward.append((_ns(began - start), _ns(ended - start), _module(call, "forward")))
        backward = _backward([e for e in events if e.thread == thread], start)
        for row, (name, slices) in enumerate((("forward", forward), ("backward", backward)), 2 * i + 1):
            title = name if i == 0 else f"{name}, thread {i + 1}"
            written.append({"name": "thread_name", "ph": "M", "pid": 1, "tid": row, "args": {"name": title}})
            for begin, end, rest in sorted(slices, key=lambda s: (s[0], -s[1])):
                times = {"ts": begin / 1e3, "dur": (end - begin) / 1e3}  # microseconds
                written.append({"ph": "X", "pid": 1, "tid": row, **times, **rest})
    return {"traceEvents": written}


def _backward(events: Sequence[Any], start: float) -> list[Slice]:
    """The rules of one thread, and around neighbours of one module call a slice for it.

    A new pass begins a new slice: then a forward ran since the rule before.
    """
    runs: list[list[Any]] = []
    newest = 0.0  # when the latest forward began
    for event in events:
        if event.phase == "forward":
            newest = event.began
            continue
        if not runs or runs[-1][-1].began + runs[-1][-1].seconds <= newest < event.began:
            runs.append([])
        runs[-1].append(event)
    return [found for run in runs for found in _nested(run, 0, start)]


def _nested(run: list[Any], level: int, start: float) -> list[Slice]:
    """Slices of a run of rules from the ``level``-th module around them inwards."""
    found: list[Slice] = []
    i = 0
    while i < len(run):
        if len(run[i].calls) <= level:
            found.append(_operation(run[i], start))
            i += 1
            continue
        call = run[i].calls[level]
        j = i
        while j < len(run) and run[j].calls[level : level + 1] == (call,):
            j += 1
        inner = _nested(run[i:j], level + 1, start)
        begin, end = min(s[0] for s in inner) - 1, max(s[1] for s in inner) + 1
        found += [(begin, end, _module(call, "backward")), *inner]
        i = j
    return found


def _operation(event: Any, start: float) -> Slice:
    about = {"module": event.scope, "shape": list(event.shape), "bytes": event.nbytes, "flops": event.flops}
    begin = _ns(event.began - start)
    return begin, begin + max(_ns(event.seconds), 1), {"name": event.name, "cat": event.phase, "args": about}


def _module(call: Call, phase: str) -> dict[str, Any]:
    name = f"{call.path}: {call.label}" if call.path else call.label
    return {"name": name, "cat": f"module {phase}", "args": {"module": call.path}}


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
