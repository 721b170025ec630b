"""Reductions that add, multiply or count: over some dimensions, or over all.

    sum mean nansum nanmean          the gradient is spread out again
    prod                             right where factors are zero, twice differentiable
    logsumexp                        stable for large and for infinite values
    all any count_nonzero            no gradient
    numpy_names                      lets ``axis`` and ``keepdims`` stand for dim and keepdim

Sums of float64 are NumPy's, which adds pairwise; large ones of float32 are added up in float64.
Below: tape.py, arithmetic.py. Above: extremes.py, statistics.py, methods/reduction.py.
Tests: tests/ops/cases_reduction.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError
from ..tape import Primitive, wrap
from .arguments import put_in_our_words
from .arithmetic import channel_sums, expand_to, sum_to
from .casting import as_dtype, cast, to_float

__all__ = [
    "all", "any", "count_nonzero", "logsumexp", "mean", "nanmean", "nansum", "prod", "sum",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def numpy_names(function: F) -> F:
    """Accept NumPy's ``axis`` and ``keepdims`` for ``dim`` and ``keepdim``, as PyTorch does."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs and ("axis" in kwargs or "keepdims" in kwargs):
            kwargs = {_NUMPY_NAMES.get(name, name): value for name, value in kwargs.items()}
        try:
            return function(*args, **kwargs)
        except Exception as error:
            put_in_our_words(function, args, kwargs, error)
            raise

    call.explained = True  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def kept_shape(shape: tuple, dims: tuple) -> tuple:
    """``shape`` with size 1 where it is reduced: what keepdim=True gives."""
    return tuple(1 if i in dims else size for i, size in enumerate(shape))


def count(shape: tuple, dims: tuple) -> int:
    """How many elements meet in each result."""
    n = 1
    for d in dims:
        n *= shape[d]
    return n


# ------------------------------------------------ sums


# Elements from which a compiled loop pays for the call of it.
_LARGE = 16384


def _by_rows(kernel: str, x: np.ndarray, dims: tuple, keepdim: bool) -> np.ndarray | None:
    """Reduced over all dims, or over the last one if it is long; None where NumPy has to do it."""
    if x.dtype.char not in "fd" or not x.flags.c_contiguous:
        return None
    if len(dims) == x.ndim:
        rows = 1
    elif dims == (x.ndim - 1,) and x.shape[-1] >= 128:
        rows = x.size // x.shape[-1]
    else:
        return None
    out = np.empty(rows, x.dtype)
    getattr(kernels.reduction, kernel)(x.reshape(rows, -1), out)
    return out.reshape(kept_shape(x.shape, dims) if keepdim else () if len(dims) == x.ndim else x.shape[:-1])


def _total(x, dims, keepdim):
    if x.dtype.itemsize < 4 or x.dtype.kind not in "fi":
        # As PyTorch: half precision is added up in float32 and rounded once.
        wide = np.float32 if x.dtype.kind == "f" else x.dtype
        return np.add.reduce(x, dims, wide, None, keepdim).astype(x.dtype, copy=False)
    if x.size >= _LARGE and x.dtype.char == "f":
        total = _by_rows("sum_rows", x, dims, keepdim)
        if total is not None:
            return total
        shape = kept_shape(x.shape, dims)
        total = channel_sums(x, shape)
        if total is not None:
            return total.reshape(shape if keepdim else [n for i, n in enumerate(x.shape) if i not in dims])
    if len(dims) == x.ndim and not keepdim:
        return np.add.reduce(x, None, x.dtype)
    return np.add.reduce(x, dims, x.dtype, None, keepdim)


def _sum_forward(x, dims, keepdim):
    return _total(x, dims, keepdim), (x.shape, dims)


def _sum_backward(g, residuals, needs):
    shape, dims = residuals
    return (expand_to(g.reshape(kept_shape(shape, dims)), shape),)


_sum = Primitive("sum", _sum_forward, _sum_backward, keeps="shape_before along")


def _mean_forward(x, dims, keepdim):
    n = count(x.shape, dims)
    wide = x.astype(np.float32) if x.dtype.itemsize < 4 else x
    return np.true_divide(_total(wide, dims, keepdim), n).astype(x.dtype, copy=False), (x.shape, dims, n)


def _mean_backward(g, residuals, needs):
    shape, dims, n = residuals
    return (expand_to(g.reshape(kept_shape(shape, dims)) / n, shape),)


_mean = Primitive("mean", _mean_forward, _mean_backward, keeps="shape_before along n")


def _nan_to_zero_forward(x):
    nan = np.isnan(x)
    out = np.array(x, order="C")
    np.copyto(out, 0, where=nan)
    return out, (nan,)


