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


def _put(a: np.ndarray, i: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = a.copy()
    out[i] = b
    return out


OPERATIONS: dict[str, tuple[Callable, Callable]] = {
    "add": (lambda f, a, b, m, i: a + b, lambda a, b, m, i: a + b),
    "mul": (lambda f, a, b, m, i: a * b, lambda a, b, m, i: a * b),
    "div": (lambda f, a, b, m, i: a / b, lambda a, b, m, i: a / b),
    "add_": (lambda f, a, b, m, i: a.add_(b, alpha=0.0), lambda a, b, m, i: np.add(a, b * 0.0, out=a)),
    "mul_": (lambda f, a, b, m, i: a.mul_(1.0), lambda a, b, m, i: np.multiply(a, 1.0, out=a)),
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
    "sub": (lambda f, a, b, m, i: a - b, lambda a, b, m, i: a - b),
    "neg": (lambda f, a, b, m, i: -a, lambda a, b, m, i: -a),
    "fmod": (lambda f, a, b, m, i: f.fmod(a, b), lambda a, b, m, i: np.fmod(a, b)),
    "floor_divide int": (lambda f, a, b, m, i: i // 7, lambda a, b, m, i: i // 7),
    "remainder int": (lambda f, a, b, m, i: i % 7, lambda a, b, m, i: i % 7),
    "square": (lambda f, a, b, m, i: a.square(), lambda a, b, m, i: np.square(a)),
    "reciprocal": (lambda f, a, b, m, i: a.reciprocal(), lambda a, b, m, i: np.reciprocal(a)),
    "rsqrt": (lambda f, a, b, m, i: a.rsqrt(), lambda a, b, m, i: 1 / np.sqrt(a)),
    "float_power": (lambda f, a, b, m, i: f.float_power(a, 1.5), lambda a, b, m, i: np.float_power(a, 1.5)),
    "sign": (lambda f, a, b, m, i: a.sign(), lambda a, b, m, i: np.sign(a)),
    "signbit": (lambda f, a, b, m, i: f.signbit(a), lambda a, b, m, i: np.signbit(a)),
    "exp2": (lambda f, a, b, m, i: a.exp2(), lambda a, b, m, i: np.exp2(a)),
    "expm1": (lambda f, a, b, m, i: a.expm1(), lambda a, b, m, i: np.expm1(a)),
    "log2": (lambda f, a, b, m, i: a.log2(), lambda a, b, m, i: np.log2(a)),
    "log10": (lambda f, a, b, m, i: a.log10(), lambda a, b, m, i: np.log10(a)),
    "logaddexp": (lambda f, a, b, m, i: f.logaddexp(a, b), lambda a, b, m, i: np.logaddexp(a, b)),
    "logaddexp2": (lambda f, a, b, m, i: f.logaddexp2(a, b), lambda a, b, m, i: np.logaddexp2(a, b)),
    "xlogy": (lambda f, a, b, m, i: f.xlogy(a, b), lambda a, b, m, i: a * np.log(b)),
    "ldexp": (lambda f, a, b, m, i: f.ldexp(a, b), lambda a, b, m, i: a * np.exp2(b)),
    "cos": (lambda f, a, b, m, i: a.cos(), lambda a, b, m, i: np.cos(a)),
    "tan": (lambda f, a, b, m, i: a.tan(), lambda a, b, m, i: np.tan(a)),
    "asin": (lambda f, a, b, m, i: a.asin(), lambda a, b, m, i: np.arcsin(a)),
    "acos": (lambda f, a, b, m, i: a.acos(), lambda a, b, m, i: np.arccos(a)),
    "atan": (lambda f, a, b, m, i: a.atan(), lambda a, b, m, i: np.arctan(a)),
    "sinh": (lambda f, a, b, m, i: a.sinh(), lambda a, b, m, i: np.sinh(a)),
    "cosh": (lambda f, a, b, m, i: a.cosh(), lambda a, b, m, i: np.cosh(a)),
    "asinh": (lambda f, a, b, m, i: a.asinh(), lambda a, b, m, i: np.arcsinh(a)),
    "atanh": (lambda f, a, b, m, i: a.atanh(), lambda a, b, m, i: np.arctanh(a)),
    "hypot": (lambda f, a, b, m, i: f.hypot(a, b), lambda a, b, m, i: np.hypot(a, b)),
    "sinc": (lambda f, a, b, m, i: a.sinc(), lambda a, b, m, i: np.sinc(a)),
    "deg2rad": (lambda f, a, b, m, i: a.deg2rad(), lambda a, b, m, i: np.deg2rad(a)),
    "floor": (lambda f, a, b, m, i: a.floor(), lambda a, b, m, i: np.floor(a)),
    "trunc": (lambda f, a, b, m, i: a.trunc(), lambda a, b, m, i: np.trunc(a)),
    "frac": (lambda f, a, b, m, i: a.frac(), lambda a, b, m, i: a - np.trunc(a)),
    "frexp": (lambda f, a, b, m, i: f.frexp(a), lambda a, b, m, i: np.frexp(a)),
    "copysign": (lambda f, a, b, m, i: f.copysign(a, b), lambda a, b, m, i: np.copysign(a, b)),
    "nextafter": (lambda f, a, b, m, i: f.nextafter(a, b), lambda a, b, m, i: np.nextafter(a, b)),
    "nan_to_num": (lambda f, a, b, m, i: a.nan_to_num(), lambda a, b, m, i: np.nan_to_num(a)),
    "heaviside": (lambda f, a, b, m, i: f.heaviside(a, b), lambda a, b, m, i: np.heaviside(a, b)),
    "fmax": (lambda f, a, b, m, i: f.fmax(a, b), lambda a, b, m, i: np.fmax(a, b)),
    "clamp by tensors": (lambda f, a, b, m, i: f.clamp(a, b, b), lambda a, b, m, i: np.clip(a, b, b)),
    "relu": (lambda f, a, b, m, i: a.relu(), lambda a, b, m, i: np.maximum(a, 0)),
    "logit": (lambda f, a, b, m, i: a.logit(), lambda a, b, m, i: np.log(a / (1 - a))),
    "addcdiv": (lambda f, a, b, m, i: f.addcdiv(a, a, b), lambda a, b, m, i: a + a / b),
    "lerp by a tensor": (lambda f, a, b, m, i: f.lerp(a, b, b), lambda a, b, m, i: a + b * (b - a)),
    "eq": (lambda f, a, b, m, i: a == b, lambda a, b, m, i: a == b),
    "isfinite": (lambda f, a, b, m, i: a.isfinite(), lambda a, b, m, i: np.isfinite(a)),
    "logical_and": (lambda f, a, b, m, i: f.logical_and(a, b), lambda a, b, m, i: np.logical_and(a, b)),
    "logical_not": (lambda f, a, b, m, i: f.logical_not(a), lambda a, b, m, i: np.logical_not(a)),
    "bitwise_and": (lambda f, a, b, m, i: i & 255, lambda a, b, m, i: i & 255),
    "bitwise_not": (lambda f, a, b, m, i: ~i, lambda a, b, m, i: ~i),
    "bitwise_left_shift": (lambda f, a, b, m, i: i << 2, lambda a, b, m, i: i << 2),
    "gcd": (lambda f, a, b, m, i: f.gcd(i, i + 6), lambda a, b, m, i: np.gcd(i, i + 6)),
    "isin": (lambda f, a, b, m, i: f.isin(i, i[:1000]), lambda a, b, m, i: np.isin(i, i[:1000])),
    "equal": (lambda f, a, b, m, i: f.equal(a, a), lambda a, b, m, i: np.array_equal(a, a)),
    "allclose": (lambda f, a, b, m, i: f.allclose(a, a), lambda a, b, m, i: np.allclose(a, a)),
    "cast": (lambda f, a, b, m, i: a.double(), lambda a, b, m, i: a.astype(np.float64)),
    "clone": (lambda f, a, b, m, i: a.clone(), lambda a, b, m, i: a.copy()),
    "nansum": (lambda f, a, b, m, i: m.nansum(1), lambda a, b, m, i: np.nansum(m, 1)),
    "nanmean": (lambda f, a, b, m, i: m.nanmean(1), lambda a, b, m, i: np.nanmean(m, 1)),
    "sum dim 1": (lambda f, a, b, m, i: m.sum(1), lambda a, b, m, i: m.sum(1)),
    "mean dim 0": (lambda f, a, b, m, i: m.mean(0), lambda a, b, m, i: m.mean(0)),
    "prod of all": (lambda f, a, b, m, i: a.prod(), lambda a, b, m, i: a.prod()),
    "std": (lambda f, a, b, m, i: m.std(1), lambda a, b, m, i: m.std(1, ddof=1)),
    "all": (lambda f, a, b, m, i: (a > 0).all(), lambda a, b, m, i: (a > 0).all()),
    "any": (lambda f, a, b, m, i: (a > 1).any(), lambda a, b, m, i: (a > 1).any()),
    "count_nonzero": (lambda f, a, b, m, i: f.count_nonzero(a), lambda a, b, m, i: np.count_nonzero(a)),
    "amin of all": (lambda f, a, b, m, i: a.amin(), lambda a, b, m, i: a.min()),
    "aminmax": (lambda f, a, b, m, i: f.aminmax(a), lambda a, b, m, i: (a.min(), a.max())),
    "argmin of all": (lambda f, a, b, m, i: a.argmin(), lambda a, b, m, i: a.argmin()),
    "max dim 0": (lambda f, a, b, m, i: m.max(0), lambda a, b, m, i: (m.max(0), m.argmax(0))),
    "nanmedian": (lambda f, a, b, m, i: m.nanmedian(1), lambda a, b, m, i: np.nanmedian(m, 1)),
    "kthvalue": (lambda f, a, b, m, i: m.kthvalue(300, 1), lambda a, b, m, i: np.partition(m, 300, 1)[:, 300]),
    "vector_norm 1": (lambda f, a, b, m, i: f.linalg.vector_norm(m, 1, 1), lambda a, b, m, i: np.linalg.norm(m, 1, 1)),
    "dist": (lambda f, a, b, m, i: f.dist(a, b), lambda a, b, m, i: np.linalg.norm(a - b)),
    "logcumsumexp": (lambda f, a, b, m, i: m.logcumsumexp(1), lambda a, b, m, i: np.logaddexp.accumulate(m, 1)),
    "cumsum of all": (lambda f, a, b, m, i: a.cumsum(0), lambda a, b, m, i: a.cumsum()),
    "diff": (lambda f, a, b, m, i: f.diff(a), lambda a, b, m, i: np.diff(a)),
    "gradient": (lambda f, a, b, m, i: f.gradient(a)[0], lambda a, b, m, i: np.gradient(a)),
    "trapezoid": (lambda f, a, b, m, i: f.trapezoid(m), lambda a, b, m, i: np.trapezoid(m)),
    "cov": (lambda f, a, b, m, i: f.cov(m[:50]), lambda a, b, m, i: np.cov(m[:50])),
    "corrcoef": (lambda f, a, b, m, i: f.corrcoef(m[:50]), lambda a, b, m, i: np.corrcoef(m[:50])),
    "argsort": (lambda f, a, b, m, i: m.argsort(1), lambda a, b, m, i: m.argsort(1)),
    "msort": (lambda f, a, b, m, i: f.msort(m), lambda a, b, m, i: np.sort(m, 0)),
    "bucketize": (lambda f, a, b, m, i: f.bucketize(b, a[:1000]), lambda a, b, m, i: np.digitize(b, a[:1000])),
    "index_select": (lambda f, a, b, m, i: m.index_select(0, i[:1000] % 1000), lambda a, b, m, i: np.take(m, i[:1000] % 1000, 0)),
    "take_along_dim": (lambda f, a, b, m, i: f.take_along_dim(a, i, 0), lambda a, b, m, i: np.take_along_axis(a, i, 0)),
    "scatter": (lambda f, a, b, m, i: a.scatter(0, i, b), lambda a, b, m, i: _put(a, i, b)),
    "index_put": (lambda f, a, b, m, i: a.index_put((i,), b), lambda a, b, m, i: _put(a, i, b)),
    "flip dim 0": (lambda f, a, b, m, i: m.flip(0), lambda a, b, m, i: np.flip(m, 0).copy()),
    "rot90": (lambda f, a, b, m, i: f.rot90(m), lambda a, b, m, i: np.rot90(m).copy()),
    "triu": (lambda f, a, b, m, i: m.triu(), lambda a, b, m, i: np.triu(m)),
    "diagonal": (lambda f, a, b, m, i: m.diagonal(), lambda a, b, m, i: m.diagonal()),
    "tile": (lambda f, a, b, m, i: m.tile(2, 1), lambda a, b, m, i: np.tile(m, (2, 1))),
    "repeat_interleave": (lambda f, a, b, m, i: a.repeat_interleave(2), lambda a, b, m, i: np.repeat(a, 2)),
    "hstack": (lambda f, a, b, m, i: f.hstack([m, m]), lambda a, b, m, i: np.hstack([m, m])),
    "meshgrid": (lambda f, a, b, m, i: f.meshgrid(a[:1000], b[:1000], indexing="ij")[0].contiguous(),
                 lambda a, b, m, i: np.meshgrid(a[:1000], b[:1000], indexing="ij")),
    "pad": (lambda f, a, b, m, i: f.nn.functional.pad(m, (1, 1, 1, 1)), lambda a, b, m, i: np.pad(m, 1)),
    "dot": (lambda f, a, b, m, i: f.dot(a, b), lambda a, b, m, i: np.dot(a, b)),
    "kron": (lambda f, a, b, m, i: f.kron(a[:1000], b[:1000]), lambda a, b, m, i: np.kron(a[:1000], b[:1000])),
    "tensordot": (lambda f, a, b, m, i: f.tensordot(m[:, :100], m[:100], 1), lambda a, b, m, i: np.tensordot(m[:, :100], m[:100], 1)),
    "trace": (lambda f, a, b, m, i: f.trace(m), lambda a, b, m, i: np.trace(m)),
    "cross": (lambda f, a, b, m, i: f.linalg.cross(a[:999999].reshape(-1, 3), b[:999999].reshape(-1, 3)),
              lambda a, b, m, i: np.cross(a[:999999].reshape(-1, 3), b[:999999].reshape(-1, 3))),
    "vander 8": (lambda f, a, b, m, i: f.vander(a[:125000], 8), lambda a, b, m, i: np.vander(a[:125000], 8)),
    "solve 300": (lambda f, a, b, m, i: f.linalg.solve(m[:300, :300], m[:300, :10]), lambda a, b, m, i: np.linalg.solve(m[:300, :300], m[:300, :10])),
    "inv 300": (lambda f, a, b, m, i: f.linalg.inv(m[:300, :300]), lambda a, b, m, i: np.linalg.inv(m[:300, :300])),
    "svd 200": (lambda f, a, b, m, i: f.linalg.svd(m[:200, :200]), lambda a, b, m, i: np.linalg.svd(m[:200, :200])),
    "qr 300": (lambda f, a, b, m, i: f.linalg.qr(m[:300, :300]), lambda a, b, m, i: np.linalg.qr(m[:300, :300])),
    "ones": (lambda f, a, b, m, i: f.ones(N), lambda a, b, m, i: np.ones(N, np.float32)),
    "full": (lambda f, a, b, m, i: f.full((N,), 2.5), lambda a, b, m, i: np.full(N, 2.5, np.float32)),
    "linspace": (lambda f, a, b, m, i: f.linspace(0, 1, N), lambda a, b, m, i: np.linspace(0, 1, N)),
    "eye": (lambda f, a, b, m, i: f.eye(1000), lambda a, b, m, i: np.eye(1000, dtype=np.float32)),
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
