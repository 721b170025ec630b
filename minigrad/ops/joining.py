"""Several tensors to one, and one to several.

    cat stack                                copies, along an old or a new dimension
    hstack vstack dstack column_stack        the same under NumPy's names
    split chunk tensor_split unbind          views of the pieces
    hsplit vsplit dsplit

cat and split are each other's rule, and so are stack and unbind: a network that unbinds a
sequence gets its gradient put together once, not one of full size for every step.
Below: shaping.py, slicing.py. Above: methods/joining.py. Tests: tests/ops/cases_joining.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..node import View
from ..tape import PRIMITIVES, Primitive, Variable
from .casting import cast, result_type
from .indexing import take_slice
from .keywords import also_named
from .shaping import atleast_1d, atleast_2d, atleast_3d, unsqueeze
from .slicing import along

__all__ = [
    "cat", "chunk", "column_stack", "concat", "concatenate", "dsplit", "dstack", "hsplit", "hstack",
    "row_stack", "split", "split_with_sizes", "stack", "tensor_split", "unbind", "vsplit", "vstack",
]  # fmt: skip


_SLICE = PRIMITIVES["slice"]  # behind take_slice: how a view remembers its piece

# ------------------------------------------------ the four primitives


def _cat_forward(*xs, dim):
    # In row-major order, which view() needs, whatever the order of the parts.
    return np.ascontiguousarray(np.concatenate(xs, dim)), (tuple(x.shape[dim] for x in xs), dim)


def _cat_backward(g, residuals, needs):
    sizes, dim = residuals
    return _split(g, sizes=sizes, dim=dim)


def _split_forward(x, sizes, dim):
    pieces, start = [], 0
    for size in sizes:
        pieces.append(x[along(dim, slice(start, start + size))])
        start += size
    return tuple(pieces), (dim,)


_cat = Primitive("cat", _cat_forward, _cat_backward, keeps="sizes along")
_split = Primitive(
    "split",
    _split_forward,
    lambda g, residuals, needs: (_cat(*g, dim=residuals[0]),),
    keeps="along",
)


def _unbind_forward(x, dim):
    return tuple(x[along(dim, i)] for i in range(x.shape[dim])), (dim,)


_stack = Primitive(
    "stack",
    lambda *xs, dim: (np.ascontiguousarray(np.stack(xs, dim)), (dim,)),
    lambda g, residuals, needs: _unbind(g, dim=residuals[0]),
    keeps="along",
)
_unbind: Primitive = Primitive(
    "unbind",
    _unbind_forward,
    lambda g, residuals, needs: (_stack(*g, dim=residuals[0]),),
    keeps="along",
)


# ------------------------------------------------ joining


def _listed(tensors: Any, function: str, lifted: Callable | None = None) -> list:
    """The tensors, ``lifted`` to more dimensions if need be, in their common dtype."""
    if isinstance(tensors, Variable):
        raise TypeError(
            f"{function} got one Tensor; it needs a list or tuple of them. Write the tensors in brackets."
        )
    tensors = list(tensors)
    dtypes = {x.array.dtype if isinstance(x, Variable) else None for x in tensors}
    if None in dtypes or not dtypes:
        kinds = sorted({type(x).__name__ for x in tensors})
        raise TypeError(
            f"{function} got {'elements of ' + ', '.join(kinds) if kinds else 'an empty list'}; "
            "it needs at least one Tensor, and Tensors only."
        )
    if lifted is not None:
        tensors = [lifted(x) for x in tensors]
    if len(dtypes) > 1:
        dtype = result_type(*tensors)
        tensors = [cast(x, dtype) for x in tensors]
    return tensors


def cat(tensors: Any, dim: int = 0) -> Any:
    """The tensors one after the other along ``dim``; dtypes are promoted.

    Shapes: equal except along ``dim``. As in PyTorch, tensors of shape (0,) are passed over.
    Raises ShapeError if the shapes do not fit.

    >>> cat([tensor([[1, 2]]), tensor([[3, 4]])])
    tensor([[1, 2],
            [3, 4]])
    """
    found = _listed(tensors, "cat")
    ranks = {x.array.ndim for x in found}
    if 0 in ranks:
        raise ShapeError(
            "cat got a 0-dim tensor; it needs at least one dimension each. Use stack(...) instead."
        )
    if len(ranks) > 1:
        found = [x for x in found if x.array.shape != (0,)]
    first = found[0].array.shape
    d = shapes.dimension(dim, len(first), "cat")
    for x in found:
        shape = x.array.shape
        if shape != first and (
            len(shape) != len(first) or shape[:d] != first[:d] or shape[d + 1 :] != first[d + 1 :]
        ):
            raise ShapeError(
                f"cat got shapes {first} and {shape} along dim={d}; it needs shapes that differ "
                "in that dimension only."
            )
    return _cat(*found, dim=d)


def stack(tensors: Any, dim: int = 0) -> Any:
    """The tensors side by side along a new dimension ``dim``; dtypes are promoted.

    Shapes: n times (*, *) -> (*, n, *). Raises ShapeError unless all shapes are equal.

    >>> stack([tensor([1, 2]), tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    found = _listed(tensors, "stack")
    first = found[0].array.shape
    for x in found:
        if x.array.shape != first:
            raise ShapeError(
                f"stack got shapes {first} and {x.array.shape}; it needs equal shapes. "
                "Use cat(...) to join along a dimension they have."
            )
    return _stack(*found, dim=shapes.dimension(dim, len(first) + 1, "stack"))


def hstack(tensors: Any) -> Any:
    """Join along the second dimension, vectors along their only one.

    >>> hstack([tensor([1]), tensor([2, 3])])
    tensor([1, 2, 3])
    """
    found = _listed(tensors, "hstack", atleast_1d)
    return cat(found, dim=0 if found[0].array.ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Join along the first dimension; vectors become rows.

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat(_listed(tensors, "vstack", atleast_2d))


def dstack(tensors: Any) -> Any:
    """Join along the third dimension; vectors (N,) count as (1, N, 1).

    >>> dstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat(_listed(tensors, "dstack", atleast_3d), dim=2)


def column_stack(tensors: Any) -> Any:
    """Join along the second dimension; vectors become columns.

    >>> column_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    found = _listed(tensors, "column_stack", lambda x: unsqueeze(atleast_1d(x), 1) if x.array.ndim < 2 else x)
    return hstack(found)


concat = concatenate = cat
row_stack = vstack


# ------------------------------------------------ splitting


def _as_views(pieces: tuple, source: Any, keys: list) -> tuple:
    """Tell each piece how it was cut out, so that writes in place are seen on both sides."""
    base, before = (source, ()) if source.cut is None else (source.cut.base, source.cut.steps)
    for piece, key in zip(pieces, keys):
        piece.version = source.version
        piece.cut = View(base, (*before, (_SLICE, {"key": key})))
    return pieces


def _pieces(input: Any, sizes: tuple, dim: int) -> tuple:
    starts = (0, *accumulate(sizes))
    keys = [along(dim, slice(s, s + n)) for s, n in zip(starts, sizes)]
    return _as_views(_split(input, sizes=sizes, dim=dim), input, keys)


def _dim(input: Any, dim: int, function: str) -> int:
    if not input.array.ndim:
        raise ShapeError(f"{function} got a 0-dim tensor; it needs at least one dimension.")
    return shapes.dimension(dim, input.array.ndim, function)


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple:
    """Views of ``split_size`` elements along ``dim`` (the last may be smaller), or of listed sizes.

    Raises ValueError if the sizes do not add up.

    >>> split(tensor([1, 2, 3]), 2)
    (tensor([1, 2]), tensor([3]))
    """
    d = _dim(tensor, dim, "split")
    total = tensor.array.shape[d]
    if isinstance(split_size_or_sections, (list, tuple)):
        sizes = tuple(map(operator.index, split_size_or_sections))
        if sum(sizes) != total or any(s < 0 for s in sizes):
            raise ValueError(
                f"split got the sizes {sizes} for a dimension of size {total}; it needs sizes >= 0 "
                "that add up to it."
            )
        return _pieces(tensor, sizes, d)
    size = operator.index(split_size_or_sections)
    if size < 0 or (size == 0 and total):
        raise ValueError(f"split got the size {size}; it needs one >= 1.")
    count = max(-(-total // size), 1) if size else 1
    return _pieces(tensor, (size,) * (count - 1) + (total - size * (count - 1),), d)


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple:
    """``split`` into pieces of the listed sizes.

    >>> split_with_sizes(tensor([1, 2, 3]), (1, 2))
    (tensor([1]), tensor([2, 3]))
    """
    return split(input, list(split_sizes), dim)


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple:
    """At most ``chunks`` views of equal size along ``dim``; the last may be smaller.

    >>> chunk(tensor([1, 2, 3]), 2)
    (tensor([1, 2]), tensor([3]))
    """
    d, count = _dim(input, dim, "chunk"), operator.index(chunks)
    if count < 1:
        raise ValueError(f"chunk got chunks={count}; it needs at least 1.")
    total = input.array.shape[d]
    return split(input, -(-total // count) if total else (0,) * count, d)


@also_named(
    sections="indices_or_sections",
    indices="indices_or_sections",
    tensor_indices_or_sections="indices_or_sections",
)
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple:
    """Views between the given indices, or ``sections`` views whose sizes differ by 1 at most.

    >>> tensor_split(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2, 3]), tensor([4, 5]))
    >>> tensor_split(tensor([1, 2, 3]), (1,))
    (tensor([1]), tensor([2, 3]))
    """
    d = _dim(input, dim, "tensor_split")
    total = input.array.shape[d]
    if isinstance(indices_or_sections, Variable):
        indices_or_sections = indices_or_sections.array.tolist()
    if isinstance(indices_or_sections, (list, tuple)):
        cuts = list(map(operator.index, indices_or_sections))
        ends = [slice(a, b).indices(total)[:2] for a, b in zip([0, *cuts], [*cuts, None])]
        return tuple(take_slice(input, along(d, slice(a, max(a, b)))) for a, b in ends)
    count = operator.index(indices_or_sections)
    if count < 1:
        raise ValueError(f"tensor_split got {count} sections; it needs at least 1.")
    small, larger = divmod(total, count)
    return _pieces(input, (small + 1,) * larger + (small,) * (count - larger), d)


def unbind(input: Any, dim: int = 0) -> tuple:
    """All slices along ``dim`` as views without that dimension.

    >>> unbind(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    d = _dim(input, dim, "unbind")
    size = input.array.shape[d]
    if not size:
        return ()
    return _as_views(_unbind(input, dim=d), input, [along(d, i) for i in range(size)])


def _numpy_split(input: Any, parts: Any, dim: int, at_least: int, function: str) -> tuple:
    if input.array.ndim < at_least:
        raise ShapeError(
            f"{function} got a tensor of {input.array.ndim} dimensions; it needs at least {at_least}."
        )
    if not isinstance(parts, (list, tuple)):
        size = input.array.shape[dim]
        if parts < 1 or size % parts:
            raise ValueError(
                f"{function} got {parts} sections for a dimension of size {size}; it needs a number "
                "that divides it. Use tensor_split(...) for pieces of unequal size."
            )
    return tensor_split(input, parts, dim)


@also_named(sections="indices_or_sections", indices="indices_or_sections")
def hsplit(input: Any, indices_or_sections: Any) -> tuple:
    """``tensor_split`` along the second dimension, of a vector along its only one.

    >>> hsplit(tensor([[1, 2], [3, 4]]), 2)[1]
    tensor([[2],
            [4]])
    """
    return _numpy_split(input, indices_or_sections, int(input.array.ndim > 1), 1, "hsplit")


@also_named(sections="indices_or_sections", indices="indices_or_sections")
def vsplit(input: Any, indices_or_sections: Any) -> tuple:
    """``tensor_split`` along the first dimension of at least two.

    >>> vsplit(tensor([[1, 2], [3, 4]]), 2)[1]
    tensor([[3, 4]])
    """
    return _numpy_split(input, indices_or_sections, 0, 2, "vsplit")


@also_named(sections="indices_or_sections", indices="indices_or_sections")
def dsplit(input: Any, indices_or_sections: Any) -> tuple:
    """``tensor_split`` along the third dimension.

    >>> dsplit(tensor([[[1, 2], [3, 4]]]), 2)[0].shape
    minigrad.Size([1, 2, 1])
    """
    return _numpy_split(input, indices_or_sections, 2, 3, "dsplit")
