"""Loops over large arrays, by several threads.

    wide           a ufunc of one contiguous float array
    wide_pair      a ufunc of two, of one shape, or the second a number or one number per plane

NumPy releases the GIL inside a loop, so pieces of an array run side by side. The pieces
depend on the size alone and elements do not meet: the bits are those of one thread. Arrays that lie
in the last cache gain most: a sum of two of 1.6 million numbers takes 0.5 ms on one core, 0.3 on two.
One number per plane, a bias of (C, 1, 1), takes NumPy twice as long as a copy: the loop of
elementwise.py takes as long as a copy.

Below: _pool.py, elementwise.py. Above: ops/elementwise.py, ops/trigonometry.py, ops/arithmetic.py,
ops/fused.py. Tests: tests/kernels/test_wide.py.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from . import _pool

# Elements from which a second thread pays: below, one core is done before the other is awake.
LARGE = 750_000
PIECES = 8
# Elements from which a compiled loop over planes pays for the call of it, and those of one plane.
PLANES, PLANE = 8192, 16


def _piece(ufunc, x, numbers, out, bounds, start, stop):
    a, b = bounds[start], bounds[stop]
    ufunc(x[a:b], *numbers, out[a:b])


def _in_pieces(ufunc: Callable, x: np.ndarray, out: np.ndarray, numbers: tuple = ()) -> None:
    """``ufunc(x, *numbers, out)`` for flat arrays, whose elements do not meet."""
    n = out.size
    if _pool.threads() == 1:
        ufunc(x, *numbers, out)
        return
    # Multiples of 64: in each piece the same elements as in the whole are left over by the vectors.
    bounds = [n * i // PIECES // 64 * 64 for i in range(PIECES)] + [n]
    _pool.run_each(_piece, PIECES, ufunc, x, numbers, out, bounds)


def _plain(x: Any) -> bool:
    return x.dtype.char in "fd" and x.flags.c_contiguous


def wide(ufunc: Callable) -> Callable:
    """``ufunc`` of one array, for ufuncs whose result has the dtype of the array."""

    def call(x: np.ndarray) -> Any:
        if x.size < LARGE or not _plain(x):
            return ufunc(x)
        out = np.empty(x.shape, x.dtype)
        _in_pieces(ufunc, x.reshape(-1), out.reshape(-1))
        return out

    return call


def as_planes(shape: tuple, small: tuple) -> tuple[int, int] | None:
    """(C, S) if ``small`` broadcasts to ``shape`` as (C, 1) to (planes // C, C, S); None if not so."""
    if len(small) > len(shape):
        return None
    small = (1,) * (len(shape) - len(small)) + small
    last = len(small)
    while last and small[last - 1] == 1:
        last -= 1
    first = last
    while first and small[first - 1] == shape[first - 1]:
        first -= 1
    if any(n != 1 for n in small[:first]):
        return None
    return prod(shape[first:last]), prod(shape[last:])


def wide_pair(ufunc: Callable) -> Callable:
    """``ufunc`` of two operands that share a dtype; the second may also be a Python number."""

    def call(x: Any, y: Any) -> Any:
        if getattr(x, "size", 0) < PLANES:
            return ufunc(x, y)
        return _of_large(ufunc, x, y)

    return call


def _of_large(ufunc: Any, x: np.ndarray, y: Any) -> Any:
    if not _plain(x):
        return ufunc(x, y)
    if isinstance(y, (int, float)):
        if x.size < LARGE:
            return ufunc(x, y)
        out = np.empty(x.shape, x.dtype)
        _in_pieces(ufunc, x.reshape(-1), out.reshape(-1), (y,))
        return out
    if y.dtype is not x.dtype or not y.flags.c_contiguous:
        return ufunc(x, y)
    if y.shape == x.shape:
        if x.size < _pool.SMALL or _pool.threads() == 1:
            return ufunc(x, y)
        loop = getattr(_elementwise(), ufunc.__name__)
        out = np.empty(x.shape, x.dtype)
        _pool.run_elements(loop, x.reshape(-1), y.reshape(-1), out.reshape(-1))
        return out
    cut = as_planes(x.shape, y.shape)
    if cut is None or cut[1] < PLANE or cut[0] < 2:
        return ufunc(x, y)
    loop = getattr(_elementwise(), f"{ufunc.__name__}_planes")
    out = np.empty(x.shape, x.dtype)
    rows = x.size // cut[1]
    _pool.run(loop, rows, x.reshape(rows, -1), y.reshape(-1), out.reshape(rows, -1), work=x.size)
    return out


def _elementwise() -> Any:
    from . import elementwise  # Numba, 0.3 s

    return elementwise
