"""Square brackets, iteration, masks. Below: ops/indexing.py, ops/masking.py."""

from __future__ import annotations

from ..ops import indexing, masking


class IndexingMethods:
    __getitem__ = indexing.getitem
    __iter__ = indexing.iterate

    masked_fill = masking.masked_fill
    masked_select = masking.masked_select
    masked_scatter = masking.masked_scatter
    nonzero = masking.nonzero
    argwhere = masking.argwhere
