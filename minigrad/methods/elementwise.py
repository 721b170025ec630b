"""Methods that map each element. Below: ops/elementwise.py, ops/selection.py."""

from __future__ import annotations

from typing import Any

from ..ops import elementwise as ops
from ..ops import selection


class ElementwiseMethods:
    abs = absolute = __abs__ = ops.abs
    sign, sgn = ops.sign, ops.sgn
    sqrt, rsqrt, square, reciprocal = ops.sqrt, ops.rsqrt, ops.square, ops.reciprocal
    float_power = ops.float_power
    exp, exp2, expm1 = ops.exp, ops.exp2, ops.expm1
    log, log2, log10, log1p = ops.log, ops.log2, ops.log10, ops.log1p

    maximum, minimum = selection.maximum, selection.minimum
    fmax, fmin = selection.fmax, selection.fmin
    clamp, clip = selection.clamp, selection.clip
    clamp_min, clamp_max = selection.clamp_min, selection.clamp_max
    heaviside = selection.heaviside

    def where(self, condition: Any, other: Any) -> Any:
        return selection.where(condition, self, other)
