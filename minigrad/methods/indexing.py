"""Square brackets and iteration. Below: ops/indexing.py."""

from __future__ import annotations

from ..ops import indexing


class IndexingMethods:
    __getitem__ = indexing.getitem
    __iter__ = indexing.iterate
