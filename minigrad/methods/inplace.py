"""Methods that end in an underscore, and +=: the tensor itself holds the result.

Each is its namesake without the underscore, run through ops/inplace.py, which keeps the
graph right: see there for what is allowed. Below: ops/inplace.py, ops/shaping.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops import inplace as ops
from ..ops import shaping
from ..ops.arguments import put_in_our_words
from ..tape import Variable, observers

# Methods of Tensor that have a form in place; results must keep shape and kind of dtype.
NAMES = [
    "add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide",
    "remainder", "fmod", "pow", "float_power", "neg", "negative", "abs", "absolute", "addcmul",
    "addcdiv", "addmm", "addmv", "addr", "addbmm", "baddbmm", "square", "sqrt", "rsqrt",
    "reciprocal", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
    "asin", "acos", "atan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "arcsinh", "arccosh", "arctanh", "atan2", "arctan2", "sigmoid", "logit", "relu", "erf",
    "erfc", "erfinv", "lgamma", "digamma", "sign", "sgn", "floor", "ceil", "round", "trunc", "fix",
    "frac", "clamp", "clamp_min", "clamp_max", "clip", "lerp", "hypot", "nan_to_num", "deg2rad",
    "rad2deg", "copysign", "xlogy", "sinc", "gcd", "lcm", "cumsum", "cumprod", "tril", "triu",
    "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_left_shift",
    "bitwise_right_shift", "logical_and", "logical_or", "logical_xor", "logical_not", "eq", "ne",
    "lt", "le", "gt", "ge", "less", "less_equal", "greater", "greater_equal", "not_equal",
    "masked_fill", "masked_scatter", "index_add", "index_copy", "index_fill", "index_put",
    "scatter", "scatter_add", "scatter_reduce", "ldexp", "heaviside", "nextafter", "polygamma",
    "put", "index_reduce", "renorm", "mvlgamma",
]  # fmt: skip

OPERATORS = {
    "__iadd__": "add",
    "__isub__": "sub",
    "__imul__": "mul",
    "__itruediv__": "div",
    "__ifloordiv__": "floor_divide",
    "__imod__": "remainder",
    "__ipow__": "pow",
    "__iand__": "bitwise_and",
    "__ior__": "bitwise_or",
    "__ixor__": "bitwise_xor",
    "__ilshift__": "bitwise_left_shift",
    "__irshift__": "bitwise_right_shift",
}


class InplaceMethods:
    copy_ = ops.copy_
    fill_ = ops.fill_
    zero_ = ops.zero_
    __setitem__ = ops.set_item

    def detach_(self) -> Any:
        """Take this tensor out of its graph; it becomes a leaf."""
        return ops.detach_(self)

    def t_(self) -> Any:
        """``t`` in place: this tensor becomes its transpose."""
        return ops.turn(self, "t_", shaping.t)

    def transpose_(self, dim0: int, dim1: int) -> Any:
        """``transpose`` in place: this tensor's dimensions change places."""
        return ops.turn(self, "transpose_", lambda x: shaping.transpose(x, dim0, dim1))

    swapdims_ = transpose_

    def swapaxes_(self, axis0: int, axis1: int) -> Any:
        """``swapaxes`` in place: this tensor's dimensions change places."""
        return ops.turn(self, "swapaxes_", lambda x: shaping.transpose(x, axis0, axis1))

    def squeeze_(self, dim: Any = None) -> Any:
        """``squeeze`` in place: this tensor loses dimensions of size 1."""
        return ops.turn(self, "squeeze_", lambda x: shaping.squeeze(x, dim))

    def unsqueeze_(self, dim: int) -> Any:
        """``unsqueeze`` in place: this tensor gains a dimension of size 1."""
        return ops.turn(self, "unsqueeze_", lambda x: shaping.unsqueeze(x, dim))

    fill_diagonal_ = ops.fill_diagonal_


# What NumPy can write straight into the memory of a large tensor, without a second array.
STRAIGHT = {
    "add": np.add, "sub": np.subtract, "subtract": np.subtract, "mul": np.multiply, "multiply": np.multiply,
    "div": np.true_divide, "divide": np.true_divide, "true_divide": np.true_divide,
}  # fmt: skip
LARGE = 4096  # elements from which the second array costs more than the look at the operands


def _straight(function: np.ufunc, x: Any, args: tuple, alpha: Any = 1) -> Callable | None:
    """A write of ``function(x, alpha * other)`` to the memory of ``x``, both floats of one dtype."""
    if len(args) != 1 or x.array.size < LARGE or x.array.dtype not in (np.float32, np.float64) or observers:
        return None  # an observer wants to see the operation
    if type(alpha) not in (int, float) or abs(alpha) > 1e38:
        return None
    other = args[0]
    if isinstance(other, Variable):
        y = other.array
        if y.dtype != x.array.dtype or y.shape not in (x.array.shape, ()):
            return None
    elif type(other) in (int, float) and abs(other) < 1e38:
        y = other
    else:
        return None

    def write(array: np.ndarray) -> None:
        with np.errstate(all="ignore"):
            function(array, y if alpha == 1 else y * alpha, out=array)

    return write


def _in_place(name: str) -> Callable:
    straight = STRAIGHT.get(name)
    takes = {"alpha"} if straight in (np.add, np.subtract) else set()

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return ops.inplace(
                self,
                f"{name}_",
                lambda old: getattr(old, name)(*args, **kwargs),
                *args,
                *kwargs.values(),
                directly=_straight(straight, self, args, **kwargs)
                if straight and kwargs.keys() <= takes
                else None,
            )
        except Exception as error:
            put_in_our_words(method, (self, *args), kwargs, error)
            raise

    method.explained = True  # type: ignore[attr-defined]
    method.__name__, method.__qualname__ = f"{name}_", f"Tensor.{name}_"
    method.__doc__ = f"``{name}`` in place; returns this tensor."
    return method


for _name in NAMES:
    setattr(InplaceMethods, f"{_name}_", _in_place(_name))
for _operator, _name in OPERATORS.items():
    setattr(InplaceMethods, _operator, getattr(InplaceMethods, f"{_name}_"))
