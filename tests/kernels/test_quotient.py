"""Floor quotients and remainders by the vector loops: NumPy's, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import quotient

KERNELS = {
    "floor_divide": (quotient.floor_divide, np.floor_divide),
    "remainder": (quotient.remainder, np.remainder),
    "fmod": (quotient.fmod, np.fmod),
}
every_kernel = pytest.mark.parametrize("name", KERNELS)


def pairs(low, high, whole=False):
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(low, high, 20000).astype(np.float32) for _ in range(2))
    return (np.round(x), np.where(np.round(y) == 0, 1, np.round(y)).astype(np.float32)) if whole else (x, y)


@every_kernel
@pytest.mark.parametrize("bounds", [(0.1, 0.9), (-50, 50), (-1e-3, 1e-3), (-1e30, 1e30)])
@pytest.mark.parametrize("whole", [False, True])
def test_every_bit_is_numpys(name, bounds, whole):
    kernel, function = KERNELS[name]
    x, y = pairs(*bounds, whole)
    out = np.empty_like(x)
    assert kernel(x, y, out) == 0 or max(map(abs, bounds)) > 1e5 or min(abs(y)) < 1e-6
    with np.errstate(all="ignore"):
        found = mg.from_numpy(x), mg.from_numpy(y)
        np.testing.assert_array_equal(
            getattr(mg, name)(*found).numpy().view(np.int32), function(x, y).view(np.int32)
        )


@every_kernel
def test_quotients_next_to_an_integer_fall_on_the_right_side(name):
    """x is n * y rounded to float32, and its neighbours: the true quotient is just off n."""
    kernel, function = KERNELS[name]
    rng = np.random.default_rng(1)
    y = rng.uniform(0.5, 2, 30000).astype(np.float32)
    near = (y * rng.integers(1, 1 << 20, y.size)).astype(np.float32)
    x = np.concatenate([near, np.nextafter(near, np.float32(0)), np.nextafter(near, np.float32(np.inf))])
    y = np.tile(y, 3)
    out = np.empty_like(x)
    assert kernel(x, y, out) == 0
    np.testing.assert_array_equal(out, function(x, y))


@every_kernel
@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-40, 3e38])
def test_what_is_no_ordinary_quotient_is_left_to_numpy(name, odd):
    _, function = KERNELS[name]
    x, y = pairs(-5, 5)
    x[7] = y[11] = odd
    with np.errstate(all="ignore"):
        found = getattr(mg, name)(mg.from_numpy(x), mg.from_numpy(y)).numpy()
        np.testing.assert_array_equal(found, function(x, y))


@every_kernel
def test_a_number_or_a_row_divides_a_large_array(name):
    x, y = pairs(-5, 5)
    x = x.reshape(100, 200)
    for other in (y[:200], y[:1], y[:100, None]):
        found = getattr(mg, name)(mg.from_numpy(x), mg.from_numpy(other.copy())).numpy()
        np.testing.assert_array_equal(found, KERNELS[name][1](x, other))
    assert getattr(mg, name)(mg.from_numpy(x), 2.5).shape == (100, 200)
    with pytest.raises(mg.ShapeError, match="200 meets 3"):
        getattr(mg, name)(mg.from_numpy(x), mg.ones(3))
