"""What an exception of a failed forward tells: the op, what it got, and where.

Everything is read from the exception's traceback, so a forward that succeeds pays nothing.

Above: drawing.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..tape import Variable


@dataclass
class Failure:
    name: str
    inputs: list[Variable]
    message: str
    scope: str = ""


def failure_of(error: BaseException) -> Failure:
    """The innermost operation that was called with Tensors.

    Raises ValueError if the traceback holds none.
    """
    found: Failure | None = None
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if ".ops." in frame.f_globals.get("__name__", "") and not frame.f_code.co_name.startswith("_"):
            tensors = _arguments(frame)
            if tensors:
                found = Failure(frame.f_code.co_name, tensors, str(error))
                break  # the outermost operation is the one that the user wrote
        traceback = traceback.tb_next
    if found is None:
        raise ValueError(
            f"draw got a {type(error).__name__} whose traceback holds no operation on Tensors; it "
            "needs the exception of a failed forward."
        ) from None
    return found


def _arguments(frame: Any) -> list[Variable]:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [v for v in (frame.f_locals.get(n) for n in names) if isinstance(v, Variable)]
