"""Between Tensors, NumPy and Python: numpy, item, tolist, to, clone. Below: ops/casting.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError
from ..ops import casting
from ..ops.shaping import clone


class ConversionMethods:
    array: np.ndarray
    _requires_grad: bool

    def clone(self) -> Any:
        return clone(self)

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself: writing to it changes the tensor."""
        if self._requires_grad and not force:
            raise GraphError(
                "numpy() got a tensor that requires grad; a write to its array would go unnoticed. "
                "Use x.detach().numpy()."
            )
        return self.array

    def item(self) -> Any:
        """The one element as a Python number."""
        if self.array.size != 1:
            raise ValueError(
                f"item() got a tensor of shape {self.array.shape}; it needs exactly one element."
            )
        return self.array.item()

    def tolist(self) -> Any:
        return self.array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.array, dtype=dtype, copy=copy)

    def to(self, dtype: Any) -> Any:
        return casting.cast(self, casting.as_dtype(dtype))
