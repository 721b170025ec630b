"""Each kind of operation on a million float32 numbers: minigrad, NumPy's equivalent, PyTorch.

Nothing is recorded: this is the cost of the arithmetic. The last column names the operations
that take more than twice NumPy's time. Names stand for themselves here: ``exp`` is not ``expm1``.

    python -m tests.bench operations
    python -m tests.bench operations exp sort
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import minigrad as mg

from .table import Options, Table, in_turns
from .twins import set_threads

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

N = 1_000_000

ABOUT = """\
Each kind of operation on a million float32 numbers, nothing recorded, beside what NumPy does for it."""

# f: the framework, a: 10^6 numbers in (0.1, 0.9), b: others, m: a as 1000 x 1000, i: positions.
OPERATIONS: dict[str, tuple[Callable, Callable]] = {
    "add": (lambda f, a, b, m, i: a + b, lambda a, b, m, i: a + b),
    "mul": (lambda f, a, b, m, i: a * b, lambda a, b, m, i: a * b),
    "div": (lambda f, a, b, m, i: a / b, lambda a, b, m, i: a / b),
    "floor_divide": (lambda f, a, b, m, i: a // b, lambda a, b, m, i: a // b),
    "remainder": (lambda f, a, b, m, i: a % b, lambda a, b, m, i: np.mod(a, b)),
    "pow number": (lambda f, a, b, m, i: a**1.5, lambda a, b, m, i: a**1.5),
    "pow": (lambda f, a, b, m, i: a**b, lambda a, b, m, i: a**b),
    "maximum": (lambda f, a, b, m, i: f.maximum(a, b), lambda a, b, m, i: np.maximum(a, b)),
    "clamp": (lambda f, a, b, m, i: a.clamp(0.2, 0.7), lambda a, b, m, i: np.clip(a, 0.2, 0.7)),
    "addcmul": (lambda f, a, b, m, i: f.addcmul(a, a, b), lambda a, b, m, i: a + a * b),
    "lerp": (lambda f, a, b, m, i: f.lerp(a, b, 0.3), lambda a, b, m, i: a + 0.3 * (b - a)),
    "abs": (lambda f, a, b, m, i: a.abs(), lambda a, b, m, i: np.abs(a)),
    "sqrt": (lambda f, a, b, m, i: a.sqrt(), lambda a, b, m, i: np.sqrt(a)),
    "exp": (lambda f, a, b, m, i: a.exp(), lambda a, b, m, i: np.exp(a)),
    "log": (lambda f, a, b, m, i: a.log(), lambda a, b, m, i: np.log(a)),
    "log1p": (lambda f, a, b, m, i: a.log1p(), lambda a, b, m, i: np.log1p(a)),
    "sin": (lambda f, a, b, m, i: a.sin(), lambda a, b, m, i: np.sin(a)),
    "tanh": (lambda f, a, b, m, i: a.tanh(), lambda a, b, m, i: np.tanh(a)),
    "sigmoid": (lambda f, a, b, m, i: a.sigmoid(), lambda a, b, m, i: 1 / (1 + np.exp(-a))),
    "atan2": (lambda f, a, b, m, i: f.atan2(a, b), lambda a, b, m, i: np.arctan2(a, b)),
    "erf": (lambda f, a, b, m, i: a.erf(), lambda a, b, m, i: _erf(a)),
    "round": (lambda f, a, b, m, i: a.round(), lambda a, b, m, i: np.round(a)),
    "isnan": (lambda f, a, b, m, i: a.isnan(), lambda a, b, m, i: np.isnan(a)),
    "lt": (lambda f, a, b, m, i: a < b, lambda a, b, m, i: a < b),
    "where": (lambda f, a, b, m, i: f.where(a < b, a, b), lambda a, b, m, i: np.where(a < b, a, b)),
    "isclose": (lambda f, a, b, m, i: f.isclose(a, b), lambda a, b, m, i: np.isclose(a, b)),
    "sum": (lambda f, a, b, m, i: a.sum(), lambda a, b, m, i: a.sum()),
    "sum dim 0": (lambda f, a, b, m, i: m.sum(0), lambda a, b, m, i: m.sum(0)),
    "mean": (lambda f, a, b, m, i: a.mean(), lambda a, b, m, i: a.mean()),
    "prod": (lambda f, a, b, m, i: m.prod(1), lambda a, b, m, i: m.prod(1)),
    "var": (lambda f, a, b, m, i: a.var(), lambda a, b, m, i: a.var(ddof=1)),
    "amax": (lambda f, a, b, m, i: m.amax(1), lambda a, b, m, i: m.max(1)),
    "max dim": (lambda f, a, b, m, i: m.max(1), lambda a, b, m, i: (m.max(1), m.argmax(1))),
    "argmax": (lambda f, a, b, m, i: m.argmax(1), lambda a, b, m, i: m.argmax(1)),
    "median": (lambda f, a, b, m, i: m.median(1), lambda a, b, m, i: np.median(m, 1)),
    "quantile": (lambda f, a, b, m, i: m.quantile(0.3, 1), lambda a, b, m, i: np.quantile(m, 0.3, 1)),
    "norm": (lambda f, a, b, m, i: a.norm(), lambda a, b, m, i: np.linalg.norm(a)),
    "logsumexp": (lambda f, a, b, m, i: m.logsumexp(1), lambda a, b, m, i: np.log(np.exp(m).sum(1))),
    "softmax": (lambda f, a, b, m, i: m.softmax(1), lambda a, b, m, i: (e := np.exp(m)) / e.sum(1)[:, None]),
    "cumsum": (lambda f, a, b, m, i: m.cumsum(1), lambda a, b, m, i: m.cumsum(1)),
    "cumprod": (lambda f, a, b, m, i: m.cumprod(1), lambda a, b, m, i: m.cumprod(1)),
    "cummax": (lambda f, a, b, m, i: m.cummax(1), lambda a, b, m, i: np.maximum.accumulate(m, 1)),
    "sort": (lambda f, a, b, m, i: m.sort(1), lambda a, b, m, i: (np.sort(m, 1), np.argsort(m, 1))),
    "topk": (lambda f, a, b, m, i: m.topk(10, 1), lambda a, b, m, i: np.argpartition(m, 10, 1)),
    "unique": (lambda f, a, b, m, i: f.unique(i), lambda a, b, m, i: np.unique(i)),
    "bincount": (lambda f, a, b, m, i: f.bincount(i), lambda a, b, m, i: np.bincount(i)),
    "histc": (lambda f, a, b, m, i: f.histc(a, 50), lambda a, b, m, i: np.histogram(a, 50)),
    "searchsorted": (lambda f, a, b, m, i: f.searchsorted(a[:1000], b),
                     lambda a, b, m, i: np.searchsorted(a[:1000], b)),
    "index": (lambda f, a, b, m, i: a[i], lambda a, b, m, i: a[i]),
    "gather": (lambda f, a, b, m, i: f.gather(a, 0, i), lambda a, b, m, i: np.take_along_axis(a, i, 0)),
    "take": (lambda f, a, b, m, i: f.take(a, i), lambda a, b, m, i: np.take(a, i)),
    "scatter_add": (lambda f, a, b, m, i: f.scatter_add(a, 0, i, b), lambda a, b, m, i: _added(a, i, b)),
    "masked_select": (lambda f, a, b, m, i: a[a < b], lambda a, b, m, i: a[a < b]),
    "masked_fill": (lambda f, a, b, m, i: a.masked_fill(a < b, 0), lambda a, b, m, i: np.where(a < b, 0, a)),
    "nonzero": (lambda f, a, b, m, i: (a < b).nonzero(), lambda a, b, m, i: np.argwhere(a < b)),
    "transpose": (lambda f, a, b, m, i: m.t().contiguous(), lambda a, b, m, i: np.ascontiguousarray(m.T)),
    "cat": (lambda f, a, b, m, i: f.cat([a, b]), lambda a, b, m, i: np.concatenate([a, b])),
    "stack": (lambda f, a, b, m, i: f.stack([a, b]), lambda a, b, m, i: np.stack([a, b])),
    "repeat": (lambda f, a, b, m, i: a.repeat(2), lambda a, b, m, i: np.tile(a, 2)),
    "flip": (lambda f, a, b, m, i: m.flip(1), lambda a, b, m, i: np.flip(m, 1).copy()),
    "roll": (lambda f, a, b, m, i: m.roll(3, 1), lambda a, b, m, i: np.roll(m, 3, 1)),
    "tril": (lambda f, a, b, m, i: m.tril(), lambda a, b, m, i: np.tril(m)),
    "mv": (lambda f, a, b, m, i: m @ b[:1000], lambda a, b, m, i: m @ b[:1000]),
    "matmul": (lambda f, a, b, m, i: m[:, :200] @ m[:200], lambda a, b, m, i: m[:, :200] @ m[:200]),
    "einsum": (lambda f, a, b, m, i: f.einsum("ij,ij->i", m, m), lambda a, b, m, i: np.einsum("ij,ij->i", m, m)),
    "outer": (lambda f, a, b, m, i: f.outer(a[:1000], b[:1000]), lambda a, b, m, i: np.outer(a[:1000], b[:1000])),
    "rand": (lambda f, a, b, m, i: f.rand(N), lambda a, b, m, i: _generator.random(N, np.float32)),
    "randn": (lambda f, a, b, m, i: f.randn(N), lambda a, b, m, i: _generator.standard_normal(N, np.float32)),
    "randperm": (lambda f, a, b, m, i: f.randperm(N), lambda a, b, m, i: _generator.permutation(N)),
    "arange": (lambda f, a, b, m, i: f.arange(N), lambda a, b, m, i: np.arange(N)),
}  # fmt: skip

_generator = np.random.default_rng(0)


def _erf(a: np.ndarray) -> np.ndarray:
    """NumPy has none: Abramowitz and Stegun, formula 7.1.26, good to 1e-7."""
    t = 1 / (1 + 0.3275911 * a)
    p = ((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t + 0.254829592
    return 1 - p * t * np.exp(-a * a)


def _added(a: np.ndarray, i: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = a.copy()
    np.add.at(out, i, b)
    return out


def measure(options: Options) -> Iterator[Table]:
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(0.1, 0.9, N).astype(np.float32) for _ in range(2))
    a[:1000].sort()
    arrays = [a, b, a.reshape(1000, 1000), rng.integers(0, N, N)]
    frameworks = [mg] if torch is None else [mg, torch]
    tensors = {f: [f.from_numpy(x) for x in arrays] for f in frameworks}
    header = ["10^6 float32, ms", "NumPy", "minigrad", *(["PyTorch"] if torch else []), "than 2 x NumPy"]
    for threads in options.threads:
        set_threads(threads)
        rows = []
        for name, (operation, plain) in OPERATIONS.items():
            if options.names and name not in options.names:
                continue
            functions = [lambda: plain(*arrays)]  # noqa: B023
            functions += [lambda f=f: operation(f, *tensors[f]) for f in frameworks]  # noqa: B023
            times = in_turns(functions, options.rounds, options.turn(0.005))
            slower = "slower" if times[1].middle > 2 * times[0].middle else ""
            rows.append([name, *(f"{t.middle * 1e3:.2f}" for t in times), slower])
        if rows:
            yield Table(f"Operations, {threads} thread{'s'[: threads > 1]}", header, rows)
