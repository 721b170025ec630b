"""The picture for other tools: Graphviz's DOT and Mermaid.

Below: layout.py, style.py. Above: graphviz.py, drawing.py. Tests: tests/graph.
"""

from __future__ import annotations

import re

from .layout import leaves_of, lines_of, size_of
from .model import Box, Picture
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


FONT = "Helvetica,Arial,sans-serif"
PORTS = {"TB": ("tailport=w", "headport=e"), "LR": ("tailport=s", "headport=n")}


def quote(text: str) -> str:
    """A DOT string that Graphviz takes literally: no escapes, no HTML, no record fields."""
    text = "".join(c for c in text if c >= " " or c == "\n")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + text.replace("\n", "\\n") + '"'


def to_dot(picture: Picture, theme: str = "auto", rankdir: str = "TB") -> str:
    """DOT source. Ids are counted, so the same graph gives the same bytes every time.

    The ops in order are the spine. The first two parameters of an op stand at its sides, in its
    frame; further ones above it.
    """
    colours = COLOURS["dark" if theme == "dark" else "light"]
    heat = HEAT["dark" if theme == "dark" else "light"]
    title = f"labelloc=t, label={quote(picture.title)}, " if picture.title else ""
    lines = [
        "digraph minigrad {",
        f"  graph [rankdir={rankdir}, newrank=true, nslimit=2, nslimit1=2, {title}"
        f'fontname="{FONT}", fontsize=12, fontcolor="{colours["page"][2]}", '
        f'bgcolor="{colours["page"][0]}", nodesep=0.25, ranksep=0.35];',
        f'  node [fontname="{FONT}", fontsize=12, margin="0.14,0.06"];',
        f'  edge [color="{colours["page"][1]}", arrowsize=0.7, fontsize=11, fontname="{FONT}"];',
    ]
    inside: dict[str, list[int]] = {}
    for k, frame in enumerate(picture.frames):
        for id in frame.boxes:
            inside.setdefault(id, []).append(k)
    _, beside, _ = leaves_of(picture)
    beside_any = {box.id for boxes in beside.values() for box in boxes}
    lines += [
        f"  {_node(box, colours, heat)}"
        for box in picture.boxes
        if not box.is_op and box.id not in beside_any
    ]
    # Ops in order: frames are runs of them, so clusters open and close like brackets.
    open_frames: list[int] = []
    on_second_side: set[tuple[str, str]] = set()  # (leaf, op)
    for row, box in enumerate(b for b in picture.boxes if b.is_op):
        wanted = inside.get(box.id, [])
        while open_frames and open_frames[-1] not in wanted:
            open_frames.pop()
            lines.append("  }")
        for k in wanted[len(open_frames) :]:
            open_frames.append(k)
            lines.append(
                f"  subgraph cluster_{k} {{ graph [label={quote(picture.frames[k].title)}, labeljust=l, "
                f'style=rounded, color="{colours["frame"][1]}", fontcolor="{colours["frame"][2]}"];'
            )
        lines.append(f"  {_node(box, colours, heat)}")
        leaves = beside.get(row, [])
        lines += [f"  {_node(leaf, colours, heat)}" for leaf in leaves]
        pair = leaves[:2][:: -1 if rankdir == "LR" else 1]  # LR counts from below
        if pair:
            side_by_side = [*pair[:1], box, *pair[1:]]
            lines.append("  { rank=same; " + " ".join(b.id for b in side_by_side) + " }")
        on_second_side |= {(leaf.id, box.id) for leaf in pair[1:]}
    lines += ["  }"] * len(open_frames)
    ops = {b.id for b in picture.boxes if b.is_op}
    for arrow in picture.arrows:
        ends = (arrow.source, arrow.target)
        options = [f'label="x{arrow.times}"'] if arrow.times > 1 else []
        if arrow.source in ops:
            options.append("weight=20")
        elif ends in on_second_side:
            # It must not pull the leaf to the first side; the invisible arrow holds it on the second.
            options += ["constraint=false", *PORTS[rankdir]]
            lines.append(f"  {arrow.target} -> {arrow.source} [style=invis];")
        if picture.carries_nothing(arrow.source):
            options += ["dir=none", "style=dashed"]
        elif picture.direction == "backward":
            options.append("dir=back")
        lines.append(
            f"  {arrow.source} -> {arrow.target}" + (f" [{', '.join(options)}];" if options else ";")
        )
    return "\n".join([*lines, "}"]) + "\n"


def _node(box: Box, colours: dict, heat: tuple) -> str:
    shape, style = SHAPES[box.role]
    fill, stroke, text = colours[box.role]
    if box.heat is not None:
        fill, text = heat[min(int(box.heat * 5), 4)], colours["op"][2]
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
    options += [f"{name}={n / 72:.2f}" for name, n in zip(("width", "height"), size_of(box))]
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
