"""Data sets: cutting, joining, splitting; compared with torch.utils.data where that exists."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError
from minigrad.utils.data import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Rows,
    Subset,
    TensorDataset,
    random_split,
)


class Numbers(IterableDataset):
    def __init__(self, *values):
        self.values = values

    def __iter__(self):
        return iter(self.values)


def test_a_tensor_dataset_gives_rows_of_all_its_tensors():
    x, y = mg.tensor([[1.0, 2.0], [3.0, 4.0]]), mg.tensor([7, 8])
    dataset = TensorDataset(x, y)
    row, label = dataset[1]
    assert len(dataset) == 2
    assert row.tolist() == [3.0, 4.0]
    assert label.item() == 8


def test_a_tensor_dataset_of_arrays_shares_their_memory():
    a = np.zeros((3, 2), np.float32)
    dataset = TensorDataset(a)
    a[2] = 5
    assert dataset[2][0].tolist() == [5.0, 5.0]


def test_rows_read_as_the_list_of_samples_and_hold_the_batch():
    dataset = TensorDataset(mg.arange(10) * 10)
    rows = dataset.__getitems__([4, 1, 4])
    assert isinstance(rows, Rows)
    assert [sample[0].item() for sample in rows] == [40, 10, 40]
    assert [sample[0].item() for sample in rows[1:]] == [10, 40]
    assert rows.batch[0].tolist() == [40, 10, 40]


def test_rows_of_a_tensor_that_requires_grad_pass_its_gradient():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    TensorDataset(x).__getitems__([2, 0, 2]).batch[0].sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: TensorDataset(), ValueError, "at least one"),
        (lambda: TensorDataset(mg.zeros(3), mg.zeros(4)), ShapeError, r"\(3,\), \(4,\); it needs the same"),
        (lambda: TensorDataset(mg.tensor(1.0)), ShapeError, "same first size"),
        (lambda: TensorDataset([1, 2]), TypeError, "got list"),
        (lambda: ConcatDataset([]), ValueError, "at least one"),
        (lambda: ConcatDataset([Numbers(1)]), TypeError, "ChainDataset"),
        (lambda: ConcatDataset(["ab", "c"])[3], IndexError, "holds 3 samples"),
        (lambda: ConcatDataset(["ab", "c"])[-4], IndexError, "holds 3 samples"),
        (lambda: random_split(range(4), [1, 2]), ValueError, "add up to 4"),
        (lambda: random_split(range(4), [5, -1]), ValueError, "whole numbers"),
        (lambda: random_split(range(4), [1.5, 2.5]), ValueError, "whole numbers"),
        (lambda: random_split(range(4), [1.5, -0.5]), ValueError, r"in \[0, 1\]"),
        (lambda: Dataset()[0], TypeError, "defines no __getitem__"),
        (lambda: iter(IterableDataset()), TypeError, "defines no __iter__"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_subset_maps_numbers_and_passes_whole_batches_on():
    subset = Subset(TensorDataset(mg.arange(10) * 10), [9, 3, 5])
    assert len(subset) == 3
    assert subset[1][0].item() == 30
    assert subset.__getitems__([2, 0]).batch[0].tolist() == [50, 90]
    assert [s[0].item() for s in subset[[0, 1]]] == [90, 30]


def test_a_subset_of_a_plain_sequence_gives_a_list():
    assert Subset("abcdef", [5, 0, 1]).__getitems__([0, 2]) == ["f", "b"]


def test_concatenation_counts_through_its_parts_and_backwards():
    joined = ConcatDataset(["ab", "", "cde"])
    assert [joined[i] for i in range(5)] == list("abcde")
    assert joined[-1] == "e"
    assert joined.cumulative_sizes == [2, 2, 5]


def test_data_sets_add_up():
    total = TensorDataset(mg.tensor([1])) + TensorDataset(mg.tensor([2, 3]))
    assert [total[i][0].item() for i in range(3)] == [1, 2, 3]


def test_streams_are_chained():
    chained = Numbers(1, 2) + Numbers(3)
    assert isinstance(chained, ChainDataset)
    assert list(chained) == [1, 2, 3]


def test_random_split_gives_every_sample_to_one_part():
    parts = random_split(range(100), [70, 30], mg.Generator().manual_seed(3))
    assert [len(p) for p in parts] == [70, 30]
    assert sorted([*parts[0], *parts[1]]) == list(range(100))
    assert list(parts[0]) != list(range(70))


def test_random_split_repeats_itself_with_the_same_generator_seed():
    first, second = (random_split(range(50), [25, 25], mg.Generator().manual_seed(7)) for _ in range(2))
    assert list(first[0]) == list(second[0])


@pytest.mark.parametrize("total", [1, 7, 10, 101])
@pytest.mark.parametrize("fractions", [[0.5, 0.5], [0.7, 0.2, 0.1], [1 / 3, 1 / 3, 1 / 3], [1.0, 0.0]])
def test_fractions_are_rounded_as_in_pytorch(total, fractions):
    torch = pytest.importorskip("torch")
    if total * min(fractions) < 1:
        pytest.skip("PyTorch warns about an empty part")
    expected = [len(p) for p in torch.utils.data.random_split(range(total), fractions)]
    assert [len(p) for p in random_split(range(total), fractions)] == expected
