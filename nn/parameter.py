"""Parameter and Buffer: tensors that a Module registers when they are assigned to it.

    Parameter    what training changes; requires a gradient unless told otherwise
    Buffer       state that is saved with the module but not trained

Below: tensor.py. Above: module.py. Tests: tests/nn/test_parameter.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.tape import Variable
from minigrad.tensor import Tensor, tensor


def _share(target: Tensor, data: Any, function: str) -> None:
    """Have ``target`` use the memory of ``data``, outside of the graph ``data`` came from."""
    if data is None:
        data = tensor([])
    if not isinstance(data, Variable):
        raise TypeError(
            f"{function} got {type(data).__name__}; it needs a Tensor. "
            "Wrap numbers and arrays first: minigrad.tensor(...)."
        )
    Variable.__init__(target, data.array)
    target.version = data.version


class Parameter(Tensor):
    """A leaf Tensor that a Module finds by itself. Shares the memory of ``data``.

    Raises DTypeError for integer data, unless ``requires_grad=False``.

    >>> p = nn.Parameter(tensor([1.0, 2.0]))
    >>> p.requires_grad, p.is_leaf
    (True, True)
    """

    def __init__(self, data: Any = None, requires_grad: bool = True):
        _share(self, data, "Parameter")
        if requires_grad:
            self.requires_grad_()

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = _rebuild(type(self), self.array.copy(), self._requires_grad)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return _rebuild, (type(self), self.array, self._requires_grad)


class Buffer(Tensor):
    """A Tensor that a Module registers as a buffer when it is assigned. Shares memory.

    >>> m = nn.Module()
    >>> m.mean = nn.Buffer(tensor([0.0]))
    >>> [name for name, _ in m.named_buffers()]
    ['mean']
    """

    def __init__(self, data: Any = None, *, persistent: bool = True):
        _share(self, data, "Buffer")
        self.persistent = persistent

    def __deepcopy__(self, memo: dict) -> Buffer:
        if id(self) not in memo:
            memo[id(self)] = _rebuild_buffer(self.array.copy(), self.persistent)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return _rebuild_buffer, (self.array, self.persistent)


def _rebuild(cls: type, array: np.ndarray, requires_grad: bool) -> Any:
    made: Any = object.__new__(cls)  # a subclass may take other arguments
    Variable.__init__(made, np.asarray(array), requires_grad)
    return made


def _rebuild_buffer(array: np.ndarray, persistent: bool) -> Buffer:
    made: Buffer = _rebuild(Buffer, array, False)
    made.persistent = persistent
    return made
