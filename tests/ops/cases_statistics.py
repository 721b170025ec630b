"""Rows for ops/statistics.py, vector_norm.py and quantiles.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import statistics, vector_norm
from tests.case import Case, apart, normal

MODES = np.array([[2.0, 1.0, 2.0, 1.0, 3.0], [2.0, 3.0, 1.0, 2.0, 2.0]])

EVEN = ("even_slopes_grad",)

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
    Case("norm", lambda x: x.norm(), [normal(3, 4)], lambda x: (x * x).sum() ** 0.5),
    *(
        Case(
            f"norm/p = {p}",
            lambda x, p=p: x.norm(p, 1, True),
            [apart(3, 4)],
            lambda x, p=p: (np.abs(x) ** p).sum(1, keepdims=True) ** (1 / p),
            covers=("signed_power", "abs_power"),
        )
        for p in (1, 3, 1.5, 0.5, -1)
    ),
    Case("norm/p = inf", lambda x: x.norm(np.inf, 0), [apart(3, 4) + 0.03], lambda x: np.abs(x).max(0)),
    Case("norm/p = -inf", lambda x: x.norm(-np.inf, (0, 1)), [apart(3, 4) + 0.03], lambda x: np.abs(x).min()),
    Case(
        "norm/p = 0",
        lambda x: x.norm(0),
        [np.array([1.0, 0.0, 2.0])],
        lambda x: np.array(2.0),
        gradient=False,
    ),
    Case(
        "abs_power",
        lambda x: vector_norm.abs_power(x, power=3),
        [apart(5)],
        lambda x: np.abs(x * x * x),
        covers=("signed_power",),
    ),
    Case(
        "signed_power/sign",
        lambda x: vector_norm.signed_power(x, power=0),
        [apart(5)],
        np.sign,
        gradient=False,
    ),
    Case("median", lambda x: x.median(), [apart(3, 4)], lambda x: np.sort(x.ravel())[5]),
    Case("pick/median", lambda x: x.median(1).values, [apart(3, 4)], lambda x: np.sort(x, 1)[:, 1]),
    Case(
        "pick/nanmedian", lambda x: x.nanmedian(0, True).values, [apart(3, 4)], lambda x: np.sort(x, 0)[[1]]
    ),
    Case(
        "pick/mode",
        lambda x: x.mode(1),
        [MODES],
        lambda x: (np.array([1.0, 2.0]), np.array([3, 4])),
        gradient=False,
    ),
    Case(
        "gather/quantile",
        lambda x: x.quantile(mg.tensor([0.3, 0.9], dtype=x.dtype), 1),
        [apart(3, 4)],
        lambda x: np.quantile(x, [0.3, 0.9], 1),
    ),
    Case("even_slopes", lambda x: mg.gradient(x), [normal(4, 5)], lambda x: tuple(np.gradient(x)), EVEN),
    Case(
        "even_slopes/second order at the ends",
        lambda x: mg.gradient(x, spacing=0.5, dim=1, edge_order=2)[0],
        [normal(2, 5)],
        lambda x: np.gradient(x, 0.5, axis=1, edge_order=2),
        EVEN,
    ),
    Case("even_slopes/two samples", lambda x: mg.gradient(x)[0], [normal(2)], np.gradient, EVEN),
    Case("gather/nanquantile", lambda x: x.nanquantile(0.4), [apart(3, 4)], lambda x: np.quantile(x, 0.4)),
]
