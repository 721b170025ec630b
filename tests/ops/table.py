"""Writes docs/reference/operations.md: every public operation and how it is checked.

    python -m tests.ops.table

Nothing is entered by hand. Operations come from the namespaces, the primitives behind them from
the functions' own code, checks from the rows of cases_*.py and of tests/parity.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import minigrad as mg
from minigrad import linalg
from minigrad.nn import functional as F
from minigrad.tape import PRIMITIVES, Primitive
from tests.parity.samples import SAMPLES

from .own_tests import OWN
from .test_primitives import BUILT_IN, CASES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "operations.md"

HEAD = """\
# Operations

Written by `python -m tests.ops.table` from the registry of primitives and the tables of tests; a
test fails when this page is out of date or a cell is empty. All operations run on float32, float64
and, where they make sense, on integers, bools and float16.

- **Primitives**: what the tape may record for it, beside `cast`, `expand` and `sum_to`, which
  promotion and broadcasting add. "NumPy" means that nothing is recorded.
- **Forward**: compared with a slow independent reference (`tests/ops/cases_*.py`), with PyTorch
  over drawn shapes, strides and dtypes (`tests/parity`), or by the test of `tests/ops` that is named
  here; another test breaks the function and sees that one fail.
- **Gradient**, **second order**: compared with finite differences in float64 (`gradcheck`,
  `gradgradcheck`) for every primitive behind it, third gradients along one direction; "+ PyTorch":
  also with PyTorch's, first and second.
