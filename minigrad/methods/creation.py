"""Methods that make new tensors in this one's dtype. Below: ops/creation.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import creation as ops


class CreationMethods:
    array: np.ndarray

    def new_zeros(self, *size: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return ops.zeros(*size, dtype=self.array.dtype if dtype is None else dtype, **kwargs)

    def new_ones(self, *size: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return ops.ones(*size, dtype=self.array.dtype if dtype is None else dtype, **kwargs)

    def new_empty(self, *size: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return ops.empty(*size, dtype=self.array.dtype if dtype is None else dtype, **kwargs)

    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = None, **kwargs: Any) -> Any:
        dtype = self.array.dtype if dtype is None else dtype
        return ops.full(size, fill_value, dtype=dtype, **kwargs)

    def new_tensor(self, data: Any, *, dtype: Any = None, **kwargs: Any) -> Any:
        from ..tensor import tensor

        return tensor(data, dtype=self.array.dtype if dtype is None else dtype, **kwargs)
