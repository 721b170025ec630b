"""What a row of the parity table is, and how Hypothesis draws its arguments.

    Sample("atan2", lambda d: d.together(2), ...)

A row names a function of ``torch`` and ``minigrad`` (``linalg.det`` names a submodule, ``.take``
a method only) and draws positional and keyword arguments once; the generic tests in
test_parity.py hand them to both frameworks.

    Draw     shapes, dims, dtypes, values and strides; sizes 0 and 1 and 0-dim included
    Given    an array argument: becomes a Tensor of either framework, with these very strides
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

FLOATS = ("float64", "float32")
INTEGERS = ("int64", "int32", "uint8")
NUMBERS = (*FLOATS, *INTEGERS)
ALL = (*NUMBERS, "bool")


@dataclass
class Given:
    """One array argument. ``gradient``: a float one takes part in the gradient comparison."""

    array: np.ndarray
    gradient: bool = True


@dataclass(frozen=True)
class Sample:
    """One row.

    draw       Draw -> (positional arguments, keyword arguments)
    gradient   False where PyTorch's own gradient is not comparable (the reason in a comment)
    inplace    the form with an underscore is compared where torch.Tensor has it
    method     the method is compared where torch.Tensor has it
    accepts    why minigrad takes arguments that PyTorch refuses ("" : it does not)
    refuses    why minigrad refuses arguments that PyTorch takes
    rtol       of float64 results; other dtypes follow from it
    result     what to compare of the result (a reconstruction, a sorted copy)
    """

    name: str
    draw: Callable
    gradient: bool = True
    inplace: bool = True
    method: bool = True
    accepts: str = ""
    refuses: str = ""
    rtol: float = 1e-9
    result: Callable = field(default=lambda found: found)
    also: tuple[str, ...] = ()  # other names of the same function

    @property
    def last_name(self) -> str:
        return self.name.rpartition(".")[2]


class Draw:
    """The arguments of one example, drawn with Hypothesis."""

    def __init__(self, data: Any):
        self._data = data
        self._random: Any = None

    def one_of(self, *choices: Any) -> Any:
        return self._data.draw(st.sampled_from(choices))

    def integer(self, low: int, high: int) -> int:
        return self._data.draw(st.integers(low, high))

    def flag(self) -> bool:
        return self._data.draw(st.booleans())

    @property
    def random(self) -> np.random.Generator:
        if self._random is None:
            self._random = np.random.default_rng(self._data.draw(st.integers(0, 2**16)))
        return self._random

    # ------------------------------------------------ shapes and dims

    def shape(self, least: int = 0, most: int = 3, low: int = 0, high: int = 4) -> tuple:
        """A shape of ``least`` to ``most`` dimensions, each of a size from ``low`` to ``high``."""
        return tuple(self._data.draw(st.lists(st.integers(low, high), min_size=least, max_size=most)))

    def broadcasting(self, n: int) -> list[tuple]:
        """Shapes that broadcast together, ones and leading dimensions dropped at random."""
        full = self.shape()
        found = [full]
        for _ in range(n - 1):
            shape = tuple(1 if self.flag() else size for size in full)
            found.append(shape[self.integer(0, len(shape)) :] if shape else shape)
        return found if self.flag() else found[::-1]

    def dim(self, ndim: int) -> int:
        """A dim of ``ndim`` dimensions, counted from either end; now and then one too many."""
        n = max(ndim, 1)
        return self.one_of(*range(-n, n), *range(-n, n), n)

    def dims(self, ndim: int) -> Any:
        """None, one dim or several different ones."""
        if self.flag() or ndim == 0:
            return self.one_of(None, self.dim(ndim))
        chosen = self._data.draw(st.sets(st.integers(0, ndim - 1), min_size=1))
        return tuple(d - ndim if self.flag() else d for d in sorted(chosen))

    # ------------------------------------------------ values

    def values(self, shape: tuple, dtype: str, low: float, high: float) -> np.ndarray:
        if dtype == "bool":
            return np.asarray(self.random.random(shape) < 0.5)
        if dtype.startswith("float"):
            return np.asarray(self.random.uniform(low, high, shape)).astype(dtype)
        least = (
            max(int(low), 1 if low > 0 else 0)
            if dtype == "uint8"
            else min(int(low), -1)
            if low < 0
            else max(int(low), 1 if low > 0 else 0)
        )
        return np.asarray(self.random.integers(least, max(int(high), least + 1) + 1, shape)).astype(dtype)

    def strided(self, array: np.ndarray) -> np.ndarray:
        """The same values in memory that is contiguous, transposed or has gaps."""
        if array.ndim == 0:
            return array
        layout = self.one_of("contiguous", "transposed", "gaps")
        if layout == "transposed":
            return np.ascontiguousarray(array.swapaxes(0, -1)).swapaxes(0, -1)
        if layout == "gaps":
            return np.repeat(array, 2, axis=-1)[..., ::2]
        return np.ascontiguousarray(array)

    def tensor(
        self,
        shape: tuple | None = None,
        dtypes: Sequence[str] | str = FLOATS,
        low: float = -3,
        high: float = 3,
        gradient: bool = True,
        special: bool = False,
    ) -> Given:
        shape = self.shape() if shape is None else shape
        dtype = dtypes if isinstance(dtypes, str) else self.one_of(*dtypes)
        array = self.values(shape, dtype, low, high)
        if special and dtype.startswith("float") and array.size and self.flag():
            places = self.random.integers(0, array.size, 1 + array.size // 3)
            array.reshape(-1)[places] = self.random.choice([0.0, -0.0, np.inf, -np.inf, np.nan], places.shape)
            gradient = False
        return Given(self.strided(array), gradient)

    def distinct(self, shape: tuple | None = None, dtypes: Sequence[str] | str = FLOATS) -> Given:
        """Values without ties and away from 0."""
        shape = self.shape() if shape is None else shape
        size = int(np.prod(shape))
        dtype = dtypes if isinstance(dtypes, str) else self.one_of(*dtypes)
        values = self.random.permutation(np.arange(size)) - size // 2
        scaled = values * 0.25 + 0.125 if dtype.startswith("float") else values + size
        return Given(self.strided(np.asarray(scaled.reshape(shape)).astype(dtype)))

    def index(self, shape: tuple, below: int) -> Given:
        """int64 indices in [0, below)."""
        if below <= 0:
            shape = tuple(0 for _ in shape) or (0,)
        return Given(self.random.integers(0, max(below, 1), shape).astype(np.int64), False)

    def mask(self, shape: tuple) -> Given:
        return Given(np.asarray(self.random.random(shape) < 0.5), False)

    def together(
        self, n: int, dtypes: Sequence[str] = FLOATS, low: float = -3, high: float = 3, mixed: bool = True
    ) -> tuple:
        """``n`` tensors that broadcast, of one dtype or (``mixed``) each of its own."""
        one = self.one_of(*dtypes)
        mixed = mixed and self.flag()
        return tuple(
            self.tensor(shape, self.one_of(*dtypes) if mixed else one, low, high)
            for shape in self.broadcasting(n)
        )
