"""minigrad.record(): what is gathered about each op while it runs, and only then.

    record            a context: times, bytes, finite checks, gradient norms, source lines
    measurement_of    what was gathered about a node, or None

Outside of ``record()`` nothing of this costs anything, and the picture says "not recorded".

Below: tape.py, reverse.py. Above: boxes.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from .. import reverse, tape
from ..node import Node
from ..origin import line_of

_measurements: WeakKeyDictionary[Node, Measurement] = WeakKeyDictionary()


@dataclass
class Measurement:
    """About one op: seconds, values of its output, its gradients, and the line that asked.

    ``bad_inputs`` has, per place of an input that the graph does not keep, what was not finite in
    it; ``bad_gradient`` is about the gradient that came, ``bad_result`` about those that the rule made.
    """

    forward_seconds: float | None = None
    backward_seconds: float | None = None
    nbytes: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    bad: str = ""
    bad_inputs: dict[int, str] = field(default_factory=dict)
    bad_gradient: str = ""
    bad_result: str = ""
    first_bad: bool = False
    gradient_norm: float | None = None
    gradient: float | None = None  # itself, where the output is one number
    line: str = ""

    def lines(self) -> list[str]:
        """As shown on hovering."""
        if self.forward_seconds is None:
            found = ["forward: not recorded"]
        else:
            found = [f"forward {self.forward_seconds * 1e6:.0f} us"]
        if self.backward_seconds is not None:
            found.append(f"backward {self.backward_seconds * 1e6:.0f} us")
        if self.bad_gradient:
            found.append(f"gradient: {self.bad_gradient}")
        if self.bad_result:
            found.append(f"gradients it sends on: {self.bad_result}")
        if self.low is not None:
            found.append(f"min {self.low:.4g}, max {self.high:.4g}, mean {self.mean:.4g}")
        if self.forward_seconds is not None:
            found.append(f"finite: {'no, ' + self.bad if self.bad else 'yes'}")
        if self.line:
            found.append(self.line)
        return found


def measurement_of(node: Node) -> Measurement | None:
    return _measurements.get(node)


class record:
    """Gather, while the block runs, what the picture can show of each op.

    Forward and backward time, bytes, range and mean of the output, NaN and infinity, the norm of
    the gradient that reaches the op, and the line of user code. Blocks may be nested; what ran
    outside says "not recorded".

    >>> x = tensor([1.0, -1.0], requires_grad=True)
    >>> with record() as r:
    ...     y = (x * 2).log().sum()
    >>> print(r.first_bad())
    log: NaN x1
    """

    def __init__(self) -> None:
        self._forward_bad = ""
        self._backward_bad = ""

    def __enter__(self) -> record:
        tape.observers.append(self._forward)
        reverse.checks.append(self._backward)
        return self

    def __exit__(self, *exception: Any) -> None:
        tape.observers.remove(self._forward)
        reverse.checks.remove(self._backward)

    def first_bad(self) -> str:
        """What was the first to make NaN or infinity, and how many; "" if nothing did.

        The forward comes first: the op that made them of finite inputs, or that was given them. If
        it was finite throughout, the first op whose rule made them of a finite gradient.

        >>> x = tensor([0.0, 4.0], requires_grad=True)
        >>> with record() as r:
        ...     x.sqrt().sum().backward()
        >>> print(r.first_bad())
        backward of sqrt: inf x1
        """
        return self._forward_bad or self._backward_bad

    def _forward(self, seen: tape.Forward) -> None:
        primitive, node, outputs = seen.primitive, seen.node, seen.outputs
        bad = not_finite(outputs[0])
        given = {
            i: text
            for i, a in enumerate(seen.arrays)
            if isinstance(a, np.ndarray) and (text := not_finite(a))
        }
        first = bool(bad) and not self._forward_bad and not given
        if first:
            self._forward_bad = f"{primitive.name}: {bad}"
        elif given and not self._forward_bad:
            self._forward_bad = f"{primitive.name} was given {', '.join(given.values())}"
        if node is None:
            return
        found = Measurement(
            seen.seconds, nbytes=sum(o.nbytes for o in outputs), bad=bad, bad_inputs=given, first_bad=first
        )
        found.line = _shortened(line_of(node.origin))
        a = outputs[0]
        if a.size and a.dtype.kind == "f":
            found.low, found.high, found.mean = float(a.min()), float(a.max()), float(a.mean())
        _measurements[node] = found

    def _backward(self, node, g, gradients, seconds) -> None:
        found = _measurements.get(node)
        if found is None:
            found = _measurements[node] = Measurement(line=_shortened(line_of(node.origin)))
        found.backward_seconds = (found.backward_seconds or 0.0) + seconds
        came = _array(g[0] if isinstance(g, tuple) else g)
        if came is not None:
            found.bad_gradient = not_finite(came)
            found.gradient_norm = norm(came)
            found.gradient = float(came) if came.ndim == 0 else None
        made = [a for a in map(_array, gradients) if a is not None]
        found.bad_result = next((text for a in made if (text := not_finite(a))), "")
        if found.bad_result and not found.bad_gradient and not self.first_bad():
            self._backward_bad = f"backward of {node.primitive.name}: {found.bad_result}"
            found.first_bad = True


def _array(x: Any) -> np.ndarray | None:
    """The array of a gradient; with create_graph=True gradients are Variables."""
    return x.array if isinstance(x, tape.Variable) else x if isinstance(x, np.ndarray) else None


def norm(array: np.ndarray) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))


def _shortened(line: str) -> str:
    """The line as it may be passed on to others: no folder of this machine, no cell's file."""
    if "ipykernel_" in line or line.startswith("<ipython-input"):
        return f"notebook cell, line {line.rpartition(':')[2]}"
    here = os.getcwd() + os.sep
    return line[len(here) :] if line.startswith(here) else line


def not_finite(array: np.ndarray) -> str:
    """ "NaN x3, inf x1", or "" where all values are finite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    counts = (("NaN", int(np.isnan(array).sum())), ("inf", int(np.isinf(array).sum())))
    return ", ".join(f"{word} x{n}" for word, n in counts if n)
