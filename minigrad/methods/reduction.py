"""Methods that reduce dimensions. Below: ops/reduction.py."""

from __future__ import annotations

from typing import Any

from ..ops import reduction as ops


class ReductionMethods:
    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        return ops.sum(self, dim, keepdim, dtype=dtype)
