"""One kernel for the elements of many sets of flat arrays, which a table names by their addresses.

    of_table(arrays)    a kernel(*so many arrays, *numbers) becomes one of a whole table
    table_of(sets)      the table of such sets: all arrays contiguous and of one dtype
    address(array)      of its first element
    arrays_at           the arrays of one row, in compiled code

A call from Python costs some microseconds, as much as the work on a bias: all parameters of an optimizer
are one call. A row of the table holds the first chunk of the set (chunks of CHUNK elements are counted
through), its number of elements, and the address of each array. Threads share the chunks.

Below: _jit.py, _share.py. Above: update.py. Tests: tests/kernels/test_table.py.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from ._jit import kernel
from ._pool import CHUNK
from ._share import ranged

_INT = ir.IntType(64)
_character: Any = ctypes.c_char.from_buffer


def address(array: np.ndarray) -> int:
    """As ``array.ctypes.data``, in a quarter of its time where the array may be written to."""
    try:
        return ctypes.addressof(_character(array))
    except (TypeError, ValueError):  # read-only or empty
        return array.ctypes.data


def table_of(sets: Sequence[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, int]:
    """The table, and the number of chunks. The arrays must outlive its use."""
    rows, chunks = [], 0
    for arrays in sets:
        size = arrays[0].size
        rows.append([chunks, size, *[address(a) for a in arrays]])
        chunks += -(-size // CHUNK)
    return np.array(rows, np.int64), chunks


@intrinsic
def arrays_at(typing, table, row, low, high, like, count):
    """Elements ``low`` to ``high`` of the ``count`` arrays of a row, which have the dtype of ``like``."""
    kind = types.Array(like.dtype, 1, "C")

    def generate(context, builder, signature, arguments):
        words = context.make_array(signature.args[0])(context, builder, arguments[0])
        row, low, high = arguments[1:4]
        width = cgutils.unpack_tuple(builder, words.shape)[1]
        first = builder.add(builder.mul(row, width), ir.Constant(_INT, 2))
        itemsize = ir.Constant(_INT, context.get_abi_sizeof(context.get_data_type(like.dtype)))
        found = []
        for i in range(count.literal_value):
            address = builder.load(builder.gep(words.data, [builder.add(first, ir.Constant(_INT, i))]))
            part = context.make_array(kind)(context, builder)
            start = builder.add(address, builder.mul(low, itemsize))
            populate_array(
                part, builder.inttoptr(start, part.data.type),
                cgutils.pack_array(builder, [builder.sub(high, low)]),
                cgutils.pack_array(builder, [itemsize]), itemsize, None,
            )  # fmt: skip
            found.append(part._getvalue())
        return context.make_tuple(builder, signature.return_type, found)

    if not isinstance(count, types.IntegerLiteral):
        return None
    int64 = types.int64
    return types.UniTuple(kind, count.literal_value)(table, int64, int64, int64, like, count), generate


def _all(table, like, numbers, start, stop):
    for row in range(table.shape[0]):
        first, size = table[row, 0], table[row, 1]
        low, high = max(start - first, 0) * CHUNK, min((stop - first) * CHUNK, size)
        if low < high:
            inner(*arrays_at(table, row, low, high, like, COUNT), *numbers)  # noqa: F821 (globals of each copy)


def of_table(arrays: int) -> Callable[[Callable], Any]:
    """Compile a kernel(*arrays, *numbers) as one of a table: ``(table, like, numbers, start, stop)``."""

    def decorate(function: Callable) -> Any:
        place = function.__code__  # as in _share.py: every kernel has a copy of _all, named after it
        code = _all.__code__.replace(co_filename=place.co_filename, co_firstlineno=place.co_firstlineno)
        inner = kernel(helper=True)(function)
        whole = FunctionType(code, {**globals(), "inner": inner, "COUNT": arrays}, function.__name__)
        whole.__module__, whole.__qualname__ = function.__module__, f"{function.__qualname__}.all"
        return ranged()(whole)

    return decorate


if numba.config.DISABLE_JIT:

    def arrays_at(table, row, low, high, like, count):
        size = (high - low) * like.itemsize
        starts = [int(a) + int(low) * like.itemsize for a in table[row, 2 : 2 + count]]
        return [np.frombuffer((ctypes.c_char * size).from_address(a), like.dtype) for a in starts]