_nan_to_zero = Primitive(
    "nan_to_zero",
    _nan_to_zero_forward,
    lambda g, residuals, needs: (g * ~residuals[0],),
    keeps="nan",
)


def _for_sum(input: Any, dtype: Any) -> Any:
    """The tensor in the dtype that PyTorch sums it in."""
    if dtype is None:
        return cast(input, np.dtype(np.int64)) if input.dtype.kind in "biu" else input
    return cast(input, as_dtype(dtype))


@numpy_names
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Sum over ``dim`` (an integer, several, or None for all); nothing sums to 0.

    Integers and bools sum to int64, unless ``dtype`` says otherwise.

    >>> sum(tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    input = _for_sum(input, dtype)
    return _sum(input, dims=shapes.dimensions(dim, input.array.ndim, "sum"), keepdim=keepdim)


def _for_mean(input: Any, dtype: Any, function: str) -> Any:
    found = input.dtype if dtype is None else as_dtype(dtype)
    if found.kind != "f":
        raise DTypeError(
            f"{function} got {'a tensor' if dtype is None else 'dtype'} of {found}; it needs a float "
            f"dtype. Convert first: x.float().{function}()."
        )
    return cast(input, found)


@numpy_names
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Mean over ``dim`` (an integer, several, or None for all); of nothing it is nan.

    Raises DTypeError for integers and bools: their mean is no integer.

    >>> mean(tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([2., 3.])
    """
    input = _for_mean(input, dtype, "mean")
    return _mean(input, dims=shapes.dimensions(dim, input.array.ndim, "mean"), keepdim=keepdim)


@numpy_names
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """``sum`` in which nan counts as 0.

    >>> nansum(tensor([1.0, np.nan, 2.0]))
    tensor(3.)
    """
    known = _nan_to_zero(input) if input.dtype.kind == "f" else input
    return sum(known, dim, keepdim, dtype=dtype)


@numpy_names
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """``mean`` of the values that are not nan; nan where there are none.

    >>> nanmean(tensor([1.0, np.nan, 2.0]))
    tensor(1.5000)
    """
    input = _for_mean(input, dtype, "nanmean")
    dims = shapes.dimensions(dim, input.array.ndim, "nanmean")
    n = _total((~np.isnan(input.array)).astype(input.array.dtype), dims, keepdim)
    return _sum(_nan_to_zero(input), dims=dims, keepdim=keepdim) / wrap(n)


# ------------------------------------------------ products


def _prod_forward(x, dims, keepdim):
    product = _by_rows("multiply_rows", x, dims, keepdim) if x.size >= _LARGE else None
    if product is None:
        product = np.multiply.reduce(x, axis=dims, keepdims=keepdim, dtype=x.dtype)
    return product, (x, dims)


def _prod_backward(g, residuals, needs):
    x, dims = residuals
    return (g.reshape(kept_shape(x.shape, dims)) * product_of_the_others(x, dims),)


_prod = Primitive("prod", _prod_forward, _prod_backward, keeps="x at")


def product_of_the_others(x: Any, dims: tuple) -> Any:
    """For each element the product of all those it is reduced with, without dividing.

    Pairs are multiplied, then pairs of pairs: an element lacks its own factor where it takes
    its partner's and then whatever the other pairs gave. O(n) work, zeros are no exception,
    and as it is made of primitives it can be differentiated again.
    """
    lead, n, rest = _as_three(x.shape, dims)
    if n == 0:
        return x
    lines = x.reshape(lead, n, rest)
    return _others(lines, n).reshape(x.shape)


def _as_three(shape: tuple, dims: tuple) -> tuple[int, int, int]:
    """Sizes before, in and after the reduced dimensions (one of them, or all)."""
    if len(dims) != 1:
        return 1, count(shape, tuple(range(len(shape)))), 1
    d = dims[0]
    return count(shape, tuple(range(d))), shape[d], count(shape, tuple(range(d + 1, len(shape))))


def _others(lines: Any, n: int) -> Any:
    from .indexing import place_slice, take_slice

    lead, _, rest = lines.shape
    everything = slice(None)
    if n == 1:
        return lines * 0 + 1
    half = (n + 1) // 2
    if n % 2:  # an odd one out is paired with the factor 1
        padding = np.zeros((1, 2 * half, 1), lines.dtype)
        padding[:, n:] = 1
        inside = (everything, slice(0, n))
        lines = place_slice(lines, inside, (lead, 2 * half, rest)) + padding
        return take_slice(_others(lines, 2 * half), inside)
    pairs = lines.reshape(lead, 2, half, rest)
    first = take_slice(pairs, (everything, 0))
    second = take_slice(pairs, (everything, 1))
    swapped = take_slice(pairs, (everything, slice(None, None, -1)))
    above = _others(first * second, half).reshape(lead, 1, half, rest)
    return (swapped * above).reshape(lead, n, rest)


@numpy_names
def prod(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Product over ``dim`` (one, or None for all); of nothing it is 1. Integers give int64.

    >>> prod(tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([ 2., 12.])
    """
    input = _for_sum(input, dtype)
    if isinstance(dim, (tuple, list)):
        raise TypeError(f"prod got dim={dim!r}; it needs one integer or None.")
    return _prod(input, dims=shapes.dimensions(dim, input.array.ndim, "prod"), keepdim=keepdim)


# ------------------------------------------------ logsumexp


def _exp_difference_forward(x, y):
    # Where y is -inf, x is -inf as well (a sum of exponentials is at least each of them):
    # its share is 0, not exp(-inf + inf) = nan.
    return np.exp(x - np.where(np.isneginf(y), y.dtype.type(0), y)), (x.shape, y.shape)


def _exp_difference_backward(g, residuals, needs):
    output, x_shape, y_shape = residuals
    return (
        sum_to(g * output, x_shape) if needs[0] else None,
        sum_to(-g * output, y_shape) if needs[1] else None,
    )


def _exp_difference_kept(x, y):
    output, shapes_before = _exp_difference_forward(x, y)
    return output, (output, *shapes_before)


exp_difference = Primitive(
    "exp_difference",
    _exp_difference_kept,
    _exp_difference_backward,
    keeps="output x_shape y_shape",
)


def _logsumexp_forward(x, dims, keepdim):
    peak = np.maximum.reduce(x, axis=dims, keepdims=True, initial=-np.inf)
    peak = np.where(np.isfinite(peak), peak, x.dtype.type(0))
    total = np.add.reduce(np.exp(x - peak), axis=dims, keepdims=True)
    output = (np.log(total) + peak).astype(x.dtype, copy=False)
    kept = output.shape
    if not keepdim:
        output = output.reshape(tuple(s for i, s in enumerate(x.shape) if i not in dims))
    return output, (x, output, kept)


def _logsumexp_backward(g, residuals, needs):
    x, output, kept = residuals
    return (g.reshape(kept) * exp_difference(x, output.reshape(kept)),)


_logsumexp = Primitive("logsumexp", _logsumexp_forward, _logsumexp_backward, keeps="x output kept")


@numpy_names
def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """``log(sum(exp(input)))`` over ``dim``, without overflow: the largest value is taken out first.

    Where all values are -inf the result is -inf and its gradient 0. Integers become floats.
    Source: Blanchard, Higham, Higham, Accurately computing log-sum-exp (2021), algorithm 3.1.

    >>> logsumexp(tensor([[1000.0, 1000.0]]), dim=1)
    tensor([1000.6932])
    """
    input = to_float(input)
    dims = shapes.dimensions(dim, input.array.ndim, "logsumexp")
    return _logsumexp(input, dims=dims, keepdim=keepdim)


# ------------------------------------------------ truth and counting


def _truth(input: Any, dim: Any, keepdim: bool, ufunc: Any, function: str) -> Any:
    array = input.array
    # An empty list of dims reduces none here, as in PyTorch, where for sums it stands for all.
    dims = () if isinstance(dim, (list, tuple)) and not dim else shapes.dimensions(dim, array.ndim, function)
    found = np.asarray(ufunc.reduce(array, axis=dims, keepdims=keepdim, dtype=bool))
    return wrap(found.astype(np.uint8) if array.dtype == np.uint8 else found)


@numpy_names
def all(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether all elements over ``dim`` are nonzero (True for none at all): bool, uint8 for uint8.

    >>> all(tensor([[1, 0], [1, 1]]), dim=1)
    tensor([False,  True])
    """
    return _truth(input, dim, keepdim, np.logical_and, "all")


@numpy_names
def any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether some element over ``dim`` is nonzero: bool, uint8 for uint8.

    >>> any(tensor([[1, 0], [0, 0]]), dim=1)
    tensor([ True, False])
    """
    return _truth(input, dim, keepdim, np.logical_or, "any")


@numpy_names
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many elements over ``dim`` (an integer, several, or None for all) are not 0: int64.

    >>> count_nonzero(tensor([[1, 0], [2, 3]]), dim=0)
    tensor([2, 1])
    """
    dims = shapes.dimensions(dim, input.array.ndim, "count_nonzero")
    return wrap(np.asarray(np.add.reduce(input.array != 0, axis=dims, dtype=np.int64)))
