"""Square brackets: reading and writing parts of a tensor.

    getitem, setitem             what ``x[...]`` and ``x[...] = v`` do
    take_slice, place_slice      integers, slices, None: a view, and its transpose
    take_at, place_at            integer and bool arrays: a copy, and its transpose
    put_at                       x with other values in one place, out of place

PyTorch's order of things: integers and slices apply first, as a view; index tensors then
apply to what is left. (NumPy counts an integer beside an index array as an array too.)

Below: tape.py, kernels/scatter.py. Above: methods/indexing.py. Tests: tests/ops/cases_indexing.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..tape import Primitive, Variable, wrap
from .arithmetic import sum_to
from .casting import cast

__all__: list[str] = []

_ALL = slice(None)


# ------------------------------------------------ integers, slices, None: views


def _take_slice_forward(x, key):
    return x[key], (key, x.shape)


def _take_slice_backward(g, residuals, needs):
    key, shape = residuals
    return (_place_slice(g, key=key, shape=shape),)


_take_slice = Primitive(
    "slice", _take_slice_forward, _take_slice_backward, keeps="at shape_before", view=True
)


def _place_slice_forward(g, key, shape):
    out = np.zeros(shape, g.dtype)
    out[key] = g
    return out, (key,)


_place_slice = Primitive(
    "slice_grad",
    _place_slice_forward,
    lambda g, residuals, needs: (_take_slice(g, key=residuals[0]),),
    keeps="at",
)


def take_slice(x: Any, key: tuple) -> Any:
    """``x[key]`` for integers, slices and None: a view of the same memory."""
    # With the Ellipsis NumPy gives a view even where integers alone would give a number.
    return _take_slice(x, key=key if Ellipsis in key else (*key, Ellipsis))


def place_slice(g: Any, key: tuple, shape: tuple) -> Any:
    """Zeros of ``shape`` in which ``[key]`` is ``g``: the transpose of ``take_slice``."""
    return _place_slice(g, key=key, shape=shape)


# ------------------------------------------------ index arrays: copies


def _take_at_forward(x, key):
    last = key[-1]
    if last.dtype == np.int64 and all(isinstance(k, slice) for k in key[:-1]):
        return np.take(x, last, axis=len(key) - 1), (key, x.shape)  # faster for one index array
    return x[key], (key, x.shape)


def _take_at_backward(g, residuals, needs):
    key, shape = residuals
    return (place_at(g, key=key, shape=shape),)


take_at = Primitive("index", _take_at_forward, _take_at_backward, keeps="at shape_before")


def _place_at_forward(g, key, shape):
    out = np.zeros(shape, g.dtype)
    arrays = [i for i, k in enumerate(key) if not isinstance(k, slice)]
    masks = any(key[i].dtype == bool for i in arrays)
    if masks and len(arrays) == 1:
        out[key] = g  # no place comes up twice
    elif not masks and len(arrays) == arrays[-1] - arrays[0] + 1 and out.dtype.itemsize >= 4:
        _add_adjacent(out, g, key, arrays)
    else:
        np.add.at(out, key, g)
    return out, (key,)


def _add_adjacent(out, g, key, arrays) -> None:
    """Index arrays side by side: one combined position in the dimensions they span."""
    first, end = arrays[0], arrays[-1] + 1
    spanned = out.shape[first:end]
    places = np.broadcast_arrays(*(np.where(key[a] < 0, key[a] + out.shape[a], key[a]) for a in arrays))
    positions = np.ravel_multi_index(tuple(places), spanned) if out.size else places[0]
    lead, rest = int(np.prod(out.shape[:first])), int(np.prod(out.shape[end:]))
    n, m = int(np.prod(spanned)), positions.size
    kernels.scatter.add_rows(
        out.reshape(lead, n, rest),
        np.ascontiguousarray(positions).reshape(-1),
        np.ascontiguousarray(g).reshape(lead, m, rest),
    )


place_at = Primitive(
    "index_grad",
    _place_at_forward,
    lambda g, residuals, needs: (take_at(g, key=residuals[0]),),
    keeps="at",
)


# ------------------------------------------------ other values in one place


def _put_at_forward(x, values, cut, key):
    out = np.array(x, order="C")
    out[cut][... if key is None else key] = values
    return out, (cut, key, values.shape)


def _put_at_backward(g, residuals, needs):
    cut, key, values_shape = residuals
    dx = dvalues = None
    if needs[0]:
        dx = put_at(g, np.zeros((), g.dtype), cut=cut, key=key)
    if needs[1]:
        part = _take_slice(g, key=cut)
        dvalues = _fit(part if key is None else take_at(part, key=key), values_shape)
    return dx, dvalues


def _fit(g: Any, shape: tuple) -> Any:
    """Sum to ``shape``, which may have more leading ones than what it was written to."""
    lead = len(shape) - len(g.shape)
    return sum_to(g, shape) if lead <= 0 else sum_to(g, shape[lead:]).reshape(shape)


put_at = Primitive("put_at", _put_at_forward, _put_at_backward, keeps="part at shape_put")


# ------------------------------------------------ reading a key


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
        return int(k) if k.ndim == 0 else np.array(k, np.int64)  # the key outlives this call
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
    return IndexError(
        f"x[...] got the index {i} for dimension {d} of size {size}; it needs an index in "
        f"[{-size}, {size - 1}]."
    )


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
    return k.copy()


def _explained(shape: tuple, arrays: tuple, error: IndexError) -> IndexError:
    """What is wrong with index arrays that NumPy refused: a position, or their shapes."""
    found = [a for a in arrays if not isinstance(a, slice)]
    shapes = [a.shape if a.dtype != bool else (int(np.count_nonzero(a)),) for a in found]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return IndexError(
            f"x[...] got index arrays of shapes {' and '.join(map(str, shapes))}; it needs shapes "
            "that broadcast together. For a grid of rows and columns use x[rows][:, columns]."
        )
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


# ------------------------------------------------ brackets


def getitem(input: Any, key: Any) -> Any:
    """``input[key]``: a view for integers, slices, None and ...; a copy for index arrays.

    Raises IndexError for what is out of range or no index, ValueError for a negative step.

    >>> tensor([[1, 2], [3, 4]])[:, 0]
    tensor([1, 3])
    """
    basic, arrays = split_key(input, key)
    if arrays is None:
        return _take_slice(input, key=basic)
    if basic.count(_ALL) != len(basic) - 1:  # more than full slices and the Ellipsis
        input = _take_slice(input, key=basic)
    try:
        return take_at(input, key=arrays)
    except IndexError as error:
        raise _explained(input.array.shape, arrays, error) from None


def values_for(input: Any, basic: tuple, arrays: tuple | None, values: Any) -> Any:
    """``values`` in the dtype of ``input`` and in a shape that broadcasts to the place."""
    place = input.array[basic]
    if arrays is not None:
        try:
            place = place[arrays]
        except IndexError as error:
            raise _explained(place.shape, arrays, error) from None
    if isinstance(values, Variable):
        values = cast(values, input.array.dtype)
    else:
        values = wrap(np.asarray(values).astype(input.array.dtype))
    shape = values.array.shape
    while len(shape) > place.ndim and shape[0] == 1:
        shape = shape[1:]
    if len(shape) > place.ndim or any(
        n not in (1, m) for n, m in zip(shape[::-1], place.shape[::-1], strict=False)
    ):
        raise ShapeError(
            f"x[...] = v got a value of shape {values.array.shape} for a place of shape {place.shape}; "
            "it needs a shape that broadcasts to it."
        )
    return values if shape == values.array.shape else values.reshape(shape)


def put(input: Any, key: Any, values: Any) -> Any:
    """A copy of ``input`` in which ``[key]`` is ``values``; gradients pass to both."""
    basic, arrays = split_key(input, key, "x[...] = v")
    values = values_for(input, basic, arrays, values)
    return put_at(input, values, cut=basic, key=arrays)


def iterate(input: Any) -> Any:
    """The parts along the first dimension, one after the other: ``for row in x``.

    >>> [row.tolist() for row in tensor([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    if not input.array.ndim:
        raise TypeError("iteration got a 0-dim tensor; it needs at least one dimension.")
    return (_take_slice(input, key=(i, Ellipsis)) for i in range(input.array.shape[0]))
