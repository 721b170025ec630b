"""The same elements in another shape or order of dimensions, without copying where possible.

    reshape view flatten unflatten ravel squeeze unsqueeze atleast_1d 2d 3d     sizes
    permute transpose swapaxes movedim t adjoint                                order
    clone contiguous is_contiguous                                              copies

Views share memory with their input and gradients pass through them.
Below: tape.py, arithmetic.py. Above: methods/shaping.py. Tests: tests/ops/cases_shaping.py.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, GraphError, ShapeError
from ..tape import Primitive
from .casting import as_dtype

__all__ = [
    "Size", "adjoint", "atleast_1d", "atleast_2d", "atleast_3d", "clone", "flatten", "moveaxis",
    "movedim", "permute", "ravel", "reshape", "squeeze", "swapaxes", "swapdims", "t", "transpose",
    "unflatten", "unsqueeze",
]  # fmt: skip


class Size(tuple):
    """A shape: a tuple that prints as PyTorch's does and counts its elements.

    In a format string it reads as the plain tuple. A slice of it is a plain tuple.

    >>> zeros(2, 3).shape
    minigrad.Size([2, 3])
    >>> zeros(2, 3).shape.numel()
    6
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"minigrad.Size({list(self)})"

    def __format__(self, spec: str) -> str:
        return format(str(tuple(self)), spec)

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        return math.prod(self)


def sizes_of(arguments: tuple, function: str) -> tuple[int, ...]:
    """``f(2, 3)`` and ``f((2, 3))`` alike: the sizes as a tuple of integers."""
    if len(arguments) == 1 and isinstance(arguments[0], (tuple, list)):
        arguments = tuple(arguments[0])
    try:
        return tuple(map(operator.index, arguments))
    except TypeError:
        raise TypeError(
            f"{function} got the sizes {arguments}; it needs integers, one by one or in one tuple."
        ) from None


# ------------------------------------------------ copies

_clone = Primitive(
    "clone", lambda x: (np.array(x, order="C"), ()), lambda g, residuals, needs: (g,), keeps=""
)


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A row-major copy in fresh memory through which gradients pass.

    >>> x = tensor([1.0], requires_grad=True)
    >>> clone(x).requires_grad
    True
    """
    return _clone(input)


def contiguous(input: Any) -> Any:
    """``input`` itself if its elements lie in row-major order, else a copy that does.

    >>> ops.shaping.contiguous(tensor([[1, 2], [3, 4]]).t()).is_contiguous()
    True
    """
    return input if input.array.flags.c_contiguous else _clone(input)


# ------------------------------------------------ sizes


def _reshape_forward(x, shape):
    return x.reshape(shape), (x.shape,)


_reshape: Primitive = Primitive(
    "reshape",
    _reshape_forward,
    lambda g, residuals, needs: (_reshape(g, shape=residuals[0]),),
    keeps="shape_before",
    view=True,
)


_view_dtype = Primitive("view_dtype", lambda x, dtype: (x.view(dtype), ()), view=True)


def reshape(input: Any, *sizes: Any, shape: Any = None) -> Any:
    """The same elements, in row-major order, in another shape; one size may be -1.

    A view of the same memory where strides allow, a copy otherwise.

    >>> reshape(tensor([[1, 2], [3, 4]]), (-1,))
    tensor([1, 2, 3, 4])
    """
    return _reshaped(input, sizes if shape is None else (shape,), "reshape")


def _reshaped(input: Any, shape: tuple, function: str) -> Any:
    sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    try:
        if not sizes or min(sizes) >= -1:
            return _reshape(input, shape=sizes)  # NumPy works out the -1
    except (ValueError, TypeError):
        pass  # for a reason that the next line gives
    sizes = shapes.infer(sizes_of(sizes, function), input.array.size, function)
    return _reshape(input, shape=sizes)


def view(input: Any, *shape: Any) -> Any:
    """As ``reshape``, but always the same memory; with a dtype, the same bytes read as that.

    Raises GraphError where the strides of ``input`` allow no view of that shape.

    >>> x = tensor([1, 2, 3, 4])
    >>> x.view(2, -1)[1, 0] = 9
    >>> x
    tensor([1, 2, 9, 4])
    """
    if len(shape) == 1 and isinstance(shape[0], (np.dtype, type)):
        return _reinterpret(input, as_dtype(shape[0]))
    result = _reshaped(input, shape, "view")
    if result.cut is None and input.array.size:
        raise GraphError(
            f"view got the shape {result.array.shape} for a tensor of shape {input.array.shape} whose "
            "elements do not lie in row-major order; it needs one that can be read in that shape "
            "without copying. Use reshape(...), which copies where it must."
        )
    return result


def _reinterpret(input: Any, dtype: np.dtype) -> Any:
    before = input.array.dtype.itemsize
    if before != dtype.itemsize:
        x = input.array
        last = x.shape[-1] * before if x.ndim else 0
        if not x.ndim or x.strides[-1] != before or last % dtype.itemsize:
            raise DTypeError(
                f"view got {dtype} for a tensor of {x.dtype} and shape {x.shape}; it needs a last "
                f"dimension that lies in one piece and fills whole elements of {dtype.itemsize} bytes. "
                "Use to(dtype) to convert the values."
            )
    return _view_dtype(input, dtype=dtype)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Merge the dimensions from ``start_dim`` to ``end_dim`` into one.

    Shapes: (A, B, C, D) with start_dim=1, end_dim=2 -> (A, B*C, D).

    >>> flatten(tensor([[[1, 2], [3, 4]]]), 1)
    tensor([[1, 2, 3, 4]])
    """
    shape = input.array.shape
    first = shapes.dimension(start_dim, len(shape), "flatten")
    last = shapes.dimension(end_dim, len(shape), "flatten")
    if first > last:
        raise ValueError(
            f"flatten got start_dim={start_dim} and end_dim={end_dim}; it needs start_dim to come "
            "no later than end_dim."
        )
    if not shape:
        return _reshape(input, shape=(1,))
    if first == last:
        return input
    merged = 1
    for size in shape[first : last + 1]:
        merged *= size
    return _reshape(input, shape=(*shape[:first], merged, *shape[last + 1 :]))


