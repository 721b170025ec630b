"""The files of a run.

    config.json      every choice, the normalization, versions: enough to repeat the run
    metrics.jsonl    one line of JSON per finished epoch, written as it ends
    model.npz        the state_dict, read by minigrad.load
    report.txt       accuracy, precision and recall, the confusion matrix
    loss.png, confusion.png, filters.png

Below: utils/files.py, serialization.py. Above: train.py, evaluate.py, predict.py. Tests: tests/cli.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ..datasets import Normalize
from ..models import PRESETS, build
from ..serialization import load
from ..utils.files import atomic_write
from ..utils.training import Callback, Run


class RunFolder:
    def __init__(self, path: str | Path):
        self.path = Path(path)

    def __str__(self) -> str:
        return str(self.path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @classmethod
    def create(cls, out: str | None, name: str, overwrite: bool) -> RunFolder:
        """Make the folder. Raises FileExistsError where it would write over somebody's files."""
        if out is None:
            stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"
            path, i = Path("runs") / stem, 2
            while path.exists():
                path, i = Path("runs") / f"{stem}-{i}", i + 1
        else:
            path = Path(out)
            if path.exists() and not path.is_dir():
                raise FileExistsError(f"--out {path} is a file; it needs a folder.")
            if path.is_dir() and any(path.iterdir()) and not overwrite:
                raise FileExistsError(
                    f"--out {path} already holds files; it needs a new or empty folder. "
                    "Choose another, or pass --overwrite."
                )
        path.mkdir(parents=True, exist_ok=True)
        for old in FILES:
            (path / old).unlink(missing_ok=True)
        return cls(path)

    def write(self, name: str, text: str) -> None:
        with atomic_write(self / name) as file:
            file.write(text)

    def write_config(self, config: dict[str, Any]) -> None:
        self.write("config.json", json.dumps(config, indent=2) + "\n")

    def read_config(self) -> dict[str, Any]:
        """Raises FileNotFoundError or ValueError, naming the file, unless it is a run's config."""
        path = self / "config.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"'{self}' is no run: it has no config.json. Give a folder that minigrad train made."
            )
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            known = config["model"] in PRESETS
            Normalize(**config["normalize"])
            config["data"], config["classes"], config["root"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"'{path}' is damaged ({type(error).__name__}: {error}).") from None
        if not known:
            raise ValueError(f"'{path}' names the model {config['model']!r}; known are {', '.join(PRESETS)}.")
        return config

    def load_model(self) -> tuple[Any, dict[str, Any]]:
        """The trained network in eval mode, and the config."""
        config = self.read_config()
        path = self / "model.npz"
        if not path.is_file():
            raise FileNotFoundError(f"'{self}' has no model.npz: no epoch of this run was finished.")
        model = build(config["model"])
        state = load(path)
        try:
            model.load_state_dict(state)
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"'{path}' does not fit the model {config['model']}: {error}") from None
        return model.eval(), config


FILES = (
    "config.json", "metrics.jsonl", "model.npz", "report.txt", "loss.png", "confusion.png", "filters.png",
)  # fmt: skip


class MetricsLog(Callback):
    """A line of JSON per epoch, on the disk as soon as the epoch is over."""

    def __init__(self, path: Path):
        self.path = path

    def on_epoch_end(self, run: Run) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(run.history.rows[-1]) + "\n")
