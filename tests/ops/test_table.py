"""docs/reference/operations.md is what the registry and the tables of tests say, without a gap."""

from __future__ import annotations

import pytest

pytest.importorskip("hypothesis")

import itertools

import minigrad as mg

from .own_tests import OWN
from .table import PAGE, operations, own_test, page, primitive_rows, rows


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.ops.table"


@pytest.mark.parametrize("line", [*rows(), *primitive_rows()], ids=lambda line: line[0].strip("`"))
def test_no_cell_is_blank_and_no_check_is_missing(line):
    assert all(cell.strip() for cell in line)
    assert "MISSING" not in line


def calls(test):
    """The arguments of every case of a parametrized test."""
    marks = [m for m in getattr(test, "pytestmark", ()) if m.name == "parametrize"]
    choices = [[{m.args[0]: value} for value in m.args[1]] for m in marks]
    for chosen in itertools.product(*choices):
        yield {name: value for part in chosen for name, value in part.items()}


@pytest.mark.parametrize("name", OWN)
def test_the_test_named_for_an_operation_fails_when_it_is_broken(name, monkeypatch):
    """Broken: it does nothing and returns nothing, what a setter that is forgotten does."""
    restore = mg.set_default_dtype
    monkeypatch.setattr(mg, name, lambda *args, **kwargs: None)
    noticed = 0
    try:
        for arguments in calls(OWN[name]):
            try:
                OWN[name](**arguments)
            except Exception:
                noticed += 1
    finally:
        restore(mg.float32)
    assert noticed


def test_only_operations_without_a_row_of_their_own_need_a_named_test():
    public = {name for names in operations().values() for name in names}
    assert set(OWN) <= public
    named = [line for line in rows() if ".py`: " in line[4]]
    assert len(named) == len(OWN)
    assert own_test(["add"]) == "MISSING"
