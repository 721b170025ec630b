"""Methods that reduce dimensions. Below: ops/reduction.py, ops/extremes.py."""

from __future__ import annotations

import numpy as np

from ..ops import extremes, reduction


class ReductionMethods:
    sum = reduction.sum
    mean = reduction.mean
    nansum = reduction.nansum
    nanmean = reduction.nanmean
    prod = reduction.prod
    logsumexp = reduction.logsumexp
    all = reduction.all
    any = reduction.any
    count_nonzero = reduction.count_nonzero

    max = extremes.max
    min = extremes.min
    amax = extremes.amax
    amin = extremes.amin
    aminmax = extremes.aminmax
    argmax = extremes.argmax
    argmin = extremes.argmin

    array: np.ndarray
