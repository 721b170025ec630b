"""Every schedule gives PyTorch's rates, step by step."""

import copy
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim import lr_scheduler

torch = pytest.importorskip("torch")
theirs = torch.optim.lr_scheduler


def twice(step):
    return 0.9**step


def three_quarters(step):
    return 0.75


def label(value):
    """An id that is the same in every process: no addresses of functions."""
    return re.sub(r"<function (\w+) at \w+>", r"\1", str(value))


SCHEDULES = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("StepLR", {"step_size": 2, "gamma": 0.0}),
    ("MultiStepLR", {"milestones": [2, 5, 5, 9], "gamma": 0.5}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 4}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.2, "end_factor": 0.8, "total_iters": 4}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 6}),
    ("ExponentialLR", {"gamma": 0.8}),
    ("PolynomialLR", {"total_iters": 7, "power": 2.0}),
    ("CosineAnnealingLR", {"T_max": 5}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2, "eta_min": 0.01}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 21}),
    ("OneCycleLR", {"max_lr": [1.0, 2.0], "epochs": 3, "steps_per_epoch": 7, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 21, "three_phase": True, "pct_start": 0.4}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 21, "cycle_momentum": False, "div_factor": 10}),
    ("LambdaLR", {"lr_lambda": twice}),
    ("LambdaLR", {"lr_lambda": [twice, three_quarters]}),
    ("MultiplicativeLR", {"lr_lambda": three_quarters}),
]
every_schedule = pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=label)


def pair(kind="SGD"):
    """An optimizer of each library with two groups."""
    options = {"momentum": 0.9} if kind == "SGD" else {}

    def build(library, optimizers):
        first, second = (library.ones(1, requires_grad=True) for _ in range(2))
        return getattr(optimizers, kind)(
            [{"params": [first]}, {"params": [second], "lr": 0.3}], lr=0.1, **options
        )

    return build(mg, optim), build(torch, torch.optim)


def settings(optimizer):
    return [
        [group["lr"], group["momentum"] if "momentum" in group else group["betas"][0]]
        for group in optimizer.param_groups
    ]


def follow(a, b, schedule, reference, steps=20):
    np.testing.assert_allclose(settings(a), settings(b), rtol=1e-12, atol=1e-15)
    for _ in range(steps):
        a.step()
        b.step()
        schedule.step()
        reference.step()
        np.testing.assert_allclose(settings(a), settings(b), rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(schedule.get_last_lr(), reference.get_last_lr(), rtol=1e-10, atol=1e-14)
    assert schedule.last_epoch == reference.last_epoch


@every_schedule
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_rates_and_momentums_agree_with_pytorch(name, options, kind):
    a, b = pair(kind)
    follow(a, b, getattr(lr_scheduler, name)(a, **options), getattr(theirs, name)(b, **options))


@every_schedule
def test_a_schedule_goes_on_from_its_state(name, options):
    a, _ = pair()
    schedule = getattr(lr_scheduler, name)(a, **options)
    for _ in range(4):
        a.step()
        schedule.step()
    saved = copy.deepcopy((a.state_dict(), schedule.state_dict()))
    b, _ = pair()
    resumed = getattr(lr_scheduler, name)(b, **options)
    b.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    for _ in range(6):
        a.step()
        b.step()
        schedule.step()
        resumed.step()
        assert settings(a) == settings(b)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("LinearLR", {"total_iters": 4}), ("CosineAnnealingLR", {"T_max": 6})),
        (("ConstantLR", {"factor": 0.1, "total_iters": 9}), ("ExponentialLR", {"gamma": 0.9})),
        (("ExponentialLR", {"gamma": 0.9}), ("StepLR", {"step_size": 3, "gamma": 0.5})),
        (("MultiplicativeLR", {"lr_lambda": three_quarters}), ("CosineAnnealingWarmRestarts", {"T_0": 3})),
    ],
    ids=label,
)
@pytest.mark.parametrize("milestone", [1, 4])
def test_schedules_in_sequence_agree_with_pytorch(first, second, milestone):
    a, b = pair()
    ours = [getattr(lr_scheduler, name)(a, **options) for name, options in (first, second)]
    reference = [getattr(theirs, name)(b, **options) for name, options in (first, second)]
    follow(
        a, b, lr_scheduler.SequentialLR(a, ours, [milestone]), theirs.SequentialLR(b, reference, [milestone])
    )


