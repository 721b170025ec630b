"""Nodes: what the tape remembers of one call of a primitive, and of what went into it.

    Node            one recorded call: primitive, parents, residuals
    Source          an input that takes no gradient
    AccumulateGrad  the end of a path back, at a leaf
    View            how a view is cut out of its base, so that writes to either reach the other
    Deferred, Freed in place of residuals: to be worked out again, or gone

Above: tape.py, which makes them. Tests: tests/tape.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .tape import Variable

serial = count()


class Source:
    """What the graph remembers of an input that takes no gradient (it does not keep it)."""

    __slots__ = ("dtype", "serial", "shape")

    def __init__(self, array: np.ndarray):
        self.shape, self.dtype, self.serial = array.shape, array.dtype, next(serial)


class View:
    """How a view's array was cut out of its base: ``steps`` are (primitive, attributes).

    ``seen`` is the base's node when the view was made: a recorded in-place write gives the
    base a new one, and the view then starts from that (``refresh_view``).
    """

    __slots__ = ("base", "seen", "steps")

    def __init__(self, base: Variable, steps: tuple):
        self.base, self.steps, self.seen = base, steps, base.node


class Node:
    """One recorded call of a primitive; ``record`` makes it.

    parents    per input: the Node that made it, the leaf itself, a Source, or a constant
    slots      per input: which output of that parent, or None where all are the first
    needs      per input: whether a gradient is wanted
    residuals  what the rule keeps; Freed once they have been used, or a Deferred
    versions   the version lists of the inputs (None for constants), of the outputs, of kept constants
    origin     the user's line that recorded it, as ``caller`` gives it
    hooks      triples (slot, hook, last): called on a gradient before the rule
    """

    primitive: Any
    parents: list
    slots: list | None
    needs: list | tuple
    residuals: Any
    attributes: dict
    shape: Any
    dtype: Any
    serial: int
    scope: str
    origin: Any
    hooks: list | None
    versions: list

    __slots__ = (
        "__weakref__", "attributes", "dtype", "hooks", "needs", "origin", "parents", "primitive",
        "residuals", "scope", "serial", "shape", "slots", "versions",
    )  # fmt: skip

    def __repr__(self) -> str:
        return f"<{self.name()}>"

    def name(self) -> str:
        """The name PyTorch's printouts would show, such as ``MulBackward0``."""
        words = self.primitive.name.removesuffix("_number").split("_")
        return "".join(w[:1].upper() + w[1:] for w in words) + "Backward0"

    @property
    def next_functions(self) -> tuple:
        """Per input a pair (node, which of its outputs); a leaf is an AccumulateGrad."""
        found: list = []
        for i, parent in enumerate(self.parents):
            if not self.needs[i]:
                found.append((None, 0))
            elif type(parent) is Node:
                found.append((parent, 0 if self.slots is None else self.slots[i]))
            else:
                found.append((AccumulateGrad(parent), 0))
        return tuple(found)


class AccumulateGrad:
    """The end of a path back: where the gradient of the leaf ``variable`` is summed."""

    __slots__ = ("variable",)
    next_functions = ()

    def __init__(self, variable: Variable):
        self.variable = variable

    def __eq__(self, other: Any) -> bool:
        return type(other) is AccumulateGrad and other.variable is self.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))

    def __repr__(self) -> str:
        return "<AccumulateGrad>"

    def name(self) -> str:
        return "AccumulateGrad"


class Deferred:
    """In place of residuals that are worked out again when they are needed."""

    def residuals(self) -> tuple:
        raise TypeError(f"{type(self).__name__} must say how its residuals are worked out.")


class Freed:
    """In place of residuals that a backward pass has used and let go; ``sizes`` in bytes."""

    __slots__ = ("sizes",)

    def __init__(self, residuals: tuple):
        self.sizes = [r.nbytes if type(r) is np.ndarray else 0 for r in residuals]
