"""Normalisation: subtract a mean, divide by a spread, scale and shift.

Rows (layer_norm, rms_norm): each row has its statistics, each column its weight.

    x, g, y, dx    (M, D) float   examples, gradient of y, results
    weight, bias   (D,)           scale and shift of the columns
    mean, rstd     (M,)           of each row: the mean (0 for rms_norm), 1 / sqrt(var + eps)
    dweight, dbias (P, D)         gradients, one row for each of P parts of the examples

Channels (batch_norm) and groups of them (group_norm, instance_norm): each channel of each example is
one run of S numbers. Kernels on runs, which go through memory from end to end, alternate with kernels
on the numbers that describe them: N * C, or of batch_norm C, where run k belongs to channel k % C.

    x, g, y, dx    (N * C, S) float   runs
    mean, spread   (N, C)         of each run, ``spread`` the sum of squared distances
    set_mean       (N, C)         of the set of runs that share statistics, at each of its runs
    rstd           (N, C)         1 / sqrt(var + eps) of the set
    groups         int            into how many groups the channels of one example are split: the sets
    floor          number         of y: 0 for a relu behind it, and g is what reached that; nan for none,
                                  since then the loops, and so the bits of their sums, are the same

Variances are taken in two passes: the difference of large squares would lose all digits.
Loops that sum a row store nothing, as in softmax.py.
Above: ops/norm.py, ops/batch_norm.py.
"""

import numpy as np

from ._jit import kernel
from ._share import ranged


@kernel(helper=True, fastmath=False)
def over_root(one, variance):
    """1 / sqrt(variance). Fast maths would estimate it on some processors: a row of threes were not ones."""
    return one / np.sqrt(variance)


@kernel(helper=True, fastmath=False)
def moved(x, mean, scale, shift):
    """What runs_forward writes, to the bit: whether a relu passes is asked again in the backward."""
    return (x - mean) * scale + shift


@kernel(helper=True, fastmath=False)
def raised(y, floor):
    return floor if y < floor else y


@kernel(helper=True, fastmath=False)
def passed(g, y, floor, zero):
    """The gradient of y from that of ``raised(y, floor)``."""
    return zero if y <= floor else g


@ranged()
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
        r = over_root(one, squares / x.dtype.type(columns) + x.dtype.type(eps))
        mean[i] = m
        rstd[i] = r
        for j in range(columns):
            y[i, j] = (x[i, j] - m) * r * weight[j] + bias[j]


