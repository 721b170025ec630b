"""Measuring in turns, and printing what came out."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence

import numpy as np


def in_turns(functions: Sequence[Callable[[], object]], rounds: int, least: float = 0.05) -> list[np.ndarray]:
    """Seconds per call of each function: in every round each runs for at least ``least`` seconds."""
    repeats = []
    for function in functions:
        function()
        began = time.perf_counter()
        function()
        repeats.append(max(1, int(least / max(time.perf_counter() - began, 1e-7))))
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, n, found in zip(functions, repeats, times):
            began = time.perf_counter()
            for _ in range(n):
                function()
            found.append((time.perf_counter() - began) / n)
    return [np.array(t) for t in times]


def middle(times: np.ndarray) -> float:
    return float(np.median(times))


def spread(times: np.ndarray, unit: float) -> str:
    low, high = np.percentile(times, [25, 75]) / unit
    return f"{low:.3g}-{high:.3g}"


def machine() -> str:
    """The processor's name and the cores this process may use."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next((line.split(":")[1].strip() for line in file if "model name" in line), name)
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores, Python {platform.python_version()}, NumPy {np.__version__}"


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [list(map(str, header)), *(list(map(str, row)) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    print(f"\n{title}\n{machine()}")
    for row in cells:
        print(
            "  ".join(
                cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))
            )
        )
