"""The transforms of Winograd's convolution beside two products of matrices, compiled, in both dtypes.

As with test_vector.py, the file also passes with NUMBA_DISABLE_JIT=1 and for processors of
shorter vectors.
"""

import numpy as np
import pytest

from minigrad.kernels import _vector_winograd
from minigrad.kernels._jit import kernel
from minigrad.kernels._vector import lanes

BT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
AT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
MATRICES = {
    "to_planes": BT,
    "gradient_to_planes": AT.T,
    "weight_to_planes": G,
    "weight_from_planes": G.T,
}
# Numbers between rows and columns of the patch that is written and of the one that is read.
STEPS = (200, 40, 190, 45)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


def calling(transform):
    @kernel()
    def call(out, a):
        transform(out, 3, 200, 40, a, 1, 190, 45)

    return call


calls = {name: calling(getattr(_vector_winograd, name)) for name in MATRICES}
from_planes, block_width = _vector_winograd.from_planes, _vector_winograd.block_width


@kernel()
def back(out, a, floor):
    from_planes(out, 3, 200, 40, a, 1, 190, 45, floor)


@kernel()
def width_of(a):
    return block_width(a)


def patch(array, start, row, col, size, width):
    return np.array([[array[start + r * row + c * col :][:width] for c in range(size)] for r in range(size)])


def check(call, matrix, dtype, *arguments):
    rows, size = matrix.shape
    width = 2 * lanes(np.dtype(dtype).itemsize)
    a = np.random.default_rng(0).standard_normal(900).astype(dtype)
    out = np.full(1000, 7, dtype)
    call(out, a, *arguments)
    expected = np.einsum("rk,klx,cl->rcx", matrix, patch(a, 1, *STEPS[2:], size, width), matrix)
    if arguments:
        expected = np.maximum(expected, arguments[0])
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(patch(out, 3, *STEPS[:2], rows, width), expected, rtol=0, atol=tolerance)
    assert (out == 7).sum() == 1000 - rows * rows * width


@both_dtypes
@pytest.mark.parametrize("name", MATRICES)
def test_a_patch_is_multiplied_from_both_sides(name, dtype):
    check(calls[name], MATRICES[name], dtype)


@both_dtypes
@pytest.mark.parametrize("floor", [-np.inf, 0.0])
def test_outputs_are_raised_to_the_floor(floor, dtype):
    check(back, AT, dtype, dtype(floor))


@both_dtypes
def test_nan_is_not_raised(dtype):
    out = np.zeros(1000, dtype)
    back(out, np.full(900, np.nan, dtype), dtype(0))
    assert np.isnan(out[3])


@both_dtypes
def test_a_block_is_two_vectors_wide(dtype):
    assert width_of(np.zeros(1, dtype)) == 2 * lanes(np.dtype(dtype).itemsize)


def test_the_three_transforms_make_a_convolution():
    random = np.random.default_rng(1)
    d, g = random.standard_normal((4, 4)), random.standard_normal((3, 3))
    expected = [[(d[i : i + 3, j : j + 3] * g).sum() for j in range(2)] for i in range(2)]
    np.testing.assert_allclose(AT @ ((G @ g @ G.T) * (BT @ d @ BT.T)) @ AT.T, expected, rtol=1e-12)
