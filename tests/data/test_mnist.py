"""MNIST from a folder: samples, whole batches, and files that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.datasets import MNIST, Compose, FashionMNIST, Normalize
from minigrad.utils.data import DataLoader

from .files import REAL, fake_digits, needs_mnist, write_idx, write_mnist


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("place", ["", "MNIST/raw", "raw"])
def test_the_files_are_found_where_torchvision_puts_them_and_plainly(tmp_path, place, suffix):
    write_mnist(tmp_path / place, suffix=suffix)
    assert len(MNIST(tmp_path)) == 40
    assert len(MNIST(tmp_path, train=False)) == 20


def test_a_sample_is_a_float_image_in_zero_to_one_and_an_int(tmp_path):
    images, labels = fake_digits(40)
    dataset = MNIST(write_mnist(tmp_path))
    image, label = dataset[7]
    assert image.shape == (1, 28, 28)
    assert image.dtype == np.float32
    assert (type(label), label) == (int, labels[7])
    np.testing.assert_allclose(image.numpy()[0], images[7] / 255, rtol=1e-6)


def test_data_targets_and_classes_are_there(tmp_path):
    dataset = MNIST(write_mnist(tmp_path))
    assert dataset.data.shape == (40, 28, 28)
    assert dataset.data.dtype == np.uint8
    assert dataset.targets.tolist() == [i % 10 for i in range(40)]
    assert dataset.targets.dtype == np.int64
    assert dataset.classes == list("0123456789")
    assert "40 images" in repr(dataset)


@pytest.mark.parametrize(
    "transform",
    [None, Normalize(0.1, 0.3), Compose([Normalize(0.1, 0.3), Normalize(1.0, 2.0)]), lambda image: image * 2],
    ids=["none", "normalize", "compose", "any function"],
)
def test_a_batch_holds_what_its_samples_hold(tmp_path, transform):
    dataset = MNIST(write_mnist(tmp_path), transform=transform)
    images, labels = next(iter(DataLoader(dataset, 5)))
    assert images.dtype == np.float32
    assert labels.dtype == np.int64
    for i in range(5):
        image, label = dataset[i]
        np.testing.assert_array_equal(images.numpy()[i], image.numpy())
        assert labels[i].item() == label


def test_a_target_transform_is_applied_in_batches_too(tmp_path):
    dataset = MNIST(write_mnist(tmp_path), target_transform=lambda label: label + 100)
    assert dataset[3][1] == 103
    assert next(iter(DataLoader(dataset, 3)))[1].tolist() == [100, 101, 102]


def test_fashion_mnist_has_names_for_its_classes(tmp_path):
    dataset = FashionMNIST(write_mnist(tmp_path / "FashionMNIST" / "raw").parents[1])
    assert dataset.classes[9] == "Ankle boot"
    assert len(dataset.classes) == 10


def test_nothing_is_downloaded(tmp_path):
    with pytest.raises(ValueError, match=r"fetches nothing by itself\. Put the four files"):
        MNIST(tmp_path, download=True)


def test_a_missing_folder_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere', which is no folder"):
        MNIST(tmp_path / "nowhere")
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    assert len(MNIST(tmp_path)) == 40
    with pytest.raises(FileNotFoundError, match="lacks t10k-labels-idx1-ubyte; it needs that file"):
        MNIST(tmp_path, train=False)


IMAGES, LABELS = fake_digits(20)
WRONG = {
    "labels in place of images": (LABELS, LABELS, "train-images.*has 1 dimensions; it needs 3"),
    "images in place of labels": (IMAGES, IMAGES, "train-labels.*has 3 dimensions; it needs 1"),
    "another size": (IMAGES[:, :20], LABELS, r"train-images.* images of \(20, 28\); it needs 28 x 28"),
    "another kind of number": (
        IMAGES.astype("float32"),
        LABELS,
        "train-images.*holds float32; it needs uint8",
    ),
    "fewer labels": (IMAGES, LABELS[:-1], "20 images in .*train-images.* and 19 labels in .*train-labels"),
    "a label too high": (IMAGES, LABELS + 1, "label 10 in .*train-labels.*; it needs labels 0 to 9"),
}


@pytest.mark.parametrize("name", WRONG)
def test_files_that_do_not_fit_together_are_named(tmp_path, name):
    images, labels, words = WRONG[name]
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels)
    with pytest.raises(ValueError, match=words):
        MNIST(tmp_path)


@needs_mnist
def test_the_real_files_have_the_known_mean_and_deviation():
    dataset = MNIST(REAL)
    assert len(dataset) == 60_000
    assert len(MNIST(REAL, train=False)) == 10_000
    normalize = Normalize.of(dataset.data)
    assert normalize.mean[0] == pytest.approx(33.3184 / 255, abs=1e-6)
    assert normalize.std[0] == pytest.approx(78.5675 / 255, abs=1e-6)
    assert dataset.targets[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert isinstance(dataset[0][0], mg.Tensor)
