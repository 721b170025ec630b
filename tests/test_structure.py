"""The tree keeps its promises: layers, the fixed top level, no second copy of a class."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each layer may import itself and what stands above it. First matching prefix wins.
LAYERS = [
    ("arithmetic", ("minigrad.kernels", "minigrad.shapes", "minigrad.errors", "minigrad.memory", "minigrad.origin", "minigrad.quiet", "minigrad.threads")),
    ("tape", ("minigrad.node", "minigrad.tracing", "minigrad.lookahead", "minigrad.tape", "minigrad.reverse", "minigrad.grad_mode")),
    ("rules", ("minigrad.ops",)),
    ("models", ("minigrad.nn", "minigrad.optim")),
    ("face", ("minigrad.cli", "minigrad.__main__", "minigrad.models", "minigrad.demo")),
    ("tensor", ("minigrad.",)),
]  # fmt: skip
ORDER = ["arithmetic", "tape", "rules", "tensor", "models", "face"]


def layer_of(module: str) -> int:
    for name, prefixes in LAYERS:
        if any(module == p.rstrip(".") or module.startswith(p.rstrip(".") + ".") for p in prefixes):
            return ORDER.index(name)
    raise AssertionError(f"{module} stands in no layer")


def library_files():
    for folder in ("minigrad", "nn", "optim"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            module = ".".join(parts if folder == "minigrad" else ("minigrad", *parts))
            yield path, module


def imports_of(path: Path, module: str):
    """Absolute names of the minigrad modules that a file imports when it is imported.

    An import inside a function runs later, when everything is there: it makes no cycle.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pending = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("minigrad"))
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(above + ([base] if base else []))
            if base == "minigrad":
                yield from (f"minigrad.{a.name}" for a in node.names)
            elif base.startswith("minigrad."):
                yield base


@pytest.mark.parametrize(
    ("path", "module"), [pytest.param(p, m, id=m) for p, m in library_files() if m != "minigrad"]
)
def test_a_layer_imports_only_what_stands_above_it(path, module):
    for imported in imports_of(path, module):
        assert layer_of(imported) <= layer_of(module), f"{module} imports {imported}"


def test_the_numerical_layers_import_no_optional_package():
    allowed = {"numpy", "numba", "llvmlite", "graphviz", "minigrad", "__future__"}
    import sys

    for path, module in library_files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            names = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                assert top in allowed or top in sys.stdlib_module_names, f"{module} imports {name}"


def test_nobody_imports_nn_or_optim_as_a_top_level_module():
    wrong = re.compile(r"^\s*(import (nn|optim)\b|from (nn|optim)\b)", re.MULTILINE)
    for path in ROOT.rglob("*.py"):
        if any(part.startswith((".", "build")) for part in path.relative_to(ROOT).parts):
            continue
        assert not wrong.search(path.read_text(encoding="utf-8")), path


def test_numba_options_are_chosen_in_one_file():
    for path, module in library_files():
        if module != "minigrad.kernels._jit":
            assert not re.search(r"@(numba\.)?(n?jit|vectorize|guvectorize)\b", path.read_text()), module


def test_library_code_asserts_nothing_about_user_input():
    for path, module in library_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Assert), f"{module}:{node.lineno}"


def test_every_package_is_listed_for_installation():
    listed = set(re.findall(r'"(minigrad(?:\.\w+)*)",', (ROOT / "pyproject.toml").read_text()))
    found = {m for p, m in library_files() if p.name == "__init__.py"}
    assert found <= listed
