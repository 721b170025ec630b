"""The IDX format of MNIST: a header of sizes, then the numbers, plain or gzip-compressed.

    bytes 0-1   0
    byte  2     kind of number (0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D, 0x0E floats)
    byte  3     number of dimensions
    4 bytes per dimension, big-endian, then the numbers in C order, big-endian

Source: LeCun, Cortes, Burges, The MNIST database of handwritten digits, "File formats".
Above: mnist.py. Tests: tests/data/test_idx.py.
"""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

KINDS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_RATIO = 1032  # deflate cannot shrink anything further than this
CHUNK = 1 << 18  # gzip makes a copy of what is read at once


def read_idx(path: str | os.PathLike, dtype: str | None = None, ndim: int | None = None) -> np.ndarray:
    """The array in an IDX file, in native byte order; the file is read straight into it.

    ``dtype`` and ``ndim`` say what is expected. Raises FileNotFoundError for a missing file, and
    ValueError, naming the file, where it is no IDX file, is damaged, or holds something else.

    >>> from minigrad.datasets import read_idx
    >>> read_idx("labels-idx1-ubyte.gz")
    Traceback (most recent call last):
    FileNotFoundError: read_idx got 'labels-idx1-ubyte.gz', which does not exist.
    """
    path = Path(path)
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise FileNotFoundError(f"read_idx got '{path}', which {what}.")
    compressed = _starts_like_gzip(path)
    try:
        with gzip.open(path, "rb") if compressed else open(path, "rb") as file:
            array = _read(file, path, compressed, dtype, ndim)  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"read_idx got '{path}', which is damaged or cut short ({error}); it needs a whole gzip "
            "file. Fetch it again."
        ) from None
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _starts_like_gzip(path: Path) -> bool:
    """Whether it is compressed: by its content, since names are changed freely."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _read(file: BinaryIO, path: Path, compressed: bool, dtype: str | None, ndim: int | None) -> np.ndarray:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in KINDS:
        raise ValueError(
            f"read_idx got '{path}', which starts with the bytes {magic.hex(' ') or '(none)'}; it needs "
            "an IDX file: 00 00, a kind of number, the number of dimensions."
        )
    kind = np.dtype(KINDS[magic[2]])
    if dtype is not None and kind != np.dtype(dtype):
        raise ValueError(f"read_idx got '{path}', which holds {kind.name}; it needs {np.dtype(dtype).name}.")
    if ndim is not None and magic[3] != ndim:
        raise ValueError(
            f"read_idx got '{path}', which has {magic[3]} dimensions; it needs {ndim} "
            "(images have 3, labels 1: are the two files mixed up?)."
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ValueError(f"read_idx got '{path}', which ends inside its header; it needs {magic[3]} sizes.")
    shape = tuple(np.frombuffer(sizes, ">u4").tolist())
    expected = kind.itemsize
    for size in shape:
        expected *= size
    # Before an array is made of a size that a damaged header claims.
    on_disk = path.stat().st_size
    if expected > on_disk * (GZIP_RATIO if compressed else 1):
        raise ValueError(_wrong_length(path, shape, expected, f"only {on_disk} bytes long"))
    array = np.empty(shape, kind)
    buffer: Any = memoryview(array).cast("B") if array.size else b""  # type: ignore[arg-type]
    filled = 0
    while filled < expected:
        count = file.readinto(buffer[filled : filled + CHUNK])  # type: ignore[attr-defined]
        if not count:
            raise ValueError(_wrong_length(path, shape, expected, f"cut short after {filled}"))
        filled += count
    if file.read(1):
        raise ValueError(_wrong_length(path, shape, expected, "longer than that"))
    return array


def _wrong_length(path: Path, shape: tuple, expected: int, found: str) -> str:
    return (
        f"read_idx got '{path}', which is {found}; its header says {shape}, which needs {expected} "
        "bytes after it. Fetch it again."
    )
