"""Order: sorting, the largest few, places in a sorted sequence.

    sort argsort msort topk kthvalue     gradients go to the elements that were picked
    searchsorted bucketize               no gradient

Sorting is stable, and nan counts as larger than every number, as in PyTorch.
Below: gathering.py. Above: quantiles.py, methods/sorting.py. Tests: tests/ops/cases_sorting.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..tape import Variable, wrap
from .extremes import ValuesIndices
from .gathering import gather_along, pick
from .reduction import numpy_names

__all__ = ["argsort", "bucketize", "kthvalue", "msort", "searchsorted", "sort", "topk"]


def order_of(x: np.ndarray, dim: int, descending: bool) -> np.ndarray:
    """The permutation along ``dim`` that sorts; equals stay in their order both ways."""
    if not x.ndim:
        return np.zeros((), np.int64)
    if x.dtype.itemsize <= 4 and x.dtype != np.uint32:
        return _order_of_packed(x, dim, descending)
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    # Sorted backwards and read backwards, equals come out in the order they had.
    backwards = np.argsort(np.flip(x, dim), axis=dim, kind="stable")
    return np.ascontiguousarray(x.shape[dim] - 1 - np.flip(backwards, dim))


def _order_of_packed(x: np.ndarray, dim: int, descending: bool) -> np.ndarray:
    """Value and position in one int64, value first: NumPy sorts those with vector code.

    10 times as fast as a stable argsort of float32 where the processor has AVX-512.
    """
    if x.dtype.kind == "f":
        bits = (x.astype(np.float32, copy=False) + np.float32(0)).view(np.int32)  # -0 becomes 0
        bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # negative floats count down in their bits
        key = np.where(np.isnan(x), np.int64(0x7FC00000), bits)
    else:
        key = x.astype(np.int64)
    if descending:
        key = ~key
    steps = np.arange(x.shape[dim]).reshape([-1 if i == dim else 1 for i in range(x.ndim)])
    return np.sort((key << 32) | steps, axis=dim) & 0xFFFFFFFF


def _picked(input: Any, indices: np.ndarray, dim: int) -> ValuesIndices:
    index = wrap(indices)
    return ValuesIndices(gather_along(input, index, dim=dim), index)


@numpy_names
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """``(values, indices)`` sorted along ``dim``. Equal elements keep their order, asked or not.

    >>> sort(tensor([3, 1, 2])).indices
    tensor([1, 2, 0])
    """
    d = shapes.dimension(dim, input.array.ndim, "sort")
    return _picked(input, order_of(input.array, d, descending), d)


@numpy_names
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that ``sort`` gives.

    >>> argsort(tensor([3, 1, 2]), descending=True)
    tensor([0, 2, 1])
    """
    d = shapes.dimension(dim, input.array.ndim, "argsort")
    return wrap(order_of(input.array, d, descending))


def msort(input: Any) -> Any:
    """The values sorted along the first dimension.

    >>> msort(tensor([[3, 1], [2, 5]]))
    tensor([[2, 1],
            [3, 5]])
    """
    if not input.requires_grad:
        return wrap(np.sort(input.array, axis=0) if input.array.ndim else input.array.copy())
    return sort(input, 0).values


@numpy_names
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """``(values, indices)`` of the ``k`` largest (or smallest) elements along ``dim``, best first.

    Which of several equal elements is taken is not defined. Raises IndexError unless 0 <= k <= size.

    >>> topk(tensor([3, 1, 2]), 2).values
    tensor([3, 2])
    """
    x = input.array
    d = shapes.dimension(dim, x.ndim, "topk")
    n = x.shape[d] if x.ndim else 1
    if not 0 <= k <= n:
        raise IndexError(f"topk got k={k} for a dimension of size {n}; it needs 0 <= k <= {n}.")
    if not x.ndim:
        return _picked(input, np.zeros((), np.int64), d) if k else _nothing(input)
    if 0 < k < n:
        place = n - k if largest else k - 1
        part = np.argpartition(x, place, axis=d)
        part = np.take(part, range(place, n) if largest else range(k), axis=d)
        part = np.sort(part, axis=d)  # so that equals come in the order of their positions
    else:
        part = np.broadcast_to(np.arange(k).reshape([-1 if i == d else 1 for i in range(x.ndim)]),
                               [k if i == d else s for i, s in enumerate(x.shape)])  # fmt: skip
    order = order_of(np.take_along_axis(x, part, d), d, largest)
    return _picked(input, np.take_along_axis(part, order, d), d)


