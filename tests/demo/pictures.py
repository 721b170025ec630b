"""Drawings, and PNG files of them, good and bad."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np


def seven(size=280, left=0.3, top=0.2):
    """A thick 7, white on black."""
    image = np.zeros((size, size), np.uint8)
    thick, wide, high = size // 14, int(0.35 * size), int(0.55 * size)
    y, x = int(top * size), int(left * size)
    image[y : y + thick, x : x + wide] = 255
    for row in range(high):
        right = x + wide - int(0.5 * wide * row / high)
        image[y + row, right - thick : right] = 255
    return image


def png(array, mode=None):
    from PIL import Image

    buffer = io.BytesIO()
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(buffer, "PNG")
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header(width, height):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


def bomb(width=60000, height=60000):
    """A few bytes that stand for ``width * height`` of them."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + header(width, height)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def two_headers():
    """Harmless at first sight: the second header says something else."""
    rest = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header(20, 20) + header(60000, 60000) + rest
