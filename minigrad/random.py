"""The state of the random numbers, under the module path PyTorch has for it.

    manual_seed seed initial_seed get_rng_state set_rng_state fork_rng Generator

Below: ops/generator.py. Tests: tests/ops/test_random.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .ops.generator import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

__all__ = [
    "Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
    "seed", "set_rng_state",
]  # fmt: skip


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """What is drawn inside leaves the default generator as it was.

    >>> before = get_rng_state()
    >>> with minigrad.random.fork_rng():
    ...     _ = rand(3)
    >>> (get_rng_state() == before).all().item()
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
