"""Overwrite each input and output of every primitive before backward: refused, or harmless.

A rule whose kept array was overwritten must raise GraphError; a rule that does not need the
array must give the very gradient it gives without the write. Anything between is a gradient
that is wrong without a word: a residual that shares memory with an input or an output under
a name that the tape does not watch.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd

OPS = Path(__file__).parents[1] / "ops"
CASES = [
    case
    for file in sorted(OPS.glob("cases_*.py"))
    for case in import_module(f"tests.ops.{file.stem}").CASES
    if case.gradient
]


def run(case, only=None):
    """Leaves, computed copies of them that go into the op, and the outputs that take gradients.

    ``only``: the number of the one input that takes a gradient.
    """
    leaves, inputs = [], []
    for i, x in enumerate(case.inputs):
        if isinstance(x, np.ndarray) and x.dtype.kind == "f" and only in (None, i):
            leaves.append(mg.tensor(x, dtype=np.float64, requires_grad=True))
            inputs.append(leaves[-1] * 1.0)
        else:
            inputs.append(mg.tensor(x) if isinstance(x, np.ndarray) else x)
    outputs = case.op(*inputs, **case.attributes)
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return leaves, inputs, [o for o in outputs if isinstance(o, mg.Tensor)]


def gradients(leaves, outputs):
    outputs = [o for o in outputs if o.requires_grad]
    ones = [np.ones(o.shape) for o in outputs]
    return autograd.grad(outputs, leaves, ones, materialize_grads=True)


def floats(case):
    return [i for i, x in enumerate(case.inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]


CHOICES = [(c, only) for c in CASES for only in (None, *(floats(c) if len(floats(c)) > 1 else ()))]


@pytest.mark.parametrize(
    ("case", "only"), CHOICES, ids=[c.name + ("" if i is None else f"/{i}") for c, i in CHOICES]
)
def test_a_write_before_backward_is_refused_or_harmless(case, only):
    """With gradients for every input, and for one alone: a rule then reads less."""
    mg.manual_seed(0)
    leaves, inputs, outputs = run(case, only)
    if not any(o.requires_grad for o in outputs):
        return  # no gradient for this input
    expected = [g.numpy() for g in gradients(leaves, outputs)]
    for i in range(len(inputs) + len(outputs)):
        mg.manual_seed(0)
        leaves, inputs, outputs = run(case, only)
        target = [*inputs, *outputs][i]
        if not isinstance(target, mg.Tensor) or not target.array.flags.writeable or not target.array.size:
            continue
        values = np.zeros_like(target.array) if target.dtype.kind in "bi" else np.full_like(target.array, 77)
        try:
            with mg.no_grad():
                target.copy_(values)
        except mg.GraphError:
            continue  # memory that no write may reach
        try:
            found = gradients(leaves, outputs)
        except mg.GraphError as error:
            if "changed in place" not in str(error):
                raise
            continue
        what = f"input {i}" if i < len(inputs) else f"output {i - len(inputs)}"
        for f, e in zip(found, expected):
            np.testing.assert_allclose(
                f.numpy(), e, rtol=1e-9, atol=1e-12, err_msg=f"after a write to {what}"
            )


@pytest.mark.parametrize(
    "use",
    [
        lambda h, c: h * c,
        lambda h, c: c * h,
        lambda h, c: h / c,
        lambda h, c: h @ c,
        lambda h, c: c @ h,
        lambda h, c: mg.addcmul(c, h, c),
        lambda h, c: mg.addcdiv(c, h, c),
        lambda h, c: mg.lerp(h, c, 0.3),
        lambda h, c: h.remainder(c),
        lambda h, c: mg.nn.functional.linear(h, c),
        lambda h, c: mg.nn.functional.conv2d(h[None, None], c[:1, :1, None, None]),
        lambda h, c: mg.linalg.solve(c + 3 * mg.eye(3, dtype=mg.float64), h),
    ],
)
def test_what_only_another_gradient_would_read_may_be_overwritten(use):
    """``y = h * mask; h.zero_()`` is right: the gradient of h reads the mask alone."""
    rng = np.random.default_rng(0)
    x = mg.tensor(rng.uniform(1, 2, (3, 3)), requires_grad=True)
    c = mg.tensor(rng.uniform(1, 2, (3, 3)))
    (expected,) = autograd.grad(use(x * 1, c).sum(), x)
    h = x * 1
    y = use(h, c)
    h.detach().zero_()
    assert autograd.grad(y.sum(), x)[0].tolist() == expected.tolist()
