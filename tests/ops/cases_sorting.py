"""Rows for ops/sorting.py."""

import numpy as np

from tests.case import Case, apart, normal

SORTED = {"covers": ("gather_grad",)}

CASES = [
    Case(
        "gather/sort",
        lambda x: x.sort(1),
        [apart(2, 5, 3)],
        lambda x: (np.sort(x, 1), np.argsort(x, 1)),
        **SORTED,
    ),
    Case(
        "gather/sort falling",
        lambda x: x.sort(0, True).values,
        [apart(5, 3)],
        lambda x: -np.sort(-x, 0),
        **SORTED,
    ),
    Case("gather/sort of one number", lambda x: x.sort().values, [normal()], lambda x: x, **SORTED),
    Case("gather/msort", lambda x: x.msort(), [apart(4, 3)], lambda x: np.sort(x, 0), **SORTED),
    Case(
        "gather/topk",
        lambda x: x.topk(2),
        [apart(3, 5)],
        lambda x: (-np.sort(-x)[:, :2], np.argsort(-x)[:, :2]),
    ),
    Case(
        "gather/topk smallest",
        lambda x: x.topk(3, 0, False).values,
        [apart(5, 2)],
        lambda x: np.sort(x, 0)[:3],
    ),
    Case("gather/topk all", lambda x: x.topk(5).values, [apart(3, 5)], lambda x: -np.sort(-x)),
    Case(
        "pick/kthvalue",
        lambda x: x.kthvalue(2, 1),
        [apart(3, 5)],
        lambda x: (np.sort(x)[:, 1], np.argsort(x)[:, 1]),
    ),
]