def test_a_sequence_goes_on_from_its_state():
    def build(optimizer):
        parts = [lr_scheduler.LinearLR(optimizer), lr_scheduler.ExponentialLR(optimizer, 0.9)]
        return lr_scheduler.SequentialLR(optimizer, parts, [3])

    a, _ = pair()
    schedule = build(a)
    for _ in range(5):
        a.step()
        schedule.step()
    saved = copy.deepcopy((a.state_dict(), schedule.state_dict()))
    b, _ = pair()
    resumed = build(b)
    b.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    schedule.step()
    resumed.step()
    assert settings(a) == settings(b)


def test_chained_schedules_agree_with_pytorch():
    a, b = pair()
    chosen = [
        ("ConstantLR", {"factor": 0.1, "total_iters": 4}), ("ExponentialLR", {"gamma": 0.9}),
        ("CosineAnnealingLR", {"T_max": 30}),
    ]  # fmt: skip
    ours = lr_scheduler.ChainedScheduler([getattr(lr_scheduler, n)(a, **o) for n, o in chosen])
    reference = theirs.ChainedScheduler([getattr(theirs, n)(b, **o) for n, o in chosen])
    for _ in range(12):
        a.step()
        b.step()
        ours.step()
        reference.step()
        np.testing.assert_allclose(ours.get_last_lr(), reference.get_last_lr(), rtol=1e-10)
        np.testing.assert_allclose(settings(a), settings(b), rtol=1e-10)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 1, "cooldown": 2, "factor": 0.5},
        {"patience": 0, "mode": "max", "min_lr": 0.01},
        {"patience": 0, "threshold": 0.3, "threshold_mode": "abs"},
        {"patience": 1, "threshold": 0.2, "mode": "max", "threshold_mode": "abs", "min_lr": [0.0, 0.2]},
        {"patience": 0, "threshold": 0.1, "mode": "max", "eps": 0.05},
    ],
    ids=label,
)
def test_reducing_on_a_plateau_agrees_with_pytorch(options):
    a, b = pair()
    ours, reference = lr_scheduler.ReduceLROnPlateau(a, **options), theirs.ReduceLROnPlateau(b, **options)
    values = np.random.default_rng(0).normal(size=40).cumsum() / 3
    for value in [*values, float("nan"), 1.0]:
        ours.step(mg.tensor(value) if value > 0 else value)
        reference.step(value)
        np.testing.assert_allclose(settings(a), settings(b), rtol=1e-12)
        assert (ours.num_bad_epochs, ours.cooldown_counter) == (
            reference.num_bad_epochs, reference.cooldown_counter,
        )  # fmt: skip


def test_a_plateau_schedule_goes_on_from_its_state():
    a, _ = pair()
    schedule = lr_scheduler.ReduceLROnPlateau(a, patience=1)
    schedule.step(1.0)
    schedule.step(2.0)
    resumed = lr_scheduler.ReduceLROnPlateau(a, patience=1)
    resumed.load_state_dict(schedule.state_dict())
    assert (resumed.best, resumed.num_bad_epochs) == (1.0, 1)


def test_warm_restarts_take_fractions_of_an_epoch():
    a, b = pair()
    ours = lr_scheduler.CosineAnnealingWarmRestarts(a, T_0=2, T_mult=2)
    reference = theirs.CosineAnnealingWarmRestarts(b, T_0=2, T_mult=2)
    a.step()
    b.step()
    for epoch in [0.25, 1.5, 2.0, 3.75, 6.5, 13.9, 14.5]:
        ours.step(epoch)
        reference.step(epoch)
        np.testing.assert_allclose(settings(a), settings(b), rtol=1e-10)


def test_a_late_start_finds_its_place_in_longer_cycles():
    a, _ = pair()
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(a, T_0=2, T_mult=2)
    for _ in range(5):
        a.step()
        schedule.step()
    late, _ = pair()
    for group, rate in zip(late.param_groups, schedule.base_lrs):
        group["initial_lr"] = rate
    lr_scheduler.CosineAnnealingWarmRestarts(late, T_0=2, T_mult=2, last_epoch=4)
    np.testing.assert_allclose(settings(late), settings(a))


def test_stepping_too_early_is_warned_of():
    a, _ = pair()
    schedule = lr_scheduler.ExponentialLR(a, 0.9)
    with pytest.warns(UserWarning, match=r"before optimizer.step\(\)"):
        schedule.step()


# Left out: a rate that should be 0 by then and is not; PyTorch forgets that cycles grew longer.
STARTING_LATE = [s for s in SCHEDULES if s[1].get("gamma") != 0 and s[1].get("T_mult") != 2]


