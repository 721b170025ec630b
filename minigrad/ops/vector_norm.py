"""The length of a vector: (sum |x|^p)^(1/p) over some dimensions, or over all.

    norm              p = 0 counts, p = inf and -inf are the extremes of |x|

Below: reduction.py, extremes.py, statistics.py. Above: methods/statistics.py.
Tests: tests/ops/cases_statistics.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError
from ..tape import Primitive
from .casting import as_dtype, cast
from .extremes import _tie_weights, require_elements
from .reduction import kept_shape, numpy_names
from .statistics import over_or_zero

__all__ = ["norm"]


# ------------------------------------------------ |x|^p and sign(x) |x|^p, each the other's derivative


def _abs_power_forward(x, power):
    return np.abs(x) ** x.dtype.type(power), (x, power)


def _abs_power_backward(g, residuals, needs):
    x, power = residuals
    return (g * (power * signed_power(x, power=power - 1)) if power else None,)


abs_power = Primitive("abs_power", _abs_power_forward, _abs_power_backward, keeps="x exponent")


def _signed_power_forward(x, power):
    # 0 at 0 for negative powers too: the subgradient that is chosen at a norm's kink.
    return np.where(x == 0, x.dtype.type(0), np.sign(x) * np.abs(x) ** x.dtype.type(power)), (x, power)


def _signed_power_backward(g, residuals, needs):
    x, power = residuals
    return (g * (power * abs_power(x, power=power - 1)) if power else None,)


signed_power = Primitive("signed_power", _signed_power_forward, _signed_power_backward, keeps="x exponent")


# ------------------------------------------------ the norm


def _norm_forward(x, p, dims, keepdim):
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    size = np.abs(wide) if p != 2 else wide
    if p == 2 and len(dims) == x.ndim and not keepdim:
        flat = wide.reshape(-1)
        output = np.sqrt(np.dot(flat, flat))
    elif p == math.inf:
        output = np.maximum.reduce(size, axis=dims, keepdims=keepdim)
    elif p == -math.inf:
        output = np.minimum.reduce(size, axis=dims, keepdims=keepdim)
    elif p == 0:
        output = np.add.reduce(size != 0, axis=dims, keepdims=keepdim, dtype=wide.dtype)
    elif p == 1:
        output = np.add.reduce(size, axis=dims, keepdims=keepdim)
    elif p == 2:
        output = np.sqrt(np.add.reduce(size * size, axis=dims, keepdims=keepdim))
    else:
        power = wide.dtype.type(p)
        output = np.add.reduce(size**power, axis=dims, keepdims=keepdim) ** (1 / power)
    output = np.asarray(output).astype(x.dtype, copy=False)
    return output, (x, output, p, kept_shape(x.shape, dims))


def _norm_backward(g, residuals, needs):
    x, output, p, kept = residuals
    g, output = g.reshape(kept), output.reshape(kept)
    if p == 0:
        return (None,)
    if p == 1:
        return (g * signed_power(x, power=0),)
    if p == 2:
        return (x * over_or_zero(g, output),)
    if math.isinf(p):
        return (g * signed_power(x, power=0) * _tie_weights(abs_power(x, power=1), output),)
    return (signed_power(x, power=p - 1) * over_or_zero(g, abs_power(output, power=p - 1)),)


_norm = Primitive("norm", _norm_forward, _norm_backward, keeps="x output exponent kept")


@numpy_names
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None, dtype: Any = None
) -> Any:
    """The ``p``-norm over ``dim`` (an integer, several, or None for all); "fro" is p = 2.

    Gradients at 0 are 0; for p = inf equal extremes share evenly. Raises DTypeError for integers.

    >>> norm(tensor([3.0, 4.0]))
    tensor(5.)
    """
    if out is not None:
        raise TypeError("norm got out=; minigrad returns new tensors. Use out.copy_(norm(...)).")
    if dtype is not None:
        input = cast(input, as_dtype(dtype))
    if input.array.dtype.kind != "f":
        raise DTypeError(f"norm got a tensor of {input.array.dtype}; it needs a float dtype. Use x.float().")
    if p is None or p == "fro":
        p = 2
    if isinstance(p, str):
        if p != "nuc":
            raise ValueError(f'norm got p={p!r}; it needs a number, "fro" or "nuc".')
        from .linalg import matrix_norm

        return matrix_norm(input, "nuc", (0, 1) if dim is None else dim, keepdim)
    dims = shapes.dimensions(dim, input.array.ndim, "norm")
    if math.isinf(p) or p < 0:
        require_elements(input.array.shape, dims, "norm")
    return _norm(input, p=float(p), dims=dims, keepdim=keepdim)
