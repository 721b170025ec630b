"""Writing a file whole or not at all.

Above: serialization.py, utils/training.py, plotting.py, cli/. Tests: tests/utils/test_files.py.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike, mode: str = "w") -> Iterator[Any]:
    """Open a file to write (``"w"`` or ``"wb"``) that appears under its name only when it is complete.

    If anything goes wrong inside the block, what stood there before is untouched. Raises
    FileNotFoundError if its folder does not exist, IsADirectoryError if ``path`` is one.

    >>> import pathlib, tempfile
    >>> from minigrad.utils.files import atomic_write
    >>> path = pathlib.Path(tempfile.mkdtemp(), "numbers.txt")
    >>> with atomic_write(path) as file:
    ...     _ = file.write("1 2 3")
    >>> path.read_text()
    '1 2 3'
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"there is no folder '{path.parent}' to write '{path.name}' into. Make it first."
        )
    if path.is_dir():
        raise IsADirectoryError(f"'{path}' is a folder; a file needs a name: '{path / 'name'}'.")
    # In the same folder: a rename is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    encoding = None if "b" in mode else "utf-8"
    try:
        with open(temporary, mode.replace("w", "x"), encoding=encoding) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the new name on an empty file
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
