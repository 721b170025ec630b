"""Losses of real targets, and all losses under one roof.

    mse_loss                                 one primitive
    cross_entropy nll_loss                   from cross_entropy.py

Below: kernels/loss.py, cross_entropy.py. Above: nn/functional.py.
Tests: tests/ops/cases_loss.py, tests/ops/test_loss.py.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive
from .arithmetic import div, expand_to, mul, sum_to
from .casting import as_operand, promote
from .cross_entropy import check_reduction, cross_entropy, nll_loss, reduce
from .reduction import sum as sum_

__all__ = ["cross_entropy", "mse_loss", "nll_loss"]


# ------------------------------------------------ mean squared error


def _mse_forward(x, y, reduction):
    if reduction == "none":
        return np.square(x - y), (x, y, 2.0)
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    total = kernels.loss.squared_error_sum(x.reshape(-1), y.reshape(-1), 0, x.size)
    scale = 1.0
    if reduction == "mean":
        scale = 1 / x.size if x.size else np.nan
    return x.dtype.type(total * scale), (x, y, 2 * scale)


def _mse_backward(g, residuals, needs):
    x, y, scale = residuals
    dx = _mse_grad(g, x, y, scale=scale)
    return dx, -dx if needs[1] else None


_mse = Primitive("mse_loss", _mse_forward, _mse_backward, keeps="x y factor")


def _mse_grad_forward(h, x, y, scale):
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    out = np.empty_like(x)
    kernels.loss.squared_error_backward(
        np.ascontiguousarray(h).reshape(-1), x.reshape(-1), y.reshape(-1), scale, out.reshape(-1), 0, x.size
    )
    return out, (h, x, y, scale)


def _mse_grad_backward(e, residuals, needs):
    h, x, y, scale = residuals
    dx = scale * h * e if needs[1] or needs[2] else None
    return (
        sum_to(scale * e * (x - y), h.shape) if needs[0] else None,
        dx if needs[1] else None,
        -dx if needs[2] else None,
    )


# scale * h * (x - y), h one number or one for each element
_mse_grad = Primitive("mse_loss_grad", _mse_grad_forward, _mse_grad_backward, keeps="h x y factor")


# ------------------------------------------------ public functions


def pair_of_floats(input: Any, target: Any, function: str) -> tuple:
    """Both as Tensors of one float dtype and one shape; unlike shapes broadcast with a warning."""
    x, y = promote(as_operand(input, function), as_operand(target, function), function)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function} got {x.dtype}; it needs floats. Convert them: x.float().")
    if x.shape != y.shape:
        shape = shapes.broadcast(function, x.shape, y.shape)
        warnings.warn(
            f"{function} got input {x.shape} and target {y.shape}, which broadcast to {shape}; this is "
            "rarely meant. Give both one shape, for instance with reshape or unsqueeze.",
            UserWarning,
            stacklevel=3,
        )
        x, y = expand_to(x, shape), expand_to(y, shape)
    return x, y


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """Squared differences: their mean, their sum, or (reduction "none") all of them.

    Shapes: input and target equal. ``weight``, of the same shape, weighs the elements, and a
    mean divides by its sum.

    >>> mse_loss(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    tensor(2.)
    """
    check_reduction(reduction, "mse_loss")
    x, y = pair_of_floats(input, target, "mse_loss")
    if weight is None:
        return _mse(x, y, reduction=reduction)
    weight = as_operand(weight, "mse_loss")
    if weight.shape != x.shape:
        raise ShapeError(
            f"mse_loss got weight {weight.shape} for a target of {x.shape}; it needs one weight per "
            "element. Use weight.expand(target.shape)."
        )
    loss = mul(_mse(x, y, reduction="none"), weight)
    return div(sum_(loss), sum_(weight)) if reduction == "mean" else reduce(loss, reduction)
