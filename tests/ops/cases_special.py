"""Rows for ops/special.py. References: Python's math, sums term by term, bisection."""

import math

import numpy as np

import minigrad as mg
from tests.case import Case, apart, normal, positive
from tests.ops.cases_arithmetic import each

INSIDE = 0.9 * np.cos(apart(3, 4))  # within (-1, 1)


def erfinv(y):
    """By bisection of math.erf."""
    low, high = -6.0, 6.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle) < y else (low, middle)
    return low


def polygamma(order, x, terms=20_000):
    """The defining sum, its rest replaced by an integral and the next two corrections."""
    k = x + np.arange(terms)
    s, end = order + 1, x + terms
    total = (
        math.fsum(k ** -float(s)) + end**-order / order + end ** -float(s) / 2 + s * end ** -(s + 1.0) / 12
    )
    return (-1) ** (order + 1) * math.factorial(order) * total


def digamma(x, terms=20_000):
    """-gamma + the sum of 1/(k+1) - 1/(k+x), with the rest of it."""
    k = np.arange(terms, dtype=float)
    a, b = terms + 1.0, terms + x
    rest = math.log(b / a) + (1 / a - 1 / b) / 2 + (1 / a**2 - 1 / b**2) / 12
    return -0.5772156649015329 + math.fsum(1 / (k + 1)) - math.fsum(1 / (k + x)) + rest


NEGATIVE = np.array([-0.5, -1.25, -3.75])

CASES = [
    Case("erf", mg.erf, [normal(3, 4)], each(math.erf)),
    Case("erf/far", mg.erf, [np.array([-8.0, -4.0, -0.46875, 0.0, 0.46875, 4.0, 30.0])], each(math.erf)),
    Case("erfc", mg.erfc, [normal(3, 4)], each(math.erfc)),
    Case("erfc/far", mg.erfc, [np.array([-8.0, -4.0, -0.46875, 0.0, 0.46875, 4.0, 30.0])], each(math.erfc)),
    Case("erfinv", mg.erfinv, [INSIDE], each(erfinv)),
    Case("lgamma", mg.lgamma, [positive(3, 4, high=5.0)], each(math.lgamma), rtol32=1e-4),
    Case("lgamma/negative", mg.lgamma, [NEGATIVE], each(math.lgamma)),
    Case("digamma", mg.digamma, [positive(3, 4, high=15.0)], each(digamma), rtol=1e-11),
    Case("digamma/negative", mg.digamma, [NEGATIVE], each(digamma), rtol=1e-11),
    Case(
        "polygamma/trigamma",
        lambda x: mg.polygamma(1, x),
        [positive(3, 4, high=15.0)],
        each(lambda x: polygamma(1, x)),
        rtol=1e-11,
    ),
    Case(
        "polygamma/three",
        lambda x: mg.polygamma(3, x),
        [positive(2, 3, high=3.0)],
        each(lambda x: polygamma(3, x)),
        rtol=1e-11,
    ),
    Case(
        "polygamma/negative",
        lambda x: mg.polygamma(2, x),
        [NEGATIVE],
        each(lambda x: polygamma(2, x)),
        rtol=1e-11,
    ),
    Case("logit", mg.logit, [positive(3, 4, low=0.1, high=0.9)], each(lambda x: math.log(x / (1 - x)))),
    Case(
        "logit/eps",
        lambda x: mg.logit(x, eps=0.3),
        [positive(3, 4, low=0.1, high=0.9)],
        each(lambda x: math.log(min(max(x, 0.3), 0.7) / (1 - min(max(x, 0.3), 0.7)))),
    ),
]
