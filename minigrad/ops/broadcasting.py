"""Dimensions of size 1 repeated to any size, without copying.

    expand broadcast_to broadcast_tensors broadcast_shapes
    sum_to_size        the other way: summed down to a size

The primitive and its transpose, ``sum_to``, stand in arithmetic.py, whose rules need them.
Below: arithmetic.py, shaping.py. Above: methods/shaping.py. Tests: tests/ops/cases_shaping.py.
"""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..errors import ShapeError
from .arithmetic import expand_to, sum_to
from .keywords import also_named
from .shaping import Size, clone, reshape, sizes_of

__all__ = ["broadcast_shapes", "broadcast_tensors", "broadcast_to"]


def expand(input: Any, *sizes: Any) -> Any:
    """Repeat dimensions of size 1 up to ``sizes`` without copying; -1 keeps a size.

    Dimensions may be added in front. A result with repeated elements cannot be written to.

    >>> tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    before, wanted = input.array.shape, sizes_of(sizes, "expand")
    lead = len(wanted) - len(before)
    fits = lead >= 0
    shape = []
    for i, size in enumerate(wanted):
        if size == -1 and i >= lead:
            size = before[i - lead]
        fits = fits and size >= 0 and (i < lead or before[i - lead] in (1, size))
        shape.append(size)
    if not fits:
        raise ShapeError(
            f"expand got the sizes {wanted} for a tensor of shape {before}; it needs, counted from "
            "the last dimension, equal sizes, -1 to keep one, or a size of 1 to repeat."
        )
    if tuple(shape) == before:
        return reshape(input, before)  # a view, as ever, and one that can be written to
    return expand_to(input, tuple(shape))


@also_named(size="shape")
def broadcast_to(input: Any, shape: Any) -> Any:
    """``input`` repeated along dimensions of size 1 to ``shape``, without copying.

    >>> broadcast_to(tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, *sizes_of((shape,), "broadcast_to"))


def broadcast_tensors(*tensors: Any) -> tuple:
    """All tensors expanded to their common shape.

    >>> broadcast_tensors(tensor([1, 2]), tensor([[3], [4]]))[0].shape
    minigrad.Size([2, 2])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    shape = shapes.broadcast("broadcast_tensors", *(x.array.shape for x in tensors))
    return tuple(expand_to(x, shape) for x in tensors)


def broadcast_shapes(*shapes_: Any) -> tuple:
    """The shape that these shapes broadcast to.

    >>> broadcast_shapes((3, 1), (4,))
    minigrad.Size([3, 4])
    """
    found = [(s,) if isinstance(s, int) else tuple(s) for s in shapes_]
    return Size(shapes.broadcast("broadcast_shapes", *found))


def sum_to_size(input: Any, *size: Any) -> Any:
    """The sum over the dimensions along which ``size`` would broadcast to the shape of ``input``.

    >>> ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    wanted = sizes_of(size, "sum_to_size")
    have = input.array.shape
    lead = len(have) - len(wanted)
    if lead < 0 or any(w not in (1, h) for w, h in zip(wanted, have[lead:])):
        raise ShapeError(
            f"sum_to_size got the size {wanted} for a tensor of shape {have}; it needs one that "
            "broadcasts to that shape."
        )
    return sum_to(input, wanted) if have else clone(input)
