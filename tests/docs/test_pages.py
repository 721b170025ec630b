"""Every Python block of the README and of the pages runs, in order, and prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_BLOCKS = [p for p in PAGES if "```python" in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_blocks_of_a_page_run_and_print_what_it_says(page, tmp_path, monkeypatch):
    if "Digits" in page.read_text(encoding="utf-8"):
        pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "page"}
    text = page.read_text(encoding="utf-8")
    printed, end = "", 0
    for block in BLOCK.finditer(text):
        language, code = block.groups()
        follows, end = not text[end : block.start()].strip(), block.end()
        if language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(code, str(page), "exec"), names)
            printed = out.getvalue()
        elif language == "text" and follows:
            assert printed.strip() == code.strip()
            printed = ""


def test_every_relative_link_of_a_page_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_is_short_enough_to_be_read():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
