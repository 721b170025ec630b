"""Adam and its kin: steps scaled by running means of the gradient and of its square.

    Adam, AdamW    L2 penalty, or weight decay apart from the gradient
    NAdam          with Nesterov's look-ahead
    RAdam          plain steps until the variance is known well enough
    Adamax         the largest gradient in place of the mean square

Symbols: beta1, beta2, eps as in the papers; t counts the steps of one parameter.
Below: optimizer.py, kernels/update.py. Tests: tests/optim/test_adam.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.tape import wrap

from .optimizer import Job, Optimizer, advance, moment, require

Betas = tuple[float, float]


def check_adam(name: str, group: dict) -> None:
    """The ranges that the options of all of these share."""
    beta1, beta2 = group["betas"]
    require(name, "lr", group["lr"], group["lr"] >= 0, "lr >= 0")
    require(name, "eps", group["eps"], group["eps"] >= 0, "eps >= 0, usually 1e-8")
    require(name, "betas[0]", beta1, 0 <= beta1 < 1, "0 <= betas[0] < 1, usually 0.9")
    require(name, "betas[1]", beta2, 0 <= beta2 < 1, "0 <= betas[1] < 1, usually 0.999")
    require(name, "weight_decay", group["weight_decay"], group["weight_decay"] >= 0, "weight_decay >= 0")


def decay(group: dict) -> tuple[float, float]:
    """Weight decay as (penalty added to the gradient, factor on the parameter)."""
    weight_decay = float(group["weight_decay"])
    if group.get("decoupled_weight_decay"):
        return 0.0, 1.0 - float(group["lr"]) * weight_decay
    return weight_decay, 1.0


class Adam(Optimizer):
    """Adam: each entry's step is lr times its mean gradient over its root mean square.

    ``amsgrad`` divides by the largest mean square so far; ``decoupled_weight_decay`` makes it
    AdamW. ``foreach`` and ``fused`` are accepted for PyTorch's sake. Raises ValueError.
    Source: Kingma and Ba, Adam (2015), algorithm 1; Reddi et al. (2018) for amsgrad.

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adam([w], lr=0.1).step()
    >>> w.detach()
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def check(self, group: dict) -> None:
        check_adam(type(self).__name__, group)

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        arrays: tuple[np.ndarray, ...] = (p, g, moment(state, "exp_avg", p), moment(state, "exp_avg_sq", p))
        if group["amsgrad"]:
            arrays += (moment(state, "max_exp_avg_sq", p),)
        beta1, beta2 = group["betas"]
        t = advance(state)
        step_size, root2 = float(group["lr"]) / (1 - beta1**t), math.sqrt(1 - beta2**t)
        penalty, keep = decay(group)
        sign = -1.0 if group["maximize"] else 1.0
        numbers = (step_size, beta1, beta2, float(group["eps"]), root2, penalty, keep, sign)
        return kernels.update.amsgrad if group["amsgrad"] else kernels.update.adam, arrays, numbers


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameter itself, apart from the gradient.

    Arguments as Adam, with ``weight_decay=0.01``.
    Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2.

    >>> w = tensor([1.0], requires_grad=True)
    >>> w.grad = tensor([0.0])
    >>> optim.AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.detach()
    tensor([0.9500])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ):
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True
        )


class NAdam(Optimizer):
    """Adam with Nesterov momentum. Arguments as Adam, and ``momentum_decay``. Raises ValueError.

    Source: Dozat, Incorporating Nesterov momentum into Adam (2016).

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.NAdam([w], lr=0.1).step()
    >>> w.item() < 1
    True
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def check(self, group: dict) -> None:
        check_adam("NAdam", group)
        momentum_decay = group["momentum_decay"]
        require("NAdam", "momentum_decay", momentum_decay, momentum_decay >= 0, "momentum_decay >= 0")

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        arrays = (p, g, moment(state, "exp_avg", p), moment(state, "exp_avg_sq", p))
        beta1, beta2 = group["betas"]
        lr, t = float(group["lr"]), advance(state)
        mu = beta1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
        mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * group["momentum_decay"]))
        if "mu_product" not in state:
            state["mu_product"] = wrap(np.ones((), np.float32))
        product = state["mu_product"].array
        product *= np.float32(mu)
        penalty, keep = decay(group)
        numbers = (
            lr * (1 - mu) / (1 - product.item()), lr * mu_next / (1 - product.item() * mu_next),
            beta1, beta2, float(group["eps"]), 1 - beta2**t, penalty, keep,
            -1.0 if group["maximize"] else 1.0,
        )  # fmt: skip
        return kernels.update.nadam, arrays, numbers


class RAdam(Optimizer):
    """Adam that takes plain momentum steps until its variance estimate is reliable.

    Arguments as Adam. Raises ValueError.
    Source: Liu et al., On the variance of the adaptive learning rate and beyond (2020), algorithm 2.

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.RAdam([w], lr=0.1).step()
    >>> w.detach()
    tensor([0.8000])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def check(self, group: dict) -> None:
        check_adam("RAdam", group)

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        arrays = (p, g, moment(state, "exp_avg", p), moment(state, "exp_avg_sq", p))
        beta1, beta2 = group["betas"]
        t = advance(state)
        correction2 = 1 - beta2**t
        longest = 2 / (1 - beta2) - 1  # length of the averaged window, in the end and now
        length = longest - 2 * t * beta2**t / correction2
        rectify = 0.0
        if length > 5:
            rectify = math.sqrt(
                correction2 * (length - 4) * (length - 2) * longest
                / ((longest - 4) * (longest - 2) * length)
            )  # fmt: skip
        penalty, keep = decay(group)
        numbers = (
            float(group["lr"]) / (1 - beta1**t), beta1, beta2, float(group["eps"]), rectify,
            penalty, keep, -1.0 if group["maximize"] else 1.0,
        )  # fmt: skip
        return kernels.update.radam, arrays, numbers


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the root mean square.

    Arguments as Adam. Raises ValueError.
    Source: Kingma and Ba, Adam (2015), algorithm 2.

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adamax([w], lr=0.1).step()
    >>> w.detach()
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def check(self, group: dict) -> None:
        check_adam("Adamax", group)

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        arrays = (p, g, moment(state, "exp_avg", p), moment(state, "exp_inf", p))
        beta1, beta2 = group["betas"]
        t = advance(state)
        numbers = (
            float(group["lr"]) / (1 - beta1**t), beta1, beta2, float(group["eps"]),
            float(group["weight_decay"]), -1.0 if group["maximize"] else 1.0,
        )  # fmt: skip
        return kernels.update.adamax, arrays, numbers
