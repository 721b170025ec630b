"""Switches for recording, per thread and per context: no_grad, enable_grad, set_grad_enabled.

Each works as a context manager and as a decorator (of generator functions too).

Below: tape.py. Tests: tests/tape/test_grad_mode.py.
"""

from __future__ import annotations

import functools
import inspect
from contextvars import Token
from typing import Any, Callable, TypeVar

from .tape import grad_enabled

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return grad_enabled.get()


class _GradMode:
    """Recording on or off inside a ``with`` block or a decorated function."""

    mode: bool

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        self._tokens.append(grad_enabled.set(self.mode))

    def __exit__(self, *exception: Any) -> None:
        grad_enabled.reset(self._tokens.pop())

    def _again(self) -> _GradMode:
        return type(self)()

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def steps(*args: Any, **kwargs: Any) -> Any:
                # The mode holds while the generator runs, not while its caller does.
                generator = function(*args, **kwargs)
                value, send = None, None
                while True:
                    with self._again():
                        try:
                            value = generator.send(send)
                        except StopIteration as stop:
                            return stop.value
                    send = yield value

            return steps  # type: ignore[return-value]

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return call  # type: ignore[return-value]


class no_grad(_GradMode):
    """Record nothing: for inference and for changing parameters by hand.

    >>> x = tensor([1.0], requires_grad=True)
    >>> with no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    mode = False

    def __new__(cls, function: Callable | None = None) -> Any:
        made = super().__new__(cls)
        if function is None:
            return made
        made.__init__()  # type: ignore[misc]
        return made(function)  # ``@no_grad`` without parentheses


class enable_grad(no_grad):
    """Record again inside ``no_grad``."""

    mode = True


class set_grad_enabled(_GradMode):
    """Recording on or off by a flag; also works as a plain call, which takes effect at once."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = bool(mode)
        self._before = grad_enabled.set(self.mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: Any) -> None:
        grad_enabled.reset(self._before)

    def _again(self) -> _GradMode:
        return set_grad_enabled(self.mode)

    def __call__(self, function: F) -> F:
        grad_enabled.reset(self._before)  # decorating must not switch the mode here
        return super().__call__(function)
