"""Reading at positions along one dimension, and the transpose of it.

    gather               one element per entry of an index tensor
    take_along_dim       the same with broadcasting
    unravel_index        positions in the flattened tensor as one index a dimension
    pick                 one element per line, for max, median and their kin
    read_lines, write_lines      the same on arrays

Below: tape.py, kernels/scatter.py. Above: scatter.py, extremes.py, sorting.py,
methods/scatter.py. Tests: tests/ops/cases_scatter.py.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive, Variable, wrap
from .arithmetic import expand_to
from .casting import cast
from .reduction import numpy_names

__all__ = ["gather", "take_along_dim", "unravel_index"]


# Other dtypes take NumPy's slower way: they are rare, and each would cost a compilation.
COMPILED = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64))


# ------------------------------------------------ lines along one dimension


def as_lines(x: np.ndarray, dim: int) -> np.ndarray:
    """``x``, contiguous, as (lead, n, rest) around ``dim``."""
    shape = x.shape or (1,)
    lines = (math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :]))
    return np.ascontiguousarray(x).reshape(lines)


def _reachable(index: np.ndarray, dim: int) -> tuple:
    """The part of an array that an index can reach: it may be smaller in the other dimensions."""
    return tuple([slice(None) if i == dim else slice(0, n) for i, n in enumerate(index.shape)])


def read_lines(x: np.ndarray, index: np.ndarray, dim: int) -> np.ndarray:
    """``x`` at ``index`` along ``dim``."""
    if not x.ndim:
        x, index, shape = x.reshape(1), index.reshape(-1), index.shape
    else:
        shape = index.shape
    if x.ndim == 1:
        return x.take(index, mode="clip").reshape(shape)  # in range, as its caller has checked
    block = x[_reachable(index, dim)]
    if x.dtype not in COMPILED:
        return np.take_along_axis(block, index, dim).reshape(shape)
    out = np.empty(index.shape, x.dtype)
    kernels.scatter.gather_lines(as_lines(block, dim), as_lines(index, dim), as_lines(out, dim))
    return out.reshape(shape)


def write_lines(out: np.ndarray, index: np.ndarray, values: np.ndarray, dim: int, add: bool) -> None:
    """Set (or add, repeats too) ``values`` at ``index`` along ``dim`` of the contiguous ``out``."""
    if not out.ndim:
        out, index = out.reshape(1), index.reshape(-1)
    values = np.broadcast_to(values, index.shape) if values.ndim == 0 else values.reshape(index.shape)
    if out.ndim == 1 and not add:
        out[index] = values
        return
    block = out[_reachable(index, dim)]
    if out.dtype in COMPILED:
        kernel = kernels.scatter.add_lines if add else kernels.scatter.set_lines
        whole = np.ascontiguousarray(block)
        kernel(as_lines(whole, dim), as_lines(index, dim), as_lines(values, dim))
        if whole is not block and not np.may_share_memory(whole, block):
            block[...] = whole
    elif add:
        np.add.at(out.reshape(-1), flat_positions(index, out.shape, dim).ravel(), values.ravel())
    else:
        np.put_along_axis(block, index, values, dim)


def flat_positions(index: np.ndarray, shape: tuple, dim: int) -> np.ndarray:
    """Where in the flattened array of ``shape`` each entry of an index along ``dim`` points."""
    if not shape:
        return index
    strides = np.cumprod((1, *shape[:0:-1]))[::-1]
    positions = index * strides[dim]
    for i, n in enumerate(index.shape):
        if i != dim and n > 1:
            place = [1] * index.ndim
            place[i] = n
            positions += (np.arange(n) * strides[i]).reshape(place)
    return positions


# ------------------------------------------------ gather and its transpose


def _gather_forward(x, index, dim):
    return read_lines(x, index, dim), (index, x.shape, dim)


def _gather_backward(g, residuals, needs):
    index, shape, dim = residuals
    return gather_grad(g, index, shape=shape, dim=dim), None


gather_along = Primitive("gather", _gather_forward, _gather_backward, keeps="index shape along")


def _gather_grad_forward(g, index, shape, dim):
    out = np.zeros(shape, g.dtype)
    write_lines(out, index, g, dim, add=True)
    return out, (index, dim)


def _gather_grad_backward(g, residuals, needs):
    index, dim = residuals
    return gather_along(g, index, dim=dim), None


gather_grad = Primitive("gather_grad", _gather_grad_forward, _gather_grad_backward, keeps="index along")


def _pick_forward(x, index, dim):
    kept = tuple(1 if i == dim else n for i, n in enumerate(x.shape))
    return read_lines(x, index.reshape(kept), dim).reshape(index.shape), (index, x.shape, dim)


def _pick_backward(g, residuals, needs):
    index, shape, dim = residuals
    kept = tuple(1 if i == dim else n for i, n in enumerate(shape))
    return gather_grad(g.reshape(kept), index.reshape(kept), shape=shape, dim=dim), None


_pick = Primitive("pick", _pick_forward, _pick_backward, keeps="index shape along")


def pick(input: Any, indices: Any, dim: int) -> Any:
    """The elements at ``indices``, one per line along ``dim``, in the shape of indices."""
    return _pick(input, indices, dim=shapes.dimension(dim, input.array.ndim, "pick"))


# ------------------------------------------------ arguments


def checked_index(function: str, input: Any, dim: Any, index: Any, src: Any = None) -> tuple[int, Any]:
    """``dim`` counted from the front and ``index`` as int64, after all that can be wrong with them."""
    d = shapes.dimension(dim, input.array.ndim, function)
    if not isinstance(index, Variable) or index.array.dtype.kind not in "iu":
        what = index.array.dtype if isinstance(index, Variable) else type(index).__name__
        raise DTypeError(f"{function} got an index of {what}; it needs an int64 Tensor: index.long().")
    at, shape = index.array.shape or (1,), input.array.shape or (1,)
    limits = [n for n in (shape, None if src is None else src.array.shape or (1,)) if n is not None]
    if len(at) != len(shape) or len(at) != len(limits[-1]):
        raise ShapeError(
            f"{function} got tensors of {len(limits[-1])} and {len(shape)} dimensions and an index of "
            f"{len(at)}; it needs equally many in all."
        )
    for limit in limits:
        for i, n in enumerate(at):
            if n > limit[i] and (i != d or limit is not shape):
                raise ShapeError(
                    f"{function} got an index of shape {at} for shape {limit}; it may nowhere be larger"
                    + (f", but along dim {d}." if limit is shape else ".")
                )
    check_range(index.array, shape[d], function)
    return d, cast(index, np.dtype(np.int64))


def check_range(index: np.ndarray, size: int, function: str) -> None:
    """Refuse positions outside of [0, size)."""
    # As unsigned numbers the negative ones are the largest: one pass over them.
    if index.size and index.astype(np.int64, copy=False).view(np.uint64).max() >= size:
        wrong = index[(index < 0) | (index >= size)].flat[0]
        raise IndexError(
            f"{function} got the index {wrong} for a dimension of size {size}; it needs indices in "
            f"[0, {size - 1}]."
        )


@numpy_names
def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """``out[i][j][k] = input[i][index[i][j][k]][k]`` for dim=1: one element per entry of ``index``.

    Shapes: index has as many dimensions as input and, but for ``dim``, nowhere a larger size.
    Raises IndexError for positions out of range (negative ones too). ``sparse_grad`` changes nothing.

    >>> gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    d, index = checked_index("gather", input, dim, index)
    return gather_along(input, index, dim=d)


