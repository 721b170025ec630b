"""Rows for ops/joining.py."""

import numpy as np

import minigrad as mg
from tests.case import Case, normal


def joined(*xs, dim):
    """The rows of all ``xs`` along ``dim``, one after the other."""
    rows = [np.take(x, i, dim) for x in xs for i in range(x.shape[dim])]
    shape = list(xs[0].shape)
    shape[dim] = len(rows)
    out = np.empty(shape)
    for i, row in enumerate(rows):
        out[(slice(None),) * dim + (i,)] = row
    return out


def pieces(x, sizes, dim):
    ends = np.cumsum(sizes)
    return [np.take(x, range(end - size, end), dim) for size, end in zip(sizes, ends)]


CASES = [
    Case("cat", lambda *xs: mg.cat(xs, dim=1), [normal(2, 3), normal(2, 1)], lambda *xs: joined(*xs, dim=1)),
    Case("cat/three", lambda *xs: mg.cat(xs), [normal(2, 3), normal(0, 3), normal(1, 3)],
         lambda *xs: joined(*xs, dim=0)),
    Case("cat/one", lambda x: mg.cat([x]), [normal(2, 3)], lambda x: x),
    Case("cat/legacy empty", lambda x, y: mg.cat([y, x]), [normal(2, 3), normal(0)], lambda x, y: x),
    Case("cat/the same twice", lambda x: mg.cat([x, x], -1), [normal(2, 3)], lambda x: joined(x, x, dim=1)),
    Case("cat/hstack", lambda *xs: mg.hstack(xs), [normal(2), normal(3)], lambda *xs: joined(*xs, dim=0)),
    Case("cat/vstack", lambda *xs: mg.vstack(xs), [normal(3), normal(2, 3)], lambda x, y: np.vstack([x, y])),
    Case("cat/dstack", lambda *xs: mg.dstack(xs), [normal(3), normal(3, seed=1)],
         lambda x, y: np.dstack([x, y])),
    Case("cat/column_stack", lambda *xs: mg.column_stack(xs), [normal(3), normal(3, 2)],
         lambda x, y: np.column_stack([x, y])),
    Case("stack", lambda *xs: mg.stack(xs, dim=-1), [normal(2, 3), normal(2, 3, seed=1)],
         lambda x, y: np.moveaxis(np.array([x, y]), 0, -1)),
    Case("stack/zero dimensions", lambda *xs: mg.stack(xs), [normal(), normal(seed=1)],
         lambda x, y: np.array([x, y])),
    Case("split", lambda x: mg.split(x, 2, dim=1), [normal(2, 5)], lambda x: pieces(x, (2, 2, 1), 1)),
    Case("split/sizes", lambda x: mg.split(x, [1, 0, 3]), [normal(4, 2)], lambda x: pieces(x, (1, 0, 3), 0)),
    Case("split/chunk", lambda x: mg.chunk(x, 4), [normal(5, 2)], lambda x: pieces(x, (2, 2, 1), 0)),
    Case("split/tensor_split", lambda x: mg.tensor_split(x, 3, -1), [normal(2, 7)],
         lambda x: pieces(x, (3, 2, 2), 1)),
    Case("split/at indices", lambda x: mg.tensor_split(x, (1, 3)), [normal(5)],
         lambda x: pieces(x, (1, 2, 2), 0)),
    Case("split/only one used", lambda x: mg.split(x, 1)[1], [normal(3, 2)], lambda x: x[1:2]),
    Case("unbind", mg.unbind, [normal(3, 2)], lambda x: [x[0], x[1], x[2]]),
    Case("unbind/last", lambda x: mg.unbind(x, -1), [normal(2, 3)], lambda x: [x[:, 0], x[:, 1], x[:, 2]]),
    Case("unbind/vector", mg.unbind, [normal(2)], lambda x: [x[0], x[1]]),
    Case("unbind/only one used", lambda x: mg.unbind(x)[2], [normal(3, 2)], lambda x: x[2]),
]  # fmt: skip
