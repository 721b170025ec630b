"""Schedules along a cosine: down, down with restarts, and up and down again.

Below: base.py. Tests: tests/optim/test_lr_scheduler.py.
"""

from __future__ import annotations

import math
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, one_for_each_group


def _cosine(start: float, end: float, share: float) -> float:
    """From ``start`` (share 0) to ``end`` (share 1) along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _line(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


class CosineAnnealingLR(LRScheduler):
    """From the initial rate to ``eta_min`` along half a cosine of ``T_max`` steps, then up again.

    Source: Loshchilov and Hutter, SGDR (2017), without the restarts.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> optimizer.step(); schedule.step(); np.round(schedule.get_last_lr(), 6)
    array([0.5])
    """

    def __init__(self, optimizer: Optimizer, T_max: float, eta_min: float = 0.0, last_epoch: int = -1):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        t, low = self.last_epoch, self.eta_min
        if t == 0 or self.is_resuming():
            return self.rates()
        before, now = (1 + math.cos(math.pi * s / self.T_max) for s in (t - 1, t))
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # the step up from the lowest point
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [rate + (base - low) * rise for base, rate in zip(self.base_lrs, self.rates())]
        return [low + (rate - low) * now / before for rate in self.rates()]

    def closed_form(self) -> list:
        return [_cosine(base, self.eta_min, self.last_epoch / self.T_max) for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Down a half cosine of ``T_0`` steps, back to the start, down one ``T_mult`` times as long.

    ``step(epoch)`` takes fractions too, for a rate that changes within an epoch. Raises ValueError.
    Source: Loshchilov and Hutter, SGDR (2017).

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> optimizer.step(); schedule.step(); np.round(schedule.get_last_lr(), 6)
    array([0.5])
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ):
        for option, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"CosineAnnealingWarmRestarts got {option}={value!r}; it needs an integer >= 1."
                )
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self._place(last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        return [_cosine(base, self.eta_min, self.T_cur / self.T_i) for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go to the next step, or to ``epoch``, and set its rates."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts.step got epoch={epoch}; it needs epoch >= 0.")
        else:
            self._place(epoch)
        self.last_epoch = math.floor(epoch)
        self.apply(self.get_lr())

    def _place(self, epoch: float) -> None:
        """Find the cycle that ``epoch`` lies in: cycle n starts at T_0 (T_mult^n - 1) / (T_mult - 1)."""
        self.T_i, self.T_cur = self.T_0, epoch
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult

    def start_here(self) -> None:
        self.step(0)


class OneCycleLR(LRScheduler):
    """Up to ``max_lr`` and down to almost nothing, once; the momentum the other way round.

    ``total_steps``, or ``epochs`` times ``steps_per_epoch``. ``max_lr`` and the momentums may be
    lists with one number per group. Raises ValueError.
    Source: Smith and Topin, Super-convergence (2019).

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0, momentum=0.9)
    >>> schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> np.round(schedule.get_last_lr(), 6), optimizer.param_groups[0]["momentum"]
    (array([0.04]), 0.95)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError(
                "OneCycleLR got neither total_steps nor both epochs and steps_per_epoch; it needs one."
            )
        total = total_steps if total_steps is not None else epochs * steps_per_epoch  # type: ignore[operator]
        if not isinstance(total, int) or total <= 0:
            raise ValueError(f"OneCycleLR got {total!r} steps; it needs an integer >= 1.")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR got pct_start={pct_start}; it needs 0 <= pct_start <= 1.")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR got anneal_strategy={anneal_strategy!r}; it needs 'cos' or 'linear'."
            )
        self.optimizer, self.total_steps, self.cycle_momentum = optimizer, total, cycle_momentum
        self.anneal_strategy = anneal_strategy
        self.phases = _phases(total, pct_start, three_phase)
        groups = optimizer.param_groups
        if cycle_momentum:
            if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
                raise ValueError(
                    f"OneCycleLR got {type(optimizer).__name__}, which has no momentum to cycle; it needs "
                    "cycle_momentum=False."
                )
            lows = one_for_each_group(self, base_momentum, "momentums")
            highs = one_for_each_group(self, max_momentum, "momentums")
        peaks = one_for_each_group(self, max_lr, "rates")
        if last_epoch == -1:
            for i, group in enumerate(groups):
                group["initial_lr"] = peaks[i] / div_factor
                group["max_lr"] = peaks[i]
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    group["base_momentum"], group["max_momentum"] = lows[i], highs[i]
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(
                f"OneCycleLR got step {t}; it was made for {self.total_steps}. Call step() once a batch, "
                "and count all batches in total_steps."
            )
        i = min(sum(t > end for end, *_ in self.phases), len(self.phases) - 1)
        start = self.phases[i - 1][0] if i else 0.0
        end, lr_names, momentum_names = self.phases[i]
        share = (t - start) / (end - start) if end != start else 1.0
        between = _cosine if self.anneal_strategy == "cos" else _line
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(between(group[lr_names[0]], group[lr_names[1]], share))
            if self.cycle_momentum:
                momentum = between(group[momentum_names[0]], group[momentum_names[1]], share)
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum
        return rates


def _phases(total: int, share: float, three: bool) -> list:
    """(last step, rates from and to, momentums from and to), as keys of the group."""
    up = ("initial_lr", "max_lr"), ("max_momentum", "base_momentum")
    if three:
        return [
            (share * total - 1, *up),
            (2 * share * total - 2, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum")),
            (total - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum")),
        ]
    return [
        (share * total - 1, *up),
        (total - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum")),
    ]
