"""Rows for ops/arithmetic.py."""

import math

import numpy as np

import minigrad as mg
from minigrad.ops import arithmetic, casting
from tests.case import Case, apart, normal, positive


def each(function, result=float):
    """The reference that applies a function of Python numbers to each element or pair."""

    def reference(*arrays):
        with np.errstate(invalid="ignore"):  # comparing with NaN
            return np.vectorize(function, otypes=[result])(*arrays)

    return reference


def whole(*shape, low=-9, high=9, seed=0):
    values = np.random.default_rng(seed).integers(low, high, shape)
    return np.where(values == 0, high, values)


CASES = [
    Case("add", mg.add, [normal(3, 4), normal(3, 4, seed=1)], np.add),
    Case("add/broadcast", mg.add, [normal(3, 1), normal(2, 1, 4)], np.add),
    Case("add/empty", mg.add, [normal(0, 4), normal(1, 4)], np.add),
    Case(
        "add/alpha", lambda x, y: mg.add(x, y, alpha=2.5), [normal(3), normal(2, 1)], lambda x, y: x + 2.5 * y
    ),
    Case("sub", mg.sub, [normal(3, 4), normal(4)], np.subtract),
    Case("sub/alpha", lambda x, y: mg.sub(x, y, alpha=3), [normal(3), normal(2, 1)], lambda x, y: x - 3 * y),
    Case("sub/reflected", lambda x: 1.5 - x, [normal(3)], lambda x: 1.5 - x),
    Case("mul", mg.mul, [normal(3, 4), normal(3, 4, seed=1)], np.multiply),
    Case("mul/broadcast", mg.mul, [normal(3, 1), normal(2, 1, 4)], np.multiply),
    Case("mul/zero dimensions", mg.mul, [normal(), normal(2, 3)], np.multiply),
    Case("mul/number", lambda x: x * 2.5, [normal(2, 3)], lambda x: x * 2.5),
    Case("div", mg.div, [normal(3, 4), positive(4)], np.true_divide),
    Case("div/broadcast", mg.div, [normal(3, 1), positive(2, 1, 4)], np.true_divide),
    Case("div/number by tensor", lambda x: 2 / x, [positive(2, 3)], lambda x: 2 / x),
    Case("neg", mg.neg, [normal(3, 4)], np.negative),
    Case(
        "sum_to", lambda x: arithmetic.sum_to(x, (3, 1)), [normal(2, 3, 4)], lambda x: x.sum((0, 2))[:, None]
    ),
    Case(
        "expand",
        lambda x: arithmetic.expand_to(x, (2, 3, 4)),
        [normal(3, 1)],
        lambda x: np.broadcast_to(x, (2, 3, 4)),
    ),
    Case(
        "cast",
        lambda x: casting._cast(x, dtype=np.dtype(np.float64)),
        [normal(3, 4)],
        np.array,
        float32=False,
    ),
    Case(
        "cast/from integers",
        lambda x: casting.cast(x, np.dtype(np.float64)),
        [whole(3)],
        lambda x: x.astype(float),
        gradient=False,
        float32=False,
    ),
    Case("floor_divide", mg.floor_divide, [apart(3, 4), positive(4)], each(lambda x, y: math.floor(x / y))),
    Case(
        "floor_divide/integers",
        mg.floor_divide,
        [whole(4, 5), whole(5, seed=1)],
        each(lambda x, y: x // y, int),
        gradient=False,
    ),
    Case(
        "trunc_divide",
        lambda x, y: mg.div(x, y, rounding_mode="trunc"),
        [apart(3, 4), positive(4)],
        each(lambda x, y: math.trunc(x / y)),
    ),
    Case(
        "trunc_divide/integers",
        lambda x, y: mg.div(x, y, rounding_mode="trunc"),
        [whole(4, 5), whole(5, seed=1)],
        each(lambda x, y: math.trunc(x / y), int),
        gradient=False,
    ),
    Case(
        "remainder",
        mg.remainder,
        [apart(3, 4), positive(4)],
        each(lambda x, y: x - y * math.floor(x / y)),
        rtol32=1e-4,
    ),
    Case(
        "remainder/negative divisor",
        mg.remainder,
        [apart(3, 1), -positive(4)],
        each(lambda x, y: x - y * math.floor(x / y)),
        rtol32=1e-4,
    ),
    Case(
        "remainder/integers",
        mg.remainder,
        [whole(4, 5), whole(5, seed=1)],
        each(lambda x, y: x % y, int),
        gradient=False,
    ),
    Case("fmod", mg.fmod, [apart(3, 4), positive(4)], each(math.fmod), rtol32=1e-4),
    Case("fmod/negative divisor", mg.fmod, [apart(3, 1), -positive(4)], each(math.fmod), rtol32=1e-4),
    Case(
        "gcd",
        mg.gcd,
        [whole(4, 5, low=-60, high=60), whole(5, seed=1)],
        each(lambda x, y: math.gcd(int(x), int(y)), int),
        gradient=False,
    ),
    Case(
        "lcm",
        mg.lcm,
        [whole(4, 5, low=-60, high=60), whole(5, seed=1)],
        each(lambda x, y: math.lcm(int(x), int(y)), int),
        gradient=False,
    ),
]
