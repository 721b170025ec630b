"""Rows for ops/trigonometry.py and ops/rounding.py."""

import math

import numpy as np

import minigrad as mg
from tests.case import Case, apart, normal, positive
from tests.ops.cases_arithmetic import each


def mapped(name, function, inputs, **options):
    return Case(name, getattr(mg, name.split("/")[0]), inputs, each(function), **options)


INSIDE = 0.9 * np.cos(apart(3, 4))  # within (-1, 1)
SIGNED = np.array([1.5, -0.5, 2.5, -1.25])
SPECIAL = np.array([1.5, np.inf, -np.inf, np.nan])

CASES = [
    mapped("sin", math.sin, [normal(3, 4)]),
    mapped("cos", math.cos, [normal(3, 4)]),
    mapped("tan", math.tan, [INSIDE]),
    mapped("asin", math.asin, [INSIDE]),
    mapped("acos", math.acos, [INSIDE]),
    mapped("atan", math.atan, [normal(3, 4)]),
    mapped("sinh", math.sinh, [normal(3, 4)]),
    mapped("cosh", math.cosh, [normal(3, 4)]),
    mapped("asinh", math.asinh, [normal(3, 4)]),
    mapped("acosh", math.acosh, [1 + positive(3, 4)], rtol32=1e-4),
    mapped("atanh", math.atanh, [INSIDE], rtol32=1e-4),
    mapped("atan2", math.atan2, [apart(3, 1), apart(4)]),
    mapped("hypot", math.hypot, [apart(3, 1), apart(4)]),
    mapped("sinc", lambda x: math.sin(math.pi * x) / (math.pi * x), [apart(3, 4)]),
    Case("sinc/at zero", mg.sinc, [np.zeros(2)], np.ones_like, second_order=False),
    mapped("angle", lambda x: math.pi if x < 0 else 0.0, [apart(3, 4)]),
    Case(
        "frexp",
        lambda x: mg.frexp(x).mantissa,
        [np.array([[1.3, -0.7], [5.1, -3.3]])],
        each(lambda x: math.frexp(x)[0]),
    ),
    Case("mul/deg2rad", mg.deg2rad, [normal(3, 4)], each(math.radians)),
    Case("mul/rad2deg", mg.rad2deg, [normal(3, 4)], each(math.degrees)),
    Case("floor", mg.floor, [apart(3, 4, gap=0.17)], each(math.floor)),
    Case("ceil", mg.ceil, [apart(3, 4, gap=0.17)], each(math.ceil)),
    Case("trunc", mg.trunc, [apart(3, 4, gap=0.17)], each(math.trunc)),
    Case("round", mg.round, [apart(3, 4, gap=0.17)], each(round)),
    Case("round/halves", mg.round, [np.array([-1.5, -0.5, 0.5, 1.5, 2.5])], each(round), gradient=False),
    Case("round/decimals", lambda x: mg.round(x, decimals=2), [normal(3, 4)], each(lambda x: round(x, 2))),
    Case("round/tens", lambda x: mg.round(x, decimals=-1), [normal(4) * 30], each(lambda x: round(x, -1))),
    Case("frac", mg.frac, [apart(3, 4, gap=0.17)], each(lambda x: math.fmod(x, 1.0))),
    Case("copysign", mg.copysign, [SIGNED, -SIGNED[::-1]], each(math.copysign)),
    Case("copysign/broadcast", mg.copysign, [apart(3, 1), apart(4)], each(math.copysign)),
    Case("nextafter", mg.nextafter, [SIGNED, -SIGNED], each(math.nextafter), rtol=0),
    Case(
        "nan_to_num",
        lambda x: mg.nan_to_num(x, nan=7.0, posinf=8.0, neginf=9.0),
        [SPECIAL],
        lambda x: np.array([1.5, 8.0, 9.0, 7.0]),
        gradient=False,
    ),
    Case("nan_to_num/finite", mg.nan_to_num, [normal(3, 4)], lambda x: x),
]
