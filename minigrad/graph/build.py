"""From recorded nodes to a Picture: names, roles, folding, frames.

    collect      the nodes below some tensors, oldest first
    Namer        what leaves and inputs are called
    build        the Picture

Each node is visited once, with an explicit stack; nothing is computed on the tensors'
values but norms of gradients and the printed loss, and nothing is changed.

Below: model.py, measure.py, tape.py. Above: drawing.py. Tests: tests/graph.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tape import Node, Source, Variable
from .fold import fold, hidden_leaves
from .measure import measurement_of, not_finite
from .model import Arrow, Box, Frame, Picture

# An attribute that has this value is what a reader assumes and is not written on the box.
USUAL: dict[str, tuple] = {
    "stride": (1, (1, 1)),
    "padding": (0, (0, 0), (0, 0, 0, 0)),
    "dilation": (1, (1, 1)),
    "groups": (1,),
    "reduction": ("mean",),
    "ignore_index": (-100,),
    "label_smoothing": (0.0,),
    "smoothing": (0.0,),
    "alpha": (1,),
}
SHORT_DTYPE = {"float32": "f32", "float64": "f64", "float16": "f16", "int64": "i64", "int32": "i32"}


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


def output_text(node: Node) -> str:
    """Shape and dtype of the output; of several, those that can carry a gradient."""
    if not isinstance(node.dtype, tuple):
        return f"{shape_text(node.shape)} {dtype_text(node.dtype)}"
    shown = [shape_text(s) for s, d in zip(node.shape, node.dtype) if d.kind == "f"]
    return f"{', '.join(shown)} {dtype_text(node.dtype[0])}"


def shape_text(shape: tuple) -> str:
    return "x".join(map(str, shape)) if shape else "scalar"


def dtype_text(dtype: Any) -> str:
    return SHORT_DTYPE.get(str(dtype), str(dtype))


def number(value: float) -> str:
    """Four significant digits without the noise: 0.02891, 2.891e-05."""
    return f"{value:.4g}"


def size_text(nbytes: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= factor / 10:
            return f"{nbytes / factor:.2f} {unit}"
    return f"{int(nbytes)} B"


def norm(array: np.ndarray) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))


def argument_names(primitive: Any) -> list[str]:
    """The names of the forward's inputs, such as ["input", "weight", "bias"]."""
    try:
        parameters = inspect.signature(primitive.forward).parameters
    except (TypeError, ValueError):
        return []
    return [name.lstrip("*") for name in parameters]


class Namer:
    """Names for leaves (Tensors) and inputs (Sources), each used once.

    From the model's parameters, then the caller's variables, then the module path and the
    argument the tensor was passed as.
    """

    def __init__(self, model: Any, variables: dict[str, Any]):
        self.known: dict[int, str] = {}
        for name, value in variables.items():
            if isinstance(value, Variable) and not name.startswith("_") and value.node is None:
                self.known.setdefault(id(value), name)
                if value._source is not None:
                    self.known.setdefault(id(value._source), name)
        for name, value in _named_tensors(model):
            self.known[id(value)] = name
            if value._source is not None:
                self.known[id(value._source)] = name
        self.used: dict[int, str] = {}
        self.taken: set[str] = set()

    def name(self, thing: Any, scope: str, argument: str) -> str:
        if id(thing) not in self.used:
            wish = self.known.get(id(thing))
            if wish is None:
                wish = f"{scope}.{argument}" if scope and argument in ("weight", "bias") else argument
            name, n = wish, 1
            while name in self.taken:
                n += 1
                name = f"{wish}_{n}"
            self.taken.add(name)
            self.used[id(thing)] = name
        return self.used[id(thing)]


def _named_tensors(model: Any) -> list[tuple[str, Any]]:
    if model is None:
        return []
    buffers = model.named_buffers() if hasattr(model, "named_buffers") else ()
    return [*model.named_parameters(), *buffers]


def _gradient_text(g: Variable | None) -> str:
    return "grad: none" if g is None else f"|g| {number(norm(g.array))}"


def leaf_box(leaf: Variable, id: str, name: str) -> Box:
    """A parameter (or any leaf that takes a gradient), with the norms of value and gradient."""
    a = leaf.array
    role = "parameter" if leaf._requires_grad else "frozen"
    lines = [f"{shape_text(a.shape)} {dtype_text(a.dtype)}", f"|w| {number(norm(a))}"]
    lines[1] += "  " + _gradient_text(leaf._grad)
    details = [f"{name}: {shape_text(a.shape)} {a.dtype}, {size_text(a.nbytes)}"]
    if a.size and a.dtype.kind == "f":
        details.append(f"min {number(a.min())}, max {number(a.max())}, mean {number(a.mean())}")
    bad = not_finite(a) or (not_finite(leaf._grad.array) if leaf._grad is not None else "")
    return Box(id, role, name, lines, details, bad=bad, shape=lines[0], gradient=_gradient_text(leaf._grad))


