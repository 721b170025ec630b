"""A table of a model: minigrad.summary(model, x).

One row a module with output shape, parameters (shared ones once), bytes of the output and
multiply-adds, from one forward pass under no_grad on an example input.

Below: profiler.py (what counts as a multiply-add), html.py. Tests: tests/test_summary.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import tape
from .grad_mode import no_grad
from .html import table
from .profiler import multiply_adds_of
from .random import fork_rng

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
    nbytes: int  # of the outputs of all its calls
    multiply_adds: int
    calls: int


class Summary:
    """The rows and their totals; prints as text, shows as a table in notebooks."""

    header = ("module", "kind", "output", "parameters", "kB", "multiply-adds")

    def __init__(self, rows: list[SummaryRow], parameters: list, inputs: Any):
        self.rows = rows
        self.total = sum(p.array.size for p in parameters)
        self.trainable = sum(p.array.size for p in parameters if p.requires_grad)
        self.nbytes = sum(p.array.nbytes for p in parameters)
        self.input_shape = _shapes(inputs)

    @property
    def multiply_adds(self) -> int:
        return sum(r.multiply_adds for r in self.rows)

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                "  " * r.depth + (r.path.rpartition(".")[2] or "(model)"),
                r.kind + (f" x {r.calls}" if r.calls > 1 else ""),
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
            f"({self.nbytes / 1e6:.2f} MB); {self.multiply_adds:,} multiply-adds"
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
        return table(self.header, self._cells(), 3, self._footer())


def summary(model: Any, x: Any) -> Summary:
    """What each module of ``model`` does to the example input ``x`` (a Tensor, or a tuple of them).

    The model runs once, in eval mode and under no_grad; its mode, its buffers and the random
    state are as before. A row counts what its module does itself, not what its children do.
    Raises TypeError unless ``model`` is a Module.

    >>> print(summary(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), mg.ones(2, 4)).total)
    15
    """
    if not hasattr(model, "named_modules"):
        raise TypeError(f"summary got {type(model).__name__}; it needs a Module and an example input.")
    inputs = x if isinstance(x, (tuple, list)) else (x,)
    modes = [(m, m.training) for m in model.modules()]
    paths = {id(m): name for name, m in model.named_modules()}
    found: dict[str, _Found] = {path: _Found() for path in paths.values()}
    stack: list[str] = []

    def entered(module: Any, args: Any) -> None:
        stack.append(paths[id(module)])

    def left(module: Any, args: Any, output: Any) -> None:
        row = found[stack.pop()]
        row.outputs = _tensors(output)
        row.nbytes += sum(t.array.nbytes for t in row.outputs)
        row.calls += 1

    def count(seen: tape.Forward) -> None:
        products = multiply_adds_of(seen)
        found[stack[-1] if stack else ""].multiply_adds += products

    buffers = [(b, b.array.copy()) for b in model.buffers()]
    handles = []
    try:
        model.eval()
        for module in model.modules():
            handles += [module.register_forward_pre_hook(entered), module.register_forward_hook(left)]
        tape.observers.append(count)
        with no_grad(), fork_rng():
            model(*inputs)
    finally:
        if count in tape.observers:
            tape.observers.remove(count)
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
        for buffer, before in buffers:
            buffer.array[...] = before
    rows: list[SummaryRow] = []
    seen: set[int] = set()
    for path, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        fresh = [p for p in own if id(p) not in seen]
        seen.update(id(p) for p in own)
        row = found[path]
        rows.append(
            SummaryRow(
                path,
                path.count(".") + 1 if path else 0,
                type(module).__name__,
                _shapes(row.outputs) if row.calls else "" if module._is_list else "not run",
                sum(p.array.size for p in fresh),
                len(fresh) < len(own),
                row.nbytes,
                row.multiply_adds,
                row.calls,
            )
        )
    return Summary(rows, list(model.parameters()), inputs)


class _Found:
    """What the run showed of one module: of several calls, the last output and all the work."""

    outputs: tuple | list = ()
    nbytes = multiply_adds = calls = 0


def _tensors(output: Any) -> list:
    """The Tensors in an output, also inside tuples, lists and dicts."""
    if isinstance(output, tape.Variable):
        return [output]
    if isinstance(output, dict):
        output = list(output.values())
    return [t for part in output for t in _tensors(part)] if isinstance(output, (tuple, list)) else []


def _shapes(tensors: Any) -> str:
    return ", ".join("x".join(map(str, t.shape)) or "scalar" for t in _tensors(tensors))
