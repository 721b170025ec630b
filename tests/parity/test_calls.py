"""Lines of user code, run with torch and with minigrad: the same results, or both refuse.

calls.txt has one case a line: statements separated by ``;;``, the last an expression whose value
is compared (type, dtype, shape, values, requires_grad). ``m`` is either framework, ``x`` the floats
1 to 6 as (2, 3), ``A`` a symmetric float64 matrix, ``L`` makes a float64 leaf, ``G`` is grad.
What is different on purpose stands in docs/explanation/differences.md and not here.
"""

from __future__ import annotations

import copy
import io
import math
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg

torch = pytest.importorskip("torch")

LINES = [
    line
    for line in (Path(__file__).parent / "calls.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]

BEFORE = """
x = m.arange(6, dtype=m.float32).reshape(2, 3) + 1
A = m.tensor([[2.0, 1, 0], [1, 3, 1], [0, 1, 4]], dtype=m.float64)
def L(values, dtype=None):
    return m.tensor(values, dtype=dtype or m.float64, requires_grad=True)
def G(y, *xs, **options):
    return m.autograd.grad(y, xs, **options)
"""


def plain(value: Any) -> Any:
    """The value without a trace of the framework it comes from."""
    if isinstance(value, (torch.Tensor, mg.Tensor)):
        array = np.asarray(value.detach())
        return ("tensor", str(array.dtype), array.shape, array.tolist(), bool(value.requires_grad))
    if isinstance(value, np.ndarray):
        return ("array", str(value.dtype), value.shape, value.tolist())
    if isinstance(value, (tuple, list)):
        return tuple(plain(v) for v in value)
    if isinstance(value, (torch.dtype, np.dtype)):
        return f"dtype {str(value).removeprefix('torch.')}"
    return value.replace("torch", "minigrad") if isinstance(value, str) else value


def agree(a: Any, b: Any) -> bool:
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(agree, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-5)
    return type(a) is type(b) and bool(a == b)


def outcome(line: str, framework: Any) -> tuple[Any, Exception | None]:
    names = {
        "m": framework, "np": np, "copy": copy, "pickle": pickle, "io": io, "math": math,
        "F": framework.nn.functional, "nn": framework.nn, "inf": math.inf, "nan": math.nan,
    }  # fmt: skip
    exec(BEFORE, names)
    *statements, expression = line.split(";;")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for statement in statements:
                exec(statement.strip(), names)
            return plain(eval(expression.strip(), names)), None
        except Exception as error:
            return None, error


@pytest.mark.parametrize("line", LINES)
def test_the_line_means_what_it_means_in_pytorch(line):
    expected, their_refusal = outcome(line, torch)
    found, refusal = outcome(line, mg)
    if their_refusal is not None:
        assert refusal is not None, f"only PyTorch refuses: {their_refusal}"
    else:
        assert refusal is None, f"only minigrad refuses: {refusal!r}"
        assert agree(found, expected), f"{found} where PyTorch has {expected}"
