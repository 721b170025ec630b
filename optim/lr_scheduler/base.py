"""LRScheduler: counting steps and setting the groups' rates; LambdaLR and MultiplicativeLR.

``get_lr`` works from the groups' present rates where it can, so that several schedulers on
one optimizer multiply; ``closed_form`` gives the rates at a step without a past.

Below: optimizer.py. Above: the other schedules. Tests: tests/optim/test_lr_scheduler.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import FunctionType
from typing import Any

from minigrad.tracing import outside

from ..optimizer import Optimizer


class LRScheduler:
    """Base class: a subclass writes ``get_lr``, one rate per parameter group.

    ``last_epoch`` counts the steps taken; to go on from another run, pass its number (the
    groups then need 'initial_lr'). Raises TypeError, KeyError.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{name} got {type(optimizer).__name__}; it needs an Optimizer.")
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{name} got last_epoch={last_epoch} and no 'initial_lr' in parameter group {i}; it "
                    "needs that to go on. Load the optimizer's state first."
                )
        self.optimizer = optimizer
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list = []
        self.step()

    def get_lr(self) -> list:
        """The rates at ``last_epoch``, one per group."""
        raise NotImplementedError(f"{type(self).__name__} has no schedule; it needs a method get_lr(self).")

    def closed_form(self) -> list:
        """The rates at ``last_epoch`` counted from the initial ones."""
        return self.get_lr()

    def get_last_lr(self) -> list:
        """The rates set last, one per group."""
        return self._last_lr

    def is_resuming(self) -> bool:
        """In the first step of a scheduler made with ``last_epoch``: the rates are as they were left."""
        return self._step_count == 1 and self.last_epoch > 0

    def rates(self) -> list:
        """The groups' present rates."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def step(self) -> None:
        """Go to the next step and set its rates."""
        if self._step_count == 1:
            self._warn_if_too_early()
        self._step_count += 1
        self.last_epoch += 1
        self.apply(self.get_lr())

    def start_here(self) -> None:
        """Begin at step 0, whatever the rates are now."""
        self._step_count += 1
        self.last_epoch = 0
        self.apply(self.closed_form())

    def apply(self, rates: list) -> None:
        outside("steps a learning-rate scheduler, which belongs after it")
        for group, rate in zip(self.optimizer.param_groups, rates):
            group["lr"] = rate
        self._last_lr = self.rates()

    def _warn_if_too_early(self) -> None:
        counts_steps = type(self.optimizer).step is Optimizer.step
        if counts_steps and self.optimizer._steps == 0:
            warnings.warn(
                f"{type(self).__name__}.step() came before optimizer.step(); the first rate is skipped. "
                "Call optimizer.step() first.",
                UserWarning,
                stacklevel=3,
            )

    def state_dict(self) -> dict:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict) -> None:
        """Take over what ``state_dict()`` gave."""
        self.__dict__.update(state_dict)


def one_for_each_group(scheduler: Any, value: Any, what: str) -> list:
    """A list with one entry per group, from one value or from as many."""
    count = len(scheduler.optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"{type(scheduler).__name__} got {len(value)} {what} for {count} parameter groups; it needs "
            "one, or one for each."
        )
    return list(value)


class LambdaLR(LRScheduler):
    """The initial rate times ``lr_lambda(step)``; one function, or one per group.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5 ** step)
    >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable | list, last_epoch: int = -1):
        self.optimizer = optimizer
        self.lr_lambdas = one_for_each_group(self, lr_lambda, "functions")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas)]

    def state_dict(self) -> dict:
        """Functions are left out (they may not pickle); callable objects give their attributes."""
        state = super().state_dict()
        state["lr_lambdas"] = [
            None if isinstance(f, FunctionType) else f.__dict__.copy() for f in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict) -> None:
        """Take over what ``state_dict()`` gave; functions stay those of this scheduler."""
        state = dict(state_dict)
        for f, saved in zip(self.lr_lambdas, state.pop("lr_lambdas")):
            if saved is not None:
                f.__dict__.update(saved)
        super().load_state_dict(state)


class MultiplicativeLR(LambdaLR):
    """Each step multiplies the rate by ``lr_lambda(step)``.

    >>> optimizer = optim.SGD([tensor([1.0])], lr=1.0)
    >>> schedule = optim.lr_scheduler.MultiplicativeLR(optimizer, lambda step: 0.5)
    >>> optimizer.step(); schedule.step(); schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list:
        if self.last_epoch == 0 or self.is_resuming():
            return self.rates()
        return [rate * f(self.last_epoch) for rate, f in zip(self.rates(), self.lr_lambdas)]

    def closed_form(self) -> list:
        rates = list(self.base_lrs)
        for t in range(1, self.last_epoch + 1):
            rates = [rate * f(t) for rate, f in zip(rates, self.lr_lambdas)]
        return rates
