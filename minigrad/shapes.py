"""Arithmetic on shapes: what broadcasts, which dimension -1 is, how large an output gets.

    dimension          one dimension number, counted from the end where negative
    dimensions         a tuple of distinct ones; None means all
    broadcast          the shape that several shapes broadcast to
    pair               2 -> (2, 2), as kernel sizes and strides are written
    infer              reshape(-1): the size that is left over
    window_output      output size of a convolution or pooling along one dimension
    remembered         a function of shapes and settings that works out each answer once

Below: errors. Above: kernels/ and ops/. Tests: tests/test_shapes.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any

from .errors import ShapeError

Shape = tuple[int, ...]


def remembered(function: Callable) -> Callable:
    """``lru_cache`` for checks of shapes and settings; a setting such as a list is no key and passes by.

    What raises is worked out anew, so that every bad call gets its message.
    """
    cached = lru_cache(maxsize=512, typed=True)(function)

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return cached(*arguments)
        except TypeError:
            return function(*arguments)

    return call


def dimension(dim: Any, ndim: int, function: str) -> int:
    """``dim`` in [0, ndim). Raises IndexError as PyTorch does; a 0-d tensor takes 0 and -1."""
    if type(dim) is int and -ndim <= dim < ndim:
        return dim + ndim if dim < 0 else dim
    try:
        d = operator.index(dim)
    except TypeError:
        raise TypeError(f"{function} got dim={dim!r}; it needs an integer.") from None
    span = ndim or 1
    if not -span <= d < span:
        raise IndexError(
            f"{function} got dim={d} for a tensor of {ndim} dimensions; it needs a dim in "
            f"[{-span}, {span - 1}]."
        )
    return d + span if d < 0 else d


def dimensions(dim: Any, ndim: int, function: str) -> Shape:
    """Distinct dimensions as a tuple; None and () stand for all of them."""
    if dim is None:
        return tuple(range(ndim))
    if not isinstance(dim, (tuple, list)):
        d = dimension(dim, ndim, function)
        return (d,) if ndim else ()
    if len(dim) == 0:
        return tuple(range(ndim))
    dims = tuple(dimension(d, ndim, function) for d in dim)
    if len(set(dims)) != len(dims):
        raise ValueError(f"{function} got dim={tuple(dim)}; it needs each dimension once.")
    return dims if ndim else ()


def broadcast(function: str, *shapes: Shape) -> Shape:
    """The common shape. Raises ShapeError naming all shapes."""
    ndim = max((len(s) for s in shapes), default=0)
    result = [1] * ndim
    for shape in shapes:
        for i, size in enumerate(reversed(shape), 1):
            if size == 1 or size == result[-i]:
                continue
            if result[-i] != 1:
                listed = " and ".join(str(tuple(s)) for s in shapes)
                raise ShapeError(
                    f"{function} got shapes {listed}; it needs shapes that broadcast: counted from "
                    f"the last dimension, sizes must be equal or 1 (here {result[-i]} meets {size})."
                )
            result[-i] = size
    return tuple(result)


def pair(value: Any, function: str, name: str, minimum: int) -> tuple[int, int]:
    """``value`` or ``(height, width)`` as two integers of at least ``minimum``."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) == 1:
        values *= 2
    try:
        two = tuple(operator.index(v) for v in values)
    except TypeError:
        two = ()
    if len(two) != 2 or min(two) < minimum:
        raise ValueError(
            f"{function} got {name}={value!r}; it needs an integer >= {minimum} or a pair of them."
        )
    return two[0], two[1]


def infer(sizes: Sequence[int], total: int, function: str) -> Shape:
    """``sizes`` with a single -1 replaced by what is left of ``total`` elements."""
    sizes = tuple(operator.index(s) for s in sizes)
    known = 1
    for s in sizes:
        if s != -1:
            known *= s
    if sizes.count(-1) > 1 or any(s < -1 for s in sizes):
        raise ShapeError(f"{function} got the shape {sizes}; it needs sizes >= 0 and at most one -1.")
    if -1 in sizes:
        if known == 0 or total % known:
            raise ShapeError(
                f"{function} got the shape {sizes} for {total} elements; they do not divide evenly."
            )
        sizes = tuple(total // known if s == -1 else s for s in sizes)
    elif known != total:
        raise ShapeError(
            f"{function} got the shape {sizes} ({known} elements) for a tensor of {total} elements; "
            "the two must hold equally many. One size may be -1: it is then worked out."
        )
    return sizes


def window_output(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Output positions of a window sliding over one dimension (may be <= 0: does not fit).

    Source: Dumoulin and Visin, A guide to convolution arithmetic (2016), relationship 15.
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
