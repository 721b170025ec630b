"""Methods that fill a tensor with random numbers, in place. Below: ops/random.py."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..errors import DTypeError
from ..ops import random as ops


class RandomMethods:
    array: np.ndarray

    def _float(self, function: str) -> np.dtype:
        if self.array.dtype.kind != "f":
            raise DTypeError(f"{function} got a tensor of {self.array.dtype}; it needs a float dtype.")
        return self.array.dtype

    def uniform_(self, from_: float = 0, to: float = 1, *, generator: Any = None) -> Any:
        """Fill with uniform numbers in [from, to)."""
        dtype, shape = self._float("uniform_"), self.array.shape
        if not from_ <= to:
            raise ValueError(f"uniform_ got from={from_} and to={to}; it needs from <= to.")
        return ops.fill_from(
            self,
            "uniform_",
            lambda: ops.uniform_array(shape, dtype, generator) * dtype.type(to - from_) + dtype.type(from_),
        )

    def normal_(self, mean: float = 0, std: float = 1, *, generator: Any = None) -> Any:
        """Fill with normal numbers."""
        dtype, shape = self._float("normal_"), self.array.shape
        if not std >= 0:
            raise ValueError(f"normal_ got std={std}; it needs std >= 0.")
        return ops.fill_from(
            self,
            "normal_",
            lambda: ops.normal_array(shape, dtype, generator) * dtype.type(std) + dtype.type(mean),
        )

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Any:
        """Fill with ones with probability ``p`` (a number or a Tensor), else zeros."""
        chances = ops.probabilities(p, "bernoulli_")
        source = ops.source(generator)
        return ops.fill_from(self, "bernoulli_", lambda: source.random(self.array.shape) < chances)

    def bernoulli(self, p: Any = None, *, generator: Any = None) -> Any:
        """Ones with the probabilities that this tensor holds, else zeros, as a new tensor."""
        return ops.bernoulli(self, p, generator=generator)

    def multinomial(self, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
        """Indices drawn with the weights that this tensor holds."""
        return ops.multinomial(self, num_samples, replacement, generator=generator)

    def log_normal_(self, mean: float = 1, std: float = 2, *, generator: Any = None) -> Any:
        """Fill with numbers whose logarithms are normal."""
        dtype, shape = self._float("log_normal_"), self.array.shape
        if not std > 0:
            raise ValueError(f"log_normal_ got std={std}; it needs std > 0.")
        return ops.fill_from(
            self, "log_normal_", lambda: np.exp(ops.normal_array(shape, dtype, generator) * std + mean)
        )

    def geometric_(self, p: float, *, generator: Any = None) -> Any:
        """Fill with the number of the first success (from 1) in trials of probability ``p``."""
        if not 0 < p < 1:
            raise ValueError(f"geometric_ got p={p}; it needs a probability in (0, 1).")
        source = ops.source(generator)
        return ops.fill_from(self, "geometric_", lambda: source.geometric(p, self.array.shape))

    def cauchy_(self, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Any:
        """Fill with numbers from the Cauchy distribution."""
        self._float("cauchy_")
        if not sigma > 0:
            raise ValueError(f"cauchy_ got sigma={sigma}; it needs sigma > 0.")
        source = ops.source(generator)
        return ops.fill_from(
            self, "cauchy_", lambda: source.standard_cauchy(self.array.shape) * sigma + median
        )

    def exponential_(self, lambd: float = 1, *, generator: Any = None) -> Any:
        """Fill with numbers from the exponential distribution of rate ``lambd``."""
        self._float("exponential_")
        if not lambd > 0:
            raise ValueError(f"exponential_ got lambd={lambd}; it needs lambd > 0.")
        source = ops.source(generator)
        return ops.fill_from(
            self, "exponential_", lambda: source.standard_exponential(self.array.shape) / lambd
        )

    def random_(self, from_: Any = 0, to: int | None = None, *, generator: Any = None) -> Any:
        """Fill with integers in [from, to); ``random_(to)`` starts at 0.

        Without bounds: all that the dtype holds from 0 on, for floats all it holds exactly.
        """
        dtype = self.array.dtype
        if to is None and from_:
            from_, to = 0, from_
        if to is None:
            if dtype.kind == "f":
                to = 2 ** (np.finfo(dtype).nmant + 1) + 1
            else:
                to = 2 if dtype.kind == "b" else int(np.iinfo(dtype).max) + 1
        low, high = operator.index(from_), operator.index(to)
        ops.check_bounds(low, high, dtype, "random_")
        source = ops.source(generator)
        shape = self.array.shape
        kind = np.uint64 if high > 2**63 else np.int64
        return ops.fill_from(self, "random_", lambda: source.integers(low, high, shape, kind))
