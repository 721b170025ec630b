"""Layers whose output waits where relu or pooling comes next in the same expression.

    Fusible       a layer that can take relu or pooling along: Linear, and those that look ahead
    LooksAhead    one that gives a promised tensor there: Conv2d, BatchNorm2d
    Promised      that tensor; touched by anybody but relu and max_pool2d, it becomes the output itself

Nothing that a user can see changes but the picture, which shows one operation: a layer with a hook, a
subclass, and every layer inside ``record()``, ``profile()`` or anomaly mode runs at once and alone.

Below: lookahead.py, module.py. Above: conv.py, linear.py, norm.py. Tests: tests/nn/test_ahead.py.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from minigrad import tape
from minigrad.errors import GraphError
from minigrad.lookahead import Promise, Site, site, sites, watch
from minigrad.tape import FLOATS, Variable, module_watchers, scope
from minigrad.tensor import Tensor

from .module import Module

_new = object.__new__
_FLOATS = FLOATS[:2]  # compiled loops know no half precision


class Fusible(Module):
    """A layer that can do some of the next steps, "relu" and "pool", in its own pass."""

    def _may_wait(self, input: Any) -> bool:
        """Whether nobody watches the layer, it is as we wrote it, and does not refuse the input."""
        watched = self._has_hooks or "forward" in self.__dict__ or (tape.observers and tape.one_by_one())
        if watched or not isinstance(input, Variable) or input.array.dtype not in _FLOATS:
            return False
        return self._fits(input.array)

    def _fits(self, input: np.ndarray) -> bool:
        """Whether this very class runs as one pass with what follows, for this input of floats."""
        raise NotImplementedError

    def _takes(self, input: Any, step: str, before: tuple[str, ...]) -> bool:
        """Whether ``step`` fits into the pass behind those ``before``."""
        raise NotImplementedError

    def _together(self, input: Any, steps: tuple[str, ...]) -> Any:
        """The output after these steps, in one pass."""
        raise NotImplementedError


class LooksAhead(Fusible):
    """One that looks itself for what comes next: a pass less pays for the look."""

    _only_training = False  # whether it fits nothing in evaluation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._only_training and not self.training:
            return Module.__call__(self, *args, **kwargs)
        frame = sys._getframe(1)
        code, instruction = frame.f_code, frame.f_lasti
        place = sites.get((id(code), instruction)) or site(code, instruction)
        if place.follows is False:
            return Module.__call__(self, *args, **kwargs)
        if place.follows and len(args) == 1 and not (kwargs or module_watchers) and self._may_wait(args[0]):
            tensor: Any = _new(Promised)
            tensor._source = LayerPromise(place, self, args[0])
            watch(tensor, place)
            return tensor
        output = Module.__call__(self, *args, **kwargs)
        if place.follows is None:
            watch(output, place)
        return output


class LayerPromise(Promise):
    """The output of a layer for an input."""

    __slots__ = ("input", "layer", "outer", "written")

    def __init__(self, place: Site, layer: LooksAhead, input: Any):
        self.place, self.steps, self.layer, self.input = place, (), layer, input
        self.outer = scope.get()  # relu may be a module, whose path is not the layer's
        self.written = tape.newest_write[0]

    def takes(self, step: str) -> bool:
        return self.layer._takes(self.input, step, self.steps)

    def keep(self) -> Any:
        token = scope.set(self.outer)
        try:
            if self.steps:
                return self.layer._together(self.input, self.steps)
            return Module.__call__(self.layer, self.input)
        finally:
            scope.reset(token)


class Promised(Tensor):
    """A tensor with nothing in it but its promise, in the slot ``_source``. What is read of it, fills it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        promise: Any = self._source
        promise.place.follows = False  # not what was expected: from now on this place is as any other
        if tape.newest_write[0] > promise.written:
            _refuse_changes(promise)
        output = promise.keep()
        for slot in Variable.__slots__:
            setattr(self, slot, getattr(output, slot))
        self.__class__ = type(output)  # type: ignore[assignment]
        return getattr(self, name)


def _refuse_changes(promise: LayerPromise) -> None:
    """What waits, waits for the next call; somebody who put it away may come too late."""
    operands = (promise.input, *promise.layer.parameters())
    if any(x.version[1] > promise.written for x in operands):
        raise GraphError(
            f"{type(promise.layer).__name__} got changes to its input or parameters before its output was "
            "read; it needs them as they were. Read the output once before the change."
        )
