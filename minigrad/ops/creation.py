"""New tensors: zeros, ones, full, arange and their kin.

    zeros ones full empty           of given sizes; with _like, of another tensor's
    arange linspace logspace        numbers in order
    eye                             the identity matrix
    device                          the CPU, which is all there is
    tensor, as_tensor, from_numpy   from data: minigrad/tensor.py

Below: tape.py, casting.py. Above: tensor.py. Tests: tests/ops/test_creation.py.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..errors import DTypeError
from ..tape import Variable, wrap
from .casting import as_dtype, get_default_dtype, number_as
from .shaping import sizes_of

__all__ = [
    "arange", "device", "empty", "empty_like", "eye", "full", "full_like", "linspace", "logspace", "ones",
    "ones_like", "zeros", "zeros_like",
]  # fmt: skip


class device:
    """Where a tensor lives: the CPU, always.

    >>> tensor(1).device
    device(type='cpu')
    """

    type, index = "cpu", None

    def __init__(self, type: Any = "cpu", index: int | None = None):
        check_device(type)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) or other == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")

    def __str__(self) -> str:
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


def check_device(device: Any) -> None:
    """Refuse any device but the CPU."""
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise ValueError(f"minigrad got device={device!r}; it needs 'cpu' (or None): all tensors live there.")


def new(array: np.ndarray, requires_grad: bool = False, device: Any = None) -> Any:
    """A leaf around ``array``, as every creation function ends."""
    if device is not None:
        check_device(device)
    result = wrap(array)
    return result.requires_grad_() if requires_grad else result


def _dtype(dtype: Any) -> np.dtype:
    return get_default_dtype() if dtype is None else as_dtype(dtype)


def _dtype_of_number(value: Any) -> np.dtype:
    """What a fill value alone stands for: bool, int64 or the default float dtype."""
    if isinstance(value, Variable):
        return value.array.dtype
    if isinstance(value, (np.ndarray, np.generic)):
        return as_dtype(value.dtype)
    if isinstance(value, bool):
        return np.dtype(bool)
    return np.dtype(np.int64) if isinstance(value, int) else get_default_dtype()


def _number(value: Any, function: str) -> Any:
    """A Python number, or the one element of a Tensor or array."""
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (Variable, np.ndarray, np.generic)):
        return (value.array if isinstance(value, Variable) else value).item()
    raise TypeError(f"{function} got {type(value).__name__}; it needs a number.")


def _sizes(size: tuple, function: str) -> tuple[int, ...]:
    sizes = sizes_of(size, function)
    if any(s < 0 for s in sizes):
        raise ValueError(f"{function} got the size {sizes}; it needs sizes >= 0.")
    return sizes


# ------------------------------------------------ of given sizes


def zeros(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Zeros of the given size, in the default dtype unless ``dtype`` says otherwise.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return new(
        np.zeros(_sizes(sizes if size is None else (size,), "zeros"), _dtype(dtype)), requires_grad, device
    )


def ones(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Ones of the given size.

    >>> ones((2,), dtype=minigrad.int64)
    tensor([1, 1])
    """
    return new(
        np.ones(_sizes(sizes if size is None else (size,), "ones"), _dtype(dtype)), requires_grad, device
    )


