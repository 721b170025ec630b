"""Tensor: an array that remembers how it was computed.

The class is a list of subjects: the state and the gradient stand here, the mathematics in
methods/, one mixin a subject, each method a one-line call into ops/.

Below: tape.py, ops/, methods/. Tests: tests/tensor.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .autograd import engine
from .errors import DTypeError, GraphError, ShapeError
from .grad_mode import as_flag
from .methods import METHODS
from .node import Node
from .ops.casting import as_dtype, get_default_dtype
from .ops.creation import check_device, full, new
from .ops.from_data import array_from
from .ops.shaping import Size
from .tape import Variable, settled, wrap
from .tracing import outside


class Tensor(Variable, *METHODS, results=True):  # type: ignore[misc]
    """A multi-dimensional array with automatic differentiation.

    ``Tensor(data)`` copies ``data`` into the default float dtype, ``Tensor(2, 3)`` has that
    size and no values yet; ``minigrad.tensor`` keeps the dtype of what it is given and takes
    ``dtype`` and ``requires_grad``.

    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __array_priority__ = 1000

    def __init__(self, *data: Any):
        if data and all(isinstance(size, int) for size in data):
            Variable.__init__(self, np.empty(data, get_default_dtype()))
        elif len(data) > 1:
            raise TypeError(f"Tensor got {len(data)} arguments; it needs one list or array, or sizes.")
        else:
            Variable.__init__(self, array_from(data[0] if data else (), get_default_dtype()))

    # ------------------------------------------------ what it is

    @property
    def data(self) -> Tensor:
        """The same memory outside of the graph; writing to it is not noticed by the tape."""
        return wrap(self.array.view())

    @data.setter
    def data(self, value: Any) -> None:
        outside("sets the data of a tensor")
        self.array = value.array if isinstance(value, Variable) else np.asarray(value)

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    @property
    def shape(self) -> Size:
        return Size(self.array.shape)

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def _version(self) -> int:
        """How many in-place writes the memory has seen, through this tensor or any view of it."""
        return self.version[0]

    # ------------------------------------------------ the gradient

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return settled(self)._requires_grad

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start (or, for a leaf, stop) recording operations on this tensor, in place."""
        requires_grad = as_flag("requires_grad_", "requires_grad", requires_grad)
        if requires_grad and self.array.dtype.kind != "f":
            raise DTypeError(
                f"requires_grad_ got a tensor of {self.dtype}; it needs a float dtype. "
                "Convert it first: x.float()."
            )
        if not requires_grad and self.node is not None:
            raise GraphError(
                "requires_grad_(False) got a computed tensor; it needs a leaf. "
                "Use x.detach() for a tensor outside of the graph."
            )
        self._requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward()`` accumulated here, or None."""
        return self._grad  # type: ignore[return-value]

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        outside("sets a gradient by hand")
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad got {type(value).__name__}; it needs a Tensor or None.")
            if value.shape != self.shape:
                raise ShapeError(
                    f"grad got shape {value.shape}; it needs the shape of its tensor, {self.shape}."
                )
            if value.dtype != self.dtype:
                raise DTypeError(f"grad got {value.dtype}; it needs the dtype of its tensor, {self.dtype}.")
        self._grad = value

    @property
    def is_leaf(self) -> bool:
        """True for tensors that no recorded operation made."""
        return settled(self).node is None

    @property
    def grad_fn(self) -> Node | None:
        """The recorded operation that made this tensor, or None for a leaf."""
        return settled(self).node

    @property
    def output_nr(self) -> int:
        """Which of its operation's outputs this is."""
        return settled(self).slot

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Tensor] | None = None,
    ) -> None:
        """Send gradients to every leaf this tensor was computed from, adding to their ``grad``.

        gradient      d(something)/d(self), of self's shape; may be left out for one element
        retain_graph  keep what the rules need, so that backward can run again
        create_graph  record the pass itself, so that the gradients can be differentiated
        inputs        only these leaves receive a gradient

        Raises GraphError if nothing was recorded, if the graph was freed, or if ``gradient``
        is missing; ShapeError if it does not fit.

        >>> x = minigrad.tensor(3.0, requires_grad=True)
        >>> (x ** 2).backward()
        >>> x.grad
        tensor(6.)
        """
        engine.backward((self,), (gradient,), retain_graph, create_graph, inputs)

    def detach(self) -> Tensor:
        """The same memory outside of the graph. Shares the version counter."""
        result = wrap(self.array.view())
        result.version = self.version
        return result

    def retain_grad(self) -> None:
        """Keep this computed tensor's gradient in ``grad`` when backward passes."""
        from .autograd.hooks import retain_grad

        retain_grad(self)

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad()`` was called on this computed tensor."""
        return self._retained is not None

    def register_hook(self, hook: Callable) -> Any:
        """Call ``hook(grad)`` when this tensor's gradient is known; a Tensor it returns replaces it.

        Returns a handle whose ``remove()`` takes the hook away. Raises GraphError unless the
        tensor requires grad.

        >>> x = minigrad.tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * x).backward()
        >>> x.grad
        tensor(60.)
        """
        from .autograd.hooks import register_hook

        return register_hook(self, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable) -> Any:
        """Call ``hook(leaf)`` each time backward has added to this leaf's ``grad``."""
        from .autograd.hooks import register_post_accumulate_grad_hook

        return register_post_accumulate_grad_hook(self, hook)

    # ------------------------------------------------ Python's protocols

    __hash__ = object.__hash__

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() got a 0-dim tensor; it needs at least one dimension.")
        return self.array.shape[0]

    def __reversed__(self) -> Any:
        return self.flip(0) if self.array.ndim else self

    def __repr__(self) -> str:
        from .printing import tensor_repr

        return tensor_repr(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from .html import tensor_html

        return tensor_html(self)

    def __deepcopy__(self, memo: dict) -> Tensor:
        if id(self) in memo:
            return memo[id(self)]
        if not self.is_leaf:
            raise GraphError(
                f"deepcopy got a tensor computed by {self.grad_fn}; it needs a leaf. "
                "Copy x.detach().clone() instead."
            )
        made: Any = _rebuild(type(self), self.array.copy(), self._requires_grad)
        memo[id(self)] = made
        made._grad = copy.deepcopy(self._grad, memo)
        return made

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return _rebuild, (type(self), self.array, self._requires_grad)


def _rebuild(cls: type, array: np.ndarray, requires_grad: bool) -> Any:
    """A leaf of class ``cls``, as pickles and deep copies make one."""
    made: Any = object.__new__(cls)
    Variable.__init__(made, np.asarray(array), requires_grad)
    return made


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf Tensor holding a copy of ``data`` (numbers, nested lists, arrays, Tensors).

    Python floats become the default dtype (float32), ints int64, bools bool; arrays keep theirs.
    Raises ShapeError for ragged lists and DTypeError for what is no number.

    >>> minigrad.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    return new(array_from(data, dtype), requires_grad, device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """``data`` as a Tensor: a Tensor as it is, an array sharing its memory, else a copy.

    >>> x = minigrad.tensor([1.0])
    >>> minigrad.as_tensor(x) is x
    True
    """
    return asarray(data, dtype=dtype, device=device)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """As ``as_tensor``; ``copy=True`` always copies, ``copy=False`` raises where it would have to.

    >>> minigrad.asarray([1, 2], dtype=minigrad.float32)
    tensor([1., 2.])
    """
    check_device(device)
    shares = isinstance(obj, (Tensor, np.ndarray)) and obj.dtype.isnative
    shares = shares and (dtype is None or as_dtype(dtype) == obj.dtype)
    if copy is False and not shares:
        raise ValueError(
            f"asarray got copy=False for {type(obj).__name__} and dtype={dtype}; it needs a Tensor or "
            "an array of that dtype, whose memory it can share. Use copy=None to convert."
        )
    if isinstance(obj, Tensor):
        result = obj.to(obj.dtype if dtype is None else dtype, copy=bool(copy))
    else:
        result = from_numpy(obj) if shares and not copy else tensor(obj, dtype=dtype)
    return result.requires_grad_() if requires_grad else result


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """The bytes of ``buffer`` from ``offset`` on, read as ``count`` (-1: all) numbers; shares memory.

    >>> minigrad.frombuffer(bytearray([1, 0, 2, 0]), dtype=minigrad.int16)
    tensor([1, 2], dtype=minigrad.int16)
    """
    made = from_numpy(np.frombuffer(buffer, as_dtype(dtype), count, offset))
    return made.requires_grad_() if requires_grad else made


def from_dlpack(ext_tensor: Any) -> Tensor:
    """The memory of another library's CPU array as a Tensor, without a copy.

    >>> minigrad.from_dlpack(np.ones(2, np.float32))
    tensor([1., 1.])
    """
    return from_numpy(np.from_dlpack(ext_tensor))


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-dim Tensor of the default float dtype unless ``dtype`` says otherwise.

    >>> minigrad.scalar_tensor(2)
    tensor(2.)
    """
    return full((), s, dtype=get_default_dtype() if dtype is None else dtype, device=device,
                requires_grad=requires_grad)  # fmt: skip


def is_tensor(obj: Any) -> bool:
    """Whether ``obj`` is a Tensor.

    >>> minigrad.is_tensor(minigrad.zeros(1)), minigrad.is_tensor(1)
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype of ``input`` is a float dtype.

    >>> minigrad.is_floating_point(minigrad.tensor([1]))
    False
    """
    return input.is_floating_point()


def is_signed(input: Tensor) -> bool:
    """Whether the dtype of ``input`` has negative numbers.

    >>> minigrad.is_signed(minigrad.tensor([1], dtype=minigrad.uint8))
    False
    """
    return input.is_signed()


def is_complex(input: Tensor) -> bool:
    """Whether the dtype of ``input`` is complex: never, minigrad has none.

    >>> minigrad.is_complex(minigrad.zeros(1))
    False
    """
    return False


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element of ``input`` is not 0.

    >>> minigrad.is_nonzero(minigrad.tensor([2]))
    True
    """
    return input.is_nonzero()


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape.

    >>> minigrad.is_same_size(minigrad.zeros(2), minigrad.zeros(1, 2))
    False
    """
    return input.is_same_size(other)


def detach(input: Tensor) -> Tensor:
    """The same memory outside of the graph: ``input.detach()``.

    >>> minigrad.detach(minigrad.ones(1, requires_grad=True)).requires_grad
    False
    """
    return input.detach()


def numel(input: Tensor) -> int:
    """How many elements ``input`` has.

    >>> minigrad.numel(minigrad.zeros(2, 3))
    6
    """
    return input.array.size


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A Tensor that shares the array's memory: a write to either shows in both.

    A read-only array gives a Tensor that refuses to be written to.

    >>> a = np.zeros(2, np.float32)
    >>> t = minigrad.from_numpy(a)
    >>> a[0] = 5
    >>> t
    tensor([5., 0.])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(
            f"from_numpy got {type(ndarray).__name__}; it needs a numpy.ndarray. "
            "Use minigrad.tensor(...) for lists and numbers."
        )
    if not as_dtype(ndarray.dtype).isnative:
        raise DTypeError(
            f"from_numpy got {ndarray.dtype.str}; it needs this machine's byte order. "
            "Use minigrad.tensor(...), which converts."
        )
    return wrap(ndarray.view())
