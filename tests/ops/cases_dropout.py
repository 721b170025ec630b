"""Rows for ops/dropout.py."""

import numpy as np

from minigrad.ops import dropout
from tests.case import Case, normal

MASK = (1 << 64) - 1


def splitmix64(seed, k):
    z = (seed + (k + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def wellons32(key, j):
    z = (key + j * 0x9E3779B9) % 2**32
    z = (z ^ (z >> 16)) * 0x21F0AAAD % 2**32 ^ (key >> 32)
    z = (z ^ (z >> 15)) * 0xD35A2D97 % 2**32
    return z ^ (z >> 15)


def with_seed(seed, p):
    def masked(x):
        out = []
        for i, v in enumerate(x.reshape(-1)):
            block, j = divmod(i, 256)
            bits = wellons32(splitmix64(seed, block), j)
            out.append(v / (1 - p) if bits >= int(p * 2**32) else 0.0)
        return np.array(out).reshape(x.shape)

    return masked


CASES = [
    Case("dropout", lambda x: dropout._dropout(x, p=0.4, seed=7), [normal(5, 4)], with_seed(7, 0.4)),
    Case(
        "dropout/several blocks",
        lambda x: dropout._dropout(x, p=0.4, seed=9),
        [normal(3, 100)],
        with_seed(9, 0.4),
    ),
    Case(
        "dropout/odd size",
        lambda x: dropout._dropout(x, p=0.7, seed=2**63 - 1),
        [normal(3, 3, 3)],
        with_seed(2**63 - 1, 0.7),
    ),
    Case("dropout/all", lambda x: dropout._dropout(x, p=1.0, seed=1), [normal(3)], np.zeros_like),
    Case("dropout/empty", lambda x: dropout._dropout(x, p=0.5, seed=1), [normal(0, 3)], np.zeros_like),
]
