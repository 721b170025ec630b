"""Random programs of views, writes in place and plain operations, run here and in PyTorch.

Each program works on a pool of tensors. Values must agree with PyTorch's after every step;
the gradient must agree with PyTorch's, or, where PyTorch refuses (writes to pieces of a
split, for one), with central differences. What minigrad refuses PyTorch must refuse too.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

import minigrad as mg

torch = pytest.importorskip("torch")


def make_program(seed):
    """A list of steps; each takes the pool and either appends a tensor or writes to one."""
    rng = random.Random(seed)
    steps = []
    shapes = [(2, 3), (2, 3)]
    for _ in range(rng.randint(4, 12)):
        i = rng.randrange(len(shapes))
        same = [j for j, s in enumerate(shapes) if s == shapes[i]]
        j = rng.choice(same)
        kind = rng.choice(["binary", "unary", "view", "view", "write", "write", "write", "item"])
        shape = shapes[i]
        if kind == "view" and not shape:
            kind = "unary"
        if kind == "item" and not shape:
            kind = "write"
        if kind == "binary":
            steps.append(("new", rng.choice(["add", "mul"]), i, j))
            shapes.append(shape)
        elif kind == "unary":
            steps.append(("new", rng.choice(["sigmoid", "neg", "clone", "tanh"]), i, None))
            shapes.append(shape)
        elif kind == "view":
            view = rng.choice(["first", "tail", "flat", "turned", "lifted", "column"])
            steps.append(("view", view, i, None))
            shapes.append(look(view, np.zeros(shape)).shape)
        elif kind == "write":
            name = rng.choice(["add_", "mul_", "copy_", "sub_", "sigmoid_", "zero_", "fill_", "mul_number"])
            steps.append(("write", name, i, j))
        else:
            steps.append(("item", None, i, rng.choice([0.5, -2.0])))
    return steps


def look(view, t):
    if view == "first":
        return t[0]
    if view == "tail":
        return t[1:] if t.shape[0] > 1 else t[0:]
    if view == "flat":
        return t.reshape(-1)
    if view == "turned":
        return t.swapaxes(0, -1)
    if view == "lifted":
        return t[None]
    return t[..., 0]


def run(make, steps):
    """The pool after all steps. ``make`` turns the two starting arrays into tensors."""
    pool = make()
    for kind, name, i, j in steps:
        x = pool[i]
        if kind == "new":
            pool.append(getattr(x, name)() if j is None else getattr(x, name)(pool[j]))
        elif kind == "view":
            pool.append(look(name, x))
        elif kind == "item":
            x[0] = j
        elif name in ("sigmoid_", "zero_"):
            getattr(x, name)()
        elif name == "fill_":
            x.fill_(0.25)
        elif name == "mul_number":
            x.mul_(1.5)
        else:
            getattr(x, name)(pool[j])
    return pool


def total(pool):
    result = 0
    for k, t in enumerate(pool):
        result = result + (t * (k + 1)).sum()
    return result


A = np.random.default_rng(0).uniform(-1, 1, (2, 3))
B = np.random.default_rng(1).uniform(-1, 1, (2, 3))


def ours(a, b):
    x, y = mg.tensor(a, requires_grad=True), mg.tensor(b, requires_grad=True)
    return [x, y], lambda: [x * 1, y * 1]


def theirs(a, b):
    x, y = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    return [x, y], lambda: [x * 1, y * 1]


def gradients(framework, steps):
    """(values, gradients) or (values, the error)."""
    leaves, make = framework(A, B)
    values = None
    try:
        pool = run(make, steps)
        values = [np.asarray(t.detach()).copy() for t in pool]
        total(pool).backward()
    except RuntimeError as error:  # GraphError is one
        return values, error
    return values, [np.zeros((2, 3)) if x.grad is None else np.asarray(x.grad.detach()) for x in leaves]


def differences(steps, eps=1e-6):
    def value(a, b):
        with mg.no_grad():
            return total(run(lambda: [mg.tensor(a), mg.tensor(b)], steps)).item()

    found = [np.zeros((2, 3)), np.zeros((2, 3))]
    for k in range(2):
        for place in np.ndindex(2, 3):
            shifted = [[A.copy(), B.copy()], [A.copy(), B.copy()]]
            shifted[0][k][place] += eps
            shifted[1][k][place] -= eps
            found[k][place] = (value(*shifted[0]) - value(*shifted[1])) / (2 * eps)
    return found


@pytest.mark.parametrize("block", range(20))
def test_random_programs_agree_with_pytorch_or_differences(block):
    refused = 0
    for seed in range(block * 20, block * 20 + 20):
        steps = make_program(seed)
        values, found = gradients(ours, steps)
        their_values, expected = gradients(theirs, steps)
        if isinstance(found, Exception):
            refused += 1
            assert isinstance(expected, Exception), f"seed {seed}: minigrad alone refused: {found}"
            continue
        if their_values is not None:
            for v, t in zip(values, their_values):
                np.testing.assert_allclose(v, t, rtol=1e-12, err_msg=f"values, seed {seed}")
        if isinstance(expected, Exception):
            expected = differences(steps)
        for f, e in zip(found, expected):
            np.testing.assert_allclose(f, e, rtol=1e-5, atol=1e-7, err_msg=f"gradient, seed {seed}")
    assert refused < 20
