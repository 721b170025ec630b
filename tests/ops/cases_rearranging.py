"""Rows for ops/rearranging.py."""

import itertools

import numpy as np

import minigrad as mg
from tests.case import Case, normal


def rolled(x, shift):
    return np.array([x[(i - shift) % len(x)] for i in range(len(x))])


CASES = [
    Case("flip", lambda x: mg.flip(x, (0, 2)), [normal(2, 3, 4)], lambda x: x[::-1, :, ::-1]),
    Case("flip/none", lambda x: mg.flip(x, ()), [normal(2, 3)], lambda x: x),
    Case("flip/left and right", mg.fliplr, [normal(2, 3)], lambda x: x[:, ::-1]),
    Case("flip/up and down", mg.flipud, [normal(3)], lambda x: x[::-1]),
    Case("flip/rot90", mg.rot90, [normal(2, 3)], lambda x: np.array([x[:, 2], x[:, 1], x[:, 0]])),
    Case("flip/rot90 back", lambda x: mg.rot90(x, -1, (1, 2)), [normal(2, 2, 3)],
         lambda x: np.rot90(x, -1, (1, 2))),
    Case("roll", lambda x: mg.roll(x, 2), [normal(5)], lambda x: rolled(x, 2)),
    Case("roll/flat", lambda x: mg.roll(x, -1), [normal(2, 3)],
         lambda x: rolled(x.ravel(), -1).reshape(2, 3)),
    Case("roll/two", lambda x: mg.roll(x, (1, -2), (0, 1)), [normal(3, 4)],
         lambda x: rolled(rolled(x, 1).T, -2).T),
    Case("expand/repeat", lambda x: x.repeat(2, 1, 3), [normal(2, 2)],
         lambda x: np.array([np.hstack([x, x, x])] * 2)),
    Case("expand/tile", lambda x: mg.tile(x, (2,)), [normal(2, 2)], lambda x: np.hstack([x, x])),
    Case("repeat_each", lambda x: mg.repeat_interleave(x, 2, dim=1), [normal(2, 2)],
         lambda x: np.array([[r[0], r[0], r[1], r[1]] for r in x])),
    Case("index/repeat_interleave by counts", lambda x, n: mg.repeat_interleave(x, n, 0),
         [normal(3, 2), np.array([2, 0, 1])], lambda x, n: np.array([x[0], x[0], x[2]])),
    Case("expand/meshgrid", lambda x, y: mg.meshgrid(x, y, indexing="xy"), [normal(2), normal(3)],
         lambda x, y: [np.array([x] * 3), np.array([y] * 2).T]),
    Case("stack/cartesian_prod", mg.cartesian_prod, [normal(2), normal(3)],
         lambda x, y: np.array([[a, b] for a in x for b in y])),
    Case("index/combinations", lambda x: mg.combinations(x, 3), [normal(4)],
         lambda x: np.array(list(itertools.combinations(x, 3)))),
    Case("stack/vander", lambda x: mg.vander(x, 4), [normal(3)], lambda x: np.array([x**3, x**2, x, x**0]).T),
]  # fmt: skip
