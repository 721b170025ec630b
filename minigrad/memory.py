"""Keep the memory that one training step frees for the next one.

A step allocates and frees the same arrays again and again. glibc gives large ones straight
back to the operating system, and every page of the next step then costs a page fault: half
the time of a small network's step. ``keep_freed_memory`` raises two of its limits, for arrays
up to 32 MiB and up to 256 MiB of free memory in all. On other C libraries nothing is changed.

Measured by ``python -m tests.bench steps``. Tests: tests/test_memory.py.
"""

from __future__ import annotations

import ctypes
import sys

# From malloc.h: the names and numbers of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
LARGEST_ARRAY = 32 << 20  # glibc takes no more
KEPT = 256 << 20


def keep_freed_memory() -> bool:
    """Set the limits for this process; whether the C library took them.

    A limit that was set in the environment (MALLOC_TRIM_THRESHOLD_ and its kin, or GLIBC_TUNABLES)
    is overridden; a program that links another malloc is not affected.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return bool(mallopt(_MMAP_THRESHOLD, LARGEST_ARRAY) and mallopt(_TRIM_THRESHOLD, KEPT))
