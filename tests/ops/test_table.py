"""docs/reference/operations.md is what the registry and the tables of tests say, without a gap."""

from __future__ import annotations

import pytest

pytest.importorskip("hypothesis")

from .table import PAGE, page, primitive_rows, rows


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.ops.table"


@pytest.mark.parametrize("line", [*rows(), *primitive_rows()], ids=lambda line: line[0].strip("`"))
def test_no_cell_is_blank_and_no_check_is_missing(line):
    assert all(cell.strip() for cell in line)
    assert "MISSING" not in line
