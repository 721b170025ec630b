"""The picture for other tools: Graphviz's DOT and Mermaid.

Below: model.py, style.py. Above: drawing.py. Tests: tests/graph/test_dot.py.
"""

from __future__ import annotations

import re
from typing import Any

from .layout import lines_of
from .model import Picture
from .style import BAD, COLOURS, HEAT

SHAPES = {
    "op": ("box", "rounded,filled"),
    "loss": ("box", "rounded,filled"),
    "parameter": ("note", "filled"),
    "input": ("ellipse", "filled"),
    "frozen": ("box", "rounded,filled,dashed"),
    "fold": ("box3d", "filled"),
    "failed": ("box", "rounded,filled"),
}


def quote(text: str) -> str:
    """A DOT string that Graphviz takes literally: no escapes, no HTML, no record fields."""
    text = "".join(c for c in text if c >= " " or c == "\n")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + text.replace("\n", "\\n") + '"'


def to_dot(picture: Picture, theme: str = "auto", rankdir: str = "TB", legend: bool = True) -> str:
    """DOT source. Ids are counted, so the same graph gives the same bytes every time."""
    colours = COLOURS["dark" if theme == "dark" else "light"]
    heat = HEAT["dark" if theme == "dark" else "light"]
    lines = [
        "digraph minigrad {",
        f"  graph [rankdir={rankdir}, ordering=in, labelloc=t, label={quote(picture.title)}, "
        f'fontname="Helvetica", fontsize=12, fontcolor="{colours["page"][2]}", '
        f'bgcolor="{colours["page"][0]}", nodesep=0.2, ranksep=0.35];',
        '  node [fontname="Helvetica", fontsize=11, margin="0.12,0.06"];',
        f'  edge [color="{colours["page"][1]}", arrowsize=0.7, fontsize=10, fontname="Helvetica"];',
    ]
    inside: dict[str, list[Any]] = {}
    for frame in picture.frames:
        for id in frame.boxes:
            inside.setdefault(id, []).append(frame)
    open_frames: list[Any] = []
    count = 0
    # Ops in order: frames are runs of them, so clusters open and close like brackets.
    leaves = [b for b in picture.boxes if not b.is_op]
    for box in leaves:
        lines.append(f"  {_node(box, colours, heat)}")
    for box in (b for b in picture.boxes if b.is_op):
        wanted = inside.get(box.id, [])
        while open_frames and open_frames[-1] not in wanted:
            open_frames.pop()
            lines.append("  }")
        for frame in wanted[len(open_frames) :]:
            count += 1
            open_frames.append(frame)
            lines.append(
                f"  subgraph cluster_{count} {{ graph [label={quote(frame.title)}, labeljust=l, "
                f'style=rounded, color="{colours["frame"][1]}", fontcolor="{colours["frame"][2]}"];'
            )
        lines.append(f"  {_node(box, colours, heat)}")
    lines += ["  }"] * len(open_frames)
    for arrow in picture.arrows:
        options = [f'label="x{arrow.times}"'] if arrow.times > 1 else []
        if picture.direction == "backward":
            options.append("dir=back")
        lines.append(
            f"  {arrow.source} -> {arrow.target}" + (f" [{', '.join(options)}];" if options else ";")
        )
    return "\n".join([*lines, "}"]) + "\n"


def _node(box: Any, colours: dict, heat: tuple) -> str:
    shape, style = SHAPES[box.role]
    fill, stroke, text = colours[box.role]
    if box.heat is not None:
        fill = heat[min(int(box.heat * 5), 4)]
    width = 1.0
    if box.bad:
        stroke, width = BAD, 3.0
    options = [
        f"label={quote(chr(10).join(lines_of(box)))}",
        f"shape={shape}",
        f'style="{style}"',
        f'fillcolor="{fill}"',
        f'color="{stroke}"',
        f'fontcolor="{text}"',
        f'class="{box.role}{" bad" if box.bad else ""}"',
        f"tooltip={quote(chr(10).join(box.details) or box.name)}",
    ]
    if box.role == "loss":
        options.append("peripheries=2")
    if width != 1.0:
        options.append(f"penwidth={width}")
    return f"{box.id} [{', '.join(options)}];"


def to_mermaid(picture: Picture, rankdir: str = "TB") -> str:
    """A Mermaid flowchart, for README files and wikis that draw those."""
    brackets = {"parameter": ("[/", "/]"), "input": ("([", "])"), "loss": ("[[", "]]")}
    lines = [f"%% {re.sub(r'[^ -~]', ' ', picture.title)}", f"flowchart {rankdir}"]
    for box in picture.boxes:
        left, right = brackets.get(box.role, ("[", "]"))
        label = "<br/>".join(_mermaid_text(line) for line in lines_of(box))
        lines.append(f'  {box.id}{left}"{label}"{right}')
    for arrow in picture.arrows:
        link = f"-->|x{arrow.times}|" if arrow.times > 1 else "-->"
        ends = (arrow.source, arrow.target)
        if picture.direction == "backward":
            ends = ends[::-1]
        lines.append(f"  {ends[0]} {link} {ends[1]}")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return "".join(c if c.isalnum() or c in " .,:|()=+-_" else f"#{ord(c)};" for c in text)
