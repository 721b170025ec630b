"""minigrad.draw: the picture of a computation.

    draw     tensors, a module with an example input, or a failed forward -> Graph
    Graph    .svg() .html() .text() .dot .mermaid() .to_dict() .save(path); shows in notebooks

Drawing reads and never changes: loss, gradients and random state stay bit for bit.
Layout rules: layout.py. Tests: tests/graph.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..grad_mode import enable_grad
from ..random import fork_rng
from ..tape import Variable
from ..utils.files import atomic_write
from .build import build, collect, leaf_box
from .dot import to_dot, to_mermaid
from .failure import Failure, failure_of
from .graphviz import has_dot, place_with_dot, render, suits_dot
from .heat import heat
from .model import Picture
from .naming import model_among
from .svg import clean, to_html, to_svg
from .text import to_text

__all__ = ["Graph", "draw"]


class Graph:
    """A finished picture; what it shows was fixed when ``draw`` was called."""

    def __init__(self, picture: Picture, theme: str, rankdir: str, legend: bool):
        self.picture = picture
        self._options = (theme, rankdir, legend)

    @property
    def dot(self) -> str:
        """The picture in Graphviz's language."""
        return to_dot(self.picture, *self._options[:2])

    def svg(self, engine: str = "auto") -> str:
        """SVG, laid out by ``engine``: "dot" (Graphviz) or "own" (no program needed).

        "auto" is Graphviz where its program is installed, but "own" for more than 100 boxes and for
        weights that feed more than three ops, as in an unrolled recurrent network: Graphviz takes
        seconds for those, and its arrows tangle.
        Raises RuntimeError with the install line for "dot" where it is missing.
        """
        if engine not in ("auto", "own", "dot"):
            raise ValueError(f"svg got engine={engine!r}; it needs 'auto', 'own' or 'dot'.")
        if engine == "auto":
            engine = "dot" if suits_dot(self.picture) and has_dot() else "own"
        theme, rankdir, legend = self._options
        layout = place_with_dot(self.picture, rankdir) if engine == "dot" else None
        return to_svg(self.picture, theme, rankdir, legend, layout)

    def html(self, engine: str = "auto") -> str:
        """The drawing for a page or a notebook cell, without script; ``engine`` as in ``svg``."""
        return to_html(self.svg(engine))

    def mermaid(self) -> str:
        """The picture as a Mermaid flowchart."""
        return to_mermaid(self.picture, self._options[1])

    def text(self) -> str:
        """The picture in words, oldest op first."""
        return to_text(self.picture)

    def to_dict(self) -> dict[str, Any]:
        """Title, boxes, arrows and frames as plain dicts and lists."""
        return asdict(self.picture)

    def save(self, path: str | os.PathLike) -> Path:
        """Write the file; the suffix picks .svg, .html, .dot/.gv, .mmd, .txt, .png or .pdf.

        Raises ValueError for another suffix, RuntimeError where png or pdf lack Graphviz. The
        file is complete or not there at all.
        """
        target = Path(path)
        suffix = target.suffix.lower().lstrip(".")
        writers = {
            "svg": self.svg,
            "html": self._page,
            "dot": lambda: self.dot,
            "gv": lambda: self.dot,
            "mmd": self.mermaid,
            "txt": self.text,
        }
        if suffix in writers:
            content = writers[suffix]().encode("utf-8")
        elif suffix in ("png", "pdf"):
            content = render(self.dot, suffix)
        else:
            raise ValueError(
                f"save got {target.name!r}; it needs a name that ends in .svg, .html, .dot, .gv, "
                ".mmd, .txt, .png or .pdf."
            )
        with atomic_write(target, "wb") as file:
            file.write(content)
        return target

    def _page(self) -> str:
        scheme = {"auto": "light dark"}.get(self._options[0], self._options[0])
        return (
            f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            f'<meta name="color-scheme" content="{scheme}">\n'
            f"<title>{clean(self.picture.title)}</title>\n{self.svg()}\n</html>\n"
        )

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}


