"""Several schedules for one optimizer: one after the other, or all at once.

Below: base.py. Tests: tests/optim/test_lr_scheduler.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler
from .plateau import ReduceLROnPlateau


def _check(name: str, optimizer: Any, schedulers: Sequence[LRScheduler]) -> None:
    if not schedulers:
        raise ValueError(f"{name} got no schedulers; it needs at least one.")
    for i, scheduler in enumerate(schedulers):
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(
                f"{name} got ReduceLROnPlateau at {i}, which needs a number each step; it needs others. "
                "Step that one apart."
            )
        if scheduler.optimizer is not optimizer:
            raise ValueError(f"{name} got scheduler {i} of another optimizer; it needs one for all.")


class SequentialLR(LRScheduler):
    """Schedules one after the other: number i + 1 takes over at step ``milestones[i]``.

    Raises ValueError unless there is one milestone fewer than schedulers.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> warm = optim.lr_scheduler.ConstantLR(optimizer, factor=0.1, total_iters=2)
    >>> fall = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    >>> schedule = optim.lr_scheduler.SequentialLR(optimizer, [warm, fall], milestones=[2])
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ):
        _check("SequentialLR", optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR got {len(schedulers)} schedulers and {len(milestones)} milestones; it needs "
                "one milestone fewer than schedulers."
            )
        self.optimizer, self._schedulers, self._milestones = optimizer, schedulers, milestones
        self.last_epoch = last_epoch + 1
        # Each scheduler set its first rate when it was made: only the first one's counts.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in schedulers:
            scheduler.last_epoch -= 1
        schedulers[0]._step_count = 0
        schedulers[0].step()
        self._last_lr = schedulers[0].get_last_lr()

    def step(self) -> None:
        """One step of the schedule whose turn it is."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler.start_here()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict:
        """The step, and the state of every schedule."""
        state = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "_schedulers")}
        return {**state, "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict) -> None:
        """Take over what ``state_dict()`` gave."""
        state = dict(state_dict)
        for scheduler, saved in zip(self._schedulers, state.pop("_schedulers")):
            scheduler.load_state_dict(saved)
        self.__dict__.update(state)


class ChainedScheduler(LRScheduler):
    """Schedules that act all at once: their factors multiply.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> halves = [optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5) for _ in range(2)]
    >>> schedule = optim.lr_scheduler.ChainedScheduler(halves)
    >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
    [0.25]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None):
        if not schedulers:
            raise ValueError("ChainedScheduler got no schedulers; it needs at least one.")
        self.optimizer = schedulers[0].optimizer if optimizer is None else optimizer
        _check("ChainedScheduler", self.optimizer, schedulers)
        self._schedulers = list(schedulers)
        self._last_lr = self.rates()

    def step(self) -> None:
        """One step of every schedule, in order."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self.rates()

    state_dict = SequentialLR.state_dict
    load_state_dict = SequentialLR.load_state_dict
