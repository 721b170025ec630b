"""Tensor: an array that remembers how it was computed.

The class is a list of subjects: the state and the gradient stand here, the mathematics in
methods/, one mixin a subject, each method a one-line call into ops/.

Below: tape.py, ops/, methods/. Tests: tests/tensor.
"""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from .errors import DTypeError, GraphError, ShapeError
from .methods import METHODS
from .ops.casting import as_dtype, get_default_dtype
from .ops.shaping import Size
from .tape import Node, Variable, wrap


class Tensor(*METHODS, Variable, results=True):  # type: ignore[misc]
    """A multi-dimensional array with automatic differentiation.

    ``Tensor(data)`` copies ``data`` into the default float dtype; ``minigrad.tensor``
    keeps the dtype of what it is given and takes ``dtype`` and ``requires_grad``.

    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __array_priority__ = 1000

    def __init__(self, data: Any = ()):
        source = data.array if isinstance(data, Variable) else data
        self.array = _array_from(source, get_default_dtype())
        self.version = [0]

    # ------------------------------------------------ what it is

    @property
    def data(self) -> Tensor:
        """The same memory outside of the graph; writing to it is not noticed by the tape."""
        return wrap(self.array.view())

    @data.setter
    def data(self, value: Any) -> None:
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

    # ------------------------------------------------ the gradient

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start (or, for a leaf, stop) recording operations on this tensor, in place."""
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
        self._requires_grad = bool(requires_grad)
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward()`` accumulated here, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad got {type(value).__name__}; it needs a Tensor or None.")
            if value.shape != self.shape:
                raise ShapeError(
                    f"grad got shape {value.shape}; it needs the shape of its tensor, {self.shape}."
                )
            if value.dtype != self.dtype:
                raise DTypeError(
                    f"grad got {value.dtype}; it needs the dtype of its tensor, {self.dtype}."
                )
        self._grad = value

    @property
    def is_leaf(self) -> bool:
        """True for tensors that no recorded operation made."""
        return self.node is None

    @property
    def grad_fn(self) -> Node | None:
        """The recorded operation that made this tensor, or None for a leaf."""
        return self.node

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
        from .autograd import backward as run

        run([self], [gradient], retain_graph, create_graph, inputs=inputs)

    def detach(self) -> Tensor:
        """The same memory outside of the graph. Shares the version counter."""
        result = wrap(self.array.view())
        result.version = self.version
        return result

    def retain_grad(self) -> None:
        """Keep this computed tensor's gradient in ``grad`` when backward passes."""
        from .autograd import retain_grad

        retain_grad(self)

    # ------------------------------------------------ Python's protocols

    def __hash__(self) -> int:
        return id(self)

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() got a 0-dim tensor; it needs at least one dimension.")
        return self.array.shape[0]

    def __repr__(self) -> str:
        from .printing import tensor_repr

        return tensor_repr(self)


def _array_from(data: Any, dtype: Any = None) -> np.ndarray:
    """A fresh array of ``data``; floats from Python get the default dtype."""
    if isinstance(data, (np.ndarray, np.generic)):
        return np.array(data, dtype=as_dtype(data.dtype if dtype is None else dtype))
    data = _without_tensors(data)
    try:
        array = np.array(data)
    except ValueError as error:
        raise ShapeError(
            f"tensor got nested sequences of unequal lengths ({error}); it needs a rectangular "
            "list. Pad the short rows first."
        ) from None
    if array.dtype.kind not in "biuf":
        raise DTypeError(
            f"tensor got data that NumPy reads as {array.dtype}; it needs numbers or bools."
        )
    if dtype is None:
        dtype = get_default_dtype() if array.dtype.kind == "f" or array.size == 0 else array.dtype
    return array.astype(as_dtype(dtype))


def _without_tensors(data: Any) -> Any:
    if isinstance(data, Variable):
        return data.array
    if isinstance(data, (list, tuple)):
        return [_without_tensors(d) for d in data]
    return data


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf Tensor holding a copy of ``data`` (numbers, nested lists, arrays, Tensors).

    Python floats become the default dtype (float32), ints int64, bools bool; arrays keep theirs.
    Raises ShapeError for ragged lists and DTypeError for what is no number.

    >>> minigrad.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    from .ops.creation import check_device

    check_device(device)
    result = wrap(_array_from(data.array if isinstance(data, Variable) else data, dtype))
    return result.requires_grad_() if requires_grad else result


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A Tensor that shares the array's memory: a write to either shows in both.

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
    as_dtype(ndarray.dtype)
    return wrap(ndarray.view())
