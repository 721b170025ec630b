"""One optimizer step for all parameters that take the same numbers, in place, in one pass over memory.

    p            (N,) float   the parameter, flattened: written
    g            (N,) float   its gradient: read only
    velocity, mean, square, ...   (N,) float   running state: written
    sign         1, or -1 to go up the gradient (maximize)
    weight_decay L2 penalty added to the gradient; 0 for none
    keep         factor on p before the step: 1, or 1 - lr * weight_decay (decoupled decay)

The penalty stands behind an ``if``, since 0 * inf is NaN and a parameter may hold -inf; LLVM
moves the test out of the loop. All arrays of one call share a dtype, and numbers are rounded to
it once, before the loop.

Symbols and sources: optim/. Below: _pool.py, _table.py.
Tests: tests/optim, tests/ops/test_number_of_threads.py.
"""

import itertools
from operator import is_

import numpy as np

from . import _pool
from ._table import address, of_table, table_of

# The column of a table in which the addresses of the gradients stand.
GRADIENT = 3
WORK = 4  # numbers moved that one element is as dear as: a root, a quotient and up to seven moves


class Tables(dict):
    """The last table of each call in a step, for sets of which only the gradients change from step to step.

    A copy starts empty: it has arrays of its own.
    """

    def __reduce__(self):
        return Tables, ()


def apply(update, sets, numbers, tables, place=0):
    """One of the kernels below on every set (p, g, ...) of contiguous arrays, all of one dtype.

    ``place``: which of the caller's calls in a step this is, and so which of its ``tables`` may serve again.
    """
    lasting = [a for arrays in sets for a in (arrays[0], *arrays[2:])]
    known, table, chunks, apart = tables.get((update, place), ((), None, 0, False))
    if len(known) == len(lasting) and all(map(is_, known, lasting)):
        table = table.copy()  # another thread may be at work with it
        table[:, GRADIENT] = [address(arrays[1]) for arrays in sets]
    else:
        table, chunks = table_of(sets)
        apart = _apart(table, sets[0][0].itemsize)
        tables[update, place] = lasting, table, chunks, apart
    # Parameters that share memory change one after the other: by one thread.
    _pool.run(
        update, chunks, table, lasting[0].reshape(-1), numbers, work=WORK * _pool.CHUNK * chunks * apart
    )


def _apart(table, itemsize):
    """Whether no two of the first arrays overlap."""
    places = sorted((address, address + itemsize * size) for _, size, address, *_ in table.tolist())
    return all(before[1] <= after[0] for before, after in itertools.pairwise(places))


@of_table(2)
def sgd(p, g, lr, weight_decay, sign):
    number = p.dtype.type
    lr, weight_decay, sign = number(lr), number(weight_decay), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        p[i] -= lr * d


@of_table(3)
def sgd_momentum(p, g, velocity, lr, momentum, dampening, weight_decay, nesterov, sign):
    number = p.dtype.type
    lr, weight_decay, sign = number(lr), number(weight_decay), number(sign)
    share, momentum = number(1 - dampening), number(momentum)
    # Two factors instead of a branch: the loop stays vector code.
    ahead, along = (number(1), momentum) if nesterov else (number(0), number(1))
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        v = momentum * velocity[i] + share * d
        velocity[i] = v
        p[i] -= lr * (ahead * d + along * v)


@of_table(4)
def adam(p, g, mean, square, step_size, beta1, beta2, eps, root2, weight_decay, keep, sign):
    """``step_size`` = lr / (1 - beta1^t), ``root2`` = sqrt(1 - beta2^t)."""
    number = p.dtype.type
    share1, share2, inverse_root2 = number(1 - beta1), number(1 - beta2), number(1 / root2)
    step_size, beta2, eps = number(step_size), number(beta2), number(eps)
    weight_decay, keep, sign = number(weight_decay), number(keep), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        m = mean[i] + share1 * (d - mean[i])
        v = beta2 * square[i] + share2 * d * d
        mean[i] = m
        square[i] = v
        p[i] = keep * p[i] - step_size * m / (np.sqrt(v) * inverse_root2 + eps)


@of_table(5)
def amsgrad(
    p, g, mean, square, largest,
    step_size, beta1, beta2, eps, root2, weight_decay, keep, sign,
):  # fmt: skip
    """As ``adam``, dividing by the largest ``square`` so far."""
    number = p.dtype.type
    share1, share2, inverse_root2 = number(1 - beta1), number(1 - beta2), number(1 / root2)
    step_size, beta2, eps = number(step_size), number(beta2), number(eps)
    weight_decay, keep, sign = number(weight_decay), number(keep), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        m = mean[i] + share1 * (d - mean[i])
        v = beta2 * square[i] + share2 * d * d
        mean[i] = m
        square[i] = v
        largest[i] = max(largest[i], v)
        p[i] = keep * p[i] - step_size * m / (np.sqrt(largest[i]) * inverse_root2 + eps)


