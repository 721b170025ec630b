"""softmax, log_softmax and softmin: scores to probabilities along one dimension.

The backward of each is a primitive with a rule of its own, so both differentiate again.
Below: kernels/softmax.py. Above: methods/softmax.py, loss.py.
Tests: tests/ops/cases_softmax.py, tests/ops/test_softmax.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError
from ..kernels import _pool as pool
from ..tape import Primitive, Variable
from .arithmetic import neg, sum_to
from .casting import as_dtype, as_operand, cast

__all__ = ["log_softmax", "softmax", "softmin"]


def _over_rows(function: Any, dim: int, *operands: np.ndarray) -> np.ndarray:
    """Run a kernel over matrices whose rows run along ``dim``."""
    shape = operands[0].shape
    if operands[0].dtype == np.float16:  # no compiled loops: through float32
        wide = (x.astype(np.float32) for x in operands)
        return _over_rows(function, dim, *wide).astype(np.float16)
    if not operands[0].size:
        return np.empty_like(operands[0], order="C")
    last = dim in (-1, len(shape) - 1) or not shape
    moved = operands if last else tuple(np.moveaxis(x, dim, -1) for x in operands)
    rows = tuple(np.ascontiguousarray(x).reshape(-1, x.shape[-1] if x.ndim else 1) for x in moved)
    out = np.empty(moved[0].shape, rows[0].dtype)  # not a view: backward would copy it for a leaf
    pool.run(function, len(rows[0]), *rows, out.reshape(rows[0].shape), work=8 * out.size)
    return out if last else np.ascontiguousarray(np.moveaxis(out, -1, dim))


def _sum_along(x: Any, dim: int) -> Any:
    """The sum along ``dim``, which stays with size 1; of an array or a Tensor."""
    return sum_to(x, tuple(1 if i == dim else size for i, size in enumerate(x.shape)))


def _exp(x: Any) -> Any:
    return x.exp() if isinstance(x, Variable) else np.exp(x)


def _softmax_forward(x, dim):
    y = _over_rows(kernels.softmax.softmax_forward, dim, x)
    return y, (y, dim)


softmax_along = Primitive(
    "softmax",
    _softmax_forward,
    lambda g, residuals, needs: (softmax_backward(g, residuals[0], dim=residuals[1]),),
    keeps="output along",
)


def _softmax_backward_forward(g, y, dim):
    return _over_rows(kernels.softmax.softmax_backward, dim, g, y), (g, y, dim)


def _softmax_backward_backward(h, residuals, needs):
    g, y, dim = residuals
    return (
        softmax_backward(h, y, dim=dim) if needs[0] else None,
        h * (g - _sum_along(g * y, dim)) - g * _sum_along(h * y, dim) if needs[1] else None,
    )


# y * (g - sum(g * y)): symmetric in g, which is why its rule calls itself.
softmax_backward: Primitive = Primitive(
    "softmax_backward", _softmax_backward_forward, _softmax_backward_backward, keeps="g y along"
)


def _log_softmax_forward(x, dim):
    y = _over_rows(kernels.softmax.log_softmax_forward, dim, x)
    return y, (y, dim)


_log_softmax = Primitive(
    "log_softmax",
    _log_softmax_forward,
    lambda g, residuals, needs: (_log_softmax_backward(g, residuals[0], dim=residuals[1]),),
    keeps="output along",
)


def _log_softmax_backward_forward(g, y, dim):
    return _over_rows(kernels.softmax.log_softmax_backward, dim, g, y), (g, y, dim)


def _log_softmax_backward_backward(h, residuals, needs):
    g, y, dim = residuals
    p = _exp(y)
    return (
        h - _sum_along(h * p, dim) if needs[0] else None,
        -(h * p) * _sum_along(g, dim) if needs[1] else None,
    )


# g - exp(y) * sum(g)
_log_softmax_backward: Primitive = Primitive(
    "log_softmax_backward",
    _log_softmax_backward_forward,
    _log_softmax_backward_backward,
    keeps="g y along",
)


# ------------------------------------------------ public functions


def _prepare(input: Any, dim: Any, dtype: Any, function: str) -> tuple:
    x = as_operand(input, function)
    if dtype is not None:
        x = cast(x, as_dtype(dtype))
    if x.dtype.kind != "f":
        raise DTypeError(
            f"{function} got {x.dtype}; it needs floats. Convert them: x.float(), or pass "
            "dtype=minigrad.float32."
        )
    if dim is None:
        raise TypeError(
            f"{function} got no dim; it needs the dimension along which the results sum to one. "
            "Pass dim=-1 for the last."
        )
    return x, shapes.dimension(dim, x.ndim, function)


def softmax(input: Any, dim: Any = None, dtype: Any = None) -> Any:
    """``exp(x) / sum(exp(x))`` along ``dim``: positive, and summing to one. Large scores stay finite.

    Raises IndexError for a dim that is not there, DTypeError for integers without ``dtype``.

    >>> softmax(tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    x, dim = _prepare(input, dim, dtype, "softmax")
    return softmax_along(x, dim=dim)


def log_softmax(input: Any, dim: Any = None, dtype: Any = None) -> Any:
    """``log(softmax(x))`` along ``dim``, without the loss of digits of the two steps.

    >>> log_softmax(tensor([0.0, 1000.0]), dim=0)
    tensor([-1000.,     0.])
    """
    x, dim = _prepare(input, dim, dtype, "log_softmax")
    return _log_softmax(x, dim=dim)


def softmin(input: Any, dim: Any = None, dtype: Any = None) -> Any:
    """``softmax(-x)``: the smallest score gets the largest share.

    >>> softmin(tensor([0.0, 1000.0]), dim=0)
    tensor([1., 0.])
    """
    x, dim = _prepare(input, dim, dtype, "softmin")
    return softmax_along(neg(x), dim=dim)
