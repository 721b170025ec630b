"""Which dtype a result has, and the primitive that converts.

PyTorch's promotion rules: bool < integer < float; a category higher wins at once, and
within a category tensors with dimensions count before 0-dim tensors, and those before
Python numbers. So int64 + float32 is float32, and float32 * 2.0 stays float32.

    cast          convert to a dtype, recorded
    as_operand    number, list, array or Tensor -> Tensor
    alike         whether two operands are what they usually are
    promote       two operands -> the same two in their common dtype
    promote_all   the same for any number of operands, all as Tensors
    to_float      integers and bools -> the default dtype; floats as they are
    float_operand, float_operands    the same for anything that as_operand takes
    on_floats     calls a primitive on two of them
    set_default_dtype, get_default_dtype, result_type, promote_types, can_cast

Tests: tests/ops/test_casting.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError
from ..tape import FLOATS, Primitive, Variable, wrap

__all__ = [
    "can_cast", "get_default_dtype", "promote_types", "result_type", "set_default_dtype",
]  # fmt: skip

_default_dtype = np.dtype(np.float32)
_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}


def get_default_dtype() -> np.dtype:
    """The dtype of new float tensors, float32 unless set otherwise."""
    return _default_dtype


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype of new float tensors. Raises DTypeError unless it is a float dtype."""
    global _default_dtype
    dtype = as_dtype(dtype)
    if dtype not in FLOATS:
        raise DTypeError(f"set_default_dtype got {dtype}; it needs float16, float32 or float64.")
    _default_dtype = dtype


def as_dtype(dtype: Any) -> np.dtype:
    """A NumPy dtype that a Tensor can have."""
    try:  # NumPy would take None for float64, and a tensor for its dtype
        found = None if dtype is None or isinstance(dtype, (Variable, np.ndarray)) else np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.kind not in _CATEGORY:
        raise DTypeError(
            f"minigrad got the dtype {dtype!r}; it needs bool, an integer or a float dtype, "
            "such as minigrad.float32 or minigrad.int64."
        )
    return found


def _cast_forward(x, dtype):
    return x.astype(dtype), (x.dtype,)


def _cast_backward(g, residuals, needs):
    return (cast(g, residuals[0]),)


_cast = Primitive("cast", _cast_forward, _cast_backward, keeps="dtype_before")


def cast(x: Any, dtype: np.dtype) -> Any:
    """``x`` (Tensor or array) in ``dtype``; itself if it already is."""
    return x if x.dtype == dtype else _cast(x, dtype=dtype)


def promote_types(type1: Any, type2: Any) -> np.dtype:
    """The smallest dtype that holds both, by PyTorch's table.

    >>> promote_types("int64", "float16")
    dtype('float16')
    """
    a, b = as_dtype(type1), as_dtype(type2)
    rank_a, rank_b = _CATEGORY[a.kind], _CATEGORY[b.kind]
    if rank_a != rank_b:
        return a if rank_a > rank_b else b
    return np.promote_types(a, b)


def can_cast(from_: Any, to: Any) -> bool:
    """Whether PyTorch's rules allow the conversion: never to a lower category."""
    return _CATEGORY[as_dtype(from_).kind] <= _CATEGORY[as_dtype(to).kind]


def _level(x: Any) -> tuple[int, np.dtype]:
    """How much ``x`` has to say (0 most), and the dtype it says."""
    if isinstance(x, Variable):
        x = x.array
    if isinstance(x, np.ndarray):
        return (0 if x.ndim else 1), x.dtype
    if isinstance(x, (bool, np.bool_)):
        return 2, np.dtype(bool)
    if isinstance(x, (int, np.integer)):
        return 2, np.dtype(np.int64)
    if isinstance(x, (float, np.floating)):
        return 2, _default_dtype
    raise TypeError(f"result_type got {type(x).__name__}; it needs Tensors, arrays and numbers.")


def result_type(*operands: Any) -> np.dtype:
    """The dtype that an operation on these tensors and numbers computes in.

    A NumPy scalar counts as a Python number, so that ``x * np.sqrt(2)`` keeps float32.

    >>> result_type(tensor([1]), 2.5)
    dtype('float32')
    """
    found: list[np.dtype | None] = [None, None, None]  # with dimensions, 0-dim, numbers
    for x in operands:
        level, dtype = _level(x)
        old = found[level]
        found[level] = dtype if old is None else promote_types(old, dtype)
    result = None
    for dtype_ in found:
        if dtype_ is None:
            continue
        if result is None or _CATEGORY[dtype_.kind] > _CATEGORY[result.kind]:
            result = dtype_
    if result is None:
        raise TypeError("result_type got no operands; it needs at least one.")
    return result


def as_operand(x: Any, function: str) -> Any:
    """``x`` as a Tensor; numbers and arrays are wrapped, anything else is refused."""
    if isinstance(x, Variable):
        return x
    if isinstance(x, np.ndarray):
        as_dtype(x.dtype)
        return wrap(x)
    if isinstance(x, (bool, int, float, np.generic)):
        return wrap(np.array(_in_64_bits(x, function), _level(x)[1]))
    raise TypeError(
        f"{function} got {type(x).__name__}; it needs a Tensor, an array or a number. "
        "A list becomes a Tensor with minigrad.tensor(...)."
    )


def _in_64_bits(number: Any, function: str) -> Any:
    if isinstance(number, int) and not -(2**63) <= number < 2**63:
        raise OverflowError(
            f"{function} got the integer {number}; it needs one of 64 bits. As a float it would do: float(n)."
        )
    return number


def alike(x: Any, y: Any) -> bool:
    """Whether both are Tensors of one float dtype."""
    if isinstance(x, Variable) and isinstance(y, Variable):
        dtype = x.array.dtype
        return dtype is y.array.dtype and dtype in FLOATS
    return False


