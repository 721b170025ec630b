"""scikit-learn's digits: a fixed split, stratified, enlarged."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad.datasets import Digits
from minigrad.datasets.digits import _chosen, _load

pytest.importorskip("sklearn")
pytest.importorskip("PIL")


def test_the_file_read_directly_is_what_scikit_learn_loads():
    from sklearn.datasets import load_digits

    pixels, labels = _load()
    expected = load_digits()
    np.testing.assert_array_equal(pixels, expected.images)
    np.testing.assert_array_equal(labels, expected.target)


def test_each_sample_is_in_one_half_and_a_fifth_of_each_class_is_for_testing():
    _, labels = _load()
    train, test = _chosen(labels, True), _chosen(labels, False)
    assert sorted([*train, *test]) == list(range(1797))
    for label in range(10):
        share = (labels[test] == label).sum() / (labels == label).sum()
        assert share == pytest.approx(0.2, abs=0.003)


def test_the_split_is_the_same_for_ever():
    _, labels = _load()
    assert len(_chosen(labels, False)) == 359
    assert _chosen(labels, False)[:6].tolist() == [3, 7, 13, 19, 36, 38]


def test_images_are_enlarged_and_centred():
    dataset = Digits()
    image, label = dataset[0]
    assert image.shape == (1, 28, 28)
    assert 0 <= label <= 9
    data = dataset.data.numpy()
    assert not data[:, :4].any()
    assert not data[:, :, 24:].any()
    assert data.max() == 255
    assert len(dataset) == len(dataset.targets) == 1438