@ranged()
def rows_backward(g, x, weight, mean, rstd, centred, dx, dweight, dbias, start, stop):
    """Parts ``start`` to ``stop`` of the rows; each adds up its own dweight and dbias, unless empty."""
    rows, columns = x.shape
    parts = len(dweight)
    share = x.dtype.type(1) / x.dtype.type(columns)
    for part in range(start, stop):
        dw = dweight[part]
        db = dbias[part]
        for i in range(rows * part // parts, rows * (part + 1) // parts):
            m = mean[i]
            r = rstd[i]
            of_g = x.dtype.type(0)
            of_gx = x.dtype.type(0)
            for j in range(columns):
                v = g[i, j] * weight[j]
                of_g += v
                of_gx += v * ((x[i, j] - m) * r)
            of_g = of_g * share if centred else x.dtype.type(0)
            of_gx *= share
            for j in range(columns):
                h = (x[i, j] - m) * r
                dx[i, j] = r * (g[i, j] * weight[j] - of_g - h * of_gx)
            for j in range(dw.size):
                dw[j] += g[i, j] * ((x[i, j] - m) * r)
                db[j] += g[i, j]


@kernel()
def join_channels(mean, spread, length, eps, centre, variance, rstd):
    """Statistics of channels from those of their runs, which are ``length`` long.

    Chan, Golub, LeVeque, Algorithms for computing the sample variance (1983), equation 1.5.
    """
    n, c = mean.shape
    one, size, runs = mean.dtype.type(1), mean.dtype.type(length), mean.dtype.type(n)
    for j in range(c):
        m = mean.dtype.type(0)
        for i in range(n):
            m += mean[i, j] / runs
        total = mean.dtype.type(0)
        for i in range(n):
            d = mean[i, j] - m
            total += (spread[i, j] / size + d * d) / runs
        centre[j], variance[j] = m, total
        rstd[j] = over_root(one, total + mean.dtype.type(eps))


@kernel()
def join_channels_backward(of_g, of_gx, scale, rstd, length, slope, level, dweight, dbias):
    """From runs_sums, what runs_backward needs of each channel; and the gradients of weight and bias."""
    n, c = of_g.shape
    count = of_g.dtype.type(n * length)
    for j in range(c):
        a, b = of_g.dtype.type(0), of_g.dtype.type(0)
        for i in range(n):
            a += of_g[i, j]
            b += of_gx[i, j]
        dbias[j], dweight[j] = a, b * rstd[j]
        slope[j] = -scale[j] * rstd[j] * rstd[j] * (b / count)
        level[j] = -scale[j] * (a / count)


@ranged()
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
def join(mean, spread, length, groups, eps, set_mean, variance, rstd):
    """Statistics of sets from those of their runs, as above; ``variance`` (sets,) is written too."""
    n, c = mean.shape
    sets = len(variance)
    one = mean.dtype.type(1)
    size = mean.dtype.type(length)
    runs = mean.dtype.type(c // groups)
    centre = np.zeros(sets, mean.dtype)
    for i in range(n):
        for j in range(c):
            centre[i * groups + j * groups // c] += mean[i, j] / runs
    variance[:] = 0
    for i in range(n):
        for j in range(c):
            k = i * groups + j * groups // c
            d = mean[i, j] - centre[k]
            variance[k] += (spread[i, j] / size + d * d) / runs
    for i in range(n):
        for j in range(c):
            k = i * groups + j * groups // c
            set_mean[i, j] = centre[k]
            rstd[i, j] = over_root(one, variance[k] + mean.dtype.type(eps))


@ranged()
def runs_forward(x, mean, scale, shift, floor, y, start, stop):
    length = x.shape[1]
    least = x.dtype.type(floor)
    for k in range(start, stop):
        j = k % mean.size
        m = mean[j]
        a = scale[j]
        b = shift[j]
        for s in range(length):
            y[k, s] = raised(moved(x[k, s], m, a, b), least)


@ranged()
def runs_sums(g, x, mean, scale, shift, floor, of_g, of_gx, start, stop):
    """Of each run: sum(g) and sum(g * (x - mean)), for the g that ``passed``."""
    length = x.shape[1]
    least, zero = x.dtype.type(floor), x.dtype.type(0)
    for k in range(start, stop):
        j = k % mean.size
        m, w, c = mean[j], scale[j], shift[j]
        a = x.dtype.type(0)
        b = x.dtype.type(0)
        for s in range(length):
            h = passed(g[k, s], moved(x[k, s], m, w, c), least, zero)
            a += h
            b += h * (x[k, s] - m)
        of_g[k] = a
        of_gx[k] = b


@kernel()
def join_backward(of_g, of_gx, weight, rstd, length, groups, slope, shift, dweight, dbias):
    """From runs_sums, what runs_backward needs; and the gradients of weight and bias."""
    n, c = of_g.shape
    sets = n * groups
    count = of_g.dtype.type(length * (c // groups))
    mean_g = np.zeros(sets, of_g.dtype)
    mean_gx = np.zeros(sets, of_g.dtype)
    for i in range(n):
        for j in range(c):
            k = i * groups + j * groups // c
            normal = of_gx[i, j] * rstd[i, j]
            dbias[j] += of_g[i, j]
            dweight[j] += normal
            mean_g[k] += weight[j] * of_g[i, j] / count
            mean_gx[k] += weight[j] * normal / count
    for i in range(n):
        for j in range(c):
            k = i * groups + j * groups // c
            shift[i, j] = -rstd[i, j] * mean_g[k]
            slope[i, j] = -rstd[i, j] * rstd[i, j] * mean_gx[k]


@ranged()
def runs_backward(g, x, mean, scale, shift, floor, slope, level, dx, start, stop):
    """dx = scale * g + slope * (x - mean) + level, with one number each a run, for the g that ``passed``."""
    length = x.shape[1]
    least, zero = x.dtype.type(floor), x.dtype.type(0)
    for k in range(start, stop):
        j = k % mean.size
        m = mean[j]
        a = scale[j]
        b = slope[j]
        c = level[j]
        d = shift[j]
        for s in range(length):
            h = passed(g[k, s], moved(x[k, s], m, a, d), least, zero)
            dx[k, s] = a * h + b * (x[k, s] - m) + c
