"""Every function on tiles against a line of NumPy, compiled, in both dtypes.

The same file passes with NUMBA_DISABLE_JIT=1, where the plain versions stand in, and with
NUMBA_CPU_NAME set to a processor of shorter vectors.
"""

import numpy as np
import pytest

from minigrad.kernels._jit import kernel
from minigrad.kernels._vector import (
    add_dots,
    add_outer,
    add_sums,
    lanes,
    lanes_of,
    move,
    put_even,
    spread,
    store,
    take_even,
    zeros,
)
from minigrad.kernels._vector_pool import (
    copy_scaled,
    max_of_four,
    max_of_taps,
    mean_of_taps,
    part_pairs,
    send_to_four,
    sum_of_windows,
)

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


@kernel()
def outer(a, b, bias, out, terms):
    tile = spread(bias, 1, 4, 3)
    for k in range(terms):
        tile = add_outer(tile, a, 4 * k + 2, b, 7 * k)
    store(tile, out, 1, 200)


@kernel()
def dots(a, b, offsets, out, steps, width):
    tile = zeros(a, 2, 3)
    for i in range(steps):
        tile = add_dots(tile, a, i * width, 100, b, i * width, offsets, 1)
    add_sums(tile, out, 2)


@kernel()
def nine_sums(a, b, offsets, out):
    add_sums(add_dots(zeros(a, 1, 9), a, 0, 0, b, 0, offsets, 0), out, 0)


@kernel()
def moves(out, a, floor):
    move(out, 1, a, 2, floor, 1)
    move(out, 41, a, 2, floor, 2)


@kernel()
def evens(out, a):
    take_even(out, 1, a, 3, 1)
    take_even(out, 41, a, 3, 2)


@kernel()
def apart(out, a):
    put_even(out, 1, a, 3, 1)
    put_even(out, 61, a, 3, 2)


@kernel()
def four(y, where, x):
    max_of_four(y, where, 1, x, 2, 50, 1)


@kernel()
def four_back(dx, g, where, y):
    send_to_four(dx, 2, 50, g, where, y, 1, 1)


@kernel()
def taps(y, where, x, offsets, first):
    max_of_taps(y, where, 1, x, 2, offsets, first, 3)


def of_parts(parts):
    """The functions that may take parts of a vector, for one number of parts."""

    @kernel()
    def part(x, out):
        part_pairs(x, 3, out, 1, 30, parts)

    @kernel()
    def means(y, x, scale, rows, width):
        mean_of_taps(y, 1, x, 2, 40, rows, width, scale, 3, 1, parts)
        mean_of_taps(y, 31, x, 2, 40, rows, width, scale, 3, 2, parts)

    @kernel()
    def places(dx, g, rows, width):
        sum_of_windows(dx, 1, g, 5, 30, rows, width, 1, parts)
        sum_of_windows(dx, 41, g, 5, 30, rows, width, 2, parts)

    return part, means, places


OF_PARTS = {parts: of_parts(parts) for parts in (1, 2, 4)}
in_parts = pytest.mark.parametrize("parts", OF_PARTS)


