"""Tiles of accumulators that stay in vector registers: what makes a product loop fast.

A loop over NumPy arrays writes every partial sum back to memory; at one load and one store
per multiply-add it reaches a quarter of what the core can do. A *tile* is a small matrix of
partial sums, ROWS x (vectors * LANES), held in registers over a whole sum:

    tile = zeros(array, rows, vectors)                  dtype of ``array``, whatever it contains
    tile = spread(array, i, rows, vectors)              tile[r, :] = array[i + r]
    tile = add_outer(tile, a, i, b, j)                  tile[r, :] += a[i + r] * b[j : j + width]
    tile = add_dots(tile, a, i, step, b, j, offsets, k) vector (r, v) += a[i + r*step : + LANES]
                                                                             * b[j + offsets[k + v] : + LANES]
    store(tile, out, i, step)                           out[i + r*step : + width] = tile[r, :]
    add_sums(tile, out, i)                              out[i + r*vectors + v] += sum of vector (r, v)
    take_even(out, i, a, j, parts)                      out[i : + n] = a[j : j + 2n : 2], n = LANES / parts
    put_even(out, i, a, j, parts)                       out[i : i + 2n : 2] = a[j : j + n], nothing in between
    move(out, i, a, j, floor, parts)                    out[i : + n] = maximum(a[j : + n], floor), the same n
    prefetch(a, i)                                      a[i] will be needed soon
    lanes_of(a)                                         LANES, numbers of ``a`` in a vector, as a constant

``rows`` and ``vectors`` are constants of the calling kernel; arrays are flat and contiguous.
Each is a line or two of LLVM's vector IR, which the compiler turns into the widest registers
of this processor (AVX-512, AVX2, NEON) with fused multiply-adds. Nothing checks bounds.

With NUMBA_DISABLE_JIT=1 a tile is a NumPy array (rows, vectors, LANES) and the functions are
the plain ones at the end.

Above: conv_pack.py, conv_block.py, conv_weight.py. Tests: tests/kernels/test_vector.py.
"""

import numba
import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model


def _register_file() -> tuple[int, int]:
    """(bytes of a vector register, how many there are) of the processor compiled for."""
    features = numba.config.CPU_FEATURES
    if features is None:
        features = binding.get_host_cpu_features().flatten()
    if "+avx512f" in features:
        return 64, 32
    if "+avx" in features:
        return 32, 16
    return 16, 32 if "+neon" in features else 16


REGISTER_BYTES, REGISTERS = _register_file()
# Zen 4 computes a vector of 512 bits in two halves: beside moves, multiply-adds take it twice as long.
HALVES = REGISTER_BYTES >= 64 and (numba.config.CPU_NAME or binding.get_host_cpu_name()) == "znver4"


def lanes(itemsize: int) -> int:
    """Numbers of that size in one vector."""
    return REGISTER_BYTES // itemsize


