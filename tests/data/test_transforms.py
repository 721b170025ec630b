"""Normalize and Compose."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.datasets import Compose, Normalize
from minigrad.errors import ShapeError


def test_each_channel_has_its_mean_and_deviation():
    images = np.random.default_rng(0).uniform(size=(5, 3, 4, 4))
    mean, std = [0.1, 0.2, 0.3], [1.0, 2.0, 4.0]
    expected = (images - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    found = Normalize(mean, std)(mg.from_numpy(images))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(Normalize(mean, std)(mg.from_numpy(images[0])).numpy(), expected[0])


def test_the_dtype_of_the_images_is_kept():
    assert Normalize(0.5, 0.5)(mg.zeros(1, 2, 2)).dtype == np.float32


@pytest.mark.parametrize("shape", [(6, 5, 5), (6, 2, 5, 5)])
def test_a_set_normalized_by_its_own_figures_has_mean_0_and_deviation_1(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    scaled = (images if len(shape) == 4 else images[:, None]) / 255
    found = Normalize.of(images)(mg.from_numpy(scaled)).numpy()
    np.testing.assert_allclose(found.mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(found.std(axis=(0, 2, 3)), 1, rtol=1e-12)


def test_floats_are_taken_as_they_are_and_a_constant_channel_survives():
    normalize = Normalize.of(np.full((2, 3, 3), 0.25))
    assert normalize.mean.tolist() == [0.25]
    assert normalize.std.tolist() == [1.0]


def test_transforms_are_composed_in_order():
    both = Compose([lambda x: x + 1, lambda x: x * 10])
    assert both(mg.tensor([1.0])).tolist() == [20.0]
    assert not both.whole_batches
    assert Compose([Normalize(0, 1)]).whole_batches
    assert repr(Compose([Normalize(0.1307, 0.3081)])) == "Compose([Normalize(mean=(0.1307), std=(0.3081))])"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Normalize(0.0, 0.0), ValueError, "every std above 0"),
        (lambda: Normalize(0.0, float("nan")), ValueError, "every std above 0"),
        (lambda: Normalize([[1.0]], 1.0), ValueError, "one per channel"),
        (lambda: Normalize([0.0, 0.0], 1.0)(mg.zeros(3, 4, 4)), ShapeError, r"it needs \(..., 2, H, W\)"),
        (lambda: Normalize(0.0, 1.0)(mg.zeros(4, 4)), ShapeError, r"shape \(4, 4\)"),
        (lambda: Normalize.of(np.zeros((4, 4))), ShapeError, r"\(N, H, W\)"),
        (lambda: Normalize.of(np.zeros((0, 4, 4))), ShapeError, r"\(0, 4, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call()
