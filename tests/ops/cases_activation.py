"""Rows for ops/activation.py."""

import math

import numpy as np

import minigrad as mg
from tests.case import Case, apart, normal
from tests.ops.cases_arithmetic import each

CASES = [
    Case("relu", mg.relu, [apart(3, 4)], each(lambda x: max(x, 0.0)), covers=("relu_backward",)),
    Case(
        "sigmoid",
        mg.sigmoid,
        [normal(3, 4)],
        each(lambda x: 1 / (1 + math.exp(-x))),
        covers=("sigmoid_backward",),
    ),
    Case("sigmoid/empty", mg.sigmoid, [normal(0, 4)], np.exp),
    Case("tanh", mg.tanh, [normal(3, 4)], each(math.tanh), covers=("tanh_backward",)),
]
