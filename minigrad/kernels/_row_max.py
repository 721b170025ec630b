"""The largest number of a row, found with integer comparisons.

A maximum of floats must treat NaN apart, which keeps LLVM from vector code (0.5 ns a number
instead of 0.05). Written as integers, floats are in order once the bits of negative ones are
turned; NaN then lies beyond the infinities. So a NaN may or may not be the result: callers
subtract it from every number of the row, and a NaN in the row stays one either way.
Above: softmax.py, loss.py. Tests: tests/ops/test_softmax.py.
"""

import numpy as np
from numba import types
from numba.extending import overload

SIGN32 = np.int32(31)
REST32 = np.int32(0x7FFFFFFF)
LEAST32 = np.int32(-0x80000000)
SIGN64 = np.int64(63)
REST64 = np.int64(0x7FFFFFFFFFFFFFFF)
LEAST64 = np.int64(-0x8000000000000000)


def _row_max32(row):
    top = LEAST32
    for j in range(row.size):
        bits = np.float32(row[j]).view(np.int32)
        top = max(top, np.int32(bits ^ ((bits >> SIGN32) & REST32)))
    return np.int32(top ^ ((top >> SIGN32) & REST32)).view(np.float32)


def _row_max64(row):
    top = LEAST64
    for j in range(row.size):
        bits = np.float64(row[j]).view(np.int64)
        top = max(top, np.int64(bits ^ ((bits >> SIGN64) & REST64)))
    return np.int64(top ^ ((top >> SIGN64) & REST64)).view(np.float64)


def row_max(row):
    return np.max(row)


@overload(row_max)
def _row_max_of_dtype(row):
    return _row_max32 if row.dtype == types.float32 else _row_max64
