"""Threads that run pieces of one serial kernel side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def run(kernel: Callable, n: int, *args: Any, work: float = 0) -> None:
    """Call ``kernel(*args, start, stop)`` so that every index of range(n) is covered once."""
    kernel(*args, 0, n)
