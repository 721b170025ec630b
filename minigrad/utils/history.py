"""What a training run recorded: one row per epoch.

Above: training.py. Tests: tests/utils/test_training.py.
"""

from __future__ import annotations

import os
from typing import Any

from ..html import table


class History:
    """One dict per finished epoch: ``epoch``, ``loss``, metrics, ``val_...``, ``lr``, ``seconds``.

    ``history["loss"]`` is the column, ``history.rows[-1]`` the last row; it prints as a table.
    ``interrupted`` is True if Ctrl-C ended the run, ``stopped`` says why a callback ended it.

    >>> from minigrad.utils.training import History
    >>> history = History()
    >>> history.append({"epoch": 1, "loss": 0.5, "accuracy": 0.875})
    >>> history
    epoch    loss  accuracy
        1  0.5000    0.8750
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.interrupted = False
        self.stopped: str | None = None

    def append(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __getitem__(self, column: str) -> list:
        if column not in self.columns:
            raise KeyError(
                f"history has no column {column!r}; it has {', '.join(self.columns) or 'none yet'}"
            )
        return [row.get(column) for row in self.rows]

    def __repr__(self) -> str:
        if not self.rows:
            return "History(no epoch finished)"
        table = [self.columns] + [[_cell(name, row.get(name)) for name in self.columns] for row in self.rows]
        widths = [max(len(line[i]) for line in table) for i in range(len(self.columns))]
        return "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths)) for line in table)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        if not self.rows:
            return repr(self)
        cells = [[_cell(name, row.get(name)) for name in self.columns] for row in self.rows]
        return table(self.columns, cells)

    def plot(self, path: str | os.PathLike | None = None) -> Any:
        """Curves of the losses and of the other metrics, as a matplotlib Figure; saved if ``path``."""
        from ..plotting import plot_history, save_figure

        figure = plot_history(self)
        if path is not None:
            save_figure(figure, path)
        return figure


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    if name == "lr":
        return f"{value:.3g}"
    return f"{value:.2f}" if name == "seconds" else f"{value:.4f}"
