"""Numbers, nested lists, arrays and Tensors as one fresh array.

    array_from      what minigrad.tensor(data) puts into its Tensor

Below: casting.py. Above: tensor.py. Tests: tests/ops/test_creation.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..tape import Variable
from .casting import as_dtype, get_default_dtype, promote_types


def array_from(data: Any, dtype: Any = None) -> np.ndarray:
    """A fresh array of ``data``; floats from Python get the default dtype."""
    if isinstance(data, Variable):
        data = data.array
    if isinstance(data, (np.ndarray, np.generic)):
        found = as_dtype(data.dtype if dtype is None else dtype)
        return np.array(data, dtype=found.newbyteorder("="), order="C")
    if isinstance(data, (list, tuple)) and dtype is None:
        dtype = _dtype_inside(data)
    data = _without_tensors(data)
    try:
        array = np.array(data)
    except ValueError as error:
        raise ShapeError(
            f"tensor got nested sequences of unequal lengths ({error}); it needs a rectangular "
            "list. Pad the short rows first."
        ) from None
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"tensor got data that NumPy reads as {array.dtype}; it needs numbers or bools.")
    if dtype is None:
        dtype = get_default_dtype() if array.dtype.kind == "f" or array.size == 0 else array.dtype
    return array.astype(as_dtype(dtype))


def _dtype_inside(data: Any) -> np.dtype | None:
    """The dtype that Tensors or arrays in a nested list bring with them, if there are any."""
    found = None
    for d in data:
        if isinstance(d, (list, tuple)):
            dtype = _dtype_inside(d)
        else:
            d = d.array if isinstance(d, Variable) else d
            dtype = as_dtype(d.dtype) if isinstance(d, (np.ndarray, np.generic)) else None
        if dtype is not None:
            found = dtype if found is None else promote_types(found, dtype)
    return found


def _without_tensors(data: Any) -> Any:
    if isinstance(data, Variable):
        return data.array
    if isinstance(data, (list, tuple)):
        return [_without_tensors(d) for d in data]
    return data
