"""Colouring boxes by what was measured: gradient, time or bytes.

Below: model.py. Above: drawing.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

import math

from .model import Picture

WORDS = {
    "grad": "norm of the gradient",
    "time": "seconds, forward and backward",
    "bytes": "bytes of the output",
}


def heat(picture: Picture, color_by: str) -> None:
    """Set ``box.heat`` from 0 (least) to 1 (most), on a logarithmic scale."""
    values = {b.id: b.measured[color_by] for b in picture.boxes if b.measured.get(color_by, 0.0) > 0}
    values = {id: value for id, value in values.items() if math.isfinite(value)}
    if not values:
        picture.legend.append(f"colours: nothing was recorded for {color_by}; use minigrad.record()")
        return
    low, high = min(values.values()), max(values.values())
    span = math.log(high / low) or 1.0
    for box in picture.boxes:
        if box.id in values:
            box.heat = math.log(values[box.id] / low) / span
    words = f"colours: {WORDS[color_by]}, pale {low:.3g} to strong {high:.3g}; the rest: 0 or not recorded"
    picture.legend.append(words)
