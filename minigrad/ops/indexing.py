"""Square brackets: reading and writing parts of a tensor.

    getitem, setitem             what ``x[...]`` and ``x[...] = v`` do
    take_slice, place_slice      integers, slices, None: a view, and its transpose
    take_at, place_at            integer and bool arrays: a copy, and its transpose
    put_at, add_at               x with other values in one place, or more added, out of place
    held                         a key that stays as it is when the caller writes to its arrays

PyTorch's order of things: integers and slices apply first, as a view; index tensors then
apply to what is left. (NumPy counts an integer beside an index array as an array too.)

Below: keys.py, selection.py, kernels/scatter.py. Above: methods/indexing.py.
Tests: tests/ops/cases_indexing.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..tape import Primitive, Variable, grad_enabled, settled, wrap
from .arithmetic import sum_to
from .casting import cast, check_fits
from .keys import check_range, explained, shape_at, split_key
from .selection import keep

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
    found = x[key]
    return np.ascontiguousarray(found) if found.ndim > 1 else found, (key, x.shape)


def _take_at_backward(g, residuals, needs):
    key, shape = residuals
    return (place_at(g, key=key, shape=shape),)


take_at = Primitive("index", _take_at_forward, _take_at_backward, keeps="at shape_before")


def _add_into(out: np.ndarray, g: np.ndarray, key: tuple) -> None:
    """Add ``g`` at ``out[key]``; places that come up twice get both."""
    arrays = [i for i, k in enumerate(key) if not isinstance(k, slice)]
    masks = any(key[i].dtype == bool for i in arrays)
    if masks and len(arrays) == 1:
        out[key] += g  # no place comes up twice
    elif not masks and len(arrays) == arrays[-1] - arrays[0] + 1 and out.dtype.itemsize >= 4:
        _add_adjacent(out, g, key, arrays)
    else:
        np.add.at(out, key, g)


def _add_adjacent(out, g, key, arrays) -> None:
    """Index arrays side by side: one combined position in the dimensions they span."""
    first, end = arrays[0], arrays[-1] + 1
    spanned = out.shape[first:end]
    positions = key[first]
    if len(arrays) > 1:
        positions = np.broadcast_arrays(*(key[a] for a in arrays))
        # All are in range; "wrap" counts the negative ones from the end.
        positions = np.ravel_multi_index(positions, spanned, mode="wrap") if out.size else positions[0]
    lead, rest = int(np.prod(out.shape[:first])), int(np.prod(out.shape[end:]))
    n, m = int(np.prod(spanned)), positions.size
    kernels.scatter.add_rows(
        out.reshape(lead, n, rest),
        np.ascontiguousarray(positions).reshape(-1),
        np.ascontiguousarray(g).reshape(lead, m, rest),
    )


def _place_at_forward(g, key, shape):
    out = np.zeros(shape, g.dtype)
    _add_into(out, g, key)
    return out, (key,)


place_at = Primitive(
    "index_grad",
    _place_at_forward,
    lambda g, residuals, needs: (take_at(g, key=residuals[0]),),
    keeps="at",
)


def _add_at_forward(x, values, key):
    check_range(x.shape, key)
    out = np.array(x, order="C")
    _add_into(out, np.broadcast_to(values, shape_at(x.shape, key)), key)
    return out, (key, values.shape)


def _add_at_backward(g, residuals, needs):
    key, values_shape = residuals
    return g, _fit(take_at(g, key=key), values_shape) if needs[1] else None


add_at = Primitive("add_at", _add_at_forward, _add_at_backward, keeps="at shape_added")


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
        if key is not None:
            stays = _last_writes(part.shape, key)
            part = take_at(part, key=key)
            part = part if stays is None else keep(part, stays)
        dvalues = _fit(part, values_shape)
    return dx, dvalues


def _last_writes(shape: tuple, key: tuple) -> np.ndarray | None:
    """Which of the values put at ``[key]`` stay, as a mask that broadcasts to them; None: all do.

    Where a place comes up twice the last value stays, and it alone has a gradient.
    """
    if all(isinstance(k, slice) or k.dtype == bool for k in key):
        return None  # one mask: no place comes up twice
    d, indexed = 0, [1] * len(shape)  # lines along whole dimensions share their fate
    for k in key:
        span = k.ndim if isinstance(k, np.ndarray) and k.dtype == bool else 1
        if not isinstance(k, slice):
            indexed[d : d + span] = shape[d : d + span]
        d += span
    writer = np.empty(indexed, np.intp)
    places = shape_at(writer.shape, key)
    order = np.arange(math.prod(places)).reshape(places)
    writer[key] = order
    stays = writer[key] == order
    return None if stays.all() else stays


def _fit(g: Any, shape: tuple) -> Any:
    """Sum to ``shape``, which may have more leading ones than what it was written to."""
    lead = len(shape) - len(g.shape)
    return sum_to(g, shape) if lead <= 0 else sum_to(g, shape[lead:]).reshape(shape)


put_at = Primitive("put_at", _put_at_forward, _put_at_backward, keeps="part at shape_put")


def held(key: tuple, *inputs: Any) -> tuple:
    """``key`` with copies of its arrays if a rule will need them, or if they lie in an input."""
    recorded = grad_enabled.get() and any(settled(x)._requires_grad for x in inputs)
    return tuple(
        k.copy()
        if isinstance(k, np.ndarray) and (recorded or any(np.may_share_memory(k, x.array) for x in inputs))
        else k
        for k in key
    )


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
        return take_at(input, key=held(arrays, input))
    except IndexError as error:
        raise explained(input.array.shape, arrays, error) from None


def put_explained(input: Any, values: Any, cut: tuple, key: tuple | None) -> Any:
    """``put_at`` whose IndexError says what is wrong."""
    if key is None:
        return put_at(input, values, cut=cut, key=None)
    try:
        return put_at(input, values, cut=cut, key=held(key, input, values))
    except IndexError as error:
        raise explained(input.array[cut].shape, key, error) from None


def put_into(array: np.ndarray, values: np.ndarray, cut: tuple, key: tuple) -> None:
    """``array[cut][key] = values``, whose IndexError says what is wrong."""
    place = array[cut]
    try:
        place[key] = values
    except IndexError as error:
        raise explained(place.shape, key, error) from None


def values_for(input: Any, basic: tuple, arrays: tuple | None, values: Any) -> Any:
    """``values`` in the dtype of ``input`` and in a shape that broadcasts to the place."""
    place = input.array[basic].shape
    if arrays is not None:
        place = shape_at(place, arrays)
    if isinstance(values, Variable):
        values = cast(values, input.array.dtype)
    else:
        if not isinstance(values, np.ndarray):
            check_fits(values, input.array.dtype, "x[...] = v")
        values = wrap(np.asarray(values).astype(input.array.dtype))
    shape = values.array.shape
    while len(shape) > len(place) and shape[0] == 1:
        shape = shape[1:]
    pairs = zip(shape[::-1], place[::-1], strict=False)
    if len(shape) > len(place) or any(n not in (1, m) for n, m in pairs):
        raise ShapeError(
            f"x[...] = v got a value of shape {values.array.shape} for a place of shape {place}; "
            "it needs a shape that broadcasts to it."
        )
    return values if shape == values.array.shape else values.reshape(shape)


def put(input: Any, key: Any, values: Any) -> Any:
    """A copy of ``input`` in which ``[key]`` is ``values``; gradients pass to both."""
    basic, arrays = split_key(input, key, "x[...] = v")
    values = values_for(input, basic, arrays, values)
    return put_explained(input, values, basic, arrays)


def iterate(input: Any) -> Any:
    """The parts along the first dimension, one after the other: ``for row in x``.

    >>> [row.tolist() for row in tensor([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    if not input.array.ndim:
        raise TypeError("iteration got a 0-dim tensor; it needs at least one dimension.")
    return (_take_slice(input, key=(i, Ellipsis)) for i in range(input.array.shape[0]))
