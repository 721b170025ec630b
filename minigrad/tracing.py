"""What a trace must know of beyond primitives, for compile().

    traces     the trace that is being taken, if any
    effect     marks a function that changes state which is on no tape: an optimizer's step
    outside    says that something happened that a trace cannot do again
    changes    counts the changes to modules: what was traced may be out of date

Above: tape.py, ops/, nn/, optim/, compile/. Tests: tests/compile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

# At most one: compile/trace.py puts itself here while the function it compiles is running.
traces: list[Any] = []

# One number, which every change of a module's attributes increases.
changes = [0]


def effect(function: F) -> F:
    """Let a trace see the call as a whole: replayed, ``function`` is called again with the same objects.

    For what works on arrays behind the tape's back. Tensors among its operands that the trace knows
    arrive as they are in that replay.
    """

    @wraps(function)
    def run(*operands: Any, **settings: Any) -> Any:
        if traces:
            return traces[-1].effect(function, operands, settings)
        return function(*operands, **settings)

    return cast(F, run)


def outside(what: str) -> None:
    """Tell a trace that the function ``what``, which it cannot do again: then there is no replay."""
    if traces:
        traces[-1].refuse(what)
