"""Graphviz at work: where boxes and arrows go, and the formats only it can write.

    has_dot           whether the program is there
    suits_dot         whether it draws this picture well
    place_with_dot    Picture -> Layout, as layout.place does without it
    render            DOT to png or pdf

svg.py draws both layouts, so colours, shapes, legend and tooltips are the same.

Below: dot.py, layout.py. Above: drawing.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace

from .dot import to_dot
from .layout import Layout, Line, Rect
from .model import Picture

INSTALL = (
    "install Graphviz: apt install graphviz (Debian, Ubuntu), brew install graphviz (macOS), "
    "winget install graphviz (Windows)"
)
# Graphviz took 0.1 s for 100 boxes of a residual network, but 0.5 s for 107 of an unrolled recurrent
# one, where each weight feeds every step, and 1.5 s for 147. The own layout takes 0.03 s for any 300.
MOST_BOXES = 100
MOST_USES = 3
TOP = 32.0  # room for the title


def has_dot() -> bool:
    """Whether the ``dot`` program can be found."""
    return shutil.which("dot") is not None


def suits_dot(picture: Picture) -> bool:
    """Whether Graphviz draws this quickly, and better than one op a row."""
    uses = Counter(arrow.source for arrow in picture.arrows)
    leaves = [uses[box.id] for box in picture.boxes if not box.is_op]
    return bool(picture.arrows) and len(picture.boxes) <= MOST_BOXES and max(leaves, default=0) <= MOST_USES


def render(dot: str, suffix: str) -> bytes:
    """DOT to png, pdf or another format. Raises RuntimeError with the install line if dot is missing."""
    if not has_dot():
        raise RuntimeError(f"a .{suffix} picture needs the program dot; {INSTALL}, or save as .svg.")
    import graphviz

    return graphviz.Source(dot).pipe(format=suffix, quiet=True)


def place_with_dot(picture: Picture, rankdir: str = "TB") -> Layout:
    """Positions by Graphviz. Its y axis points up and its point is our pixel."""
    plain = replace(picture, title="", direction="forward")
    drawn = json.loads(render(to_dot(plain, rankdir=rankdir), "json0"))
    _, _, width, height = map(float, drawn["bb"].split(","))

    def point(text: str) -> tuple[float, float]:
        x, y = map(float, text.split(","))
        return x + 8, height - y + TOP

    boxes: dict[str, Rect] = {}
    frames: list[Rect | None] = [None] * len(picture.frames)
    for thing in drawn["objects"]:
        if "nodes" in thing or "pos" not in thing:
            if thing["name"].startswith("cluster_"):
                left, bottom, right, top = thing["bb"].split(",")
                (x, y), (x2, y2) = point(f"{left},{top}"), point(f"{right},{bottom}")
                frames[int(thing["name"].removeprefix("cluster_"))] = Rect(x, y, x2 - x, y2 - y)
            continue
        w, h = float(thing["width"]) * 72, float(thing["height"]) * 72
        x, y = point(thing["pos"])
        boxes[thing["name"]] = Rect(x - w / 2, y - h / 2, w, h)
    times = {(a.source, a.target): a.times for a in picture.arrows}
    names = {thing["_gvid"]: thing["name"] for thing in drawn["objects"]}
    lines = []
    for edge in drawn.get("edges", ()):
        ends = names[edge["tail"]], names[edge["head"]]
        if edge.get("style") == "invis":
            continue
        end, *curve = edge["pos"].split(" ")
        mark, _, place = end.partition(",")
        if mark == "s":  # some arrows within a rank are written from their head
            curve.reverse()
        points = [*map(point, curve), point(place)]
        lines.append(Line(points, times[ends], *ends, curved=True))
    return Layout(width + 16, height + TOP + 8, boxes, [f for f in frames if f is not None], lines)
