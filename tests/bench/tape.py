"""What the tape costs: tiny operations without recording, recorded, and per node of backward.

Each row is one operation on 4 float32 numbers, so that almost nothing but overhead is left; all
elementwise operations that NumPy has are there.
NumPy's own call stands beside it, and PyTorch's where it is installed.

    python -m tests.bench tape
    python -m tests.bench tape "x + y"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import minigrad as mg

from .table import Options, Table, in_turns
from .twins import set_threads

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

CHAIN = 500

ABOUT = f"""\
What an operation costs besides its arithmetic: each on 4 float32 numbers, not recorded and recorded for
the backward, on one thread; then the backward of a chain of {CHAIN} operations, per node. The shapes are
those of small networks' scalars and biases; divide a step's time by its number of operations to see how
much of it this is."""

OPERATIONS: dict[str, tuple[Callable, Callable]] = {
    # the operation on tensors of either framework, and what NumPy does for it
    "x + y": (lambda m, x, y: x + y, lambda x, y: x + y),
    "x * y": (lambda m, x, y: x * y, lambda x, y: x * y),
    "x * 2.0": (lambda m, x, y: x * 2.0, lambda x, y: x * 2.0),
    "x.exp()": (lambda m, x, y: x.exp(), lambda x, y: np.exp(x)),
    "x.reshape(2, 2)": (lambda m, x, y: x.reshape(2, 2), lambda x, y: x.reshape(2, 2)),
    "x.sum()": (lambda m, x, y: x.sum(), lambda x, y: x.sum()),
}


# The other elementwise functions: names of the framework's and of NumPy's function.
UNARY = {
    name: name
    for name in [
        "abs",
        "sign",
        "sqrt",
        "square",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "floor",
        "ceil",
        "trunc",
        "round",
        "isnan",
        "isinf",
        "isfinite",
        "signbit",
        "logical_not",
        "deg2rad",
        "rad2deg",
        "sinc",
        "nan_to_num",
        "frexp",
        "reciprocal",
    ]
} | {"neg": "negative", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh"}
BINARY = {
    name: name
    for name in [
        "hypot",
        "logaddexp",
        "logaddexp2",
        "fmod",
        "remainder",
        "floor_divide",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "copysign",
        "heaviside",
        "nextafter",
        "logical_and",
    ]
} | {"sub": "subtract", "div": "divide", "pow": "power", "atan2": "arctan2", "eq": "equal", "lt": "less"}


def _unary(name: str, plain: Callable) -> tuple[Callable, Callable]:
    return lambda m, x, y: getattr(m, name)(x), lambda x, y: plain(x)


def _binary(name: str, plain: Callable) -> tuple[Callable, Callable]:
    return lambda m, x, y: getattr(m, name)(x, y), lambda x, y: plain(x, y)


OPERATIONS |= {name: _unary(name, getattr(np, plain)) for name, plain in UNARY.items()}
OPERATIONS |= {name: _binary(name, getattr(np, plain)) for name, plain in BINARY.items()}
OPERATIONS |= {
    "1 / x": (lambda m, x, y: 1 / x, lambda x, y: 1 / x),
    "1 - x": (lambda m, x, y: 1 - x, lambda x, y: 1 - x),
    "x ** 2": (lambda m, x, y: x**2, lambda x, y: x**2),
    "x ** 1.5": (lambda m, x, y: x**1.5, lambda x, y: x**1.5),
    "2 ** x": (lambda m, x, y: 2**x, lambda x, y: 2**x),
    "x // 2": (lambda m, x, y: x // 2, lambda x, y: x // 2),
    "x % 2": (lambda m, x, y: x % 2, lambda x, y: x % 2),
    "x > 0": (lambda m, x, y: x > 0, lambda x, y: x > 0),
    "clamp": (lambda m, x, y: x.clamp(0.6, 1.2), lambda x, y: np.clip(x, np.float32(0.6), np.float32(1.2))),
    "clamp_min": (lambda m, x, y: x.clamp_min(0.6), lambda x, y: np.maximum(x, np.float32(0.6))),
    "where": (lambda m, x, y: m.where(y > 1, x, y), lambda x, y: np.where(y > 1, x, y)),
    "masked_fill": (lambda m, x, y: x.masked_fill(y > 1, 0), lambda x, y: np.where(y > 1, np.float32(0), x)),
    "lerp": (lambda m, x, y: m.lerp(x, y, 0.3), lambda x, y: x + np.float32(0.3) * (y - x)),
    "addcmul": (lambda m, x, y: m.addcmul(x, y, y), lambda x, y: x + y * y),
    "addcdiv": (lambda m, x, y: m.addcdiv(x, y, y), lambda x, y: x + y / y),
    "xlogy": (lambda m, x, y: m.xlogy(x, y), lambda x, y: x * np.log(y)),
    "sigmoid": (lambda m, x, y: x.sigmoid(), lambda x, y: 1 / (1 + np.exp(-x))),
    "relu": (lambda m, x, y: x.relu(), lambda x, y: np.maximum(x, 0)),
}


def _chain(step: Callable, x: Any, y: Any) -> Any:
    h = x
    for _ in range(CHAIN):
        h = step(h, y)
    return h


def _per_node(make: Callable, step: Callable, options: Options) -> float:
    """Median microseconds of backward per node of a chain: forward and back, less forward."""
    x, y = make()
    seed = (x * 0 + 1).detach()

    def forward() -> None:
        _chain(step, x, y)

    def both() -> None:
        _chain(step, x, y).backward(seed)

    alone, together = in_turns([forward, both], options.rounds, options.turn(0.02))
    return (together.middle - alone.middle) / CHAIN * 1e6


def _tensors(framework: Any, requires_grad: bool) -> tuple[Any, Any]:
    values = [0.5, 1.0, 1.5, 2.0]
    return (
        framework.tensor(values, requires_grad=requires_grad),
        framework.tensor(values),
    )


def measure(options: Options) -> Iterator[Table]:
    set_threads(1)
    frameworks = [mg] if torch is None else [mg, torch]
    rows = []
    for name, (operation, plain) in OPERATIONS.items():
        if not options.wants(name):
            continue
        a = np.array([0.5, 1.0, 1.5, 2.0], np.float32)
        functions: list[Callable] = [lambda: plain(a, a)]  # noqa: B023
        for framework in frameworks:
            for requires_grad in (False, True):
                x, y = _tensors(framework, requires_grad)
                functions.append(lambda f=framework, x=x, y=y: operation(f, x, y))  # noqa: B023
        with np.errstate(invalid="ignore"):  # arcsin of 1.5
            times = in_turns(functions, options.rounds, options.turn(0.01))
        rows.append([name, *(f"{t.middle * 1e6:.2f}" for t in times)])
    header = ["4 float32 numbers, us", "NumPy", "minigrad, no grad", "recorded"]
    if rows:
        yield Table("One operation", header + (["PyTorch, no grad", "recorded"] if torch else []), rows)

    steps: dict[str, Callable] = {"+": lambda h, y: h + y, "*": lambda h, y: h * y, "exp, log": _exp_log}
    rows = []
    for name, step in steps.items():
        if not options.wants(name):
            continue
        nodes = 2 if name == "exp, log" else 1
        rows.append(
            [name]
            + [
                f"{_per_node(lambda f=framework: _tensors(f, True), step, options) / nodes:.2f}"
                for framework in frameworks
            ]
        )
    header = ["us per node", "minigrad", *(["PyTorch"] if torch else [])]
    if rows:
        yield Table(f"Backward of a chain of {CHAIN}", header, rows)


def _exp_log(h: Any, y: Any) -> Any:
    return h.exp().log()
