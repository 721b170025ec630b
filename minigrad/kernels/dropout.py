"""Dropout: zero each element with probability p, scale the others.

    x, out       (N,) float
    seed         int64     which random mask; the same seed gives the same mask
    threshold    int64     p * 2**32: an element falls where its 32 random bits lie below
    start, stop  elements to work on; ``start`` is even

The random bits of element i depend on the seed and on i alone, so pieces can run in any
order, on any number of threads, and the backward makes the mask again instead of keeping it.
Source of the generator: Steele, Lea, Flood, Fast splittable pseudorandom number generators
(2014), SplitMix64, one 64-bit output for two elements. Above: ops/dropout.py.
"""

import numpy as np

from ._jit import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31, S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


@kernel()
def dropout_forward(x, seed, threshold, scale, out, start, stop):
    key = np.uint64(seed)
    limit = np.uint64(threshold)
    factor = x.dtype.type(scale)
    zero = x.dtype.type(0)
    pairs = stop // 2
    for k in range(start // 2, pairs):
        z = key + np.uint64(k + 1) * GOLDEN
        z = (z ^ (z >> S30)) * MIX_1
        z = (z ^ (z >> S27)) * MIX_2
        z = z ^ (z >> S31)
        out[2 * k] = x[2 * k] * factor if (z & LOW) >= limit else zero
        out[2 * k + 1] = x[2 * k + 1] * factor if (z >> S32) >= limit else zero
    if stop % 2:
        z = key + np.uint64(pairs + 1) * GOLDEN
        z = (z ^ (z >> S30)) * MIX_1
        z = (z ^ (z >> S27)) * MIX_2
        z = z ^ (z >> S31)
        out[stop - 1] = x[stop - 1] * factor if (z & LOW) >= limit else zero
