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


def run(case):
    """Leaves, computed copies of them that go into the op, and the outputs that take gradients."""
    leaves, inputs = [], []
    for x in case.inputs:
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
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


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_a_write_before_backward_is_refused_or_harmless(case):
    mg.manual_seed(0)
    expected = [g.numpy() for g in gradients(*run(case)[::2])]
    mg.manual_seed(0)
    _, inputs, outputs = run(case)
    for i in range(len(inputs) + len(outputs)):
        mg.manual_seed(0)
        leaves, inputs, outputs = run(case)
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
