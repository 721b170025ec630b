"""Running sums, products and extremes along one dimension, and differences of neighbours.

    cumsum cumprod logcumsumexp      gradients run back along the dimension
    cummax cummin                    (values, indices); the gradient goes to the picked element
    diff                             differences of neighbours, n times
    linear_scan                      h[i] = u[i] + a[i] h[i-1], which the rules are written with

Below: indexing.py, gathering.py, kernels/scan.py. Above: methods/scan.py.
Tests: tests/ops/cases_scan.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive, Variable, wrap
from .casting import as_dtype, cast
from .extremes import ValuesIndices
from .gathering import as_lines, gather_grad
from .indexing import place_slice, take_slice
from .reduction import exp_difference, numpy_names
from .shaping import clone

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "diff", "logcumsumexp"]

_ALL = slice(None)


def _at(dim: int, part: slice) -> tuple:
    return (*(_ALL,) * dim, part)


# ------------------------------------------------ sums


def _scanned(kernel: Any, x: np.ndarray, dim: int) -> np.ndarray:
    """``kernel(x, out)`` along ``dim``. Small dtypes are scanned in a wider one."""
    wide = np.promote_types(x.dtype, np.float32 if x.dtype.kind == "f" else np.int64)
    out = np.empty(x.shape, wide)
    if x.size:
        kernel(as_lines(x.astype(wide, copy=False), dim), as_lines(out, dim))
    return out.astype(x.dtype, copy=False)


def _cumsum_forward(x, dim, reverse):
    kernel = kernels.scan.cumsum_back if reverse else kernels.scan.cumsum
    return _scanned(kernel, x, dim), (dim, reverse)


def _cumsum_backward(g, residuals, needs):
    dim, reverse = residuals
    return (_cumsum(g, dim=dim, reverse=not reverse),)


_cumsum = Primitive("cumsum", _cumsum_forward, _cumsum_backward, keeps="along backwards")


def _prepared(input: Any, dim: Any, dtype: Any, function: str) -> tuple[Any, int]:
    if dtype is not None:
        input = cast(input, as_dtype(dtype))
    elif input.array.dtype.kind in "biu":
        input = cast(input, np.dtype(np.int64))
    return input, shapes.dimension(dim, input.array.ndim, function)


@numpy_names
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running sum along ``dim``. Integers and bools give int64.

    >>> cumsum(tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6])
    """
    input, d = _prepared(input, dim, dtype, "cumsum")
    return _cumsum(input, dim=d, reverse=False)


# ------------------------------------------------ the recurrence


def _linear_scan_forward(u, a, dim, reverse):
    wide = np.promote_types(u.dtype, np.float32)  # Numba has no float16
    h = np.empty(u.shape, wide)
    if u.size:
        scan = kernels.scan.linear_scan_back if reverse else kernels.scan.linear_scan
        scan(
            as_lines(u.astype(wide, copy=False), dim),
            as_lines(a.astype(wide, copy=False), dim),
            as_lines(h, dim),
        )
    h = h.astype(u.dtype, copy=False)
    return h, (a, h, dim, reverse)


def _linear_scan_backward(g, residuals, needs):
    # With s the transposed scan of g: du = s and da[i] = s[i] h[i-1]; backwards s and h trade places.
    a, h, dim, reverse = residuals
    s = linear_scan(g, a, dim=dim, reverse=not reverse)
    if not needs[1]:
        return s, None
    return s, (h * shifted(s, dim) if reverse else s * shifted(h, dim))


linear_scan = Primitive(
    "linear_scan", _linear_scan_forward, _linear_scan_backward, keeps="a output(a) along backwards"
)


def shifted(x: Any, dim: int) -> Any:
    """``x`` moved on by one along ``dim``, with 0 coming in."""
    n = x.shape[dim]
    if n == 0:
        return x
    return place_slice(take_slice(x, _at(dim, slice(0, n - 1))), _at(dim, slice(1, n)), x.shape)


# ------------------------------------------------ products


def _cumprod_forward(x, dim):
    output = _scanned(kernels.scan.cumprod, x, dim)
    return output, (x, output, dim)


def _cumprod_backward(g, residuals, needs):
    x, output, dim = residuals
    if not x.shape:
        return (g,)
    first = np.zeros([x.shape[dim] if i == dim else 1 for i in range(len(x.shape))], x.dtype)
    first[_at(dim, slice(0, 1))] = 1  # nothing comes before the first factor
    return (linear_scan(g, x, dim=dim, reverse=True) * (shifted(output, dim) + first),)


_cumprod = Primitive("cumprod", _cumprod_forward, _cumprod_backward, keeps="x output along")


