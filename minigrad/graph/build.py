"""From recorded nodes to a Picture: boxes, arrows, frames, the title.

    collect      the nodes below some tensors, oldest first
    build        the Picture

Each node is visited once, with an explicit stack; nothing is computed on the tensors'
values but norms of gradients and the printed loss, and nothing is changed.

Below: boxes.py, naming.py, frames.py, fold.py. Above: drawing.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..node import Node, Source
from ..tape import Variable
from .boxes import kept_bytes, leaf_box, measure_fold, op_box, source_box
from .fold import Group, fold, hidden_leaves
from .frames import frames_of
from .measure import measurement_of
from .model import Arrow, Box, Picture
from .naming import Namer, argument_names, path_of
from .wording import dtype_text, shape_text, size_text


def collect(roots: Iterable[Variable]) -> list[Node]:
    """All nodes that ``roots`` were computed by, oldest first."""
    seen: set[Node] = set()
    stack = [r.node for r in roots if r.node is not None]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        stack.extend(p for p in node.parents if type(p) is Node and p not in seen)
    return sorted(seen, key=lambda n: n.serial)


def build(
    roots: list[Variable],
    names: list[str],
    model: Any = None,
    variables: dict[str, Any] | None = None,
    depth: int = 2,
    max_nodes: int = 300,
    failed: Any = None,
) -> Picture:
    """The picture of everything that ``roots`` were computed from."""
    nodes = collect(roots)
    named_roots = {r.node: (n, r) for r, n in zip(roots, names) if r.node is not None}
    groups = fold(nodes, set(named_roots), depth, max_nodes)
    draft = _Draft(Namer(model, variables or {}), hidden_leaves(groups))
    result = "loss" if len(roots) == 1 and failed is None else "op"
    ops = [draft.add_group(i, group, named_roots, result) for i, group in enumerate(groups, 1)]
    frames = frames_of(groups, ops, depth, model)
    if failed is not None:
        draft.add_failed(failed)
    title = _title(roots, names, nodes, draft.boxes, groups, failed)
    return Picture(title, draft.boxes, list(draft.arrows.values()), frames)


class _Draft:
    """Boxes and arrows so far."""

    def __init__(self, namer: Namer, hidden: set[int]):
        self.namer, self.hidden = namer, hidden
        self.boxes: list[Box] = []
        self.arrows: dict[tuple[str, str], Arrow] = {}
        self._op_of: dict[Node, Box] = {}
        self._leaf_of: dict[int, Box] = {}  # by identity: a Tensor's == is elementwise

    def add_group(self, place: int, group: Group, named_roots: dict, result: str) -> Box:
        """The box of an op, or of several folded into one, after those of its leaves.

        ``result`` is the role of an op whose output is one of the roots.
        """
        last = group.nodes[-1]
        box = op_box(last, f"n{place}", result if last in named_roots else "op")
        if group.title:
            box.role, box.name, box.ops = "fold", group.title, len(group.nodes)
            box.lines = [f"{len(group.nodes)} ops", *box.lines[-1:]]
            measure_fold(box, group.nodes)
        if last in named_roots:
            name, root = named_roots[last]
            if root.array.ndim == 0:
                box.shape = f"scalar {float(root.array):.5g}"
                box.lines[-1] = "  ".join(part for part in (f"{name}: {box.shape}", box.gradient) if part)
        for node in group.nodes:
            self._op_of[node] = box
        within = {
            id(parent)
            for node in group.nodes
            for i, parent in enumerate(node.parents)
            if not self._add_input(box, node, i, parent) and id(parent) in self.hidden
        }
        if within:
            box.lines[0] += f", {len(within)} tensors of their own"
        self.boxes.append(box)
        return box

    def _add_input(self, box: Box, node: Node, place: int, parent: Any) -> bool:
        """An arrow to ``box``; False if the parent is not drawn."""
        if type(parent) is Node:
            source = self._op_of[parent]
            if source is box:
                return False
            box.inputs.append(source.id[1:])
        elif isinstance(parent, (Variable, Source)):
            if id(parent) in self.hidden:
                return False
            source = self._leaf(node, place, parent)
            box.inputs.append(source.name)
        else:
            if parent is not None and box.role != "fold":
                box.inputs.append(f"number {parent:g}")
            return False
        self._arrow(source, box)
        return True

    def _leaf(self, node: Node, place: int, parent: Any) -> Box:
        if id(parent) not in self._leaf_of:
            arguments = argument_names(node.primitive)
            argument = arguments[min(place, len(arguments) - 1)] if arguments else "input"
            box = self._new_leaf(parent, path_of(node), argument)
            found = measurement_of(node)
            if isinstance(parent, Source) and found is not None:
                box.bad = found.bad_inputs.get(place, "")
        return self._leaf_of[id(parent)]

    def _new_leaf(self, parent: Any, scope: str, argument: str) -> Box:
        name, id_ = self.namer.name(parent, scope, argument), f"p{len(self._leaf_of) + 1}"
        if isinstance(parent, Variable):
            box = leaf_box(parent, id_, name)
        else:
            box = source_box(parent, id_, name, name in self.namer.of_model)
        self._leaf_of[id(parent)] = box
        self.boxes.append(box)
        return box

    def _arrow(self, source: Box, target: Box) -> None:
        arrow = self.arrows.setdefault((source.id, target.id), Arrow(source.id, target.id, 0))
        arrow.times += 1

    def add_failed(self, failed: Any) -> None:
        """The op that raised, red, with the shapes it got."""
        shapes = [f"{shape_text(x.array.shape)} {dtype_text(x.array.dtype)}" for x in failed.inputs]
        box = Box("failed", "failed", failed.name, [" and ".join(shapes)], [failed.message])
        box.shape, box.remark = " and ".join(shapes), "failed: " + failed.message
        for x in failed.inputs:
            if x.node is not None:
                source = self._op_of[x.node]
                box.inputs.append(source.id[1:])
            else:
                leaf = x if x._requires_grad else x._source or Source(x.array)
                source = self._leaf_of.get(id(leaf)) or self._new_leaf(leaf, "", "input")
                box.inputs.append(source.name)
            self._arrow(source, box)
        self.boxes.append(box)


def _title(roots, names, nodes, boxes, groups, failed) -> str:
    parameters = sum(b.role == "parameter" for b in boxes)
    if failed is not None:
        head = f"forward failed in {failed.name}"
    elif len(roots) == 1 and roots[0].array.ndim == 0:
        head = f"{names[0]} = {float(roots[0].array):.5g}"
    else:
        head = ", ".join(f"{n}: {shape_text(r.array.shape)}" for n, r in zip(names, roots))
    if any(hasattr(n.residuals, "sizes") for n in nodes):
        head += " (after backward)"
    text = (
        f"{head}, {len(nodes)} op{'s' * (len(nodes) != 1)}, "
        f"{parameters} parameter{'s' * (parameters != 1)}, {size_text(kept_bytes(nodes))} kept"
    )
    folded = [len(g.nodes) for g in groups if g.title]
    if not folded:
        return text
    return f"{text}; {sum(folded)} ops folded into {len(folded)} box{'es' * (len(folded) != 1)}"
