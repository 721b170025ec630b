"""IDX files: read as they are, and every kind of damage named."""

from __future__ import annotations

import gzip
import tracemalloc

import numpy as np
import pytest

from minigrad.datasets import read_idx

from .files import KINDS, idx_bytes, write_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
WHOLE = idx_bytes(IMAGES)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("dtype", KINDS)
def test_every_kind_of_number_comes_back_in_native_order(tmp_path, dtype, suffix):
    array = (np.arange(-6, 6) * 9).reshape(3, 4).astype(dtype)
    found = read_idx(write_idx(tmp_path / f"x{suffix}", array))
    assert found.dtype == np.dtype(dtype)
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("shape", [(0,), (0, 28, 28), (1, 1, 1), ()])
def test_sizes_of_none_and_one_are_read(tmp_path, shape):
    found = read_idx(write_idx(tmp_path / "x", np.ones(shape, np.uint8)))
    assert found.shape == shape


def test_the_content_decides_whether_it_is_compressed_not_the_name(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(WHOLE))
    (tmp_path / "y.gz").write_bytes(WHOLE)
    np.testing.assert_array_equal(read_idx(tmp_path / "x"), IMAGES)
    np.testing.assert_array_equal(read_idx(tmp_path / "y.gz"), IMAGES)


def test_reading_takes_the_memory_of_the_array_and_little_more(tmp_path):
    array = np.random.default_rng(0).integers(0, 9, (10_000, 28, 28), dtype=np.uint8)
    path = write_idx(tmp_path / "x.gz", array)
    read_idx(path)
    tracemalloc.start()
    read_idx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * array.nbytes


DAMAGED = {
    "empty": (b"", r"starts with the bytes \(none\)"),
    "two bytes": (WHOLE[:2], "starts with the bytes 00 00"),
    "text": (b"<html>not found</html>", "3c 68 74 6d"),
    "unknown kind": (b"\0\0\x07" + WHOLE[3:], "00 00 07 03"),
    "end in the header": (WHOLE[:9], "ends inside its header; it needs 3 sizes"),
    "no numbers": (WHOLE[:16], "needs 24 bytes"),
    "one number missing": (WHOLE[:-1], r"its header says \(2, 3, 4\), which needs 24 bytes"),
    "one number too many": (WHOLE + b"\0", "longer than that"),
    "absurd sizes": (b"\0\0\x08\x03" + b"\xff" * 12 + b"\0" * 9, "needs 7922816"),
}


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_named_with_what_was_expected(tmp_path, name, compressed):
    content, words = DAMAGED[name]
    path = tmp_path / "train-images"
    path.write_bytes(gzip.compress(content) if compressed else content)
    with pytest.raises(ValueError, match=f"(?s)train-images', which .*{words}"):
        read_idx(path)


@pytest.mark.parametrize("cut", [3, 12, 30, -1])
def test_a_compressed_file_cut_short_is_damaged(tmp_path, cut):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(WHOLE)[:cut])
    with pytest.raises(ValueError, match=r"x\.gz', which is damaged or cut short"):
        read_idx(path)


def test_a_flipped_byte_in_a_compressed_file_is_noticed(tmp_path):
    data = bytearray(gzip.compress(np.random.default_rng(0).bytes(500)))
    header = gzip.compress(WHOLE)
    flipped = bytearray(header)
    flipped[-6] ^= 0xFF  # in the checksum
    (tmp_path / "x.gz").write_bytes(flipped)
    with pytest.raises(ValueError, match="damaged"):
        read_idx(tmp_path / "x.gz")
    data[40] ^= 0xFF
    (tmp_path / "y.gz").write_bytes(data)
    with pytest.raises(ValueError, match=r"y\.gz'"):
        read_idx(tmp_path / "y.gz")


def test_what_was_asked_for_is_checked(tmp_path):
    path = write_idx(tmp_path / "x", IMAGES)
    with pytest.raises(ValueError, match=r"has 3 dimensions; it needs 1 .*mixed up"):
        read_idx(path, "u1", ndim=1)
    with pytest.raises(ValueError, match="holds uint8; it needs float32"):
        read_idx(path, "f4")


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing', which does not exist"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="which is no file"):
        read_idx(tmp_path)
