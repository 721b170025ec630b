"""Pooling in vector registers: of 2 x 2 windows, and of windows whose places are laid out side by side.

    max_of_four(y, where, i, x, top, bottom, parts)
        y[i + j], where[i + j] = largest of x[top + 2j], x[top + 2j + 1], x[bottom + 2j], x[bottom + 2j + 1]
        and its number 0..3; of equal ones the first, of NaN the last
    send_to_four(dx, top, bottom, g, where, y, i, parts)
        the transpose: g[i + j] goes to the place that where[i + j] names, zeros to the other three; to
        all four where y[i + j] <= 0, unless y is None

for j < LANES / parts, and for windows of any kind

    max_of_taps(y, where, i, x, k, offsets, first, j)
        y[i + l], where[i + l] = largest of x[k + offsets[t] + l] over all t, and t; first[j + l] where
        nothing is above -inf
    mean_of_taps(y, i, x, k, row, rows, width, scale, s, columns, parts)
        y[i + l] = scale[s + l] * sum of x[k + u*row + v + columns*l] for u < rows, v < width
    sum_of_windows(dx, k, g, s, line, rows, width, columns, parts)
        dx[k + columns*l + c] = sum of g[s + i*line - a + l] for i < rows, a*columns + c < width
    copy_scaled(out, k, a, i, scale, s)
        out[k + l] = a[i + l] * scale[s + l]
    part_pairs(x, i, out, even, odd, parts)
        out[even + l] = x[i + 2l], out[odd + l] = x[i + 2l + 1]

for l < LANES / parts (1 where that is less), ``columns`` 1 or 2. A plain loop does the same number by
number: a row of 12 outputs is too short for the vectors that a compiler makes of it, and a row that is
shorter than a vector needs parts of one. With NUMBA_DISABLE_JIT=1 the functions at the end serve.

Below: _vector.py. Above: pool.py. Tests: tests/kernels/test_vector.py.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ._vector import _align, _constant, _pointer, _shuffle, _spread, _vector_at, lanes


def _count(array, parts):
    return max(1, lanes(array.dtype.bitwidth // 8) // parts.literal_value)


def _element(dtype):
    return ir.FloatType() if dtype == types.float32 else ir.DoubleType()


def _store(builder, vector, pointer, index, align):
    place = builder.bitcast(builder.gep(pointer, [index]), vector.type.as_pointer())
    builder.store(vector, place, align=align)


@intrinsic(prefer_literal=True)
def max_of_four(typing, y, where, i, x, top, bottom, parts):
    count = _count(x, parts)

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
def send_to_four(typing, dx, top, bottom, g, where, y, i, parts):
    count = _count(g, parts)

    def generate(context, builder, signature, arguments):
        dx_value, top_value, bottom_value, g_value, where_value, y_value, i_value, _ = arguments
        vector = ir.VectorType(_element(g.dtype), count)
        bytes_ = ir.VectorType(ir.IntType(8), count)
        values = _vector_at(builder, _pointer(context, builder, g, g_value, i_value), vector, _constant(0))
        place = builder.bitcast(_pointer(context, builder, where, where_value, i_value), bytes_.as_pointer())
        taps = builder.load(place, align=1)
        zero = ir.Constant(vector, None)
        if not isinstance(y, types.NoneType):
            place = _pointer(context, builder, y, y_value, i_value)
            outputs = _vector_at(builder, place, vector, _constant(0))
            # False for NaN, which lets the gradient pass.
            values = builder.select(builder.fcmp_ordered("<=", outputs, zero), zero, values)
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
    return types.none(dx, int64, int64, g, where, y, int64, parts), generate


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


@intrinsic(prefer_literal=True)
def mean_of_taps(typing, y, i, x, k, row, rows, width, scale, s, columns, parts):
    count, two = _count(x, parts), columns.literal_value == 2

    def generate(context, builder, signature, arguments):
        y_value, i_value, x_value, k_value, row_value, rows_value, width_value, scale_value, s_value = (
            arguments[:9]
        )
        vector = ir.VectorType(_element(x.dtype), count)
        total = cgutils.alloca_once_value(builder, ir.Constant(vector, None))
        wide = ir.VectorType(vector.element, 2 * count) if two else vector
        partial = cgutils.alloca_once(builder, wide)

        def sum_of_rows(column):
            builder.store(ir.Constant(wide, None), partial)
            with cgutils.for_range(builder, rows_value) as loop:
                offset = builder.add(builder.mul(loop.index, row_value), builder.add(k_value, column))
                value = _vector_at(
                    builder, _pointer(context, builder, x, x_value, offset), wide, _constant(0)
                )
                builder.store(builder.fadd(builder.load(partial), value), partial)
            return builder.load(partial)

        def add(value):
            builder.store(builder.fadd(builder.load(total), value), total)

        def half(both, column):
            return _shuffle(builder, both, both, [2 * n + column for n in range(count)])

        if two:
            with cgutils.for_range(builder, builder.lshr(width_value, _constant(1))) as loop:
                both = sum_of_rows(builder.mul(loop.index, _constant(2)))
                add(builder.fadd(half(both, 0), half(both, 1)))
            # The column left over is the second of a pair: nothing beyond the window is read.
            odd = builder.icmp_signed("==", builder.and_(width_value, _constant(1)), _constant(1))
            with builder.if_then(odd):
                add(half(sum_of_rows(builder.sub(width_value, _constant(2))), 1))
        else:
            with cgutils.for_range(builder, width_value) as loop:
                add(sum_of_rows(loop.index))
        scales = _vector_at(
            builder, _pointer(context, builder, scale, scale_value, s_value), vector, _constant(0)
        )
        place = _pointer(context, builder, y, y_value, i_value)
        _store(builder, builder.fmul(builder.load(total), scales), place, _constant(0), _align(vector))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(y, int64, x, int64, int64, int64, int64, scale, int64, columns, parts), generate


@intrinsic(prefer_literal=True)
def sum_of_windows(typing, dx, k, g, s, line, rows, width, columns, parts):
    count, pace = _count(g, parts), columns.literal_value

    def generate(context, builder, signature, arguments):
        dx_value, k_value, g_value, s_value, line_value, rows_value, width_value = arguments[:7]
        vector = ir.VectorType(_element(g.dtype), count)
        totals = [cgutils.alloca_once_value(builder, ir.Constant(vector, None)) for _ in range(pace)]

        def add(here, some):
            """The windows at ``here``, to the first ``some`` of the columns."""
            values = _vector_at(builder, _pointer(context, builder, g, g_value, here), vector, _constant(0))
            for total in totals[:some]:
                builder.store(builder.fadd(builder.load(total), values), total)

        whole, rest = builder.udiv(width_value, _constant(pace)), builder.urem(width_value, _constant(pace))
        odd = builder.icmp_signed("!=", rest, _constant(0))
        with cgutils.for_range(builder, rows_value) as row:
            here = builder.add(s_value, builder.mul(row.index, line_value))
            with cgutils.for_range(builder, whole) as loop:
                add(builder.sub(here, loop.index), pace)
            with builder.if_then(odd):
                add(builder.sub(here, whole), 1)
        result = builder.load(totals[0])
        if pace == 2:
            mixed = [n + column * count for n in range(count) for column in range(2)]
            result = _shuffle(builder, result, builder.load(totals[1]), mixed)
        place = _pointer(context, builder, dx, dx_value, k_value)
        _store(builder, result, place, _constant(0), _align(vector))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(dx, int64, g, int64, int64, int64, int64, columns, parts), generate


@intrinsic
def copy_scaled(typing, out, k, a, i, scale, s):
    count = lanes(a.dtype.bitwidth // 8)

    def generate(context, builder, signature, arguments):
        out_value, k_value, a_value, i_value, scale_value, s_value = arguments
        vector = ir.VectorType(_element(a.dtype), count)
        values = _vector_at(builder, _pointer(context, builder, a, a_value, i_value), vector, _constant(0))
        place = _pointer(context, builder, scale, scale_value, s_value)
        values = builder.fmul(values, _vector_at(builder, place, vector, _constant(0)))
        place = _pointer(context, builder, out, out_value, k_value)
        _store(builder, values, place, _constant(0), _align(vector))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(out, int64, a, int64, scale, int64), generate


def _resized(builder, number, element):
    return number if number.type == element else builder.trunc(number, element)


@intrinsic(prefer_literal=True)
def part_pairs(typing, x, i, out, even, odd, parts):
    count = _count(x, parts)

    def generate(context, builder, signature, arguments):
        x_value, i_value, out_value, even_value, odd_value, _ = arguments
        pairs = ir.VectorType(_element(x.dtype), 2 * count)
        both = _vector_at(builder, _pointer(context, builder, x, x_value, i_value), pairs, _constant(0))
        for column, start in enumerate((even_value, odd_value)):
            half = _shuffle(builder, both, both, [2 * n + column for n in range(count)])
            place = _pointer(context, builder, out, out_value, start)
            _store(builder, half, place, _constant(0), _align(pairs))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(x, int64, out, int64, int64, parts), generate


if numba.config.DISABLE_JIT:

    def max_of_taps(y, where, i, x, k, offsets, first, j):
        n = lanes(x.itemsize)
        best, found = np.full(n, -np.inf, x.dtype), first[j : j + n].copy()
        for tap, offset in enumerate(offsets):
            value = x[k + offset : k + offset + n]
            take = (value > best) | np.isnan(value)
            best, found = np.where(take, value, best), np.where(take, tap, found)
        y[i : i + n], where[i : i + n] = best, found

    def mean_of_taps(y, i, x, k, row, rows, width, scale, s, columns, parts):
        n, total = max(1, lanes(x.itemsize) // parts), 0
        for u in range(rows):
            for v in range(width):
                at = k + u * row + v
                total = total + x[at : at + columns * n : columns][:n]
        y[i : i + n] = total * scale[s : s + n]

    def sum_of_windows(dx, k, g, s, line, rows, width, columns, parts):
        n = max(1, lanes(g.itemsize) // parts)
        dx[k : k + columns * n] = 0
        for i in range(rows):
            for v in range(width):
                at, c = s + i * line - v // columns, k + v % columns
                dx[c : c + columns * n : columns][:n] += g[at : at + n]

    def copy_scaled(out, k, a, i, scale, s):
        n = lanes(a.itemsize)
        out[k : k + n] = a[i : i + n] * scale[s : s + n]

    def part_pairs(x, i, out, even, odd, parts):
        n = max(1, lanes(x.itemsize) // parts)
        out[even : even + n], out[odd : odd + n] = x[i : i + 2 * n : 2], x[i + 1 : i + 2 * n : 2]

    def max_of_four(y, where, i, x, top, bottom, parts):
        n = max(1, lanes(x.itemsize) // parts)
        four = [x[s + c : s + c + 2 * n : 2] for s in (top, bottom) for c in (0, 1)]
        best, tap = four[0].copy(), np.zeros(n, np.uint8)
        for number, value in enumerate(four[1:], 1):
            take = (value > best) | np.isnan(value)
            best, tap = np.where(take, value, best), np.where(take, number, tap)
        y[i : i + n], where[i : i + n] = best, tap

    def send_to_four(dx, top, bottom, g, where, y, i, parts):
        n = max(1, lanes(g.itemsize) // parts)
        kept = g[i : i + n] if y is None else np.where(y[i : i + n] <= 0, 0, g[i : i + n])
        for number in range(4):
            start = (top, bottom)[number // 2] + number % 2
            dx[start : start + 2 * n : 2] = np.where(where[i : i + n] == number, kept, 0)
