"""Each part of the benchmarks runs, on one small row and one round; no figure is judged."""

from __future__ import annotations

import pytest

import minigrad

from .bench import breakdown, memory, page, twins
from .bench.__main__ import PARTS, command_of
from .bench.table import Options, Table

ROW = {
    "steps": ("mlp",),
    "breakdown": ("mlp/sequential",),
    "kernels": ("conv2d 1>8 3x3", "relu, backward"),
    "inference": ("mlp/functional",),
    "busy": ("mlp",),
    "memory": ("growth",),
    "start": ("import numpy",),
    "tape": ("x + y", "+"),
    "operations": ("add",),
}


@pytest.fixture(autouse=True)
def same_threads_afterwards():
    before = minigrad.get_num_threads()
    yield
    minigrad.set_num_threads(before)


def measured(part: str) -> list[Table]:
    options = Options(ROW[part], threads=(1,), rounds=1, least=0.0)
    shorter = {"steps": 2, "long": (2, 4)} if part == "memory" else {}
    return list(PARTS[part].measure(options, **shorter))


@pytest.mark.parametrize("part", PARTS)
def test_a_part_measures_and_every_row_fits_its_header(part, monkeypatch):
    # A process for each framework: PyTorch's takes seconds, and does nothing that ours does not.
    monkeypatch.setattr(memory, "frameworks", lambda: twins.frameworks()[:1])
    tables = measured(part)
    assert tables
    for table in tables:
        assert table.rows
        assert all(len(row) == len(table.header) for row in table.rows), table.text()


def test_every_part_has_a_row_here_and_a_section_on_the_page():
    assert set(PARTS) == set(ROW) == set(page.TITLES)


def test_writing_a_part_leaves_the_other_sections_as_they_are(tmp_path):
    target = tmp_path / "speed.md"

    def write(part, number):
        table = Table("Numbers", ["what", "ms"], [["row", number]])
        page.write(part, "About.", command_of(part, Options()), [table], target)

    write("tape", 1)
    write("steps", 2)
    write("tape", 3)
    text = target.read_text(encoding="utf-8")
    assert "| row | 1 |" not in text
    assert text.index("| row | 2 |") < text.index("| row | 3 |"), "sections keep the page's order"
    assert text.count("<!-- tape -->") == 1
    write("tape", 3)
    assert target.read_text(encoding="utf-8") == text


def test_the_breakdown_shows_the_step_that_runs_not_one_layer_after_the_other():
    options = Options(("numba-cnn/sequential",), threads=(1,), rounds=1, least=0.0)
    (table,) = breakdown.measure(options)
    names = [row[0] for row in table.rows]
    assert "2 conv2d_relu_max_pool2d" in names
    assert not any("max_pool2d" in n and "conv2d" not in n for n in names)
    assert not any("Conv2d" in n or "Sequential" in n for n in names), "modules hold what their parts took"
