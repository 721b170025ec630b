"""Bits of integers and bools: & | ^ ~ << >>. Results carry no gradient.

    bitwise_and bitwise_or bitwise_xor bitwise_not      integers and bools
    bitwise_left_shift bitwise_right_shift              integers

Below: arithmetic.py. Above: methods/comparison.py. Tests: tests/ops/cases_comparison.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError
from ..tape import Primitive
from .casting import as_operand, promote_all

__all__ = [
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
]  # fmt: skip

_and = Primitive("bitwise_and", lambda x, y: (np.bitwise_and(x, y), ()), broadcasts=True)
_or = Primitive("bitwise_or", lambda x, y: (np.bitwise_or(x, y), ()), broadcasts=True)
_xor = Primitive("bitwise_xor", lambda x, y: (np.bitwise_xor(x, y), ()), broadcasts=True)
_not = Primitive("bitwise_not", lambda x: (np.invert(x), ()))


def _left_shift_forward(x, y):
    if not y.ndim and y >= 0:
        return np.left_shift(x, y), ()
    # A negative count is no shift at all for NumPy's loop; PyTorch gives 0.
    return np.where(y < 0, x.dtype.type(0), np.left_shift(x, np.maximum(y, 0))), ()


def _right_shift_forward(x, y):
    # Too far a shift leaves only the sign: 0 or -1.
    last = x.dtype.itemsize * 8 - 1
    if not y.ndim and 0 <= y <= last:
        return np.right_shift(x, y), ()
    count = np.where((y < 0) | (y > last), y.dtype.type(last), y)
    return np.right_shift(x, count), ()


_left_shift = Primitive("bitwise_left_shift", _left_shift_forward, broadcasts=True)
_right_shift = Primitive("bitwise_right_shift", _right_shift_forward, broadcasts=True)


def _bits(primitive: Primitive, x: Any, y: Any, kinds: str) -> Any:
    x, y = promote_all(primitive.name, x, y)
    _check(primitive.name, x, kinds)
    return primitive(x, y)


def _check(function: str, x: Any, kinds: str) -> None:
    if x.dtype.kind not in kinds:
        raise DTypeError(
            f"{function} got {x.dtype}; it needs {'integers or bools' if 'b' in kinds else 'integers'}. "
            "Convert the operands first, x.int(), or compare them."
        )


def bitwise_and(input: Any, other: Any) -> Any:
    """Elementwise ``input & other`` of integers or bools.

    >>> bitwise_and(tensor([6, 5]), 3)
    tensor([2, 1])
    """
    return _bits(_and, input, other, "biu")


def bitwise_or(input: Any, other: Any) -> Any:
    """Elementwise ``input | other`` of integers or bools.

    >>> bitwise_or(tensor([6, 5]), 3)
    tensor([7, 7])
    """
    return _bits(_or, input, other, "biu")


def bitwise_xor(input: Any, other: Any) -> Any:
    """Elementwise ``input ^ other`` of integers or bools.

    >>> bitwise_xor(tensor([6, 5]), 3)
    tensor([5, 6])
    """
    return _bits(_xor, input, other, "biu")


def bitwise_not(input: Any) -> Any:
    """Elementwise ``~input`` of integers or bools.

    >>> bitwise_not(tensor([True, False]))
    tensor([False,  True])
    """
    x = as_operand(input, "bitwise_not")
    _check("bitwise_not", x, "biu")
    return _not(x)


def bitwise_left_shift(input: Any, other: Any) -> Any:
    """Elementwise ``input << other`` of integers; counts out of range give 0.

    >>> bitwise_left_shift(tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    return _bits(_left_shift, input, other, "iu")


def bitwise_right_shift(input: Any, other: Any) -> Any:
    """Elementwise ``input >> other`` of integers; the sign stays.

    >>> bitwise_right_shift(tensor([8, -8]), 2)
    tensor([ 2, -2])
    """
    return _bits(_right_shift, input, other, "iu")
