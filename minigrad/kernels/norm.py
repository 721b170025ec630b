"""Normalisation: subtract a mean, divide by a spread, scale and shift.

Rows (layer_norm, rms_norm): each row has its statistics, each column its weight.

    x, g, y, dx    (M, D) float   examples, gradient of y, results
    weight, bias   (D,)           scale and shift of the columns
    mean, rstd     (M,)           of each row: the mean (0 for rms_norm), 1 / sqrt(var + eps)
    dweight, dbias (D,)           added to, so that pieces can be summed

Channels (batch_norm, group_norm, instance_norm): each channel of each example is one run of
S numbers; what belongs together is worked out between the kernels, on (N, C) numbers.

    x, g, y, dx    (K, S) float   K = N * C runs
    mean           (K,)           of the statistics that the run belongs to
    scale, shift   (K,)           y = (x - mean) * scale + shift
    spread         (K,)           sum of squared distances from the run's own mean

Variances are taken in two passes: the difference of large squares would lose all digits.
Loops that sum a row store nothing, as in softmax.py.
Above: ops/norm.py, ops/batch_norm.py.
"""

import numpy as np

from ._jit import kernel


@kernel()
def rows_forward(x, weight, bias, centred, eps, y, mean, rstd, start, stop):
    columns = x.shape[1]
    one = x.dtype.type(1)
    for i in range(start, stop):
        total = x.dtype.type(0)
        if centred:
            for j in range(columns):
                total += x[i, j]
        m = total / x.dtype.type(columns)
        squares = x.dtype.type(0)
        for j in range(columns):
            d = x[i, j] - m
            squares += d * d
        r = one / np.sqrt(squares / x.dtype.type(columns) + x.dtype.type(eps))
        mean[i] = m
        rstd[i] = r
        for j in range(columns):
            y[i, j] = (x[i, j] - m) * r * weight[j] + bias[j]


@kernel()
def rows_backward(g, x, weight, mean, rstd, centred, dx, dweight, dbias, start, stop):
    columns = x.shape[1]
    share = x.dtype.type(1) / x.dtype.type(columns)
    for i in range(start, stop):
        m = mean[i]
        r = rstd[i]
        of_g = x.dtype.type(0)
        of_gx = x.dtype.type(0)
        for j in range(columns):
            v = g[i, j] * weight[j]
            h = (x[i, j] - m) * r
            of_g += v
            of_gx += v * h
        of_g = of_g * share if centred else x.dtype.type(0)
        of_gx *= share
        for j in range(columns):
            h = (x[i, j] - m) * r
            dx[i, j] = r * (g[i, j] * weight[j] - of_g - h * of_gx)
            dweight[j] += g[i, j] * h
            dbias[j] += g[i, j]


@kernel()
def runs_moments(x, mean, spread, start, stop):
    length = x.shape[1]
    for k in range(start, stop):
        total = x.dtype.type(0)
        for s in range(length):
            total += x[k, s]
        m = total / x.dtype.type(length)
        squares = x.dtype.type(0)
        for s in range(length):
            d = x[k, s] - m
            squares += d * d
        mean[k] = m
        spread[k] = squares


@kernel()
def runs_forward(x, mean, scale, shift, y, start, stop):
    length = x.shape[1]
    for k in range(start, stop):
        m = mean[k]
        a = scale[k]
        b = shift[k]
        for s in range(length):
            y[k, s] = (x[k, s] - m) * a + b


@kernel()
def runs_sums(g, x, mean, of_g, of_gx, start, stop):
    """Of each run: sum(g) and sum(g * (x - mean))."""
    length = x.shape[1]
    for k in range(start, stop):
        m = mean[k]
        a = x.dtype.type(0)
        b = x.dtype.type(0)
        for s in range(length):
            a += g[k, s]
            b += g[k, s] * (x[k, s] - m)
        of_g[k] = a
        of_gx[k] = b


@kernel()
def runs_backward(g, x, mean, scale, slope, shift, dx, start, stop):
    """dx = scale * g + slope * (x - mean) + shift, with one number each a run."""
    length = x.shape[1]
    for k in range(start, stop):
        m = mean[k]
        a = scale[k]
        b = slope[k]
        c = shift[k]
        for s in range(length):
            dx[k, s] = a * g[k, s] + b * (x[k, s] - m) + c
