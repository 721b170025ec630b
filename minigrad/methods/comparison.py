"""Comparisons, logic and bits, with their operators. Below: ops/comparison.py, ops/bitwise.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import bitwise
from ..ops import comparison as ops
from ..tape import Variable
from ..tracing import outside

_OPERANDS = (Variable, bool, int, float, np.ndarray, np.generic)


class ComparisonMethods:
    array: np.ndarray

    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge
    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
    __lt__, __le__, __gt__, __ge__ = ops.lt, ops.le, ops.gt, ops.ge

    # Python falls back on identity where these know nothing: t == None is False.
    def __eq__(self, other: Any) -> Any:
        return ops.eq(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return ops.ne(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"bool() got a tensor of {self.array.size} elements; it needs exactly one. "
                "Say which is meant: x.any(), x.all() or x.numel() > 0."
            )
        outside("asks whether a tensor is true")
        return bool(self.array)

    isnan, isinf, isfinite = ops.isnan, ops.isinf, ops.isfinite
    isposinf, isneginf, isreal, signbit = ops.isposinf, ops.isneginf, ops.isreal, ops.signbit
    isclose, allclose, equal = ops.isclose, ops.allclose, ops.equal

    logical_and, logical_or = ops.logical_and, ops.logical_or
    logical_xor, logical_not = ops.logical_xor, ops.logical_not

    bitwise_and = __and__ = __rand__ = bitwise.bitwise_and
    bitwise_or = __or__ = __ror__ = bitwise.bitwise_or
    bitwise_xor = __xor__ = __rxor__ = bitwise.bitwise_xor
    bitwise_not = __invert__ = bitwise.bitwise_not
    bitwise_left_shift = __lshift__ = bitwise.bitwise_left_shift
    bitwise_right_shift = __rshift__ = bitwise.bitwise_right_shift

    def __rlshift__(self, other: Any) -> Any:
        return bitwise.bitwise_left_shift(other, self)

    def __rrshift__(self, other: Any) -> Any:
        return bitwise.bitwise_right_shift(other, self)
