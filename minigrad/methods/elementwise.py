"""Methods that map each element. Below: ops/elementwise.py and its neighbours.

The functions of ops/ are the methods, without a call in between.
"""

from __future__ import annotations

from typing import Any

from ..ops import elementwise as ops
from ..ops import mixing, rounding, selection, special
from ..ops import trigonometry as angles


class ElementwiseMethods:
    abs = absolute = __abs__ = ops.abs
    sign, sgn = ops.sign, ops.sgn
    sqrt, rsqrt, square, reciprocal = ops.sqrt, ops.rsqrt, ops.square, ops.reciprocal
    float_power = ops.float_power
    exp, exp2, expm1 = ops.exp, ops.exp2, ops.expm1
    log, log2, log10, log1p = ops.log, ops.log2, ops.log10, ops.log1p
    logaddexp, logaddexp2, xlogy, ldexp = ops.logaddexp, ops.logaddexp2, ops.xlogy, ops.ldexp

    maximum, minimum = selection.maximum, selection.minimum
    fmax, fmin = selection.fmax, selection.fmin
    clamp, clip = selection.clamp, selection.clip
    clamp_min, clamp_max = selection.clamp_min, selection.clamp_max
    heaviside = selection.heaviside

    def where(self, condition: Any, other: Any) -> Any:
        return selection.where(condition, self, other)

    sin, cos, tan = angles.sin, angles.cos, angles.tan
    asin, acos, atan, atan2 = angles.asin, angles.acos, angles.atan, angles.atan2
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    sinh, cosh = angles.sinh, angles.cosh
    asinh, acosh, atanh = angles.asinh, angles.acosh, angles.atanh
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    hypot, sinc = angles.hypot, angles.sinc
    angle, real = angles.angle, property(angles.real)
    conj = resolve_conj = resolve_neg = conj_physical = angles.conj
    deg2rad, rad2deg = angles.deg2rad, angles.rad2deg

    floor, ceil, trunc, fix = rounding.floor, rounding.ceil, rounding.trunc, rounding.fix
    round, frac = rounding.round, rounding.frac
    copysign, nextafter = rounding.copysign, rounding.nextafter
    nan_to_num, frexp = rounding.nan_to_num, rounding.frexp

    erf, erfc, erfinv = special.erf, special.erfc, special.erfinv
    lgamma, digamma, logit = special.lgamma, special.digamma, special.logit

    def polygamma(self, n: int) -> Any:
        return special.polygamma(n, self)

    def mvlgamma(self, p: int) -> Any:
        return special.mvlgamma(self, p)

    lerp, addcmul, addcdiv = mixing.lerp, mixing.addcmul, mixing.addcdiv
