"""Elements in another order, and more often than once.

    flip fliplr flipud roll rot90               other order
    tile repeat repeat_interleave               copies
    meshgrid cartesian_prod combinations        all pairs and tuples of vectors
    vander                                      powers of a vector

Below: shaping.py, joining.py. Above: methods/rearranging.py. Tests: tests/ops/cases_rearranging.py.
"""

from __future__ import annotations

import itertools
import operator
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..tape import Primitive, Variable, wrap
from .arithmetic import sum_to
from .broadcasting import expand
from .indexing import getitem
from .joining import stack
from .shaping import reshape, sizes_of, transpose
from .slicing import along

__all__ = [
    "cartesian_prod", "combinations", "flip", "fliplr", "flipud", "meshgrid", "repeat_interleave",
    "roll", "rot90", "tile", "vander",
]  # fmt: skip

# ------------------------------------------------ other order

_flip: Primitive = Primitive(
    "flip",
    lambda x, dims: (np.flip(x, dims).copy(), (dims,)),
    lambda g, residuals, needs: (_flip(g, dims=residuals[0]),),
    keeps="reversed",
)


def _roll_backward(g, residuals, needs):
    shifts, dims = residuals
    return (_roll(g, shifts=tuple(-s for s in shifts), dims=dims),)


_roll = Primitive(
    "roll",
    lambda x, shifts, dims: (np.roll(np.ascontiguousarray(x), shifts, dims), (shifts, dims)),
    _roll_backward,
    keeps="steps along",
)


def flip(input: Any, *args: Any, dims: Any = None) -> Any:
    """The elements in reverse order along ``dims``, one tuple or several numbers; a copy.

    >>> flip(tensor([[1, 2], [3, 4]]), (0, 1))
    tensor([[4, 3],
            [2, 1]])
    """
    if bool(args) == (dims is not None):
        raise TypeError(
            "flip got dims both or neither by place and by name; it needs them once: flip(x, (0, 1))."
        )
    chosen = sizes_of(args if dims is None else (dims,), "flip")
    found = shapes.dimensions(chosen, input.array.ndim, "flip") if chosen else ()
    return _flip(input, dims=found)


