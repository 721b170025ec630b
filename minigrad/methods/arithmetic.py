"""Operators and methods of arithmetic. Below: ops/arithmetic.py."""

from __future__ import annotations

from typing import Any

from ..ops import arithmetic as ops


class ArithmeticMethods:
    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div(other, self)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def add(self, other: Any, *, alpha: float = 1) -> Any:
        return ops.add(self, other, alpha=alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Any:
        return ops.sub(self, other, alpha=alpha)

    def mul(self, other: Any) -> Any:
        return ops.mul(self, other)

    def div(self, other: Any) -> Any:
        return ops.div(self, other)

    def neg(self) -> Any:
        return ops.neg(self)

    subtract, multiply, negative = sub, mul, neg
    divide = true_divide = div
