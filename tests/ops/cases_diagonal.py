"""Rows for ops/diagonal.py. The references visit each element with its row and column."""

import numpy as np

import minigrad as mg
from tests.case import Case, normal


def on_diagonal(x, offset):
    return np.array([x[i, i + offset] for i in range(len(x)) if 0 <= i + offset < x.shape[1]])


def matrix_of(v, offset):
    size = len(v) + abs(offset)
    out = np.zeros((size, size))
    for i, value in enumerate(v):
        out[i + max(-offset, 0), i + max(offset, 0)] = value
    return out


def kept(x, keep):
    out = np.zeros_like(x)
    for *lead, i, j in np.ndindex(*x.shape):
        if keep(i, j):
            out[(*lead, i, j)] = x[(*lead, i, j)]
    return out


CASES = [
    Case("trace", mg.trace, [normal(3, 4)], lambda x: np.array(sum(x[i, i] for i in range(3)))),
    Case("diagonal", mg.diagonal, [normal(3, 4)], lambda x: on_diagonal(x, 0)),
    Case("diagonal/above", lambda x: mg.diagonal(x, 2), [normal(3, 4)], lambda x: on_diagonal(x, 2)),
    Case("diagonal/below", lambda x: mg.diagonal(x, -2), [normal(3, 4)], lambda x: on_diagonal(x, -2)),
    Case("diagonal/outside", lambda x: mg.diagonal(x, 9), [normal(3, 4)], lambda x: np.empty(0)),
    Case("diagonal/batch", lambda x: x.diagonal(0, -1, 0), [normal(3, 2, 4)],
         lambda x: np.stack([on_diagonal(x[:, b].T, 0) for b in range(2)])),
    Case("diagonal/copied", lambda x: mg.diag(x, 1), [normal(3, 3)], lambda x: on_diagonal(x, 1)),
    Case("diag_embed", lambda x: mg.diag_embed(x, -1), [normal(2, 3)],
         lambda x: np.stack([matrix_of(row, -1) for row in x])),
    Case("diag_embed/other places", lambda x: mg.diag_embed(x, 1, 0, 2), [normal(2, 3)],
         lambda x: np.stack([matrix_of(row, 1) for row in x], axis=1)),
    Case("diag_embed/diag", mg.diag, [normal(3)], lambda x: matrix_of(x, 0)),
    Case("diag_embed/diagflat", mg.diagflat, [normal(2, 2)], lambda x: matrix_of(x.ravel(), 0)),
    Case("tril", mg.tril, [normal(3, 4)], lambda x: kept(x, lambda i, j: j <= i)),
    Case("tril/batch", lambda x: mg.tril(x, -1), [normal(2, 3, 3)], lambda x: kept(x, lambda i, j: j < i)),
    Case("triu", mg.triu, [normal(3, 4)], lambda x: kept(x, lambda i, j: j >= i)),
    Case("triu/batch", lambda x: mg.triu(x, 1), [normal(2, 3, 3)], lambda x: kept(x, lambda i, j: j > i)),
    Case("pad/block_diag", mg.block_diag, [normal(1, 2), normal(2, 1)],
         lambda x, y: np.array([[*x[0], 0], [0, 0, y[0, 0]], [0, 0, y[1, 0]]])),
]  # fmt: skip
