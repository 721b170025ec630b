"""Rows for ops/indexing.py."""

import numpy as np

from minigrad.ops import indexing
from tests.case import Case, normal

ROWS = np.array([2, 0, 2])
COLUMNS = np.array([[1], [3]])
MASK = np.array([True, False, True])


def read(name, key, *shape, covers=()):
    return Case(name, lambda x: x[key], [normal(*shape)], lambda x: x[key], covers=covers)


def written(x, v, key):
    y = x.copy()
    y[key] = v
    return y


def write(name, key, *shapes):
    inputs = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    return Case(name, lambda x, v: indexing.put(x, key, v), inputs, lambda x, v: written(x, v, key))


CASES = [
    read("slice", (slice(1, 3), slice(None, None, 2)), 4, 5, covers=("slice_grad",)),
    read("slice/integers and a new dimension", (1, None, ..., -1), 3, 4, 2, covers=("slice_grad",)),
    read("slice/one number", (1, 2), 3, 4),
    read("slice/nothing left", slice(3, 1), 3, 4),
    read("index", ROWS, 3, 4, covers=("index_grad",)),
    read("index/second dimension", (slice(None), ROWS), 2, 3, 4, covers=("index_grad",)),
    read("index/two arrays side by side", (slice(None), ROWS, COLUMNS), 2, 3, 4, covers=("index_grad",)),
    read("index/two arrays apart", (ROWS - 2, slice(None), COLUMNS), 2, 3, 4, covers=("index_grad",)),
    read("index/mask", MASK, 3, 4, covers=("index_grad",)),
    read("index/mask of two dimensions", normal(3, 4) > 0, 3, 4, 2, covers=("index_grad",)),
    read("index/mask beside integers", (MASK, ROWS[:2]), 3, 4, covers=("index_grad",)),
    read("index/no positions", np.zeros(0, int), 3, 4, covers=("index_grad",)),
    write("put_at", (1, slice(0, 2)), (3, 4), (2,)),
    write("put_at/one number broadcast", (slice(None), 1), (3, 4), ()),
    write("put_at/array", np.array([2, 0]), (3, 4), (2, 4)),
    write("put_at/mask", MASK, (3, 4), (4,)),
    write("put_at/everything", ..., (3, 4), (3, 1)),
    write("put_at/array, values with leading ones", np.array([2, 0]), (3, 4), (1, 1, 4)),
    write("write/values with leading ones", slice(1, None), (3, 4), (1, 1, 1, 4)),
]
