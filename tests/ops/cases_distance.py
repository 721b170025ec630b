"""Rows for ops/distance.py."""

import numpy as np

import minigrad as mg
from tests.case import Case, apart, normal


def norm(x, p, axis=None):
    return (np.abs(x) ** p).sum(axis) ** (1 / p)


CASES = [
    Case("norm", mg.norm, [normal(3, 4)], lambda x: norm(x, 2)),
    Case("norm/rows", lambda x: mg.norm(x, 2, 1), [normal(3, 4)], lambda x: norm(x, 2, 1)),
    Case(
        "norm/columns kept",
        lambda x: mg.norm(x, 2, 0, True),
        [normal(3, 4)],
        lambda x: norm(x, 2, 0)[None],
    ),
    Case("norm/p 3", lambda x: mg.norm(x, 3, 1), [apart(3, 4)], lambda x: norm(x, 3, 1)),
    Case(
        "norm/p 1.5",
        lambda x: mg.norm(x, 1.5, (0, 2)),
        [apart(2, 3, 2)],
        lambda x: norm(x, 1.5, (0, 2)),
    ),
    Case("norm/p -1", lambda x: mg.norm(x, -1), [apart(5)], lambda x: norm(x, -1)),
    Case("norm/p 1", lambda x: mg.norm(x, 1, 1), [apart(3, 4)], lambda x: np.abs(x).sum(1)),
    Case(
        "norm/p inf",
        lambda x: mg.norm(x, np.inf, 1),
        [apart(3, 4) + 0.01],
        lambda x: np.abs(x).max(1),
    ),
    Case(
        "norm/p -inf",
        lambda x: mg.norm(x, -np.inf, 1),
        [apart(3, 4) + 0.01],
        lambda x: np.abs(x).min(1),
    ),
    Case("norm/empty", lambda x: mg.norm(x, 2, 1), [normal(3, 0)], lambda x: np.zeros(3)),
    Case(
        "norm/pairwise_distance",
        mg.pairwise_distance,
        [normal(3, 4), normal(3, 4, seed=1)],
        lambda a, b: norm(a - b + 1e-6, 2, 1),
    ),
    Case(
        "norm/cdist",
        mg.cdist,
        [normal(3, 4), normal(2, 4)],
        lambda a, b: np.array([[norm(u - v, 2) for v in b] for u in a]),
    ),
    Case(
        "norm/cdist p 3",
        lambda a, b: mg.cdist(a, b, 3.0),
        [normal(3, 4), normal(2, 4)],
        lambda a, b: np.array([[norm(u - v, 3) for v in b] for u in a]),
    ),
    Case(
        "norm/cosine_similarity",
        mg.cosine_similarity,
        [normal(3, 4), normal(3, 4, seed=1)],
        lambda a, b: np.array([u @ v / norm(u, 2) / norm(v, 2) for u, v in zip(a, b)]),
    ),
]
