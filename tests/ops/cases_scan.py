"""Rows for ops/scan.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import scan
from tests.case import Case, apart, normal


def slow_scan(u, a, reverse=False):
    h = u.copy()
    n = u.shape[1]
    for i in range(n - 2, -1, -1) if reverse else range(1, n):
        h[:, i] += a[:, i + 1] * h[:, i + 1] if reverse else a[:, i] * h[:, i - 1]
    return h


def running(x, function):
    return np.stack([function(x[:, : i + 1]) for i in range(x.shape[1])], axis=1)


ZEROS = np.array([[2.0, 0.0, 3.0, 0.5], [0.0, 4.0, 0.0, 1.0], [1.5, 2.0, -1.0, 3.0]])

CASES = [
    Case("cumsum", lambda x: x.cumsum(1), [normal(2, 4, 3)], lambda x: running(x, lambda p: p.sum(1))),
    Case("cumsum/zero dimensions", lambda x: x.cumsum(0), [normal()], lambda x: x),
    Case("cumsum/empty", lambda x: x.cumsum(0), [normal(0, 3)], lambda x: x),
    Case("cumprod", lambda x: x.cumprod(1), [normal(2, 4, 3)], lambda x: running(x, lambda p: p.prod(1))),
    Case("cumprod/with zeros", lambda x: x.cumprod(-1), [ZEROS], lambda x: running(x, lambda p: p.prod(1))),
    Case(
        "cumprod/leading dimension",
        lambda x: x.cumprod(0),
        [ZEROS],
        lambda x: running(x.T, lambda p: p.prod(1)).T,
    ),
    Case("cumprod/zero dimensions", lambda x: x.cumprod(0), [normal()], lambda x: x),
    Case(
        "logcumsumexp",
        lambda x: x.logcumsumexp(1),
        [normal(2, 4, 3)],
        lambda x: running(x, lambda p: np.log(np.exp(p).sum(1))),
    ),
    Case(
        "logcumsumexp/falling by much",
        lambda x: x.logcumsumexp(0),
        [np.array([900.0, 1.0, -900.0, 901.0])],
        lambda x: np.array([900.0, 900.0, 900.0, 901 + np.log1p(np.exp(-1.0))]),
    ),
    Case(
        "cummax",
        lambda x: x.cummax(1),
        [apart(3, 5)],
        lambda x: (running(x, lambda p: p.max(1)), running(x, lambda p: p.argmax(1))),
        covers=("gather_grad",),
    ),
    Case(
        "cummin",
        lambda x: x.cummin(0).values,
        [apart(3, 5)],
        lambda x: running(x.T, lambda p: p.min(1)).T,
        covers=("gather_grad",),
    ),
    Case(
        "linear_scan",
        lambda u, a: scan.linear_scan(u, a, dim=1, reverse=False),
        [normal(2, 4, 3), normal(2, 4, 3, seed=1)],
        slow_scan,
    ),
    Case(
        "linear_scan/backwards",
        lambda u, a: scan.linear_scan(u, a, dim=1, reverse=True),
        [normal(2, 4, 3), normal(2, 4, 3, seed=1)],
        lambda u, a: slow_scan(u, a, reverse=True),
    ),
    Case("slice/diff", lambda x: mg.diff(x, dim=0), [normal(3, 4)], lambda x: x[1:] - x[:-1]),
    Case("slice/diff twice", lambda x: mg.diff(x, 2), [normal(3, 4)], lambda x: np.diff(x, 2)),
]
