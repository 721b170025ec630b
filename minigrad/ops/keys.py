"""What stands between square brackets: integers, slices, None, ... and index arrays.

    split_key        into a basic part, which cuts a view, and an array part, which copies
    shape_at         the shape that an array part gives
    check_range      refuses positions outside of the tensor
    explained        what is wrong with index arrays that NumPy refused

Below: errors.py. Above: indexing.py, placing.py. Tests: tests/ops/test_indexing.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..tape import Variable

__all__: list[str] = []

_ALL = slice(None)


def split_key(x: Any, key: Any, function: str = "x[...]") -> tuple[tuple, tuple | None]:
    """``key`` as (basic part, array part): apply the first, then the second to the result."""
    if type(key) is int and x.array.ndim:
        return (_in_range(key, x.array.shape[0], 0), Ellipsis), None
    if type(key) is not tuple:
        key = (key,)
    items = [_item(k) for k in key]
    shape = x.array.shape
    consumed = 0
    for k in items:
        consumed += _dimensions_of(k)
    if consumed > len(shape):
        raise IndexError(
            f"{function} got {consumed} indices for a tensor of {len(shape)} dimensions "
            f"(shape {shape}); it needs at most one index per dimension."
            + (" Use x.item() for the number in a 0-dim tensor." if not shape else "")
        )
    basic: list = []
    arrays: list = []
    seen_ellipsis = False
    d = 0
    for k in items:
        if k is Ellipsis:
            if seen_ellipsis:
                raise IndexError(f"{function} got two ellipses (...); it needs at most one.")
            seen_ellipsis = True
            skipped = len(shape) - consumed
            basic += [_ALL] * skipped
            arrays += [_ALL] * skipped
            d += skipped
        elif k is None:
            basic.append(None)
            arrays.append(_ALL)
        elif isinstance(k, int):
            basic.append(_in_range(k, shape[d], d))
            d += 1
        elif isinstance(k, slice):
            basic.append(_slice(k, function))
            arrays.append(_ALL)
            d += 1
        elif k.dtype == bool and k.ndim == 0:
            basic.append(None)  # True or False alone: a new dimension of size 1 or 0
            arrays.append(k.reshape(1))
        else:
            basic += [_ALL] * _dimensions_of(k)
            arrays.append(_mask(k, shape, d, function) if k.dtype == bool else k)
            d += _dimensions_of(k)
    if Ellipsis not in basic:
        basic.append(Ellipsis)
    while arrays and arrays[-1] is _ALL:
        arrays.pop()
    if not arrays:
        return tuple(basic), None
    return tuple(basic), tuple(arrays)


def _item(k: Any) -> Any:
    """One index as an int, slice, None, Ellipsis or array."""
    if k is None or k is Ellipsis or isinstance(k, slice):
        return k
    if isinstance(k, (bool, np.bool_)):
        return np.asarray(k)
    if isinstance(k, Variable):
        k = k.array
    elif isinstance(k, (list, tuple, range)):
        k = np.asarray([e.array if isinstance(e, Variable) else e for e in k])
        if not k.size:
            k = k.astype(np.int64)
    if isinstance(k, np.ndarray):
        if k.dtype.kind not in "biu":
            raise IndexError(
                f"x[...] got an index array of {k.dtype}; it needs integers or bools. "
                "Convert it: index.long()."
            )
        if k.dtype == bool:
            return k
        return int(k) if k.ndim == 0 else k.astype(np.int64, copy=False)
    try:
        return operator.index(k)
    except TypeError:
        raise IndexError(
            f"x[...] got an index of type {type(k).__name__} ({k!r}); it needs integers, slices, "
            "None, ... (Ellipsis), or integer or bool tensors."
        ) from None


def _dimensions_of(k: Any) -> int:
    if k is None or k is Ellipsis:
        return 0
    return k.ndim if isinstance(k, np.ndarray) and k.dtype == bool else 1


def _in_range(i: int, size: int, d: int) -> int:
    if not -size <= i < size:
        raise _out_of_range(i, size, d)
    return i


def _out_of_range(i: int, size: int, d: int) -> IndexError:
    fits = f"an index in [{-size}, {size - 1}]" if size else "a dimension with elements"
    return IndexError(f"x[...] got the index {i} for dimension {d} of size {size}; it needs {fits}.")


def _slice(k: slice, function: str) -> slice:
    ends = [e.array.item() if isinstance(e, Variable) else e for e in (k.start, k.stop, k.step)]
    if ends[2] is not None and ends[2] < 1:
        raise ValueError(
            f"{function} got a slice with step {ends[2]}; it needs a step of at least 1. "
            "Use x.flip(dim) to reverse a dimension."
        )
    return slice(*ends)


def _mask(k: np.ndarray, shape: tuple, d: int, function: str) -> np.ndarray:
    if k.shape != shape[d : d + k.ndim]:
        raise IndexError(
            f"{function} got a mask of shape {k.shape} for dimensions {d} and following of a tensor "
            f"of shape {shape}; it needs a mask of shape {shape[d : d + k.ndim]}."
        )
    return k


def shape_at(shape: tuple, arrays: tuple) -> tuple:
    """The shape of ``x[arrays]`` for an x of ``shape``. Raises IndexError if arrays do not fit together."""
    found = [a for a in arrays if not isinstance(a, slice)]
    shapes = [a.shape if a.dtype != bool else (int(np.count_nonzero(a)),) for a in found]
    try:
        common = np.broadcast_shapes(*shapes)
    except ValueError:
        raise IndexError(
            f"x[...] got index arrays of shapes {' and '.join(map(str, shapes))}; it needs shapes "
            "that broadcast together. For a grid of rows and columns use x[rows][:, columns]."
        ) from None
    places = [i for i, a in enumerate(arrays) if not isinstance(a, slice)]
    adjacent = len(places) == places[-1] - places[0] + 1
    lead = places[0] if adjacent else 0  # those apart from each other come first
    d, others = 0, []
    for a in arrays:
        if isinstance(a, slice):
            others.append(shape[d])
        d += _dimensions_of(a)
    others += shape[d:]
    return (*others[:lead], *common, *others[lead:])


def explained(shape: tuple, arrays: tuple, error: IndexError) -> IndexError:
    """What is wrong with index arrays that NumPy refused: a position, or their shapes."""
    try:
        shape_at(shape, arrays)
    except IndexError as unfit:
        return unfit
    d = 0
    for a in arrays:
        if isinstance(a, slice) or a.dtype == bool:
            d += 1 if isinstance(a, slice) else a.ndim
            continue
        wrong = a[(a < -shape[d]) | (a >= shape[d])]
        if wrong.size:
            return _out_of_range(wrong.flat[0], shape[d], d)
        d += 1
    return error


def check_range(shape: tuple, key: tuple) -> None:
    """Refuse positions outside of a tensor of ``shape``."""
    d = 0
    for k in key:
        checked = isinstance(k, np.ndarray) and k.dtype != bool and k.size > 0
        if checked and not (-shape[d] <= k.min() and k.max() < shape[d]):
            raise explained(shape, key, IndexError(f"x[...] got an index outside of {shape}."))
        d += _dimensions_of(k)
