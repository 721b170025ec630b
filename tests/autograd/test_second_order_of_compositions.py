"""Values, gradients and products with the Hessian of random expressions, beside PyTorch's.

Left out are, by rule, expressions that PyTorch cannot differentiate twice, and those at a place
where a derivative jumps or rounding decides: PyTorch's own numbers are not finite, huge, or change
much when the inputs move a little.
"""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.tape import PRIMITIVES, observers
from tests.ops.test_primitives import BUILT_IN

from .compositions import STEPS, Composition

torch = pytest.importorskip("torch")

BLOCKS, SIZE = 20, 12  # a turn for each step
RTOL = 1e-8  # PyTorch's trigamma, the slope of digamma, is right to 9 digits
HUGE = 1e6


def derivatives(t, composition, move=0.0):
    """Value, gradients and Hessian-vector products, as arrays, with inputs moved by up to ``move``."""
    random = np.random.default_rng(1)
    arrays = [a + move * random.uniform(-1, 1, a.shape) for a in composition.arrays]
    directions = [t.tensor(random.uniform(-1, 1, a.shape)) for a in arrays]
    leaves = [t.tensor(a, requires_grad=True) for a in arrays]
    y = composition.run(t, *leaves)
    weight = t.tensor(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)))
    first = gradients(t, (y * weight).sum(), leaves, create_graph=True)
    along = sum((g * d).sum() for g, d in zip(first, directions))
    second = gradients(t, along, leaves)
    return [np.asarray(r.detach()) for r in (y, *first, *second)]


def gradients(t, y, leaves, create_graph=False):
    """Zeros where ``y`` does not depend on a leaf."""
    if not y.requires_grad:
        return [t.zeros_like(x) for x in leaves]
    found = t.autograd.grad(y, leaves, create_graph=create_graph, allow_unused=True)
    return [t.zeros_like(x) if g is None else g for g, x in zip(found, leaves)]


def expected(composition):
    """PyTorch's numbers; None where the composition is left out."""
    try:
        found = derivatives(torch, composition)
        moved = derivatives(torch, composition, move=1e-7)
    except NotImplementedError:  # "the derivative for ... is not implemented"
        return None
    for a, b in zip(found, moved):
        largest = np.abs(a).max(initial=1)
        if not largest < HUGE or not np.abs(a - b).max(initial=0) < 1e-4 * largest:  # nan fails both
            return None
    return found


@pytest.mark.parametrize("block", range(BLOCKS))
def test_two_orders_of_derivatives_are_those_of_pytorch(block):
    compared = 0
    for seed in range(block * SIZE, (block + 1) * SIZE):
        composition = Composition(seed)
        wanted = expected(composition)
        if wanted is None:
            continue
        compared += 1
        for name, f, e in zip(
            ("value", *2 * ["gradient"], *2 * ["Hessian"]), derivatives(mg, composition), wanted
        ):
            largest = np.abs(e).max(initial=1)
            said = f"{name} of seed {seed}: {' > '.join(composition.steps)}"
            assert f.shape == e.shape, said
            np.testing.assert_allclose(f, e, rtol=RTOL, atol=RTOL * largest, err_msg=said)
    assert compared >= SIZE - 3


# Differentiable primitives that no step calls while the graph of the gradient is built.
ELSEWHERE = {
    "random": {"dropout"},
    "fused by a Sequential or in one expression": {
        "conv2d_relu", "conv2d_max_pool2d", "conv2d_relu_max_pool2d", "relu_max_pool2d_scatter", "linear_relu",
        "normalize_channels_relu",
    },
    "a value kept from a leaf whose data was replaced": {"kept"},
    "recorded in the second backward only, for a third order": {"take_strided", "max_pool2d_gather"},
}  # fmt: skip


def test_every_step_and_every_differentiable_primitive_takes_part():
    steps, primitives = set(), set()

    def watch(seen):
        primitives.add(seen.primitive.name)

    observers.append(watch)
    try:
        for seed in range(BLOCKS * SIZE):
            composition = Composition(seed)
            derivatives(mg, composition)
            steps.update(composition.steps)
    finally:
        observers.remove(watch)
    assert set(STEPS) - steps == set()
    differentiable = {name for name in BUILT_IN if PRIMITIVES[name].backward is not None}
    assert differentiable - primitives <= set().union(*ELSEWHERE.values())
