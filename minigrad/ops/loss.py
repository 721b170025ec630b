"""Losses of real targets, and all losses under one roof.

    mse_loss l1_loss smooth_l1_loss huber_loss                 differences
    kl_div poisson_nll_loss gaussian_nll_loss                  distributions
    cross_entropy nll_loss                                     from cross_entropy.py
    binary_cross_entropy, also with logits                     from binary_loss.py
    margins, embeddings, triplets                              from margin_loss.py

Below: kernels/loss.py and the three files named. Above: nn/functional.py.
Tests: tests/ops/cases_loss.py, tests/ops/test_loss.py.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError, ShapeError
from ..kernels import _pool as pool
from ..tape import Primitive
from .arithmetic import add, div, expand_to, mul, sub, sum_to
from .binary_loss import binary_cross_entropy, binary_cross_entropy_with_logits
from .casting import as_operand, cast, promote
from .cross_entropy import check_reduction, cross_entropy, nll_loss, reduce
from .elementwise import abs as abs_
from .elementwise import exp, log, square, xlogy
from .margin_loss import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .reduction import sum as sum_
from .selection import clamp, where

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "cross_entropy", "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss",
    "margin_ranking_loss", "mse_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "poisson_nll_loss", "smooth_l1_loss",
    "soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


# ------------------------------------------------ mean squared error


def _mse_forward(x, y, reduction):
    if reduction == "none":
        return np.square(x - y), (x, y, 2.0)
    flat = [np.ascontiguousarray(a).reshape(-1) for a in (x, y)]
    parts = np.empty(-(-x.size // kernels.loss.BLOCK))
    pool.run(kernels.loss.squared_error_sums, len(parts), *flat, parts, work=x.size)
    total = parts.sum()
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
    out = np.empty(x.shape, x.dtype)
    flat = [*(np.ascontiguousarray(a).reshape(-1) for a in (h, x, y)), scale, out.reshape(-1)]
    pool.run(kernels.loss.squared_error_backward, x.size, *flat, work=x.size)
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

    >>> F.mse_loss(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    tensor(2.)
    """
    check_reduction(reduction, "mse_loss")
    x, y = pair_of_floats(input, target, "mse_loss")
    if x.dtype == np.float16:  # no compiled loops: through float32
        a, b, w = (None if v is None else cast(v, np.dtype(np.float32)) for v in (x, y, weight))
        return cast(_mse_of(a, b, w, reduction), x.dtype)
    return _mse_of(x, y, weight, reduction)


def _mse_of(x: Any, y: Any, weight: Any, reduction: str) -> Any:
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


def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Absolute differences: their mean, their sum, or all of them. Slope 0 where they are 0.

    >>> F.l1_loss(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    tensor(1.)
    """
    check_reduction(reduction, "l1_loss")
    x, y = pair_of_floats(input, target, "l1_loss")
    return reduce(abs_(sub(x, y)), reduction)


def _huber(x: Any, y: Any, delta: float) -> Any:
    """d * d / 2 up to delta, then a line: with c = clamp(d), both are c * (d - c / 2)."""
    d = sub(x, y)
    c = clamp(d, -delta, delta)
    return mul(c, sub(d, mul(c, 0.5)))


def huber_loss(input: Any, target: Any, *, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Half the squared difference up to ``delta``, beyond that ``delta * (|difference| - delta / 2)``.

    Source: Huber, Robust estimation of a location parameter (1964).

    >>> F.huber_loss(tensor([0.0, 3.0]), tensor([1.0, 0.0]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    check_reduction(reduction, "huber_loss")
    if not delta > 0:
        raise ValueError(f"huber_loss got delta={delta}; it needs a positive number.")
    x, y = pair_of_floats(input, target, "huber_loss")
    return reduce(_huber(x, y, delta), reduction)


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """``huber_loss`` with delta = beta, divided by beta; with beta 0 it is ``l1_loss``.

    Source: Girshick, Fast R-CNN (2015), equation 3.

    >>> F.smooth_l1_loss(tensor([0.0, 3.0]), tensor([1.0, 0.0]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    check_reduction(reduction, "smooth_l1_loss")
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss got beta={beta}; it needs a number that is not negative.")
    x, y = pair_of_floats(input, target, "smooth_l1_loss")
    loss = div(_huber(x, y, beta), beta) if beta else abs_(sub(x, y))
    return reduce(loss, reduction)


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """Kullback-Leibler divergence of ``exp(input)`` from ``target``, element by element.

    input: log-probabilities; target: probabilities, or with ``log_target`` their logarithms.
    reduction "batchmean" divides the sum by the first size, which is the divergence proper.
    Source: Kullback and Leibler, On information and sufficiency (1951).

    >>> F.kl_div(tensor([[0.5, 0.5]]).log(), tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    if reduction != "batchmean":
        check_reduction(reduction, "kl_div")
    x, y = promote(as_operand(input, "kl_div"), as_operand(target, "kl_div"), "kl_div")
    loss = mul(exp(y), sub(y, x)) if log_target else sub(xlogy(y, y), mul(y, x))
    if reduction == "batchmean":
        return div(sum_(loss), float(x.shape[0] if x.ndim else 1))
    return reduce(loss, reduction)


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, *, eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    """Minus the log-likelihood of counts ``target`` under a Poisson distribution.

    input: the logarithm of the rate, or with ``log_input=False`` the rate. ``full`` adds
    Stirling's approximation of log(target!) where target > 1.

    >>> F.poisson_nll_loss(tensor([0.0]), tensor([2.0]))
    tensor(1.)
    """
    check_reduction(reduction, "poisson_nll_loss")
    x, y = pair_of_floats(input, target, "poisson_nll_loss")
    loss = sub(exp(x), mul(y, x)) if log_input else sub(x, mul(y, log(add(x, eps))))
    if full:
        stirling = add(sub(mul(y, log(y)), y), mul(log(mul(y, 2 * math.pi)), 0.5))
        loss = add(loss, where(y > 1, stirling, 0.0))
    return reduce(loss, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """Minus the log-likelihood of ``target`` under normal distributions (mean ``input``, variance ``var``).

    ``var`` has the shape of input, or 1 (or nothing) in its last dimension; below ``eps`` it counts
    as ``eps``, with its gradient passing all the same. ``full`` adds the constant log(2 pi) / 2.
    Raises ValueError for a negative variance. Source: Nix and Weigend, Estimating the mean and
    variance of the target probability distribution (1994).

    >>> F.gaussian_nll_loss(tensor([1.0]), tensor([3.0]), tensor([1.0]))
    tensor(2.)
    """
    check_reduction(reduction, "gaussian_nll_loss")
    x, y = pair_of_floats(input, target, "gaussian_nll_loss")
    var = as_operand(var, "gaussian_nll_loss")
    if var.shape == x.shape[:-1] and var.shape != x.shape:
        var = var.reshape((*var.shape, 1))
    if shapes.broadcast("gaussian_nll_loss", var.shape, x.shape) != x.shape:
        raise ShapeError(
            f"gaussian_nll_loss got input {x.shape} and var {var.shape}; it needs equal shapes, or a "
            "var whose last size is 1 or missing."
        )
    if (var.array < 0).any():
        raise ValueError("gaussian_nll_loss got a negative variance; it needs var >= 0.")
    lift = as_operand(np.maximum(var.array, eps) - var.array, "gaussian_nll_loss")
    var = add(var, lift)
    loss = mul(add(log(var), div(square(sub(x, y)), var)), 0.5)
    if full:
        loss = add(loss, 0.5 * math.log(2 * math.pi))
    return reduce(loss, reduction)
