"""The largest and the smallest element, and where they are.

    max min          a value for all, (values, indices) along a dimension, or elementwise
    amax amin        values over any dimensions; ties share the gradient evenly
    aminmax          both at once
    argmax argmin    positions: the first one among equals

Below: reduction.py, gathering.py. Above: methods/reduction.py. Tests: tests/ops/cases_reduction.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from .. import shapes
from ..tape import Primitive, Variable, wrap
from .gathering import pick
from .reduction import count, kept_shape, numpy_names
from .selection import maximum, minimum

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]

ValuesIndices = namedtuple("ValuesIndices", "values indices")
MinMax = namedtuple("MinMax", "min max")


def require_elements(shape: tuple, dims: tuple, function: str) -> None:
    """An extreme or a quantile of nothing does not exist."""
    if count(shape, dims) == 0 and (len(dims) == len(shape) or 0 in (shape[d] for d in dims)):
        raise IndexError(
            f"{function} got a tensor of shape {shape} to reduce over dim {dims}; it needs at least "
            "one element there."
        )


def _tie_weights_forward(x, extreme):
    same = (x == extreme) | (np.isnan(x) & np.isnan(extreme) if x.dtype.kind == "f" else False)
    axes = tuple(i for i, size in enumerate(extreme.shape) if size == 1)
    weights = same.astype(x.dtype)
    return weights / np.add.reduce(weights, axis=axes, keepdims=True), ()


# Constant almost everywhere, so it carries no gradient of its own.
_tie_weights = Primitive("tie_weights", _tie_weights_forward)


def _amax_forward(x, dims, keepdim):
    output = np.asarray(np.maximum.reduce(x, axis=dims, keepdims=keepdim))
    return output, (x, output, kept_shape(x.shape, dims))


def _amin_forward(x, dims, keepdim):
    output = np.asarray(np.minimum.reduce(x, axis=dims, keepdims=keepdim))
    return output, (x, output, kept_shape(x.shape, dims))


def _extreme_backward(g, residuals, needs):
    x, output, kept = residuals
    return (g.reshape(kept) * _tie_weights(x, output.reshape(kept)),)


_amax = Primitive("amax", _amax_forward, _extreme_backward, keeps="x output kept")
_amin = Primitive("amin", _amin_forward, _extreme_backward, keeps="x output kept")


def _reduced(primitive: Primitive, input: Any, dim: Any, keepdim: bool, function: str) -> Any:
    shape = input.array.shape
    dims = shapes.dimensions(dim, len(shape), function)
    require_elements(shape, dims, function)
    return primitive(input, dims=dims, keepdim=keepdim)


@numpy_names
def amax(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The largest value over ``dim`` (an integer, several, or () for all); nan if one is nan.

    Equal largest values share the gradient evenly. Raises IndexError if there is no element.

    >>> amax(tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([2., 4.])
    """
    return _reduced(_amax, input, dim, keepdim, "amax")


@numpy_names
def amin(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The smallest value over ``dim``; as ``amax`` otherwise.

    >>> amin(tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([1., 3.])
    """
    return _reduced(_amin, input, dim, keepdim, "amin")


@numpy_names
def aminmax(input: Any, *, dim: Any = None, keepdim: bool = False) -> Any:
    """``(min, max)`` over one dimension, or over all.

    >>> aminmax(tensor([3.0, 1.0, 2.0])).max
    tensor(3.)
    """
    return MinMax(
        _reduced(_amin, input, dim, keepdim, "aminmax"),
        _reduced(_amax, input, dim, keepdim, "aminmax"),
    )


def _position(x: np.ndarray, dim: Any, keepdim: bool, find: Any, function: str) -> np.ndarray:
    dims = shapes.dimensions(dim, x.ndim, function)
    require_elements(x.shape, dims, function)
    if dim is None or not x.ndim:
        found = np.asarray(find(x), np.int64)
        return found.reshape((1,) * x.ndim) if keepdim else found
    return np.asarray(find(x, axis=dims[0], keepdims=keepdim), np.int64)


@numpy_names
def argmax(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Where the largest value is: along ``dim``, or in the flattened tensor. int64, first of equals.

    >>> argmax(tensor([[1.0, 5.0], [4.0, 3.0]]), dim=1)
    tensor([1, 0])
    """
    return wrap(_position(input.array, dim, keepdim, np.argmax, "argmax"))


@numpy_names
def argmin(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Where the smallest value is; as ``argmax`` otherwise.

    >>> argmin(tensor([[1.0, 5.0], [4.0, 3.0]]))
    tensor(0)
    """
    return wrap(_position(input.array, dim, keepdim, np.argmin, "argmin"))


@numpy_names
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest value: of all, along ``dim`` with its position, or elementwise of two tensors.

    ``max(x)`` -> a 0-dim tensor; equal largest values share the gradient.
    ``max(x, dim)`` -> (values, indices); the gradient goes to the element picked.
    ``max(x, y)`` -> ``maximum(x, y)``. Raises IndexError if there is no element.

    >>> max(tensor([[1.0, 5.0], [4.0, 3.0]]), dim=1).indices
    tensor([1, 0])
    """
    if isinstance(dim, Variable) or other is not None:
        return maximum(input, dim if other is None else other)
    if dim is None:
        return _reduced(_amax, input, None, False, "max")
    indices = wrap(_position(input.array, dim, keepdim, np.argmax, "max"))
    return ValuesIndices(pick(input, indices, dim), indices)


@numpy_names
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest value; as ``max`` otherwise.

    >>> min(tensor([[1.0, 5.0], [4.0, 3.0]]), dim=0).values
    tensor([1., 3.])
    """
    if isinstance(dim, Variable) or other is not None:
        return minimum(input, dim if other is None else other)
    if dim is None:
        return _reduced(_amin, input, None, False, "min")
    indices = wrap(_position(input.array, dim, keepdim, np.argmin, "min"))
    return ValuesIndices(pick(input, indices, dim), indices)
