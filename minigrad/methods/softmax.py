"""softmax and log_softmax as methods. Below: ops/softmax.py."""

from __future__ import annotations

from typing import Any

from ..ops import softmax as ops


class SoftmaxMethods:
    def softmax(self, dim: Any, dtype: Any = None) -> Any:
        return ops.softmax(self, dim, dtype=dtype)

    def log_softmax(self, dim: Any, dtype: Any = None) -> Any:
        return ops.log_softmax(self, dim, dtype=dtype)