def draw(
    target: Any,
    model: Any = None,
    *,
    depth: int = 2,
    direction: str = "forward",
    color_by: str | None = None,
    theme: str = "auto",
    rankdir: str = "TB",
    max_nodes: int = 300,
    legend: bool = True,
) -> Graph:
    """The picture of what ``target`` was computed from.

    target      a Tensor, a tuple of them, a Module (with an example input as ``model``), or the
                exception that a forward raised: then what ran before, and the op that failed
    model       a Module: its parameter names and layer descriptions are used
    depth       how many levels of modules get a frame; deeper ones become one box
    direction   "forward", or "backward" for the way gradients take
    color_by    "grad", "time" or "bytes" (what was measured under minigrad.record())
    theme       "auto", "light" or "dark";  rankdir  "TB" or "LR"
    max_nodes   more boxes than this are folded; the title says so

    Raises TypeError or ValueError for anything else.

    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> loss = (x * x).sum()
    >>> print(draw(loss).text().splitlines()[0])
    loss = 5, 2 ops, 1 parameter, 0 B kept
    """
    _check(
        direction=direction, color_by=color_by, theme=theme, rankdir=rankdir, depth=depth, max_nodes=max_nodes
    )
    frame = sys._getframe(1)
    variables = {**frame.f_globals, **frame.f_locals}
    failed: Failure | None = None
    if isinstance(target, BaseException):
        failed = failure_of(target)
        roots, names = failed.inputs, ["input"] * len(failed.inputs)
    elif isinstance(target, Variable):
        roots, names = [target], [_name_of(target, variables)]
    elif isinstance(target, (tuple, list)) and target and all(isinstance(t, Variable) for t in target):
        roots, names = list(target), [_name_of(t, variables) for t in target]
    elif hasattr(target, "named_parameters"):
        roots, names, model = *_run(target, model), target
    else:
        raise TypeError(
            f"draw got {type(target).__name__}; it needs a Tensor, a tuple of Tensors, a Module with "
            "an example input, or the exception of a failed forward."
        )
    if model is None:
        model = model_among(variables, collect(roots))
    picture = build(roots, names, model, variables, depth, max_nodes, failed)
    picture.direction = direction
    if failed is None and not collect(roots):
        picture.note = (
            "Nothing was recorded: the tensor is a leaf, or it was computed under no_grad or from "
            "tensors that require no grad."
        )
        picture.boxes = [_alone(root, name, f"p{i}") for i, (root, name) in enumerate(zip(roots, names), 1)]
        picture.legend.append(picture.note)
    if color_by is not None:
        heat(picture, color_by)
    return Graph(picture, theme, rankdir, legend)


def _check(**options: Any) -> None:
    allowed = {
        "direction": ("forward", "backward"),
        "color_by": (None, "grad", "time", "bytes"),
        "theme": ("auto", "light", "dark"),
        "rankdir": ("TB", "LR"),
    }
    for name, values in allowed.items():
        if options[name] not in values:
            listed = ", ".join(map(repr, values))
            raise ValueError(f"draw got {name}={options[name]!r}; it needs one of {listed}.")
    if not isinstance(options["depth"], int) or options["depth"] < 0:
        raise ValueError(f"draw got depth={options['depth']!r}; it needs an integer >= 0.")
    if not isinstance(options["max_nodes"], int) or options["max_nodes"] < 10:
        raise ValueError(f"draw got max_nodes={options['max_nodes']!r}; it needs an integer >= 10.")


def _name_of(tensor: Variable, variables: dict[str, Any]) -> str:
    for name, value in variables.items():
        if value is tensor and not name.startswith("_"):
            return name
    return "result"


def _run(module: Any, example: Any) -> tuple[list[Variable], list[str]]:
    """The outputs of the module for the example; mode, buffers and random state stay as they are."""
    if example is None:
        raise TypeError(
            f"draw got a {type(module).__name__} without an example input; it needs one: draw(model, x)."
        )
    buffers = [(b, b.array.copy()) for b in module.buffers()]
    try:
        with enable_grad(), fork_rng():
            outputs = module(*example) if isinstance(example, (tuple, list)) else module(example)
    finally:
        for buffer, before in buffers:
            buffer.array[...] = before
    outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
    return list(outputs), ["output"] * len(outputs)


def _alone(root: Variable, name: str, id: str) -> Any:
    box = leaf_box(root, id, name)
    if not root._requires_grad:
        box.role = "input"
    return box
