"""SGD: stochastic gradient descent, with momentum.

Below: optimizer.py, kernels/update.py. Tests: tests/optim/test_sgd.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad import kernels

from .optimizer import Job, Optimizer, moment, require


class SGD(Optimizer):
    """Stochastic gradient descent: ``v = momentum * v + (1 - dampening) * g``, ``p = p - lr * v``.

    ``weight_decay`` adds an L2 penalty, ``nesterov`` looks one step ahead, ``maximize`` goes up.
    ``foreach`` and ``fused`` are accepted for PyTorch's sake: there is one implementation.
    Raises ValueError for options out of range.
    Source: Sutskever et al., On the importance of initialization and momentum (2013).

    >>> w = tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.SGD([w], lr=0.1).step()
    >>> w.detach()
    tensor([0.8000])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def check(self, group: dict) -> None:
        momentum, dampening = group["momentum"], group["dampening"]
        require("SGD", "lr", group["lr"], group["lr"] >= 0, "lr >= 0")
        require("SGD", "momentum", momentum, momentum >= 0, "momentum >= 0, usually 0.9")
        require("SGD", "weight_decay", group["weight_decay"], group["weight_decay"] >= 0, "weight_decay >= 0")
        if group["nesterov"] and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"SGD got nesterov=True with momentum={momentum} and dampening={dampening}; it needs "
                "momentum > 0 and dampening 0."
            )

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict[str, Any]) -> Job:
        lr, weight_decay = float(group["lr"]), float(group["weight_decay"])
        sign = -1.0 if group["maximize"] else 1.0
        momentum = float(group["momentum"])
        if momentum == 0:
            return kernels.update.sgd, (p, g), (lr, weight_decay, sign)
        # The first velocity is the gradient itself, not a dampened part of it.
        dampening = 0.0 if state.get("momentum_buffer") is None else float(group["dampening"])
        numbers = (lr, momentum, dampening, weight_decay, bool(group["nesterov"]), sign)
        return kernels.update.sgd_momentum, (p, g, moment(state, "momentum_buffer", p)), numbers
