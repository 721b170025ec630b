"""How a running fit shows itself: a bar where there is somebody to watch, else one line per epoch.

A terminal gets tqdm's text bar, a notebook with ipywidgets tqdm's bar for notebooks. Bars go when
the epoch ends; the line that stays is the same everywhere.

Everything goes to stderr, so that the output of a program can be used.
Above: training.py. Tests: tests/utils/test_training.py.
"""

from __future__ import annotations

import sys
from typing import Any


class Progress:
    """``verbose``: 0 says nothing, 1 a bar where one can be drawn and lines, 2 only lines."""

    def __init__(self, epochs: int, batches: int | None, verbose: int):
        self.epochs, self.batches, self.verbose = epochs, batches, verbose
        self._bar: Any = None
        self._tqdm: Any = None
        if verbose == 1:
            self._tqdm = _bar()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._close()

    def epoch_begins(self, epoch: int) -> None:
        if self._tqdm is not None:
            self._bar = self._tqdm(
                total=self.batches,
                desc=f"epoch {epoch}/{self.epochs}",
                unit="batch",
                leave=False,
                file=sys.stderr,
                dynamic_ncols=True,
            )

    def batch_done(self, means: Any) -> None:
        if self._bar is not None and self._bar.update():  # True when the bar was drawn again
            self._bar.set_postfix_str(_figures(means.values()), refresh=False)

    def epoch_done(self, row: dict[str, Any]) -> None:
        self._close()
        figures = {k: v for k, v in row.items() if k not in ("epoch", "lr", "seconds")}
        self.say(f"epoch {row['epoch']}/{self.epochs}  {_figures(figures)}  {row['seconds']:.2f} s")

    def say(self, text: str) -> None:
        self._close()
        if self.verbose:
            print(text, file=sys.stderr, flush=True)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _bar() -> Any:
    """The class of tqdm that suits where stderr goes, None where lines do."""
    notebook = type(sys.stderr).__module__.startswith("ipykernel.")
    if not notebook and not sys.stderr.isatty():
        return None
    try:  # the bar is a comfort, lines say the same
        if notebook:
            import ipywidgets  # noqa: F401
            from tqdm.notebook import tqdm
        else:
            from tqdm import tqdm
    except ImportError:
        return None
    return tqdm


def _figures(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in values.items())
