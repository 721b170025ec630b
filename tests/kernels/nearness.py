"""What the tests of convolution kernels share: random arrays, and how near is near."""

import numpy as np

PRECISION = {np.float32: 1e-5, np.float64: 1e-13}


def random(*shape, dtype, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def assert_near(found, expected, dtype):
    np.testing.assert_allclose(found, expected, rtol=0, atol=PRECISION[dtype] * np.abs(expected).max())
