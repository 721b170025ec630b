"""The one place where Numba's options are chosen.

Every kernel is serial and releases the GIL: minigrad's own threads (kernels/_pool.py)
run pieces of one kernel side by side, so no Numba threading layer is ever loaded.

``fastmath`` leaves out ``nnan`` and ``ninf``: with them LLVM may drop checks for NaN and
infinity, and a diverging training run would look healthy.

Numba keys its disk cache by the kernel's own file: after an edit here, or of a helper
that lives in another file, delete the ``*.nb[ic]`` files.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

# Sums may be reordered and multiply-adds contracted, which is what lets a loop over
# floats become vector code; NaN and infinity keep their meaning.
FASTMATH = {"reassoc", "contract", "nsz", "arcp", "afn"}


def kernel(*, fastmath: bool = True, inline: bool = False, helper: bool = False) -> Callable[[F], F]:
    """Compile a function of arrays and numbers on its first call, and cache it on disk.

    A ``helper`` is called by other kernels only: without the wrapper that Python would call, it
    compiles in half the time.
    """

    def decorate(function: F) -> F:
        compiled = numba.njit(
            cache=True,
            nogil=True,
            error_model="numpy",
            fastmath=FASTMATH if fastmath else False,
            inline="always" if inline else "never",
            no_cpython_wrapper=helper,
            no_cfunc_wrapper=True,
        )(function)
        return cast(F, compiled)

    return decorate
