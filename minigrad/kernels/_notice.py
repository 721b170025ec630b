"""A line on stderr when compiling takes long: why the program seems to stand still.

    notice          said once in a process, after LONG seconds of compiling minigrad's kernels
    notice.listen   from now on
    notice.silent   while True nothing is said: minigrad warmup has lines of its own

Above: _jit.py, cli/compiling.py. Tests: tests/kernels/test_cache.py.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from numba.core import event

LONG = 1.0
PACKAGE = __name__.partition(".")[0] + "."
TEXT = (
    "minigrad compiles its kernels for this processor, once: up to half a minute for a network. "
    "`minigrad warmup` does it beforehand."
)


class Notice(event.Listener):
    """Numba tells of every compilation, under its own lock; those of others do not count."""

    def __init__(self):
        self.silent = self.said = False
        self.depth, self.spent, self.began = 0, 0.0, 0.0
        self.timer: threading.Timer | None = None

    def listen(self) -> None:
        event.register("numba:compile", self)

    def on_start(self, event: Any) -> None:
        if not _ours(event):
            return
        self.depth += 1
        if self.depth == 1 and not self.said:
            self.began = time.perf_counter()
            self.timer = threading.Timer(max(0.0, LONG - self.spent), self.say)
            self.timer.daemon = True
            self.timer.start()

    def on_end(self, event: Any) -> None:
        if not _ours(event):
            return
        self.depth -= 1
        if not self.depth and self.timer is not None:
            self.timer.cancel()
            self.timer = None
            self.spent += time.perf_counter() - self.began

    def say(self) -> None:
        if not self.silent and not self.said and sys.stderr is not None:
            self.said = True
            print(TEXT, file=sys.stderr, flush=True)


def _ours(event: Any) -> bool:
    return (event.data["dispatcher"].py_func.__module__ or "").startswith(PACKAGE)


notice = Notice()
