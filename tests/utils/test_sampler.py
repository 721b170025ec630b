"""Samplers: every sample once, in proportion, in lists."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.utils.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def test_a_sequential_sampler_counts_up():
    assert list(SequentialSampler("abc")) == [0, 1, 2]


def test_a_random_sampler_visits_all_in_a_new_order_each_time():
    sampler = RandomSampler(range(50))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert all(type(i) is int for i in first)


def test_a_random_sampler_with_a_seeded_generator_repeats_itself():
    first, second = (list(RandomSampler(range(50), generator=mg.Generator().manual_seed(1))) for _ in "ab")
    assert first == second


def test_more_samples_than_there_are_come_in_whole_passes():
    order = list(RandomSampler(range(4), num_samples=10))
    assert len(order) == 10
    assert sorted(order[:4]) == sorted(order[4:8]) == [0, 1, 2, 3]


def test_fewer_samples_than_there_are_come_once_each():
    order = list(RandomSampler(range(100), num_samples=10))
    assert len(set(order)) == 10


def test_draws_with_replacement_repeat_samples():
    order = list(RandomSampler(range(5), replacement=True, num_samples=200))
    assert len(order) == 200
    assert set(order) == set(range(5))


def test_an_empty_data_set_has_an_empty_order():
    assert list(RandomSampler([])) == []
    assert list(RandomSampler([], replacement=True)) == []


def test_a_subset_sampler_shuffles_the_numbers_given():
    assert sorted(SubsetRandomSampler([3, 1, 8])) == [1, 3, 8]


def test_weights_decide_how_often_a_sample_is_drawn():
    drawn = np.bincount(list(WeightedRandomSampler([1.0, 0.0, 3.0], 4000)), minlength=3) / 4000
    np.testing.assert_allclose(drawn, [0.25, 0, 0.75], atol=0.04)


def test_weighted_draws_without_replacement_are_distinct():
    drawn = list(WeightedRandomSampler([1.0, 2.0, 0.0, 3.0], 3, replacement=False))
    assert sorted(drawn) == [0, 1, 3]


@pytest.mark.parametrize("n", [0, 1, 4, 5, 6])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_are_cut_as_in_pytorch(n, drop_last):
    torch = pytest.importorskip("torch")
    mine = BatchSampler(SequentialSampler(range(n)), 3, drop_last)
    theirs = torch.utils.data.BatchSampler(range(n), 3, drop_last)
    assert list(mine) == list(theirs)
    assert len(mine) == len(theirs)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: RandomSampler("ab", num_samples=0), ValueError, "num_samples=0"),
        (lambda: RandomSampler("ab", replacement="yes"), TypeError, "True or False"),
        (lambda: WeightedRandomSampler([1.0, -1.0], 1), ValueError, ">= 0"),
        (lambda: WeightedRandomSampler([0.0, 0.0], 1), ValueError, "not all 0"),
        (lambda: WeightedRandomSampler([np.nan], 1), ValueError, "finite"),
        (lambda: WeightedRandomSampler([1.0, 0.0], 2, replacement=False), ValueError, "at most 1"),
        (lambda: WeightedRandomSampler([1.0], 1.5), ValueError, "num_samples=1.5"),
        (lambda: BatchSampler(range(3), 0, False), ValueError, "batch_size=0"),
        (lambda: BatchSampler(range(3), True, False), ValueError, "batch_size=True"),
        (lambda: BatchSampler(range(3), 2, "no"), TypeError, "drop_last"),
        (lambda: iter(Sampler()), TypeError, "defines no __iter__"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, error, words):
    with pytest.raises(error, match=words):
        make()
