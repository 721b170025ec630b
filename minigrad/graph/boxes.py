"""One box of the picture: a leaf, an input, an op.

    leaf_box, source_box, op_box    a Box with its lines and what shows on hovering
    kept_bytes                      what a graph keeps for its backward

Below: measure.py, model.py, wording.py. Above: build.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..node import Node, Source
from ..tape import Variable
from .measure import Measurement, measurement_of, norm, not_finite
from .model import Box
from .naming import path_of
from .wording import dtype_text, number, shape_text, size_text

# An attribute that has this value is what a reader assumes and is not written on the box.
USUAL: dict[str, tuple] = {
    "stride": (1, (1, 1)),
    "padding": (0, (0, 0), (0, 0, 0, 0)),
    "dilation": (1, (1, 1)),
    "groups": (0, 1),
    "reduction": ("mean",),
    "ignore_index": (-100,),
    "label_smoothing": (0.0,),
    "smoothing": (0.0,),
    "alpha": (1,),
}


def output_text(node: Node) -> str:
    """Shape and dtype of the output; of several, those that can carry a gradient."""
    if not isinstance(node.dtype, tuple):
        return f"{shape_text(node.shape)} {dtype_text(node.dtype)}"
    shown = [shape_text(s) for s, d in zip(node.shape, node.dtype) if d.kind == "f"]
    return f"{', '.join(shown)} {dtype_text(node.dtype[0])}"


def _nbytes(shape: tuple, dtype: Any) -> int:
    """Bytes of an output, or of several together."""
    if isinstance(dtype, tuple):
        return sum(map(_nbytes, shape, dtype))
    return math.prod(shape) * dtype.itemsize


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
    box = Box(id, role, name, lines, details, bad=bad, shape=lines[0], gradient=_gradient_text(leaf._grad))
    if leaf._grad is not None:
        box.measured["grad"] = norm(leaf._grad.array)
    return box


def source_box(source: Source, id: str, name: str, in_module: bool) -> Box:
    """An input that takes no gradient: data, targets, a frozen parameter."""
    shape = f"{shape_text(source.shape)} {dtype_text(source.dtype)}"
    box = Box(id, "input", name, [shape], shape=shape)
    box.details = [f"{name}: {shape}, {size_text(_nbytes(source.shape, source.dtype))}"]
    if in_module:
        box.role, box.remark = "frozen", "no gradient"
        box.lines.append("grad: none")
    elif source.dtype.kind != "f":
        box.remark = f"{'boolean' if source.dtype.kind == 'b' else 'integer'}, no gradient"
    if box.remark:
        box.details.append(box.remark)
    return box


def op_box(node: Node, id: str, role: str) -> Box:
    """An op: its name, unusual attributes, output shape, and what was measured."""
    found = measurement_of(node)
    shape = output_text(node)
    extra = [f"{k} {_short(k, v)}" for k, v in node.attributes.items() if _worth_showing(k, v)]
    lines = [", ".join(extra)[:48]] if extra else []
    name = node.primitive.name.removesuffix("_number")
    box = Box(id, role, name, lines, shape=shape, scope=path_of(node))
    box.details = [f"{node.primitive.name} -> {shape}, {size_text(_nbytes(node.shape, node.dtype))}"]
    box.details.append(f"module: {box.scope or 'none'}")
    kept = kept_names(node)
    box.details.append(f"keeps for backward: {', '.join(kept) if kept else 'nothing'}")
    if found is None:
        box.details.append("values, times and lines: not recorded (use minigrad.record())")
    else:
        box.details += found.lines()
        box.bad, box.first_bad = found.bad, found.first_bad
        if found.bad_gradient:
            box.bad = f"{box.bad}, gradient {found.bad_gradient}".lstrip(", ")
        elif found.bad_result:
            box.bad = f"{box.bad}, sends on {found.bad_result}".lstrip(", ")
        if found.gradient is not None:
            box.gradient = f"g = {number(found.gradient)}"
        elif found.gradient_norm is not None:
            box.gradient = f"|g| {number(found.gradient_norm)}"
        box.measured = _figures(found)
    box.lines.append(shape + (f"  {box.gradient}" if box.gradient else ""))
    return box


def _figures(found: Measurement) -> dict[str, float]:
    """What colours can show, by the name that color_by has for it."""
    figures = {} if found.gradient_norm is None else {"grad": found.gradient_norm}
    if found.forward_seconds is not None:
        figures["bytes"] = float(found.nbytes)
        figures["time"] = found.forward_seconds + (found.backward_seconds or 0.0)
    return figures


def measure_fold(box: Box, nodes: list[Node]) -> None:
    """The figures of several ops in one box: the largest gradient, the sums of time and bytes.

    Bad values show too, and the first bad op of all is not lost inside.
    """
    found = [m for m in map(measurement_of, nodes) if m is not None]
    each = [_figures(m) for m in found]
    for name, together in (("grad", max), ("time", sum), ("bytes", sum)):
        values = [figures[name] for figures in each if name in figures]
        if values:
            box.measured[name] = together(values)
    box.first_bad = any(m.first_bad for m in found)
    worst = next((m for m in found if m.first_bad), None) or next((m for m in found if m.bad), None)
    if worst is not None:
        box.bad = worst.bad or worst.bad_result


def _worth_showing(name: str, value: Any) -> bool:
    if value is None or value is False or type(value) not in (int, float, str, tuple):
        return False
    return not (name in USUAL and value in USUAL[name])


def _short(name: str, value: Any) -> Any:
    """One number where all sides have the same: padding (2, 2, 2, 2) is padding 2."""
    if (
        name in ("padding", "stride", "dilation", "kernel_size")
        and type(value) is tuple
        and len({*value}) == 1
    ):
        return value[0]
    return value


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
