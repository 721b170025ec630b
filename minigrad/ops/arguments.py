"""What to say about arguments that NumPy or Python stumbled over.

    explained           a function whose errors of NumPy, Numba and Python are put in our words
    explain_all         the same for the public functions of a module or the methods of a class
    explain_constructors    the same for the classes of a module
    check_number        a number where one is due, in functions called too often for that
    put_in_our_words    for functions that stand between already: what they do on an error

A function checks what it can name best. What slips through fails somewhere inside, in words about
things that the caller never wrote; such an error is caught at the door, and only then are the
arguments looked at: the first that is not what its annotation or its name calls for is named.
A call that succeeds pays for one call in between, which those in ``DIRECT`` do without.

Below: errors, tape. Above: the face of the package. Tests: tests/test_errors.py.
"""

from __future__ import annotations

import dis
import functools
import inspect
import operator
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..tape import Variable

__all__: list[str] = []

# Called most often on the smallest tensors; casting.py checks their operands.
DIRECT = frozenset([
    "abs", "add", "atan2", "copysign", "deg2rad", "div", "exp", "exp2", "floor_divide", "fmax", "fmin",
    "fmod", "heaviside", "hypot", "linear", "log", "logaddexp", "logaddexp2", "matmul", "maximum", "minimum",
    "mul", "nextafter", "pow", "rad2deg", "reciprocal", "relu", "remainder", "sigmoid", "sign", "sqrt",
    "square", "sub", "tanh", "xlogy"
])  # fmt: skip
# The same among methods and operators, whose first operand is a Tensor for sure.
DIRECT_METHODS = DIRECT | frozenset([
    "add", "sub", "rsub", "mul", "div", "neg", "pow", "eq", "ne", "lt", "le", "gt", "ge", "maximum",
    "minimum", "clamp", "clamp_min", "clamp_max", "mm", "reshape", "view", "flatten", "transpose", "t",
    "permute", "size", "dim", "numel"
])  # fmt: skip
RAW = Exception  # to begin with: Numba's errors are of no kind that could be named without importing it
_KINDS = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
_WITHIN = ("minigrad", "numpy", "numba", "llvmlite")
_RAISES = (dis.opmap["RAISE_VARARGS"], dis.opmap["RERAISE"])


