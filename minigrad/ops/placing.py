"""A tensor with other values in one place: writing, out of place.

    take put                     by positions in the flattened tensor
    index_put                    at index tensors, setting or adding
    select_scatter               into one slice
    slice_scatter                into a range of slices
    diagonal_scatter             into a diagonal

Below: indexing.py. Above: methods/scatter.py. Tests: tests/ops/cases_scatter.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..tape import Variable
from .arithmetic import expand_to
from .indexing import add_at, held, put_at, put_explained, take_at, take_slice, values_for
from .keys import split_key
from .reduction import numpy_names
from .shaping import movedim

__all__ = ["diagonal_scatter", "index_put", "put", "select_scatter", "slice_scatter", "take"]

_ALL = slice(None)


def _flat_key(function: str, input: Any, index: Any) -> tuple:
    if not isinstance(index, Variable) or index.array.dtype.kind not in "iu":
        what = index.array.dtype if isinstance(index, Variable) else type(index).__name__
        raise DTypeError(f"{function} got an index of {what}; it needs an int64 Tensor: index.long().")
    return (index.array.astype(np.int64, copy=False),)


def _check_range(function: str, i: np.ndarray, size: int) -> None:
    if i.size and not (-size <= i.min() and i.max() < size):
        wrong = i[(i < -size) | (i >= size)].flat[0]
        raise IndexError(
            f"{function} got the index {wrong} for a tensor of {size} elements; it needs indices in "
            f"[{-size}, {size - 1}]."
        )


def take(input: Any, index: Any) -> Any:
    """The elements at ``index`` in the flattened ``input``, in the shape of index.

    Negative positions count from the end. Raises IndexError out of range.

    >>> take(tensor([[1, 2], [3, 4]]), tensor([0, 3]))
    tensor([1, 4])
    """
    key = _flat_key("take", input, index)
    try:
        return take_at(input.reshape(-1), key=held(key, input))
    except IndexError:  # NumPy looks at the range while it copies; only the message is ours
        _check_range("take", key[0], input.array.size)
        raise


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy of ``input`` with ``source`` set, or added, at ``index`` of the flattened tensor.

    >>> put(tensor([[1, 2], [3, 4]]), tensor([0, 3]), tensor([8, 9]))
    tensor([[8, 2],
            [3, 9]])
    """
    key = _flat_key("put", input, index)
    _check_range("put", key[0], input.array.size)
    if source.array.dtype != input.array.dtype:
        raise DTypeError(
            f"put got a source of {source.array.dtype} for a tensor of {input.array.dtype}; it needs the "
            "same dtype."
        )
    if source.array.size != index.array.size:
        raise ShapeError(
            f"put got {source.array.size} values for {index.array.size} positions; it needs equally many."
        )
    key = held(key, input, source)
    source, flat = source.reshape(index.array.shape), input.reshape(-1)
    result = add_at(flat, source, key=key) if accumulate else put_at(flat, source, cut=(Ellipsis,), key=key)
    return result.reshape(input.array.shape)


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """A copy of ``input`` with ``values`` at ``input[indices]``; ``accumulate`` adds, repeats too.

    ``indices``: a tuple of int64 or bool Tensors (None for a whole dimension). values broadcast.

    >>> index_put(tensor([1, 1, 1]), (tensor([0, 0]),), tensor([5, 6]), accumulate=True)
    tensor([12,  1,  1])
    """
    if not isinstance(indices, (tuple, list)):
        raise TypeError(f"index_put got indices of {type(indices).__name__}; it needs a tuple of Tensors.")
    if values.array.dtype != input.array.dtype:
        raise DTypeError(
            f"index_put got values of {values.array.dtype} for a tensor of {input.array.dtype}; it needs "
            "the same dtype."
        )
    key = tuple(_ALL if k is None else k for k in indices)
    basic, arrays = split_key(input, key, "index_put")
    values = values_for(input, basic, arrays, values)
    if not accumulate:
        return put_explained(input, values, basic, arrays)
    whole = basic.count(_ALL) == len(basic) - 1  # full slices and the Ellipsis
    part = input if whole else take_slice(input, basic)
    if arrays is None:
        total = part + expand_to(values, part.array.shape)
    else:
        total = add_at(part, values, key=held(arrays, input, values))
    return total if whole else put_at(input, total, cut=basic, key=None)


def _into(function: str, input: Any, cut: tuple, src: Any) -> Any:
    place = input.array[cut].shape
    if src.array.shape != place:
        raise ShapeError(f"{function} got src of shape {src.array.shape}; it needs {place}.")
    if src.array.dtype != input.array.dtype:
        raise DTypeError(
            f"{function} got src of {src.array.dtype} for a tensor of {input.array.dtype}; it needs the "
            "same dtype."
        )
    return put_at(input, src, cut=cut, key=None)


@numpy_names
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy of ``input`` whose slice ``index`` along ``dim`` is ``src``.

    >>> select_scatter(tensor([[1, 2], [3, 4]]), tensor([8, 9]), 0, 1)
    tensor([[1, 2],
            [8, 9]])
    """
    d = shapes.dimension(dim, input.array.ndim, "select_scatter")
    i, size = operator.index(index), input.array.shape[d] if input.array.ndim else 0
    if not -size <= i < size:
        raise IndexError(
            f"select_scatter got index {i} for a dimension of size {size}; it needs one in "
            f"[{-size}, {size - 1}]."
        )
    return _into("select_scatter", input, (*(_ALL,) * d, i, Ellipsis), src)


@numpy_names
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Any:
    """A copy of ``input`` whose slices start:end:step along ``dim`` are ``src``.

    >>> slice_scatter(tensor([1, 2, 3, 4]), tensor([8, 9]), 0, 0, None, 2)
    tensor([8, 2, 9, 4])
    """
    d = shapes.dimension(dim, input.array.ndim, "slice_scatter")
    if step < 1:
        raise ValueError(f"slice_scatter got step={step}; it needs a step of at least 1.")
    return _into("slice_scatter", input, (*(_ALL,) * d, slice(start, end, step), Ellipsis), src)


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy of ``input`` with ``src`` on a diagonal of dimensions dim1, dim2 (last in src).

    >>> diagonal_scatter(tensor([[1, 2], [3, 4]]), tensor([8, 9]))
    tensor([[8, 2],
            [3, 9]])
    """
    ndim = input.array.ndim
    d1, d2 = (shapes.dimension(d, ndim, "diagonal_scatter") for d in (dim1, dim2))
    if d1 == d2:
        raise ValueError(f"diagonal_scatter got dim1={dim1} and dim2={dim2}; it needs two dimensions.")
    x = movedim(input, (d1, d2), (-2, -1))
    rows, columns = x.array.shape[-2:]
    n = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    place = (*x.array.shape[:-2], n)
    if src.array.shape != place:
        raise ShapeError(f"diagonal_scatter got src of shape {src.array.shape}; it needs {place}.")
    steps = np.arange(n)
    key = (*(_ALL,) * (ndim - 2), steps + max(0, -offset), steps + max(0, offset))
    return movedim(put_at(x, src, cut=(Ellipsis,), key=key), (-2, -1), (d1, d2))
