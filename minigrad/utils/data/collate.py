"""From samples to a batch.

    default_collate    tensors, arrays and numbers are stacked; dicts and tuples entry by entry
    default_convert    the same for a single sample, without the new dimension

Below: tensor.py, ops/joining.py, dataset.py. Above: loader.py. Tests: tests/utils/test_collate.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ops.joining import stack
from ...tensor import Tensor, from_numpy, tensor
from .dataset import Rows


def default_collate(batch: Any) -> Any:
    """A list of samples as one batch: PyTorch's rules.

    Tensors and arrays are stacked along a new first dimension; numbers become a tensor (floats
    float64, ints int64); strings stay a list; dicts, lists, tuples and named tuples are
    collated entry by entry (a tuple comes out as a list).
    Raises ShapeError where samples differ in shape or length, TypeError for any other thing.

    >>> from minigrad.utils.data import default_collate
    >>> default_collate([(tensor([1.0]), 3), (tensor([2.0]), 4)])
    [tensor([[1.],
            [2.]]), tensor([3, 4])]
    """
    if isinstance(batch, Rows):
        return batch.batch
    if len(batch) == 0:
        raise ValueError("default_collate got no samples; it needs at least one.")
    first = batch[0]
    if isinstance(first, Tensor):
        _check_shapes(batch)
        return stack(list(batch))
    if isinstance(first, (np.ndarray, np.generic)):
        if first.dtype.kind not in "biuf":
            raise TypeError(_refusal(f"an array of {first.dtype}"))
        _check_shapes(batch)
        return from_numpy(np.stack(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=np.float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        collated = {key: default_collate([sample[key] for sample in batch]) for key in first}
        return collated if type(first) is dict else _same_type(first, collated)
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            lengths = sorted({len(sample) for sample in batch})
            raise ShapeError(
                f"default_collate got samples of {' and '.join(map(str, lengths))} entries; it needs "
                "equally many in each. Pass a collate_fn that pads them."
            )
        entries = [default_collate(entry) for entry in zip(*batch)]
        if isinstance(first, tuple):
            return type(first)(*entries) if hasattr(first, "_fields") else entries
        return _same_type(first, entries)
    raise TypeError(_refusal(type(first).__name__))


def default_convert(data: Any) -> Any:
    """Arrays inside a sample as tensors; everything else as it is.

    >>> from minigrad.utils.data import default_convert
    >>> default_convert({"x": np.arange(2), "name": "first"})
    {'x': tensor([0, 1]), 'name': 'first'}
    """
    if isinstance(data, np.generic):
        return tensor(data) if data.dtype.kind in "biuf" else data
    if isinstance(data, np.ndarray):
        return from_numpy(data) if data.dtype.kind in "biuf" else data
    if isinstance(data, Mapping):
        return _same_type(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(value) for value in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _same_type(data, [default_convert(value) for value in data])
    return data


def _check_shapes(batch: Any) -> None:
    shapes = {tuple(sample.shape) for sample in batch}
    if len(shapes) > 1:
        raise ShapeError(
            f"default_collate got samples of shapes {' and '.join(map(str, sorted(shapes)))}; it needs "
            "one shape. Resize or pad the samples, or pass a collate_fn."
        )


def _same_type(like: Any, value: Any) -> Any:
    try:
        return type(like)(value)
    except TypeError:  # a container that is not made from its content: a range, a defaultdict
        return value


def _refusal(what: str) -> str:
    return (
        f"default_collate got {what}; it needs tensors, arrays, numbers, strings, or dicts and "
        "sequences of them. Pass a collate_fn for anything else."
    )
