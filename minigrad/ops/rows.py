"""Whole slices along one dimension, chosen by a 1-dim index.

    index_select                           read (repeats allowed)
    index_add index_copy index_fill        write to a copy; index_add adds up repeats
    index_reduce                           repeats multiplied, averaged, or the extreme of them

Below: indexing.py. Above: methods/scatter.py. Tests: tests/ops/cases_scatter.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..tape import Variable, wrap
from .casting import cast, check_fits
from .gathering import check_range
from .indexing import add_at, held, put_at, take_at
from .reduction import numpy_names
from .scatter import scatter_reduce

__all__ = ["index_add", "index_copy", "index_fill", "index_reduce", "index_select"]

_ALL = slice(None)


def _key(function: str, input: Any, dim: Any, index: Any) -> tuple[Any, tuple]:
    """``input`` with at least one dimension, and the key of its rows."""
    d = shapes.dimension(dim, input.array.ndim, function)
    if not isinstance(index, Variable) or index.array.dtype.kind not in "iu":
        what = index.array.dtype if isinstance(index, Variable) else type(index).__name__
        raise DTypeError(f"{function} got an index of {what}; it needs an int64 Tensor: index.long().")
    if index.array.ndim > 1:
        raise ShapeError(
            f"{function} got an index of shape {index.array.shape}; it needs one dimension at most. "
            "Use index.flatten()."
        )
    lines = input if input.array.ndim else input.reshape(1)
    check_range(index.array, lines.array.shape[d], function)
    return lines, (*(_ALL,) * d, index.array.astype(np.int64, copy=False).reshape(-1))


def _fitting(function: str, lines: Any, key: tuple, source: Any) -> Any:
    if source.array.dtype != lines.array.dtype:
        raise DTypeError(
            f"{function} got a source of {source.array.dtype} for a tensor of {lines.array.dtype}; it "
            "needs the same dtype. Convert it: source.to(input.dtype)."
        )
    d = len(key) - 1
    place = (*lines.array.shape[:d], key[-1].size, *lines.array.shape[d + 1 :])
    if source.array.shape != place and not (source.array.ndim == 0 and place == (1,)):
        raise ShapeError(
            f"{function} got a source of shape {source.array.shape}; it needs {place}, one slice for "
            "each entry of index."
        )
    return source.reshape(place)


@numpy_names
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices of ``input`` at ``index`` along ``dim``, as a copy. Raises IndexError out of range.

    >>> index_select(tensor([[1, 2], [3, 4]]), 1, tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    lines, key = _key("index_select", input, dim, index)
    rows = take_at(lines, key=held(key, lines))
    return rows if input.array.ndim else rows.reshape(())


@numpy_names
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """A copy of ``input`` with ``alpha * source[i]`` added to slice ``index[i]`` along ``dim``.

    >>> index_add(tensor([1, 1]), 0, tensor([1, 1]), tensor([5, 6]))
    tensor([ 1, 12])
    """
    lines, key = _key("index_add", input, dim, index)
    source = _fitting("index_add", lines, key, source)
    source = cast(source if alpha == 1 else source * alpha, input.array.dtype)
    return add_at(lines, source, key=held(key, lines, source)).reshape(input.array.shape)


@numpy_names
def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """A copy of ``input`` whose slice ``index[i]`` along ``dim`` is reduced with ``source[i]``.

    ``reduce``: prod, mean, amax or amin; ``include_self=False`` leaves the old slice out.

    >>> index_reduce(tensor([1.0, 2.0]), 0, tensor([1, 1]), tensor([5.0, 3.0]), "amax")
    tensor([1., 5.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ValueError(f"index_reduce got reduce={reduce!r}; it needs 'prod', 'mean', 'amax' or 'amin'.")
    lines, key = _key("index_reduce", input, dim, index)
    source = _fitting("index_reduce", lines, key, source)
    d = len(key) - 1
    column = key[-1].reshape(-1, *(1,) * (lines.array.ndim - d - 1))
    places = wrap(np.array(np.broadcast_to(column, source.array.shape)))
    found = scatter_reduce(lines, d, places, source, reduce, include_self=include_self)
    return found.reshape(input.array.shape)


@numpy_names
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """A copy of ``input`` whose slice ``index[i]`` along ``dim`` is ``source[i]``.

    >>> index_copy(tensor([1, 2, 3]), 0, tensor([2, 0]), tensor([9, 8]))
    tensor([8, 2, 9])
    """
    lines, key = _key("index_copy", input, dim, index)
    source = _fitting("index_copy", lines, key, source)
    return put_at(lines, source, cut=(Ellipsis,), key=held(key, lines, source)).reshape(input.array.shape)


@numpy_names
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """A copy of ``input`` whose slices at ``index`` along ``dim`` are filled with one number.

    >>> index_fill(tensor([1, 2, 3]), 0, tensor([2, 0]), 7)
    tensor([7, 2, 7])
    """
    lines, key = _key("index_fill", input, dim, index)
    value = one_value("index_fill", input, value)
    return put_at(lines, value, cut=(Ellipsis,), key=held(key, lines, value)).reshape(input.array.shape)


def one_value(function: str, input: Any, value: Any) -> Any:
    """A number or 0-dim Tensor as a 0-dim Tensor in the dtype of ``input``."""
    dtype = input.array.dtype
    if dtype.kind == "f" and type(value) in (int, float):
        check_fits(value, dtype, function)
        return wrap(np.array(value, dtype))
    if not isinstance(value, Variable):
        value = wrap(np.asarray(value))
    if value.array.ndim:
        raise ShapeError(
            f"{function} got a value of shape {value.array.shape}; it needs a number or a 0-dim tensor."
        )
    kind = input.array.dtype.kind
    if kind in "iu" and value.array.dtype.kind == "f" and value.array != np.floor(value.array):
        raise DTypeError(
            f"{function} got the value {value.array} for a tensor of {input.array.dtype}; it needs an "
            "integer. Convert the tensor first: x.float()."
        )
    check_fits(value.array, input.array.dtype, function)
    return cast(value, input.array.dtype)
