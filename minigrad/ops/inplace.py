"""Writing into a tensor's memory, recorded or not.

    inplace      replace a tensor's values by what a function makes of them
    write        the primitive that puts values into a region of its base
    set_item     t[key] = values
    copy_ fill_ zero_ fill_diagonal_ detach_
    turn         t_, squeeze_ and their kin: another view of the memory takes the tensor's place

A recorded write makes the tensor an output of a newer node. Its old values may be what an
earlier rule kept: the version counter tells (tape.written), and that rule then refuses.
Writing to a view changes the base's history: the base becomes an output of ``write``, and
its views start from there (tape.refresh_view).

Below: tape.py, casting.py. Above: methods/inplace.py. Tests: tests/autograd/test_inplace.py,
test_inplace_views.py, test_versions.py.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DTypeError, GraphError, ShapeError
from ..node import Source, View
from ..tape import (
    Primitive,
    Variable,
    grad_enabled,
    last_serial,
    rebase,
    refresh_view,
    settled,
    wrap,
    written,
)
from .arithmetic import expand_to, sum_to
from .casting import can_cast, cast, number_as
from .indexing import put_explained, put_into, take_at, take_slice, values_for
from .keys import split_key
from .selection import keep
from .slicing import elements_shown, repeats, strided_view

__all__: list[str] = []


# ------------------------------------------------ the region of a base that a view shows


def _region(x: Any, steps: tuple) -> Any:
    """The view that ``steps`` cut out of ``x``, an array or a Tensor."""
    for primitive, attributes in steps:
        x = primitive(x, **attributes)
    return x


def _clear_forward(g, cut):
    if isinstance(cut, np.ndarray):
        cleared = np.array(g, order="C")
        cleared.reshape(-1)[cut[cut >= 0]] = 0
        return cleared, (cut,)
    cleared = np.array(g, order="K")
    region = _region(cleared, cut)
    if not cut or np.may_share_memory(region, cleared) or not region.size:
        region[...] = 0
    else:  # the strides of g do not allow the view that the base allowed: address the elements
        places = _region(np.arange(g.size).reshape(g.shape), cut)
        cleared = np.array(g, order="C")
        cleared.reshape(-1)[places] = 0
    return cleared, (cut,)


_clear: Primitive = Primitive(
    "clear_region",
    _clear_forward,
    lambda g, residuals, needs: (_clear(g, cut=residuals[0]),),
    keeps="steps",
)


def _write_forward(base, value, cut):
    region = _region(base, cut)
    region[...] = value
    if any(primitive is strided_view for primitive, _ in cut):  # a gradient lies otherwise in memory
        cut = elements_shown(region, base)
    return base, (np.shape(value), cut)


def _write_backward(g, residuals, needs):
    value_shape, cut = residuals
    dbase = dvalue = None
    if needs[0]:
        dbase = _clear(g, cut=cut)
    if needs[1]:
        if isinstance(cut, np.ndarray):
            region = keep(take_at(g.reshape(-1), key=(cut,)), cut >= 0)
        else:
            region = _region(g, cut)
        dvalue = sum_to(region, value_shape)
    return dbase, dvalue


# write(base, value, cut=steps): the base's own memory, with ``value`` in the region.
write = Primitive("write", _write_forward, _write_backward, keeps="value_shape steps")


# ------------------------------------------------ the one door for writes


def inplace(x: Any, function: str, compute: Callable, *others: Any, directly: Callable | None = None) -> Any:
    """Replace the values of ``x`` by those of ``compute(x)``, which may depend on ``others``.

    ``compute`` is the operation out of place. The result must have the shape of ``x`` and a
    dtype of the same or a lower category. ``directly`` does the same to the array at once,
    for writes to a small part that are not recorded. Raises GraphError for a leaf that requires grad (or
    a view of one) and for overlapping windows, unless recording is off; ShapeError and DTypeError if
    the result does not fit.
    """
    if not isinstance(x, Variable):
        raise TypeError(f"{function} got {type(x).__name__}; it needs a Tensor to write to.")
    _check_memory(x, function)
    recorded = False
    if grad_enabled.get():
        _check_place(settled(x), function)
        recorded = x._requires_grad or any(
            isinstance(o, Variable) and settled(o)._requires_grad for o in others
        )
    if recorded and repeats(x.array):
        raise GraphError(
            f"{function} got a view of shape {x.array.shape} that shows some elements twice; a recorded "
            "write needs one value for each. Write to a clone(), or under no_grad()."
        )
    if directly is not None and not recorded:
        directly(x.array)
        written(x)
        return x
    old = _snapshot(x) if recorded else x
    result = _fitted(compute(old), x, function)
    if not recorded:
        if result.array is not x.array:
            np.copyto(x.array, result.array)
        written(x)
        return x
    if x._requires_grad and not result._requires_grad:
        result = write(old, result, cut=())  # constants: no gradient passes to what was there
    if not result._requires_grad:
        np.copyto(x.array, result.array)
    elif x.cut is None:
        np.copyto(x.array, result.array)
        rebase(x, result)
    else:
        rebase(x.cut.base, write(x.cut.base, result, cut=x.cut.steps))
        refresh_view(x)
    written(x)
    return x


def _snapshot(x: Variable) -> Any:
    """``x`` as it is now, at the same place of the graph: rules may keep it."""
    old = wrap(np.array(x.array, order="K"))
    old.node, old.slot, old._requires_grad = x.node, x.slot, x._requires_grad
    if x._source is None:
        x._source = Source(x.array)
    old._source = x._source
    return old


def _check_memory(x: Variable, function: str) -> None:
    array = x.array
    if not array.flags.writeable or (
        array.size and any(size > 1 and stride == 0 for size, stride in zip(array.shape, array.strides))
    ):
        raise GraphError(
            f"{function} got a tensor of shape {array.shape} whose elements share memory (an "
            "expanded tensor) or whose NumPy array is read-only; it needs memory of its own. "
            "Clone it first: x.clone()."
        )


def _check_place(x: Variable, function: str) -> None:
    base = x if x.cut is None else x.cut.base
    if base.node is None and base._requires_grad:
        what = "a leaf" if base is x else "a view of a leaf"
        raise GraphError(
            f"{function} got {what} tensor that requires grad (shape {x.array.shape}); a recorded "
            "in-place operation needs a computed tensor. Write under no_grad() to change the leaf "
            "itself, or to a clone() to stay in the graph."
        )
    if x._requires_grad and not base._requires_grad:
        raise GraphError(
            f"{function} got a view of a tensor that was detached in place since; a recorded write to "
            "it would be lost there. Write to a clone(), or detach the view too."
        )
    if base._requires_grad and not x._requires_grad:
        raise GraphError(
            f"{function} got a view that was made under no_grad of a tensor that requires grad; "
            "a recorded write to it would be lost. Make the view with recording on, or write "
            "under no_grad()."
        )


def _fitted(result: Any, x: Variable, function: str) -> Any:
    if result.array.shape != x.array.shape:
        raise ShapeError(
            f"{function} got a tensor of shape {x.array.shape} for a result of shape "
            f"{result.array.shape}; in place the shape cannot change. Use the operation without "
            "the underscore."
        )
    if result.array.dtype != x.array.dtype:
        if not can_cast(result.array.dtype, x.array.dtype):
            raise DTypeError(
                f"{function} got a result of {result.array.dtype}, which can't be cast to the "
                f"tensor's own {x.array.dtype}; in place the dtype cannot change. Use the "
                "operation without the underscore."
            )
        return cast(result, x.array.dtype)
    return result


# ------------------------------------------------ plain writes


def _overwrite(x: Any, src: Any, function: str) -> Any:
    if not isinstance(src, Variable):
        src = wrap(number_as(src, x.array.dtype, function))
    if src.array.shape != x.array.shape:
        try:
            src = expand_to(src, x.array.shape)
        except ValueError:
            raise ShapeError(
                f"{function} got values of shape {src.array.shape} for a tensor of shape "
                f"{x.array.shape}; they must broadcast to it."
            ) from None
    values = cast(src, x.array.dtype)
    return inplace(x, function, lambda old: write(old, values, cut=()), values)


def copy_(input: Any, src: Any, non_blocking: bool = False) -> Any:
    """Overwrite ``input`` with ``src``, which is broadcast to its shape and cast to its dtype.

    ``non_blocking`` is there for PyTorch's signature and means nothing here.

    >>> copy_(tensor([1, 2]), tensor(7.9))
    tensor([7, 7])
    """
    return _overwrite(input, src, "copy_")


def fill_(input: Any, value: Any) -> Any:
    """Set every element to ``value``, a number or a 0-dim Tensor.

    >>> fill_(tensor([1.0, 2.0]), 3)
    tensor([3., 3.])
    """
    if np.ndim(value):
        raise ShapeError(
            f"fill_ got a value of shape {np.shape(value)}; it needs a number or a 0-dim "
            "tensor. Use copy_ for several values."
        )
    return _overwrite(input, value, "fill_")


def zero_(input: Any) -> Any:
    """Set every element to 0.

    >>> zero_(tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return _overwrite(input, 0, "zero_")


def set_item(input: Any, key: Any, values: Any) -> None:
    """``input[key] = values``: into a view where the key makes one, else at index arrays.

    >>> x = tensor([1, 2, 3])
    >>> set_item(x, slice(1, None), 0)
    >>> x
    tensor([1, 0, 0])
    """
    function = "x[...] = v"
    cut, key = split_key(input, key, function)
    values = values_for(input, cut, key, values)
    if key is None:
        region = take_slice(input, cut)
        inplace(region, function, lambda old: write(old, values, cut=()), values)
        return

    def directly(array: np.ndarray) -> None:
        put_into(array, values.array, cut, key)

    inplace(input, function, lambda old: put_explained(old, values, cut, key), values, directly=directly)


def fill_diagonal_(input: Any, fill_value: float, wrap: bool = False) -> Any:
    """Set the main diagonal to one number.

    Shapes: a matrix, or more dimensions of one size. ``wrap``: in a matrix with more rows than
    columns the diagonal starts again, one row below where it reached the last column.
    Raises ShapeError for other shapes.

    >>> fill_diagonal_(tensor([[1, 2], [3, 4]]), 0)
    tensor([[0, 2],
            [3, 0]])
    """
    shape = input.array.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ShapeError(
            f"fill_diagonal_ got a tensor of shape {shape}; it needs a matrix, or more dimensions "
            "that all have one size."
        )
    n = np.arange(min(shape))
    if wrap and len(shape) == 2 and 0 < shape[1] < shape[0]:
        row = np.arange(shape[0])
        row = row[row % (shape[1] + 1) < shape[1]]
        set_item(input, (row, row % (shape[1] + 1)), fill_value)
    else:
        set_item(input, (n,) * len(shape), fill_value)
    return input


def detach_(input: Any) -> Any:
    """Take a tensor out of its graph in place: it becomes a leaf that requires no grad.

    Views that were made before stay in the graph, until one of them or the tensor is written to.
    Raises GraphError for a view: writes to it would reach the graph of its base unseen.

    >>> x = tensor([1.0], requires_grad=True) * 2
    >>> detach_(x).requires_grad
    False
    """
    if input.cut is not None and settled(input)._requires_grad:
        if _owners(input.cut) > _SOLE:
            raise GraphError("detach_ got a view; it needs a tensor with memory of its own. Use detach().")
        input.cut = None  # of a result in between, which nobody else can see
    elif input.node is not None:
        input.detached = (last_serial(), input.version[0])
    input.node, input.slot, input._requires_grad, input._retained = None, 0, False, None
    return input


def _owners(view: View) -> int:
    return sys.getrefcount(view.base)


_SOLE = _owners(View(Variable(np.empty(0)), ()))  # what it counts differs from one Python version to the next


# ------------------------------------------------ another view in the tensor's place


def turn(input: Any, function: str, view: Callable) -> Any:
    """Let ``input`` become ``view(input)``, which shares its memory: a transpose, a squeeze.

    Raises GraphError for a leaf that requires grad (unless recording is off), and for a tensor
    that has views of its own: these are cut out of its old shape.
    """
    x = settled(input)
    if grad_enabled.get():
        _check_place(x, function)
    if x.cut is None and _has_views(x):
        raise GraphError(
            f"{function} got a tensor that has views; it needs one without, or a view itself. "
            "Use the operation without the underscore."
        )
    if x.cut is None and x.node is None:
        x.array, x._source = view(wrap(x.array)).array, None
        return input
    source = x
    if x.cut is None:
        source = wrap(x.array)
        source.version, source.node, source.slot, source._requires_grad = x.version, x.node, x.slot, True
    token = grad_enabled.set(x.node is not None)
    try:
        made = view(source)
    finally:
        grad_enabled.reset(token)
    x.array, x.cut, x._source = made.array, made.cut, None
    rebase(x, made)
    return input


def _has_views(x: Variable) -> bool:
    # A view shares the version list. Nodes hold it too, so that only the second look is sure.
    return sys.getrefcount(x.version) > 2 and any(type(r) is View for r in gc.get_referrers(x))
