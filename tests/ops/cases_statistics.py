"""Rows for ops/statistics.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import statistics
from tests.case import Case, normal

CASES = [
    Case("var", lambda x: x.var(), [normal(3, 4)], lambda x: ((x - x.mean()) ** 2).sum() / 11),
    Case(
        "var/kept, biased",
        lambda x: x.var(1, unbiased=False, keepdim=True),
        [normal(3, 4)],
        lambda x: x.var(1, keepdims=True),
    ),
    Case(
        "var/correction 2, two dimensions",
        lambda x: mg.var(x, (0, 2), correction=2),
        [normal(3, 4, 2)],
        lambda x: x.var((0, 2), ddof=2),
    ),
    Case("std", lambda x: x.std(), [normal(3, 4)], lambda x: x.std(ddof=1)),
    Case(
        "std/one dimension",
        lambda x: x.std(0, keepdim=True),
        [normal(3, 4)],
        lambda x: x.std(0, ddof=1, keepdims=True),
    ),
    Case(
        "is_zero",
        statistics._is_zero,
        [np.array([0.0, -0.0, 2.0])],
        lambda x: np.array([1.0, 1.0, 0.0]),
        gradient=False,
    ),
]
