"""ReduceLROnPlateau: a smaller rate when a number stops getting better.

Below: base.py. Tests: tests/optim/test_lr_scheduler.py.
"""

from __future__ import annotations

import math
from typing import Any

from minigrad.tracing import outside

from ..optimizer import Optimizer
from .base import LRScheduler, one_for_each_group


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the rate by ``factor`` after more than ``patience`` steps without progress.

    Progress: lower (``mode="min"``) or higher ("max") than the best by ``threshold``, relative
    ("rel") or absolute ("abs"). ``cooldown``: steps to wait after a change. Raises ValueError.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    >>> schedule.step(3.0); schedule.step(3.0); schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"ReduceLROnPlateau got {type(optimizer).__name__}; it needs an Optimizer.")
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau got factor={factor}; it needs factor < 1.")
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau got mode={mode!r}; it needs 'min' or 'max'.")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"ReduceLROnPlateau got threshold_mode={threshold_mode!r}; it needs 'rel' or 'abs'."
            )
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.cooldown_counter, self.num_bad_epochs = cooldown, 0, 0
        self.min_lrs, self.eps, self.last_epoch = one_for_each_group(self, min_lr, "lower bounds"), eps, 0
        self.best = math.inf if mode == "min" else -math.inf
        self._last_lr = self.rates()

    def is_better(self, value: float, best: float) -> bool:
        """Whether ``value`` counts as progress."""
        sign = 1 if self.mode == "min" else -1
        margin = self.threshold * (abs(best) if self.threshold_mode == "rel" else 1)
        if self.threshold_mode == "rel":
            return sign * value < sign * best * (1 - sign * self.threshold)
        return sign * value < sign * best - margin

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take note of ``metrics`` (a number or 0-dim Tensor) and lower the rate if it is time."""
        outside("steps a learning-rate scheduler, which belongs after it")
        value = float(metrics.item() if hasattr(metrics, "item") else metrics)
        self.last_epoch += 1
        if self.is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self.rates()

    def _reduce(self) -> None:
        for group, lowest in zip(self.optimizer.param_groups, self.min_lrs):
            rate = max(group["lr"] * self.factor, lowest)
            if group["lr"] - rate > self.eps:
                group["lr"] = rate
