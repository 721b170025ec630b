"""DataLoader: batches from a data set, shuffled anew on every pass.

Below: dataset.py, sampler.py, collate.py. Above: utils/training.py. Tests: tests/utils/test_loader.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from .collate import default_collate, default_convert
from .dataset import IterableDataset, get_items
from .sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """Batches of a data set; iterate over it once per epoch.

    batch_size      samples in a batch; None hands out single samples
    shuffle         a new random order on every pass, drawn from ``generator``
    sampler         an order of one's own instead of ``shuffle``
    batch_sampler   lists of sample numbers, instead of batch_size, shuffle, sampler, drop_last
    collate_fn      from a list of samples to a batch (``default_collate``)
    drop_last       leave out the last batch if it is not full

    ``num_workers``, ``pin_memory`` and the other options of worker processes are accepted so that
    PyTorch programs run, and change nothing: batches are made in the calling thread. A data set
    that answers ``__getitems__`` (TensorDataset, MNIST) makes a batch in one operation.
    Raises ValueError for options that exclude each other.

    >>> from minigrad.utils.data import DataLoader
    >>> [batch.tolist() for batch in DataLoader(range(5), batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable | None = None,
        batch_sampler: Iterable | None = None,
        num_workers: int = 0,
        collate_fn: Callable | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ):
        if num_workers < 0:
            raise ValueError(f"DataLoader got num_workers={num_workers}; it needs a number >= 0.")
        if timeout < 0:
            raise ValueError(f"DataLoader got timeout={timeout}; it needs a number >= 0.")
        stream = isinstance(dataset, IterableDataset)
        if stream and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader got an IterableDataset with shuffle, sampler or batch_sampler; a stream "
                "keeps its own order. Shuffle inside its __iter__."
            )
        if sampler is not None and shuffle:
            raise ValueError(
                "DataLoader got both sampler and shuffle=True; they exclude each other. "
                "Use a RandomSampler, or leave the sampler out."
            )
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "DataLoader got batch_sampler with batch_size, shuffle, sampler or drop_last; it "
                    "decides all of these itself. Leave them out."
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "DataLoader got batch_size=None with drop_last=True; single samples leave no "
                "incomplete batch. Give a batch_size, or leave drop_last out."
            )
        if sampler is None and not stream:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            # The numbers of a stream stand for "the next sample": only their count matters.
            batch_sampler = BatchSampler(() if stream else sampler, batch_size, drop_last)  # type: ignore[arg-type]
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.generator = sampler, batch_sampler, generator
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self.num_workers, self.pin_memory, self.timeout = num_workers, pin_memory, timeout
        self.worker_init_fn, self.multiprocessing_context = worker_init_fn, multiprocessing_context
        self.prefetch_factor, self.persistent_workers = prefetch_factor, persistent_workers
        self.pin_memory_device, self.in_order = pin_memory_device, in_order

    def __iter__(self) -> Iterator:
        if isinstance(self.dataset, IterableDataset):
            return self._stream()
        if self.batch_sampler is None:
            return (self.collate_fn(self.dataset[i]) for i in self.sampler or ())
        return (self.collate_fn(get_items(self.dataset, batch)) for batch in self.batch_sampler)

    def _stream(self) -> Iterator:
        if self.batch_size is None:
            yield from map(self.collate_fn, self.dataset)
            return
        samples = iter(self.dataset)
        while batch := list(islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n = len(self.dataset)  # type: ignore[arg-type]  # a stream may know its length
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
