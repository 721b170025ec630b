"""Rows for ops/elementwise.py and ops/selection.py."""

import math

import numpy as np

import minigrad as mg
from minigrad.ops import elementwise, selection
from tests.case import Case, apart, normal, positive
from tests.ops.cases_arithmetic import each


def mapped(name, function, inputs=None, **options):
    """A function of one number, on values on both sides of 0 unless told otherwise."""
    return Case(name, getattr(mg, name.split("/")[0]), inputs or [normal(3, 4)], each(function), **options)


MASK = np.array([[True, False, True, False], [False, False, True, True]])

CASES = [
    mapped("abs", abs, [apart(3, 4)]),
    mapped("sign", lambda x: math.copysign(1, x), [apart(3, 4)]),
    mapped("sqrt", math.sqrt, [positive(3, 4)]),
    mapped("rsqrt", lambda x: 1 / math.sqrt(x), [positive(3, 4)]),
    mapped("square", lambda x: x * x),
    mapped("reciprocal", lambda x: 1 / x, [positive(3, 4)]),
    mapped("exp", math.exp),
    mapped("exp/zero dimensions", math.exp, [normal()]),
    mapped("exp2", lambda x: 2.0**x),
    mapped("expm1", math.expm1),
    mapped("log", math.log, [positive(3, 4)]),
    mapped("log2", math.log2, [positive(3, 4)]),
    mapped("log10", math.log10, [positive(3, 4)]),
    mapped("log1p", math.log1p, [positive(3, 4, low=-0.5)]),
    Case("pow_number/square", lambda x: x**2, [normal(3, 4)], lambda x: x * x),
    Case("pow_number/cube", lambda x: x**3, [normal(3, 4)], lambda x: x * x * x),
    Case("pow_number/fraction", lambda x: x**2.5, [positive(3, 4)], each(lambda x: math.pow(x, 2.5))),
    Case("pow_number/root", lambda x: x**0.5, [positive(3, 4)], each(math.sqrt)),
    Case("pow_number/inverse", lambda x: x**-1, [positive(3, 4)], lambda x: 1 / x),
    Case("pow_number/negative base", lambda x: x**-3, [-positive(3, 4)], each(lambda x: math.pow(x, -3))),
    Case("pow_number/zero", lambda x: x**0, [normal(3, 4)], np.ones_like),
    Case("pow_number/one", lambda x: x**1, [normal(3, 4)], lambda x: x),
    Case("pow", mg.pow, [positive(3, 4), normal(3, 4)], each(math.pow)),
    Case("pow/broadcast", mg.pow, [positive(3, 1), normal(2, 1, 4)], each(math.pow)),
    Case("pow/number to a tensor", lambda y: 1.5**y, [normal(3, 4)], each(lambda y: math.pow(1.5, y))),
    Case(
        "pow/integers",
        mg.pow,
        [np.array([-3, -1, 1, 2]), np.array([[0], [3]])],
        each(math.pow, int),
        gradient=False,
    ),
    Case(
        "logaddexp",
        mg.logaddexp,
        [normal(3, 1), normal(4)],
        each(lambda x, y: math.log(math.exp(x) + math.exp(y))),
    ),
    Case("logaddexp2", mg.logaddexp2, [normal(3, 1), normal(4)], each(lambda x, y: math.log2(2**x + 2**y))),
    Case("xlogy", mg.xlogy, [normal(3, 1), positive(4)], each(lambda x, y: x * math.log(y))),
    Case("xlog1py", elementwise.xlog1py, [normal(3, 1), positive(4)], each(lambda x, y: x * math.log(1 + y))),
    Case("mul/ldexp", mg.ldexp, [normal(3, 1), normal(4)], each(lambda x, y: x * 2.0**y)),
    Case(
        "where",
        lambda x, y: mg.where(mg.tensor(MASK), x, y),
        [normal(2, 4), normal(2, 4, seed=1)],
        lambda x, y: np.where(MASK, x, y),
    ),
    Case(
        "where/broadcast",
        lambda x, y: mg.where(mg.tensor(MASK), x, y),
        [normal(4), normal(3, 1, 1)],
        lambda x, y: np.where(MASK, x, y),
    ),
    Case(
        "where/number",
        lambda x: mg.where(mg.tensor(MASK), x, 2.0),
        [normal(2, 4)],
        lambda x: np.where(MASK, x, 2.0),
    ),
    Case("keep", lambda x: selection.keep(x, mg.tensor(MASK)), [normal(2, 4)], lambda x: x * MASK),
    Case("maximum", mg.maximum, [apart(3, 4), 0.37 * apart(3, 4, seed=1)], each(max)),
    Case("maximum/broadcast", mg.maximum, [apart(3, 1), 0.37 * apart(4)], each(max)),
    Case("minimum", mg.minimum, [apart(3, 4), 0.37 * apart(3, 4, seed=1)], each(min)),
    Case("fmax", mg.fmax, [apart(3, 4), 0.37 * apart(3, 1, seed=1)], each(max)),
    Case("fmin", mg.fmin, [apart(3, 4), 0.37 * apart(3, 1, seed=1)], each(min)),
    Case(
        "clamp", lambda x: mg.clamp(x, -0.52, 0.73), [apart(3, 4)], each(lambda x: min(max(x, -0.52), 0.73))
    ),
    Case("clamp/low", lambda x: mg.clamp(x, min=-0.52), [apart(3, 4)], each(lambda x: max(x, -0.52))),
    Case("clamp/high", lambda x: mg.clamp(x, max=0.73), [apart(3, 4)], each(lambda x: min(x, 0.73))),
    Case("clamp_min", mg.clamp, [apart(3, 4), 0.37 * apart(4)], each(max)),
    Case("clamp_max", lambda x, high: mg.clamp(x, max=high), [apart(3, 4), 0.37 * apart(4)], each(min)),
    Case(
        "clamp_between",
        mg.clamp,
        [apart(5, 4), 0.37 * apart(4), 0.41 * apart(4, seed=1)],
        each(lambda x, low, high: min(max(x, low), high)),
    ),
    Case(
        "heaviside",
        mg.heaviside,
        [np.array([-1.0, 0.0, 2.0, 0.0]), normal(4)],
        each(lambda x, y: y if x == 0 else float(x > 0)),
        gradient=False,
    ),
    Case("lerp", mg.lerp, [normal(3, 4), normal(4), positive(3, 1)], lambda x, y, w: x + w * (y - x)),
    Case("lerp/one shape", mg.lerp, [normal(4), normal(4), normal(4)], lambda x, y, w: x + w * (y - x)),
    Case(
        "lerp/number",
        lambda x, y: mg.lerp(x, y, 0.3),
        [normal(3, 4), normal(4)],
        lambda x, y: x + 0.3 * (y - x),
    ),
    Case(
        "addcmul",
        lambda *xs: mg.addcmul(*xs, value=0.5),
        [normal(3, 4), normal(4), normal(3, 1)],
        lambda x, a, b: x + 0.5 * a * b,
    ),
    Case(
        "addcdiv",
        lambda *xs: mg.addcdiv(*xs, value=0.5),
        [normal(3, 4), normal(4), positive(3, 1)],
        lambda x, a, b: x + 0.5 * a / b,
    ),
]
