"""Operators and methods of arithmetic. Below: ops/arithmetic.py, ops/elementwise.py (pow).

The functions of ops/ are the methods, without a call in between.
"""

from __future__ import annotations

from typing import Any

from ..ops import arithmetic as ops
from ..ops import elementwise


class ArithmeticMethods:
    add = __add__ = ops.add
    sub = __sub__ = ops.sub
    mul = __mul__ = ops.mul
    div = __truediv__ = ops.div
    floor_divide = __floordiv__ = ops.floor_divide
    remainder = __mod__ = ops.remainder
    pow = __pow__ = elementwise.pow
    neg = __neg__ = ops.neg
    positive = __pos__ = ops.positive
    fmod = ops.fmod
    gcd = ops.gcd
    lcm = ops.lcm
    rsub = __rsub__ = ops.rsub

    subtract, multiply, negative = sub, mul, neg
    divide = true_divide = div

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div(other, self)

    def __rfloordiv__(self, other: Any) -> Any:
        return ops.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Any:
        return ops.remainder(other, self)

    def __rpow__(self, other: Any) -> Any:
        return elementwise.pow(other, self)
