"""Neighbours that a program runs in one pass: the same bits, and nothing that somebody looks at is lost."""

from __future__ import annotations

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F
from tests.replay.steps import (
    BATCHES,
    bits,
    replaying,
    run,
    training,
)


class Written(nn.Module):
    """Convolutions, relu and pooling in the functional style; ``way`` says how they follow each other."""

    def __init__(self, way):
        super().__init__()
        self.conv, self.fc, self.way = nn.Conv2d(1, 4, 3), nn.Linear(64, 3), way

    def forward(self, x):
        return self.fc(self.way(self.conv(x)).flatten(1)[:, :64])


def relu_then_pool(x):
    return F.max_pool2d(F.relu(x), 2)


def pool_then_relu(x):
    return F.relu(F.max_pool2d(x, 2))


def relu_alone(x):
    return F.relu(x)


def pool_alone(x):
    return F.max_pool2d(x, 2)


def used_twice(x):
    y = F.relu(x)
    return F.max_pool2d(y, 2) + F.avg_pool2d(y, 2)


def another_pool(x):
    return F.max_pool2d(F.relu(x), 3, stride=2)[:, :, :3].repeat(1, 2, 1, 2)


@pytest.mark.parametrize(
    ("way", "primitive"),
    [
        (relu_then_pool, "conv2d_relu_max_pool2d"),
        (pool_then_relu, "conv2d_relu_max_pool2d"),
        (relu_alone, "conv2d_relu"),
        (pool_alone, "conv2d_max_pool2d"),
        (used_twice, "conv2d_relu"),
        (another_pool, "conv2d_relu"),
    ],
)
def test_neighbours_that_a_program_fuses_give_the_same_bits(way, primitive):
    found = []
    for compile_it in (False, True):
        model, _, step = training(lambda: Written(way), optim.SGD, lr=0.1)
        step = mg.compile(step, fullgraph=True, disable=not compile_it)
        found.append((run(step), bits(model)))
    assert found[0] == found[1]
    assert re.search(rf"\b{primitive}_\d+\(", step.source)


def test_what_is_looked_at_is_not_fused_away():
    model = Written(relu_then_pool)

    def step(x):
        y = model.conv(x)
        z = F.relu(y)
        F.max_pool2d(z, 2).sum().backward()
        return y.detach(), z

    compiled = replaying(step, BATCHES[0][0])
    assert "conv2d_relu" not in compiled.source
    y, z = compiled(BATCHES[1][0])
    np.testing.assert_array_equal(y.numpy(), model.conv(BATCHES[1][0]).detach().numpy())
    np.testing.assert_array_equal(z.numpy(), np.maximum(y.numpy(), 0))


def test_linear_and_relu_written_apart_are_one_call_with_the_same_bits():
    class Dense(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(100, 5), nn.Linear(5, 3)

        def forward(self, x):
            return self.b(F.relu(self.a(x.flatten(1))))

    found = []
    for compile_it in (False, True):
        model, _, step = training(Dense, optim.SGD, lr=0.1)
        step = mg.compile(step, fullgraph=True, disable=not compile_it)
        found.append((run(step), bits(model)))
    assert found[0] == found[1]
    assert re.search(r"\blinear_relu_\d+\(", step.source)
