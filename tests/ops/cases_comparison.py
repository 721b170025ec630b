"""Rows for ops/comparison.py and ops/bitwise.py: results are bool or integer, without gradient."""

import operator

import numpy as np

import minigrad as mg
from tests.case import Case, normal
from tests.ops.cases_arithmetic import each


def plain(name, op, inputs, reference):
    return Case(name, op, inputs, reference, gradient=False)


X = np.array([[1.0, -0.0, np.nan, 3.0], [np.inf, -np.inf, 2.0, np.nan]])
Y = np.array([1.0, 0.0, 1.0, np.nan])
INTEGERS = np.array([[5, -7, 0], [12, 3, -1]])
BITS = np.array([3, 1, 6])
BOOLS = np.array([[True, False], [False, True]])

CASES = [
    plain("eq", mg.eq, [X, Y], each(operator.eq, bool)),
    plain("eq/integers", mg.eq, [INTEGERS, BITS], each(operator.eq, bool)),
    plain("ne", mg.ne, [X, Y], each(operator.ne, bool)),
    plain("lt", mg.lt, [X, Y], each(operator.lt, bool)),
    plain("le", mg.le, [X, Y], each(operator.le, bool)),
    plain("gt", mg.gt, [X, Y], each(operator.gt, bool)),
    plain("ge", mg.ge, [X, Y], each(operator.ge, bool)),
    plain("ge/empty", mg.ge, [normal(0, 3), normal(1, 3)], np.greater_equal),
    plain("isnan", mg.isnan, [X], each(lambda x: x != x, bool)),
    plain("isinf", mg.isinf, [X], each(lambda x: abs(x) == float("inf"), bool)),
    plain("isinf/positive", mg.isposinf, [X], each(lambda x: x == float("inf"), bool)),
    plain("isinf/negative", mg.isneginf, [X], each(lambda x: x == -float("inf"), bool)),
    plain("isinf/negative integers", mg.isneginf, [INTEGERS], each(lambda x: False, bool)),
    plain("isfinite", mg.isfinite, [X], each(lambda x: x - x == 0, bool)),
    plain("signbit", mg.signbit, [X], np.signbit),
    plain("signbit/integers", mg.signbit, [INTEGERS], each(lambda x: x < 0, bool)),
    plain("isclose", lambda x: mg.isclose(x, x + 1e-9), [X], lambda x: x == x),
    plain(
        "isclose/tolerances",
        lambda x, y: mg.isclose(x, y, rtol=0.5, atol=0.1),
        [normal(5), normal(5, seed=1)],
        each(lambda x, y: abs(x - y) <= 0.1 + 0.5 * abs(y), bool),
    ),
    plain("isclose/nan", lambda x: mg.isclose(x, x, equal_nan=True), [X], each(lambda x: True, bool)),
    plain("logical_and", mg.logical_and, [X, Y], each(lambda x, y: x != 0 and y != 0, bool)),
    plain("logical_or", mg.logical_or, [X, Y], each(lambda x, y: x != 0 or y != 0, bool)),
    plain("logical_xor", mg.logical_xor, [X, Y], each(lambda x, y: (x != 0) != (y != 0), bool)),
    plain("logical_not", mg.logical_not, [X], each(lambda x: x == 0, bool)),
    plain("bitwise_and", mg.bitwise_and, [INTEGERS, BITS], each(operator.and_, int)),
    plain("bitwise_and/bools", mg.bitwise_and, [BOOLS, BOOLS[0]], each(operator.and_, bool)),
    plain("bitwise_or", mg.bitwise_or, [INTEGERS, BITS], each(operator.or_, int)),
    plain("bitwise_xor", mg.bitwise_xor, [INTEGERS, BITS], each(operator.xor, int)),
    plain("bitwise_not", mg.bitwise_not, [INTEGERS], each(operator.invert, int)),
    plain("bitwise_not/bools", mg.bitwise_not, [BOOLS], each(operator.not_, bool)),
    plain("bitwise_left_shift", mg.bitwise_left_shift, [INTEGERS, BITS], each(operator.lshift, int)),
    plain("bitwise_right_shift", mg.bitwise_right_shift, [INTEGERS, BITS], each(operator.rshift, int)),
]
