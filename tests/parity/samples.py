"""All rows of the files samples_*.py beside this one."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from .sample import Sample

SAMPLES: list[Sample] = [
    sample
    for file in sorted(Path(__file__).parent.glob("samples_*.py"))
    for sample in import_module(f"{__package__}.{file.stem}").SAMPLES
]