def ravel(input: Any) -> Any:
    """All elements in one dimension and without gaps: a view, or a copy where there are gaps.

    >>> ravel(tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return _reshape(contiguous(input), shape=(input.array.size,))


def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Split dimension ``dim`` into ``sizes``; one of them may be -1.

    >>> unflatten(tensor([1, 2, 3, 4]), 0, (2, -1))
    tensor([[1, 2],
            [3, 4]])
    """
    shape = input.array.shape
    if not shape:
        raise IndexError("unflatten got a 0-dim tensor; it needs a dimension to split.")
    d = shapes.dimension(dim, len(shape), "unflatten")
    parts = shapes.infer(sizes_of((sizes,), "unflatten"), shape[d], "unflatten")
    return _reshape(input, shape=(*shape[:d], *parts, *shape[d + 1 :]))


def squeeze(input: Any, dim: Any = None) -> Any:
    """Drop all dimensions of size 1, or those of ``dim`` (an integer or several) that have it.

    >>> squeeze(tensor([[[1], [2]]])).shape
    minigrad.Size([2])
    """
    shape = input.array.shape
    if dim is None:
        dims: Any = range(len(shape))
    elif isinstance(dim, (tuple, list)):
        dims = shapes.dimensions(dim, len(shape), "squeeze") if len(dim) else ()
    else:
        dims = (shapes.dimension(dim, len(shape), "squeeze"),)
    return _reshape(input, shape=tuple(s for i, s in enumerate(shape) if s != 1 or i not in dims))


def unsqueeze(input: Any, dim: int) -> Any:
    """Insert a dimension of size 1 at ``dim``.

    >>> unsqueeze(tensor([1, 2]), -1)
    tensor([[1],
            [2]])
    """
    shape = input.array.shape
    d = shapes.dimension(dim, len(shape) + 1, "unsqueeze")
    return _reshape(input, shape=(*shape[:d], 1, *shape[d:]))


def _at_least(tensors: tuple, grow: Any) -> Any:
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return grow(tensors[0])
    return tuple(map(grow, tensors[0] if len(tensors) == 1 else tensors))


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with at least one dimension: () -> (1,).

    >>> atleast_1d(tensor(5))
    tensor([5])
    """
    return _at_least(tensors, lambda x: x if x.ndim else unsqueeze(x, 0))


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with at least two dimensions: (N,) -> (1, N).

    >>> atleast_2d(tensor([5, 6]))
    tensor([[5, 6]])
    """
    return _at_least(
        tensors,
        lambda x: x if x.ndim > 1 else _reshape(x, shape=(1, *x.array.shape) if x.ndim else (1, 1)),
    )


