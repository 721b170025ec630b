"""The dtypes under PyTorch's names, and what they can hold: finfo, iinfo.

They are NumPy's own: ``minigrad.float32 == np.float32``. Some names (float, int, bool) are
also Python's: write ``minigrad.float``, and import no star from here into a module.
Below: ops/casting.py. Tests: tests/tensor/test_dtypes.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DTypeError
from .ops.casting import as_dtype, get_default_dtype

__all__ = [
    "bool", "double", "dtype", "finfo", "float", "float16", "float32", "float64", "half", "iinfo",
    "int", "int8", "int16", "int32", "int64", "long", "short", "uint8", "uint16", "uint32", "uint64",
]  # fmt: skip

dtype = np.dtype

float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
uint16 = np.dtype(np.uint16)
uint32 = np.dtype(np.uint32)
uint64 = np.dtype(np.uint64)
bool = np.dtype(np.bool_)


class finfo:
    """Limits of a float dtype (the default one unless given), as Python numbers.

    bits, eps, max, min, tiny, smallest_normal, resolution, dtype.

    >>> finfo(minigrad.float64).eps
    2.220446049250313e-16
    """

    def __init__(self, type: Any = None):
        found = get_default_dtype() if type is None else as_dtype(type)
        if found.kind != "f":
            raise DTypeError(f"finfo got {found}; it needs a float dtype. Use iinfo for integers.")
        limits = np.finfo(found)
        self.dtype, self.bits = found.name, limits.bits
        self.eps, self.resolution = limits.eps.item(), limits.resolution.item()
        self.max, self.min = limits.max.item(), limits.min.item()
        self.tiny = self.smallest_normal = limits.smallest_normal.item()

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer dtype, as Python integers: bits, max, min, dtype.

    >>> iinfo(minigrad.uint8).max
    255
    """

    def __init__(self, type: Any):
        found = as_dtype(type)
        if found.kind not in "iu":
            raise DTypeError(f"iinfo got {found}; it needs an integer dtype. Use finfo for floats.")
        limits = np.iinfo(found)
        self.dtype, self.bits = found.name, limits.bits
        self.max, self.min = limits.max, limits.min

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