@functools.cache
def explained(function: Callable) -> Callable:
    """``function``, whose errors of NumPy, Numba and Python are put in our words."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            put_in_our_words(function, args, kwargs, error)
            raise

    call.explained = True  # type: ignore[attr-defined]
    return call


def explain_all(
    names: dict[str, Any], only: Iterable[str], put: Callable, direct: frozenset = DIRECT
) -> None:
    """``put(name, explained(function))`` for the functions in ``names`` that ``only`` lists.

    Those that ``direct`` names stay as they are.
    """
    for name in only:
        found = names.get(name)
        if isinstance(found, FunctionType) and found.__name__ not in direct:
            put(name, found if hasattr(found, "explained") else explained(found))


def explain_constructors(*namespaces: dict[str, Any]) -> None:
    """The same for the constructors of our classes in these namespaces, inherited ones included."""
    classes = [member for names in namespaces for member in names.values() if isinstance(member, type)]
    for found in classes:
        for cls in () if issubclass(found, Variable) else found.__mro__:  # tensors are made too often
            made = cls.__dict__.get("__init__")
            ours = cls.__module__.startswith("minigrad.") and isinstance(made, FunctionType)
            if ours and not hasattr(made, "explained"):
                cls.__init__ = explained(made)  # type: ignore[misc]


def put_in_our_words(function: Callable, args: tuple, kwargs: dict, error: Exception) -> None:
    """Raise our error in place of one of NumPy, Numba or Python; any other may go on."""
    constructed = _constructed(function, args)
    initializer: Any = getattr(constructed, "__init__", None)
    within = constructed and inspect.unwrap(initializer) is not function  # called by super()
    if _is_raw(error) and not within:
        raise _explanation(function, args, kwargs, error) from error


def _constructed(function: Callable, args: tuple) -> type | None:
    """The class of ours whose constructor the caller called, if ``function`` is a constructor."""
    if function.__name__ != "__init__" or not args:
        return None
    return next(cls for cls in type(args[0]).__mro__ if cls.__module__.startswith("minigrad."))


def _is_raw(error: BaseException) -> bool:
    """Whether no ``raise`` of ours and no function of the caller made the error."""
    if not isinstance(error, _KINDS) and not type(error).__module__.startswith("numba."):
        return False
    trace: Any = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame
    module = frame.f_globals.get("__name__", "").partition(".")[0]
    if module != "minigrad":
        return module in _WITHIN or not module  # what Numba compiled has no module
    return frame.f_code.co_code[trace.tb_lasti] not in _RAISES


# ------------------------------------------------ what each argument should be


def _is_integer(x: Any) -> bool:
    try:
        operator.index(x.item() if isinstance(x, Variable) and x.array.ndim == 0 else x)
    except (TypeError, ValueError):
        return False
    return abs(x) < 2**63


def _is_number(x: Any) -> bool:
    if isinstance(x, (Variable, np.ndarray)):
        return x.ndim == 0 and x.dtype.kind in "biuf"
    return isinstance(x, (bool, int, float, np.number, np.bool_)) and not (
        isinstance(x, int) and abs(x) >= 2**63
    )


def _is_tensor(x: Any) -> bool:
    return isinstance(x, Variable)


def _is_operand(x: Any) -> bool:
    return isinstance(x, Variable) or _is_number(x) or (isinstance(x, np.ndarray) and x.dtype.kind in "biuf")


def _is_integers(x: Any) -> bool:
    return all(map(_is_integer, x)) if isinstance(x, (tuple, list)) else _is_integer(x)


def _is_tensors(x: Any) -> bool:
    return isinstance(x, (tuple, list)) and all(map(_is_tensor, x))


def _is_indices(x: Any) -> bool:
    return isinstance(x, (Variable, np.ndarray)) and x.dtype.kind in "iu"


def _is_mask(x: Any) -> bool:
    return isinstance(x, (Variable, np.ndarray)) and x.dtype.kind == "b"


def _is_flag(x: Any) -> bool:
    return isinstance(x, (bool, int, np.bool_))


def check_number(function: str, name: str, value: Any) -> None:
    """Raise TypeError unless ``value`` is a number."""
    if not isinstance(value, int) and not _is_number(value):
        raise TypeError(f"{function} got {name}={shown(value)}; it needs a number.")


_INTEGER = (_is_integer, "an integer")
_NUMBER = (_is_number, "a number")
_TENSOR = (_is_tensor, "a Tensor")
_OPERAND = (_is_operand, "a Tensor or a number")
_INTEGERS = (_is_integers, "an integer or a tuple of them")
_TENSORS = (_is_tensors, "a list or tuple of Tensors")
_INDICES = (_is_indices, "a Tensor of integers")

_BY_ANNOTATION: dict[str, tuple] = {
    "int": _INTEGER,
    "float": _NUMBER,
    "bool": (_is_flag, "True or False"),
    "str": (lambda x: isinstance(x, str), "a string"),
    "Tensor": _TENSOR,
}
_NAMED: list[tuple[list[str], tuple]] = [
    ([
        "input", "self", "tensor", "weight", "bias", "mat", "mat1", "mat2", "vec", "vec1", "vec2", "batch1",
        "batch2", "A", "B", "x1", "x2", "input1", "input2", "target", "src", "source", "L", "sorted_sequence",
        "boundaries", "elements", "running_mean", "running_var",
    ], _TENSOR),
    (["other", "exponent", "tensor1", "tensor2", "x", "y", "test_elements", "values"], _OPERAND),
    ([
        "value", "fill_value", "alpha", "beta", "p", "q", "s", "std", "mean", "eps", "start", "end", "step",
        "min", "max",
    ], _OPERAND),
    ([
        "dim", "dims", "size", "sizes", "shape", "stride", "padding", "dilation", "kernel_size",
        "output_size", "output_padding", "groups", "shifts", "normalized_shape",
    ], _INTEGERS),
    (["tensors", "matrices"], _TENSORS),
    (["index"], _INDICES),
    (["mask", "condition"], (_is_mask, "a Tensor of bools")),
]  # fmt: skip
_BY_NAME = {name: wanted for names, wanted in _NAMED for name in names}


def _misfit(parameter: inspect.Parameter, value: Any) -> str | None:
    """What the parameter calls for, if ``value`` is nothing of the kind."""
    annotation = str(parameter.annotation)
    wanted = _BY_ANNOTATION.get(annotation.removesuffix(" | None"))
    wanted = wanted or (_BY_NAME.get(parameter.name) if annotation == "Any" else None)
    if wanted is None or value is parameter.default or (value is None and annotation.endswith("None")):
        return None
    fits, words = wanted
    several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
    if several and isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], (tuple, list)):
        value = value[0]
    if isinstance(value, int) and abs(value) >= 2**63:
        words = f"{words} of 64 bits"
    return None if fits(value) else words


def shown(value: Any) -> str:
    """A value in a message: the dtype and shape of what has them."""
    if isinstance(value, (Variable, np.ndarray)):
        kind = "Tensor" if isinstance(value, Variable) else "array"
        return f"{kind} {tuple(value.shape)} of {value.dtype}"
    if isinstance(value, (tuple, list)) and len(value) < 7:
        inside = ", ".join(map(shown, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    text = repr(value)
    return text if len(text) < 60 else f"{text[:56]}..."


# ------------------------------------------------ the message


def _explanation(function: Callable, args: tuple, kwargs: dict, error: Exception) -> Exception:
    name = function.__name__
    signature = _signature(function, args)
    constructed = _constructed(function, args)
    if constructed:
        name, args = constructed.__name__, args[1:]
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
    listed = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    call = f"{name}{signature.replace(parameters=listed, return_annotation=signature.empty)}"
    given = ", ".join([*map(shown, args), *(f"{key}={shown(value)}" for key, value in kwargs.items())])
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as unbound:
        return TypeError(f"{name} got {given or 'no arguments'}: {unbound}. It needs {call}.")
    for key, value in bound.items():
        wanted = _misfit(signature.parameters[key], value)
        if wanted is not None:
            return TypeError(f"{name} got {key}={shown(value)}; it needs {wanted}, as {key} in {call}.")
    said = str(error).strip().partition("\n")[0]
    kind = next(
        k for k in (IndexError, OverflowError, ValueError, TypeError, Exception) if isinstance(error, k)
    )
    if kind is Exception:  # a missing attribute or key, or what Numba could not compile
        kind = TypeError
    if "broadcast" in said or "shape" in said:
        kind = ShapeError
    elif kind is TypeError and ("ufunc" in said or "dtype" in said):
        kind = DTypeError
    return kind(f"{name} got {given}; it needs arguments that fit together in {call}. NumPy says: {said}.")


def _signature(function: Callable, args: tuple) -> inspect.Signature:
    """That of a form in place is that of its namesake without the underscore."""
    signature = inspect.signature(function)
    kinds = [p.kind for p in signature.parameters.values()]
    namesake = getattr(type(args[0]), function.__name__.rstrip("_"), None) if args else None
    if inspect.Parameter.VAR_KEYWORD in kinds and namesake is not None:
        signature = inspect.signature(namesake)
    return signature
