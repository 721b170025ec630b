"""A drawing becomes an image like MNIST's: 20 x 20 at most, its centre of mass in the middle."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.files import REAL, needs_mnist

from .pictures import seven

pytest.importorskip("PIL")

from minigrad.demo.image import as_mnist


def extent(image):
    rows, columns = image.nonzero()
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def centre(image):
    weights = image.astype(float)
    return [(weights * i).sum() / weights.sum() for i in np.indices(image.shape)]


def bar(height, width, y=30, x=50, size=200):
    drawing = np.zeros((size, size), np.uint8)
    drawing[y : y + height, x : x + width] = 255
    return drawing


@pytest.mark.parametrize(
    ("height", "width", "becomes"),
    [(100, 50, (20, 10)), (50, 100, (10, 20)), (80, 80, (20, 20)), (4, 120, (1, 20)), (120, 1, (20, 1)), (3, 3, (20, 20))],
    ids=str,
)  # fmt: skip
def test_the_longer_side_becomes_20_and_the_proportion_stays(height, width, becomes):
    image = as_mnist(bar(height, width))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert extent(image) == becomes


def test_the_centre_of_mass_is_pixel_14_to_half_a_pixel():
    drawing = seven()
    assert np.abs(np.array(centre(as_mnist(drawing))) - 14).max() <= 0.5


@pytest.mark.parametrize("shift", [(0, 0), (60, 10), (-30, 40)])
def test_where_it_is_drawn_makes_no_difference(shift):
    moved = np.roll(seven(), shift, axis=(0, 1))
    np.testing.assert_array_equal(as_mnist(moved), as_mnist(seven()))


def test_twice_the_size_is_nearly_the_same_image():
    large = seven().repeat(2, axis=0).repeat(2, axis=1)
    assert np.abs(as_mnist(large).astype(int) - as_mnist(seven())).mean() < 2


def test_a_figure_with_all_its_mass_at_one_end_stays_inside():
    drawing = np.zeros((200, 200), np.uint8)
    drawing[20:40, 20:180] = 255  # a heavy bar on top
    drawing[40:180, 100] = 255  # and a thin line down
    image = as_mnist(drawing)
    assert extent(image)[0] >= 18
    assert image.sum() > 0


def test_without_ink_there_is_no_image():
    assert as_mnist(np.zeros((50, 60), np.uint8)) is None


def test_one_dot_and_a_full_page_are_images():
    dot = np.zeros((100, 100), np.uint8)
    dot[50, 50] = 255
    assert extent(as_mnist(dot)) == (20, 20)
    assert extent(as_mnist(np.full((40, 80), 255, np.uint8))) == (10, 20)


@needs_mnist
def test_images_of_mnist_that_are_enlarged_and_moved_come_back_as_they_were():
    from minigrad.datasets import MNIST

    data = MNIST(REAL, train=False).data
    images = np.asarray(getattr(data, "array", data)).reshape(-1, 28, 28)[:300]
    same = 0
    for image in images:
        canvas = np.zeros((400, 380), np.uint8)
        canvas[90:370, 17:297] = image.repeat(10, axis=0).repeat(10, axis=1)
        same += bool((as_mnist(canvas) == image).all())
    assert same == len(images)
