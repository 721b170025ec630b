"""Diagonals and triangles of matrices.

    diagonal diag_embed diag diagflat           out of a matrix, and into one
    trace                                       the sum of a diagonal
    tril triu tril_indices triu_indices         the parts below and above
    block_diag                                  matrices along a diagonal

Below: shaping.py. Above: methods/diagonal.py. Tests: tests/ops/cases_diagonal.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..tape import Primitive
from .arithmetic import expand_to
from .casting import as_dtype, as_operand, cast, result_type
from .creation import new
from .joining import cat
from .padding import pad
from .shaping import atleast_2d, reshape

__all__ = [
    "block_diag", "diag", "diag_embed", "diagflat", "diagonal", "trace", "tril", "tril_indices", "triu",
    "triu_indices",
]  # fmt: skip


def _diagonal_of(x, offset, dims):
    """The diagonal as a view that can be written to: NumPy's own is read-only."""
    found = x.diagonal(offset, *dims)
    if x.flags.writeable:
        found.setflags(write=True)
    return found


def _diagonal_forward(x, offset, dims):
    return _diagonal_of(x, offset, dims), (x.shape, offset, dims)


def _diagonal_backward(g, residuals, needs):
    shape, offset, dims = residuals
    return (_place_diagonal(g, shape=shape, offset=offset, dims=dims),)


def _place_diagonal_forward(g, shape, offset, dims):
    out = np.zeros(shape, g.dtype)
    _diagonal_of(out, offset, dims)[...] = g
    return out, (offset, dims)


def _place_diagonal_backward(g, residuals, needs):
    offset, dims = residuals
    return (_diagonal(g, offset=offset, dims=dims),)


_diagonal = Primitive(
    "diagonal", _diagonal_forward, _diagonal_backward, keeps="shape_before by at", view=True
)
_place_diagonal = Primitive("diag_embed", _place_diagonal_forward, _place_diagonal_backward, keeps="by at")


