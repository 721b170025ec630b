"""Products in blocks: the values of NumPy's, and the same bits for any number of threads."""

import ctypes

import numpy as np
import pytest

from minigrad import threads
from minigrad.kernels import product

SHAPES = [(300, 200, 257), (17, 900, 700), (900, 700, 17), (5, 6, 7), (0, 3, 4), (3, 0, 4)]


@pytest.fixture(autouse=True)
def threads_restored():
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("transposed", ["neither", "a", "b"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_blocks_agree_with_the_whole_and_have_the_same_bits_on_any_threads(shape, transposed, dtype):
    M, K, N = shape
    random = np.random.default_rng(0)
    a = (random.standard_normal((M, K)) * 8).astype(dtype)
    b = (random.standard_normal((K, N)) * 8).astype(dtype)
    a = np.asfortranarray(a) if transposed == "a" else a
    b = np.asfortranarray(b) if transposed == "b" else b
    results = []
    for number in (1, 2, 4):
        threads.set_num_threads(number)
        results.append(product.matmul(a, b))
    assert results[0].dtype == dtype
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
    tolerance = {"f": 1e-4, "d": 1e-12, "l": 0}[np.dtype(dtype).char]
    expected = a.astype(np.float64) @ b.astype(np.float64)
    np.testing.assert_allclose(results[0], expected, rtol=0, atol=tolerance * max(1, 64 * np.sqrt(K)))


def test_blas_is_held_to_one_thread_where_it_is_openblas():
    if not product.hold_blas():
        pytest.skip("NumPy uses another BLAS")
    library = ctypes.CDLL(np.linalg._umath_linalg.__file__)
    for name in product._SETTERS:
        getter = getattr(library, name.replace("set", "get", 1), None)
        if getter is not None:
            assert getter() == 1
            return
    pytest.fail("a setter without its getter")
