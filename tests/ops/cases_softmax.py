"""Rows for ops/softmax.py."""

import numpy as np

import minigrad as mg
from minigrad.ops.softmax import softmax_backward
from tests.case import Case, normal


def softmax(x, dim=-1):
    def one(row):
        e = [np.exp(v) for v in row]
        return np.array(e) / sum(e)

    return np.apply_along_axis(one, dim, x) if x.size else x.copy()


def log_softmax(x, dim=-1):
    return np.log(softmax(x, dim))


CASES = [
    Case("softmax", lambda x: mg.softmax(x, -1), [normal(3, 4)], softmax, covers=("softmax_backward",)),
    Case("softmax/first dimension", lambda x: mg.softmax(x, 0), [normal(3, 4)], lambda x: softmax(x, 0)),
    Case("softmax/middle dimension", lambda x: mg.softmax(x, 1), [normal(2, 3, 4)], lambda x: softmax(x, 1)),
    Case("softmax/vector", lambda x: mg.softmax(x, 0), [normal(5)], softmax),
    Case("softmax/one class", lambda x: mg.softmax(x, 1), [normal(3, 1)], np.ones_like),
    Case("softmax/zero dimensions", lambda x: mg.softmax(x, 0), [normal()], np.ones_like),
    Case("softmax/no rows", lambda x: mg.softmax(x, 1), [normal(0, 4)], softmax),
    Case("softmax/no classes", lambda x: mg.softmax(x, 1), [normal(4, 0)], softmax),
    Case("softmax/ties", lambda x: mg.softmax(x, 1), [np.zeros((2, 3))], lambda x: np.full((2, 3), 1 / 3)),
    Case("softmax/softmin", lambda x: mg.softmin(x, 1), [normal(3, 4)], lambda x: softmax(-x, 1)),
    Case(
        # By itself: behind a softmax the same number added to a whole row of dy goes unnoticed.
        "softmax_backward",
        lambda g, y: softmax_backward(g, y, dim=1),
        [normal(3, 4), normal(3, 4, seed=1)],
        lambda g, y: y * (g - (g * y).sum(-1, keepdims=True)),
    ),
    Case(
        "log_softmax",
        lambda x: mg.log_softmax(x, -1),
        [normal(3, 4)],
        log_softmax,
        covers=("log_softmax_backward",),
    ),
    Case(
        "log_softmax/first dimension",
        lambda x: mg.log_softmax(x, 0),
        [normal(3, 4)],
        lambda x: log_softmax(x, 0),
    ),
    Case(
        "log_softmax/middle dimension",
        lambda x: mg.log_softmax(x, 1),
        [normal(2, 3, 4)],
        lambda x: log_softmax(x, 1),
    ),
    Case("log_softmax/no rows", lambda x: mg.log_softmax(x, 1), [normal(0, 4)], log_softmax),
    Case("log_softmax/zero dimensions", lambda x: mg.log_softmax(x, 0), [normal()], np.zeros_like),
]
