"""Which line of the user's asked for an operation: for the messages that need to say so.

    caller     where the user's code stands now, in a form that costs little to keep
    line_of    "file:line" of it

Above: tape.py. Tests: tests/tape.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

_inside: dict[str, bool] = {}  # per source file: does it belong to minigrad?


def caller() -> tuple[CodeType, int] | None:
    """The innermost running line outside of minigrad, as (code, instruction).

    Only a message needs the line number, so only a message looks it up (``line_of``).
    """
    frame: Any = sys._getframe(3)
    while frame is not None:
        code = frame.f_code
        try:
            inside = _inside[code.co_filename]
        except KeyError:
            module = frame.f_globals.get("__name__", "")
            inside = _inside[code.co_filename] = f"{module}.".startswith("minigrad.")
        if not inside:
            return code, frame.f_lasti
        frame = frame.f_back
    return None


def line_of(place: tuple[CodeType, int] | None) -> str:
    """``file:line`` of what ``caller`` returned, or "an unknown line"."""
    if place is None:
        return "an unknown line"
    code, instruction = place
    number = code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            number = line
    return f"{code.co_filename}:{number}"
