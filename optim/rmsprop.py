"""Steps divided by the size of past gradients: RMSprop, Adagrad, Adadelta.

Below: optimizer.py, kernels/update.py. Tests: tests/optim/test_rmsprop.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad import kernels

from .optimizer import Job, Optimizer, advance, moment, require


class RMSprop(Optimizer):
    """Divides by the root of a running mean square; ``centered`` takes the variance instead.

    Raises ValueError for options out of range.
    Source: Tieleman and Hinton, lecture 6.5 (2012); Graves (2013) for the centered form.

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.RMSprop([w], lr=0.01).step()
    >>> w.detach()
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def check(self, group: dict) -> None:
        for option in ("lr", "eps", "momentum", "weight_decay", "alpha"):
            require("RMSprop", option, group[option], group[option] >= 0, f"{option} >= 0")

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        centered, moving = bool(group["centered"]), group["momentum"] > 0
        square = moment(state, "square_avg", p)
        mean = moment(state, "grad_avg", p) if centered else square
        velocity = moment(state, "momentum_buffer", p) if moving else square
        advance(state)
        numbers = (
            float(group["lr"]), float(group["alpha"]), float(group["eps"]), float(group["momentum"]),
            float(group["weight_decay"]), -1.0 if group["maximize"] else 1.0, centered, moving,
        )  # fmt: skip
        return kernels.update.rmsprop, (p, g, square, mean, velocity), numbers


class Adagrad(Optimizer):
    """Divides by the root of the sum of all squared gradients. Raises ValueError.

    Source: Duchi et al., Adaptive subgradient methods (2011).

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adagrad([w], lr=0.1).step()
    >>> w.detach()
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        fused: bool | None = None,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "maximize": maximize,
            },
        )

    def check(self, group: dict) -> None:
        for option in ("lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value"):
            require("Adagrad", option, group[option], group[option] >= 0, f"{option} >= 0")

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        total = moment(state, "sum", p, group["initial_accumulator_value"])
        t = advance(state)
        numbers = (
            float(group["lr"]) / (1 + (t - 1) * group["lr_decay"]), float(group["eps"]),
            float(group["weight_decay"]), -1.0 if group["maximize"] else 1.0,
        )  # fmt: skip
        return kernels.update.adagrad, (p, g, total), numbers


class Adadelta(Optimizer):
    """Scales by the ratio of past steps to past gradients, so that units agree. Raises ValueError.

    Source: Zeiler, Adadelta (2012), algorithm 1.

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adadelta([w]).step()
    >>> w.item() < 1
    True
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize},
        )

    def check(self, group: dict) -> None:
        for option in ("lr", "eps", "weight_decay"):
            require("Adadelta", option, group[option], group[option] >= 0, f"{option} >= 0")
        require("Adadelta", "rho", group["rho"], 0 <= group["rho"] <= 1, "0 <= rho <= 1")

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        square, moved = moment(state, "square_avg", p), moment(state, "acc_delta", p)
        advance(state)
        numbers = (
            float(group["lr"]), float(group["rho"]), float(group["eps"]),
            float(group["weight_decay"]), -1.0 if group["maximize"] else 1.0,
        )  # fmt: skip
        return kernels.update.adadelta, (p, g, square, moved), numbers
