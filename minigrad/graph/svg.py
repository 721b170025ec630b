"""The picture as SVG, drawn here: no Graphviz, no script, no fonts from elsewhere, no ids.

Below: layout.py, style.py. Above: drawing.py. Tests: tests/graph.
"""

from __future__ import annotations

import hashlib
from html import escape

from .layout import LINE, Layout, Line, Rect, lines_of, place
from .model import Box, Picture
from .style import MEANING, style_sheet


def clean(text: str) -> str:
    """Text that may stand in XML: markup escaped, control characters dropped."""
    return escape("".join(c for c in text if c >= " " or c in "\n\t"))


def scope_of(picture: Picture, *options: object) -> str:
    """A class name from the picture's content: the same every time, another for another."""
    content = repr((picture, options)).encode("utf-8", "backslashreplace")
    return "mg" + hashlib.sha1(content, usedforsecurity=False).hexdigest()[:8]


def to_svg(
    picture: Picture,
    theme: str = "auto",
    rankdir: str = "TB",
    legend: bool = True,
    layout: Layout | None = None,
) -> str:
    """The whole drawing as one ``<svg>`` element; by the own layout unless one is given."""
    layout = layout or place(picture, rankdir)
    scope = scope_of(picture, theme, rankdir, legend, layout)
    roles = [r for r in MEANING if any(b.role == r for b in picture.boxes)]
    title_width = len(picture.title) * 7.0 + 24
    width = max(layout.width, min(title_width, 900), 420 if picture.legend else 240)
    titles = _wrapped(picture.title, int((width - 24) / 6.6))
    top = LINE * (len(titles) - 1)
    keys, key_height = _legend(roles, picture, width) if legend else ("", 0)
    height = layout.height + top + key_height + 8
    shift = (width - layout.width) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="minigrad {scope}" role="img" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{clean(picture.title)}</title><style>{style_sheet(scope, theme, roles)}</style>",
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>',
        *(f'<text class="note" x="12" y="{20 + i * LINE}">{clean(t)}</text>' for i, t in enumerate(titles)),
        f'<g transform="translate({shift:.1f} {top})">',
        *(_frame(rect) for rect in layout.frames),
        *(_edge(line, picture) for line in layout.lines),
        *(_frame_title(f.title, rect) for f, rect in zip(picture.frames, layout.frames)),
        *(_node(box, layout.boxes[box.id]) for box in picture.boxes),
        "</g>",
        f'<g transform="translate(0 {layout.height + top:.0f})">{keys}</g>' if keys else "",
        "</svg>",
    ]
    return "\n".join(p for p in parts if p)


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _frame(r: Rect) -> str:
    shape = f'x="{r.x:.1f}" y="{r.y:.1f}" width="{r.w:.1f}" height="{r.h:.1f}" rx="8"'
    return f'<g class="frame"><rect {shape}/></g>'


def _frame_title(title: str, r: Rect) -> str:
    room = int((r.w - 12) / 6.4)
    shown = title if len(title) <= room else title[: room - 1] + "…"
    whole = "" if shown == title else f"<title>{clean(title)}</title>"
    return f'<text class="label" x="{r.x + 8:.1f}" y="{r.y + 13:.1f}">{whole}{clean(shown)}</text>'


