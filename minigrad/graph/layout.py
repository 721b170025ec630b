"""Where everything goes when Graphviz is not there: one op a row, in the order they ran.

A network is mostly one long path, and a module call is a run of consecutive ops. So each op
gets a row of its own, parameters stand beside the op that first uses them, frames are plain
rectangles around rows, and an arrow that skips rows goes around in a channel at the side:
nothing ever crosses a box, whatever the graph. Time and space are linear in the boxes.

    place        Picture -> Layout, with every rectangle and path in pixels
    leaves_of    which op a parameter or an input stands by

``rankdir="LR"`` lays the rows out as columns.

Below: model.py. Above: svg.py, dot.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from .model import Arrow, Box, Picture

CHARACTER = 6.7  # mean width of a character at 12 px
LINE = 15
GAP = 26  # between rows: room for an arrow
BESIDE = 34  # between parameters and ops
CHANNEL = 9  # between arrows that go around
PAD = 10
TITLE = 18  # height of a frame's title


@dataclass
class Rect:
    x: float
    y: float
    w: float
    h: float


@dataclass
class Line:
    """A path whose arrow has its head at the end.

    Straight pieces; or, if ``curved``, cubic Bezier curves and a straight piece to the head.
    """

    points: list[tuple[float, float]]
    times: int
    source: str
    target: str
    curved: bool = False


@dataclass
class Layout:
    width: float
    height: float
    boxes: dict[str, Rect]
    frames: list[Rect]
    lines: list[Line]


def lines_of(box: Box) -> list[str]:
    """The text on a box: its name and at most three more lines."""
    marks = [f"{box.bad}" + (" - first bad op" if box.first_bad else "")] if box.bad else []
    return [box.name[:44], *(line[:48] for line in box.lines[:3]), *marks]


def size_of(box: Box) -> tuple[float, float]:
    lines = lines_of(box)
    width = max(len(line) for line in lines) * CHARACTER + 22
    if box.role == "input":  # an ellipse needs room for its corners
        return max(width * 1.2, 84), len(lines) * LINE + 18
    return max(width, 84), len(lines) * LINE + 12


def leaves_of(picture: Picture) -> tuple[dict[int, Box], dict[int, list[Box]], dict[str, int]]:
    """Where leaves stand: above the op in a row, beside it, and the row of each leaf's first use."""
    ops = [b for b in picture.boxes if b.is_op]
    row_of = {b.id: i for i, b in enumerate(ops)}
    first_use: dict[str, int] = {}
    for arrow in picture.arrows:
        if arrow.source not in row_of:
            row = row_of[arrow.target]
            first_use[arrow.source] = min(row, first_use.get(arrow.source, row))
    beside: dict[int, list[Box]] = {}
    above: dict[int, Box] = {}
    fed = {a.target for a in picture.arrows if a.source in row_of}
    for box in picture.boxes:
        if box.id in row_of:
            continue
        row = first_use.get(box.id, 0)
        starts = box.role == "input" and ops and ops[row].id not in fed and row not in above
        if starts:
            above[row] = box  # the path begins here: the input stands on top of it
        else:
            beside.setdefault(row, []).append(box)
    return above, beside, first_use


def place(picture: Picture, rankdir: str = "TB") -> Layout:
    """Positions for all boxes, frames and arrows."""
    across = rankdir == "LR"
    ops = [b for b in picture.boxes if b.is_op]
    row_of = {b.id: i for i, b in enumerate(ops)}
    above, beside, first_use = leaves_of(picture)
    sizes = {b.id: size_of(b) for b in picture.boxes}

    def length(box: Box) -> float:  # along the path
        return sizes[box.id][0 if across else 1]

    def breadth(box: Box) -> float:
        return sizes[box.id][1 if across else 0]

    op_breadth = max([breadth(b) for b in ops] + [breadth(b) for b in above.values()] + [60])
    leaf_breadth = max([_stack(boxes, breadth, across) for boxes in beside.values()] + [0])
    inner, outer = (len({*lanes.values()}) for lanes in _buses(picture, row_of, first_use))
    opened, closed = _frame_edges(picture, row_of)
    deepest = max([f.depth for f in picture.frames] + [-1]) + 1
    margin = float(PAD * (deepest + 1))
    op_at = margin + leaf_breadth + (BESIDE + CHANNEL * inner if leaf_breadth else 0)
    rects: dict[str, Rect] = {}
    edges: dict[int, tuple[float, float]] = {}
    position = 40.0
    if not ops:  # nothing was recorded: what there is stands in one column
        for box in picture.boxes:
            rects[box.id] = Rect(margin, position, breadth(box), length(box))
            position += length(box) + PAD
        return Layout(leaf_breadth + 2 * margin, position, rects, [], [])
    for i, op in enumerate(ops):
        if i in above:
            box = above[i]
            rects[box.id] = Rect(op_at + (op_breadth - breadth(box)) / 2, position, breadth(box), length(box))
            position += length(box) + GAP
        start = position
        position += opened.get(i, 0) * (TITLE + PAD)
        leaves = beside.get(i, [])
        stacked = _stack(leaves, length, not across)
        extent = max(length(op), stacked)
        rects[op.id] = Rect(
            op_at + (op_breadth - breadth(op)) / 2,
            position + (extent - length(op)) / 2,
            breadth(op),
            length(op),
        )
        along, aside = position + (extent - stacked) / 2, float(margin)
        for leaf in leaves:
            if across:
                rects[leaf.id] = Rect(
                    aside, position + (extent - length(leaf)) / 2, breadth(leaf), length(leaf)
                )
                aside += breadth(leaf) + PAD
            else:
                rects[leaf.id] = Rect(
                    margin + leaf_breadth - breadth(leaf), along, breadth(leaf), length(leaf)
                )
                along += length(leaf) + PAD
        position += extent
        edges[i] = (start, position)
        position += closed.get(i, 0) * PAD + GAP
    breadth_total = op_at + op_breadth + margin + CHANNEL * outer + PAD
    frames = []
    for frame in picture.frames:
        rows = [row_of[b] for b in frame.boxes]
        level = sum(
            1
            for f in picture.frames
            if f is not frame and f.depth > frame.depth and row_of[f.boxes[0]] == rows[0]
        )
        ends = sum(
            1
            for f in picture.frames
            if f is not frame and f.depth > frame.depth and row_of[f.boxes[-1]] == rows[-1]
        )
        here = opened.get(rows[0], 0) - level - 1
        start = edges[rows[0]][0] + here * (TITLE + PAD)
        end = edges[rows[-1]][1] + (ends + 1) * PAD - PAD / 2
        inset = PAD * (frame.depth + 0.5)
        frames.append(Rect(inset, start, op_at + op_breadth + margin - 2 * inset, end - start))
    lines = _routes(picture, rects, row_of, first_use, op_at, op_breadth + margin)
    layout = Layout(breadth_total, position, rects, frames, lines)
    return _transposed(layout) if across else layout


