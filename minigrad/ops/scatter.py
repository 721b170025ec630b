"""Writing to positions along one dimension: scatter and its kin, the opposite of gather.

    scatter                     set
    scatter_add                 add; repeats add up
    scatter_reduce              add, multiply, average or take the extreme

Below: gathering.py, indexing.py, scan.py, selection.py. Above: methods/scatter.py.
Tests: tests/ops/cases_scatter.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError
from ..tape import Primitive, Variable, wrap
from .arithmetic import expand_to, sum_to
from .casting import number_as
from .gathering import checked_index, flat_positions, gather_along, gather_grad, read_lines, write_lines
from .indexing import put_at, take_at, take_slice
from .reduction import numpy_names
from .scan import linear_scan
from .selection import keep

__all__ = ["scatter", "scatter_add", "scatter_reduce"]


# ------------------------------------------------ scatter


def _scatter_forward(x, src, index, dim):
    out = np.array(x, order="C")
    write_lines(out, index, src, dim, add=False)
    return out, (index, src.shape, dim)


def _scatter_backward(g, residuals, needs):
    index, src_shape, dim = residuals
    dx = dsrc = None
    if needs[0]:
        dx = scatter_along(g, np.zeros((), g.dtype), index, dim=dim)
    if needs[1]:
        dsrc = gather_along(g, index, dim=dim)
        stays = _last_writes(g.shape, index, dim)
        dsrc = sum_to(dsrc if stays.all() else keep(dsrc, stays), src_shape)
    return dx, dsrc, None


def _last_writes(shape: tuple, index: Any, dim: int) -> np.ndarray:
    """Which values stay: where a place is written twice, the last, and it alone has a gradient."""
    index = index.array if isinstance(index, Variable) else index
    order = np.arange(index.size).reshape(index.shape)
    writer = np.empty(shape, order.dtype)
    write_lines(writer, index, order, dim, add=False)
    return read_lines(writer, index, dim) == order


scatter_along = Primitive("scatter", _scatter_forward, _scatter_backward, keeps="index src_shape at")


def _add_along_forward(x, src, index, dim):
    out = np.array(x, order="C")
    write_lines(out, index, src, dim, add=True)
    return out, (index, dim)


def _add_along_backward(g, residuals, needs):
    index, dim = residuals
    return g, gather_along(g, index, dim=dim) if needs[1] else None, None


_add_along = Primitive("scatter_add", _add_along_forward, _add_along_backward, keeps="index at")


def _source(function: str, input: Any, dim: Any, index: Any, src: Any) -> tuple[int, Any, Any]:
    if isinstance(src, Variable) and src.array.dtype != input.array.dtype:
        raise DTypeError(
            f"{function} got src of {src.array.dtype} for a tensor of {input.array.dtype}; it needs "
            "the same dtype. Convert it: src.to(input.dtype)."
        )
    if not isinstance(src, Variable):
        src = wrap(number_as(src, input.array.dtype, function))
    if src.array.ndim == 0 and input.array.ndim:
        d, index = checked_index(function, input, dim, index)
        return d, index, expand_to(src, index.array.shape)
    d, index = checked_index(function, input, dim, index, src)
    if src.array.shape != index.array.shape:
        src = take_slice(src, tuple(slice(0, n) for n in index.array.shape))
    return d, index, src


@numpy_names
def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None
) -> Any:
    """A copy of ``input`` with ``out[i][index[i][j][k]][k] = src[i][j][k]`` for dim=1.

    ``src``: a tensor at least as large as index, or one number (``value``). ``reduce`` "add" or
    "multiply" combines with what is there. Where a place comes up twice, the last value stays.

    >>> scatter(tensor([0, 0, 0]), 0, tensor([2, 0]), tensor([5, 6]))
    tensor([6, 0, 5])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter got both or neither of src and value; it needs one of them.")
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise ValueError(f'scatter got reduce={reduce!r}; it needs None, "add" or "multiply".')
        kind = "sum" if reduce == "add" else "prod"
        return scatter_reduce(input, dim, index, value if src is None else src, kind)
    d, index, src = _source("scatter", input, dim, index, value if src is None else src)
    return scatter_along(input, src, index, dim=d)


