"""Products in tiles: the values of NumPy's, and the same bits for any number of threads."""

import ctypes
import os
import subprocess
import sys

import numpy as np
import pytest

from minigrad import threads
from minigrad.kernels import _blas, product, product_block
from minigrad.kernels._vector import lanes

FLOATS = [np.float32, np.float64]
both_dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=lambda d: d.__name__)
# One block, blocks of columns, of rows, and both; several panels of the sum; the widths around
# one, two, three and four vectors of either dtype.
SHAPES = [
    (64, 784, 128), (300, 200, 257), (17, 900, 700), (900, 700, 17), (9, 513, 300), (512, 40, 1100),
    (130, 257, 49), (33, 300, 64), (2, 900, 100), (3, 2000, 33), (61, 1, 5000), (700, 500, 5),
    (5, 6, 7), (0, 3, 4), (3, 0, 4), (300, 0, 400), (1, 700, 300), (700, 300, 1),
    (10, 588, 512), (64, 1541, 10), (16, 300, 8), (3, 903, 70),
]  # fmt: skip
FORMS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "every second": lambda x: np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, ::2],
    "backwards": lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    "part of a larger one": lambda x: np.pad(x, ((1, 2), (3, 1)))[1:-2, 3:-1],
}


@pytest.fixture(autouse=True)
def threads_restored():
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def matrices(M, K, N, dtype, seed=0):
    random = np.random.default_rng(seed)
    return (random.standard_normal(s).astype(dtype) for s in ((M, K), (K, N), (N,)))


def check(found, a, b, bias=0):
    """Rounding of a sum of K products grows as the root of K, relative to the products."""
    assert found.dtype == a.dtype
    assert found.shape == (a.shape[0], b.shape[1])
    assert found.flags.c_contiguous
    assert found.flags.writeable
    a, b = a.astype(np.float64), b.astype(np.float64)
    size = np.sqrt(np.square(a) @ np.square(b)) + np.abs(bias) + 1e-30
    unit = 1e-6 if found.dtype == np.float32 else 2e-15
    assert np.all(np.abs(found - (a @ b + bias)) <= unit * max(1, a.shape[1]) ** 0.5 * size)


