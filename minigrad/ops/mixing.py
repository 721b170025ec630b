"""Several tensors into one, element by element: lerp, addcmul, addcdiv.

Below: arithmetic.py. Above: methods/elementwise.py. Tests: tests/ops/cases_elementwise.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError
from ..tape import Primitive, Variable
from .arithmetic import add, div, mul, sum_to
from .casting import alike, as_operand

__all__ = ["addcdiv", "addcmul", "lerp"]


def _lerp_forward(start, end, weight):
    # From the nearer end: both ends are then met exactly.
    if isinstance(weight, (float, int)):
        step = end - start
        between = start + weight * step if abs(weight) < 0.5 else end - (1 - weight) * step
    else:
        between = _lerp_by_tensor(start, end, weight)
    return between, (start, end, weight)


def _lerp_by_tensor(start, end, weight):
    if start.shape == end.shape == weight.shape and start.dtype.itemsize > 2:
        out = np.empty(start.shape, start.dtype)
        kernels.mixing.lerp(start.ravel(), end.ravel(), weight.ravel(), out.ravel())
        return out
    step = end - start
    near_start = np.abs(weight) < 0.5
    return np.where(near_start, start + weight * step, end - (1 - weight) * step)


def _lerp_backward(g, residuals, needs):
    start, end, weight = residuals
    return (
        sum_to(g * (1 - weight), start.shape) if needs[0] else None,
        sum_to(g * weight, end.shape) if needs[1] else None,
        sum_to(g * (end - start), weight.shape) if needs[2] else None,
    )


_lerp = Primitive(
    "lerp", _lerp_forward, _lerp_backward, keeps="start(weight) end(weight) weight", broadcasts=True
)


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """Elementwise ``input + weight * (end - input)``; weight is a number or a tensor.

    Raises DTypeError unless all have one float dtype.

    >>> lerp(tensor([0.0, 10.0]), tensor([10.0, 20.0]), 0.25)
    tensor([ 2.5000, 12.5000])
    """
    if alike(input, end) and type(weight) is float:
        return _lerp(input, end, weight)
    start, end = as_operand(input, "lerp"), as_operand(end, "lerp")
    number = isinstance(weight, (int, float))
    weight = weight if number else as_operand(weight, "lerp")
    xs = (start, end) if number else (start, end, weight)
    dtype = start.array.dtype
    if dtype.kind != "f" or end.array.dtype != dtype or not (number or weight.array.dtype == dtype):
        dtypes = sorted({str(x.dtype) for x in xs})
        raise DTypeError(f"lerp got {' and '.join(dtypes)}; it needs one float dtype. Convert: x.float().")
    return _lerp(start, end, weight)


def _added(x, new, value):
    """``x + value * new``, in the memory of ``new`` where it fits."""
    fits = new.ndim > 0 and (x.shape == new.shape or np.broadcast_shapes(x.shape, new.shape) == new.shape)
    if value != 1:
        new = np.multiply(new, value, out=new if fits else None)
    return np.add(x, new, out=new if fits else None)


def _addcmul_forward(x, y, z, value=1):
    return _added(x, y * z, value), (y, z, value, x.shape)


def _addcmul_backward(g, residuals, needs):
    y, z, value, x_shape = residuals
    scaled = g if value == 1 else g * value
    return (
        sum_to(g, x_shape) if needs[0] else None,
        sum_to(scaled * z, y.shape) if needs[1] else None,
        sum_to(scaled * y, z.shape) if needs[2] else None,
    )


def _addcdiv_forward(x, y, z, value=1):
    return _added(x, y / z, value), (y, z, value, x.shape)


def _addcdiv_backward(g, residuals, needs):
    y, z, value, x_shape = residuals
    scaled = g if value == 1 else g * value
    return (
        sum_to(g, x_shape) if needs[0] else None,
        sum_to(scaled / z, y.shape) if needs[1] else None,
        sum_to(-scaled * (y / z / z), z.shape) if needs[2] else None,
    )


_addcmul = Primitive(
    "addcmul", _addcmul_forward, _addcmul_backward, keeps="y(z) z(y) factor x_shape", broadcasts=True
)
_addcdiv = Primitive(
    "addcdiv", _addcdiv_forward, _addcdiv_backward, keeps="y(z) z factor x_shape", broadcasts=True
)


def _mixed(primitive: Primitive, x: Any, y: Any, z: Any, value: Any) -> Any:
    if type(value) is int and value == 1:
        return primitive(x, y, z)
    if isinstance(value, (Variable, np.ndarray, np.generic)):
        value = value.item()
    return primitive(x, y, z, value=value)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """Elementwise ``input + value * tensor1 * tensor2``. Shapes: broadcast together.

    >>> addcmul(tensor([1.0, 2.0]), tensor([3.0, 4.0]), tensor([5.0, 6.0]), value=0.5)
    tensor([ 8.5000, 14.0000])
    """
    if alike(input, tensor1) and alike(tensor1, tensor2):  # which one primitive serves
        return _mixed(_addcmul, input, tensor1, tensor2, value)
    return add(input, mul(tensor1, tensor2), alpha=value)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """Elementwise ``input + value * tensor1 / tensor2``. Shapes: broadcast together.

    Raises DTypeError for integers.

    >>> addcdiv(tensor([1.0, 2.0]), tensor([3.0, 4.0]), tensor([2.0, 4.0]))
    tensor([2.5000, 3.0000])
    """
    if alike(input, tensor1) and alike(tensor1, tensor2):
        return _mixed(_addcdiv, input, tensor1, tensor2, value)
    x, y = as_operand(tensor1, "addcdiv"), as_operand(tensor2, "addcdiv")
    if x.dtype.kind != "f" and y.dtype.kind != "f":
        raise DTypeError(
            f"addcdiv got {x.dtype} and {y.dtype}; it needs floats to divide. Convert: x.float()."
        )
    return add(input, div(x, y), alpha=value)
