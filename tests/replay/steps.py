"""Models, steps and batches that the tests of replay share."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3)
        self.fc = nn.Linear(8 * 2 * 2, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        skip = F.tanh(self.conv2(x))
        x = F.avg_pool2d(skip + F.dropout(skip, 0.4, self.training), 2, padding=1)
        return self.fc(x.flatten(1))


def fused():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(64, 3)
    )


def normalized():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.GELU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(64, 8), nn.LayerNorm(8), nn.Softplus(), nn.Linear(8, 3),
    )  # fmt: skip


BATCHES = [
    (
        mg.from_numpy(np.random.default_rng(i).standard_normal((5, 1, 10, 10)).astype(np.float32)),
        mg.from_numpy(np.random.default_rng(i).integers(0, 3, 5)),
    )
    for i in range(4)
]


def training(make, optimizer=optim.Adam, clip=None, **options):
    """(model, step) from one seed; the optimizer's options are ``options``."""
    mg.manual_seed(3)
    model = make()
    opt = optimizer(model.parameters(), **options)

    def step(x, y):
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        opt.step()
        return loss

    return model, opt, step


def bits(model):
    return [t.numpy().tobytes() for t in model.state_dict().values()]


def run(step, rounds=3):
    return [step(x, y).item() for _ in range(rounds) for x, y in BATCHES]


def replaying(step, *arguments):
    """The compiled step, which from now on is replayed."""
    compiled = mg.compile(step, fullgraph=True)
    for _ in range(2):
        compiled(*arguments)
    assert compiled.source
    return compiled


def counted(function):
    """``function`` and a list that grows with each of its runs in Python."""
    runs = []

    def count(*args):
        runs.append(args)
        return function(*args)

    return count, runs


def repeat(step, times):
    for _ in range(times):
        step(mg.ones(3))