"""

# Why operations that record nothing have no gradient, by the file of ops/ they stand in.
WITHOUT_GRADIENT = {
    "arithmetic": "integers",
    "bitwise": "integers and bools",
    "broadcasting": "shapes",
    "casting": "dtypes",
    "comparison": "bools",
    "creation": "new values",
    "diagonal": "integers (positions)",
    "extremes": "integers (positions)",
    "functional": "integers",
    "gathering": "integers (positions)",
    "generator": "random state",
    "linalg": "integers (ranks)",
    "masking": "integers (positions)",
    "random": "new values",
    "reduction": "bools and counts",
    "rounding": "steps",
    "selection": "steps",
    "sorting": "integers (positions)",
    "unique": "values and counts",
    "windows": "new values",
}
EXCEPTIONS = {
    "positive": "passes: it is the tensor itself",
    "argsort": "none: integers (positions)",
    "nn.functional.one_hot": "none: integers",
    "conj": "passes: it is the tensor itself",
    "real": "passes: it is the tensor itself",
}
SILENT = {"cast", "expand", "sum_to"}


def operations() -> dict[Any, list[str]]:
    """Each public function with all of its names, the plainest first."""
    found: dict[Any, list[str]] = {}
    for prefix, namespace in (("", mg), ("linalg.", linalg), ("nn.functional.", F)):
        for name in sorted(dir(namespace)):
            member = getattr(namespace, name)
            module = getattr(member, "__module__", "") or ""
            here = not name.startswith("_") and module.startswith(("minigrad.ops", "minigrad.nn.f"))
            if here and isinstance(member, types.FunctionType):
                found.setdefault(member, []).append(prefix + name)
    return found


def primitives_behind(function: Any) -> list[str]:
    """The primitives that the code of ``function``, and of what it calls, names."""
    names: set[str] = set()
    seen: set[int] = set()

    def visit(thing: Any) -> None:
        if isinstance(thing, Primitive):
            names.add(thing.name)
        elif isinstance(thing, types.FunctionType) and id(thing) not in seen:
            seen.add(id(thing))
            if (thing.__module__ or "").startswith("minigrad.") and ".ops.casting" not in thing.__module__:
                visit(getattr(thing, "__wrapped__", None))
                for cell in thing.__closure__ or ():
                    visit(cell.cell_contents)
                for used in _globals_of(thing.__code__, thing.__globals__):
                    visit(used)

    function = inspect.unwrap(function)
    visit(function)
    if not names and function.__module__ == F.__name__:  # written with methods
        for name in inspect.unwrap(function).__code__.co_names:
            visit(getattr(mg.Tensor, name, None))
    return sorted(names - SILENT or names)


def _globals_of(code: types.CodeType, scope: dict) -> Iterator[Any]:
    used = [scope[name] for name in code.co_names if name in scope]
    yield from used
    for module in used:
        if isinstance(module, types.ModuleType) and module.__name__.startswith("minigrad."):
            yield from (getattr(module, name) for name in code.co_names if hasattr(module, name))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_of(constant, scope)


FORWARD = set().union(*(c.primitives for c in CASES))
GRADIENT = set().union(*(c.primitives for c in CASES if c.gradient))
SECOND = set().union(*(c.primitives for c in CASES if c.gradient and c.second_order))
BESIDE_TORCH = {name for s in SAMPLES for name in (s.name.removeprefix("."), *s.also)}
GRADIENT_BESIDE_TORCH = {name for s in SAMPLES if s.gradient for name in (s.name.removeprefix("."), *s.also)}


def differentiable(names: list[str]) -> list[str]:
    return [n for n in names if PRIMITIVES[n].backward is not None]


def rows() -> list[list[str]]:
    found = []
    for function, names in operations().items():
        names.sort(key=lambda n: (n.count("."), len(n), n))
        last = [n.rpartition(".")[2] for n in names]
        behind = primitives_behind(function)
        ruled = differentiable(behind)
        subject = function.__module__.rpartition(".")[2]
        with_torch = bool(BESIDE_TORCH & set(names))
        checks = []
        if behind and set(behind) <= FORWARD:
            checks.append("reference")
        if with_torch:
            checks.append("PyTorch")
        if ruled and names[0] not in EXCEPTIONS:
            also = " + PyTorch" if GRADIENT_BESIDE_TORCH & set(names) else ""
            gradient = f"yes{also}" if set(ruled) <= GRADIENT else "MISSING"
            second = f"yes{also}" if set(ruled) <= SECOND else "MISSING"
        else:
            gradient = second = EXCEPTIONS.get(names[0]) or f"none: {WITHOUT_GRADIENT[subject]}"
        found.append(
            [
                ", ".join(f"`{n}`" for n in names),
                _form(last, ""),
                _form(last, "_"),
                ", ".join(behind) or "NumPy",
                ", ".join(checks) or own_test(names),
                gradient,
                second,
            ]
        )
    return sorted(found, key=lambda row: row[0].strip("`").lower())


def own_test(names: list[str]) -> str:
    """The test that stands in for a reference, by its file and its name."""
    found = [OWN[name] for name in names if name in OWN]
    if not found:
        return "MISSING"
    file = found[0].__module__.rpartition(".")[2]
    return f"`{file}.py`: {found[0].__name__.removeprefix('test_').replace('_', ' ')}"


def _form(names: list[str], suffix: str) -> str:
    return (
        ", ".join(f"`.{n}{suffix}`" for n in dict.fromkeys(names) if hasattr(mg.Tensor, n + suffix)) or "no"
    )


def primitive_rows() -> list[list[str]]:
    found = []
    for name in sorted(BUILT_IN):
        rule = PRIMITIVES[name].backward is not None
        found.append(
            [
                f"`{name}`",
                f"`ops/{PRIMITIVES[name].forward.__module__.rpartition('.')[2]}.py`",
                "yes" if name in FORWARD else "MISSING",
                ("yes" if name in GRADIENT else "MISSING") if rule else "none: no slope is defined",
                ("yes" if name in SECOND else "MISSING") if rule else "none: no slope is defined",
                str(sum(name in c.primitives for c in CASES)),
            ]
        )
    return found


def _table(header: list[str], lines: list[list[str]]) -> str:
    marked = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in marked) + "\n"


def page() -> str:
    public, built_in = rows(), primitive_rows()
    return "\n".join(
        [
            HEAD,
            f"## {len(public)} functions\n",
            _table(
                ["Function", "Method", "In place", "Primitives", "Forward", "Gradient", "Second order"],
                public,
            ),
            f"## {len(built_in)} primitives\n",
            _table(["Primitive", "File", "Forward", "Gradient", "Second order", "Rows of tests"], built_in),
        ]
    )


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
