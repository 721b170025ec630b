"""How many threads one operation may use.

    set_num_threads, get_num_threads     MINIGRAD_NUM_THREADS sets the first value

Results have the same bits for any number of threads.
Below: kernels/_pool.py. Tests: tests/kernels/test_threads.py.
"""

from __future__ import annotations

import operator

from .kernels import _pool


def get_num_threads() -> int:
    """Threads that may work on one operation: at first the cores this process may use.

    >>> minigrad.get_num_threads() >= 1
    True
    """
    return _pool.threads()


def set_num_threads(number: int) -> None:
    """Let ``number`` threads work on one operation, the calling one included.

    Raises ValueError for less than 1, TypeError for what is no integer.

    >>> before = minigrad.get_num_threads()
    >>> minigrad.set_num_threads(1)
    >>> minigrad.get_num_threads()
    1
    >>> minigrad.set_num_threads(before)
    """
    try:
        count = operator.index(number)
    except TypeError:
        raise TypeError(f"set_num_threads got {number!r}; it needs an integer.") from None
    if count < 1:
        raise ValueError(f"set_num_threads got {count}; it needs at least 1.")
    _pool.set_threads(count)