def _stack(boxes: list[Box], measure, summed: bool) -> float:
    values = [measure(b) for b in boxes]
    if not values:
        return 0
    return sum(values) + PAD * (len(values) - 1) if summed else max(values)


def _frame_edges(picture: Picture, row_of: dict[str, int]) -> tuple[dict[int, int], dict[int, int]]:
    opened: dict[int, int] = {}
    closed: dict[int, int] = {}
    for frame in picture.frames:
        first, last = row_of[frame.boxes[0]], row_of[frame.boxes[-1]]
        opened[first] = opened.get(first, 0) + 1
        closed[last] = closed.get(last, 0) + 1
    return opened, closed


def _lanes(spans: list[tuple[int, int]]) -> list[int]:
    """A lane for each interval so that no two in one lane overlap; short ones inside."""
    taken: list[list[tuple[int, int]]] = []
    lanes = [0] * len(spans)
    for k in sorted(range(len(spans)), key=lambda k: (spans[k][1] - spans[k][0], spans[k])):
        first, last = spans[k]
        free = (n for n, others in enumerate(taken) if all(last <= a or b <= first for a, b in others))
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((first, last))
        lanes[k] = lane
    return lanes


def _skips(arrow: Arrow, row_of: dict[str, int], first_use: dict[str, int]) -> bool:
    """Whether an arrow passes rows on its way."""
    start = row_of.get(arrow.source)
    if start is None:
        return row_of[arrow.target] != first_use[arrow.source]
    return row_of[arrow.target] != start + 1


def _buses(
    picture: Picture, row_of: dict[str, int], first_use: dict[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """The lane in which all arrows of one box run past rows: of leaves (inside), of ops (outside)."""
    spans: tuple[dict, dict] = ({}, {})
    for arrow in picture.arrows:
        if _skips(arrow, row_of, first_use):
            side = spans[arrow.source in row_of]
            start = row_of.get(arrow.source, first_use.get(arrow.source, 0))
            last = max(row_of[arrow.target], side.get(arrow.source, (0, 0))[1])
            side[arrow.source] = (start, last)
    inner, outer = (dict(zip(side, _lanes(list(side.values())))) for side in spans)
    return inner, outer


def _routes(picture, rects, row_of, first_use, op_at, to_side) -> list[Line]:
    inner, outer = _buses(picture, row_of, first_use)
    lines = []
    for arrow in picture.arrows:
        s, t = rects[arrow.source], rects[arrow.target]
        skips = _skips(arrow, row_of, first_use)
        if arrow.source in row_of or (s.y + s.h < t.y and not skips):
            if not skips:  # straight down to the next row
                points = [(s.x + s.w / 2, s.y + s.h), (t.x + t.w / 2, t.y)]
            else:
                side = op_at + to_side + CHANNEL * outer[arrow.source]
                points = [
                    (s.x + s.w, s.y + s.h * 0.7),
                    (side, s.y + s.h * 0.7),
                    (side, t.y + t.h * 0.3),
                    (t.x + t.w, t.y + t.h * 0.3),
                ]
        else:
            start = (s.x + s.w, s.y + s.h / 2)
            if skips:
                side = op_at - 14 - CHANNEL * inner[arrow.source]
                points = [start, (side, start[1]), (side, t.y + t.h * 0.75), (t.x, t.y + t.h * 0.75)]
            else:
                bend = max(s.x + s.w + 4, op_at - 10)
                level = min(max(start[1], t.y + 6), t.y + t.h - 6)
                points = [start, (bend, start[1]), (bend, level), (t.x, level)]
                if level == start[1]:
                    points = [start, (t.x, level)]
        lines.append(Line(points, arrow.times, arrow.source, arrow.target))
    return lines


def _transposed(layout: Layout) -> Layout:
    """Rows as columns: x and y change places."""

    def turn(r: Rect) -> Rect:
        return Rect(r.y, r.x + 30, r.h, r.w)

    return Layout(
        layout.height,
        layout.width + 30,
        {id: turn(r) for id, r in layout.boxes.items()},
        [turn(r) for r in layout.frames],
        [
            Line([(y, x + 30) for x, y in line.points], line.times, line.source, line.target)
            for line in layout.lines
        ],
    )
