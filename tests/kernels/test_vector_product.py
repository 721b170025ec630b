"""What products need of tiles against a line of NumPy, compiled, in both dtypes.

As with test_vector.py, the file also passes with NUMBA_DISABLE_JIT=1 and for processors of
shorter vectors.
"""

import numpy as np
import pytest

from minigrad.kernels._jit import kernel
from minigrad.kernels._vector import add_sums, lanes, store, zeros
from minigrad.kernels._vector_product import add_pairs, add_rows, load, plus, turn

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


@kernel()
def copy(a, out):
    store(load(a, 3, 50, 3, 2), out, 1, 40)


@kernel()
def product(a, b, begin, out, terms, row_step, sum_step):
    tile = load(begin, 2, 0, 3, 2)
    for k in range(terms):
        tile = add_rows(tile, a, 1 + k * sum_step, row_step, b, 5 + 40 * k)
    store(plus(tile, load(begin, 4, 1, 3, 2)), out, 0, 40)


@kernel()
def pairs(a, b, out, terms):
    tile = zeros(a, 3, 2)
    for k in range(terms):
        tile = add_pairs(tile, a, 1 + 16 * k, 50, b, 5 + 16 * k, 70)
    add_sums(tile, out, 2)


@kernel()
def transpose(a, out):
    turn(out, 7, 20, a, 3, 30)


def random(*shape, dtype):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@both_dtypes
def test_a_tile_is_loaded_from_rows_a_step_apart(dtype):
    a, out = random(200, dtype=dtype), np.full(200, 7, dtype)
    copy(a, out)
    width = 2 * lanes(a.itemsize)
    expected = np.full(200, 7, dtype)
    for r in range(3):
        expected[1 + 40 * r : 1 + 40 * r + width] = a[3 + 50 * r : 3 + 50 * r + width]
    np.testing.assert_array_equal(out, expected)


@both_dtypes
@pytest.mark.parametrize("steps", [(10, 1), (1, 3)], ids=["rows", "columns"])
def test_rows_of_sums_begin_and_end_with_what_is_given(steps, dtype):
    a, b, begin = random(60, dtype=dtype), random(300, dtype=dtype), random(60, dtype=dtype)
    out = np.full(200, 7, dtype)
    product(a, b, begin, out, 6, *steps)
    width = 2 * lanes(a.itemsize)
    for r in range(3):
        terms = [a[1 + k * steps[1] + r * steps[0]] * b[5 + 40 * k : 5 + 40 * k + width] for k in range(6)]
        found = out[40 * r : 40 * r + width]
        tolerance = 1e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(
            found, begin[2 : 2 + width] + begin[4 + r : 4 + r + width] + sum(terms), rtol=0, atol=tolerance
        )
    assert (out == 7).sum() == 200 - 3 * width


@both_dtypes
def test_each_vector_of_a_tile_multiplies_a_row_of_either_side(dtype):
    a, b, out = random(200, dtype=dtype), random(200, dtype=dtype), np.zeros(10, dtype)
    pairs(a, b, out, 2)
    for r in range(3):
        for v in range(2):
            left, right = a[1 + 50 * r :], b[5 + 70 * v :]
            n = lanes(a.itemsize)
            expected = sum(left[k : k + n] @ right[k : k + n] for k in (0, 16))
            np.testing.assert_allclose(
                out[2 + 2 * r + v], expected, atol=1e-5 if dtype == np.float32 else 1e-13
            )
    assert not out[:2].any()
    assert not out[8:].any()


@both_dtypes
def test_a_square_is_turned(dtype):
    a, out = random(600, dtype=dtype), np.full(400, 7, dtype)
    transpose(a, out)
    n = lanes(a.itemsize)
    expected = np.full(400, 7, dtype)
    for r in range(n):
        expected[7 + r : 7 + r + 20 * n : 20] = a[3 + 30 * r : 3 + 30 * r + n]
    np.testing.assert_array_equal(out, expected)
