"""nn/ and optim/ lie beside minigrad/ but are only ever imported as parts of it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("minigrad", "nn", "optim", "tests", "docs", "notebooks")
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))


def foreign_roots(source):
    """The top-level packages nn and optim, where a piece of Python imports them as such."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found & {"nn", "optim"}


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_no_file_imports_a_second_copy(file):
    assert foreign_roots(file.read_text(encoding="utf8")) == set()


@pytest.mark.parametrize("source", ["import nn", "import nn.functional as F", "from optim import SGD"])
def test_the_search_finds_what_it_looks_for(source):
    assert foreign_roots(source)


def test_the_parts_can_be_imported_under_pytorchs_paths():
    code = (
        "import sys, minigrad, minigrad.nn.functional, minigrad.nn.init, minigrad.nn.utils\n"
        "from minigrad.optim.lr_scheduler import StepLR\n"
        "from minigrad.nn.parameter import Parameter\n"
        "assert Parameter is minigrad.nn.Parameter\n"
        "assert 'nn' not in sys.modules and 'optim' not in sys.modules\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
