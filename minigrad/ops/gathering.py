"""Reading at positions along one dimension, and the transpose of it.

    gather               one element per entry of an index tensor
    take_along_dim       the same with broadcasting
    pick                 one element per line, for max, median and their kin

Below: tape.py, kernels/scatter.py. Above: scatter.py, extremes.py, sorting.py,
methods/scatter.py. Tests: tests/ops/cases_scatter.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive, Variable
from .arithmetic import expand_to
from .casting import cast
from .reduction import numpy_names

__all__ = ["gather", "take_along_dim"]


# ------------------------------------------------ gather and its transpose


def with_dimension(x):
    return x if x.ndim else x.reshape(1)


def reachable(shape, index_shape, dim):
    """The part of an array of ``shape`` that an index of ``index_shape`` can reach."""
    return tuple(slice(None) if i == dim else slice(0, n) for i, n in enumerate(index_shape))


def _gather_forward(x, index, dim, unique):
    lines, places = with_dimension(x), with_dimension(index)
    found = np.take_along_axis(lines[reachable(lines.shape, places.shape, dim)], places, dim)
    return found.reshape(index.shape), (index, x.shape, dim, unique)


def _gather_backward(g, residuals, needs):
    index, shape, dim, unique = residuals
    return gather_grad(g, index, shape=shape, dim=dim, unique=unique), None


gather_along = Primitive("gather", _gather_forward, _gather_backward, keeps="index shape at one")


def flat_positions(index: np.ndarray, shape: tuple, dim: int) -> np.ndarray:
    """Where in the flattened array of ``shape`` each entry of an index along ``dim`` points."""
    strides = np.cumprod((1, *shape[:0:-1]))[::-1]
    positions = index * strides[dim]
    for i, n in enumerate(index.shape):
        if i != dim and n > 1:
            place = [1] * index.ndim
            place[i] = n
            positions += (np.arange(n) * strides[i]).reshape(place)
    return positions


def add_at(out: np.ndarray, positions: np.ndarray, values: np.ndarray) -> None:
    """Add to a contiguous array at flat positions; repeats add up."""
    if out.dtype.itemsize >= 4:
        kernels.scatter.add_at(out.reshape(-1), positions.ravel(), values.ravel())
    else:  # Numba has no float16, and the small integers are not worth a compilation
        np.add.at(out.reshape(-1), positions.ravel(), values.ravel())


def _gather_grad_forward(g, index, shape, dim, unique):
    out = np.zeros(shape, g.dtype)
    lines, places = with_dimension(out), with_dimension(index)
    values = g.reshape(places.shape)
    if unique:
        np.put_along_axis(lines[reachable(lines.shape, places.shape, dim)], places, values, dim)
    else:
        add_at(out, flat_positions(places, lines.shape, dim), values)
    return out, (index, dim, unique)


def _gather_grad_backward(g, residuals, needs):
    index, dim, unique = residuals
    return gather_along(g, index, dim=dim, unique=unique), None


# ``unique``: no place is read twice, so that the transpose can write instead of add.
gather_grad = Primitive("gather_grad", _gather_grad_forward, _gather_grad_backward, keeps="index at one")


def _pick_forward(x, index, dim, keepdim):
    if dim is None:
        return np.asarray(x.reshape(-1)[index.reshape(())]).reshape(index.shape), (index, x.shape, dim)
    lines = with_dimension(x)
    places = index.reshape(tuple(1 if i == dim else n for i, n in enumerate(lines.shape)))
    return np.take_along_axis(lines, places, dim).reshape(index.shape), (index, x.shape, dim)


def _pick_backward(g, residuals, needs):
    index, shape, dim = residuals
    if dim is None:
        flat = gather_grad(g.reshape(1), index.reshape(1), shape=(int(np.prod(shape)),), dim=0, unique=True)
        return flat.reshape(shape), None
    kept = tuple(1 if i == dim else n for i, n in enumerate(shape))
    places = index.reshape(kept)
    return gather_grad(g.reshape(kept), places, shape=shape, dim=dim, unique=True), None


_pick = Primitive("pick", _pick_forward, _pick_backward, keeps="index shape at")


def pick(input: Any, indices: Any, dim: Any, keepdim: bool = False) -> Any:
    """The elements at ``indices``, one per line along ``dim`` (None: one of them all)."""
    if dim is not None:
        dim = shapes.dimension(dim, input.array.ndim, "pick")
    return _pick(input, indices, dim=dim, keepdim=keepdim)


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
    if index.size and not (index.min() >= 0 and index.max() < size):
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
    return gather_along(input, index, dim=d, unique=False)


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
