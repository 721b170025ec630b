"""What notebooks show of a Tensor, a Module and a table: small HTML without script.

    tensor_html    shape, dtype, range, a strip of colours, the values
    module_html    the tree of modules, which opens and closes
    table          rows of text

No ids, no style sheet and no colour of its own for text: it stands on any page, light or dark,
and any number of times.

Below: nothing but NumPy. Above: tensor.py, nn/module.py, model_summary.py, utils/history.py.
Tests: tests/tensor/test_html.py, tests/nn/test_html.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

WHOLE = 1 << 15  # up to this many elements all are looked at
CELLS = 64
HIGH, LOW, BAD = "#d9730d", "#0072b2", "#c2185b"  # above 0, below 0, not finite
ALARM = f"background:{BAD};color:#fff;padding:0 .35em;border-radius:.25em"
SOFT = "opacity:.75;font-size:90%"


# ---------------------------------------------------------------- tables


def table(header: Sequence[str], rows: Sequence[Sequence[str]], words: int = 0, footer: str = "") -> str:
    """A table; the first ``words`` columns stand to the left, and leading spaces indent."""
    sides = [f"text-align:{'left' if i < words else 'right'};padding:.15em .7em" for i in range(len(header))]
    head = "".join(f'<th style="{side}">{escape(h)}</th>' for h, side in zip(header, sides))
    body = "".join(f"<tr>{''.join(map(_cell, row, sides))}</tr>" for row in rows)
    after = f'<p style="{SOFT}">{escape(footer)}</p>' if footer else ""
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{after}</div>"


def _cell(text: str, side: str) -> str:
    indent = (len(text) - len(text.lstrip())) * 0.6
    inner = f'<span style="padding-left:{indent:.1f}em">{escape(text.strip())}</span>'
    return f'<td style="{side}">{inner if indent else escape(text)}</td>'


# ---------------------------------------------------------------- tensors


def tensor_html(t: Any) -> str:
    """A Tensor at a glance; of a large one a sample is looked at, and the page says so."""
    array = t.array
    notes = [f"<b>Tensor</b> {_shape(array)}", array.dtype.name]
    if t.grad_fn is not None:
        notes.append(f"made by {escape(t.grad_fn.primitive.name)}")
    if t.requires_grad:
        notes.append("requires grad")
    strip = ""
    if array.size:
        cells = _sample(array)
        notes += _statistics(cells, array.size)
        strip = _strip(cells) if array.size > 1 else ""
    else:
        notes.append("empty")
    values = (
        f'<pre style="margin:.3em 0;line-height:1.3;max-height:16em;overflow:auto">{escape(repr(t))}</pre>'
    )
    return f"<div><div>{' &middot; '.join(notes)}</div>{strip}{values}</div>"


def _shape(array: np.ndarray) -> str:
    return " &times; ".join(map(str, array.shape)) if array.ndim else "scalar"


def _sample(array: np.ndarray) -> list[np.ndarray]:
    """At most 64 runs of neighbours, in order; together all elements if there are few."""
    flat: Any = array.reshape(-1) if array.flags.c_contiguous else array.flat
    size = array.size
    if size > WHOLE:
        run = WHOLE // CELLS
        starts = [(size - run) * i // (CELLS - 1) for i in range(CELLS)]  # both ends are among them
        return [flat[a : a + run] for a in starts]
    n = min(size, CELLS)
    return [flat[size * i // n : size * (i + 1) // n] for i in range(n)]


def _statistics(cells: list[np.ndarray], size: int) -> list[str]:
    values = np.concatenate(cells)
    sample = len(values) < size
    finite = values
    found = []
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)]
        nans = int(np.isnan(values).sum())
        for word, count in (("NaN", nans), ("Inf", len(values) - len(finite) - nans)):
            text = f"{count:,} {word}"
            found.append(f'<b style="{ALARM}">{text}</b>' if count else text)
    if len(finite):
        low, high = finite.min().item(), finite.max().item()
        mean = float(finite.mean(dtype=np.float64))
        found = [f"{low:.4g} to {high:.4g}", f"mean {mean:.4g}", *found]
    if sample:
        found.append(f"from a sample of {len(values):,}")
    return found


def _strip(cells: list[np.ndarray]) -> str:
    """One cell a run: its mean, orange above 0 and blue below, stronger further from 0."""
    means = [_mean(c) for c in cells]
    span = max((abs(m) for m in means if np.isfinite(m)), default=0.0) or 1.0
    width = 10 if len(means) <= 32 else 6
    parts = []
    for i, mean in enumerate(means):
        if mean == 0:
            continue
        colour = (BAD if not np.isfinite(mean) else HIGH if mean > 0 else LOW) + _alpha(mean, span)
        parts.append(f'<rect x="{i * width}" width="{width}" height="14" fill="{colour}"/>')
    total = len(means) * width
    what = "elements" if len(cells[0]) == 1 else "means of neighbours"
    label = f"{what}, from blue, -{span:.3g}, to orange, {span:.3g}"
    return (
        f'<svg width="{total}" height="14" viewBox="0 0 {total} 14" role="img" '
        f'style="display:block;margin:.3em 0;max-width:100%;outline:1px solid rgba(128,128,128,.5)">'
        f"<title>{label}</title>{''.join(parts)}</svg>"
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean(dtype=np.float64)) if np.isfinite(values).all() else float("nan")


def _alpha(mean: float, span: float) -> str:
    return f"{round(255 * abs(mean) / span) if np.isfinite(mean) else 255:02x}"


# ---------------------------------------------------------------- modules


def module_html(module: Any) -> str:
    """The tree of a Module: open at the top, parameters with their shapes, counts at each branch."""
    return f'<div style="line-height:1.5">{_branch("", module, opened=True)}</div>'


def _branch(name: str, module: Any, opened: bool = False) -> str:
    extra = module.extra_repr().split("\n")[0]
    label = f"<b>{escape(type(module).__name__)}</b>({escape(extra)})"
    if name:
        label = f"{escape(name)}: {label}"
    parameters = list(module.parameters())
    count = sum(p.array.size for p in parameters)
    frozen = sum(p.array.size for p in parameters if not p.requires_grad)
    if count:
        fixed = f", {frozen:,} frozen" if frozen else ""
        label += f' <span style="{SOFT}">{count:,} parameter{"s" if count > 1 else ""}{fixed}</span>'
    own = {n: p for n, p in module._parameters.items() if p is not None}
    inner = [_tensor_line(n, p, "" if p.requires_grad else "frozen") for n, p in own.items()]
    inner += [_tensor_line(n, b, "buffer") for n, b in module._buffers.items() if b is not None]
    inner += [_branch(n, child) for n, child in module._modules.items() if child is not None]
    if not inner:
        return f'<div style="padding-left:1.1em">{label}</div>'
    body = f'<div style="padding-left:1.4em">{"".join(inner)}</div>'
    return f"<details{' open' if opened else ''}><summary>{label}</summary>{body}</details>"


def _tensor_line(name: str, t: Any, note: str) -> str:
    shape = _shape(t.array)
    kind = f"{t.array.dtype.name}{', ' + note if note else ''}"
    return f'<div style="padding-left:1.1em">{escape(name)} {shape} <span style="{SOFT}">{kind}</span></div>'
