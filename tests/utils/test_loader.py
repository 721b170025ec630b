"""DataLoader: the batches of PyTorch's, in PyTorch's order of options."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset


class Squares(Dataset):
    def __len__(self):
        return 7

    def __getitem__(self, index):
        return index, np.float32(index**2)


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("batch_size", [1, 3, 7, 10])
def test_batches_of_single_samples_agree_with_pytorch(batch_size, drop_last):
    torch = pytest.importorskip("torch")
    mine = DataLoader(Squares(), batch_size, drop_last=drop_last)
    theirs = torch.utils.data.DataLoader(Squares(), batch_size, drop_last=drop_last)
    assert len(mine) == len(theirs)
    for m, t in zip(mine, theirs, strict=True):
        assert type(m) is type(t)
        for a, b in zip(m, t, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
            assert str(a.dtype) == str(b.dtype).removeprefix("torch.")


def test_a_tensor_dataset_is_cut_whole_and_right():
    x, y = mg.tensor(np.random.default_rng(0).normal(size=(10, 2, 3))), mg.arange(10)
    loader = DataLoader(TensorDataset(x, y), 4, shuffle=True)
    seen = []
    for xb, yb in loader:
        np.testing.assert_array_equal(xb.numpy(), x.numpy()[yb.numpy()])
        seen += yb.tolist()
    assert sorted(seen) == list(range(10))


def test_a_batch_of_a_tensor_dataset_takes_no_call_per_sample():
    class Counting(TensorDataset):
        calls = 0

        def __getitem__(self, index):
            Counting.calls += 1
            return super().__getitem__(index)

    dataset = Counting(mg.arange(100))
    for part in (dataset, Subset(dataset, range(50))):
        assert sum(len(x) for (x,) in DataLoader(part, 10)) == len(part)
    assert Counting.calls == 0


def test_each_pass_has_its_own_order():
    loader = DataLoader(TensorDataset(mg.arange(40)), 40, shuffle=True)
    first, second = (next(iter(loader))[0].tolist() for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second)


def test_a_seeded_generator_repeats_the_order():
    def order():
        loader = DataLoader(range(30), 30, shuffle=True, generator=mg.Generator().manual_seed(5))
        return next(iter(loader)).tolist()

    assert order() == order()


def test_two_passes_may_run_at_the_same_time():
    loader = DataLoader(range(4), 2)
    assert [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)] == [
        ([0, 1], [0, 1]),
        ([2, 3], [2, 3]),
    ]


def test_a_collate_fn_gets_a_list_of_samples():
    loader = DataLoader(
        TensorDataset(mg.arange(4)), 2, collate_fn=lambda samples: [s[0].item() for s in samples]
    )
    assert list(loader) == [[0, 1], [2, 3]]


def test_without_a_batch_size_samples_come_one_by_one():
    samples = list(DataLoader(Squares(), batch_size=None))
    assert len(samples) == 7
    assert samples[3][0] == 3
    assert samples[3][1].shape == ()


def test_a_sampler_and_a_batch_sampler_decide_the_order():
    assert [b.tolist() for b in DataLoader(range(9), 2, sampler=[8, 0, 4])] == [[8, 0], [4]]
    loader = DataLoader(range(9), batch_sampler=[[1, 2], [5]])
    assert [b.tolist() for b in loader] == [[1, 2], [5]]
    assert len(loader) == 2


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [0, 3, 4, 5])
def test_streams_are_cut_into_batches_as_in_pytorch(n, drop_last):
    torch = pytest.importorskip("torch")

    class TorchStream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(n))

    theirs = torch.utils.data.DataLoader(TorchStream(), 2, drop_last=drop_last)
    mine = DataLoader(Stream(n), 2, drop_last=drop_last)
    batches = [b.tolist() for b in mine]
    assert batches == [b.tolist() for b in theirs]
    assert len(mine) == len(batches)


def test_a_stream_without_batches_is_handed_through():
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]


def test_worker_options_are_accepted_and_change_nothing():
    loader = DataLoader(range(4), 2, num_workers=2, pin_memory=True, persistent_workers=True)
    assert [b.tolist() for b in loader] == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 2, "sampler": [0], "shuffle": True}, "sampler and shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "Leave them out"),
        ({"batch_sampler": [[0]], "shuffle": True}, "Leave them out"),
        ({"batch_sampler": [[0]], "drop_last": True}, "Leave them out"),
        ({"batch_size": None, "drop_last": True}, "drop_last=True"),
        ({"num_workers": -1}, "num_workers=-1"),
        ({"timeout": -1}, "timeout=-1"),
    ],
)
def test_options_that_exclude_each_other_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        DataLoader(range(4), **options)


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}], ids=str)
def test_a_stream_keeps_its_own_order(options):
    with pytest.raises(ValueError, match="IterableDataset"):
        DataLoader(Stream(3), **options)
