"""Matrix products by minigrad's own threads.

    matmul(a, b)     (M, K) @ (K, N) -> (M, N), or batches of such
    hold_blas        keep NumPy's BLAS to one thread

BLAS multiplies well on one thread. On several it brings threads of its own, which spin while
they wait: beside a busy process, or beside minigrad's threads, a training step then takes
twenty times as long. So BLAS is held to one thread, and a large product is cut into blocks of
rows or columns, which depend on its sizes alone: the bits are the same for any number of threads.

Below: _pool.py. Above: ops/matmul.py. Tests: tests/kernels/test_product.py.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache

import numpy as np

from . import _pool

# Multiply-adds for which a second thread pays, and the least that one block should hold: about
# 80 and 40 microseconds.
LARGE, BLOCK = 8 << 20, 4 << 20
_SETTERS = (
    "scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_", "openblas_set_num_threads",
)  # fmt: skip


@lru_cache(maxsize=1)
def hold_blas() -> bool:
    """Set NumPy's OpenBLAS to one thread, once; False where NumPy uses another library.

    Looked up through NumPy's own extension module, whose dependencies the dynamic linker knows.
    """
    try:
        library = ctypes.CDLL(np.linalg._umath_linalg.__file__)
    except (AttributeError, OSError):
        return False
    for name in _SETTERS:
        try:
            setter = getattr(library, name)
        except AttributeError:
            continue
        setter(1)
        return True
    return False


def _rows(a, b, c, bounds, start, stop):
    np.matmul(a[bounds[start] : bounds[stop]], b, out=c[bounds[start] : bounds[stop]])


def _columns(a, b, c, bounds, start, stop):
    np.matmul(a, b[:, bounds[start] : bounds[stop]], out=c[:, bounds[start] : bounds[stop]])


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b; two large matrices in blocks, several threads at a time."""
    hold_blas()
    if a.ndim != 2 or b.ndim != 2:
        return np.matmul(a, b)
    (M, K), N = a.shape, b.shape[1]
    work = M * K * N
    if work < LARGE or a.dtype != b.dtype or a.dtype.char not in "fd":
        return np.matmul(a, b)
    c = np.empty((M, N), a.dtype)
    longer = max(M, N)
    # Whole cache lines: 16 numbers, so that no two threads write to one.
    count = max(1, min(_pool.PIECES, work // BLOCK, longer // 16))
    bounds = [longer * i // count // 16 * 16 for i in range(count)] + [longer]
    _pool.run_each(_rows if M >= N else _columns, count, a, b, c, bounds)
    return c