def source_box(source: Source, id: str, name: str, in_module: bool) -> Box:
    """An input that takes no gradient: data, targets, a frozen parameter."""
    shape = f"{shape_text(source.shape)} {dtype_text(source.dtype)}"
    role = "frozen" if in_module else "input"
    return Box(
        id, role, name, [shape, "grad: none"] if in_module else [shape], [f"{name}: {shape}"], shape=shape
    )


def op_box(node: Node, id: str, role: str) -> Box:
    """An op: its name, unusual attributes, output shape, and what was measured."""
    found = measurement_of(node)
    shape = output_text(node)
    extra = [f"{k} {v}" for k, v in node.attributes.items() if _worth_showing(k, v)]
    lines = [", ".join(extra)[:48]] if extra else []
    name = node.primitive.name.removesuffix("_number")
    box = Box(id, role, name, lines, shape=shape, scope=_path(node.scope))
    box.details = [f"{node.primitive.name} -> {shape}", f"module: {box.scope or 'none'}"]
    kept = kept_names(node)
    box.details.append(f"keeps for backward: {', '.join(kept) if kept else 'nothing'}")
    if found is None:
        box.details.append("values, times and lines: not recorded (use minigrad.record())")
    else:
        box.details += found.lines()
        box.bad, box.first_bad = found.bad, found.first_bad
        if found.bad_gradient:
            box.bad = f"{box.bad}, gradient {found.bad_gradient}".lstrip(", ")
        if found.gradient_norm is not None:
            box.gradient = f"|g| {number(found.gradient_norm)}"
    box.lines.append(shape + (f"  {box.gradient}" if box.gradient else ""))
    return box


def _worth_showing(name: str, value: Any) -> bool:
    if value is None or value is False or type(value) not in (int, float, str, tuple):
        return False
    return not (name in USUAL and value in USUAL[name])


def _path(scope: Any) -> str:
    return scope if isinstance(scope, str) else getattr(scope, "path", "")


def kept_names(node: Node) -> list[str]:
    """What the rule keeps, by name and size; parameters and inputs count where they lie."""
    names = node.primitive.keeps or []
    sizes = residual_sizes(node)
    return [f"{n} {size_text(s)}" if s else n for n, s in zip(names, sizes)]


def residual_sizes(node: Node) -> list[int]:
    freed = getattr(node.residuals, "sizes", None)
    if freed is not None:
        return list(freed)
    if not isinstance(node.residuals, (tuple, list)):
        return []
    return [getattr(r, "nbytes", 0) for r in node.residuals]


def kept_bytes(nodes: Iterable[Node]) -> int:
    """Bytes held for the backward beyond parameters, each array once."""
    total = 0
    seen: set = set()
    for node in nodes:
        sources = node.primitive.sources or (None,) * len(residual_sizes(node))
        for k, (source, nbytes) in enumerate(zip(sources, residual_sizes(node))):
            if type(source) is tuple:
                place: Any = (node, source[1])
            elif source is not None:
                parent = node.parents[source]
                if isinstance(parent, Variable):
                    continue  # a parameter is there anyway
                place = (parent, 0 if node.slots is None else node.slots[source])
            else:
                place = (node, "kept", k)
            if place not in seen:
                seen.add(place)
                total += nbytes
    return total


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
    namer = Namer(model, variables or {})
    root_nodes = {r.node: n for r, n in zip(roots, names) if r.node is not None}
    groups = fold(nodes, set(root_nodes), depth, max_nodes)
    hidden = hidden_leaves(groups)
    box_of: dict[Any, str] = {}
    boxes: list[Box] = []
    arrows: dict[tuple[str, str], Arrow] = {}
    in_order: list[Box] = []
    leaves = 0
    for count, group in enumerate(groups, 1):
        own = f"n{count}"
        last = group.nodes[-1]
        role = "loss" if last in root_nodes and len(roots) == 1 else "op"
        box = op_box(last, own, role)
        if group.title:
            box.role, box.name, box.ops = "fold", group.title, len(group.nodes)
            box.lines = [f"{len(group.nodes)} ops", *box.lines[-1:]]
        if last in root_nodes:
            root = next(r for r in roots if r.node is last)
            if root.array.ndim == 0:
                box.lines.append(f"{root_nodes[last]} = {number(float(root.array))}")
                box.remark = f"{root_nodes[last]} = {number(float(root.array))}"
        for node in group.nodes:
            box_of[node] = own
        within: set[int] = set()
        for node in group.nodes:
            arguments = argument_names(node.primitive)
            for i, parent in enumerate(node.parents):
                if isinstance(parent, (Variable, Source)):
                    if id(parent) in hidden:
                        within.add(id(parent))
                        continue
                    argument = arguments[min(i, len(arguments) - 1)] if arguments else "input"
                    if id_of(parent) not in box_of:
                        leaves += 1
                        name = namer.name(parent, _path(node.scope), argument)
                        leaf_id = f"p{leaves}"
                        box_of[id_of(parent)] = leaf_id
                        known = name in dict(_named_tensors(model))
                        boxes.append(
                            leaf_box(parent, leaf_id, name)
                            if isinstance(parent, Variable)
                            else source_box(parent, leaf_id, name, known)
                        )
                    source = box_of[id_of(parent)]
                    box.inputs.append(next(b.name for b in boxes if b.id == source))
                elif type(parent) is Node:
                    source = box_of[parent]
                    if source == own:
                        continue
                    box.inputs.append(source[1:])
                elif parent is not None:
                    if not group.title:
                        box.inputs.append(f"number {parent:g}")
                    continue
                else:
                    continue
                arrow = arrows.get((source, own))
                if arrow is None:
                    arrows[source, own] = Arrow(source, own)
                else:
                    arrow.times += 1
        if within:
            box.lines[0] += f", {len(within)} tensors of their own"
        boxes.append(box)
        in_order.append(box)
    frames = _frames(groups, in_order, depth, model)
    picture = Picture("", boxes, list(arrows.values()), frames)
    if failed is not None:
        _add_failed(picture, failed, box_of, namer)
    picture.title = _title(roots, names, nodes, boxes, groups, failed)
    return picture


