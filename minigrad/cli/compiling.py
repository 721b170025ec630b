"""Telling what Numba compiles while one waits.

Below: kernels/_notice.py, which is silent meanwhile. Above: warmup.py. Tests: tests/cli/test_warmup.py.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

LONG = 1.0  # seconds after which a line is worth its place on the screen


@contextlib.contextmanager
def watch_compiling() -> Iterator[list[tuple[str, float]]]:
    """The kernels compiled inside the block, (name, seconds), helpers included in their callers.

    A line on stderr names each that takes longer than ``LONG``.
    """
    from numba.core import event

    from ..kernels._notice import notice

    compiled: list[tuple[str, float]] = []
    pending: list[tuple[str, float]] = []

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            pending.append((event.data["dispatcher"].py_func.__name__, time.perf_counter()))

        def on_end(self, event: Any) -> None:
            name, began = pending.pop()
            if pending:
                return
            seconds = time.perf_counter() - began
            compiled.append((name, seconds))
            if seconds > LONG:
                print(f"\n  compiled {name} in {seconds:.1f} s ", end="", file=sys.stderr, flush=True)

    listener, before = Listener(), notice.silent
    notice.silent = True
    event.register("numba:compile", listener)
    try:
        yield compiled
    finally:
        notice.silent = before
        event.unregister("numba:compile", listener)
