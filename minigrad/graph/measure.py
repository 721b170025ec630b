"""minigrad.record(): what is gathered about each op while it runs, and only then.

    record            a context: times, bytes, finite checks, gradient norms, source lines
    measurement_of    what was gathered about a node, or None

Outside of ``record()`` nothing of this costs anything, and the picture says "not recorded".

Below: tape.py. Above: build.py. Tests: tests/graph/test_record.py.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from .. import tape
from ..tape import Node

PACKAGE = str(Path(__file__).parents[1])
_measurements: WeakKeyDictionary[Node, Measurement] = WeakKeyDictionary()


@dataclass
class Measurement:
    """About one op: seconds, values of its output, the gradient, and the line that asked."""

    forward_seconds: float = 0.0
    backward_seconds: float | None = None
    nbytes: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    bad: str = ""
    first_bad: bool = False
    gradient_norm: float | None = None
    line: str = ""

    def lines(self) -> list[str]:
        """As shown on hovering."""
        found = [f"forward {self.forward_seconds * 1e6:.0f} us, {self.nbytes} bytes"]
        if self.backward_seconds is not None:
            found.append(f"backward {self.backward_seconds * 1e6:.0f} us")
        if self.low is not None:
            found.append(f"min {self.low:.4g}, max {self.high:.4g}, mean {self.mean:.4g}")
        found.append(f"finite: {'no, ' + self.bad if self.bad else 'yes'}")
        if self.line:
            found.append(self.line)
        return found


def measurement_of(node: Node) -> Measurement | None:
    return _measurements.get(node)


def user_line() -> str:
    """file:line of the innermost frame outside of minigrad."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
