"""NumPy's loops over one large array, by several threads.

    wide(ufunc)    the same function of a contiguous float array, in pieces where it is large

NumPy releases the GIL inside a loop, so pieces of an array run side by side. The pieces depend on
the size alone and elements do not meet: the bits are those of one thread. It pays for exp, sin and
their kin (1.2 to 1.5 times from a million elements); additions, products and sums wait for memory,
which two threads do not make faster, and stay as they are.

Below: _pool.py. Above: ops/elementwise.py, ops/trigonometry.py. Tests: tests/kernels/test_wide.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _pool

# Elements from which a second thread pays: below, one core is done before the other is awake.
LARGE = 750_000
PIECES = 8


def wide(ufunc: Callable) -> Callable:
    """``ufunc`` of one array, for ufuncs whose result has the dtype of the array."""

    def piece(x, out, bounds, start, stop):
        a, b = bounds[start], bounds[stop]
        ufunc(x[a:b], out=out[a:b])

    def call(x: np.ndarray) -> Any:
        if x.size < LARGE or x.dtype.char not in "fd" or not x.flags.c_contiguous:
            return ufunc(x)
        out = np.empty(x.shape, x.dtype)
        bounds = [x.size * i // PIECES // 16 * 16 for i in range(PIECES)] + [x.size]
        _pool.run_each(piece, PIECES, x.reshape(-1), out.reshape(-1), bounds)
        return out

    return call
