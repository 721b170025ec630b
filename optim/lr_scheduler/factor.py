"""Schedules that multiply the initial rate by a factor of the step number.

Below: base.py. Tests: tests/optim/test_lr_scheduler.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ..optimizer import Optimizer
from .base import LRScheduler


class FactorLR(LRScheduler):
    """The rate at step t is the initial one times ``factor(t)``."""

    in_jumps = False  # jumps are made up for on resuming, gradual changes are not

    def factor(self, t: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} needs a method factor(self, t).")

    def get_lr(self) -> list:
        """The present rates times factor(t) / factor(t - 1): other schedulers' factors stay."""
        if self.is_resuming() and not self.in_jumps:
            return self.rates()
        now = self.factor(self.last_epoch)
        before = self.factor(self.last_epoch - 1) if self.last_epoch > 0 else 1.0
        if now == before:
            return self.rates()
        if before == 0:
            return self.closed_form()
        return [rate * (now / before) for rate in self.rates()]

    def closed_form(self) -> list:
        return [base * self.factor(self.last_epoch) for base in self.base_lrs]


class StepLR(FactorLR):
    """Multiplies the rate by ``gamma`` every ``step_size`` steps.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
    [0.5]
    """

    in_jumps = True

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self.gamma ** (t // self.step_size)


class MultiStepLR(FactorLR):
    """Multiplies the rate by ``gamma`` at each of the steps ``milestones``.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 30], gamma=0.5)
    >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
    [0.5]
    """

    in_jumps = True

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ):
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self.gamma ** bisect_right(self.milestones, t)


class ConstantLR(FactorLR):
    """The rate times ``factor`` for the first ``total_iters`` steps, then the rate itself."""

    in_jumps = True

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ):
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR got factor={factor}; it needs 0 <= factor <= 1.")
        self.first_factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self.first_factor if t < self.total_iters else 1.0


class LinearLR(FactorLR):
    """From ``start_factor`` to ``end_factor`` in a straight line over ``total_iters`` steps.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=4)
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR got start_factor={start_factor}; it needs 0 < start_factor <= 1.")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR got end_factor={end_factor}; it needs 0 <= end_factor <= 1.")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        share = min(t, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * share


class ExponentialLR(FactorLR):
    """Multiplies the rate by ``gamma`` every step.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
    [0.9]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self.gamma**t


class PolynomialLR(FactorLR):
    """Falls to zero as ``(1 - t / total_iters) ** power``."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1):
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return (1 - min(t, self.total_iters) / self.total_iters) ** self.power
