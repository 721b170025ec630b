"""The one place where Numba's options are chosen.

Every kernel is serial and releases the GIL: minigrad's own threads (kernels/_pool.py)
run pieces of one kernel side by side, so no Numba threading layer is ever loaded.

``fastmath`` leaves out ``nnan`` and ``ninf``: with them LLVM may drop checks for NaN and
infinity, and a diverging training run would look healthy.

Compiled kernels are kept on the disk (_cache.py), and a line on stderr says so when compiling
takes long (_notice.py).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

if not numba.config.DISABLE_JIT:
    from ._cache import keep_on_disk
    from ._notice import notice

    notice.listen()

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
            nogil=True,
            error_model="numpy",
            fastmath=FASTMATH if fastmath else False,
            inline="always" if inline else "never",
            no_cpython_wrapper=helper,
            no_cfunc_wrapper=True,
        )(function)
        if not numba.config.DISABLE_JIT:
            keep_on_disk(compiled)
        return cast(F, compiled)

    return decorate
