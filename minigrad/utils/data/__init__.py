"""Data sets and the loader that makes batches of them; names and behaviour as in torch.utils.data.

    dataset.py    Dataset, IterableDataset, TensorDataset, Subset, ConcatDataset, random_split
    sampler.py    the order of a pass
    collate.py    from samples to a batch
    loader.py     DataLoader

Below: tensor.py. Above: datasets/, utils/training.py. Tests: tests/utils.
"""

from .collate import default_collate, default_convert
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Rows,
    Subset,
    TensorDataset,
    random_split,
)
from .loader import DataLoader
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset",
    "RandomSampler", "Rows", "Sampler", "SequentialSampler", "Subset", "SubsetRandomSampler",
    "TensorDataset", "WeightedRandomSampler", "default_collate", "default_convert", "random_split",
]  # fmt: skip
