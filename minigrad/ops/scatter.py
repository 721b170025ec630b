"""Reading and writing at positions along one dimension.

    pick                 one element per line, for max, median and their kin

Below: tape.py, kernels/scatter.py. Above: indexing.py, extremes.py, sorting.py,
methods/scatter.py. Tests: tests/ops/cases_scatter.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels, shapes
from ..tape import Primitive

__all__: list[str] = []


# ------------------------------------------------ gather and its transpose


def _with_dimension(x):
    return x if x.ndim else x.reshape(1)


def _cut(shape, index_shape, dim):
    """The part of an array of ``shape`` that an index of ``index_shape`` can reach."""
    return tuple(slice(None) if i == dim else slice(0, n) for i, n in enumerate(index_shape))


def _gather_forward(x, index, dim, unique):
    lines, places = _with_dimension(x), _with_dimension(index)
    found = np.take_along_axis(lines[_cut(lines.shape, places.shape, dim)], places, dim)
    return found.reshape(index.shape), (index, x.shape, dim, unique)


def _gather_backward(g, residuals, needs):
    index, shape, dim, unique = residuals
    return gather_grad(g, index, shape=shape, dim=dim, unique=unique), None


gather_along = Primitive("gather", _gather_forward, _gather_backward, keeps="index shape at one")


def flat_positions(index: np.ndarray, shape: tuple, dim: int) -> np.ndarray:
    """Where in the flattened array of ``shape`` each entry of an index along ``dim`` points."""
    strides = np.cumprod((1, *shape[:0:-1]))[::-1]
    positions = index * strides[dim]
    for i, n in enumerate(index.shape):
        if i != dim and n > 1:
            place = [1] * index.ndim
            place[i] = n
            positions += (np.arange(n) * strides[i]).reshape(place)
    return positions


def _gather_grad_forward(g, index, shape, dim, unique):
    out = np.zeros(shape, g.dtype)
    lines, places = _with_dimension(out), _with_dimension(index)
    values = g.reshape(places.shape)
    if unique:
        np.put_along_axis(lines[_cut(lines.shape, places.shape, dim)], places, values, dim)
    else:
        positions = flat_positions(places, lines.shape, dim)
        kernels.scatter.add_at(out.reshape(-1), positions.ravel(), values.ravel())
    return out, (index, dim, unique)


def _gather_grad_backward(g, residuals, needs):
    index, dim, unique = residuals
    return gather_along(g, index, dim=dim, unique=unique), None


# ``unique``: no place is read twice, so that the transpose can write instead of add.
gather_grad = Primitive("gather_grad", _gather_grad_forward, _gather_grad_backward, keeps="index at one")


def _pick_forward(x, index, dim, keepdim):
    if dim is None:
        return np.asarray(x.reshape(-1)[index.reshape(())]).reshape(index.shape), (index, x.shape, dim)
    lines = _with_dimension(x)
    places = index.reshape(tuple(1 if i == dim else n for i, n in enumerate(lines.shape)))
    return np.take_along_axis(lines, places, dim).reshape(index.shape), (index, x.shape, dim)


def _pick_backward(g, residuals, needs):
    index, shape, dim = residuals
    if dim is None:
        flat = gather_grad(g.reshape(1), index.reshape(1), shape=(int(np.prod(shape)),), dim=0, unique=True)
        return flat.reshape(shape), None
    kept = tuple(1 if i == dim else n for i, n in enumerate(shape))
    places = index.reshape(kept)
    return gather_grad(g.reshape(kept), places, shape=shape, dim=dim, unique=True), None


_pick = Primitive("pick", _pick_forward, _pick_backward, keeps="index shape at")


def pick(input: Any, indices: Any, dim: Any, keepdim: bool = False) -> Any:
    """The elements at ``indices``, one per line along ``dim`` (None: one of them all)."""
    if dim is not None:
        dim = shapes.dimension(dim, input.array.ndim, "pick")
    return _pick(input, indices, dim=dim, keepdim=keepdim)