def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with at least three dimensions: (N,) -> (1, N, 1), (M, N) -> (M, N, 1).

    >>> atleast_3d(tensor([5, 6])).shape
    minigrad.Size([1, 2, 1])
    """
    return _at_least(
        tensors,
        lambda x: unsqueeze(x, -1) if x.ndim == 2 else unsqueeze(atleast_2d(x), -1) if x.ndim < 2 else x,
    )


# ------------------------------------------------ order


def _permute_forward(x, dims):
    return x.transpose(dims), (dims,)


def _permute_backward(g, residuals, needs):
    dims = residuals[0]
    inverse = [0] * len(dims)
    for i, d in enumerate(dims):
        inverse[d] = i
    return (_permute(g, dims=tuple(inverse)),)


_permute = Primitive("permute", _permute_forward, _permute_backward, keeps="order", view=True)


def permute(input: Any, *dims: Any) -> Any:
    """The dimensions in the order ``dims``, without copying.

    >>> permute(zeros(2, 3, 4), (2, 0, 1)).shape
    minigrad.Size([4, 2, 3])
    """
    order, ndim = sizes_of(dims, "permute"), input.array.ndim
    if len(order) != ndim:
        raise ShapeError(
            f"permute got dims={order} for a tensor of {ndim} dimensions; it needs each of them once."
        )
    return _permute(input, dims=shapes.dimensions(order, ndim, "permute"))


def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Exchange two dimensions, without copying.

    >>> transpose(tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    ndim = input.array.ndim
    a, b = shapes.dimension(dim0, ndim, "transpose"), shapes.dimension(dim1, ndim, "transpose")
    dims = list(range(ndim))
    if ndim:
        dims[a], dims[b] = b, a
    return _permute(input, dims=tuple(dims))


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Move the dimensions ``source`` to the places ``destination``; the others keep their order.

    >>> movedim(zeros(2, 3, 4), 0, -1).shape
    minigrad.Size([3, 4, 2])
    """
    ndim = input.array.ndim
    sources = sizes_of((source,), "movedim")
    destinations = sizes_of((destination,), "movedim")
    if len(sources) != len(destinations):
        raise ValueError(f"movedim got source={source} and destination={destination}; it needs equally many.")
    if not sources:
        return _permute(input, dims=tuple(range(ndim)))
    from_dims = shapes.dimensions(sources, ndim, "movedim")
    to_dims = shapes.dimensions(destinations, ndim, "movedim")
    order = [d for d in range(ndim) if d not in from_dims]
    for to, d in sorted(zip(to_dims, from_dims)):
        order.insert(to, d)
    return _permute(input, dims=tuple(order))


def t(input: Any) -> Any:
    """The transpose of a matrix; a tensor of fewer dimensions as it is.

    >>> t(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    if input.array.ndim > 2:
        raise ShapeError(
            f"t got a tensor of {input.array.ndim} dimensions; it needs at most 2. "
            "Use transpose(dim0, dim1), or mT for the last two."
        )
    return reverse_dims(input)


def reverse_dims(input: Any) -> Any:
    """All dimensions in reverse order: ``x.T``."""
    return _permute(input, dims=tuple(range(input.array.ndim))[::-1])


def adjoint(input: Any) -> Any:
    """The last two dimensions exchanged: ``x.mT``, for reals the conjugate transpose.

    >>> adjoint(zeros(5, 2, 3)).shape
    minigrad.Size([5, 3, 2])
    """
    if input.array.ndim < 2:
        raise ShapeError(
            f"adjoint got a tensor of {input.array.ndim} dimensions; it needs at least 2, the last "
            "two of which are exchanged."
        )
    return transpose(input, -2, -1)


def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """``transpose`` under NumPy's name and with NumPy's names of the two dimensions.

    >>> swapaxes(tensor([[1, 2], [3, 4]]), axis0=0, axis1=1)
    tensor([[1, 3],
            [2, 4]])
    """
    return transpose(input, axis0, axis1)


swapdims = transpose
moveaxis = movedim
