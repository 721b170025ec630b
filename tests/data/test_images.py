"""Images in files: folders by class, classes in names, and files that are no images."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad.datasets import FilenameLabels, ImageDataset, ImageFolder, read_image
from minigrad.errors import ShapeError
from minigrad.utils.data import DataLoader

Image = pytest.importorskip("PIL.Image")


def write_image(path, value=128, size=(6, 4), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    write_image(tmp_path / "dog" / "b.png", 10)
    write_image(tmp_path / "dog" / "deep" / "a.png", 20)
    write_image(tmp_path / "cat" / "1.PNG", 30)
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def test_classes_are_the_sorted_names_of_the_sub_folders(folder):
    dataset = ImageFolder(folder)
    assert dataset.classes == ["cat", "dog"]
    assert dataset.class_to_idx == {"cat": 0, "dog": 1}
    assert dataset.targets == [0, 1, 1]
    assert len(dataset) == 3
    assert "3 images" in repr(dataset)


def test_a_sample_has_its_channels_first_and_values_in_zero_to_one(folder):
    image, label = ImageFolder(folder)[0]
    assert image.shape == (3, 4, 6)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image.numpy(), 30 / 255, rtol=1e-6)
    assert label == 0
    assert ImageFolder(folder, mode="L")[0][0].shape == (1, 4, 6)


def test_images_are_resized_to_fit_into_one_batch(folder):
    write_image(folder / "cat" / "2.png", size=(50, 9))
    images, labels = next(iter(DataLoader(ImageFolder(folder, size=(8, 5)), 4)))
    assert images.shape == (4, 3, 8, 5)
    assert labels.tolist() == [0, 0, 1, 1]
    assert ImageFolder(folder, size=7)[0][0].shape == (3, 7, 7)


def test_transforms_are_applied_to_image_and_label(folder):
    dataset = ImageFolder(folder, transform=lambda x: x * 0, target_transform=str)
    image, label = dataset[1]
    assert not image.numpy().any()
    assert label == "1"


def test_labels_are_read_from_file_names(tmp_path):
    for i, label in enumerate([10, 9, 10]):
        write_image(tmp_path / f"{i:04d}-label-{label}.png", i)
    dataset = FilenameLabels(tmp_path)
    assert dataset.classes == ["9", "10"]
    assert dataset.targets == [1, 0, 1]
    assert dataset[0][0].shape == (1, 4, 6)


def test_labels_may_be_words_and_the_pattern_anything(tmp_path):
    write_image(tmp_path / "dog.1.png")
    write_image(tmp_path / "cat.2.png")
    dataset = FilenameLabels(tmp_path, pattern=r"^(\w+)\.")
    assert [dataset.classes[t] for t in dataset.targets] == ["cat", "dog"]


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    values = np.array([[0, 257, 25700, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "x.png")
    assert read_image(tmp_path / "x.png").tolist() == [[0, 1, 100, 255]]


def test_an_unreadable_image_is_named_when_it_is_asked_for(folder):
    (folder / "cat" / "0.png").write_bytes(b"no png at all")
    dataset = ImageFolder(folder)
    with pytest.raises(ValueError, match=r"0\.png', which cannot be read as an image; it needs"):
        dataset[0]
    noise = np.random.default_rng(0).integers(0, 256, (50, 50), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "0.png")
    whole = (folder / "cat" / "0.png").read_bytes()
    (folder / "cat" / "0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"0\.png', which cannot be read as an image \("):
        dataset[0]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda p: ImageFolder(p / "no"), FileNotFoundError, "no', which is no folder"),
        (lambda p: ImageFolder(p), ValueError, "holds no sub-folders"),
        (lambda p: FilenameLabels(p), ValueError, "holds no images"),
        (lambda p: ImageFolder(p, mode="CMYK"), ValueError, "mode='CMYK'"),
        (lambda p: read_image(p / "no.png"), FileNotFoundError, "no.png', which does not exist"),
        (lambda p: read_image(p), FileNotFoundError, "a folder"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, make, error, words):
    with pytest.raises(error, match=words):
        make(tmp_path)


def test_a_class_without_images_and_a_name_without_label_are_named(folder):
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="empty', which holds no images"):
        ImageFolder(folder)
    write_image(folder / "plain.png")
    with pytest.raises(ValueError, match=r"plain\.png', which does not match"):
        FilenameLabels(folder)


def test_images_in_memory_need_a_label_each():
    with pytest.raises(ShapeError, match=r"labels \(3,\); it needs uint8 images"):
        ImageDataset(np.zeros((2, 4, 4), np.uint8), np.zeros(3, int), "ab")
    with pytest.raises(ShapeError, match="float64"):
        ImageDataset(np.zeros((2, 4, 4)), np.zeros(2, int), "ab")
