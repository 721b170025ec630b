"""Embedding: rows of a table, chosen by number.

Below: functional.py, init.py, module.py. Tests: tests/nn/test_embedding.py.
"""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError

from . import functional as F
from . import init
from .linear import empty_parameter
from .module import Module
from .parameter import Parameter


class Embedding(Module):
    """One learned vector per number in [0, num_embeddings). Shapes: (*) int -> (*, embedding_dim).

    The row ``padding_idx`` starts at zero and receives no gradient. ``max_norm`` shortens, in
    place, the rows that are looked up. ``sparse`` is accepted: gradients are dense.

    >>> nn.Embedding(10, 3)(tensor([1, 1, 5])).shape == (3, 3)
    True
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"Embedding got padding_idx={padding_idx}; it needs one in "
                    f"[{-num_embeddings}, {num_embeddings - 1}]."
                )
            padding_idx %= num_embeddings
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx, self.max_norm, self.norm_type = padding_idx, max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if _weight is None:
            self.weight = empty_parameter((num_embeddings, embedding_dim), device, dtype)
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise ShapeError(
                    f"Embedding got a table of shape {tuple(_weight.shape)}; it needs "
                    f"{(num_embeddings, embedding_dim)}."
                )
            self.weight = Parameter(_weight)
        self.weight.requires_grad_(not _freeze)

    def reset_parameters(self) -> None:
        """Draw new normal values; the padding row is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """A layer on an existing table (rows, dim), whose memory it shares; not trained unless asked."""
        if embeddings.ndim != 2:
            raise ShapeError(
                f"from_pretrained got shape {tuple(embeddings.shape)}; it needs (rows, dimensions)."
            )
        rows, dimensions = embeddings.shape
        return cls(
            rows, dimensions, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
            _weight=embeddings, _freeze=freeze,
        )  # fmt: skip

    def forward(self, input: Any) -> Any:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq
        )

    def extra_repr(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        if self.padding_idx is not None:
            parts.append(f"padding_idx={self.padding_idx}")
        if self.max_norm is not None:
            parts.append(f"max_norm={self.max_norm}")
        if self.norm_type != 2:
            parts.append(f"norm_type={self.norm_type}")
        if self.scale_grad_by_freq:
            parts.append("scale_grad_by_freq=True")
        if self.sparse:
            parts.append("sparse=True")
        return ", ".join(parts)
