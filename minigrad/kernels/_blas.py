"""NumPy's BLAS and LAPACK, held to one thread.

    hold_blas    set it, once
    lapack       numpy.linalg, held

On several threads OpenBLAS brings threads of its own, which spin while they wait: beside a busy
process, or beside minigrad's threads, a training step then takes twenty times as long. And the
last bits of an inverse depend on how many there are.

Above: product.py, ops/decompositions.py, ops/linalg.py, ops/solving.py. Tests:
tests/kernels/test_product.py.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

import numpy as np

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


def lapack() -> Any:
    hold_blas()
    return np.linalg
