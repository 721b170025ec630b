"""Colouring ops by what was measured: gradient, time or bytes.

Above: drawing.py. Tests: tests/graph/test_heat.py.
"""

from __future__ import annotations

import math
from typing import Any

from .build import collect
from .measure import measurement_of
from .model import Picture

WORDS = {"grad": "norm of the gradient", "time": "time, forward and backward", "bytes": "bytes of the output"}


def _value(found: Any, color_by: str) -> float | None:
    if color_by == "grad":
        return found.gradient_norm
    if color_by == "time":
        return found.forward_seconds + (found.backward_seconds or 0.0)
    return float(found.nbytes)


def heat(picture: Picture, roots: list, color_by: str) -> None:
    """Set ``box.heat`` from 0 (least) to 1 (most), on a logarithmic scale."""
    values = {}
    ops = [b for b in picture.boxes if b.is_op and b.role != "fold"]
    nodes = [n for n in collect(roots)]
    by_name = dict(zip((b.id for b in ops), nodes)) if len(ops) == len(nodes) else {}
    for box in ops:
        node = by_name.get(box.id)
        found = measurement_of(node) if node is not None else None
        value = _value(found, color_by) if found is not None else None
        if value is not None and value > 0 and math.isfinite(value):
            values[box.id] = value
    if not values:
        picture.legend.append(f"colours: nothing was recorded for {color_by}; use minigrad.record()")
        return
    low, high = min(values.values()), max(values.values())
    span = math.log(high / low) or 1.0
    for box in ops:
        if box.id in values:
            box.heat = math.log(values[box.id] / low) / span
    words = f"colours: {WORDS[color_by]}, pale {low:.3g} to strong {high:.3g}; white: 0 or not recorded"
    picture.legend.append(words)
