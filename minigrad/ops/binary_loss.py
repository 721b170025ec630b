"""Losses of yes-or-no answers.

    binary_cross_entropy                 of probabilities
    binary_cross_entropy_with_logits     of scores, finite for every score

Below: activation.py. Above: loss.py, margin_loss.py. Tests: tests/ops/cases_loss.py,
tests/ops/test_loss.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive, Variable
from .activation import _sigmoid
from .arithmetic import add, mul, sub
from .casting import as_operand, promote
from .cross_entropy import check_reduction, reduce
from .elementwise import log
from .selection import clamp

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]


# ------------------------------------------------ the primitives, element by element


def _clamped_log(x: Any) -> Any:
    """log(x), but never below -100: one certain mistake must not make a whole loss infinite."""
    return clamp(log(x), -100) if isinstance(x, Variable) else np.maximum(np.log(x), -100)


def _bce_forward(x, y):
    loss = (y - 1) * np.maximum(np.log1p(-x), -100) - y * _clamped_log(x)
    # What lifts x * (1 - x) to 1e-12 at the ends: the slope there is large, but finite.
    lift = np.maximum(x.dtype.type(1e-12) - x * (1 - x), 0)
    return loss, (x, y, lift)


def _bce_backward(g, residuals, needs):
    x, y, lift = residuals
    return (
        g * (x - y) / (x * (1 - x) + lift) if needs[0] else None,
        g * (_clamped_log(1 - x) - _clamped_log(x)) if needs[1] else None,
    )


_bce = Primitive("binary_cross_entropy", _bce_forward, _bce_backward, keeps="x y(x) lift")


def _bce_with_logits_forward(x, y):
    # log(1 + exp(x)) - x * y, with an exponential that cannot overflow.
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0) - x * y, (x, y)


def _bce_with_logits_backward(g, residuals, needs):
    x, y = residuals
    return g * (_sigmoid(x) - y) if needs[0] else None, -(g * x) if needs[1] else None


bce_with_logits = Primitive(
    "binary_cross_entropy_with_logits", _bce_with_logits_forward, _bce_with_logits_backward, keeps="x y(x)"
)


# ------------------------------------------------ public functions


def _same_shape(input: Any, target: Any, function: str) -> tuple:
    x, y = as_operand(input, function), as_operand(target, function)
    if x.shape != y.shape:
        raise ShapeError(
            f"{function} got input {x.shape} and target {y.shape}; it needs equal shapes. "
            "Use target.unsqueeze(1) or input.squeeze(1) where a dimension of size 1 is missing."
        )
    if x.dtype.kind != "f" or y.dtype.kind != "f":
        raise DTypeError(
            f"{function} got input of {x.dtype} and target of {y.dtype}; it needs floats. "
            "Convert them: target.float()."
        )
    return promote(x, y, function)


def _weighted(loss: Any, weight: Any, reduction: str, function: str) -> Any:
    if weight is not None:
        weight = as_operand(weight, function)
        if shapes.broadcast(function, weight.shape, loss.shape) != loss.shape:
            raise ShapeError(
                f"{function} got weight {weight.shape} for a loss of {loss.shape}; it needs a weight that "
                "broadcasts to the loss."
            )
        loss = mul(loss, weight)
    return reduce(loss, reduction)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Cross-entropy of probabilities ``input`` in [0, 1] against ``target``; logarithms end at -100.

    Scores that are not yet probabilities belong in binary_cross_entropy_with_logits.
    Raises ValueError for a value outside [0, 1].

    >>> F.binary_cross_entropy(tensor([0.5]), tensor([1.0]))
    tensor(0.6931)
    """
    check_reduction(reduction, "binary_cross_entropy")
    x, y = _same_shape(input, target, "binary_cross_entropy")
    inside = (x.array >= 0) & (x.array <= 1)
    if not inside.all():
        raise ValueError(
            f"binary_cross_entropy got the value {x.array[~inside][0]:g}; it needs probabilities in "
            "[0, 1]. Apply sigmoid first, or use binary_cross_entropy_with_logits."
        )
    return _weighted(_bce(x, y), weight, reduction, "binary_cross_entropy")


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Cross-entropy of ``sigmoid(input)`` against ``target``, finite for every score.

    Shapes: input and target equal; ``weight`` broadcasts to them, and so does ``pos_weight``,
    which multiplies the part of the positive answers (usually one number per class).

    >>> F.binary_cross_entropy_with_logits(tensor([0.0, 1000.0]), tensor([1.0, 1.0]), reduction="sum")
    tensor(0.6931)
    """
    function = "binary_cross_entropy_with_logits"
    check_reduction(reduction, function)
    x, y = _same_shape(input, target, function)
    loss = bce_with_logits(x, y)
    if pos_weight is not None:
        of_yes = bce_with_logits(x, as_operand(np.ones(x.shape, x.dtype), function))
        more = mul(y, sub(as_operand(pos_weight, function), 1))
        if more.shape != x.shape:
            raise ShapeError(
                f"{function} got pos_weight {as_operand(pos_weight, function).shape} for scores "
                f"{x.shape}; it needs one that broadcasts to them, such as one number per class."
            )
        loss = add(loss, mul(more, of_yes))
    return _weighted(loss, weight, reduction, function)
