"""Pooling in vector registers: of 2 x 2 windows, and of windows whose places are laid out side by side.

    max_of_four(y, where, i, x, top, bottom, parts)
        y[i + j], where[i + j] = largest of x[top + 2j], x[top + 2j + 1], x[bottom + 2j], x[bottom + 2j + 1]
        and its number 0..3; of equal ones the first, of NaN the last
    send_to_four(dx, top, bottom, g, where, i, parts)
        the transpose: g[i + j] goes to the place that where[i + j] names, zeros to the other three

for j < LANES / parts, and for windows of any kind

    max_of_taps(y, where, i, x, k, offsets, first, j)
        y[i + l], where[i + l] = largest of x[k + offsets[t] + l] over all t, and t; first[j + l] where
        nothing is above -inf
    add_where(out, k, g, where, i, tap, skip)
        out[k + l] += g[i + l] where where[i + l] == tap, the first ``skip`` lanes apart
    part_pairs(x, i, out, even, odd)
        out[even + l] = x[i + 2l], out[odd + l] = x[i + 2l + 1]
    join_pairs(out, i, x, even, odd)
        out[i + 2l] = x[even + l], out[i + 2l + 1] = x[odd + l]

for l < LANES. A plain loop does the same number by number: a row of 12 outputs is too
short for the vectors that a compiler makes of it. With NUMBA_DISABLE_JIT=1 the functions at the
end serve.

Below: _vector.py. Above: pool.py. Tests: tests/kernels/test_vector.py.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ._vector import _align, _constant, _pointer, _shuffle, _spread, _vector_at, lanes


def _element(dtype):
    return ir.FloatType() if dtype == types.float32 else ir.DoubleType()


def _store(builder, vector, pointer, index, align):
    place = builder.bitcast(builder.gep(pointer, [index]), vector.type.as_pointer())
    builder.store(vector, place, align=align)


@intrinsic(prefer_literal=True)
def max_of_four(typing, y, where, i, x, top, bottom, parts):
    count = max(1, lanes(x.dtype.bitwidth // 8) // parts.literal_value)

    def generate(context, builder, signature, arguments):
        y_value, where_value, i_value, x_value, top_value, bottom_value, _ = arguments
        pair = ir.VectorType(_element(x.dtype), 2 * count)
        best = tap = None
        for row, start in enumerate((top_value, bottom_value)):
            pointer = _pointer(context, builder, x, x_value, start)
            both = _vector_at(builder, pointer, pair, _constant(0))
            for column in range(2):
                value = _shuffle(builder, both, both, [2 * j + column for j in range(count)])
                number = ir.Constant(ir.VectorType(ir.IntType(8), count), [2 * row + column] * count)
                if best is None:
                    best, tap = value, number
                    continue
                # Not (value <= best): larger, or one of the two is NaN. A NaN that is already the
                # best must stay, unless the value is NaN too.
                larger = builder.fcmp_ordered(">", value, best)
                is_nan = builder.fcmp_unordered("uno", value, value)
                take = builder.or_(larger, is_nan)
                best = builder.select(take, value, best)
                tap = builder.select(take, number, tap)
        _store(builder, best, _pointer(context, builder, y, y_value, i_value), _constant(0), _align(pair))
        _store(builder, tap, _pointer(context, builder, where, where_value, i_value), _constant(0), 1)
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(y, where, int64, x, int64, int64, parts), generate


@intrinsic(prefer_literal=True)
def send_to_four(typing, dx, top, bottom, g, where, i, parts):
    count = max(1, lanes(g.dtype.bitwidth // 8) // parts.literal_value)

    def generate(context, builder, signature, arguments):
        dx_value, top_value, bottom_value, g_value, where_value, i_value, _ = arguments
        vector = ir.VectorType(_element(g.dtype), count)
        bytes_ = ir.VectorType(ir.IntType(8), count)
        values = _vector_at(builder, _pointer(context, builder, g, g_value, i_value), vector, _constant(0))
        place = builder.bitcast(_pointer(context, builder, where, where_value, i_value), bytes_.as_pointer())
        taps = builder.load(place, align=1)
        zero = ir.Constant(vector, None)
        mixed = [j + column * count for j in range(count) for column in range(2)]
        for row, start in enumerate((top_value, bottom_value)):
            columns = []
            for column in range(2):
                number = ir.Constant(bytes_, [2 * row + column] * count)
                columns.append(builder.select(builder.icmp_unsigned("==", taps, number), values, zero))
            both = _shuffle(builder, columns[0], columns[1], mixed)
            _store(
                builder, both, _pointer(context, builder, dx, dx_value, start), _constant(0), _align(vector)
            )
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(dx, int64, int64, g, where, int64, parts), generate


@intrinsic
def max_of_taps(typing, y, where, i, x, k, offsets, first, j):
    count = lanes(x.dtype.bitwidth // 8)

    def generate(context, builder, signature, arguments):
        y_value, where_value, i_value, x_value, k_value, offsets_value, first_value, j_value = arguments
        vector = ir.VectorType(_element(x.dtype), count)
        # Numbers of taps as wide as the values: both then follow one mask.
        wide = ir.VectorType(ir.IntType(x.dtype.bitwidth), count)
        bytes_ = ir.VectorType(ir.IntType(8), count)
        place = builder.bitcast(_pointer(context, builder, first, first_value, j_value), bytes_.as_pointer())
        best = cgutils.alloca_once_value(builder, ir.Constant(vector, [float("-inf")] * count))
        found = cgutils.alloca_once_value(builder, builder.zext(builder.load(place, align=1), wide))
        source = _pointer(context, builder, x, x_value, k_value)
        table = context.make_array(offsets)(context, builder, offsets_value)
        with cgutils.for_range(builder, cgutils.unpack_tuple(builder, table.shape, 1)[0]) as loop:
            value = _vector_at(builder, source, vector, builder.load(builder.gep(table.data, [loop.index])))
            before = builder.load(best)
            # Not (value <= best), as above.
            larger = builder.fcmp_ordered(">", value, before)
            take = builder.or_(larger, builder.fcmp_unordered("uno", value, value))
            tap = _spread(builder, _resized(builder, loop.index, wide.element), wide)
            builder.store(builder.select(take, value, before), best)
            builder.store(builder.select(take, tap, builder.load(found)), found)
        _store(builder, builder.load(best), _pointer(context, builder, y, y_value, i_value), _constant(0),
               _align(vector))  # fmt: skip
        taps = builder.trunc(builder.load(found), bytes_)
        _store(builder, taps, _pointer(context, builder, where, where_value, i_value), _constant(0), 1)
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(y, where, int64, x, int64, offsets, first, int64), generate


def _resized(builder, number, element):
    return number if number.type == element else builder.trunc(number, element)


@intrinsic
def part_pairs(typing, x, i, out, even, odd):
    count = lanes(x.dtype.bitwidth // 8)

    def generate(context, builder, signature, arguments):
        x_value, i_value, out_value, even_value, odd_value = arguments
        pairs = ir.VectorType(_element(x.dtype), 2 * count)
        both = _vector_at(builder, _pointer(context, builder, x, x_value, i_value), pairs, _constant(0))
        for column, start in enumerate((even_value, odd_value)):
            half = _shuffle(builder, both, both, [2 * n + column for n in range(count)])
            place = _pointer(context, builder, out, out_value, start)
            _store(builder, half, place, _constant(0), _align(pairs))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(x, int64, out, int64, int64), generate


@intrinsic
def join_pairs(typing, out, i, x, even, odd):
    count = lanes(x.dtype.bitwidth // 8)

    def generate(context, builder, signature, arguments):
        out_value, i_value, x_value, even_value, odd_value = arguments
        vector = ir.VectorType(_element(x.dtype), count)
        columns = [
            _vector_at(builder, _pointer(context, builder, x, x_value, start), vector, _constant(0))
            for start in (even_value, odd_value)
        ]
        both = _shuffle(builder, *columns, [j + column * count for j in range(count) for column in range(2)])
        _store(
            builder, both, _pointer(context, builder, out, out_value, i_value), _constant(0), _align(vector)
        )
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(out, int64, x, int64, int64), generate


@intrinsic
def add_where(typing, out, k, g, where, i, tap, skip):
    count = lanes(g.dtype.bitwidth // 8)

    def generate(context, builder, signature, arguments):
        out_value, k_value, g_value, where_value, i_value, tap_value, skip_value = arguments
        vector = ir.VectorType(_element(g.dtype), count)
        wide = ir.VectorType(ir.IntType(g.dtype.bitwidth), count)
        bytes_ = ir.VectorType(ir.IntType(8), count)
        values = _vector_at(builder, _pointer(context, builder, g, g_value, i_value), vector, _constant(0))
        place = builder.bitcast(_pointer(context, builder, where, where_value, i_value), bytes_.as_pointer())
        taps = builder.zext(builder.load(place, align=1), wide)
        mine = builder.icmp_signed(
            "==", taps, _spread(builder, _resized(builder, tap_value, wide.element), wide)
        )
        skipped = _spread(builder, _resized(builder, skip_value, wide.element), wide)
        counted = builder.icmp_signed(">=", ir.Constant(wide, list(range(count))), skipped)
        kept = builder.select(builder.and_(mine, counted), values, ir.Constant(vector, None))
        target = _pointer(context, builder, out, out_value, k_value)
        total = builder.fadd(_vector_at(builder, target, vector, _constant(0)), kept)
        _store(builder, total, target, _constant(0), _align(vector))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(out, int64, g, where, int64, int64, int64), generate


if numba.config.DISABLE_JIT:

    def max_of_taps(y, where, i, x, k, offsets, first, j):
        n = lanes(x.itemsize)
        best, found = np.full(n, -np.inf, x.dtype), first[j : j + n].copy()
        for tap, offset in enumerate(offsets):
            value = x[k + offset : k + offset + n]
            take = (value > best) | np.isnan(value)
            best, found = np.where(take, value, best), np.where(take, tap, found)
        y[i : i + n], where[i : i + n] = best, found

    def part_pairs(x, i, out, even, odd):
        n = lanes(x.itemsize)
        out[even : even + n], out[odd : odd + n] = x[i : i + 2 * n : 2], x[i + 1 : i + 2 * n : 2]

    def max_of_four(y, where, i, x, top, bottom, parts):
        n = max(1, lanes(x.itemsize) // parts)
        four = [x[s + c : s + c + 2 * n : 2] for s in (top, bottom) for c in (0, 1)]
        best, tap = four[0].copy(), np.zeros(n, np.uint8)
        for number, value in enumerate(four[1:], 1):
            take = (value > best) | np.isnan(value)
            best, tap = np.where(take, value, best), np.where(take, number, tap)
        y[i : i + n], where[i : i + n] = best, tap

    def send_to_four(dx, top, bottom, g, where, i, parts):
        n = max(1, lanes(g.itemsize) // parts)
        for number in range(4):
            start = (top, bottom)[number // 2] + number % 2
            dx[start : start + 2 * n : 2] = np.where(where[i : i + n] == number, g[i : i + n], 0)

    def join_pairs(out, i, x, even, odd):
        n = lanes(x.itemsize)
        out[i : i + 2 * n : 2], out[i + 1 : i + 2 * n : 2] = x[even : even + n], x[odd : odd + n]

    def add_where(out, k, g, where, i, tap, skip):
        n = lanes(g.itemsize)
        mine = (where[i : i + n] == tap) & (np.arange(n) >= skip)
        out[k : k + n] += np.where(mine, g[i : i + n], 0)
