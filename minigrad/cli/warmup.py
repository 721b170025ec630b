"""minigrad warmup: compile now what the presets need, so that no later run waits for it.

Numba keeps what it compiled on the disk: a second warmup takes a moment.

Below: models.py, compiling.py. Tests: tests/cli/test_warmup.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import minigrad

from .. import optim
from ..models import PRESETS, build
from ..nn import functional as F
from .compiling import watch_compiling
from .parser import OPTIMIZERS


def run(arguments: argparse.Namespace) -> int:
    names = list(PRESETS) if arguments.model == "all" else [arguments.model]
    began = time.perf_counter()
    with watch_compiling() as compiled:
        parts: list[tuple[str, Callable[[], None]]] = [
            (f"{name}: a training step and an evaluation", partial(_step, name)) for name in names
        ]
        parts.append(("a step of each optimizer", _optimizers))
        for text, part in parts:
            already, started = len(compiled), time.perf_counter()
            print(f"{text} ... ", end="", flush=True)
            part()
            count = len(compiled) - already
            seconds = time.perf_counter() - started
            print(f"{seconds:.1f} s, {count} kernel{'' if count == 1 else 's'} compiled", flush=True)
    print(f"ready after {time.perf_counter() - began:.1f} s; {len(compiled)} kernels were compiled")
    return 0


def _step(name: str) -> None:
    """What a training run of this preset does in each step, and in each evaluation."""
    preset = PRESETS[name]
    model = build(name)
    optimizer = getattr(optim, OPTIMIZERS[preset.optimizer])(model.parameters(), lr=preset.lr)
    images, target = minigrad.rand(preset.batch_size, 1, 28, 28), minigrad.arange(preset.batch_size) % 10
    optimizer.zero_grad()
    F.cross_entropy(model(images), target).backward()
    optimizer.step()
    model.eval()
    with minigrad.no_grad():
        F.cross_entropy(model(images), target)
        minigrad.softmax(model(images), 1)


def _optimizers() -> None:
    """A step of each optimizer for one parameter; AdamW is Adam, RMSprop with momentum RMSprop."""
    makers: list[Callable[..., Any]] = [
        optim.SGD, partial(optim.SGD, momentum=0.9), optim.Adam, partial(optim.Adam, amsgrad=True),
        optim.Adamax, optim.NAdam, optim.RAdam, optim.RMSprop, optim.Adagrad, optim.Adadelta,
    ]  # fmt: skip
    for make in makers:
        p = minigrad.zeros(1, requires_grad=True)
        p.grad = minigrad.ones(1)
        make([p], lr=0.1).step()
