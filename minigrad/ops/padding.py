"""A frame around a tensor: constant, reflect, replicate or circular.

    pad          as torch.nn.functional.pad

The frame is put together from pieces of the tensor with cat, so its gradient needs no rule.
Below: slicing.py, joining.py. Above: nn/functional.py. Tests: tests/ops/test_padding.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tape import Primitive
from .broadcasting import expand
from .casting import number_as
from .indexing import take_slice
from .joining import cat
from .rearranging import flip
from .shaping import sizes_of
from .slicing import along, narrow

__all__: list[str] = []


def _pad_forward(x, starts, shape, value):
    output = np.full(shape, number_as(value, x.dtype, "pad")) if value else np.zeros(shape, x.dtype)
    inside = tuple(slice(s, s + n) for s, n in zip(starts, x.shape))
    output[inside] = x
    return output, (inside,)


_pad = Primitive(
    "pad",
    _pad_forward,
    lambda g, residuals, needs: (take_slice(g, residuals[0]),),
    keeps="inside",
)


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """Put ``pad`` elements around ``input``: (left, right, top, bottom, ...), last dimension first.

    mode: "constant" (``value``, 0 unless given; negative sizes cut), "reflect" (mirrored, the edge
    not repeated), "replicate" (the edge repeated) or "circular" (from the other side). The last
    three pad all but the first one or two dimensions.
    Raises ShapeError where the sizes do not fit.

    >>> F.pad(tensor([[1, 2, 3]]), (1, 2), mode="reflect")
    tensor([[2, 1, 2, 3, 2, 1]])
    """
    widths, shape = sizes_of((pad,), "pad"), input.array.shape
    pairs = [(widths[i], widths[i + 1]) for i in range(0, len(widths) - 1, 2)]
    if len(widths) % 2 or len(pairs) > len(shape):
        raise ShapeError(
            f"pad got pad={widths} for a tensor of shape {shape}; it needs two numbers for each of "
            "at most that many dimensions, the last dimension first."
        )
    if mode == "constant":
        return _constant(input, pairs, 0 if value is None else value)
    if mode not in _FRAMES:
        raise ValueError(f"pad got mode={mode!r}; it needs 'constant', 'reflect', 'replicate' or 'circular'.")
    if value is not None:
        raise ValueError(f"pad got value={value} and mode={mode!r}; it needs one or the other.")
    if not 1 <= len(pairs) <= 3 or len(shape) - len(pairs) not in (1, 2):
        raise ShapeError(
            f"pad got pad={widths} for a tensor of shape {shape} in mode {mode!r}; it needs two "
            "numbers for each dimension but the first one or two, of which there may be three."
        )
    for i, (before, after) in enumerate(pairs):
        input = _frame(input, len(shape) - 1 - i, before, after, mode)
    return input


def _constant(x: Any, pairs: list, value: float) -> Any:
    shape = x.array.shape
    lead = len(shape) - len(pairs)
    widths = [(0, 0)] * lead + pairs[::-1]
    if any(n + a + b < 0 for n, (a, b) in zip(shape, widths)):
        raise ShapeError(
            f"pad got {tuple(pairs)} for a tensor of shape {shape}; it needs sizes that leave each "
            "dimension at 0 or more."
        )
    if any(min(w) < 0 for w in widths):  # cut first, then add
        key = tuple(slice(max(-a, 0), max(n - max(-b, 0), 0)) for n, (a, b) in zip(shape, widths))
        x, widths = take_slice(x, key), [(max(a, 0), max(b, 0)) for a, b in widths]
    starts = tuple(a for a, _ in widths)
    full = tuple(n + a + b for n, (a, b) in zip(x.array.shape, widths))
    return _pad(x, starts=starts, shape=full, value=value)


def _frame(x: Any, dim: int, before: int, after: int, mode: str) -> Any:
    if before < 0 or after < 0:  # cut the negative sides; frame what is left
        last = max(x.array.shape[dim] + min(after, 0), 0)
        x = take_slice(x, along(dim, slice(max(-before, 0), last)))
        before, after = max(before, 0), max(after, 0)
    size = x.array.shape[dim]
    most = {"reflect": size - 1, "circular": size}.get(mode)
    if (most is not None and max(before, after) > most) or (not size and before + after):
        raise ShapeError(
            f"pad got ({before}, {after}) for a dimension of size {size} in mode {mode!r}; it needs "
            f"at most {max(most or 0, 0)} on a side."
        )
    left, right = _FRAMES[mode](x, dim, before, after, size)
    pieces = [left] * (before > 0) + [x] + [right] * (after > 0)
    return cat(pieces, dim) if len(pieces) > 1 else x


def _reflect(x, dim, before, after, size):
    return (
        flip(narrow(x, dim, 1, before), dim) if before else None,
        flip(narrow(x, dim, size - 1 - after, after), dim) if after else None,
    )


def _replicate(x, dim, before, after, size):
    shape = list(x.array.shape)

    def edge(start, count):
        shape[dim] = count
        return expand(narrow(x, dim, start, 1), *shape)

    return edge(0, before) if before else None, edge(size - 1, after) if after else None


def _circular(x, dim, before, after, size):
    return narrow(x, dim, size - before, before), narrow(x, dim, 0, after)


_FRAMES = {"reflect": _reflect, "replicate": _replicate, "circular": _circular}