def count_of(dtype, parts):
    return max(1, lanes(np.dtype(dtype).itemsize) // parts)


@kernel()
def copies(out, a, scale):
    copy_scaled(out, 3, a, 2, scale, 1)


@kernel()
def count_lanes(a):
    return lanes_of(a)


def random(*shape, dtype):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def tolerance(dtype):
    return 1e-5 if dtype == np.float32 else 1e-13


@both_dtypes
def test_a_tile_of_outer_products(dtype):
    a, b, bias = random(30, dtype=dtype), random(200, dtype=dtype), random(6, dtype=dtype)
    width = 3 * lanes(a.itemsize)
    out = np.full(1000, 7, dtype)
    outer(a, b, bias, out, 5)
    for r in range(4):
        expected = bias[1 + r] + sum(a[4 * k + 2 + r] * b[7 * k : 7 * k + width] for k in range(5))
        found = out[1 + 200 * r : 1 + 200 * r + width]
        np.testing.assert_allclose(found, expected, rtol=0, atol=10 * tolerance(dtype))
    assert (out == 7).sum() == 1000 - 4 * width


@both_dtypes
def test_a_tile_of_dot_products_adds_its_sums(dtype):
    a, b = random(200, dtype=dtype), random(200, dtype=dtype)
    offsets = np.array([99, 3, 0, 11])
    width = lanes(a.itemsize)
    out = np.ones(10, dtype)
    dots(a, b, offsets, out, 3, width)
    n = 3 * width
    expected = [1 + a[100 * r : 100 * r + n] @ b[o : o + n] for r in range(2) for o in offsets[1:]]
    np.testing.assert_allclose(out[2:8], expected, rtol=0, atol=30 * tolerance(dtype))
    np.testing.assert_array_equal(out[[0, 1, 8, 9]], 1)


@both_dtypes
def test_sums_of_a_number_of_vectors_that_is_no_power_of_two(dtype):
    a, b = random(64, dtype=dtype), random(100, dtype=dtype)
    out = np.zeros(10, dtype)
    nine_sums(a, b, np.arange(9), out)
    n = lanes(a.itemsize)
    expected = [a[:n] @ b[o : o + n] for o in range(9)]
    np.testing.assert_allclose(out[:9], expected, rtol=0, atol=30 * tolerance(dtype))
    assert out[9] == 0


@both_dtypes
def test_move_raises_to_the_floor_and_keeps_nan(dtype):
    a = random(60, dtype=dtype)
    a[3] = np.nan
    n = lanes(a.itemsize)
    out = np.full(100, 7, dtype)
    moves(out, a, dtype(0))
    expected = np.where(a < 0, 0, a)
    np.testing.assert_array_equal(out[1 : 1 + n], expected[2 : 2 + n])
    np.testing.assert_array_equal(out[41 : 41 + n // 2], expected[2 : 2 + n // 2])
    assert (out == 7).sum() == 100 - n - n // 2


@both_dtypes
def test_take_even_takes_every_second_number(dtype):
    a = random(60, dtype=dtype)
    n = lanes(a.itemsize)
    out = np.full(100, 7, dtype)
    evens(out, a)
    np.testing.assert_array_equal(out[1 : 1 + n], a[3 : 3 + 2 * n : 2])
    np.testing.assert_array_equal(out[41 : 41 + n // 2], a[3 : 3 + n : 2])
    assert (out == 7).sum() == 100 - n - n // 2


@both_dtypes
def test_put_even_writes_every_second_number_and_nothing_between(dtype):
    a = random(60, dtype=dtype)
    n = lanes(a.itemsize)
    out = np.full(100, 7, dtype)
    apart(out, a)
    np.testing.assert_array_equal(out[1 : 1 + 2 * n : 2], a[3 : 3 + n])
    np.testing.assert_array_equal(out[61 : 61 + n : 2], a[3 : 3 + n // 2])
    assert (out == 7).sum() == 100 - n - n // 2


@both_dtypes
def test_the_largest_of_four_is_the_first_of_equals_and_the_last_nan(dtype):
    x = np.random.default_rng(1).integers(0, 3, 100).astype(dtype)
    x[[4, 50, 7]] = np.nan
    n = lanes(x.itemsize)
    y, where = np.zeros(40, dtype), np.full(40, 9, np.uint8)
    four(y, where, x)
    for j in range(n):
        values = [x[2 + 2 * j], x[3 + 2 * j], x[50 + 2 * j], x[51 + 2 * j]]
        nans = [t for t in range(4) if np.isnan(values[t])]
        tap = nans[-1] if nans else values.index(max(values))
        assert where[1 + j] == tap
        np.testing.assert_array_equal(y[1 + j], values[tap])
    assert (where == 9).sum() == 40 - n


@both_dtypes
@pytest.mark.parametrize("masked", [False, True])
def test_a_gradient_goes_to_one_of_four_places(masked, dtype):
    g = random(40, dtype=dtype)
    where = np.random.default_rng(2).integers(0, 4, 40).astype(np.uint8)
    n = lanes(g.itemsize)
    dx = np.full(100, 7, dtype)
    y = np.random.default_rng(3).integers(-1, 2, 40).astype(dtype)
    y[1] = np.nan
    four_back(dx, g, where, y if masked else None)
    expected = np.full(100, 7, dtype)
    for j in range(n):
        places = [2 + 2 * j, 3 + 2 * j, 50 + 2 * j, 51 + 2 * j]
        expected[places] = 0
        expected[places[where[1 + j]]] = 0 if masked and y[1 + j] <= 0 else g[1 + j]
    np.testing.assert_array_equal(dx, expected)


@both_dtypes
def test_the_largest_of_taps_is_the_first_of_equals_and_the_last_nan(dtype):
    x = np.random.default_rng(1).integers(0, 3, 100).astype(dtype)
    x[[4, 25, 7]] = np.nan
    offsets = np.array([0, 1, 20, 21, 5])
    n = lanes(x.itemsize)
    x[offsets + 2 + n - 1] = -np.inf
    first = np.arange(40, dtype=np.uint8) + 50
    y, where = np.zeros(40, dtype), np.full(40, 9, np.uint8)
    taps(y, where, x, offsets, first)
    for j in range(n - 1):
        values = x[2 + j + offsets].tolist()
        nans = [t for t in range(5) if np.isnan(values[t])]
        tap = nans[-1] if nans else values.index(max(values))
        assert where[1 + j] == tap
        np.testing.assert_array_equal(y[1 + j], values[tap])
    assert y[n] == -np.inf
    assert where[n] == first[3 + n - 1]
    assert (where == 9).sum() == 40 - n


@both_dtypes
@in_parts
def test_pairs_are_parted(parts, dtype):
    x, n = random(60, dtype=dtype), count_of(dtype, parts)
    out = np.full(60, 7, dtype)
    OF_PARTS[parts][0](x, out)
    np.testing.assert_array_equal(out[1 : 1 + n], x[3 : 3 + 2 * n : 2])
    np.testing.assert_array_equal(out[30 : 30 + n], x[4 : 4 + 2 * n : 2])
    assert (out == 7).sum() == 60 - 2 * n


@both_dtypes
@pytest.mark.parametrize("width", [2, 3, 4, 5])
@pytest.mark.parametrize("rows", [0, 1, 3])
@in_parts
def test_means_of_windows_one_or_two_columns_apart(parts, rows, width, dtype):
    x, scale = random(200, dtype=dtype), random(40, dtype=dtype)
    n = count_of(dtype, parts)
    y = np.full(70, 7, dtype)
    OF_PARTS[parts][1](y, x, scale, rows, width)
    for out, columns in ((1, 1), (31, 2)):
        for j in range(n):
            taps = [x[2 + 40 * u + v + columns * j] for u in range(rows) for v in range(width)]
            np.testing.assert_allclose(y[out + j], sum(taps) * scale[3 + j], 0, 20 * tolerance(dtype))
    assert (y == 7).sum() == 70 - 2 * n


@both_dtypes
@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("rows", [0, 1, 2])
@in_parts
def test_places_gather_what_their_windows_send(parts, rows, width, dtype):
    g, n = random(80, dtype=dtype), count_of(dtype, parts)
    dx = np.full(90, 7, dtype)
    OF_PARTS[parts][2](dx, g, rows, width)
    for out, columns in ((1, 1), (41, 2)):
        for j in range(columns * n):
            taps = [(i, v) for i in range(rows) for v in range(j % columns, width, columns)]
            total = sum(g[5 + 30 * i - v // columns + j // columns] for i, v in taps)
            np.testing.assert_allclose(dx[out + j], total, 0, 20 * tolerance(dtype))
    assert (dx == 7).sum() == 90 - 3 * n


@both_dtypes
def test_a_vector_is_scaled(dtype):
    a, scale, n = random(30, dtype=dtype), random(30, dtype=dtype), lanes(np.dtype(dtype).itemsize)
    out = np.full(40, 7, dtype)
    copies(out, a, scale)
    np.testing.assert_array_equal(out[3 : 3 + n], a[2 : 2 + n] * scale[1 : 1 + n])
    assert (out == 7).sum() == 40 - n


@both_dtypes
def test_the_lanes_of_an_array_are_known_while_compiling(dtype):
    assert count_lanes(np.zeros(1, dtype)) == lanes(np.dtype(dtype).itemsize)
