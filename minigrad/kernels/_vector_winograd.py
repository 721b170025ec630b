"""The small transforms of Winograd's convolution, on patches of vectors.

A patch is a matrix whose entries are WIDTH channels of one place each: two vectors. Every transform
reads a patch d and writes L d L^T for a constant matrix L:

    to_planes(out, i, out_row, out_col, a, j, row, col)            4 x 4 numbers of the image: B^T
    gradient_to_planes(out, i, out_row, out_col, a, j, row, col)   2 x 2 of the output's gradient: A
    weight_to_planes(out, i, out_row, out_col, a, j, row, col)     3 x 3 weights: G
    weight_from_planes(out, i, out_row, out_col, a, j, row, col)   4 x 4 sums to 3 x 3 gradients: G^T
    from_planes(out, i, out_row, out_col, a, j, row, col, floor)   4 x 4 sums to 2 x 2 outputs: A^T;
                                                                   what is below ``floor`` becomes it

    d[r, c] = a[j + r*row + c*col : + WIDTH]      out[i + r*out_row + c*out_col : + WIDTH] = (L d L^T)[r, c]
    block_width(array)                            WIDTH for the dtype of ``array``, known to the compiler

Nothing checks bounds. With NUMBA_DISABLE_JIT=1 plain versions stand in.

Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016), section 4.1.
Below: _vector.py. Above: winograd_block.py. Tests: tests/kernels/test_vector_winograd.py.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._vector import _align, _constant, _pointer, _spread, _vector_at, lanes

# The matrices of F(2 x 2, 3 x 3); rows of 2, 3 or 4 coefficients.
IMAGE = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
WEIGHT = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))
OUTPUT = ((1, 1, 1, 0), (0, 1, -1, -1))
WEIGHT_BACK, OUTPUT_BACK = tuple(zip(*WEIGHT)), tuple(zip(*OUTPUT))


def _combine(builder, row, vectors):
    """The sum of ``vectors`` times the coefficients in ``row``, from the first to the last."""
    total = None
    for factor, vector in zip(row, vectors):
        if not factor:
            continue
        if abs(factor) != 1:
            scale = ir.Constant(vector.type, [abs(factor)] * vector.type.count)
            vector = builder.fmul(vector, scale)
        if total is None:
            total = vector if factor > 0 else builder.fneg(vector)
        else:
            total = (builder.fadd if factor > 0 else builder.fsub)(total, vector)
    return total


def _write(context, builder, matrix, signature, arguments, floor=None):
    out, i, out_row, out_col, a, j, row, col = arguments[:8]
    source = _pointer(context, builder, signature.args[4], a, j)
    target = _pointer(context, builder, signature.args[0], out, i)
    vector = ir.VectorType(source.type.pointee, lanes(signature.args[4].dtype.bitwidth // 8))
    size = len(matrix[0])
    for half in (0, vector.count):
        columns = []
        for c in range(size):
            column = []
            for r in range(size):
                place = builder.add(builder.mul(row, _constant(r)), builder.mul(col, _constant(c)))
                column.append(_vector_at(builder, source, vector, builder.add(place, _constant(half))))
            columns.append([_combine(builder, factors, column) for factors in matrix])
        for r in range(len(matrix)):
            line = [column[r] for column in columns]
            for c, factors in enumerate(matrix):
                value = _combine(builder, factors, line)
                if floor is not None:
                    below = builder.fcmp_ordered("<", value, floor)  # false for NaN, which stays
                    value = builder.select(below, floor, value)
                place = builder.add(builder.mul(out_row, _constant(r)), builder.mul(out_col, _constant(c)))
                place = builder.gep(target, [builder.add(place, _constant(half))])
                builder.store(value, builder.bitcast(place, vector.as_pointer()), align=_align(vector))


@intrinsic
def block_width(typing, array):
    count = 2 * lanes(array.dtype.bitwidth // 8)
    return types.int64(array), lambda context, builder, signature, arguments: _constant(count)


_INTEGERS = (types.int64,) * 3


def _transform(matrix):
    @intrinsic
    def transform(typing, out, i, out_row, out_col, a, j, row, col):
        def generate(context, builder, signature, arguments):
            _write(context, builder, matrix, signature, arguments)
            return context.get_dummy_value()

        return types.none(out, *_INTEGERS, a, *_INTEGERS), generate

    return transform


to_planes, gradient_to_planes = _transform(IMAGE), _transform(OUTPUT_BACK)
weight_to_planes, weight_from_planes = _transform(WEIGHT), _transform(WEIGHT_BACK)


@intrinsic
def from_planes(typing, out, i, out_row, out_col, a, j, row, col, floor):
    def generate(context, builder, signature, arguments):
        vector = ir.VectorType(arguments[8].type, lanes(a.dtype.bitwidth // 8))
        _write(context, builder, OUTPUT, signature, arguments, _spread(builder, arguments[8], vector))
        return context.get_dummy_value()

    return types.none(out, *_INTEGERS, a, *_INTEGERS, a.dtype), generate


if numba.config.DISABLE_JIT:

    def block_width(array):
        return 2 * lanes(array.itemsize)

    def _plain(matrix):
        def transform(out, i, out_row, out_col, a, j, row, col, floor=-np.inf):
            n, size = block_width(a), len(matrix[0])
            patch = np.array([[a[j + r * row + c * col :][:n] for c in range(size)] for r in range(size)])
            values = np.einsum("rk,klx,cl->rcx", np.array(matrix, a.dtype), patch, np.array(matrix, a.dtype))
            for r, c in np.ndindex(values.shape[:2]):
                at = i + r * out_row + c * out_col
                out[at : at + n] = np.where(values[r, c] < floor, floor, values[r, c])

        return transform

    to_planes, gradient_to_planes, from_planes = _plain(IMAGE), _plain(OUTPUT_BACK), _plain(OUTPUT)
    weight_to_planes, weight_from_planes = _plain(WEIGHT), _plain(WEIGHT_BACK)
