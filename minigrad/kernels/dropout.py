"""Dropout: zero each element with probability p, scale the others.

    x, out       (N,) float
    seed         int64     which random mask; the same seed gives the same mask
    threshold    int64     p * 2**32: an element falls where its 32 random bits lie below
    start, stop  blocks of BLOCK elements to work on

The random bits of an element depend on the seed and on its place alone, so pieces can run in
any order, on any number of threads, and the backward makes the mask again instead of keeping
it. A block takes a key of 64 bits from a generator of good quality, an element mixes it with its
number by operations on 32 bits, which every vector unit has: two multiplications, not three of
64 bits each, as AVX2 would need.
Sources: Steele, Lea, Flood, Fast splittable pseudorandom number generators (2014), SplitMix64;
Wellons, Prospecting for hash functions (2018), for the mixer of 32 bits. Above: ops/dropout.py.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import kernel
from ._share import ranged

BLOCK = 256

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31 = np.uint64(30), np.uint64(27), np.uint64(31)
ONE = np.uint64(1)
GOLDEN_32, MIX_32_1, MIX_32_2, LOW_32 = 0x9E3779B9, 0x21F0AAAD, 0xD35A2D97, 0xFFFFFFFF


@intrinsic
def mix(typing, key, j):
    """32 random bits for number j of the block with that key.

    Written for LLVM, because Numba would compute with 64 bits.
    """

    def generate(context, builder, signature, arguments):
        word = ir.IntType(32)

        def turned(z, by):
            return builder.xor(z, builder.lshr(z, ir.Constant(word, by)))

        key, number = arguments
        low = builder.trunc(key, word)
        high = builder.trunc(builder.lshr(key, ir.Constant(key.type, 32)), word)
        z = builder.mul(builder.trunc(number, word), ir.Constant(word, GOLDEN_32))
        z = turned(builder.add(low, z), 16)
        z = builder.xor(builder.mul(z, ir.Constant(word, MIX_32_1)), high)
        z = builder.mul(turned(z, 15), ir.Constant(word, MIX_32_2))
        return turned(z, 15)

    return types.uint32(types.uint64, types.int64), generate


@kernel(helper=True)
def key_of_block(seed, block):
    z = seed + (block + ONE) * GOLDEN
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)


if numba.config.DISABLE_JIT:

    def mix(key, j):
        low, high = int(key) & LOW_32, int(key) >> 32
        z = low + j * GOLDEN_32 & LOW_32
        z = (z ^ z >> 16) * MIX_32_1 & LOW_32 ^ high
        z = (z ^ z >> 15) * MIX_32_2 & LOW_32
        return z ^ z >> 15


@ranged()
def dropout_forward(x, seed, threshold, scale, out, start, stop):
    limit = np.uint32(max(threshold, 1) - 1)  # 2**32 does not fit
    factor = x.dtype.type(scale)
    zero = x.dtype.type(0)
    for block in range(start, stop):
        key = key_of_block(np.uint64(seed), np.uint64(block))
        piece = x[block * BLOCK : (block + 1) * BLOCK]
        result = out[block * BLOCK : (block + 1) * BLOCK]
        for j in range(piece.size):
            value = piece[j] * factor
            result[j] = value if mix(key, j) > limit else zero
