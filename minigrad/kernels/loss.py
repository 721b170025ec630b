"""Losses and their gradients, one pass over the scores each.

    logits   (M, C) float   scores, one row per example
    target   (M,)   int64   true class of each row, in [0, C), or ``ignore_index``
    weight   (C,) or (0,)   importance of each class; empty for all ones
    loss     (M,) float     written: the loss of each row, 0 where ignored
    highest  (M,) float     written: the largest score of each row, kept for the backward
    inverse  (M,) float     written: 1 / sum(exp(logits - highest)), kept for the backward
    h        (M,) or (1,)   gradient of each row's loss, or the one for all of them
    out      (M, C) float   written: the gradient of the scores
    bad      (1,)   int64   written where a class does not exist
    start, stop             the rows to work on

With weights w, smoothing s, t the true class and lse = log(sum(exp(logits))), the loss of a
row is   (1 - s) w[t] (lse - logits[t])  +  s / C  sum_c w[c] (lse - logits[c]).
lse itself is never formed: for scores around 1000 it would cost three digits in float32.
A forward writes to bad[0] a row whose class does not exist: the caller raises.
Above: ops/loss.py, ops/cross_entropy.py.
"""

import numpy as np

from ._jit import kernel
from ._row_exp import exp_rows, room_for_exp, rows_at_once
from ._row_max import row_max
from ._share import ranged

BLOCK = 4096


@ranged()
def cross_entropy_forward(
    logits, target, weight, ignore_index, smoothing, loss, highest, inverse, bad, start, stop
):
    columns = logits.shape[1]
    one = logits.dtype.type(1)
    share = logits.dtype.type(smoothing / columns)
    keep = logits.dtype.type(1 - smoothing)
    buffer, rows = room_for_exp(logits), rows_at_once(logits)
    for first in range(start, stop, rows):
        last = min(stop, first + rows)
        for i in range(first, last):
            highest[i] = row_max(logits[i])
        exp_rows(logits, highest[first:last], first, last, buffer)
        for i in range(first, last):
            powers = buffer[(i - first) * columns : (i - first + 1) * columns]
            total = logits.dtype.type(0)
            for j in range(columns):
                total += powers[j]
            top = highest[i]
            inverse[i] = one / total
            log_total = np.log(total)
            t = target[i]
            loss[i] = 0
            if t == ignore_index:
                continue
            if t < 0 or t >= columns:
                bad[0] = i
                continue
            w = weight[t] if weight.size else one
            below = np.float64(top) - np.float64(logits[i, t])  # exact, and not to be reordered
            loss[i] = keep * w * (log_total + below)
            if smoothing > 0:
                smooth = logits.dtype.type(0)
                for j in range(columns):
                    w = weight[j] if weight.size else one
                    smooth += w * (log_total + (top - logits[i, j]))
                loss[i] += share * smooth


@ranged()
def cross_entropy_backward(
    h, logits, target, weight, highest, inverse, ignore_index, smoothing, scale, out, start, stop
):
    columns = logits.shape[1]
    one = logits.dtype.type(1)
    share = logits.dtype.type(smoothing / columns)
    keep = logits.dtype.type(1 - smoothing)
    weights = logits.dtype.type(columns)
    if weight.size:
        weights = weight.sum()
    buffer, rows = room_for_exp(logits), rows_at_once(logits)
    for first in range(start, stop, rows):
        last = min(stop, first + rows)
        exp_rows(logits, highest[first:last], first, last, buffer)
        for i in range(first, last):
            line = out[i]
            t = target[i]
            if t == ignore_index or t < 0 or t >= columns:
                line[:] = 0
                continue
            powers = buffer[(i - first) * columns : (i - first + 1) * columns]
            g = (h[i] if h.size > 1 else h[0]) * logits.dtype.type(scale)
            hit = keep * (weight[t] if weight.size else one)
            a = g * (hit + share * weights) * inverse[i]
            for j in range(columns):
                line[j] = a * powers[j]
            if smoothing > 0:
                for j in range(columns):
                    line[j] -= g * share * (weight[j] if weight.size else one)
            line[t] -= g * hit


@kernel()
def weight_of_targets(target, weight, ignore_index):
    """The divisor of a mean: the weights of the true classes, ignored rows left out."""
    total = 0.0
    for t in target:
        if t != ignore_index and t >= 0:
            total += weight[t] if weight.size else 1.0
    return total


@kernel()
def sum_of_losses(loss, target, weight, ignore_index):
    """(sum, divisor of the mean), both float64."""
    total = 0.0
    for i in range(loss.size):
        total += np.float64(loss[i])
    return total, weight_of_targets(target, weight, ignore_index)


@ranged()
def nll_forward(scores, target, weight, ignore_index, loss, bad, start, stop):
    columns = scores.shape[1]
    one = scores.dtype.type(1)
    for i in range(start, stop):
        t = target[i]
        loss[i] = 0
        if t == ignore_index:
            continue
        if t < 0 or t >= columns:
            bad[0] = i
            continue
        loss[i] = -scores[i, t] * (weight[t] if weight.size else one)


@ranged()
def nll_backward(h, target, weight, ignore_index, out, start, stop):
    columns = out.shape[1]
    one = out.dtype.type(1)
    for i in range(start, stop):
        for j in range(columns):
            out[i, j] = 0
        t = target[i]
        if t != ignore_index and 0 <= t < columns:
            out[i, t] = -h[i] * (weight[t] if weight.size else one)


@ranged()
def squared_error_sums(x, y, parts, start, stop):
    """The sums over blocks of BLOCK elements: the caller adds them up in float64."""
    for block in range(start, stop):
        a = x[block * BLOCK : (block + 1) * BLOCK]
        b = y[block * BLOCK : (block + 1) * BLOCK]
        total = x.dtype.type(0)
        for j in range(a.size):
            d = a[j] - b[j]
            total += d * d
        parts[block] = total


@ranged()
def squared_error_backward(h, x, y, scale, out, start, stop):
    """scale * h * (x - y), with one h for all or one each."""
    factor = x.dtype.type(scale)
    a = x[start:stop]
    b = y[start:stop]
    result = out[start:stop]
    if h.size == 1:
        factor *= h[0]
        for j in range(a.size):
            result[j] = factor * (a[j] - b[j])
    else:
        each = h[start:stop]
        for j in range(a.size):
            result[j] = factor * each[j] * (a[j] - b[j])
