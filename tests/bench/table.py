"""Measuring in turns, and tables of what came out.

in_turns     seconds per call of several functions, round by round -> a Times for each
ratio        one Times over another, with its quartiles
Table        a title, a header and rows; as text for the terminal, as Markdown for the page
Options      what the command line asked for
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

LEAST_SAMPLE = 50e-6  # seconds: shorter calls are timed in groups, so that the clock costs nothing
REST = 0.02  # seconds: PyTorch's threads spin for some 10 milliseconds after their last work


@dataclass(frozen=True)
class Options:
    """What to measure: rows whose name holds one of ``names`` (all if empty), and how long."""

    names: Sequence[str] = ()
    threads: Sequence[int] = (1, 2)
    rounds: int = 15
    least: float | None = None  # seconds a turn; None: what the part takes by itself
    compile: bool = False

    def wants(self, *labels: str) -> bool:
        return not self.names or any(name in label for name in self.names for label in labels)

    def turn(self, seconds: float) -> float:
        return seconds if self.least is None else self.least


@dataclass
class Times:
    """Seconds per call: every sample, and the median of each round."""

    samples: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)

    @property
    def middle(self) -> float:
        """The median of the rounds: a round in which calls were quick, and so many, counts once."""
        return float(np.median(self.rounds or self.samples))

    def quartiles(self, unit: float) -> str:
        return between(np.array(self.samples) / unit)


def between(values: np.ndarray) -> str:
    low, high = np.percentile(values, [25, 75])
    return f"{low:.3g}-{high:.3g}"


def in_turns(functions: Sequence[Callable[[], object]], rounds: int, least: float = 0.05) -> list[Times]:
    """Seconds per call of each function: in every round each runs for at least ``least`` seconds.

    The first two calls of all, where kernels are compiled, are not counted, nor is the first of a
    turn, which finds the caches and the threads as another function left them. Before it there is a
    rest: PyTorch's threads, done with their work, wait for more on a core that the next one needs.
    """
    groups = []
    for function in functions:
        function()
        began = time.perf_counter()
        function()
        groups.append(max(1, int(LEAST_SAMPLE / max(time.perf_counter() - began, 1e-8))))
    times = [Times() for _ in functions]
    for _ in range(rounds):
        for function, group, found in zip(functions, groups, times):
            time.sleep(REST)
            function()
            turn: list[float] = []
            spent = 0.0
            while spent < least or not turn:
                began = time.perf_counter()
                for _ in range(group):
                    function()
                took = time.perf_counter() - began
                spent += took
                turn.append(took / group)
            found.samples += turn
            found.rounds.append(float(np.median(turn)))
    return times


def ratio(above: Times, below: Times) -> tuple[float, str]:
    """Median over median, and the quartiles of the ratios of single rounds."""
    return above.middle / below.middle, between(np.array(above.rounds) / np.array(below.rounds))


def geometric_mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))


@dataclass
class Table:
    title: str
    header: Sequence[str]
    rows: list[Sequence[object]]
    note: str = ""

    def text(self) -> str:
        cells = [list(map(str, self.header)), *(list(map(str, row)) for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.header))]
        lines = [
            "  ".join(cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths)))
            for row in cells
        ]
        return "\n".join(["", self.title, *lines, *([self.note] if self.note else [])])

    def markdown(self) -> str:
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        table = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
        return f"**{self.title}**\n\n{table}\n" + (f"\n{self.note}\n" if self.note else "")
