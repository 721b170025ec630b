"""Numbers, nested lists, arrays and Tensors as one fresh array.

    array_from      what minigrad.tensor(data) puts into its Tensor

Below: casting.py. Above: tensor.py. Tests: tests/ops/test_creation.py.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..tape import Variable
from .casting import as_dtype, check_fits, get_default_dtype, promote_types


def array_from(data: Any, dtype: Any = None) -> np.ndarray:
    """A fresh array of ``data``; floats from Python get the default dtype."""
    if isinstance(data, Variable):
        data = data.array
    if isinstance(data, (np.ndarray, np.generic)):
        found = as_dtype(data.dtype if dtype is None else dtype)
        return np.array(data, dtype=found.newbyteorder("="), order="C")
    kinds: set = set()
    data = _unwrapped(data, kinds)
    if dtype is None and any(isinstance(k, np.dtype) for k in kinds):
        plain = {float: get_default_dtype(), int: np.dtype(np.int64), bool: np.dtype(np.bool_)}
        dtype = reduce(promote_types, (plain.get(k, k) for k in kinds))
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
    dtype = as_dtype(dtype)
    if dtype.kind in "iu" and array.size:
        check_fits(array, dtype, "tensor")
    return array.astype(dtype)


def _unwrapped(data: Any, kinds: set) -> Any:
    """``data`` with arrays for Tensors; ``kinds`` collects Python types, and dtypes of arrays."""
    if isinstance(data, (list, tuple)):
        types = set(map(type, data))
        if types <= {float, int, bool}:
            kinds |= types
            return data
        return [_unwrapped(d, kinds) for d in data]
    if isinstance(data, Variable):
        data = data.array
    kinds.add(data.dtype if isinstance(data, (np.ndarray, np.generic)) else type(data))
    return data