@numpy_names
def take_along_dim(input: Any, indices: Any, dim: Any = None) -> Any:
    """``gather`` whose other dimensions broadcast; without ``dim`` both are flattened first.

    >>> x = tensor([[3, 1, 2]])
    >>> take_along_dim(x, argsort(x, dim=1), dim=1)
    tensor([[1, 2, 3]])
    """
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    d = shapes.dimension(dim, input.array.ndim, "take_along_dim")
    if indices.array.ndim != input.array.ndim:
        raise ShapeError(
            f"take_along_dim got indices of {indices.array.ndim} dimensions for a tensor of "
            f"{input.array.ndim}; it needs equally many."
        )
    at, shape = list(indices.array.shape), list(input.array.shape)
    at[d] = shape[d] = 1
    common = list(shapes.broadcast("take_along_dim", tuple(at), tuple(shape)))
    at, shape = common.copy(), common
    at[d], shape[d] = indices.array.shape[d], input.array.shape[d]
    return gather(expand_to(input, tuple(shape)), d, expand_to(indices, tuple(at)))


def unravel_index(indices: Any, shape: Any) -> tuple:
    """Positions in a flattened tensor of ``shape`` as a tuple of one index tensor a dimension.

    >>> unravel_index(tensor([4]), (2, 3))
    (tensor([1]), tensor([1]))
    """
    if not isinstance(indices, Variable) or indices.array.dtype.kind not in "iu":
        raise DTypeError("unravel_index got no integer Tensor; it needs positions: indices.long().")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    sizes = tuple(map(operator.index, sizes))
    total = math.prod(sizes)
    if min(sizes, default=0) < 0:
        raise ValueError(f"unravel_index got the shape {sizes}; it needs sizes >= 0.")
    outside = indices.array[(indices.array < 0) | (indices.array >= total)]
    if outside.size:
        raise ValueError(
            f"unravel_index got the position {outside[0]} for the shape {sizes}; it needs positions in "
            f"[0, {total - 1}]."
        )
    found = np.unravel_index(indices.array, sizes)
    return tuple(wrap(np.asarray(i, np.int64)) for i in found)