def fliplr(input: Any) -> Any:
    """``flip`` along the second dimension.

    >>> fliplr(tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if input.array.ndim < 2:
        raise ShapeError(f"fliplr got shape {input.array.shape}; it needs at least 2 dimensions.")
    return flip(input, 1)


def flipud(input: Any) -> Any:
    """``flip`` along the first dimension.

    >>> flipud(tensor([1, 2, 3]))
    tensor([3, 2, 1])
    """
    if input.array.ndim < 1:
        raise ShapeError("flipud got a 0-dim tensor; it needs at least 1 dimension.")
    return flip(input, 0)


def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Move the elements ``shifts`` places along ``dims``; what leaves at one end enters at the other.

    Without ``dims`` the tensor is rolled as if it were flat.

    >>> roll(tensor([1, 2, 3, 4]), 1)
    tensor([4, 1, 2, 3])
    """
    steps = sizes_of((shifts,), "roll")
    if dims is None or (isinstance(dims, (tuple, list)) and not dims):
        if len(steps) != 1:
            raise ValueError(f"roll got shifts={shifts} and no dims; it needs one dim for each shift.")
        return _roll(reshape(input, -1), shifts=steps, dims=(0,)).reshape(input.array.shape)
    axes = sizes_of((dims,), "roll")
    if len(axes) != len(steps):
        raise ValueError(f"roll got shifts={shifts} and dims={dims}; it needs equally many.")
    if not input.array.ndim:
        return _roll(input, shifts=(0,), dims=None)
    axes = tuple(shapes.dimension(d, input.array.ndim, "roll") for d in axes)
    return _roll(input, shifts=steps, dims=axes)


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turn by ``k`` quarters in the plane of ``dims``, from the first towards the second.

    >>> rot90(tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2 or input.array.ndim < 2:
        raise ShapeError(
            f"rot90 got dims={tuple(dims)} and shape {input.array.shape}; it needs two dimensions."
        )
    a, b = shapes.dimensions(tuple(dims), input.array.ndim, "rot90")
    turns = operator.index(k) % 4
    if turns == 2:
        return flip(input, a, b)
    if turns == 1:
        return transpose(flip(input, b), a, b)
    return flip(transpose(input, a, b), b) if turns == 3 else input.clone()


# ------------------------------------------------ copies


def repeat(input: Any, *repeats: Any) -> Any:
    """``input`` that many times along each dimension; dimensions may be added in front.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts, shape = sizes_of(repeats, "repeat"), input.array.shape
    if len(counts) < len(shape) or any(c < 0 for c in counts):
        raise ShapeError(
            f"repeat got {counts} for a tensor of {len(shape)} dimensions; it needs a number >= 0 for "
            "each of them."
        )
    shape = (1,) * (len(counts) - len(shape)) + shape
    # (1, A, 1, B) expanded to (a, A, b, B): one copy, and the gradient is one sum.
    paired = tuple(itertools.chain.from_iterable((1, n) for n in shape))
    wide = tuple(itertools.chain.from_iterable(zip(counts, shape)))
    result = reshape(expand(reshape(input, paired), *wide), [c * n for c, n in zip(counts, shape)])
    return result if result.cut is None else result.clone()


def tile(input: Any, *dims: Any) -> Any:
    """As ``repeat``, with ones put in front where ``dims`` are fewer than the dimensions.

    >>> tile(tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    counts = sizes_of(dims, "tile")
    return repeat(input, *(1,) * (input.array.ndim - len(counts)), *counts)


def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each slice along ``dim`` several times in a row: ``repeats`` times, or a number for each.

    Without ``dim`` the tensor counts as flat. With a Tensor of numbers alone: each index that
    often.

    >>> repeat_interleave(tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> repeat_interleave(tensor([[1], [2]]), tensor([1, 2]), dim=0)
    tensor([[1],
            [2],
            [2]])
    """
    if repeats is None:
        return wrap(np.repeat(np.arange(input.array.size), _counts(input, input.array.size)))
    if dim is None:
        input, d = reshape(input, -1), 0
    else:
        d = shapes.dimension(dim, input.array.ndim, "repeat_interleave")
    size = input.array.shape[d]
    if type(repeats) is int and repeats > 0:
        return _repeat_each(input, times=repeats, dim=d)
    index = np.repeat(np.arange(size), _counts(repeats, size))
    return getitem(input, along(d, index))


def _repeat_each_backward(g, residuals, needs):
    shape, times, dim = residuals
    before, after = shape[:dim], shape[dim + 1 :]
    apart = g.reshape((*before, shape[dim], times, *after))
    return (sum_to(apart, (*before, shape[dim], 1, *after)).reshape(shape),)


_repeat_each = Primitive(
    "repeat_each",
    lambda x, times, dim: (np.repeat(x, times, dim), (x.shape, times, dim)),
    _repeat_each_backward,
    keeps="shape_before count along",
)


def _counts(repeats: Any, size: int) -> np.ndarray:
    counts = repeats.array if isinstance(repeats, Variable) else np.asarray(repeats)
    if counts.dtype.kind not in "iu" or counts.size not in (1, size) or (counts < 0).any():
        raise ValueError(
            f"repeat_interleave got repeats={counts.tolist()} for {size} slices; it needs an integer "
            ">= 0, or one for each slice."
        )
    return counts.reshape(-1)


# ------------------------------------------------ all pairs and tuples


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple:
    """Vectors as coordinates of a grid: for each vector a tensor of the grid's shape.

    Shapes: (A,), (B,) -> twice (A, B) with indexing="ij", twice (B, A) with "xy". Views.

    >>> meshgrid(tensor([1, 2]), tensor([3, 4]), indexing="xy")[0]
    tensor([[1, 2],
            [1, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid got indexing={indexing!r}; it needs 'ij' or 'xy'.")
    if not tensors or any(x.array.ndim > 1 for x in tensors):
        raise ShapeError(
            f"meshgrid got shapes {[x.array.shape for x in tensors]}; it needs vectors or 0-dim "
            "tensors, at least one."
        )
    sizes = [x.array.size for x in tensors]
    grids = []
    for i, x in enumerate(tensors):
        line = [1] * len(tensors)
        line[i] = sizes[i]
        grid = expand(reshape(x, line), *sizes)
        grids.append(transpose(grid, 0, 1) if indexing == "xy" and len(sizes) > 1 else grid)
    return tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """All tuples with one element of each vector, one a row.

    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(grid, -1) for grid in meshgrid(*tensors)], dim=1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of ``r`` elements of a vector in their order, one a row.

    >>> combinations(tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input.array.ndim != 1 or r < 0:
        raise ShapeError(
            f"combinations got shape {input.array.shape} and r={r}; it needs a vector and r >= 0."
        )
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.array.size), r))
    index = np.array(rows, np.int64).reshape(len(rows), r) if r else np.zeros(0, np.int64)
    return getitem(input, index)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Powers of a vector's elements, one element a row; the highest first unless ``increasing``.

    Shapes: (n,) -> (n, N), N is n unless given.

    >>> vander(tensor([2.0, 3.0]), 3)
    tensor([[4., 2., 1.],
            [9., 3., 1.]])
    """
    if x.array.ndim != 1:
        raise ShapeError(f"vander got shape {x.array.shape}; it needs a vector.")
    count = x.array.size if N is None else operator.index(N)
    if count < 0:
        raise ValueError(f"vander got N={count}; it needs N >= 0.")
    if not count:
        return wrap(np.zeros((x.array.size, 0), x.array.dtype))
    powers = [wrap(np.ones_like(x.array))]
    while len(powers) < count:
        powers.append(powers[-1] * x)
    return stack(powers if increasing else powers[::-1], dim=1)
