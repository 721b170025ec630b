"""What a matrix product needs of tiles beyond _vector.py.

    tile = load(array, i, step, rows, vectors)        tile[r, :] = array[i + r*step : + width]
    tile = add_rows(tile, a, i, step, b, j)           tile[r, :] += a[i + r*step] * b[j : j + width]
    tile = add_pairs(tile, a, i, step, b, j, b_step)  vector (r, v) += a[i + r*step : + LANES]
                                                                       * b[j + v*b_step : + LANES]
    tile = plus(tile, other)                          tile[r, :] += other[r, :]
    tile = at_least(tile, floor)                      what is below ``floor`` becomes it; a NaN stays
    turn(out, i, out_step, a, j, a_step)              out[i + c*out_step + r] = a[j + r*a_step + c]
                                                      for r and c in range(LANES)

Nothing checks bounds. With NUMBA_DISABLE_JIT=1 the plain versions at the end stand in.

Below: _vector.py. Above: product_block.py, product_dots.py, conv_last_block.py.
Tests: tests/kernels/test_vector_product.py.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._vector import (
    Tile,
    _align,
    _constant,
    _keep_loads_here,
    _multiply_add,
    _pointer,
    _shuffle,
    _spread,
    _vector_at,
    lanes,
)


@intrinsic(prefer_literal=True)
def load(typing, array, i, step, rows, vectors):
    tile = Tile(array.dtype, rows.literal_value, vectors.literal_value)

    def generate(context, builder, signature, arguments):
        place = _pointer(context, builder, array, arguments[0], arguments[1])
        sums = ir.Constant(context.get_value_type(tile), ir.Undefined)
        for r in range(tile.rows):
            row = builder.gep(place, [builder.mul(arguments[2], _constant(r))])
            for v in range(tile.vectors):
                values = _vector_at(builder, row, sums.type.element, _constant(v * tile.lanes))
                sums = builder.insert_value(sums, values, r * tile.vectors + v)
        return sums

    return tile(array, types.int64, types.int64, rows, vectors), generate


@intrinsic
def add_rows(typing, tile, a, i, step, b, j):
    def generate(context, builder, signature, arguments):
        sums, a_value, i_value, step_value, b_value, j_value = arguments
        left = _pointer(context, builder, a, a_value, i_value)
        right = _pointer(context, builder, b, b_value, j_value)
        vector = sums.type.element
        _keep_loads_here(builder)
        columns = [_vector_at(builder, right, vector, _constant(v * tile.lanes)) for v in range(tile.vectors)]
        for r in range(tile.rows):
            scalar = builder.load(builder.gep(left, [builder.mul(step_value, _constant(r))]))
            row = _spread(builder, scalar, vector)
            for v, column in enumerate(columns):
                place = r * tile.vectors + v
                total = builder.extract_value(sums, place)
                sums = builder.insert_value(sums, _multiply_add(builder, row, column, total), place)
        return sums

    return tile(tile, a, types.int64, types.int64, b, types.int64), generate


@intrinsic
def add_pairs(typing, tile, a, i, step, b, j, b_step):
    def generate(context, builder, signature, arguments):
        sums, a_value, i_value, step_value, b_value, j_value, b_step_value = arguments
        left = _pointer(context, builder, a, a_value, i_value)
        right = _pointer(context, builder, b, b_value, j_value)
        vector = sums.type.element
        _keep_loads_here(builder)
        columns = [
            _vector_at(builder, right, vector, builder.mul(b_step_value, _constant(v)))
            for v in range(tile.vectors)
        ]
        for r in range(tile.rows):
            row = _vector_at(builder, left, vector, builder.mul(step_value, _constant(r)))
            for v, column in enumerate(columns):
                place = r * tile.vectors + v
                total = builder.extract_value(sums, place)
                sums = builder.insert_value(sums, _multiply_add(builder, row, column, total), place)
        return sums

    int64 = types.int64
    return tile(tile, a, int64, int64, b, int64, int64), generate


@intrinsic
def plus(typing, tile, other):
    def generate(context, builder, signature, arguments):
        sums, others = arguments
        for place in range(tile.rows * tile.vectors):
            total = builder.fadd(builder.extract_value(sums, place), builder.extract_value(others, place))
            sums = builder.insert_value(sums, total, place)
        return sums

    return tile(tile, other), generate


@intrinsic
def at_least(typing, tile, floor):
    def generate(context, builder, signature, arguments):
        sums, limit = arguments
        limit = _spread(builder, limit, sums.type.element)
        for place in range(tile.rows * tile.vectors):
            values = builder.extract_value(sums, place)
            below = builder.fcmp_ordered("<", values, limit)
            sums = builder.insert_value(sums, builder.select(below, limit, values), place)
        return sums

    return tile(tile, tile.dtype), generate


@intrinsic
def turn(typing, out, i, out_step, a, j, a_step):
    count = lanes(a.dtype.bitwidth // 8)

    def generate(context, builder, signature, arguments):
        out_value, i_value, out_step_value, a_value, j_value, a_step_value = arguments
        source = _pointer(context, builder, a, a_value, j_value)
        target = _pointer(context, builder, out, out_value, i_value)
        vector = ir.VectorType(source.type.pointee, count)
        rows = [
            _vector_at(builder, source, vector, builder.mul(a_step_value, _constant(r))) for r in range(count)
        ]
        # Squares of 2, 4, 8.. numbers change places across the diagonal.
        half = 1
        while half < count:
            upper = [n + count - half if n & half else n for n in range(count)]
            lower = [n + count if n & half else n + half for n in range(count)]
            for r in range(count):
                if not r & half:
                    a_row, b_row = rows[r], rows[r + half]
                    rows[r] = _shuffle(builder, a_row, b_row, upper)
                    rows[r + half] = _shuffle(builder, a_row, b_row, lower)
            half *= 2
        for c, row in enumerate(rows):
            place = builder.gep(target, [builder.mul(out_step_value, _constant(c))])
            builder.store(row, builder.bitcast(place, vector.as_pointer()), align=_align(vector))
        return context.get_dummy_value()

    int64 = types.int64
    return types.none(out, int64, int64, a, int64, int64), generate


if numba.config.DISABLE_JIT:

    def load(array, i, step, rows, vectors):
        width = vectors * lanes(array.itemsize)
        tile = [array[i + r * step : i + r * step + width].reshape(vectors, -1) for r in range(rows)]
        return np.array(tile)

    def add_rows(tile, a, i, step, b, j):
        rows, width = tile.shape[0], tile[0].size
        left = a[i : i + (rows - 1) * step + 1 : step] if rows > 1 else a[i : i + 1]
        return tile + (left[:, None] * b[j : j + width]).reshape(tile.shape)

    def add_pairs(tile, a, i, step, b, j, b_step):
        rows, vectors, width = tile.shape
        for r in range(rows):
            for v in range(vectors):
                at = j + v * b_step
                tile[r, v] += a[i + r * step : i + r * step + width] * b[at : at + width]
        return tile

    def plus(tile, other):
        return tile + other

    def at_least(tile, floor):
        return np.where(tile < floor, floor, tile)

    def turn(out, i, out_step, a, j, a_step):
        count = lanes(a.itemsize)
        for r in range(count):
            for c in range(count):
                out[i + c * out_step + r] = a[j + r * a_step + c]
