"""Dropout: zero each element with probability p, scale the others.

    x, out       (N,) float
    seed         int64     which random mask; the same seed gives the same mask
    threshold    int64     p * 2**32: an element falls where its 32 random bits lie below
    start, stop  blocks of BLOCK elements to work on

The random bits of an element depend on the seed and on its place alone, so pieces can run in
any order, on any number of threads, and the backward makes the mask again instead of keeping
it. One 64-bit number serves elements j and j + HALF of a block: stored one run after the
other, the loops are vector code (0.1 ns an element; element by element it was 8).
Source of the generator: Steele, Lea, Flood, Fast splittable pseudorandom number generators
(2014), SplitMix64. Above: ops/dropout.py.
"""

import numpy as np

from ._share import ranged

HALF = 128
BLOCK = 2 * HALF

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31, S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
ONE = np.uint64(1)


@ranged()
def dropout_forward(x, seed, threshold, scale, out, start, stop):
    key = np.uint64(seed)
    limit = np.uint64(threshold)
    factor = x.dtype.type(scale)
    zero = x.dtype.type(0)
    bits = np.empty(BLOCK, np.uint32)
    for block in range(start, stop):
        first = np.uint64(block * HALF)
        for j in range(HALF):
            z = key + (first + np.uint64(j) + ONE) * GOLDEN
            z = (z ^ (z >> S30)) * MIX_1
            z = (z ^ (z >> S27)) * MIX_2
            z = z ^ (z >> S31)
            bits[j] = np.uint32(z & LOW)
            bits[j + HALF] = np.uint32(z >> S32)
        piece = x[block * BLOCK : (block + 1) * BLOCK]
        result = out[block * BLOCK : (block + 1) * BLOCK]
        for j in range(piece.size):
            result[j] = piece[j] * factor if bits[j] >= limit else zero
