"""Data sets: what holds samples, and what cuts, joins and splits such holders.

    Dataset            samples by number: __len__ and __getitem__
    IterableDataset    samples one after the other: __iter__
    TensorDataset      rows of tensors of equal length
    Subset, ConcatDataset, ChainDataset, random_split

A data set may also answer ``__getitems__(indices)`` with the list of those samples at once,
as in PyTorch. Where it can cut the whole batch out in one operation it returns ``Rows``.

Below: tensor.py, ops/random.py. Above: loader.py. Tests: tests/utils/test_dataset.py.
"""

from __future__ import annotations

import bisect
import itertools
import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ops.random import randperm
from ...tensor import Tensor, from_numpy


class Dataset:
    """Samples by number. A subclass defines ``__getitem__(index)`` and ``__len__()``.

    >>> from minigrad.utils.data import Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 5
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> Squares()[3]
    (3, 9)
    """

    def __getitem__(self, index: int) -> Any:
        raise TypeError(
            f"{type(self).__name__} got [{index!r}] but defines no __getitem__; a Dataset needs "
            "__getitem__(index) and __len__()."
        )

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Samples one after the other, for streams that have no numbers. A subclass defines ``__iter__``."""

    def __iter__(self) -> Iterator:
        raise TypeError(
            f"{type(self).__name__} was iterated but defines no __iter__; an IterableDataset needs one."
        )

    def __add__(self, other: Dataset) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class Rows(Sequence):
    """The samples ``indices`` of ``dataset``, already cut out as a batch.

    It reads as the list of samples that PyTorch's ``__getitems__`` returns, so any
    ``collate_fn`` works on it; ``default_collate`` takes ``batch`` as it is.
    """

    def __init__(self, dataset: Any, indices: Sequence[int], batch: list):
        self.dataset, self.indices, self.batch = dataset, indices, batch

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.dataset[i] for i in self.indices[index]]
        return self.dataset[self.indices[index]]


class TensorDataset(Dataset):
    """Sample i is the tuple of the i-th rows of all tensors (or arrays, which are not copied).

    Raises ShapeError unless all have the same first size.

    >>> from minigrad.utils.data import TensorDataset
    >>> TensorDataset(tensor([[1.0], [2.0]]), tensor([0, 1]))[1]
    (tensor([2.]), tensor(1))
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Any):
        if not tensors:
            raise ValueError("TensorDataset got no tensors; it needs at least one.")
        self.tensors = tuple(from_numpy(t) if isinstance(t, np.ndarray) else t for t in tensors)
        for t in self.tensors:
            if not isinstance(t, Tensor):
                raise TypeError(
                    f"TensorDataset got {type(t).__name__}; it needs Tensors or arrays. "
                    "A list becomes a Tensor with minigrad.tensor(...)."
                )
        shapes = [tuple(t.shape) for t in self.tensors]
        if any(not shape or shape[0] != shapes[0][0] for shape in shapes):
            raise ShapeError(
                f"TensorDataset got tensors of shapes {', '.join(map(str, shapes))}; "
                "it needs the same first size in all: one row per sample."
            )

    def __getitem__(self, index: Any) -> tuple:
        return tuple(t[index] for t in self.tensors)

    def __getitems__(self, indices: Sequence[int]) -> Rows:
        places = np.asarray(indices, dtype=np.int64)
        return Rows(self, indices, [t[places] for t in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


def get_items(dataset: Any, indices: Sequence[int]) -> Any:
    """These samples of a data set: at once where it can do that, else one by one."""
    if hasattr(dataset, "__getitems__"):
        return dataset.__getitems__(indices)
    return [dataset[i] for i in indices]


class Subset(Dataset):
    """The samples ``indices`` of ``dataset``, in that order.

    >>> from minigrad.utils.data import Subset
    >>> list(Subset("abcdef", [4, 0]))
    ['e', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]):
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, (list, tuple)):
            return self.__getitems__(index)
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> Any:
        return get_items(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """The samples of several data sets, one after the other. ``a + b`` makes one, too.

    >>> from minigrad.utils.data import ConcatDataset
    >>> ConcatDataset(["ab", "cde"])[3]
    'd'
    """

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset got no data sets; it needs at least one.")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise TypeError(
                "ConcatDataset got an IterableDataset; it needs data sets with a length. "
                "Use ChainDataset for streams."
            )
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __getitem__(self, index: int) -> Any:
        place = operator.index(index)
        if not -len(self) <= place < len(self):
            raise IndexError(f"ConcatDataset got index {index}; it holds {len(self)} samples.")
        place %= len(self)
        which = bisect.bisect_right(self.cumulative_sizes, place)
        return self.datasets[which][place - (self.cumulative_sizes[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset):
    """The samples of several streams, one after the other."""

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(len(d) for d in self.datasets)


def random_split(dataset: Any, lengths: Sequence[float], generator: Any = None) -> list[Subset]:
    """Cut a data set at random into parts of these lengths, or of these fractions of it.

    Fractions are rounded down; what is left over goes to the first parts, one sample each.
    Raises ValueError unless lengths add up to ``len(dataset)`` or fractions to 1.

    >>> from minigrad.utils.data import random_split
    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    total = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        if any(not 0 <= f <= 1 for f in lengths):
            raise ValueError(f"random_split got the fractions {list(lengths)}; each needs to be in [0, 1].")
        sizes = [math.floor(total * f) for f in lengths]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        if any(size != int(size) or size < 0 for size in lengths) or sum(lengths) != total:
            raise ValueError(
                f"random_split got the lengths {list(lengths)} for {total} samples; it needs whole "
                f"numbers that add up to {total}, or fractions that add up to 1."
            )
        sizes = [int(size) for size in lengths]
    order = randperm(total, generator=generator).tolist()
    ends = list(itertools.accumulate(sizes))
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends)]
