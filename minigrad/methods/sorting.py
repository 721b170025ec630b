"""Methods that sort and compare in order. Below: ops/sorting.py, ops/unique.py."""

from __future__ import annotations

from ..ops import sorting as ops
from ..ops import unique as distinct


class SortingMethods:
    sort = ops.sort
    argsort = ops.argsort
    msort = ops.msort
    topk = ops.topk
    kthvalue = ops.kthvalue
    unique = distinct.unique
    unique_consecutive = distinct.unique_consecutive
