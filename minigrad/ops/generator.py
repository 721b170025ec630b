"""Where random numbers come from.

    Generator                                                       one stream of them
    manual_seed seed initial_seed get_rng_state set_rng_state       of the default generator
    source next_seed                                                for the functions that draw

Numbers come from NumPy's PCG64: the same seed gives the same numbers on every machine, but
not those of PyTorch. A generator is locked while it draws, so threads may share one.
Below: creation.py. Above: random.py. Tests: tests/ops/test_random.py.
"""

from __future__ import annotations

import operator
import os
from typing import Any

import numpy as np

from ..tape import Variable, wrap
from .creation import check_device, device

__all__ = [
    "Generator", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
]  # fmt: skip

_WORD = 2**64 - 1


class Generator:
    """A stream of random numbers; every random function takes one as ``generator=``.

    A new one is seeded from the operating system until ``manual_seed`` is called.

    >>> a, b = Generator().manual_seed(3), Generator().manual_seed(3)
    >>> (rand(4, generator=a) == rand(4, generator=b)).all().item()
    True
    """

    def __init__(self, device: Any = "cpu"):
        check_device(device)
        self.seed()

    @property
    def device(self) -> device:
        return device("cpu")

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``, an integer in [-2**63, 2**64); returns the generator."""
        number = operator.index(seed)
        if not -(2**63) <= number <= _WORD:
            raise ValueError(f"manual_seed got {number}; it needs an integer in [-2**63, 2**64).")
        self._seed = number & _WORD
        self.numpy = np.random.Generator(np.random.PCG64(self._seed))
        return self

    def seed(self) -> int:
        """Start again from a seed that the operating system gives; returns it."""
        # The operating system's entropy; 53 bits, so that the seed survives as a float elsewhere.
        self.manual_seed(int.from_bytes(os.urandom(7), "little") >> 3)
        return self._seed

    def initial_seed(self) -> int:
        """The seed this generator last started from."""
        return self._seed

    def next_seed(self) -> int:
        """64 random bits as an integer, in a quarter of a microsecond: a key for a kernel."""
        return self.numpy.bit_generator.random_raw()

    def get_state(self) -> Any:
        """Everything needed to go on from here, as a uint8 Tensor of 48 bytes."""
        state: Any = self.numpy.bit_generator.state
        half = state["uinteger"] | state["has_uint32"] << 32  # a 32-bit number left over
        packed = b"".join(state["state"][w].to_bytes(16, "little") for w in ("state", "inc"))
        packed += self._seed.to_bytes(8, "little") + half.to_bytes(8, "little")
        return wrap(np.frombuffer(packed, np.uint8).copy())

    def set_state(self, new_state: Any) -> Generator:
        """Go on from where ``get_state`` was called."""
        if not isinstance(new_state, Variable) or new_state.array.shape != (48,):
            raise TypeError(
                "set_state got something else than a generator's state; it needs the uint8 Tensor "
                "of 48 elements that get_state() returned."
            )
        packed = new_state.array.astype(np.uint8).tobytes()
        state, inc = (int.from_bytes(packed[i : i + 16], "little") for i in (0, 16))
        half = int.from_bytes(packed[40:], "little")
        bits = np.random.PCG64(0)
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": inc},
            "has_uint32": half >> 32,
            "uinteger": half & 0xFFFFFFFF,
        }
        self._seed = int.from_bytes(packed[32:40], "little")
        self.numpy = np.random.Generator(bits)
        return self

    def __getstate__(self) -> Any:
        return self.get_state().array

    def __setstate__(self, state: Any) -> None:
        self.set_state(wrap(state))


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator from ``seed``; returns it.

    >>> manual_seed(0).initial_seed()
    0
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator from a seed that the operating system gives; returns it.

    >>> seed() == initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed the default generator last started from.

    >>> state = manual_seed(7)
    >>> initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The state of the default generator, as a uint8 Tensor.

    >>> get_rng_state().shape
    minigrad.Size([48])
    """
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Put the default generator back to where ``get_rng_state`` was called.

    >>> state = get_rng_state()
    >>> a = rand(3)
    >>> set_rng_state(state)
    >>> (rand(3) == a).all().item()
    True
    """
    default_generator.set_state(new_state)


def next_seed() -> int:
    """64 bits from the default generator, for a kernel that makes its own numbers."""
    return default_generator.next_seed()


def source(generator: Generator | None) -> np.random.Generator:
    return (default_generator if generator is None else generator).numpy
