"""minigrad predict: every kind of image a run can read, and those it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad.cli import main
from tests.data.files import fake_digits

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def image():
    return fake_digits(10)[0][3]


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_every_form_of_an_image_gets_the_same_answer(run_folder, tmp_path, image, capsys):
    forms = {
        "plain": image,
        "channel last": image[:, :, None],
        "batch of one": image[None],
        "both": image[None, :, :, None],
        "channel first": image[None, None],
        "float": (image / 255).astype(np.float32),
        "double": image / 255,
    }
    paths = []
    for name, array in forms.items():
        paths.append(str(tmp_path / f"{name}.npy"))
        np.save(paths[-1], array)
    paths.append(str(tmp_path / "image.png"))
    Image.fromarray(image).save(paths[-1])
    assert main(["predict", str(run_folder), *paths]) == 0
    found = lines(capsys)
    assert [line.split("  ")[0] for line in found] == paths
    assert len({tuple(line.split("  ")[1:]) for line in found}) == 1


def test_an_answer_is_class_probability_and_the_next_best(run_folder, tmp_path, image, capsys):
    np.save(tmp_path / "x.npy", image)
    assert main(["predict", str(run_folder), str(tmp_path / "x.npy"), "--threads", "1"]) == 0
    _, name, probability, rest = lines(capsys)[0].split("  ")
    assert name in "0123456789"
    others = [float(part.split()[1]) for part in rest.strip("()").split(", ")]
    assert 1 >= float(probability) >= others[0] >= others[1] >= 0


def test_colour_images_of_another_size_become_grey_and_small(run_folder, tmp_path, image, capsys):
    Image.fromarray(image).convert("RGB").resize((200, 100)).save(tmp_path / "big.jpg")
    assert main(["predict", str(run_folder), str(tmp_path / "big.jpg")]) == 0
    assert len(lines(capsys)) == 1


WRONG = {
    "shape": (np.zeros((27, 28), np.uint8), r"has shape (27, 28); it needs"),
    "two images": (np.zeros((2, 28, 28), np.uint8), "has shape (2, 28, 28)"),
    "range": (np.full((28, 28), 200.0), "holds float64 from 200 to 200; it needs uint8"),
    "not a number": (np.full((28, 28), np.nan), "holds float64 from nan"),
    "integers": (np.zeros((28, 28), np.int64), "holds int64"),
    "objects": (np.full((28, 28), None), "cannot be read as a .npy array"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_array_that_is_no_image_is_named(run_folder, tmp_path, name, capsys):
    array, words = WRONG[name]
    np.save(tmp_path / "x.npy", array)
    assert main(["predict", str(run_folder), str(tmp_path / "x.npy")]) == 1
    out, err = capsys.readouterr()
    assert words in err
    assert "x.npy'" in err
    assert out == ""
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["missing.png", "missing.npy", "text.png", "text.npy"])
def test_a_file_that_cannot_be_read_is_named(run_folder, tmp_path, name, capsys):
    if name.startswith("text"):
        (tmp_path / name).write_text("no image")
    assert main(["predict", str(run_folder), str(tmp_path / name)]) == 1
    err = capsys.readouterr().err
    assert name in err
    assert err.count("\n") == 1
