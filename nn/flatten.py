"""Flatten and Unflatten: images to rows of numbers, and back.

Below: functional.py, module.py. Tests: tests/nn/test_layers.py.
"""

from __future__ import annotations

from typing import Any

from minigrad.ops.shaping import flatten, unflatten

from .module import Module


class Flatten(Module):
    """Joins the dimensions ``start_dim`` to ``end_dim``: (N, C, H, W) -> (N, C*H*W).

    >>> nn.Flatten()(minigrad.zeros(2, 3, 4)).shape == (2, 12)
    True
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits dimension ``dim`` into the sizes ``unflattened_size``.

    >>> nn.Unflatten(1, (3, 4))(minigrad.zeros(2, 12)).shape == (2, 3, 4)
    True
    """

    def __init__(self, dim: int, unflattened_size: tuple):
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"Unflatten got unflattened_size={unflattened_size!r}; it needs a tuple of integers."
            )
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Any:
        return unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
