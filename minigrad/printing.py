"""How a Tensor prints: character for character as in PyTorch, with our module's name.

    tensor_repr          tensor([1., 2.], grad_fn=<MulBackward0>)
    set_printoptions     precision, threshold, edgeitems, linewidth, profile, sci_mode

All numbers of one tensor share a notation and a width. Beyond ``threshold`` elements only the
edges are looked at, so a tensor of any size prints at once.
Below: ops/casting.py. Above: tensor.py. Tests: tests/tensor/test_printing.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .ops.casting import get_default_dtype


@dataclass(frozen=True)
class Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}
_options = Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print; what is not given stays as it is, but ``sci_mode`` is reset.

    precision  digits after the point
    threshold  beyond this many elements only ``edgeitems`` at each end are shown
    linewidth  characters in a line
    profile    "default", "short" or "full": all of the above at once
    sci_mode   True or False instead of what suits the numbers

    >>> set_printoptions(precision=2)
    >>> tensor([0.12345])
    tensor([0.12])
    >>> set_printoptions(profile="default")
    """
    global _options
    changed = _options
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(
                f"set_printoptions got profile={profile!r}; it needs one of {', '.join(_PROFILES)}."
            )
        changed = _PROFILES[profile]
    given: dict[str, Any] = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    _options = replace(changed, sci_mode=sci_mode, **{k: v for k, v in given.items() if v is not None})


class _Format:
    """The notation and the width that suit a set of numbers."""

    def __init__(self, numbers: np.ndarray, options: Options):
        self.precision, self.kind = options.precision, numbers.dtype.kind
        self.scientific, self.whole, self.width = False, True, 1
        if self.kind == "f":
            values = numbers.astype(np.float64).ravel()
            values = values[np.isfinite(values) & (values != 0)]
            if not values.size:
                return
            self.whole = bool((values == np.ceil(values)).all())
            sizes = np.abs(values)
            small, large = sizes.min().item(), sizes.max().item()
            self.scientific = large / small > 1000 or large > 1e8 or small < 1e-4
            if options.sci_mode is not None:
                self.scientific = options.sci_mode
            shown = values.tolist()
        else:
            shown = numbers.ravel().tolist()
        self.width = max((len(self._text(v)) for v in shown), default=1)

    def _text(self, value: Any) -> str:
        if self.kind != "f":
            return str(value)
        if self.scientific:
            return f"{value:.{self.precision}e}"
        if self.whole:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{self.precision}f}"

    def __call__(self, value: Any) -> str:
        return self._text(value).rjust(self.width)


def _edges(x: np.ndarray, edge: int) -> np.ndarray:
    """``x`` without the middle of each dimension."""
    for dim, size in enumerate(x.shape):
        if size > 2 * edge:
            x = x[(slice(None),) * dim + (np.r_[0:edge, size - edge : size],)]
    return x


def _lines(x: np.ndarray, indent: int, form: _Format, edge: int | None, options: Options) -> str:
    """The elements in brackets; ``edge`` is how many to show at each end, None for all."""
    if x.ndim == 0:
        return form(x.item())
    cut = edge is not None and x.shape[0] > 2 * edge
    ends = [x[:edge], x[x.shape[0] - edge :]] if cut else [x]  # type: ignore[operator]
    if x.ndim > 1:
        blocks = [[_lines(part, indent + 1, form, edge, options) for part in end] for end in ends]
        parts = [*blocks[0], "...", *blocks[1]] if cut else blocks[0]
        return "[" + ("," + "\n" * (x.ndim - 1) + " " * (indent + 1)).join(parts) + "]"
    texts = [[form(v) for v in end.tolist()] for end in ends]
    row = [*texts[0], " ...", *texts[1]] if cut else texts[0]
    per_line = max(1, (options.linewidth - indent) // (form.width + 2))
    lines = [", ".join(row[i : i + per_line]) for i in range(0, len(row), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _body(x: np.ndarray, indent: int, options: Options) -> str:
    edge = options.edgeitems if x.size > options.threshold else None
    shown = x if edge is None else _edges(x, edge)
    return _lines(x, indent, _Format(shown, options), edge, options)


def tensor_repr(t: Any) -> str:
    """The text that ``repr`` gives for a Tensor."""
    x, options = t.array, _options
    indent = len("tensor(")
    notes = []
    if x.size:
        text = _body(x, indent, options)
        usual = x.dtype in (get_default_dtype(), np.int64, np.bool_)
    else:
        text = "[]"
        usual = x.dtype == get_default_dtype()
        if x.ndim != 1:
            notes.append(f"size={x.shape}")
    if not usual:
        notes.append(f"dtype=minigrad.{x.dtype.name}")
    if t.grad_fn is not None:
        notes.append(f"grad_fn=<{t.grad_fn.name()}>")
    elif t.requires_grad:
        notes.append("requires_grad=True")
    pieces = ["tensor(", text]
    column = len(text) - text.rfind("\n") + 1
    for note in notes:
        if column + len(note) + 2 > options.linewidth:
            pieces += [",\n", " " * indent, note]
            column = indent + len(note)
        else:
            pieces += [", ", note]
            column += len(note) + 2
    return "".join([*pieces, ")"])
