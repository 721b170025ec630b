"""Kernels over a table of arrays: every element once, whatever the sizes, dtypes and threads."""

import numpy as np
import pytest

from minigrad.kernels import _pool
from minigrad.kernels._pool import CHUNK
from minigrad.kernels._table import of_table, table_of

SIZES = [1, 0, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 100_001, 2]


@of_table(3)
def weigh(x, y, out, factor, shift):
    for i in range(x.size):
        out[i] += factor * x[i] + y[i] + shift


@pytest.mark.parametrize("number", [1, 2, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_element_of_every_set_is_visited_once(dtype, number, monkeypatch):
    monkeypatch.setattr(_pool, "_threads", number)
    random = np.random.default_rng(0)
    framed, sets = [], []
    for size in SIZES:
        arrays = [np.full(size + 2, np.nan, dtype) for _ in range(3)]
        inner = [a[1:-1] for a in arrays]
        inner[0][:], inner[1][:], inner[2][:] = random.integers(-9, 9, size), random.integers(-9, 9, size), 5
        inner[0].flags.writeable = False
        framed.append(arrays)
        sets.append(tuple(inner))
    table, chunks = table_of(sets)
    assert chunks == sum(-(-size // CHUNK) for size in SIZES)
    _pool.run(weigh, chunks, table, np.empty(0, dtype), (2.0, 1.0), work=1e9)
    for (x, y, out), arrays in zip(sets, framed):
        np.testing.assert_array_equal(out, 5 + 2 * x + y + 1)
        assert all(np.isnan(a[[0, -1]]).all() for a in arrays)


def test_arrays_of_more_than_one_dimension_are_read_in_order():
    x, out = np.arange(12.0).reshape(3, 4), np.zeros((3, 4))
    table, chunks = table_of([(x, x, out)])
    _pool.run(weigh, chunks, table, np.empty(0), (1.0, 0.0))
    np.testing.assert_array_equal(out, 2 * x)
