"""Freed memory stays with the process, and what a step holds does not grow."""

from __future__ import annotations

import gc
import resource
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import models, nn, optim
from minigrad.memory import keep_freed_memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_an_array_that_was_freed_costs_no_page_faults_when_it_comes_again():
    if not keep_freed_memory():
        pytest.skip("the C library has no mallopt")

    def faults_of_a_round() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        arrays = [np.ones(1_000_000, np.float32) for _ in range(5)]
        del arrays
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    first = faults_of_a_round()
    later = min(faults_of_a_round() for _ in range(5))
    assert later <= max(first // 10, 50)


def test_activations_are_freed_while_the_backward_proceeds():
    """At each layer on the way back, what the layers behind it had kept is gone already."""
    layers = [nn.Sequential(nn.Linear(64, 64), nn.Tanh()) for _ in range(6)]
    outputs, alive = [], []
    x = mg.randn(32, 64)
    for layer in layers:
        x = layer(x)
        outputs.append(weakref.ref(x.array))
        x.register_hook(lambda g: alive.append([ref() is not None for ref in outputs]))
    loss = x.square().sum()
    del x
    assert all(ref() is not None for ref in outputs)
    loss.backward()
    # The hook of output i runs before the rule that made it, which may still hold it.
    for i, seen in enumerate(reversed(alive)):
        assert seen[: i + 1] == [True] * (i + 1)
        assert not any(seen[i + 1 :])
    assert not any(ref() is not None for ref in outputs)


@pytest.mark.parametrize("net", ["lenet5", "report-cnn"])
def test_the_backward_of_a_preset_leaves_no_activation_behind(net):
    model = models.build(net)
    loss = nn.functional.cross_entropy(model(mg.randn(8, 1, 28, 28)), mg.arange(8))
    kept, todo, seen = [], [loss.grad_fn], set()
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            kept += [weakref.ref(r) for r in node.residuals if isinstance(r, np.ndarray)]
            todo += [p for p, needed in zip(node.parents, node.needs) if needed and hasattr(p, "residuals")]
    parameters = [p.array for p in model.parameters()]
    activations = [ref for ref in kept if not any(ref() is p for p in parameters)]
    assert len(activations) > 8
    loss.backward()  # the graph itself lives on with the loss
    assert [ref for ref in activations if ref() is not None] == []


def test_nothing_grows_from_step_to_step():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10)
    )
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    x, target = mg.randn(4, 1, 10, 10), mg.arange(4)

    def steps(count):
        for _ in range(count):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), target).backward()
            optimizer.step()
        gc.collect()
        return tracemalloc.get_traced_memory()[0], sys.getallocatedblocks()

    steps(100)
    tracemalloc.start()
    try:
        steps(50)
        before, after = steps(1), steps(300)
    finally:
        tracemalloc.stop()
    # One float or node left behind by each step would be 300 blocks and at least 7 kB.
    assert after[1] - before[1] < 100
    assert after[0] - before[0] < 5_000
