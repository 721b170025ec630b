"""Ctrl-C between two batches instead of in the middle of one.

An interrupt inside an optimizer step would leave half of the parameters updated, and one
inside a kernel's threads a pool that waits forever.
Above: training.py. Tests: tests/utils/test_interrupt.py.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupt:
    """Whether Ctrl-C was pressed; ``check()`` raises KeyboardInterrupt if so."""

    requested = False

    def check(self) -> None:
        if self.requested:
            raise KeyboardInterrupt


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Inside, a first Ctrl-C is only noted; a second one interrupts at once, as ever.

    Does nothing outside of the main thread, or where the program handles Ctrl-C itself.
    """
    interrupt = Interrupt()

    def note(number, frame):
        if interrupt.requested:
            raise KeyboardInterrupt
        interrupt.requested = True

    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupt
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
