"""Dropout layers: noise while training, nothing in evaluation.

    Dropout                            single elements
    Dropout1d Dropout2d Dropout3d      whole channels
    AlphaDropout FeatureAlphaDropout   for SELU networks

``inplace`` is accepted; the input is not overwritten.
Below: functional.py, module.py. Tests: tests/nn/test_layers.py.
"""

from __future__ import annotations

from typing import Any

from . import functional as F
from .module import Module


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__} got p={p}; it needs a probability in [0, 1].")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Zeroes each element with probability ``p`` and scales the others by 1 / (1 - p).

    Source: Srivastava et al., Dropout (2014).

    >>> nn.Dropout(0.9).eval()(tensor([1.0]))
    tensor([1.])
    """

    def forward(self, input: Any) -> Any:
        return F.dropout(input, self.p, self.training)


class Dropout1d(_Dropout):
    """Zeroes whole channels. Shapes: (N, C, L) or (C, L)."""

    def forward(self, input: Any) -> Any:
        return F.dropout1d(input, self.p, self.training)


class Dropout2d(_Dropout):
    """Zeroes whole channels. Shapes: (N, C, H, W).

    >>> nn.Dropout2d(1.0)(minigrad.ones(1, 2, 3, 3)).sum()
    tensor(0.)
    """

    def forward(self, input: Any) -> Any:
        return F.dropout2d(input, self.p, self.training)


class Dropout3d(_Dropout):
    """Zeroes whole channels. Shapes: (N, C, D, H, W) or (C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        return F.dropout3d(input, self.p, self.training)


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1. Source: Klambauer et al. (2017)."""

    def forward(self, input: Any) -> Any:
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """AlphaDropout of whole channels. Shapes: (N, C, *)."""

    def forward(self, input: Any) -> Any:
        return F.feature_alpha_dropout(input, self.p, self.training)
