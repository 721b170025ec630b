"""Blocks cut along one dimension, as views, and windows over a tensor's memory.

    narrow select            one block, one slice
    unfold                   overlapping windows along one dimension
    as_strided               any view of the memory, given its strides

Below: indexing.py, shaping.py. Above: joining.py, methods/slicing.py.
Tests: tests/ops/cases_slicing.py.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..tape import Primitive
from .indexing import take_slice
from .shaping import sizes_of

__all__ = ["as_strided", "narrow", "select"]

_ALL = slice(None)


def along(dim: int, at: Any) -> tuple:
    """The key that takes ``at`` (a slice or an integer) of one dimension and all of the others."""
    return (*(_ALL,) * dim, at, ...)


def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """``length`` elements of dimension ``dim`` from ``start`` on, without copying.

    >>> narrow(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    shape = input.array.shape
    if not shape:
        raise ShapeError("narrow got a 0-dim tensor; it needs a dimension to cut.")
    d = shapes.dimension(dim, len(shape), "narrow")
    size, first, count = shape[d], operator.index(start), operator.index(length)
    if first < 0:
        first += size
    if not 0 <= first <= size or count < 0 or first + count > size:
        raise IndexError(
            f"narrow got start={start} and length={length} for a dimension of size {size}; it needs "
            "a block that lies inside."
        )
    return take_slice(input, along(d, slice(first, first + count)))


def select(input: Any, dim: int, index: int) -> Any:
    """The slice at ``index`` of dimension ``dim``, which is dropped; without copying.

    >>> select(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    shape = input.array.shape
    if not shape:
        raise IndexError("select got a 0-dim tensor; it needs a dimension to take from.")
    d, i = shapes.dimension(dim, len(shape), "select"), operator.index(index)
    if not -shape[d] <= i < shape[d]:
        raise IndexError(
            f"select got index {i} for a dimension of size {shape[d]}; it needs one in "
            f"[{-shape[d]}, {shape[d] - 1}]."
        )
    return take_slice(input, along(d, i % shape[d]))


# ------------------------------------------------ windows


def _memory(x: np.ndarray) -> np.ndarray:
    """All elements of the memory that ``x`` is a view of, in the order they lie there."""
    root, base = x, getattr(x, "base", None)
    while base is not None:  # NumPy's own views with strides hang on objects that are no arrays
        root = base if isinstance(base, np.ndarray) else root
        base = getattr(base, "base", None)
    if not root.flags.forc:  # lent with gaps by another library
        steps = sum((n - 1) * s for n, s in zip(root.shape, root.strides)) // root.itemsize
        root = np.lib.stride_tricks.as_strided(root, (steps + 1,), (root.itemsize,))
    return root.reshape(-1, order="A").view(x.dtype)


def _start(x: np.ndarray, memory: np.ndarray) -> int:
    addresses = [a.__array_interface__["data"][0] for a in (x, memory)]
    return (addresses[0] - addresses[1]) // x.itemsize


def repeats(x: np.ndarray) -> bool:
    """Whether two elements of ``x`` lie at one place of the memory, as in overlapping windows."""
    if x.flags.forc or not x.size:
        return False
    reach = 0  # how far from the first element the lines seen so far go
    for stride, n in sorted((abs(s), n) for s, n in zip(x.strides, x.shape) if n > 1):
        if stride <= reach:  # not one line nested in the next: look at every place
            lines = np.ogrid[tuple(slice(n) for n in x.shape)]
            places = sum(line * step for line, step in zip(lines, x.strides))
            return np.unique(places).size < x.size
        reach += (n - 1) * stride
    return False


def _strided(memory, size, stride, offset):
    """``size`` elements of a flat array at ``offset + sum(index * stride)``."""
    steps = tuple(s * memory.itemsize for s in stride)
    return np.ndarray(size, memory.dtype, memory, offset * memory.itemsize, steps)


def _unfold_forward(x, dim, size, step):
    count = (x.shape[dim] - size) // step + 1
    shape = (*x.shape[:dim], count, *x.shape[dim + 1 :], size)
    strides = (*x.strides[:dim], x.strides[dim] * step, *x.strides[dim + 1 :], x.strides[dim])
    windows = np.lib.stride_tricks.as_strided(x, shape, strides, writeable=x.flags.writeable)
    return windows, (x.shape, dim, size, step)


def _unfold_backward(g, residuals, needs):
    shape, dim, size, step = residuals
    return (_unfold_grad(g, shape=shape, dim=dim, size=size, step=step),)


def _unfold_grad_forward(g, shape, dim, size, step):
    out, span = np.zeros(shape, g.dtype), g.shape[dim] * step
    for i in range(size):
        out[along(dim, slice(i, i + span, step))] += g[..., i]
    return out, (dim, size, step)


def _unfold_grad_backward(g, residuals, needs):
    dim, size, step = residuals
    return (_unfold(g, dim=dim, size=size, step=step),)


_unfold = Primitive("unfold", _unfold_forward, _unfold_backward, keeps="shape at n by", view=True)
_unfold_grad = Primitive("unfold_grad", _unfold_grad_forward, _unfold_grad_backward, keeps="at n by")


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """Windows of ``size`` elements, ``step`` apart, along one dimension; a view.

    Shapes: (*, N, *) -> (*, (N - size) // step + 1, *, size).

    >>> tensor([1, 2, 3, 4]).unfold(0, 2, 1)
    tensor([[1, 2],
            [2, 3],
            [3, 4]])
    """
    shape = input.array.shape
    d = shapes.dimension(dimension, len(shape), "unfold")
    if not shape:
        return unfold(input.reshape(1), 0, size, step).reshape(size)
    if step < 1 or not 0 <= size <= shape[d]:
        raise ValueError(
            f"unfold got size={size} and step={step} for a dimension of size {shape[d]}; it needs a "
            f"step >= 1 and a size of 0 to {shape[d]}."
        )
    return _unfold(input, dim=d, size=operator.index(size), step=operator.index(step))


def _as_strided_forward(x, size, stride, offset):
    memory = _memory(x)
    strides = tuple(s // x.itemsize for s in x.strides)
    kept = (x.shape, strides, _start(x, memory)), memory.size
    return _strided(memory, size, stride, offset), ((size, stride, offset), *kept)


def _as_strided_backward(g, residuals, needs):
    window, (shape, *lying), total = residuals
    # Which element of x lies at each place of the memory; one beyond the last where none does.
    count = math.prod(shape)
    owners = np.full(total, count)
    own = _strided(np.arange(total), shape, *lying)
    owners[own] = elements = np.arange(count).reshape(shape)
    dx = _place_strided(g, places=_strided(owners, *window), shape=shape)
    shared = owners[own]
    if (shared != elements).any():  # several elements of x lie at one place: each takes an equal part
        copies = np.bincount(shared.reshape(-1), minlength=count)[shared]
        dx = _take_strided(dx, places=shared) / copies.astype(g.dtype)
    return (dx,)


def _place_strided_forward(g, places, shape):
    out = np.zeros(math.prod(shape) + 1, g.dtype)
    np.add.at(out, places, g)
    return out[:-1].reshape(shape), (places, shape)


def _place_strided_backward(g, residuals, needs):
    places, _ = residuals
    return (_take_strided(g, places=places),)


def _take_strided_forward(x, places):
    return np.append(x, x.dtype.type(0))[places], (places, x.shape)


def _take_strided_backward(g, residuals, needs):
    places, shape = residuals
    return (_place_strided(g, places=places, shape=shape),)


def elements_shown(view: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Which element of ``x``, flattened, lies at each place of ``view``, both of one memory; -1: none."""
    memory = _memory(x)
    owners = np.full(memory.size, -1)
    own, shown = (
        _strided(owners, a.shape, [s // a.itemsize for s in a.strides], _start(a, memory)) for a in (x, view)
    )
    own[...] = np.arange(x.size).reshape(x.shape)
    return np.array(shown)


strided_view = Primitive(
    "as_strided", _as_strided_forward, _as_strided_backward, keeps="window lying total", view=True
)
_place_strided = Primitive(
    "as_strided_grad", _place_strided_forward, _place_strided_backward, keeps="at shape_after"
)
_take_strided = Primitive(
    "take_strided", _take_strided_forward, _take_strided_backward, keeps="at shape_before"
)


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """The view of ``input``'s memory with these sizes and strides, counted in elements.

    Raises ValueError where it would reach beyond the memory. Gradients add up where the view
    has an element several times; elements of ``input`` at one place of the memory share theirs evenly.

    >>> as_strided(tensor([1, 2, 3, 4]), (3, 2), (1, 1))
    tensor([[1, 2],
            [2, 3],
            [3, 4]])
    """
    sizes, steps = sizes_of((size,), "as_strided"), sizes_of((stride,), "as_strided")
    memory = _memory(input.array)
    offset = _start(input.array, memory) if storage_offset is None else operator.index(storage_offset)
    last = offset + sum((n - 1) * s for n, s in zip(sizes, steps))
    fits = len(sizes) == len(steps) and all(s >= 0 for s in (*sizes, *steps)) and offset >= 0
    if not fits or (0 not in sizes and last >= memory.size):
        raise ValueError(
            f"as_strided got size={sizes}, stride={steps} and storage_offset={offset} for a memory of "
            f"{memory.size} elements; it needs as many strides as sizes, none negative, that stay inside."
        )
    return strided_view(input, size=sizes, stride=steps, offset=offset)