def _two_dims(input_ndim: int, dim1: int, dim2: int, function: str) -> tuple[int, int]:
    a = shapes.dimension(dim1, input_ndim, function)
    b = shapes.dimension(dim2, input_ndim, function)
    if a == b or input_ndim < 2:
        raise ShapeError(
            f"{function} got dim1={dim1} and dim2={dim2} for {input_ndim} dimensions; it needs two "
            "different ones."
        )
    return a, b


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal of the matrices in dimensions ``dim1`` and ``dim2``, as a view.

    ``offset`` > 0 counts above the main diagonal. Shapes: (M, N, *) -> (*, min(M, N)).

    >>> diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    dims = _two_dims(input.array.ndim, dim1, dim2, "diagonal")
    return _diagonal(input, offset=operator.index(offset), dims=dims)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices of zeros with the last dimension of ``input`` on their diagonals.

    Shapes: (*, N) -> (*, N, N), the two new dimensions at ``dim1`` and ``dim2``.

    >>> diag_embed(tensor([1, 2]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    shape = input.array.shape
    if not shape:
        raise ShapeError("diag_embed got a 0-dim tensor; it needs at least one dimension.")
    a, b = _two_dims(len(shape) + 1, dim1, dim2, "diag_embed")
    size, rest = shape[-1] + abs(offset), iter(shape[:-1])
    full = tuple(size if i in (a, b) else next(rest) for i in range(len(shape) + 1))
    return _place_diagonal(input, shape=full, offset=operator.index(offset), dims=(a, b))


def diag(input: Any, diagonal: int = 0) -> Any:
    """Of a vector the matrix with it on a diagonal; of a matrix that diagonal, copied.

    >>> diag(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.array.ndim == 1:
        return diag_embed(input, diagonal)
    if input.array.ndim != 2:
        raise ShapeError(f"diag got shape {input.array.shape}; it needs a vector or a matrix.")
    return _diagonal(input, offset=operator.index(diagonal), dims=(0, 1)).clone()


def diagflat(input: Any, offset: int = 0) -> Any:
    """The matrix with all elements of ``input`` on a diagonal.

    >>> diagflat(tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(reshape(input, -1), offset)


def _trace_forward(x):
    return np.asarray(x.trace(dtype=None if x.dtype.kind != "b" else np.int64)), (x.shape,)


def _trace_backward(g, residuals, needs):
    (shape,) = residuals
    n = (min(shape),)
    return (_place_diagonal(expand_to(g.reshape((1,)), n), shape=shape, offset=0, dims=(0, 1)),)


_trace = Primitive("trace", _trace_forward, _trace_backward, keeps="shape_before")


def trace(input: Any) -> Any:
    """The sum of a matrix's diagonal.

    >>> trace(tensor([[1, 2], [3, 4]]))
    tensor(5)
    """
    x = as_operand(input, "trace")
    if x.ndim != 2:
        raise ShapeError(f"trace got shape {x.shape}; it needs a matrix.")
    return _trace(x)


# ------------------------------------------------ triangles

_tril: Primitive = Primitive(
    "tril",
    lambda x, k: (np.tril(x, k), (k,)),
    lambda g, residuals, needs: (_tril(g, k=residuals[0]),),
    keeps="from",
)
_triu: Primitive = Primitive(
    "triu",
    lambda x, k: (np.triu(x, k), (k,)),
    lambda g, residuals, needs: (_triu(g, k=residuals[0]),),
    keeps="from",
)


def _triangle(primitive: Primitive, input: Any, diagonal: int) -> Any:
    if input.array.ndim < 2:
        raise ShapeError(f"{primitive.name} got shape {input.array.shape}; it needs at least 2 dimensions.")
    return primitive(input, k=operator.index(diagonal))


def tril(input: Any, diagonal: int = 0) -> Any:
    """Zeros above the diagonal of each matrix.

    >>> tril(tensor([[1, 2], [3, 4]]))
    tensor([[1, 0],
            [3, 4]])
    """
    return _triangle(_tril, input, diagonal)


def triu(input: Any, diagonal: int = 0) -> Any:
    """Zeros below the diagonal of each matrix.

    >>> triu(tensor([[1, 2], [3, 4]]), 1)
    tensor([[0, 2],
            [0, 0]])
    """
    return _triangle(_triu, input, diagonal)


def _corner(function: str, row: int, offset: int, col: int) -> tuple:
    """The sizes and the offset as integers. Raises ValueError for sizes below 0."""
    found = operator.index(row), operator.index(offset), operator.index(col)
    if found[0] < 0 or found[2] < 0:
        raise ValueError(f"{function} got row={row} and col={col}; it needs sizes >= 0.")
    return found


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None) -> Any:
    """Row and column numbers of the lower triangle of a (row, col) matrix. Shape (2, n).

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return new(
        np.stack(np.tril_indices(*_corner("tril_indices", row, offset, col))).astype(as_dtype(dtype)),
        device=device,
    )


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None) -> Any:
    """Row and column numbers of the upper triangle of a (row, col) matrix. Shape (2, n).

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return new(
        np.stack(np.triu_indices(*_corner("triu_indices", row, offset, col))).astype(as_dtype(dtype)),
        device=device,
    )


def block_diag(*tensors: Any) -> Any:
    """Matrices along a diagonal, zeros elsewhere; vectors count as rows.

    >>> block_diag(tensor([[1, 2]]), tensor([3]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    blocks = [cast(atleast_2d(x), result_type(*tensors)) for x in tensors]
    if not blocks or any(b.array.ndim != 2 for b in blocks):
        raise ShapeError(
            f"block_diag got shapes {[x.array.shape for x in tensors]}; it needs tensors of at most 2 "
            "dimensions, at least one."
        )
    total, before, rows = sum(b.array.shape[1] for b in blocks), 0, []
    for block in blocks:
        width = block.array.shape[1]
        rows.append(pad(block, (before, total - before - width)))
        before += width
    return cat(rows)
