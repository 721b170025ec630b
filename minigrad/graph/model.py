"""What a picture shows, as data: boxes, arrows and frames. No drawing, no Tensors.

    Box      an op, a parameter, an input, the loss, or several ops folded into one
    Arrow    from one box to another; ``times`` for a*a
    Frame    the ops of one module call, a run of consecutive boxes; frames nest
    Picture  all of it, with the title

Boxes of ops stand in the order in which they ran. A module call is an interval of that
order, so frames are intervals too and nest without ever overlapping.

Above: build.py makes one, text.py, dot.py, svg.py draw it. Tests: tests/graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROLES = ("op", "loss", "parameter", "input", "frozen", "fold", "failed")


@dataclass
class Box:
    """One box. ``lines`` are drawn, ``details`` are shown on hovering."""

    id: str
    role: str
    name: str
    lines: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    bad: str = ""  # "NaN x3" where values are not finite
    first_bad: bool = False
    inputs: list[str] = field(default_factory=list)  # what the text form lists
    shape: str = ""
    gradient: str = ""
    scope: str = ""
    remark: str = ""  # what the text form says at the end of the line
    ops: int = 1  # how many recorded ops it stands for
    measured: dict[str, float] = field(default_factory=dict)  # what color_by can show
    heat: float | None = None  # 0 to 1, by color_by

    @property
    def is_op(self) -> bool:
        return self.role in ("op", "loss", "fold", "failed")


@dataclass
class Arrow:
    source: str
    target: str
    times: int = 1


@dataclass
class Frame:
    """The module at ``path``; ``boxes`` are ids, in order."""

    path: str
    title: str
    boxes: list[str]
    depth: int


@dataclass
class Picture:
    title: str
    boxes: list[Box]
    arrows: list[Arrow]
    frames: list[Frame]
    legend: list[str] = field(default_factory=list)
    note: str = ""
    direction: str = "forward"

    def carries_nothing(self, source: str) -> bool:
        """Whether, in the backward view, no gradient goes to this box."""
        return self.direction == "backward" and self.box(source).role in ("input", "frozen")

    def box(self, id: str) -> Box:
        return next(b for b in self.boxes if b.id == id)
