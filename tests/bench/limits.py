"""What the machine can do: the rate of a large matrix product, and of a copy, on n threads.

Each is done in every way at hand, NumPy's and PyTorch's, and the quicker one counts. A caller
lets them take turns with what it measures, so that a slow moment lowers the limit too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

import minigrad as mg

from .table import Times, in_turns
from .twins import framework

SIDE = 1024  # of the square matrices: large enough for the full rate, small enough for many rounds


class Limit:
    """Several ways of doing one thing: ``calls`` to measure, then ``best`` of their Times."""

    def __init__(self, calls: list[Callable[[], object]]) -> None:
        self.calls = calls

    @staticmethod
    def best(times: list[Times]) -> Times:
        return min(times, key=lambda t: t.middle)


@lru_cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)


def _in_parts(part: Callable[[slice], object], rows: int, threads: int) -> Callable[[], object]:
    """``part`` over all rows, cut into one piece a thread; NumPy lets go of Python's lock meanwhile."""
    if threads == 1:
        return lambda: part(slice(0, rows))
    pool = _pool(threads)
    edges = [rows * i // threads for i in range(threads + 1)]
    pieces = [slice(a, b) for a, b in itertools.pairwise(edges)]
    return lambda: list(pool.map(part, pieces))


def product(threads: int, dtype: type = np.float32) -> Limit:
    """A product of two square matrices into memory that is there: 2 SIDE^3 operations."""
    mg.matmul(mg.ones(2, 2), mg.ones(2, 2))  # from here on NumPy's BLAS keeps to one thread
    random = np.random.default_rng(0)
    a, b = (random.standard_normal((SIDE, SIDE)).astype(dtype) for _ in range(2))
    out = np.empty_like(a)
    calls = [_in_parts(lambda rows: np.matmul(a[rows], b, out=out[rows]), SIDE, threads)]
    if torch := framework("torch"):
        tensors = [torch.tensor(array) for array in (a, b, out)]
        calls.append(lambda: torch.top.mm(tensors[0], tensors[1], out=tensors[2]))
    return Limit(calls)


PRODUCT_FLOPS = 2.0 * SIDE**3


def copy(nbytes: float, threads: int) -> Limit:
    """A copy that reads and writes ``nbytes`` in all."""
    n = max(int(nbytes) // 8, 1)  # half of it read, half written, as float32
    source, target = np.ones(n, np.float32), np.empty(n, np.float32)
    target[:] = 0  # the pages are there
    calls = [lambda: np.copyto(target, source)]
    if threads > 1:
        calls.append(_in_parts(lambda part: np.copyto(target[part], source[part]), n, threads))
    if torch := framework("torch"):
        a, b = torch.tensor(source), torch.tensor(target)
        calls.append(lambda: b.copy_(a))
    return Limit(calls)


def product_rate(threads: int, rounds: int, least: float) -> float:
    """Operations per second of the product, by itself."""
    limit = product(threads)
    return PRODUCT_FLOPS / limit.best(in_turns(limit.calls, rounds, least)).middle
