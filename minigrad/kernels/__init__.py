"""Arithmetic on arrays: hand-written loops, compiled by Numba. Nothing here knows a Tensor.

Write ``from minigrad import kernels`` and ``kernels.conv.conv2d_forward(...)``: a kernel
file (and with it Numba, 0.3 s) is imported when its first kernel is called, so that
``import minigrad`` and ``minigrad --help`` stay quick.

Above this layer: ops/. Compile policy: kernels/_jit.py.
"""

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return import_module(f"{__name__}.{name}")  # also binds the name here, for next time
    except ModuleNotFoundError as error:
        if error.name == f"{__name__}.{name}":
            raise AttributeError(f"there are no kernels called {name!r}") from None
        raise