def _nothing(input: Any) -> ValuesIndices:
    empty = np.zeros(0, input.array.dtype)
    return ValuesIndices(wrap(empty), wrap(empty.astype(np.int64)))


def first_at(x: np.ndarray, values: np.ndarray, dim: int) -> np.ndarray:
    """Where along ``dim`` the value (dim kept, size 1) stands first; nan finds nan."""
    same = x == values
    if x.dtype.kind == "f":
        same |= np.isnan(x) & np.isnan(values)
    return np.argmax(same, axis=dim, keepdims=True)


@numpy_names
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """``(values, indices)`` of the ``k``-th smallest element along ``dim``, counted from 1.

    Raises IndexError unless 1 <= k <= size.

    >>> kthvalue(tensor([3, 1, 2]), 2).values
    tensor(2)
    """
    x = np.atleast_1d(input.array)
    d = shapes.dimension(dim, input.array.ndim, "kthvalue")
    n = x.shape[d]
    if not 1 <= k <= n:
        raise IndexError(f"kthvalue got k={k} for a dimension of size {n}; it needs 1 <= k <= {n}.")
    values = np.take(np.partition(x, k - 1, axis=d), [k - 1], axis=d)
    return picked_line(input, first_at(x, values, d), d, keepdim)


def picked_line(input: Any, index: np.ndarray, dim: int, keepdim: bool) -> ValuesIndices:
    """Values and indices of one element per line, from indices with ``dim`` kept."""
    shape = input.array.shape
    indices = wrap(index.reshape(tuple(
        1 if i == dim else n for i, n in enumerate(shape) if keepdim or i != dim
    )))  # fmt: skip
    return ValuesIndices(pick(input, indices, dim), indices)


# ------------------------------------------------ places in a sorted sequence


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: Any = None,
    sorter: Any = None,
) -> Any:
    """Where each value of ``input`` would be inserted to keep the last dimension sorted: int64.

    Shapes: sequence (*, n) with input (*, m), or a 1-dim sequence with any input or number.
    ``right`` (or side="right") goes behind equal elements. ``sorter``: argsort of the sequence.
    Raises ShapeError if the leading dimensions differ.

    >>> searchsorted(tensor([1, 3, 5]), tensor([3, 4]))
    tensor([1, 2])
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ValueError(
            f"searchsorted got side={side!r} and right={right}; it needs 'left' or 'right', not both."
        )
    sequence = sorted_sequence.array
    values = input.array if isinstance(input, Variable) else np.asarray(input)
    if sorter is not None:
        if sorter.array.shape != sequence.shape or sorter.array.dtype.kind not in "iu":
            raise ShapeError(
                f"searchsorted got a sorter of shape {sorter.array.shape} and {sorter.array.dtype}; it "
                f"needs int64 of the sequence's shape {sequence.shape}."
            )
        sequence = np.take_along_axis(sequence, sorter.array, -1)
    which: Any = "right" if right or side == "right" else "left"
    kind = np.int32 if out_int32 else np.int64
    if sequence.ndim == 1:
        return wrap(np.asarray(np.searchsorted(sequence, values, which), kind))
    if sequence.ndim == 0 or sequence.shape[:-1] != values.shape[:-1]:
        raise ShapeError(
            f"searchsorted got a sequence of shape {sequence.shape} and values of shape {values.shape}; "
            "all but their last dimensions must be equal, or the sequence 1-dim."
        )
    result = np.empty(values.shape, kind)
    for place in np.ndindex(values.shape[:-1]):
        result[place] = np.searchsorted(sequence[place], values[place], which)
    return wrap(result)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """Which interval of the sorted 1-dim ``boundaries`` each value falls into: ``searchsorted``.

    >>> bucketize(tensor([0.5, 2.0, 9.0]), tensor([1.0, 2.0, 3.0]))
    tensor([0, 1, 3])
    """
    if boundaries.array.ndim != 1:
        raise ShapeError(
            f"bucketize got boundaries of shape {boundaries.array.shape}; it needs one dimension."
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