@pytest.mark.parametrize(("name", "options"), STARTING_LATE, ids=label)
def test_a_schedule_can_start_late(name, options):
    a, b = pair()
    with pytest.raises(KeyError, match=r"initial_lr"):
        lr_scheduler.StepLR(a, 3, last_epoch=4)
    for optimizer in (a, b):
        for group in optimizer.param_groups:
            group.update(
                initial_lr=1.0, max_lr=2.0, min_lr=0.01, base_momentum=0.8, max_momentum=0.9
            )  # fmt: skip
    if name == "OneCycleLR" and options.get("cycle_momentum", True):
        for optimizer in (a, b):
            optimizer.defaults["momentum"] = 0.9
    ours = getattr(lr_scheduler, name)(a, **options, last_epoch=3)
    reference = getattr(theirs, name)(b, **options, last_epoch=3)
    follow(a, b, ours, reference, 9)


SGD = optim.SGD([mg.ones(1)], lr=0.1)
PLAIN = optim.Adagrad([mg.ones(1)], lr=0.1)
BAD = [
    (lambda: lr_scheduler.StepLR(3, 1), TypeError, "StepLR got int; it needs an Optimizer"),
    (lambda: lr_scheduler.ReduceLROnPlateau(3), TypeError, "needs an Optimizer"),
    (lambda: lr_scheduler.LambdaLR(SGD, [twice, twice]), ValueError, "2 functions for 1 parameter groups"),
    (lambda: lr_scheduler.ConstantLR(SGD, factor=2), ValueError, "0 <= factor <= 1"),
    (lambda: lr_scheduler.LinearLR(SGD, start_factor=0), ValueError, "0 < start_factor <= 1"),
    (lambda: lr_scheduler.LinearLR(SGD, end_factor=2), ValueError, "0 <= end_factor <= 1"),
    (lambda: lr_scheduler.CosineAnnealingWarmRestarts(SGD, 0), ValueError, "T_0=0.*integer >= 1"),
    (lambda: lr_scheduler.CosineAnnealingWarmRestarts(SGD, 2).step(-1), ValueError, "epoch=-1"),
    (lambda: lr_scheduler.OneCycleLR(SGD, 1.0), ValueError, "neither total_steps"),
    (lambda: lr_scheduler.OneCycleLR(SGD, 1.0, 0), ValueError, "0 steps"),
    (lambda: lr_scheduler.OneCycleLR(SGD, 1.0, 9, pct_start=2), ValueError, "pct_start=2"),
    (lambda: lr_scheduler.OneCycleLR(SGD, 1.0, 9, anneal_strategy="x"), ValueError, "'cos' or 'linear'"),
    (lambda: lr_scheduler.OneCycleLR(PLAIN, 1.0, 9), ValueError, "Adagrad.*cycle_momentum=False"),
    (lambda: lr_scheduler.ReduceLROnPlateau(SGD, factor=1), ValueError, "factor < 1"),
    (lambda: lr_scheduler.ReduceLROnPlateau(SGD, mode="x"), ValueError, "'min' or 'max'"),
    (lambda: lr_scheduler.ReduceLROnPlateau(SGD, threshold_mode="x"), ValueError, "'rel' or 'abs'"),
    (lambda: lr_scheduler.SequentialLR(SGD, [], []), ValueError, "no schedulers"),
    (lambda: lr_scheduler.ChainedScheduler([]), ValueError, "no schedulers"),
    (lambda: lr_scheduler.SequentialLR(SGD, [lr_scheduler.StepLR(SGD, 1)], [3]), ValueError, "1 milestones"),
    (
        lambda: lr_scheduler.SequentialLR(SGD, [lr_scheduler.StepLR(PLAIN, 1)], []),
        ValueError,
        "another optimizer",
    ),
    (
        lambda: lr_scheduler.ChainedScheduler([lr_scheduler.ReduceLROnPlateau(SGD)]),
        ValueError,
        "ReduceLROnPlateau at 0",
    ),
    (lambda: lr_scheduler.LRScheduler(SGD), NotImplementedError, "get_lr"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD)
def test_what_does_not_fit_is_refused_in_words(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_one_cycle_ends_after_its_steps():
    a, _ = pair()
    schedule = lr_scheduler.OneCycleLR(a, 1.0, total_steps=3)
    for _ in range(3):
        a.step()
        schedule.step()
    with pytest.raises(ValueError, match=r"step 4; it was made for 3"):
        schedule.step()