def promote(x: Any, y: Any, function: str) -> tuple[Any, Any]:
    """Both operands in their common dtype; at least one of them comes back as a Tensor.

    A Python number stays one where NumPy reads it in the other operand's dtype.
    """
    if isinstance(x, Variable):
        if isinstance(y, Variable):
            if x.array.dtype is y.array.dtype:
                return x, y
        elif _reads_as(y, x.array.dtype):
            return x, y
    elif isinstance(y, Variable) and _reads_as(x, y.array.dtype):
        return x, y
    return promote_all(function, x, y)  # type: ignore[return-value]


def _reads_as(number: Any, dtype: np.dtype) -> bool:
    if type(number) is float:
        return dtype.kind == "f"
    return type(number) is int and (dtype.kind == "f" or dtype == np.int64)


def promote_all(function: str, *operands: Any) -> tuple:
    """All operands as Tensors of their common dtype."""
    if len(operands) == 2:  # the usual case, at a tenth of the time
        x, y = operands
        if isinstance(x, Variable):
            own = x.array.dtype
            if isinstance(y, Variable):
                if y.array.dtype is own:
                    return operands
            elif type(y) in (int, float) and own.kind == "f" and -60000 < y < 60000:
                return x, np.array(y, own)  # an array is an operand as good as a Tensor
        elif isinstance(y, Variable):
            own = y.array.dtype
            if type(x) in (int, float) and own.kind == "f" and -60000 < x < 60000:
                return wrap(np.array(x, own)), y  # a Tensor first: callers look at its dtype
    dtype = _shared_dtype(operands)
    if dtype is None:
        numbers = (bool, int, float, np.generic)
        operands = tuple(x if isinstance(x, numbers) else as_operand(x, function) for x in operands)
        dtype = result_type(*operands)
    return tuple(
        cast(x, dtype) if isinstance(x, Variable) else _number(_in_64_bits(x, function), dtype)
        for x in operands
    )


def _shared_dtype(operands: tuple) -> np.dtype | None:
    """The dtype of all Tensors among them, if the numbers fit it too: the usual, quick case."""
    dtype = None
    for x in operands:
        if isinstance(x, Variable):
            if dtype is None:
                dtype = x.array.dtype
            elif x.array.dtype is not dtype:
                return None
    if dtype is not None:
        for x in operands:
            if not isinstance(x, Variable) and not _reads_as(x, dtype):
                return None
    return dtype


def _number(x: Any, dtype: np.dtype) -> Any:
    """A number as a 0-dim Tensor; from the number itself, so that 0.1 in float64 is 0.1."""
    if dtype.kind == "f" and -60000 < x < 60000:
        return wrap(np.array(x, dtype))
    exact = np.array(x, np.int64 if isinstance(x, (int, np.integer)) else None)
    return wrap(exact) if exact.dtype == dtype else _cast(wrap(exact), dtype=dtype)


def check_fits(number: Any, dtype: np.dtype, function: str) -> None:
    """Raise DTypeError for a number, or an array of them, that ``dtype`` cannot hold.

    As in PyTorch -1 fits unsigned dtypes, where it means their largest number, inf all floats, and
    float16 takes what float32 does: beyond its own end it is inf.
    """
    plain = dtype.kind == "f" and type(number) in (int, float)
    if plain and (-60000 < number < 60000 or number in (np.inf, -np.inf)):
        return  # the usual cases, in one look
    values = np.asarray(_in_64_bits(number, function))
    if values.dtype.kind not in "biuf":
        raise DTypeError(f"{function} got {number!r}; it needs a number, or a Tensor of them.")
    if dtype.kind == "b":
        return
    if dtype.kind == "f":
        ends: Any = np.finfo(np.promote_types(dtype, np.float32))
        bad = (np.abs(values) > float(ends.max)) & (np.abs(values) != np.inf)
    else:
        ends = np.iinfo(dtype)
        least = -ends.max if dtype.kind == "u" and values.dtype.kind in "iub" else ends.min
        bad = ~((values >= least) & (values <= ends.max))  # nan neither
    if bad.any():
        raise DTypeError(
            f"{function} got the number {values[bad][0]} for a tensor of {dtype}; it needs numbers "
            f"from {ends.min} to {ends.max}. Choose a wider dtype."
        )


def number_as(number: Any, dtype: np.dtype, function: str) -> np.ndarray:
    """A number as a 0-dim array of ``dtype``, from the number itself: 0.1 in float64 is 0.1."""
    check_fits(number, dtype, function)
    return np.asarray(number).astype(dtype)


def to_float(x: Any) -> Any:
    """A float Tensor as it is; integers and bools in the default dtype."""
    return x if x.dtype.kind == "f" else cast(x, _default_dtype)


def float_operand(x: Any, function: str) -> Any:
    """Anything that ``as_operand`` takes, as a Tensor of a float dtype."""
    if not isinstance(x, Variable):
        x = as_operand(x, function)
    return x if x.array.dtype.kind == "f" else cast(x, _default_dtype)


def on_floats(primitive: Primitive, x: Any, y: Any) -> Any:
    """``primitive``, which broadcasts, on two operands of any kind in one float dtype."""
    if alike(x, y):
        return primitive(x, y)
    return primitive(*float_operands(primitive.name, x, y))


def float_operands(function: str, *operands: Any) -> tuple:
    """All operands as Tensors of one float dtype."""
    xs = promote_all(function, *operands)
    if xs[0].array.dtype.kind == "f":
        return xs
    # Numbers from the numbers themselves: 256 does not go through uint8.
    return tuple(
        cast(as_operand(x, function), _default_dtype)
        if isinstance(x, (Variable, np.ndarray))
        else _number(x, _default_dtype)
        for x in operands
    )
