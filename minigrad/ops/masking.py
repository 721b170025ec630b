"""Choosing elements by a condition.

    masked_fill masked_select masked_scatter     by a bool mask that broadcasts
    nonzero argwhere                             the positions where a tensor is not 0

Below: indexing.py, selection.py. Above: methods/indexing.py. Tests: tests/ops/cases_indexing.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..tape import Variable, wrap
from .arithmetic import expand_to
from .indexing import held, put_at, take_at, take_slice
from .rows import one_value
from .selection import select
from .shaping import contiguous

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero"]


def _broadcast(function: str, input: Any, mask: Any) -> tuple[Any, Any]:
    if not isinstance(mask, Variable) or mask.array.dtype.kind != "b":
        what = mask.array.dtype if isinstance(mask, Variable) else type(mask).__name__
        raise DTypeError(f"{function} got a mask of {what}; it needs a bool Tensor, such as x > 0.")
    if input.array.shape == mask.array.shape:
        return input, mask
    shape = shapes.broadcast(function, input.array.shape, mask.array.shape)
    return expand_to(input, shape), expand_to(mask, shape)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """``input`` with one number (or 0-dim Tensor) where ``mask`` holds. Shapes broadcast.

    Raises DTypeError unless mask is bool, or for a fraction that an integer tensor cannot hold.

    >>> masked_fill(tensor([1.0, 2.0]), tensor([True, False]), -1)
    tensor([-1.,  2.])
    """
    input, mask = _broadcast("masked_fill", input, mask)
    return contiguous(select(mask, one_value("masked_fill", input, value), input))


def masked_select(input: Any, mask: Any) -> Any:
    """The elements where ``mask`` holds, as a 1-dim tensor. Shapes broadcast.

    >>> masked_select(tensor([1, 2, 3]), tensor([True, False, True]))
    tensor([1, 3])
    """
    input, mask = _broadcast("masked_select", input, mask)
    return take_at(input.reshape(-1), key=held((mask.array.reshape(-1),), input))


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """``input`` whose places where ``mask`` holds take the first elements of ``source``, in order.

    Raises ShapeError if source has too few, DTypeError unless its dtype is that of input.

    >>> masked_scatter(tensor([0, 0, 0]), tensor([True, False, True]), tensor([7, 8, 9]))
    tensor([7, 0, 8])
    """
    input, mask = _broadcast("masked_scatter", input, mask)
    n = int(np.count_nonzero(mask.array))
    if source.array.dtype != input.array.dtype:
        raise DTypeError(
            f"masked_scatter got a source of {source.array.dtype} for a tensor of {input.array.dtype}; "
            "it needs the same dtype."
        )
    if source.array.size < n:
        raise ShapeError(
            f"masked_scatter got a source of {source.array.size} elements for {n} places; it needs at "
            "least as many."
        )
    values = take_slice(source.reshape(-1), (slice(0, n),))
    lines = input if input.array.ndim else input.reshape(1)
    key = held((mask.array.reshape(lines.array.shape),), input, values)
    return put_at(lines, values, cut=(Ellipsis,), key=key).reshape(input.array.shape)


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Where ``input`` is not 0: int64 (count, ndim), or with ``as_tuple`` one index per dimension.

    >>> nonzero(tensor([[1, 0], [0, 5]]))
    tensor([[0, 0],
            [1, 1]])
    """
    array = input.array
    if as_tuple:
        return tuple(wrap(found) for found in np.nonzero(np.atleast_1d(array)))
    if not array.ndim:
        return wrap(np.zeros((int(array != 0), 0), np.int64))
    return wrap(np.stack(np.nonzero(array), axis=1))


def argwhere(input: Any) -> Any:
    """Where ``input`` is not 0, one row of indices per element: ``nonzero``.

    >>> argwhere(tensor([0, 3, 4]))
    tensor([[1],
            [2]])
    """
    return nonzero(input)
