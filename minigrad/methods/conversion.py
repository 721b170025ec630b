"""What a Tensor is made of, and the way to NumPy, to Python and to other dtypes.

Below: ops/casting.py, ops/shaping.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import shapes
from ..errors import GraphError
from ..ops import casting
from ..ops.creation import check_device, device
from ..ops.shaping import Size, clone
from ..tracing import outside

_CPU = device("cpu")


class ConversionMethods:
    array: np.ndarray
    _requires_grad: bool

    # ------------------------------------------------ what it is made of

    @property
    def device(self) -> device:
        return _CPU

    @property
    def is_cpu(self) -> bool:
        return True

    @property
    def is_cuda(self) -> bool:
        return False

    def get_device(self) -> int:
        """The number of its accelerator: -1, it has none."""
        return -1

    @property
    def itemsize(self) -> int:
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        return self.array.nbytes

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        shape = self.array.shape
        if dim is None:
            return Size(shape)
        if not shape:
            raise IndexError(f"size got dim={dim} for a 0-dim tensor; it needs one with dimensions.")
        return shape[shapes.dimension(dim, len(shape), "size")]

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours along each dimension (or one), in elements."""
        steps = tuple(s // self.array.itemsize for s in self.array.strides)
        if dim is None:
            return steps
        if not steps:
            raise IndexError(f"stride got dim={dim} for a 0-dim tensor; it needs one with dimensions.")
        return steps[shapes.dimension(dim, len(steps), "stride")]

    def storage_offset(self) -> int:
        """How many elements into its memory the tensor begins."""
        memory = self.array.base
        if not isinstance(memory, np.ndarray):
            return 0
        return (self.data_ptr() - memory.__array_interface__["data"][0]) // self.array.itemsize

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.array.__array_interface__["data"][0]

    def numel(self) -> int:
        """How many elements it has."""
        return self.array.size

    def dim(self) -> int:
        """How many dimensions it has."""
        return self.array.ndim

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.array.itemsize

    def is_floating_point(self) -> bool:
        return self.array.dtype.kind == "f"

    def is_complex(self) -> bool:
        return False

    def is_signed(self) -> bool:
        return self.array.dtype.kind in "fi"

    def is_same_size(self, other: Any) -> bool:
        return self.array.shape == other.array.shape

    def is_nonzero(self) -> bool:
        """Whether its one element is not 0."""
        return self.item() != 0

    nelement = numel
    ndimension = dim

    # ------------------------------------------------ to NumPy and Python

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself: writing to it changes the tensor."""
        if self._requires_grad and not force:
            raise GraphError(
                "numpy() got a tensor that requires grad; a write to its array would go unnoticed. "
                "Use x.detach().numpy()."
            )
        outside("hands out a tensor's array")
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is None or array.dtype == dtype:
            return array.copy() if copy else array
        if copy is False:
            raise ValueError(
                f"__array__ got dtype={np.dtype(dtype)} and copy=False for a tensor of {array.dtype}; "
                "it needs copy=None to convert."
            )
        return array.astype(dtype)

    def __dlpack__(self, **options: Any) -> Any:
        """The memory for another library, such as ``torch.from_dlpack(x)``, without a copy."""
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple:
        return self.array.__dlpack_device__()

    def item(self) -> Any:
        """The one element as a Python number."""
        if self.array.size != 1:
            raise ValueError(
                f"item() got a tensor of shape {self.array.shape}; it needs exactly one element. "
                "Use tolist() for all, or reduce it first."
            )
        outside("turns a tensor into a Python number")
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; of a 0-dim tensor, the number."""
        outside("turns a tensor into Python numbers")
        return self.array.tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError(
                f"an index got a tensor of {self.array.dtype} and shape {self.array.shape}; "
                "it needs a single integer."
            )
        return operator.index(self.item())

    def __contains__(self, element: Any) -> bool:
        other = getattr(element, "array", element)
        if not isinstance(other, (np.ndarray, np.generic, bool, int, float)):
            raise TypeError(f"`in` got {type(element).__name__}; it needs a number or a Tensor.")
        outside("asks whether a tensor contains a number")
        return bool((self.array == other).any())

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if self.array.ndim:
            raise TypeError(
                f"format got a tensor of shape {self.array.shape} and {spec!r}; it needs a 0-dim tensor. "
                "Use set_printoptions(precision=...) for whole tensors."
            )
        return format(self.item(), spec)

    # ------------------------------------------------ to other dtypes

    def to(
        self,
        *target: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
        memory_format: Any = None,
    ) -> Any:
        """In another dtype: ``x.to(dtype)``, ``x.to("cpu")``, ``x.to("cpu", dtype)``, ``x.to(other)``.

        The tensor itself where nothing changes, unless ``copy``.
        """
        for i, t in enumerate(target):
            if hasattr(t, "array"):
                dtype = t.array.dtype
            elif isinstance(t, (np.dtype, type)):
                dtype = t
            elif isinstance(t, bool):
                copy = t if i == len(target) - 1 and i > 1 else copy
            else:
                device = t
        check_device(device)
        wanted = self.array.dtype if dtype is None else casting.as_dtype(dtype)
        if wanted == self.array.dtype:
            return clone(self) if copy else self
        return casting.cast(self, wanted)

    def type(self, dtype: Any = None) -> Any:
        """In another dtype or type ("minigrad.DoubleTensor"); without one, the name of its own type."""
        if dtype is None:
            return f"minigrad.{_TYPE_NAMES.get(self.array.dtype.name, '')}Tensor"
        if isinstance(dtype, str):
            word = dtype.rpartition(".")[2].removesuffix("Tensor")
            dtype = next((name for name, short in _TYPE_NAMES.items() if short == word), dtype)
            dtype = casting.as_dtype(dtype)
        return self.to(dtype)

    def type_as(self, other: Any) -> Any:
        return casting.cast(self, other.array.dtype)

    def cpu(self) -> Any:
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError("cuda() got a tensor of minigrad; it lives on the CPU. Leave the call out.")

    def float(self) -> Any:
        return casting.cast(self, np.dtype(np.float32))

    def double(self) -> Any:
        return casting.cast(self, np.dtype(np.float64))

    def half(self) -> Any:
        return casting.cast(self, np.dtype(np.float16))

    def long(self) -> Any:
        return casting.cast(self, np.dtype(np.int64))

    def int(self) -> Any:
        return casting.cast(self, np.dtype(np.int32))

    def short(self) -> Any:
        return casting.cast(self, np.dtype(np.int16))

    def char(self) -> Any:
        return casting.cast(self, np.dtype(np.int8))

    def byte(self) -> Any:
        return casting.cast(self, np.dtype(np.uint8))

    def bool(self) -> Any:
        return casting.cast(self, np.dtype(np.bool_))


_TYPE_NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long", "int32": "Int",
    "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool",
}  # fmt: skip