@numpy_names
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running product along ``dim``; its gradient never divides, so zeros are welcome.

    >>> cumprod(tensor([1, 2, 3]), dim=0)
    tensor([1, 2, 6])
    """
    input, d = _prepared(input, dim, dtype, "cumprod")
    return _cumprod(input, dim=d)


# ------------------------------------------------ sums of exponentials


def _logcumsumexp_forward(x, dim):
    output = np.logaddexp.accumulate(x, axis=dim) if x.ndim else np.array(x)
    return output, (x, output, dim)


def _logcumsumexp_backward(g, residuals, needs):
    # dx[i] = sum over j >= i of g[j] exp(x[i] - y[j]), with factors exp(y[j-1] - y[j]) <= 1.
    x, output, dim = residuals
    if not x.shape or x.shape[dim] == 0:
        return (g,)
    n = x.shape[dim]
    before, after = (take_slice(output, _at(dim, s)) for s in (slice(0, n - 1), slice(1, n)))
    decay = place_slice(exp_difference(before, after), _at(dim, slice(1, n)), x.shape)
    return (linear_scan(g, decay, dim=dim, reverse=True) * exp_difference(x, output),)


_logcumsumexp = Primitive(
    "logcumsumexp", _logcumsumexp_forward, _logcumsumexp_backward, keeps="x output along"
)


@numpy_names
def logcumsumexp(input: Any, dim: int) -> Any:
    """``log(cumsum(exp(input)))`` along ``dim``, without overflow. Raises DTypeError for integers.

    >>> logcumsumexp(tensor([1000.0, 1000.0]), dim=0)
    tensor([1000.0000, 1000.6932])
    """
    if input.array.dtype.kind != "f":
        raise DTypeError(
            f"logcumsumexp got a tensor of {input.array.dtype}; it needs a float dtype. "
            "Convert first: x.float()."
        )
    return _logcumsumexp(input, dim=shapes.dimension(dim, input.array.ndim, "logcumsumexp"))


# ------------------------------------------------ extremes


def _running(name: str, largest: bool) -> Primitive:
    def forward(x, dim):
        wide = np.promote_types(x.dtype, np.float32 if x.dtype.kind == "f" else np.int64)
        h, index = np.empty(x.shape, wide), np.empty(x.shape, np.int64)
        if x.size:
            lines = as_lines(x.astype(wide, copy=False), dim)
            kernels.scan.running_extreme(lines, largest, as_lines(h, dim), as_lines(index, dim))
        return (h.astype(x.dtype, copy=False), index), (index, x.shape, dim)

    def backward(g, residuals, needs):
        index, shape, dim = residuals
        return (gather_grad(g[0], index, shape=shape, dim=dim),)

    return Primitive(name, forward, backward, keeps="output.1 shape along")


_cummax = _running("cummax", True)
_cummin = _running("cummin", False)


@numpy_names
def cummax(input: Any, dim: int) -> Any:
    """``(values, indices)`` of the largest element so far along ``dim``; the last one of equals.

    >>> cummax(tensor([1, 3, 2]), dim=0).values
    tensor([1, 3, 3])
    """
    return ValuesIndices(*_cummax(input, dim=shapes.dimension(dim, input.array.ndim, "cummax")))


@numpy_names
def cummin(input: Any, dim: int) -> Any:
    """``(values, indices)`` of the smallest element so far; as ``cummax`` otherwise.

    >>> cummin(tensor([3, 1, 2]), dim=0).indices
    tensor([0, 1, 1])
    """
    return ValuesIndices(*_cummin(input, dim=shapes.dimension(dim, input.array.ndim, "cummin")))


# ------------------------------------------------ differences


@numpy_names
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours along ``dim``, taken ``n`` times; bools by exclusive or.

    ``prepend`` and ``append`` are joined on first. Raises ShapeError for a 0-dim tensor.

    >>> diff(tensor([1, 4, 9]))
    tensor([3, 5])
    """
    from .joining import cat

    if not input.array.ndim:
        raise ShapeError("diff got a 0-dim tensor; it needs at least one dimension.")
    if n < 0:
        raise ValueError(f"diff got n={n}; it needs n >= 0.")
    d = shapes.dimension(dim, input.array.ndim, "diff")
    if n == 0:
        return clone(input)  # as PyTorch: what was to be joined on is left out as well
    parts = [x for x in (prepend, input, append) if isinstance(x, Variable)]
    x = cat(parts, d) if len(parts) > 1 else input
    for _ in range(min(n, x.array.shape[d])):
        size = x.array.shape[d]
        after, before = take_slice(x, _at(d, slice(1, size))), take_slice(x, _at(d, slice(0, size - 1)))
        x = wrap(after.array ^ before.array) if x.array.dtype == bool else after - before
    return x
