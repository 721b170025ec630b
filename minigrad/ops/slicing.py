"""Parts of a tensor as views, and frames around one.

    crop pad_zeros           one block, and zeros around a block: each other's rule
    narrow select unfold     views cut along one dimension
    as_strided               any view of the memory, given its strides
    pad                      constant, reflect, replicate, circular

Below: shaping.py. Above: methods/slicing.py, nn/functional. Tests: tests/ops/cases_slicing.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..tape import Primitive
from .shaping import reshape

__all__ = ["narrow", "select"]


def _block(starts, sizes):
    return tuple(slice(s, s + n) for s, n in zip(starts, sizes))


def _crop_forward(x, starts, sizes):
    return x[(*_block(starts, sizes), ...)], (starts, x.shape)


def _crop_backward(g, residuals, needs):
    starts, shape = residuals
    return (_pad(g, starts=starts, shape=shape, value=0),)


def _pad_forward(x, starts, shape, value):
    output = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    output[_block(starts, x.shape)] = x
    return output, (starts, x.shape)


def _pad_backward(g, residuals, needs):
    starts, sizes = residuals
    return (_crop(g, starts=starts, sizes=sizes),)


_crop = Primitive("crop", _crop_forward, _crop_backward, keeps="corner shape_before", view=True)
_pad = Primitive("pad", _pad_forward, _pad_backward, keeps="corner size_before")


def block_of(shape: tuple, dim: int, start: int, length: int) -> dict:
    """Attributes of ``crop`` that keep ``length`` elements of one dimension and all of the others."""
    starts, sizes = [0] * len(shape), list(shape)
    starts[dim], sizes[dim] = start, length
    return {"starts": tuple(starts), "sizes": tuple(sizes)}


crop = _crop


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
    return _crop(input, **block_of(shape, d, first, count))


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
    one = _crop(input, **block_of(shape, d, i % shape[d], 1))
    return reshape(one, (*shape[:d], *shape[d + 1 :]))