def id_of(parent: Any) -> Any:
    """Leaves are compared by identity: a Tensor's == is elementwise."""
    return ("leaf", id(parent))


def _add_failed(picture: Picture, failed: Any, box_of: dict, namer: Namer) -> None:
    """The op that raised, red, with the shapes it got."""
    shapes = [f"{shape_text(x.array.shape)} {dtype_text(x.array.dtype)}" for x in failed.inputs]
    box = Box("failed", "failed", failed.name, [" and ".join(shapes)], [failed.message], scope=failed.scope)
    box.shape, box.remark = " and ".join(shapes), "failed: " + failed.message
    for x in failed.inputs:
        source = box_of.get(x.node) if x.node is not None else box_of.get(id_of(x))
        if source is None and x.node is None:
            source = f"p{sum(not b.is_op for b in picture.boxes) + 1}"
            name = namer.name(x, failed.scope, "input")
            box_of[id_of(x)] = source
            picture.boxes.append(
                leaf_box(x, source, name)
                if x._requires_grad
                else source_box(x._source or Source(x.array), source, name, False)
            )
        if source is not None:
            picture.arrows.append(Arrow(source, "failed"))
            box.inputs.append(source[1:] if source.startswith("n") else picture.box(source).name)
    picture.boxes.append(box)


def _frames(groups: list, boxes: list[Box], depth: int, model: Any) -> list[Frame]:
    """One frame for each run of boxes under one module path, for each level up to ``depth``.

    A module that ran a single op without parameters, such as a ReLU, gets none: the box says it.
    """
    modules = dict(model.named_modules()) if model is not None else {}
    frames: list[Frame] = []
    open_frames: list[Frame] = []
    for group, box in zip(groups, boxes):
        parts = box.scope.split(".") if box.scope else []
        paths = [".".join(parts[: i + 1]) for i in range(min(len(parts), depth))]
        while open_frames and open_frames[-1].path not in paths:
            open_frames.pop()
        for path in paths[len(open_frames) :]:
            title = _frame_title(path, modules.get(path), group)
            frame = Frame(path, title, [], len(open_frames))
            frames.append(frame)
            open_frames.append(frame)
        for frame in open_frames:
            frame.boxes.append(box.id)
    bare = {
        box.id
        for group, box in zip(groups, boxes)
        if not any(isinstance(p, Variable) for node in group.nodes for p in node.parents)
    }
    return [f for f in frames if len(f.boxes) > 1 or f.boxes[0] not in bare]


def _frame_title(path: str, module: Any, group: Any) -> str:
    label = None
    if module is not None:
        extra = module.extra_repr() if not list(module.children()) else ""
        extra = re.sub(r"(in_features|out_features|kernel_size)=", "", extra)
        extra = re.sub(r", (stride=\(1, 1\)|bias=True)", "", extra)
        label = f"{type(module).__name__}({extra})"
    else:
        label = getattr(group.nodes[-1].scope, "labels", {}).get(path)
    if not label:
        return path
    return f"{path}: {label if len(label) <= 56 else label[:55] + '…'}"


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
    folded = sum(len(g.nodes) for g in groups if g.title)
    return text + (f"; {folded} ops folded into {sum(bool(g.title) for g in groups)} boxes" if folded else "")
