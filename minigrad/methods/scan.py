"""Methods that run along a dimension. Below: ops/scan.py."""

from __future__ import annotations

from ..ops import scan


class ScanMethods:
    cumsum = scan.cumsum
    cumprod = scan.cumprod
    logcumsumexp = scan.logcumsumexp
    cummax = scan.cummax
    cummin = scan.cummin
    diff = scan.diff
