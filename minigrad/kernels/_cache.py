"""Compiled kernels on the disk, so that only the first run of all compiles.

Numba's own cache does the packing, and finds the folder: beside the source, or where that is
read-only a folder of the user, or NUMBA_CACHE_DIR. Four things are done here otherwise:

    one file per kernel and signature    Numba numbers its files and lists them in an index. Of two
                                         processes that begin with an empty folder, one may write
                                         number 1 for floats, the other for doubles, and the index
                                         then names the wrong code.
    every source of this folder counts   Kernels call helpers that lie in other files; Numba looks
                                         at the kernel's own file and would run the old ones.
    contents count, not dates            A copy or a fresh checkout finds what was compiled.
    trouble with a file costs time only  A folder that cannot be written, a file cut short: the
                                         kernel is compiled once more.

The signature's key holds the processor and its features, so that machines of different vector width
may share a folder.

Above: _jit.py. Tests: tests/kernels/test_cache.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def stamp_of_sources(folder: Path = HERE) -> str:
    """Changes with any change of a source file in ``folder``."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class KernelFiles:
    """The files of one kernel; takes the place of Numba's IndexDataCacheFile."""

    def __init__(self, folder: str, name: str, stamp: str):
        self.folder, self.name, self.stamp = folder, name, stamp

    def path(self, key: Any) -> str:
        digest = hashlib.sha256(repr(key).encode()).hexdigest()
        return os.path.join(self.folder, f"{self.name}.{digest[:16]}.nbc")

    def save(self, key: Any, data: Any) -> None:
        path = self.path(key)
        part = f"{path}.{os.urandom(8).hex()}"  # put in its place only when it is whole
        try:
            with open(part, "wb") as file:
                pickle.dump((self.stamp, repr(key)), file)
                file.write(dumps(data))
            os.replace(part, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(part)

    def load(self, key: Any) -> Any:
        """What was saved under ``key`` by the same sources, or None."""
        try:
            with open(self.path(key), "rb") as file:
                found = pickle.load(file)
                return pickle.load(file) if found == (self.stamp, repr(key)) else None
        except OSError:
            return None

    def flush(self) -> None:
        for path in Path(self.folder).glob(f"{self.name}.*.nbc"):
            path.unlink(missing_ok=True)


class KernelCache(FunctionCache):
    """Numba's cache of one function, with files of ours."""

    def __init__(self, function: Callable):
        super().__init__(function)
        stamp = stamp_of_sources()
        if Path(function.__code__.co_filename).parent != HERE:
            stamp += repr(self._impl.locator.get_source_stamp())
        self._cache_file = KernelFiles(self.cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        # A damaged file may raise anything while it is read; compiling mends it.
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


def keep_on_disk(dispatcher: Any) -> None:
    """Let ``dispatcher``, what njit made, look on the disk before it compiles.

    Where no folder can be written, every process compiles for itself.
    """
    with contextlib.suppress(RuntimeError):
        dispatcher._cache = KernelCache(dispatcher.py_func)
