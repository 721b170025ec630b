"""One row of the table that every primitive is tested by (tests/ops/test_primitives.py).

A file ``cases_<subject>.py`` beside the tests exports ``CASES``, a list of rows:

    Case("mul/broadcast", ops.mul, [normal(3, 1), normal(4)], np.multiply)

name        "<primitive>/<what is special>"; the part before "/" is the registered name.
            Several primitives in one row: covers=("conv2d", "conv2d_grad_input").
op          the function under test, on Tensors
inputs      arrays; float64 ones get gradients, others are passed as Tensors without
reference   the same function on arrays, written independently and slowly
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    name: str
    op: Callable
    inputs: Sequence[Any]
    reference: Callable
    covers: tuple[str, ...] = ()
    gradient: bool = True  # False: no gradient is defined (comparisons, rounding to integers)
    second_order: bool = True  # False only where the function is not twice differentiable
    float32: bool = True
    rtol: float = 1e-12
    rtol32: float = 2e-5
    attributes: dict = field(default_factory=dict)

    @property
    def primitives(self) -> set[str]:
        return {self.name.split("/")[0], *self.covers}


def _random(shape: tuple, kind: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{kind}{shape}".encode()))


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Standard normal values, float64, the same ones every time."""
    return _random((*shape, seed), "normal").standard_normal(shape)


def positive(*shape: int, low: float = 0.5, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Uniform values in [low, high), float64."""
    return _random((*shape, seed), "positive").uniform(low, high, shape)


def apart(*shape: int, gap: float = 0.1, seed: int = 0) -> np.ndarray:
    """Distinct values at least ``gap`` from each other and from 0: no ties, no kinks at 0."""
    size = int(np.prod(shape))
    values = (np.arange(size) - size // 2 + 0.5) * 2 * gap
    return _random((*shape, seed), "apart").permutation(values).reshape(shape)


def labels(n: int, classes: int, seed: int = 0) -> np.ndarray:
    return _random((n, seed), "labels").integers(0, classes, n)
