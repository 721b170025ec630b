"""A file appears whole, or what stood there before stays."""

from __future__ import annotations

import pytest

from minigrad.utils.files import atomic_write


def test_the_file_appears_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_write(path) as file:
        file.write("äöü")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "äöü"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_content_and_no_other_file(tmp_path, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def write():
        with atomic_write(path, "wb") as file:
            file.write(b"half of the n")
            raise error

    with pytest.raises(error):
        write()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_a_missing_folder_is_reported_by_the_system(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "no" / "a.txt"):
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"no folder '.*nowhere' to write 'x.txt' into"),
        atomic_write(tmp_path / "nowhere" / "x.txt"),
    ):
        pass