def _edge(line: Line, picture: Picture) -> str:
    direction = picture.direction
    points = line.points if direction == "forward" else line.points[::-1]
    (ax, ay), (bx, by) = points[-2], points[-1]
    length = max(((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5, 1e-9)
    ux, uy = (bx - ax) / length, (by - ay) / length
    left = (bx - 8 * ux - 3.5 * uy, by - 8 * uy + 3.5 * ux)
    right = (bx - 8 * ux + 3.5 * uy, by - 8 * uy - 3.5 * ux)
    path = _path(points, line.curved, direction)
    head = f"M{bx:.1f} {by:.1f}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}z"
    times = ""
    if line.times > 1:
        k = len(points) // 2
        mx, my = (points[k - 1][0] + points[k][0]) / 2, (points[k - 1][1] + points[k][1]) / 2
        my += -4 if points[0][1] == points[1][1] else 4  # above an arrow that lies flat
        times = f'<text class="note" x="{mx + 6:.1f}" y="{my:.1f}">x{line.times}</text>'
    if picture.carries_nothing(line.source):
        return f'<g class="edge"><path stroke-dasharray="3 4" d="{path}"/>{times}</g>'
    return f'<g class="edge"><path d="{path}"/><path class="head" d="{head}"/>{times}</g>'


def _path(points: list[tuple[float, float]], curved: bool, direction: str) -> str:
    texts = [f"{x:.1f} {y:.1f}" for x, y in points]
    if not curved:
        return "M" + "L".join(texts)
    if direction == "forward":
        return f"M{texts[0]}C{' '.join(texts[1:-1])}L{texts[-1]}"
    return f"M{texts[0]}L{texts[1]}C{' '.join(texts[2:])}"


def outline(role: str, r: Rect) -> str:
    """The shape of a role: ellipse, note with a folded corner, double border, rounded box."""
    x, y, w, h = r.x, r.y, r.w, r.h
    if role == "input":
        return f'<ellipse cx="{x + w / 2:.1f}" cy="{y + h / 2:.1f}" rx="{w / 2:.1f}" ry="{h / 2:.1f}"/>'
    if role == "parameter":
        c = 9
        return (
            f'<path d="M{x:.1f} {y:.1f}h{w - c:.1f}l{c} {c}v{h - c:.1f}h{-w:.1f}z'
            f'M{x + w - c:.1f} {y:.1f}v{c}h{c}"/>'
        )
    box = f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="6"/>'
    if role == "loss":
        inner = f'x="{x + 3:.1f}" y="{y + 3:.1f}" width="{w - 6:.1f}" height="{h - 6:.1f}" rx="4"'
        return f"{box}<rect {inner}/>"
    if role == "fold":
        return f'<rect x="{x + 4:.1f}" y="{y + 4:.1f}" width="{w:.1f}" height="{h:.1f}" rx="6"/>{box}'
    return box


def _node(box: Box, r: Rect) -> str:
    classes = f"node {box.role}" + (" bad" if box.bad else "")
    if box.heat is not None:
        classes += f" h{min(int(box.heat * 5), 4)}"
    lines = lines_of(box)
    middle, top = r.x + r.w / 2, r.y + (r.h - len(lines) * LINE) / 2 + 13
    text = "".join(
        f'<text{" class=" + chr(34) + "name" + chr(34) if i == 0 else ""} text-anchor="middle" '
        f'x="{middle:.1f}" y="{top + i * LINE:.1f}">{clean(line)}</text>'
        for i, line in enumerate(lines)
    )
    hover = f"<title>{clean(chr(10).join(box.details))}</title>" if box.details else ""
    return f'<g class="{classes}">{hover}{outline(box.role, r)}{text}</g>'


def _legend(roles: list[str], picture: Picture, width: float) -> tuple[str, float]:
    parts, x, y = [], 12.0, 6.0
    for role in roles:
        word = MEANING[role]
        w = len(word) * 6.7 + (32 if role == "parameter" else 20)  # its corner is folded
        if x + w > width - 8:
            x, y = 12.0, y + 32
        parts.append(
            f'<g class="{role} key">{outline(role, Rect(x, y, w, 22))}'
            f'<text text-anchor="middle" x="{x + w / 2:.1f}" y="{y + 15:.1f}">{word}</text></g>'
        )
        x += w + 10
    y += 30
    for extra in picture.legend:
        for line in _wrapped(extra, int((width - 24) / 6.6)):
            parts.append(f'<text class="note" x="12" y="{y + 10:.1f}">{clean(line)}</text>')
            y += LINE + 2
    return "".join(parts), y + 4


def to_html(svg: str) -> str:
    """The drawing in a box that scrolls; fit for a notebook cell or a page."""
    return f'<div style="overflow:auto;max-height:900px">{svg}</div>'
