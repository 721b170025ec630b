"""Matrix products: tiles of our own, or BLAS, in minigrad's own threads.

    matmul(a, b, bias)   (M, K) @ (K, N) + (N,) -> (M, N), or batches without bias

The tiles of product_block.py take about half the time of NumPy's OpenBLAS, on one thread. A large
product is cut into blocks, which depend on its sizes alone, and never along the sum: the bits
are the same for any number of threads. Few rows or columns, where both matrices lie with the terms
of a sum side by side, are multiplied without packing by product_dots.py. BLAS serves tiny products,
vectors, batches and integers, held to one thread.

Below: _blas.py, _pool.py, product_block.py, product_dots.py.
Above: ops/matmul.py. Tests: tests/kernels/test_product.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from . import _pool, elementwise, product_block, product_dots
from ._blas import hold_blas
from ._vector import lanes

# Multiply-adds up to which BLAS is done first: our call takes 2 microseconds, NumPy's 1.
TINY = 125_000
# Multiply-adds times bytes of a number for which a second thread pays, and the least that one
# block should hold: about 30 and 8 microseconds.
LARGE, BLOCK = 4 << 20, 1 << 20
# Elements below which NumPy is done before a compiled loop has begun.
FLAT = 1024
# Rows that pay for packing b once more.
ROWS = 64
_LANES = {"f": lanes(4), "d": lanes(8)}


def _blocks(M: int, K: int, N: int, itemsize: int) -> tuple[int, int]:
    """How many blocks of rows and of columns, from the sizes alone.

    Blocks of columns share no work; each block of rows packs all of b again, so it should have
    many.
    """
    work = M * K * N * itemsize
    if work < LARGE:
        return 1, 1
    count = min(_pool.PIECES, work // BLOCK // 2 * 2)
    across = max(1, min(count, N // lanes(itemsize) // 2))
    return max(1, min(count // across, M // ROWS)), across


@lru_cache(maxsize=64)
def _zeros(N: int, dtype: np.dtype) -> np.ndarray:
    return np.zeros(N, dtype)


def _flat(x: np.ndarray) -> tuple[np.ndarray, bool]:
    """The numbers of a matrix in a row, and whether they are those of its transpose.

    Without a copy where rows or columns are contiguous. Numba compiles apart what is read-only or
    not aligned, so that is copied too.
    """
    flags = x.flags
    if flags.behaved:
        if flags.c_contiguous:
            return x.reshape(-1), False
        if flags.f_contiguous:
            return x.T.reshape(-1), True
    return x.flatten(), False


def matmul(
    a: np.ndarray, b: np.ndarray, bias: np.ndarray | None = None, floor: float = -np.inf
) -> np.ndarray:
    """a @ b, plus ``bias`` (N,) in every row if there is one, raised to ``floor``.

    Both only with two matrices, ``floor`` with float32 or float64.
    """
    dtype = a.dtype
    multiply: Any = np.matmul
    if dtype.char in _LANES and a.ndim == 2 == b.ndim and dtype == b.dtype and dtype.isnative:
        (M, K), (terms, N) = a.shape, b.shape
        if K == 1 == terms and bias is None:
            return np.multiply(a, b)  # no sums: BLAS takes five times as long
        if M * K * N > TINY and terms == K:
            narrow = _LANES[dtype.char]
            # A single row, or few and short ones, do not pay for packing b.
            if narrow <= N and M > 1 and (M > 16 or K >= 16):
                return _tiled(a, b, bias, floor)
            if N < narrow <= M and N > 1 and K >= 64:
                c = np.ascontiguousarray(_tiled(b.T, a.T, None, -np.inf).T)
                return _finished(c, bias, floor)
        if terms == K:
            multiply = np.dot  # half a microsecond less
    hold_blas()
    return _finished(multiply(a, b), bias, floor)


def _finished(c, bias, floor):
    if bias is not None:
        rows = c[0] if len(c) == 1 else c  # one row by itself: without broadcasting in a third of the time
        np.add(rows, bias, out=rows)
    if floor > -np.inf:
        if c.size < FLAT:
            np.maximum(c, floor, out=c)
        else:
            elementwise.clamp(c.reshape(-1), floor, np.inf, c.reshape(-1))
    return c


def _dots(a, b, start, floor, c, M, K, N):
    """Of rows in ``a`` and ``b``, the larger matrix outside."""
    arguments = (a, b, start, 0, 1, floor, c, N, 1) if M >= N else (b, a, start, 1, 0, floor, c, 1, N)
    few, many = sorted((M, N))
    groups, work = -(-many // product_dots.TALL), M * K * N * c.itemsize / 16
    _pool.run(product_dots.dots, groups, *arguments, K, many, few, work=work)


def _tiled(a, b, bias, floor):
    (M, K), N = a.shape, b.shape[1]
    c = np.empty((M, N), a.dtype)
    (a_flat, a_turned), (b_flat, b_turned) = _flat(a), _flat(b)
    start = _zeros(N, a.dtype) if bias is None else _flat(bias)[0]
    floor = float(floor)
    if b_turned and not a_turned and product_dots.fits(M, N):
        _dots(a_flat, b_flat, start, floor, c.reshape(-1), M, K, N)
        return c
    steps = (1, M) if a_turned else (K, 1)
    down, across = _blocks(M, K, N, a.itemsize)
    multiply = product_block.multiply
    arguments = (
        a_flat, *steps, b_flat, K if b_turned else N, b_turned, start, floor, c.reshape(-1), K, N,
        down, across,
    )  # fmt: skip
    if down * across == 1:
        multiply(*arguments, 0, 1)
    else:
        _pool.run_each(multiply, down * across, *arguments)
    return c
