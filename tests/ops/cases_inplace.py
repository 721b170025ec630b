"""Rows for ops/inplace.py, and for the primitives of the tape itself.

``write`` hands back the memory it was given, so each row writes to a clone.
"""

from minigrad import reverse
from minigrad.ops import inplace
from tests.case import Case, normal


def second_column(x):
    base = x.clone()
    return base, base[:, 1].cut.steps


def write_column(x, v):
    base, steps = second_column(x)
    return inplace.write(base, v, cut=steps)


def with_column(x, v):
    x = x.copy()
    x[:, 1] = v
    return x


def set_items(x, v):
    y = x * 1.0
    y[1] = v
    y[:, :2] *= 2.0
    y[[0, 2], [1, 0]] = v[0]
    return y


def set_items_slowly(x, v):
    y = x.copy()
    for j in range(x.shape[1]):
        y[1, j] = v[j]
    for i in range(x.shape[0]):
        for j in range(2):
            y[i, j] *= 2.0
    y[0, 1] = y[2, 0] = v[0]
    return y


CASES = [
    Case("write", write_column, [normal(3, 4), normal(3)], with_column),
    Case("write/broadcast value", write_column, [normal(3, 4), normal(1)], with_column),
    Case(
        "write/everything",
        lambda x, v: inplace.write(x.clone(), v, cut=()),
        [normal(3, 2), normal(3, 2)],
        lambda x, v: v,
    ),
    Case(
        "clear_region",
        lambda x: inplace._clear(x, cut=second_column(x)[1]),
        [normal(3, 4)],
        lambda x: with_column(x, 0.0),
    ),
    Case("write/items", set_items, [normal(3, 4), normal(4)], set_items_slowly, covers=("put_at",)),
    Case("kept", reverse._kept, [normal(3, 2)], lambda x: x),
]