def empty(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Memory of the given size, holding whatever was there before.

    >>> empty(2, 3).shape
    minigrad.Size([2, 3])
    """
    return new(
        np.empty(_sizes(sizes if size is None else (size,), "empty"), _dtype(dtype)), requires_grad, device
    )


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """``fill_value`` everywhere; its type chooses the dtype: bool, int64 or the default float.

    >>> full((2,), 7)
    tensor([7, 7])
    """
    dtype = _dtype_of_number(fill_value) if dtype is None else as_dtype(dtype)
    value = number_as(_number(fill_value, "full"), dtype, "full")
    return new(np.full(_sizes((size,), "full"), value, dtype), requires_grad, device)


def _like(input: Any, dtype: Any) -> tuple[tuple, np.dtype]:
    return input.array.shape, input.array.dtype if dtype is None else as_dtype(dtype)


def zeros_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros in the shape and dtype of ``input``.

    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    return new(np.zeros(*_like(input, dtype)), requires_grad, device)


def ones_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones in the shape and dtype of ``input``.

    >>> ones_like(tensor([1, 2]))
    tensor([1, 1])
    """
    return new(np.ones(*_like(input, dtype)), requires_grad, device)


def empty_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Memory in the shape and dtype of ``input``, holding whatever was there before.

    >>> empty_like(tensor([1, 2])).dtype
    dtype('int64')
    """
    return new(np.empty(*_like(input, dtype)), requires_grad, device)


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``fill_value`` everywhere, in the shape and dtype of ``input``.

    >>> full_like(tensor([1, 2]), 9)
    tensor([9, 9])
    """
    shape, dtype = _like(input, dtype)
    value = number_as(_number(fill_value, "full_like"), dtype, "full_like")
    return new(np.full(shape, value, dtype), requires_grad, device)


# ------------------------------------------------ numbers in order


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``start, start + step, ...`` up to but without ``end``; ``arange(n)`` counts from 0.

    int64 if all three are integers, else the default float dtype. Raises ValueError for a
    step of 0 or one that leads away from ``end``.

    >>> arange(1, 7, 2)
    tensor([1, 3, 5])
    """
    if end is None:
        start, end = 0, start
    start, end, step = (_number(v, "arange") for v in (start, end, step))
    if step == 0 or (end - start) * step < 0 or not all(map(math.isfinite, (start, end))):
        raise ValueError(
            f"arange got start={start}, end={end}, step={step}; it needs finite bounds and a step, "
            "not 0, that leads from start towards end."
        )
    if dtype is None:
        floats = any(isinstance(v, float) for v in (start, end, step))
        dtype = get_default_dtype() if floats else np.dtype(np.int64)
    dtype = as_dtype(dtype)
    if dtype == np.int64:
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError("arange got a step that int64 rounds to 0; it needs 1 or more.")
    exactly = isinstance(end - start, int) and isinstance(step, int)
    count = -((start - end) // step) if exactly else math.ceil((end - start) / step)
    if dtype.kind == "f":
        array = (start + step * np.arange(count, dtype=np.float64)).astype(dtype)
    else:  # in whole steps, of which 0 is one: arange(0, 1, 0.5, dtype=int32) is [0, 0]
        first, whole = int(start), int(step)
        array = np.arange(first, first + count * whole, whole) if whole else np.full(count, first)
        array = array.astype(dtype, copy=False)
    return new(array, requires_grad, device)


def _even_steps(start: Any, end: Any, steps: int, dtype: np.dtype, function: str) -> np.ndarray:
    start, end, count = _number(start, function), _number(end, function), operator.index(steps)
    if count < 0:
        raise ValueError(f"{function} got steps={count}; it needs steps >= 0.")
    if dtype.kind == "b":
        raise DTypeError(f"{function} got dtype bool; it needs an integer or a float dtype.")
    return np.linspace(start, end, count)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``steps`` numbers at equal distances, from ``start`` to ``end`` inclusive.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    dtype = _dtype(dtype)
    array = _even_steps(start, end, steps, dtype, "linspace")
    return new(array.astype(dtype), requires_grad, device)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``base`` to the powers ``linspace(start, end, steps)``.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    dtype = _dtype(dtype)
    array = np.power(float(base), _even_steps(start, end, steps, dtype, "logspace"))
    return new(array.astype(dtype), requires_grad, device)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The (n, m) matrix with ones on its diagonal; m is n unless given.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = _sizes((n, n if m is None else m), "eye")
    return new(np.eye(rows, columns, dtype=_dtype(dtype)), requires_grad, device)
