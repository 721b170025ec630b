"""save and load: tensors and plain Python values in one .npz file, without pickle.

The file is an ordinary NumPy archive: ``numpy.load(path)`` shows the arrays under names such as
"conv1.weight". One more entry, ``structure``, says in JSON how they are put together:

    null, true, 2, 1.5, "text"      themselves
    ["dict", [key, value], ...]     a dict; keys are strings or numbers
    ["list", ...], ["tuple", ...]   sequences
    ["tensor", name], ["array", name], ["parameter", name]

Nothing in a file is ever executed, so a file from a stranger is safe to load.

Below: tensor.py, utils/files.py. Tests: tests/utils/test_serialization.py.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np

from .ops.creation import check_device
from .tensor import Tensor, from_numpy
from .utils.files import atomic_write

__all__ = ["load", "save"]

STRUCTURE = "structure"
FORMAT = "minigrad 1"
# What zipfile and numpy raise on files that were cut or altered.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, LookupError, TypeError, NotImplementedError)


def save(obj: Any, f: str | os.PathLike | BinaryIO) -> None:
    """Write tensors, arrays, numbers, strings, and dicts, lists and tuples of them to a file.

    ``f``: a path (the file is complete or not there at all) or a binary file. A model is saved by
    its state: ``save(model.state_dict(), "model.npz")``.
    Raises TypeError, naming the place, for anything else, and for an ``f`` that is neither.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "point.npz")
    >>> minigrad.save({"at": tensor([1.0, 2.0]), "steps": 3}, path)
    >>> minigrad.load(path)
    {'at': tensor([1., 2.]), 'steps': 3}
    """
    if not _is_path_or_binary(f, "write"):
        raise TypeError(
            f"save got {type(f).__name__} to write to; it needs a path or a binary file. "
            'What is saved comes first: save(x, "x.npz").'
        )
    arrays: dict[str, np.ndarray] = {}
    structure = {"format": FORMAT, "content": _encode(obj, "", arrays)}
    arrays[STRUCTURE] = np.array(json.dumps(structure))
    if isinstance(f, (str, os.PathLike)):
        with atomic_write(f, "wb") as file:
            _write(file, arrays)
    else:
        _write(f, arrays)


def _is_path_or_binary(f: Any, method: str) -> bool:
    return isinstance(f, (str, os.PathLike)) or (hasattr(f, method) and not isinstance(f, io.TextIOBase))


def _write(file: BinaryIO, arrays: dict[str, np.ndarray]) -> None:
    # As numpy.savez, which cannot take an entry called "file".
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _encode(value: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    """The JSON of ``value``; its arrays go into ``arrays`` under the names of their places."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, (Tensor, np.ndarray)):
        kind, array = "array", value
        if isinstance(value, Tensor):
            kind, array = ("parameter" if value.requires_grad and value.is_leaf else "tensor"), value.array
        if array.dtype.kind not in "biuf":
            raise TypeError(_refusal(f"an array of {array.dtype}", place))
        name = _free_name(place.lstrip(".") or "value", arrays)
        arrays[name] = array
        return [kind, name]
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, dict):
        pairs = []
        for key, entry in value.items():
            if not isinstance(key, (str, int, float)):
                raise TypeError(_refusal(f"a key of type {type(key).__name__}", place))
            pairs.append([key, _encode(entry, f"{place}.{key}", arrays)])
        return ["dict", *pairs]
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, *(_encode(entry, f"{place}.{i}", arrays) for i, entry in enumerate(value))]
    raise TypeError(_refusal(type(value).__name__, place))


def _refusal(what: str, place: str) -> str:
    where = f" at {place.lstrip('.')!r}" if place else ""
    return (
        f"save got {what}{where}; it needs tensors, arrays, numbers, strings, and dicts, lists and "
        "tuples of them. Save a model or an optimizer by its state_dict()."
    )


def _free_name(name: str, arrays: dict) -> str:
    """A name no other entry has: {"a": {"b": x}, "a.b": y} would give one twice."""
    name = name.replace("/", "_").replace("\\", "_").replace("\0", "_")
    if name == STRUCTURE:
        name += "_"
    free, i = name, 2
    while free in arrays:
        free, i = f"{name}#{i}", i + 1
    return free


def load(f: str | os.PathLike | BinaryIO, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what ``save`` wrote, from a path or a binary file.

    Parameters and other leaves that required grad do so again. Raises TypeError for an ``f`` that
    is neither, FileNotFoundError, and ValueError naming the file if it is damaged or of another kind
    (a PyTorch file, a pickle, a plain .npz). ``weights_only=False`` is refused: nothing is ever unpickled.
    """
    if not _is_path_or_binary(f, "read"):
        raise TypeError(
            f"load got {type(f).__name__} to read from; it needs a path or a binary file. "
            'load("x.npz") reads what save(x, "x.npz") wrote.'
        )
    check_device(map_location)
    if not weights_only:
        raise ValueError("load got weights_only=False; minigrad unpickles nothing. Leave it out.")
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return _read(file, f"'{os.fspath(f)}'")
    return _read(f, "a file")


def _read(file: BinaryIO, name: str) -> Any:
    start = file.tell()
    head = file.read(4)
    file.seek(start)
    if head[:2] != b"PK":
        kind = "is empty" if not head else "is no file that minigrad.save wrote"
        if head[:1] == b"\x80":
            kind = "is a pickle, which can run code when it is read"
        raise ValueError(f"load got {name}, which {kind}; it needs one written by minigrad.save.")
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.namelist()
            if STRUCTURE + ".npy" not in entries:
                pickled = any(e.endswith("data.pkl") for e in entries)
                kind = "is a PyTorch file" if pickled else "was not written by minigrad.save"
                raise ValueError(
                    f"load got {name}, which {kind}; it needs one written by minigrad.save. "
                    + (
                        "In PyTorch, save the arrays with numpy.savez, then load_state_dict them here."
                        if pickled
                        else "numpy.load reads plain archives."
                    )
                )
            structure = json.loads(str(_entry(archive, STRUCTURE)))
            if structure["format"] != FORMAT:
                raise ValueError(
                    f"load got {name} in the format {structure['format']!r}; this version reads "
                    f"{FORMAT!r}. Update minigrad."
                )
            return _decode(structure["content"], archive)
    except ValueError as error:
        if str(error).startswith("load got"):
            raise
        raise ValueError(_damaged(name, error)) from None
    except DAMAGE as error:
        raise ValueError(_damaged(name, error)) from None


def _damaged(name: str, error: Exception) -> str:
    return f"load got {name}, which is damaged ({error}); it needs a whole file. Restore it from a copy."


def _entry(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name + ".npy") as entry:
        return np.lib.format.read_array(entry, allow_pickle=False)


def _decode(node: Any, archive: zipfile.ZipFile) -> Any:
    if not isinstance(node, list):
        return node
    kind, *rest = node
    if kind == "dict":
        return {key: _decode(entry, archive) for key, entry in rest}
    if kind == "list":
        return [_decode(entry, archive) for entry in rest]
    if kind == "tuple":
        return tuple(_decode(entry, archive) for entry in rest)
    if kind not in ("array", "tensor", "parameter"):
        raise ValueError(f"unknown kind {kind!r}")
    array = _entry(archive, rest[0])
    if kind == "array":
        return array
    result = from_numpy(array)
    return result.requires_grad_() if kind == "parameter" else result
