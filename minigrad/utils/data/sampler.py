"""Samplers: in which order the samples of a data set are visited.

    SequentialSampler        0, 1, 2, ...
    RandomSampler            shuffled anew each time, or drawn with replacement
    SubsetRandomSampler      given numbers, shuffled
    WeightedRandomSampler    drawn in proportion to weights
    BatchSampler             the numbers of another sampler, in lists of batch_size

Below: ops/random.py. Above: loader.py. Tests: tests/utils/test_sampler.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from ...ops.random import multinomial, randint, randperm
from ...tensor import tensor


class Sampler:
    """The order of a pass. A subclass defines ``__iter__`` and, if it can, ``__len__``."""

    def __iter__(self) -> Iterator:
        raise TypeError(f"{type(self).__name__} was iterated but defines no __iter__; a Sampler needs one.")


class SequentialSampler(Sampler):
    """0, 1, 2, ... to the end of the data set."""

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Every sample once in random order; with ``replacement``, independent draws.

    ``num_samples`` (the size of the data set unless given) may be larger: then the order
    starts again, shuffled anew. Randomness comes from ``generator``, else minigrad's own.

    >>> from minigrad.utils.data import RandomSampler
    >>> sorted(RandomSampler("abcd"))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ):
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler got replacement={replacement!r}; it needs True or False.")
        _check_count("RandomSampler", num_samples, optional=True)
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        size, left = len(self.data_source), self.num_samples
        if self.replacement:
            if left:
                yield from randint(size, (left,), generator=self.generator).tolist()
            return
        while left > 0 and size:
            yield from randperm(size, generator=self.generator).tolist()[:left]
            left -= size

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """These numbers, in random order."""

    def __init__(self, indices: Sequence[int], generator: Any = None):
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """``num_samples`` numbers, each drawn with a probability in proportion to its weight.

    Weights are finite, >= 0 and not all 0; they need not add up to 1.

    >>> from minigrad.utils.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 3.0, 0.0], num_samples=4))
    [1, 1, 1, 1]
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ):
        _check_count("WeightedRandomSampler", num_samples)
        if not isinstance(replacement, bool):
            raise TypeError(f"WeightedRandomSampler got replacement={replacement!r}; it needs True or False.")
        array = np.asarray(weights, dtype=np.float64)
        if array.ndim != 1 or not np.isfinite(array).all() or (array < 0).any() or not array.any():
            raise ValueError(
                f"WeightedRandomSampler got weights of shape {array.shape}; it needs one finite weight "
                ">= 0 per sample, not all 0."
            )
        if not replacement and num_samples > np.count_nonzero(array):
            raise ValueError(
                f"WeightedRandomSampler got num_samples={num_samples} without replacement; it needs at "
                f"most {np.count_nonzero(array)}, the number of weights above 0."
            )
        self.weights = tensor(array)
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The numbers of ``sampler`` in lists of ``batch_size``; the last may be shorter, or is dropped.

    >>> from minigrad.utils.data import BatchSampler
    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool):
        _check_count("BatchSampler", batch_size, name="batch_size")
        if not isinstance(drop_last, bool):
            raise TypeError(f"BatchSampler got drop_last={drop_last!r}; it needs True or False.")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list]:
        numbers = iter(self.sampler)
        while batch := list(islice(numbers, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def _check_count(owner: str, count: Any, name: str = "num_samples", optional: bool = False) -> None:
    if count is None and optional:
        return
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count <= 0:
        raise ValueError(f"{owner} got {name}={count!r}; it needs a whole number >= 1.")
