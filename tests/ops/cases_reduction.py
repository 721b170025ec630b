"""Rows for ops/reduction.py and ops/extremes.py."""

import math

import numpy as np

import minigrad as mg
from minigrad.ops import reduction
from tests.case import Case, apart, normal, positive

NAN = float("nan")


def log_sum_exp(x, axis):
    return np.log(np.exp(x).sum(axis))


TIES = np.array([[2.0, 5.0, 5.0], [1.0, 1.0, 0.0]])
ZEROS = np.array([[2.0, 0.0, 3.0, 0.5], [0.0, 4.0, 0.0, 1.0], [1.5, 2.0, -1.0, 3.0]])
HOLES = np.array([[1.0, NAN, 3.0], [NAN, NAN, 2.0]])

CASES = [
    Case("sum", lambda x: x.sum(), [normal(3, 4)], lambda x: np.asarray(math.fsum(x.ravel()))),
    Case(
        "sum/one dimension kept",
        lambda x: x.sum(1, True),
        [normal(3, 4, 2)],
        lambda x: x.sum(1, keepdims=True),
    ),
    Case("sum/two dimensions", lambda x: x.sum((0, -1)), [normal(3, 4, 2)], lambda x: x.sum((0, 2))),
    Case("sum/empty dimension", lambda x: x.sum(0), [normal(0, 4)], lambda x: np.zeros(4)),
    Case("sum/zero dimensions", lambda x: x.sum(), [normal()], lambda x: x),
    Case("mean", lambda x: x.mean(), [normal(3, 4)], lambda x: np.asarray(math.fsum(x.ravel()) / 12)),
    Case(
        "mean/one dimension kept",
        lambda x: x.mean(1, True),
        [normal(3, 4, 2)],
        lambda x: x.mean(1, keepdims=True),
    ),
    Case("mean/size 1", lambda x: x.mean((0, 2)), [normal(1, 4, 1)], lambda x: x[0, :, 0]),
    Case("nan_to_zero", mg.nansum, [normal(3, 4)], lambda x: x.sum(), covers=("sum",)),
    Case("prod", lambda x: x.prod(1), [positive(3, 5)], lambda x: np.array([math.prod(r) for r in x])),
    Case("prod/with zeros", lambda x: x.prod(1), [ZEROS], lambda x: x.prod(1)),
    Case("prod/of all, with a zero", lambda x: x.prod(), [ZEROS[:1]], lambda x: x.prod()),
    Case("prod/leading dimension", lambda x: x.prod(0, True), [ZEROS], lambda x: x.prod(0, keepdims=True)),
    Case("prod/one factor", lambda x: x.prod(1), [normal(3, 1)], lambda x: x[:, 0]),
    Case("prod/no factor", lambda x: x.prod(1), [normal(3, 0)], lambda x: np.ones(3)),
    Case("logsumexp", lambda x: x.logsumexp(1), [normal(3, 4)], lambda x: log_sum_exp(x, 1)),
    Case("logsumexp/kept", lambda x: x.logsumexp(0, True), [normal(3, 4)], lambda x: log_sum_exp(x, 0)[None]),
    Case(
        "logsumexp/large values",
        lambda x: x.logsumexp(1),
        [normal(3, 4) + 900],
        lambda x: 900 + log_sum_exp(x - 900, 1),
        rtol32=2e-4,
    ),
    Case(
        "logsumexp/several dimensions",
        lambda x: x.logsumexp((0, 2)),
        [normal(2, 3, 2)],
        lambda x: log_sum_exp(x, (0, 2)),
    ),
    Case(
        "exp_difference", reduction.exp_difference, [normal(3, 4), normal(3, 1)], lambda x, y: np.exp(x - y)
    ),
    Case("amax", lambda x: x.amax(1), [apart(3, 4)], lambda x: np.array([max(r) for r in x])),
    Case(
        "amax/two dimensions kept",
        lambda x: x.amax((0, 2), True),
        [apart(3, 4, 2)],
        lambda x: x.max((0, 2), keepdims=True),
    ),
    Case("amin", lambda x: x.amin(0), [apart(3, 4)], lambda x: np.array([min(c) for c in x.T])),
    Case("amax/of all", lambda x: x.max(), [apart(3, 4)], lambda x: x.max()),
    Case("pick/max", lambda x: x.max(1), [apart(3, 4)], lambda x: (x.max(1), x.argmax(1))),
    Case(
        "pick/min kept",
        lambda x: x.min(0, keepdim=True),
        [apart(3, 4)],
        lambda x: (x.min(0)[None], x.argmin(0)[None]),
    ),
    Case("pick/zero dimensions", lambda x: x.max(0), [normal()], lambda x: (x, np.array(0))),
    Case(
        "tie_weights",
        lambda x: mg.ops.extremes._tie_weights(x, x.amax(1, True).detach()),
        [TIES],
        lambda x: np.array([[0, 0.5, 0.5], [0.5, 0.5, 0]]),
        gradient=False,
    ),
]
