"""Methods that reorder and repeat elements. Below: ops/rearranging.py."""

from __future__ import annotations

from typing import Any

from ..ops import rearranging as ops


class RearrangingMethods:
    def flip(self, *args: Any, dims: Any = None) -> Any:
        return ops.flip(self, *args, dims=dims)

    def fliplr(self) -> Any:
        return ops.fliplr(self)

    def flipud(self) -> Any:
        return ops.flipud(self)

    def roll(self, shifts: Any, dims: Any = None) -> Any:
        return ops.roll(self, shifts, dims)

    def rot90(self, k: int = 1, dims: Any = (0, 1)) -> Any:
        return ops.rot90(self, k, dims)

    def repeat(self, *repeats: Any) -> Any:
        return ops.repeat(self, *repeats)

    def tile(self, *dims: Any) -> Any:
        return ops.tile(self, *dims)

    def repeat_interleave(
        self, repeats: Any, dim: int | None = None, *, output_size: int | None = None
    ) -> Any:
        return ops.repeat_interleave(self, repeats, dim)