class Tile(types.Type):
    """Numba's type of a tile; the sizes are part of it."""

    def __init__(self, dtype, rows, vectors):
        self.dtype, self.rows, self.vectors = dtype, rows, vectors
        self.lanes = lanes(dtype.bitwidth // 8)
        super().__init__(f"Tile({dtype}, {rows}, {vectors}, {self.lanes})")


@register_model(Tile)
class TileModel(models.PrimitiveModel):
    def __init__(self, manager, tile):
        element = ir.FloatType() if tile.dtype == types.float32 else ir.DoubleType()
        vector = ir.VectorType(element, tile.lanes)
        super().__init__(manager, tile, ir.ArrayType(vector, tile.rows * tile.vectors))


@intrinsic
def lanes_of(typing, array):
    """``lanes(array.itemsize)``, which LLVM would divide for: it takes the itemsize from memory."""
    count = lanes(array.dtype.bitwidth // 8)

    def generate(context, builder, signature, arguments):
        return _constant(count)

    return types.int64(array), generate


@intrinsic
def compile_apart(typing):
    def generate(context, builder, signature, arguments):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), generate


def _pointer(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _vector_at(builder, pointer, vector, index):
    """The vector at ``pointer[index]``, which need not be aligned to more than one element."""
    place = builder.bitcast(builder.gep(pointer, [index]), vector.as_pointer())
    return builder.load(place, align=_align(vector))


def _align(vector):
    return 4 if isinstance(vector.element, ir.FloatType) else 8


def _spread(builder, scalar, vector):
    """A vector of equal numbers."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(first, undefined, mask)


def _constant(value):
    return ir.Constant(ir.IntType(64), value)


def _keep_loads_here(builder):
    """No load may move across this point: an empty line of assembly that may touch memory.

    Otherwise LLVM unrolls the loop around a tile, starts with the loads of four turns, and has no
    register left for the sums: 50 instead of 75 GFLOP/s where there are 16 registers.
    """
    nothing = ir.FunctionType(ir.VoidType(), [])
    builder.asm(nothing, "", "~{memory}", [], side_effect=True)


def _multiply_add(builder, a, b, c):
    suffix = f"v{a.type.count}f{32 if isinstance(a.type.element, ir.FloatType) else 64}"
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(a.type, [a.type] * 3), f"llvm.fmuladd.{suffix}"
    )
    return builder.call(function, [a, b, c])


@intrinsic(prefer_literal=True)
def zeros(typing, array, rows, vectors):
    tile = Tile(array.dtype, rows.literal_value, vectors.literal_value)

    def generate(context, builder, signature, arguments):
        return ir.Constant(context.get_value_type(tile), None)

    return tile(array, rows, vectors), generate


@intrinsic(prefer_literal=True)
def spread(typing, array, i, rows, vectors):
    tile = Tile(array.dtype, rows.literal_value, vectors.literal_value)

    def generate(context, builder, signature, arguments):
        place = _pointer(context, builder, array, arguments[0], arguments[1])
        sums = ir.Constant(context.get_value_type(tile), ir.Undefined)
        for r in range(tile.rows):
            row = _spread(builder, builder.load(builder.gep(place, [_constant(r)])), sums.type.element)
            for v in range(tile.vectors):
                sums = builder.insert_value(sums, row, r * tile.vectors + v)
        return sums

    return tile(array, types.int64, rows, vectors), generate


@intrinsic
def add_outer(typing, tile, a, i, b, j):
    def generate(context, builder, signature, arguments):
        sums, a_value, i_value, b_value, j_value = arguments
        left = _pointer(context, builder, a, a_value, i_value)
        right = _pointer(context, builder, b, b_value, j_value)
        vector = sums.type.element
        _keep_loads_here(builder)
        columns = [_vector_at(builder, right, vector, _constant(v * tile.lanes)) for v in range(tile.vectors)]
        for r in range(tile.rows):
            spread = _spread(builder, builder.load(builder.gep(left, [_constant(r)])), vector)
            for v, column in enumerate(columns):
                place = r * tile.vectors + v
                total = builder.extract_value(sums, place)
                sums = builder.insert_value(sums, _multiply_add(builder, spread, column, total), place)
        return sums

    return tile(tile, a, types.int64, b, types.int64), generate


@intrinsic
def add_dots(typing, tile, a, i, step, b, j, offsets, k):
    def generate(context, builder, signature, arguments):
        sums, a_value, i_value, step_value, b_value, j_value, offsets_value, k_value = arguments
        left = _pointer(context, builder, a, a_value, i_value)
        right = _pointer(context, builder, b, b_value, j_value)
        table = _pointer(context, builder, offsets, offsets_value, k_value)
        vector = sums.type.element
        _keep_loads_here(builder)
        columns = []
        for v in range(tile.vectors):
            offset = builder.load(builder.gep(table, [_constant(v)]))
            columns.append(_vector_at(builder, right, vector, offset))
        for r in range(tile.rows):
            row = _vector_at(builder, left, vector, builder.mul(step_value, _constant(r)))
            for v, column in enumerate(columns):
                place = r * tile.vectors + v
                total = builder.extract_value(sums, place)
                sums = builder.insert_value(sums, _multiply_add(builder, row, column, total), place)
        return sums

    int64 = types.int64
    return tile(tile, a, int64, int64, b, int64, offsets, int64), generate


@intrinsic
def prefetch(typing, array, i):
    def generate(context, builder, signature, arguments):
        byte, int32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(_pointer(context, builder, array, *arguments), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, int32, int32, int32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(function, [place, int32(0), int32(3), int32(1)])  # to read, keep it near, data
        return context.get_dummy_value()

    return types.none(array, types.int64), generate


@intrinsic
def store(typing, tile, out, i, step):
    def generate(context, builder, signature, arguments):
        sums, out_value, i_value, step_value = arguments
        base = _pointer(context, builder, out, out_value, i_value)
        vector = sums.type.element
        for r in range(tile.rows):
            row = builder.gep(base, [builder.mul(step_value, _constant(r))])
            for v in range(tile.vectors):
                place = builder.bitcast(builder.gep(row, [_constant(v * tile.lanes)]), vector.as_pointer())
                builder.store(builder.extract_value(sums, r * tile.vectors + v), place, align=_align(vector))
        return context.get_dummy_value()

    return types.none(tile, out, types.int64, types.int64), generate


@intrinsic
def add_sums(typing, tile, out, i):
    def generate(context, builder, signature, arguments):
        sums, out_value, i_value = arguments
        base = _pointer(context, builder, out, out_value, i_value)
        vectors = [builder.extract_value(sums, n) for n in range(tile.rows * tile.vectors)]
        first = 0
        while first < len(vectors):
            many = tile.lanes
            while many > len(vectors) - first:
                many //= 2
            totals = _sums(builder, vectors[first : first + many])
            place = builder.bitcast(builder.gep(base, [_constant(first)]), totals.type.as_pointer())
            before = builder.load(place, align=_align(totals.type))
            builder.store(builder.fadd(before, totals), place, align=_align(totals.type))
            first += many
        return context.get_dummy_value()

    return types.none(tile, out, types.int64), generate


@intrinsic(prefer_literal=True)
def move(typing, out, i, a, j, floor, parts):
    count = max(1, lanes(a.dtype.bitwidth // 8) // parts.literal_value)

    def generate(context, builder, signature, arguments):
        out_value, i_value, a_value, j_value, floor_value, _ = arguments
        vector = ir.VectorType(floor_value.type, count)
        values = _vector_at(builder, _pointer(context, builder, a, a_value, j_value), vector, _constant(0))
        limit = _spread(builder, floor_value, vector)
        below = builder.fcmp_ordered("<", values, limit)  # false for NaN, which stays
        place = _pointer(context, builder, out, out_value, i_value)
        place = builder.bitcast(place, vector.as_pointer())
        builder.store(builder.select(below, limit, values), place, align=_align(vector))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(out, int64, a, int64, a.dtype, parts), generate


@intrinsic(prefer_literal=True)
def take_even(typing, out, i, a, j, parts):
    count = max(1, lanes(a.dtype.bitwidth // 8) // parts.literal_value)

    def generate(context, builder, signature, arguments):
        out_value, i_value, a_value, j_value, _ = arguments
        source = _pointer(context, builder, a, a_value, j_value)
        pairs = _vector_at(builder, source, ir.VectorType(source.type.pointee, 2 * count), _constant(0))
        values = _shuffle(builder, pairs, pairs, [2 * n for n in range(count)])
        place = _pointer(context, builder, out, out_value, i_value)
        builder.store(values, builder.bitcast(place, values.type.as_pointer()), align=_align(values.type))
        return context.get_dummy_value()

    return types.none(out, types.int64, a, types.int64, parts), generate


@intrinsic(prefer_literal=True)
def put_even(typing, out, i, a, j, parts):
    count = max(1, lanes(a.dtype.bitwidth // 8) // parts.literal_value)

    def generate(context, builder, signature, arguments):
        out_value, i_value, a_value, j_value, _ = arguments
        source = _pointer(context, builder, a, a_value, j_value)
        values = _vector_at(builder, source, ir.VectorType(source.type.pointee, count), _constant(0))
        pairs = _shuffle(builder, values, values, [n // 2 for n in range(2 * count)])
        place = _pointer(context, builder, out, out_value, i_value)
        place = builder.bitcast(place, pairs.type.as_pointer())
        int32, mask = ir.IntType(32), ir.VectorType(ir.IntType(1), 2 * count)
        kind = ir.FunctionType(ir.VoidType(), [pairs.type, place.type, int32, mask])
        name = f"v{2 * count}f{a.dtype.bitwidth}"
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.{name}.p0{name}")
        builder.call(function, [pairs, place, int32(_align(pairs.type)), ir.Constant(mask, [1, 0] * count)])
        return context.get_dummy_value()

    return types.none(out, types.int64, a, types.int64, parts), generate


def _sums(builder, vectors):
    """A vector of the sums of 1, 2, 4.. vectors, always added in the same order.

    Each step adds the halves of two vectors into one: the parts of the first, then of the second.
    """
    lanes, parts = vectors[0].type.count, 1
    while len(vectors) > 1:
        size = lanes // parts  # of what is left of one vector
        low = [p * size + i for p in range(parts) for i in range(size // 2)]
        low += [lanes + i for i in low]
        halves = [[i + h * (size // 2) for i in low] for h in (0, 1)]
        vectors = [
            builder.fadd(_shuffle(builder, a, b, halves[0]), _shuffle(builder, a, b, halves[1]))
            for a, b in zip(vectors[::2], vectors[1::2])
        ]
        parts *= 2
    total, size = vectors[0], lanes // parts
    while size > 1:
        low = [p * size + i for p in range(parts) for i in range(size // 2)]
        high = [i + size // 2 for i in low]
        total = builder.fadd(_shuffle(builder, total, total, low), _shuffle(builder, total, total, high))
        size //= 2
    return total


def _shuffle(builder, a, b, places):
    mask = [ir.Constant(ir.IntType(32), i) for i in places]
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(mask)), mask))


if numba.config.DISABLE_JIT:

    def lanes_of(array):
        return lanes(array.itemsize)

    def compile_apart():
        pass

    def zeros(array, rows, vectors):
        return np.zeros((rows, vectors, lanes(array.itemsize)), array.dtype)

    def spread(array, i, rows, vectors):
        return zeros(array, rows, vectors) + array[i : i + rows, None, None]

    def add_outer(tile, a, i, b, j):
        rows, width = tile.shape[0], tile[0].size
        return tile + (a[i : i + rows, None] * b[j : j + width]).reshape(tile.shape)

    def add_dots(tile, a, i, step, b, j, offsets, k):
        rows, vectors, width = tile.shape
        for r in range(rows):
            for v in range(vectors):
                at = j + offsets[k + v]
                tile[r, v] += a[i + r * step : i + r * step + width] * b[at : at + width]
        return tile

    def prefetch(array, i):
        pass

    def store(tile, out, i, step):
        for r, row in enumerate(tile.reshape(len(tile), -1)):
            out[i + r * step : i + r * step + row.size] = row

    def take_even(out, i, a, j, parts):
        n = max(1, lanes(a.itemsize) // parts)
        out[i : i + n] = a[j : j + 2 * n : 2]

    def put_even(out, i, a, j, parts):
        n = max(1, lanes(a.itemsize) // parts)
        out[i : i + 2 * n : 2] = a[j : j + n]

    def move(out, i, a, j, floor, parts):
        n = max(1, lanes(a.itemsize) // parts)
        values = a[j : j + n]
        out[i : i + n] = np.where(values < floor, floor, values)

    def add_sums(tile, out, i):
        sums = tile.sum(axis=2).reshape(-1)
        out[i : i + sums.size] += sums
