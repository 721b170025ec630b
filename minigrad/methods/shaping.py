"""Methods that move elements. Below: ops/shaping.py."""

from __future__ import annotations

from typing import Any

from ..ops import shaping as ops


class ShapingMethods:
    def reshape(self, *shape: Any) -> Any:
        return ops.reshape(self, *shape)
