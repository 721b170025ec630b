"""What may be sent to be read: a PNG, a form with one, or 28 x 28 numbers as JSON.

Nothing that is sent is run or unpickled, and the size of a picture is looked at before it is
unpacked: a few kilobytes of PNG can stand for gigabytes.

Below: image.py. Above: app.py. Tests: tests/demo/test_request.py.
"""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np

from ..errors import MissingExtra
from .image import SIDE, as_mnist

MAX_BYTES = 1 << 20
MAX_SIDE = 2048
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class BadImage(ValueError):
    """What was sent is no image that can be read; the message says why."""


def from_png(data: bytes) -> np.ndarray | None:
    """(28, 28) floats in [0, 1] from a PNG, white on black; None for an empty one.

    A picture of 28 x 28 is taken as it is, any other as a drawing: cropped, scaled, centred.
    Raises BadImage.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtra("pillow", "serve", "The digit page") from None
    if not data.startswith(SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 33:
        raise BadImage(f"got {len(data)} bytes that are no PNG; it needs one.")
    _check_size(struct.unpack(">II", data[16:24]))
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            _check_size(picture.size)  # a second header may have changed it
            picture.load()
            grey = _on_black(picture, Image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage(f"got a PNG that is too large ({error}).") from None
    except (OSError, SyntaxError, ValueError, struct.error, UnidentifiedImageError) as error:
        if isinstance(error, BadImage):
            raise
        raise BadImage(f"got a damaged PNG ({error}).") from None
    image = grey if grey.shape == (SIDE, SIDE) else as_mnist(grey)
    if image is None or not image.any():
        return None
    return image * np.float32(1 / 255)


def _check_size(size: tuple[int, ...]) -> None:
    width, height = size
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise BadImage(f"got a PNG of {width} x {height}; it needs sides from 1 to {MAX_SIDE}.")


def _on_black(picture: Any, Image: Any) -> np.ndarray:
    """Grey values; what is transparent lets the black behind it through."""
    if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off at 255
        return (np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8)
    rgba = picture.convert("RGBA")
    black = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
    return np.asarray(Image.alpha_composite(black, rgba).convert("L"))


def from_json(text: bytes) -> np.ndarray | None:
    """(28, 28) floats in [0, 1] from ``[[...], ...]`` or ``{"image": [[...], ...]}``; None if all 0.

    Numbers are 0 to 1, or 0 to 255 where one is above 1. Raises BadImage.
    """
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadImage(f"got JSON that cannot be read ({error}).") from None
    if isinstance(sent, dict):
        if "image" not in sent:
            raise BadImage("got a JSON object without 'image'; it needs {\"image\": [[...], ...]}.")
        sent = sent["image"]
    wanted = f"it needs {SIDE} lists of {SIDE} numbers"
    if not isinstance(sent, list) or len(sent) != SIDE:
        raise BadImage(f"got {_kind(sent)}; {wanted}.")
    for i, row in enumerate(sent):
        if not isinstance(row, list) or len(row) != SIDE:
            raise BadImage(f"got {_kind(row)} as row {i}; {wanted}.")
        for value in row:
            if type(value) not in (int, float) or not 0 <= value <= 255:
                raise BadImage(f"got {str(value)[:40]!r} in row {i}; {wanted} from 0 to 255.")
    image = np.array(sent, np.float32)
    if not image.any():
        return None
    return image if image.max() <= 1 else image * np.float32(1 / 255)


def _kind(x: Any) -> str:
    return f"a list of {len(x)}" if isinstance(x, list) else f"a {type(x).__name__}"
