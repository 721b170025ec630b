"""Everything that a step may change, to be put back and compared.

    State    of the Tensors and the optimizers that a program names, and of the random numbers

A replay is trusted once it has turned the same state into the same bits as the function itself.

Below: program.py, ops/generator.py. Above: __init__.py. Tests: tests/replay.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from ..ops.generator import get_rng_state, set_rng_state
from ..tape import Variable, wrap
from .program import Program
from .trace import parts


def _tensors_of(program: Program) -> dict[Variable, None]:
    found = dict.fromkeys(program.externals)
    for owner in parts(program.names):
        if isinstance(owner, Variable):
            found[owner] = None
        elif hasattr(owner, "param_groups"):
            found.update(dict.fromkeys(p for group in owner.param_groups for p in group["params"]))
        elif hasattr(owner, "parameters"):
            found.update(dict.fromkeys(owner.parameters()))
    return found


class State:
    """The values at the moment when it is made."""

    def __init__(self, program: Program):
        self._values = [
            (x, x.array.copy(), None if x._grad is None else x._grad.array.copy())
            for x in _tensors_of(program)
        ]
        owners = {id(v): v for v in program.names.values() if hasattr(v, "param_groups")}
        self._owners = [(owner, deepcopy(owner.state_dict())) for owner in owners.values()]
        self._rng = get_rng_state()

    def restore(self) -> None:
        """Make everything what it was."""
        for x, array, grad in self._values:
            if not same_bits(x.array, array):  # a constant may be read-only
                np.copyto(x.array, array)
            x._grad = None if grad is None else wrap(grad.copy())
        for owner, saved in self._owners:
            owner.load_state_dict(saved)
        set_rng_state(self._rng)

    def options(self) -> list:
        """Learning rates and the like."""
        return [saved["param_groups"] for _, saved in self._owners]

    def differs_from(self, other: State) -> str:
        """What has other bits in the two, "" if nothing has."""
        for (x, mine, grad), (_, theirs, their_grad) in zip(self._values, other._values):
            if not same_bits(mine, theirs):
                return f"a tensor of shape {tuple(x.array.shape)}"
            if not same_bits(grad, their_grad):
                return f"the gradient of a tensor of shape {tuple(x.array.shape)}"
        for (_, mine), (_, theirs) in zip(self._owners, other._owners):
            if not same_bits(mine, theirs):
                return "the state of an optimizer"
        return "" if same_bits(self._rng, other._rng) else "the random numbers"


def same_bits(a: Any, b: Any) -> bool:
    """Whether two structures of arrays and Tensors agree to the last bit."""
    if isinstance(a, Variable) and isinstance(b, Variable):
        return same_bits(a.array, b.array)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_bits(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same_bits, a, b))
    return a is b or bool(a == b)