@numpy_names
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy of ``input`` to which ``src`` is added at ``index`` along ``dim``; repeats add up.

    >>> scatter_add(tensor([1, 1, 1]), 0, tensor([2, 0, 2]), tensor([5, 6, 7]))
    tensor([ 7,  1, 13])
    """
    d, index, src = _source("scatter_add", input, dim, index, src)
    return _add_along(input, src, index, dim=d)


@numpy_names
def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """Combine what ``src`` brings to each place of ``input`` with what is there.

    ``reduce``: "sum", "prod", "mean", "amax" or "amin"; with ``include_self=False`` the old value
    counts only where nothing arrives. Equal extremes share the gradient evenly.

    >>> scatter_reduce(tensor([1, 1]), 0, tensor([0, 0]), tensor([5, 6]), "amax")
    tensor([6, 1])
    """
    d, index, src = _source("scatter_reduce", input, dim, index, src)
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise ValueError(
            f"scatter_reduce got reduce={reduce!r}; it needs one of sum, prod, mean, amax, amin."
        )
    if reduce in ("sum", "mean"):
        kept = input if include_self else scatter_along(input, wrap(_neutral(input, 0)), index, dim=d)
        total = _add_along(kept, src, index, dim=d)
        return total if reduce == "sum" else _over_count(total, input, index, d, include_self)
    if reduce == "prod":
        start = input if include_self else scatter_along(input, wrap(_neutral(input, 1)), index, dim=d)
        return _scattered_product(start, index, src, d)
    primitive = _scatter_amax if reduce == "amax" else _scatter_amin
    if include_self:
        return primitive(input, src, index, dim=d)
    lowest = np.iinfo if input.array.dtype.kind in "iu" else _Infinite
    edge = lowest(input.array.dtype).min if reduce == "amax" else lowest(input.array.dtype).max
    return primitive(scatter_along(input, wrap(_neutral(input, edge)), index, dim=d), src, index, dim=d)


class _Infinite:
    """The bounds of a float dtype; for bools they become False and True."""

    def __init__(self, dtype):
        self.min, self.max = (-np.inf, np.inf) if dtype.kind == "f" else (False, True)


def _neutral(input: Any, value: Any) -> np.ndarray:
    return np.asarray(value, input.array.dtype)


def _over_count(total: Any, input: Any, index: Any, dim: int, include_self: bool) -> Any:
    ones = np.ones(index.array.shape, np.int64)
    n = gather_grad(ones, index.array, shape=input.array.shape, dim=dim)
    n = n + 1 if include_self else np.maximum(n, 1)
    if total.array.dtype.kind == "f":
        return total / wrap(n.astype(total.array.dtype))
    return wrap((total.array // n).astype(total.array.dtype))


def _scattered_product(input: Any, index: Any, src: Any, dim: int) -> Any:
    """Sort the factors by place, multiply within each run, multiply ``input`` by the results.

    The runs are one recurrence h[i] = start[i] * s[i] + (1 - start[i]) * s[i] * h[i - 1], so
    zeros among the factors need no special case, and every order of gradient follows.
    """
    shape = input.array.shape
    places = flat_positions(index.array, shape, dim).ravel()
    if not places.size:
        return input * 1
    order = np.argsort(places, kind="stable")
    run = places[order]
    start = np.concatenate(([True], run[1:] != run[:-1]))
    ends = np.flatnonzero(np.append(start[1:], True))
    factors = take_at(src.reshape(-1), key=(order,))
    if factors.array.dtype.kind != "f":
        products = wrap(np.multiply.reduceat(factors.array, np.flatnonzero(start)))
    else:
        first = wrap(start.astype(factors.array.dtype))
        products = linear_scan(factors * first, factors * (1 - first), dim=0, reverse=False)
        products = take_at(products, key=(ends,))
    flat = input.reshape(-1)
    old = take_at(flat, key=(run[ends],))
    return put_at(flat, old * products, cut=(Ellipsis,), key=(run[ends],)).reshape(shape)


def _scatter_extreme(name: str, ufunc: Any) -> Primitive:
    def forward(x, src, index, dim):
        out = np.array(x, order="C")
        places = flat_positions(index, out.shape, dim)
        ufunc.at(out.reshape(-1), places.ravel(), src.ravel())
        return out, (x, src, index, out, dim)

    def backward(g, residuals, needs):
        x, src, index, output, dim = residuals
        for_x, for_src = _scatter_tie_weights(x, src, index, output, dim=dim)
        return (
            g * for_x if needs[0] else None,
            gather_along(g, index, dim=dim) * for_src if needs[1] else None,
            None,
        )

    return Primitive(name, forward, backward, keeps="x src index output at")


def _scatter_tie_weights_forward(x, src, index, output, dim):
    """Each winner's share: one over the number of equal values that met in its place."""
    same = (src == np.asarray(gather_along(output, index, dim=dim))).astype(x.dtype)
    own = (x == output).astype(x.dtype)
    winners = own + gather_grad(same, index, shape=x.shape, dim=dim)
    return (own / winners, same / gather_along(winners, index, dim=dim)), ()


_scatter_tie_weights = Primitive("scatter_tie_weights", _scatter_tie_weights_forward)
_scatter_amax = _scatter_extreme("scatter_amax", np.maximum)
_scatter_amin = _scatter_extreme("scatter_amin", np.minimum)