@pytest.mark.parametrize("dtype", [*FLOATS, np.int64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("transposed", ["neither", "a", "b"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values_are_right_and_have_the_same_bits_on_any_threads(shape, transposed, dtype):
    a, b, _ = ((8 * x).astype(dtype) for x in matrices(*shape, np.float64))
    a = np.asfortranarray(a) if transposed == "a" else a
    b = np.asfortranarray(b) if transposed == "b" else b
    results = []
    for number in (1, 2, 4):
        threads.set_num_threads(number)
        results.append(product.matmul(a, b))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
    if dtype is np.int64:
        np.testing.assert_array_equal(results[0], a @ b)
    else:
        check(results[0], a, b)


@both_dtypes
@pytest.mark.parametrize("forms", ["rows rows", "rows columns", "columns rows", "columns columns"])
def test_every_small_size_in_tiles(forms, dtype, monkeypatch):
    monkeypatch.setattr(product, "TINY", -1)
    form_a, form_b = (FORMS[name] for name in forms.split())
    whole_a, whole_b, whole_bias = matrices(20, 20, 40, dtype)
    for M in range(21):
        for K in (*range(0, 21, 3), 1, 16, 17):
            for N in (*range(21), 31, 32, 33, 40):
                a, b, bias = form_a(whole_a[:M, :K]), form_b(whole_b[:K, :N]), whole_bias[:N].copy()
                check(product.matmul(a, b, bias), a, b, bias)


@both_dtypes
@pytest.mark.parametrize("form_b", FORMS)
@pytest.mark.parametrize("form_a", FORMS)
def test_any_strides(form_a, form_b, dtype):
    a, b, bias = matrices(37, 301, 75, dtype)
    check(product.matmul(FORMS[form_a](a), FORMS[form_b](b), FORMS["rows"](bias)), a, b, bias)
    strided = np.repeat(bias, 2)[::2]
    np.testing.assert_array_equal(product.matmul(a, b, strided), product.matmul(a, b, bias))


@both_dtypes
def test_random_sizes(dtype):
    random = np.random.default_rng(3)
    for seed in range(60):
        M, K, N = (int(n) for n in np.exp(random.uniform(0, 6.2, 3)))
        a, b, bias = matrices(M, K, N, dtype, seed)
        form_a, form_b = random.choice(["rows", "columns"], 2)
        check(product.matmul(FORMS[form_a](a), FORMS[form_b](b), bias), a, b, bias)


@both_dtypes
@pytest.mark.parametrize(("down", "across"), [(1, 1), (1, 3), (3, 1), (4, 2)], ids=str)
@pytest.mark.parametrize("turned", [False, True], ids=["rows", "columns"])
def test_nothing_beyond_the_arrays_is_written_or_counts(turned, down, across, dtype):
    n = lanes(np.dtype(dtype).itemsize)
    for M, K, N in [(33, 19, 3 * n), (40, 300, 4 * n + 5), (32, n + 1, 5 * n - 1), (35, n, 9 * n + 1)]:
        a, b, bias = matrices(M, K, N, dtype)
        arrays = [a, b.T if turned else b, bias, np.zeros((M, N), dtype)]
        framed = [np.full(x.size + 200, np.nan, dtype) for x in arrays]
        inner = []
        for frame, x in zip(framed, arrays):
            frame[100:-100] = x.reshape(-1)
            inner.append(frame[100:-100])
        product_block.multiply(
            inner[0], K, 1, inner[1], K if turned else N, turned, inner[2], inner[3].dtype.type(-np.inf),
            inner[3], K, N, down, across, 0, down * across,
        )  # fmt: skip
        check(inner[3].reshape(M, N).copy(), a, b, bias)
        assert all(np.isnan(f[:100]).all() and np.isnan(f[-100:]).all() for f in framed)


@both_dtypes
@pytest.mark.parametrize("form_b", ["rows", "columns"])
def test_nan_and_infinity_reach_their_row_or_column_only(form_b, dtype):
    a, b, bias = matrices(45, 270, 83, dtype)
    a[44, 269], a[7, 3], b[269, 82], b[0, 40] = np.nan, np.inf, np.nan, -np.inf
    with np.errstate(invalid="ignore"):
        expected = a.astype(np.float64) @ b.astype(np.float64) + bias
    found = product.matmul(a, FORMS[form_b](b), bias)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)


@both_dtypes
@pytest.mark.parametrize(
    ("M", "K", "N"), [(40, 900, 83), (64, 128, 10), (100, 200, 3), (1, 3000, 80), (5, 7, 6)], ids=str
)
def test_a_floor_raises_what_is_below_it_and_leaves_nan(M, K, N, dtype):
    # In tiles of several parts of the sum, without packing, narrow, one row, and tiny.
    a, b, bias = matrices(M, K, N, dtype)
    a[0, 0] = np.nan
    b = FORMS["columns"](b)
    plain = product.matmul(a, b, bias)
    assert (plain[1:] < 0).any() or M == 1
    found = product.matmul(a, b, bias, floor=0.0)
    np.testing.assert_array_equal(found, np.maximum(plain, 0))
    assert np.isnan(found[0]).all()


@both_dtypes
def test_read_only_inputs_stay_as_they_are(dtype):
    a, b, bias = matrices(40, 100, 50, dtype)
    expected = product.matmul(a, b, bias)
    copies = [x.copy() for x in (a, b, bias)]
    for x in (a, b, bias):
        x.flags.writeable = False
    np.testing.assert_array_equal(product.matmul(a, b, bias), expected)
    for x, copy in zip((a, b, bias), copies):
        np.testing.assert_array_equal(x, copy)


def test_a_number_that_starts_between_two_words_and_one_of_the_other_byte_order():
    a, b, _ = matrices(40, 100, 50, np.float32)
    shifted = np.frombuffer(b"." + a.tobytes(), np.uint8)[1:].view(np.float32).reshape(a.shape)
    assert not shifted.flags.aligned
    np.testing.assert_array_equal(product.matmul(shifted, b), product.matmul(a, b))
    check(product.matmul(a.astype(">f4"), b).astype(np.float32), a, b)


def test_mixed_dtypes_and_half_precision_are_numpys():
    a, b, _ = matrices(70, 70, 70, np.float32)
    for x, y in [(a, b.astype(np.float64)), (a.astype(np.float16), b.astype(np.float16))]:
        np.testing.assert_array_equal(product.matmul(x, y), x @ y)


def test_a_batch_is_numpys():
    a, b, _ = matrices(4 * 50, 60, 70, np.float32)
    a = a.reshape(4, 50, 60)
    np.testing.assert_allclose(product.matmul(a, b), a @ b, rtol=0, atol=1e-4)


def test_sizes_that_do_not_fit_are_an_error():
    a, b, _ = matrices(70, 70, 70, np.float32)
    with pytest.raises(ValueError, match="matmul"):
        product.matmul(a, b[:-1])


def test_blas_is_held_to_one_thread_where_it_is_openblas():
    if not _blas.hold_blas():
        pytest.skip("NumPy uses another BLAS")
    library = ctypes.CDLL(np.linalg._umath_linalg.__file__)
    for name in _blas._SETTERS:
        getter = getattr(library, name.replace("set", "get", 1), None)
        if getter is not None:
            assert getter() == 1
            return
    pytest.fail("a setter without its getter")


INVERSES = """
import hashlib
import numpy as np
import minigrad as mg

x = mg.from_numpy(np.random.default_rng(0).standard_normal((500, 500), np.float32))
digests = [hashlib.sha256(mg.linalg.inv(x).numpy().tobytes()).hexdigest() for _ in range(2)]
x @ x
print(*digests, hashlib.sha256(mg.linalg.inv(x).numpy().tobytes()).hexdigest())
"""


def test_an_inverse_has_the_same_bits_whatever_was_computed_before_and_however_many_threads_blas_had():
    digests = set()
    for number in "124":
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": number}
        command = [sys.executable, "-c", INVERSES]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        digests.update(done.stdout.split())
    assert len(digests) == 1
