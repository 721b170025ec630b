"""Normalisation over the last dimensions: layer_norm and rms_norm, one primitive.

    layer_norm    (x - mean) / sqrt(var + eps) * weight + bias
    rms_norm      x / sqrt(mean(x * x) + eps) * weight

The ordinary backward is one kernel. With create_graph the rule is written out in operations,
which can be differentiated as often as one likes.
Below: kernels/norm.py. Above: nn/functional.py. Tests: tests/ops/cases_norm.py,
tests/ops/test_norm.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError, ShapeError
from ..kernels import _pool as pool
from ..tape import Primitive, Variable
from .arithmetic import sum_to
from .casting import as_operand

__all__ = ["layer_norm", "rms_norm"]


def _as_rows(x, dims):
    """The last ``dims`` dimensions as columns, all others as rows."""
    columns = math.prod(x.shape[x.ndim - dims :])
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[: x.ndim - dims]), columns)


def _rows_forward(x, weight, bias, dims, centred, eps):
    runs = _as_rows(x, dims)
    rows, columns = runs.shape
    y = np.empty_like(runs)
    mean, rstd = np.empty((2, rows), x.dtype)
    scale = np.ones(columns, x.dtype) if weight is None else np.ascontiguousarray(weight).reshape(-1)
    shift = np.zeros(columns, x.dtype) if bias is None else np.ascontiguousarray(bias).reshape(-1)
    arguments = (runs, scale, shift, centred, eps, y, mean, rstd)
    pool.run(kernels.norm.rows_forward, rows, *arguments, work=4 * x.size)
    return y.reshape(x.shape), (x, weight, mean, rstd, dims, centred, eps)


def _rows_backward(g, residuals, needs):
    x, weight, mean, rstd, dims, centred, eps = residuals
    if isinstance(g, Variable):
        return _rows_backward_written_out(g, x, weight, dims, centred, eps)
    shape = x.shape
    last = shape[x.ndim - dims :]
    x, g = _as_rows(x, dims), _as_rows(g, dims)
    rows, columns = x.shape
    dx = np.empty(shape, x.dtype)  # not a view: backward would copy it for a leaf
    # Sums over the rows are added up by parts, whose number does not depend on the threads.
    parts = pool.pieces(rows, 8 * x.size)
    wanted = needs[1] or needs[2]
    dweight, dbias = np.zeros((2, parts, columns if wanted else 0), x.dtype)
    scale = np.ones(columns, x.dtype) if weight is None else np.ascontiguousarray(weight).reshape(-1)
    arguments = (g, x, scale, mean, rstd, centred, dx.reshape(x.shape), dweight, dbias)
    pool.run(kernels.norm.rows_backward, parts, *arguments, work=8 * x.size)
    if not wanted:
        return dx, None, None
    return dx, dweight.sum(axis=0).reshape(last), dbias.sum(axis=0).reshape(last)


def _rows_backward_written_out(g, x, weight, dims, centred, eps):
    last = x.shape[x.ndim - dims :]
    kept = (*x.shape[: x.ndim - dims], *(1,) * dims)

    def mean(v):
        return sum_to(v, kept) / float(math.prod(last))

    d = x - mean(x) if centred else x
    rstd = (mean(d * d) + eps).rsqrt()
    h = d * rstd
    v = g if weight is None else g * weight
    dx = v - h * mean(v * h)
    if centred:
        dx = dx - mean(v)
    return rstd * dx, sum_to(g * h, last), sum_to(g, last)


_normalize_rows = Primitive(
    "normalize_rows",
    _rows_forward,
    _rows_backward,
    keeps="x weight row_mean row_rstd last centre epsilon",
)


# ------------------------------------------------ public functions


def check_parameter(value: Any, shape: tuple, x: Any, name: str, function: str) -> Any:
    """A weight or bias as a Tensor of ``shape`` and of the dtype of ``x``; None stays None."""
    if value is None:
        return None
    if isinstance(value, Variable):
        array = value.array
        if array.shape == shape and array.dtype is x.array.dtype:
            return value  # the usual case, in one look
    value = as_operand(value, function)
    if value.shape != shape:
        raise ShapeError(f"{function} got {name} {value.shape} for input {x.shape}; it needs {shape}.")
    if value.dtype != x.dtype:
        raise DTypeError(
            f"{function} got {name} of {value.dtype} and input of {x.dtype}; it needs one dtype. "
            f"Convert the input: x.to(minigrad.{value.dtype})."
        )
    return value


def float_input(input: Any, function: str) -> Any:
    x = as_operand(input, function)
    if x.array.dtype.char not in "fd":
        raise DTypeError(f"{function} got {x.dtype}; it needs float32 or float64. Convert it: x.float().")
    return x


def _over_last(
    input: Any, normalized_shape: Any, weight: Any, bias: Any, centred: bool, eps: float, function: str
):
    x = float_input(input, function)
    last = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not last or x.shape[-len(last) :] != last:
        raise ShapeError(
            f"{function} got input {x.shape} and normalized_shape {last}; it needs an input whose last "
            f"sizes are the normalized_shape."
        )
    weight = check_parameter(weight, last, x, "weight", function)
    bias = check_parameter(bias, last, x, "bias", function)
    return _normalize_rows(x, weight, bias, dims=len(last), centred=centred, eps=eps)


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Bring the last dimensions to mean 0 and variance 1, then scale and shift element by element.

    Shapes: input (*, *normalized_shape), weight and bias normalized_shape. The variance divides by
    the number of elements. Raises ShapeError or DTypeError.
    Source: Ba, Kiros, Hinton, Layer normalization (2016).

    >>> F.layer_norm(tensor([[1.0, 3.0]]), (2,), eps=0.0)
    tensor([[-1.,  1.]])
    """
    return _over_last(input, normalized_shape, weight, bias, True, eps, "layer_norm")


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """Divide the last dimensions by the root of their mean square, then scale.

    eps: None stands for the smallest step of the dtype. Shapes and errors: as in layer_norm.
    Source: Zhang and Sennrich, Root mean square layer normalization (2019).

    >>> F.rms_norm(tensor([[3.0, 3.0]]), (2,))
    tensor([[1., 1.]])
    """
    if eps is None:
        eps = float(np.finfo(float_input(input, "rms_norm").dtype).eps)
    return _over_last(input, normalized_shape, weight, None, False, eps, "rms_norm")
