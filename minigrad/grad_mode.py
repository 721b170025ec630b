"""Switches for recording, per thread and per task: no_grad, enable_grad, set_grad_enabled.

Each works as a context manager and as a decorator, of generators and coroutines too.
``inference_mode`` is ``no_grad`` under PyTorch's other name.

Below: tape.py. Tests: tests/tape/test_grad_mode.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import numpy as np

from .tape import grad_enabled

F = TypeVar("F", bound=Callable[..., Any])

# The modes to go back to, innermost last. Per context, so that threads may share one object.
_before: ContextVar[Any] = ContextVar("grad_modes_before", default=())  # (mode, those before)


def as_flag(function: str, name: str, value: Any) -> bool:
    """True or False; 1 and 0 count, arrays and words do not."""
    if not isinstance(value, (bool, int, np.bool_)):
        raise TypeError(f"{function} got {name} of type {type(value).__name__}; it needs True or False.")
    return bool(value)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return grad_enabled.get()


class _GradMode:
    """Recording on or off inside a ``with`` block or a decorated function."""

    mode: bool

    def __enter__(self) -> None:
        _before.set((grad_enabled.get(), _before.get()))
        grad_enabled.set(self.mode)

    def __exit__(self, *exception: Any) -> None:
        last, before = _before.get()
        _before.set(before)
        grad_enabled.set(last)

    def _again(self) -> _GradMode:
        return type(self)()

    def __call__(self, function: F) -> F:
        if inspect.isclass(function):
            raise TypeError(
                f"{type(self).__name__} got the class {function.__name__}; it needs a function. "
                "Decorate its methods instead."
            )
        if inspect.isgeneratorfunction(function):
            wrapped = self._around_generator(function)
        elif inspect.isasyncgenfunction(function):
            wrapped = self._around_async_generator(function)
        elif inspect.iscoroutinefunction(function):

            async def wrapped(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await function(*args, **kwargs)
        else:

            def wrapped(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return function(*args, **kwargs)

        return functools.wraps(function)(wrapped)  # type: ignore[return-value]

    # The mode holds while a generator runs, not while its caller does.

    def _around_generator(self, function: Callable) -> Callable:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step, value = generator.send, None
            while True:
                with self._again():
                    try:
                        produced = step(value)
                    except StopIteration as stop:
                        return stop.value
                try:
                    step, value = generator.send, (yield produced)
                except GeneratorExit:
                    with self._again():
                        generator.close()
                    raise
                except BaseException as error:
                    step, value = generator.throw, error

        return wrapped

    def _around_async_generator(self, function: Callable) -> Callable:
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step, value = generator.asend, None
            while True:
                with self._again():
                    try:
                        produced = await step(value)
                    except StopAsyncIteration:
                        return
                try:
                    step, value = generator.asend, (yield produced)
                except GeneratorExit:
                    with self._again():
                        await generator.aclose()
                    raise
                except BaseException as error:
                    step, value = generator.athrow, error

        return wrapped


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
        return made if function is None else made(function)  # ``@no_grad`` without parentheses


class enable_grad(no_grad):
    """Record again inside ``no_grad``.

    >>> with no_grad(), enable_grad():
    ...     is_grad_enabled()
    True
    """

    mode = True


class set_grad_enabled(_GradMode):
    """Recording on or off by a flag; also works as a plain call, which takes effect at once.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = as_flag("set_grad_enabled", "mode", mode)
        self._at_creation = grad_enabled.get()
        grad_enabled.set(self.mode)

    def __enter__(self) -> None:
        _before.set((self._at_creation, _before.get()))
        grad_enabled.set(self.mode)

    def _again(self) -> _GradMode:
        return set_grad_enabled(self.mode)

    def __call__(self, function: F) -> F:
        grad_enabled.set(self._at_creation)  # decorating must not switch the mode here
        return super().__call__(function)


class inference_mode(_GradMode):
    """``no_grad`` for code that only predicts; ``inference_mode(False)`` records again.

    PyTorch's also forbids using the results in a graph later; here they are plain leaves.

    >>> with inference_mode():
    ...     is_inference_mode_enabled()
    True
    """

    def __new__(cls, mode: Any = True) -> Any:
        made = super().__new__(cls)
        if callable(mode):
            made.__init__()  # type: ignore[misc]
            return made(mode)
        return made

    def __init__(self, mode: bool = True) -> None:
        self.flag = as_flag("inference_mode", "mode", mode)
        self.mode = not self.flag

    def __enter__(self) -> None:
        super().__enter__()
        _inference.set((*_inference.get(), self.flag))

    def __exit__(self, *exception: Any) -> None:
        _inference.set(_inference.get()[:-1])
        super().__exit__(*exception)

    def _again(self) -> _GradMode:
        return inference_mode(self.flag)


_inference: ContextVar[tuple[bool, ...]] = ContextVar("inference_modes", default=())


def is_inference_mode_enabled() -> bool:
    """Whether this code runs inside ``inference_mode``."""
    return bool(_inference.get()) and _inference.get()[-1]
