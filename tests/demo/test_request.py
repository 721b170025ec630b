"""What may be sent, what may not, and that no bytes whatever do harm."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("PIL")

from minigrad.demo.request import BadImage, from_json, from_png

from .pictures import bomb, png, seven, two_headers


def small():
    return np.arange(784, dtype=np.uint8).reshape(28, 28)


def test_a_png_of_28_x_28_is_taken_as_it_is():
    image = from_png(png(small()))
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, small() / 255, rtol=1e-6)


def test_a_png_of_another_size_is_a_drawing():
    image = from_png(png(seven()))
    assert image.shape == (28, 28)
    assert 0.9 < image.max() <= 1
    assert not image[0].any()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "1"])
def test_every_mode_of_png_is_the_same_image(mode):
    np.testing.assert_allclose(from_png(png(seven(), mode)), from_png(png(seven())), atol=1e-6)


def test_sixteen_bits_a_pixel_are_read_as_eight():
    np.testing.assert_allclose(from_png(png(small().astype(np.uint16) * 257)), small() / 255, rtol=1e-6)


def test_what_is_transparent_is_black():
    rgba = np.full((28, 28, 4), 255, np.uint8)
    rgba[..., 3] = small()
    np.testing.assert_allclose(from_png(png(rgba)), small() / 255, atol=1 / 254)


@pytest.mark.parametrize("size", [28, 100])
def test_an_empty_png_is_no_image(size):
    assert from_png(png(np.zeros((size, size), np.uint8))) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes that are no PNG"),
        (b"GIF89a" + bytes(100), "no PNG"),
        (b"\x80\x04\x95 a pickle", "no PNG"),
        (b"\x89PNG\r\n\x1a\n", "no PNG"),
        (bomb(), "60000 x 60000; it needs sides from 1 to 2048"),
        (bomb(2049, 10), "2049 x 10"),
        (bomb(0, 10), "0 x 10"),
        (bomb(1000, 1000), "damaged PNG"),
    ],
    ids=["nothing", "gif", "pickle", "signature only", "bomb", "wide", "no width", "cut"],
)
def test_what_is_no_png_is_refused_with_a_reason(data, words):
    with pytest.raises(BadImage, match=words):
        from_png(data)


@pytest.mark.filterwarnings("ignore")
def test_a_second_header_does_not_get_past_the_limit():
    with pytest.raises(BadImage):
        from_png(two_headers())


def test_no_damage_to_a_png_leads_to_anything_but_an_image_or_a_refusal():
    whole = png(seven(64))
    random = np.random.default_rng(0)
    outcomes = set()
    for n in range(300):
        data = bytearray(whole)
        if n % 2:
            del data[int(random.integers(len(data))) :]
        else:
            for place in random.integers(0, len(data), 3):
                data[place] = int(random.integers(256))
        try:
            image = from_png(bytes(data))
            outcomes.add("empty" if image is None else image.shape)
        except BadImage:
            outcomes.add("refused")
    assert outcomes <= {"refused", "empty", (28, 28)}
    assert "refused" in outcomes


def test_json_is_read_bare_or_as_an_object_whole_numbers_or_fractions():
    numbers = small().tolist()
    expected = small() / np.float32(255)
    for sent in (numbers, {"image": numbers}, {"image": (small() / 255).tolist()}):
        np.testing.assert_allclose(from_json(json.dumps(sent).encode()), expected, rtol=1e-6)


def test_json_of_zeros_is_no_image():
    assert from_json(json.dumps(np.zeros((28, 28)).tolist()).encode()) is None


def spoiled(value):
    numbers = small().tolist()
    numbers[3][5] = value
    return json.dumps(numbers)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON that cannot be read"),
        ("{", "JSON that cannot be read"),
        ("[" * 100_000, "JSON that cannot be read"),
        ("null", "a NoneType; it needs 28 lists of 28 numbers"),
        ("7", "a int"),
        ('"abc"', "a str"),
        ("{}", "without 'image'"),
        ('{"image": 3}', "a int"),
        ("[]", "a list of 0"),
        (json.dumps(np.zeros((27, 28)).tolist()), "a list of 27"),
        (json.dumps(np.zeros((28, 27)).tolist()), "a list of 27 as row 0"),
        (json.dumps([0] * 28), "a int as row 0"),
        (spoiled("1"), "'1' in row 3"),
        (spoiled(None), "'None' in row 3"),
        (spoiled(True), "'True' in row 3"),
        (spoiled([1]), "in row 3"),
        (spoiled(256), "'256' in row 3; it needs 28 lists of 28 numbers from 0 to 255"),
        (spoiled(-1), "'-1' in row 3"),
        (spoiled(float("nan")), "'nan' in row 3"),
        (spoiled(float("inf")), "'inf' in row 3"),
        (spoiled(10**400), "in row 3"),
        (b"\xff\xfe", "JSON that cannot be read"),
    ],
)
def test_json_that_is_no_image_is_refused_with_a_reason(text, words):
    with pytest.raises(BadImage, match=words):
        from_json(text if isinstance(text, bytes) else text.encode())
