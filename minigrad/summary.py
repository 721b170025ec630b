"""A table of a model: minigrad.summary(model, x).

One row a module with output shape, parameters (shared ones once), bytes of the output and
multiply-adds, from one forward pass under no_grad on an example input.

Below: nn, profiler.py (what counts as a multiply-add). Tests: tests/test_summary.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from . import tape
from .grad_mode import no_grad
from .profiler import flops_of

__all__ = ["Summary", "summary"]


@dataclass
class SummaryRow:
    """One module: its path and what it did."""

    path: str
    depth: int
    kind: str
    shape: str
    parameters: int  # its own, not those of its children; a shared one counts where it is first met
    shared: bool
    nbytes: int
    multiply_adds: int


class Summary:
    """The rows and their totals; prints as text, shows as a table in notebooks."""

    header = ("module", "kind", "output", "parameters", "kB", "multiply-adds")

    def __init__(self, rows: list[SummaryRow], trainable: int, total: int, input_shape: str):
        self.rows, self.trainable, self.total, self.input_shape = rows, trainable, total, input_shape

    @property
    def multiply_adds(self) -> int:
        return sum(r.multiply_adds for r in self.rows)

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                "  " * r.depth + (r.path.rpartition(".")[2] or "(model)"),
                r.kind,
                r.shape,
                f"{r.parameters:,}" + (" (shared)" if r.shared else ""),
                f"{r.nbytes / 1e3:,.1f}",
                f"{r.multiply_adds:,}",
            )
            for r in self.rows
        ]

    def _footer(self) -> str:
        return (
            f"input {self.input_shape}; {self.total:,} parameters, {self.trainable:,} of them trained "
            f"({self.total * 4 / 1e6:.2f} MB as float32); {self.multiply_adds:,} multiply-adds"
        )

    def __repr__(self) -> str:
        lines = [self.header, *self._cells()]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        text = [
            "  ".join(c.ljust(w) if i < 3 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths)))
            for line in lines
        ]
        text.insert(1, "-" * len(text[0]))
        return "\n".join(line.rstrip() for line in [*text, self._footer()])

    def _repr_html_(self) -> str:
        right = 'style="text-align:right"'
        head = "".join(f"<th>{h}</th>" for h in self.header)
        body = "".join(
            "<tr>"
            + "".join(
                f"<td {right if i > 2 else ''}>{'&nbsp;' * (len(c) - len(c.lstrip()))}{escape(c.strip())}</td>"
                for i, c in enumerate(cells)
            )
            + "</tr>"
            for cells in self._cells()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{escape(self._footer())}</p>"


def summary(model: Any, x: Any) -> Summary:
    """What each module of ``model`` does to the example input ``x`` (a Tensor, or a tuple of them).

    The model runs once, in eval mode and under no_grad; its mode, buffers and the random state
    are as before.

    >>> print(summary(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), mg.ones(2, 4)).total)
    15
    """
    inputs = x if isinstance(x, (tuple, list)) else (x,)
    modes = [(m, m.training) for m in model.modules()]
    paths = {id(m): name for name, m in model.named_modules()}
    found: dict[str, dict] = {}
    stack: list[str] = []

    def entered(module: Any, args: Any) -> None:
        stack.append(paths[id(module)])
        found.setdefault(stack[-1], {"shape": "", "nbytes": 0, "products": 0})

    def left(module: Any, args: Any, output: Any) -> None:
        row = found[stack.pop()]
        outputs = output if isinstance(output, (tuple, list)) else [output]
        arrays = [o.array for o in outputs if isinstance(o, tape.Variable)]
        row["shape"] = ", ".join("x".join(map(str, a.shape)) for a in arrays)
        row["nbytes"] = sum(a.nbytes for a in arrays)

    def count(primitive, arrays, attributes, output, node, seconds) -> None:
        if primitive.name in ("matmul", "linear") or primitive.name.startswith("conv2d"):
            found[stack[-1] if stack else ""]["products"] += int(flops_of(primitive.name, arrays, output) / 2)

    found[""] = {"shape": "", "nbytes": 0, "products": 0}
    handles = []
    try:
        model.eval()
        for module in model.modules():
            handles += [module.register_forward_pre_hook(entered), module.register_forward_hook(left)]
        tape.observers.append(count)
        with no_grad():
            model(*inputs)
    finally:
        if count in tape.observers:
            tape.observers.remove(count)
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    rows, seen = [], set()
    for path, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        fresh = [p for p in own if id(p) not in seen]
        seen.update(id(p) for p in own)
        row = found.get(path, {"shape": "not run", "nbytes": 0, "products": 0})
        rows.append(
            SummaryRow(
                path,
                path.count(".") + 1 if path else 0,
                type(module).__name__,
                row["shape"],
                int(sum(p.array.size for p in fresh)),
                len(fresh) < len(own),
                row["nbytes"],
                row["products"],
            )
        )
    parameters = list(model.parameters())
    return Summary(
        rows,
        int(sum(p.array.size for p in parameters if p.requires_grad)),
        int(sum(p.array.size for p in parameters)),
        ", ".join("x".join(map(str, np.shape(i.array))) for i in inputs),
    )
