"""The picture in words, oldest op first: for terminals, tests and screen readers.

Below: model.py. Above: drawing.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

from .model import Box, Picture

MOST_LINES = 40


def to_text(picture: Picture) -> str:
    """One line an op: number, name, what it takes -> output, gradient, module."""
    lines = [picture.title]
    if picture.note:
        lines.append(picture.note)
    rows = []
    remarks = {b.name: b.remark for b in picture.boxes if not b.is_op and b.remark}
    for box in picture.boxes:
        if not box.is_op:
            continue
        marks = [box.gradient, box.bad and f"bad: {box.bad}", box.first_bad and "first bad op"]
        rows.append(
            (
                box.id.lstrip("n"),
                box.name,
                ", ".join(box.inputs),
                f"-> {box.shape}",
                "  ".join(m for m in marks if m),
                "  ".join(part for part in (box.scope, box.remark or _about_inputs(box, remarks)) if part),
            )
        )
    if rows:
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        widths[1], widths[2] = min(widths[1], 24), min(widths[2], 44)
        for row in rows:
            cells = [row[0].rjust(widths[0])]
            cells += [cell.ljust(w) for cell, w in zip(row[1:], widths[1:])]
            lines.append("  ".join(cells).rstrip())
    unused = [b for b in picture.boxes if b.bad and not b.is_op]
    lines += [f"bad values in {b.name}: {b.bad}" for b in unused]
    if len(lines) > MOST_LINES:
        half = (MOST_LINES - 1) // 2
        lines = [*lines[:half], f"... {len(lines) - 2 * half} lines left out ...", *lines[-half:]]
    return "\n".join(lines)


def _about_inputs(box: Box, remarks: dict[str, str]) -> str:
    """ "y: integer, no gradient", where the op is the first to take ``y``."""
    found: dict[str, list[str]] = {}
    for name in box.inputs:
        if name in remarks:
            found.setdefault(remarks.pop(name), []).append(name)
    return "; ".join(f"{', '.join(names)}: {remark}" for remark, names in found.items())
