"""Reductions that describe values: spread, length, histogram.

    var std var_mean std_mean        around the mean, divided by n - correction

Below: reduction.py, extremes.py. Above: methods/statistics.py.
Tests: tests/ops/cases_statistics.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError
from ..tape import Primitive
from .reduction import _mean, count, kept_shape, numpy_names

__all__ = ["std", "std_mean", "var", "var_mean"]

VarMean = namedtuple("VarMean", "var mean")
StdMean = namedtuple("StdMean", "std mean")


# ------------------------------------------------ variance


def _variance(x, dims, keepdim, degrees):
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    centred = wide - np.add.reduce(wide, axis=dims, keepdims=True) / count(x.shape, dims)
    total = np.add.reduce(centred * centred, axis=dims, keepdims=keepdim)
    return np.true_divide(total, degrees).astype(x.dtype, copy=False)


def _var_forward(x, dims, keepdim, degrees):
    return _variance(x, dims, keepdim, degrees), (x, dims, degrees)


def _var_backward(g, residuals, needs):
    x, dims, degrees = residuals
    centred = x - _mean(x, dims=dims, keepdim=True)
    return (g.reshape(kept_shape(x.shape, dims)) * (2 / degrees if degrees else np.inf) * centred,)


_var = Primitive("var", _var_forward, _var_backward, keeps="x at n")


def _std_forward(x, dims, keepdim, degrees):
    output = np.sqrt(_variance(x, dims, keepdim, degrees))
    return output, (x, output, dims, degrees)


def _std_backward(g, residuals, needs):
    x, output, dims, degrees = residuals
    return _var_backward(over_or_zero(g, 2 * output), (x, dims, degrees), needs)


_std = Primitive("std", _std_forward, _std_backward, keeps="x output at n")

_is_zero = Primitive("is_zero", lambda x: ((x == 0).astype(x.dtype), ()))


def over_or_zero(x: Any, y: Any) -> Any:
    """``x / y``, and 0 where y is 0: the subgradient chosen at a norm's or a deviation's kink."""
    zero = _is_zero(y)
    return x * (1 - zero) / (y + zero)


def _degrees(input: Any, dim: Any, unbiased: Any, correction: Any, function: str) -> tuple:
    """The dimensions, and n - correction, which counts as 0 where it is negative."""
    if isinstance(dim, (bool, np.bool_)):  # var(x, False) means unbiased=False
        dim, unbiased = None, dim
    if input.array.dtype.kind != "f":
        raise DTypeError(
            f"{function} got a tensor of {input.array.dtype}; it needs a float dtype. "
            f"Convert first: x.float().{function}()."
        )
    if unbiased is not None:
        correction = int(unbiased)
    dims = shapes.dimensions(dim, input.array.ndim, function)
    n = count(input.array.shape, dims) - (1 if correction is None else correction)
    return dims, n if n > 0 else 0


@numpy_names
def var(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = 1
) -> Any:
    """Variance over ``dim``: mean squared distance from the mean, with n - correction for n.

    ``unbiased=False`` is correction=0. nan where n <= correction. Raises DTypeError for integers.
    Source: Chan, Golub, LeVeque, Algorithms for computing the sample variance (1983), two passes.

    >>> var(tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    dims, degrees = _degrees(input, dim, unbiased, correction, "var")
    return _var(input, dims=dims, keepdim=keepdim, degrees=degrees)


@numpy_names
def std(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = 1
) -> Any:
    """Standard deviation, the root of ``var``; where it is 0 its gradient is 0.

    >>> std(tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    dims, degrees = _degrees(input, dim, unbiased, correction, "std")
    return _std(input, dims=dims, keepdim=keepdim, degrees=degrees)


@numpy_names
def var_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = 1
) -> Any:
    """``(var, mean)`` over ``dim``, with the arguments of ``var``.

    >>> var_mean(tensor([1.0, 2.0, 3.0])).mean
    tensor(2.)
    """
    dims, degrees = _degrees(input, dim, unbiased, correction, "var_mean")
    return VarMean(
        _var(input, dims=dims, keepdim=keepdim, degrees=degrees),
        _mean(input, dims=dims, keepdim=keepdim),
    )


@numpy_names
def std_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = 1
) -> Any:
    """``(std, mean)`` over ``dim``, with the arguments of ``std``.

    >>> std_mean(tensor([1.0, 2.0, 3.0])).mean
    tensor(2.)
    """
    dims, degrees = _degrees(input, dim, unbiased, correction, "std_mean")
    return StdMean(
        _std(input, dims=dims, keepdim=keepdim, degrees=degrees),
        _mean(input, dims=dims, keepdim=keepdim),
    )