@of_table(4)
def nadam(
    p, g, mean, square, from_g, from_mean,
    beta1, beta2, eps, correction2, weight_decay, keep, sign,
):  # fmt: skip
    """``from_g``, ``from_mean``: step sizes along the gradient and along its running mean."""
    number = p.dtype.type
    share1, share2, inverse2 = number(1 - beta1), number(1 - beta2), number(1 / correction2)
    from_g, from_mean, beta2, eps = number(from_g), number(from_mean), number(beta2), number(eps)
    weight_decay, keep, sign = number(weight_decay), number(keep), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        kept = keep * p[i]
        d = sign * g[i]
        if penalised:
            d += weight_decay * kept
        m = mean[i] + share1 * (d - mean[i])
        v = beta2 * square[i] + share2 * d * d
        mean[i] = m
        square[i] = v
        p[i] = kept - (from_g * d + from_mean * m) / (np.sqrt(v * inverse2) + eps)


@of_table(4)
def radam(p, g, mean, square, step_size, beta1, beta2, eps, rectify, weight_decay, keep, sign):
    """``rectify`` scales the adaptive step; 0 asks for the plain one along ``mean``."""
    number = p.dtype.type
    share1, share2 = number(1 - beta1), number(1 - beta2)
    step_size, beta2, eps = number(step_size), number(beta2), number(eps)
    adaptive, rectify = rectify > 0, number(rectify)
    weight_decay, keep, sign = number(weight_decay), number(keep), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        kept = keep * p[i]
        d = sign * g[i]
        if penalised:
            d += weight_decay * kept
        m = mean[i] + share1 * (d - mean[i])
        v = beta2 * square[i] + share2 * d * d
        mean[i] = m
        square[i] = v
        p[i] = kept - step_size * m * (rectify / (np.sqrt(v) + eps) if adaptive else number(1))


@of_table(4)
def adamax(p, g, mean, largest, step_size, beta1, beta2, eps, weight_decay, sign):
    """``largest``: running maximum of |g| that fades by ``beta2``."""
    number = p.dtype.type
    step_size, share1, beta2, eps = number(step_size), number(1 - beta1), number(beta2), number(eps)
    weight_decay, sign = number(weight_decay), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        m = mean[i] + share1 * (d - mean[i])
        # Written so that a NaN gradient shows: max() may drop it.
        u, fresh = beta2 * largest[i], abs(d) + eps
        u = u if u >= fresh else fresh
        mean[i] = m
        largest[i] = u
        p[i] -= step_size * m / u


@of_table(3)
def adagrad(p, g, total, lr, eps, weight_decay, sign):
    """``total``: sum of all squared gradients."""
    number = p.dtype.type
    lr, eps, weight_decay, sign = number(lr), number(eps), number(weight_decay), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        total[i] += d * d
        p[i] -= lr * d / (np.sqrt(total[i]) + eps)


@of_table(5)
def rmsprop(p, g, square, mean, velocity, lr, alpha, eps, momentum, weight_decay, sign, centered, moving):
    """``mean`` is used only where ``centered``, ``velocity`` only where ``moving``."""
    number = p.dtype.type
    lr, alpha, share, eps = number(lr), number(alpha), number(1 - alpha), number(eps)
    momentum, weight_decay, sign = number(momentum), number(weight_decay), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        variance = alpha * square[i] + share * d * d
        square[i] = variance
        if centered:
            mean[i] += share * (d - mean[i])
            variance -= mean[i] * mean[i]
        step = d / (np.sqrt(variance) + eps)
        if moving:
            step += momentum * velocity[i]
            velocity[i] = step
        p[i] -= lr * step


@of_table(4)
def adadelta(p, g, square, moved, lr, rho, eps, weight_decay, sign):
    """``moved``: running mean of the squared steps."""
    number = p.dtype.type
    lr, rho, share, eps = number(lr), number(rho), number(1 - rho), number(eps)
    weight_decay, sign = number(weight_decay), number(sign)
    penalised = weight_decay != 0
    for i in range(p.size):
        d = sign * g[i]
        if penalised:
            d += weight_decay * p[i]
        square[i] = rho * square[i] + share * d * d
        step = np.sqrt(moved[i] + eps) / np.sqrt(square[i] + eps) * d
        moved[i] = rho * moved[i] + share * step * step
        p[i] -= lr * step
