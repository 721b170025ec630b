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
from .shaping import reshape

__all__ = ["layer_norm", "rms_norm"]


def _rows_forward(x, weight, bias, centred, eps):
    x = np.ascontiguousarray(x)
    rows, columns = x.shape
    y = np.empty_like(x)
    mean, rstd = np.empty(rows, x.dtype), np.empty(rows, x.dtype)
    scale = np.ones(columns, x.dtype) if weight is None else np.ascontiguousarray(weight)
    shift = np.zeros(columns, x.dtype) if bias is None else np.ascontiguousarray(bias)
    pool.run(kernels.norm.rows_forward, rows, x, scale, shift, centred, eps, y, mean, rstd, work=4 * x.size)
    return y, (x, weight, mean, rstd, centred, eps)


def _rows_backward(g, residuals, needs):
    x, weight, mean, rstd, centred, eps = residuals
    if isinstance(g, Variable):
        return _rows_backward_written_out(g, x, weight, centred, eps)
    g = np.ascontiguousarray(g)
    columns = x.shape[1]
    dx = np.empty_like(x)
    # Sums over the rows are added up by parts, whose number does not depend on the threads.
    parts = len(pool.pieces(len(x), 8 * x.size))
    dweight, dbias = np.zeros((2, parts, columns), x.dtype)
    scale = np.ones(columns, x.dtype) if weight is None else np.ascontiguousarray(weight)
    arguments = (g, x, scale, mean, rstd, centred, dx, dweight, dbias)
    pool.run(kernels.norm.rows_backward, parts, *arguments, work=8 * x.size)
    return dx, dweight.sum(axis=0), dbias.sum(axis=0)


def _rows_backward_written_out(g, x, weight, centred, eps):
    columns = x.shape[1]

    def mean(v):
        return sum_to(v, (v.shape[0], 1)) / float(columns)

    d = x - mean(x) if centred else x
    rstd = (mean(d * d) + eps).rsqrt()
    h = d * rstd
    v = g if weight is None else g * weight
    dx = v - h * mean(v * h)
    if centred:
        dx = dx - mean(v)
    return rstd * dx, sum_to(g * h, (columns,)), sum_to(g, (columns,))


_normalize_rows = Primitive(
    "normalize_rows", _rows_forward, _rows_backward, keeps="x weight row_mean row_rstd centre epsilon"
)


# ------------------------------------------------ public functions


def check_parameter(value: Any, shape: tuple, x: Any, name: str, function: str) -> Any:
    """A weight or bias as a Tensor of ``shape`` and of the dtype of ``x``; None stays None."""
    if value is None:
        return None
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
    if x.dtype not in (np.float32, np.float64):
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
    size = math.prod(last)
    rows = math.prod(x.shape[: -len(last)])
    weight = check_parameter(weight, last, x, "weight", function)
    bias = check_parameter(bias, last, x, "bias", function)
    if len(last) > 1:
        weight = None if weight is None else reshape(weight, (size,))
        bias = None if bias is None else reshape(bias, (size,))
    shape = x.shape
    y = _normalize_rows(
        x if shape == (rows, size) else reshape(x, (rows, size)), weight, bias, centred=centred, eps=eps
    )
    return y if y.shape == shape else reshape(y, shape)


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
