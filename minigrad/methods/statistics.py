"""Methods that describe values. Below: ops/statistics.py, quantiles.py, vector_norm.py, distance.py,
unique.py."""

from __future__ import annotations

from ..ops import distance, quantiles, statistics, unique, vector_norm


class StatisticsMethods:
    var = statistics.var
    std = statistics.std
    norm = vector_norm.norm
    median = quantiles.median
    nanmedian = quantiles.nanmedian
    mode = quantiles.mode
    quantile = quantiles.quantile
    nanquantile = quantiles.nanquantile
    histc = unique.histc
    bincount = unique.bincount
    histogram = unique.histogram
    dist = distance.dist
    renorm = distance.renorm
