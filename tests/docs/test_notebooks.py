"""Every notebook runs from top to bottom, and keeps to the form that all of them share."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str = "code") -> list[dict]:
    return [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == kind]


@every_notebook
def test_the_cells_run_from_top_to_bottom(path, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    from minigrad.tape import PRIMITIVES

    monkeypatch.chdir(tmp_path)
    before = set(PRIMITIVES)
    names: dict = {"__name__": "__main__"}
    try:
        for i, cell in enumerate(cells(path)):
            exec(compile("".join(cell["source"]), f"{path.name} cell {i + 1}", "exec"), names)
    finally:
        for name in set(PRIMITIVES) - before:
            del PRIMITIVES[name]


@every_notebook
def test_the_notebook_begins_with_what_one_will_have_and_its_cells_are_short(path):
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    assert first["cell_type"] == "markdown"
    assert "At the end you will have" in "".join(first["source"]).replace("\n", " ")
    for cell in cells(path):
        assert len("".join(cell["source"]).splitlines()) <= 15, "".join(cell["source"])


@every_notebook
def test_the_outputs_are_there_small_and_without_errors(path):
    assert path.stat().st_size < 250_000
    outputs = [output for cell in cells(path) for output in cell["outputs"]]
    assert len(outputs) >= 8
    assert {output["output_type"] for output in outputs} <= {"stream", "execute_result", "display_data"}
    assert [cell["execution_count"] for cell in cells(path)] == list(range(1, len(cells(path)) + 1))
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|tmp|work|root)/", text), "a path of the machine it ran on"


def test_there_are_five_notebooks():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]
