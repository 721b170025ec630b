"""Arguments that PyTorch calls by more than one name.

    also_named    lets further keywords stand for a function's own parameters

``torch.det(input)`` and ``torch.linalg.det(A)`` are one function here, and ``hsplit`` takes
``sections`` or ``indices``. Above: linalg.py, solving.py, joining.py, shaping.py and others.
Tests: tests/parity/test_calls.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def also_named(**own: str) -> Callable[[F], F]:
    """Accept each keyword ``other`` of ``other="own"`` for the parameter ``own``.

    >>> @also_named(input="A")
    ... def double(A):
    ...     return 2 * A
    >>> double(input=2), double(A=2)
    (4, 4)
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                for name in own.keys() & kwargs.keys():
                    if own[name] in kwargs:
                        raise TypeError(
                            f"{function.__name__} got {name} and {own[name]}, two names of one argument; "
                            "it needs one of them."
                        )
                    kwargs[own[name]] = kwargs.pop(name)
            return function(*args, **kwargs)

        return call  # type: ignore[return-value]

    return decorate
