"""Rows for ops/arithmetic.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import arithmetic
from tests.case import Case, normal, positive

CASES = [
    Case("add", mg.add, [normal(3, 4), normal(3, 4, seed=1)], np.add),
    Case("add/broadcast", mg.add, [normal(3, 1), normal(2, 1, 4)], np.add),
    Case("add/empty", mg.add, [normal(0, 4), normal(1, 4)], np.add),
    Case("sub", mg.sub, [normal(3, 4), normal(4)], np.subtract),
    Case("mul", mg.mul, [normal(3, 4), normal(3, 4, seed=1)], np.multiply),
    Case("mul/broadcast", mg.mul, [normal(3, 1), normal(2, 1, 4)], np.multiply),
    Case("mul/zero dimensions", mg.mul, [normal(), normal(2, 3)], np.multiply),
    Case("div", mg.div, [normal(3, 4), positive(4)], np.true_divide),
    Case("neg", mg.neg, [normal(3, 4)], np.negative),
    Case("sum_to", lambda x: arithmetic.sum_to(x, (3, 1)), [normal(2, 3, 4)], lambda x: x.sum((0, 2))[:, None]),
    Case("expand", lambda x: arithmetic.expand_to(x, (2, 3, 4)), [normal(3, 1)], lambda x: np.broadcast_to(x, (2, 3, 4))),
]
