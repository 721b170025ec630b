"""Methods that describe values. Below: ops/statistics.py."""

from __future__ import annotations

from ..ops import statistics


class StatisticsMethods:
    var = statistics.var
    std = statistics.std
