"""Normalisation of channels: batch_norm, group_norm and instance_norm, one primitive.

    batch_norm      statistics of a channel over the batch and all positions
    group_norm      of a group of channels over all positions, each example for itself
    instance_norm   of a channel over all positions, each example for itself

An input (N, C, *) is seen as N * C runs of S numbers. Kernels work through the runs; which
runs share their statistics is settled in between, on arrays of (N, C) numbers. With
create_graph the rule is written out in operations, which can be differentiated again.
Below: kernels/norm.py, norm.py. Above: nn/functional.py. Tests: tests/ops/cases_norm.py,
tests/ops/test_norm.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..tape import Primitive, Variable
from .arithmetic import add, div, mul, sub, sum_to
from .elementwise import sqrt
from .norm import check_parameter, float_input
from .shaping import reshape

__all__ = ["batch_norm", "group_norm", "instance_norm"]

# ------------------------------------------------ the primitive


def _together(values, groups):
    """Sums over the runs that share statistics, at every run: (N, C) -> (N, C).

    ``groups`` 0: all examples of a channel. Otherwise: the channels of a group, one example.
    """
    n, c = values.shape
    if not groups:
        return np.broadcast_to(values.sum(axis=0), (n, c))
    sums = values.reshape(n, groups, c // groups).sum(axis=2)
    return np.repeat(sums, c // groups, axis=1)


def _as_runs(x):
    """(N, C, S) -> its runs as rows. With S = 1, channels become the rows: long runs are fast."""
    return np.ascontiguousarray(x).reshape(-1, x.shape[2])


def _forward(x, weight, bias, groups, eps):
    if x.shape[2] == 1 and not groups:
        flipped = np.ascontiguousarray(x[:, :, 0].T)[None]
        y, mean, variance, kept = _normalize(flipped, weight, bias, 0, eps)
        return (y[0].T[:, :, None], mean, variance), (x, weight, *kept, groups, eps)
    y, mean, variance, kept = _normalize(x, weight, bias, groups, eps)
    return (y, mean, variance), (x, weight, *kept, groups, eps)


def _normalize(x, weight, bias, groups, eps):
    n, c, s = x.shape
    runs = _as_runs(x)
    mean, spread = np.empty(n * c, x.dtype), np.empty(n * c, x.dtype)
    kernels.norm.runs_moments(runs, mean, spread, 0, len(runs))
    mean, spread = mean.reshape(n, c), spread.reshape(n, c)
    count = (c // groups if groups else n) * s  # elements that share their statistics
    common = _together(mean, groups) * x.dtype.type(s / count) if count != s else mean
    # Chan, Golub, LeVeque (1979): variances of parts joined without large squares.
    joined = spread + s * np.square(mean - common) if count != s else spread
    variance = _together(joined, groups) / x.dtype.type(count)
    rstd = 1 / np.sqrt(variance + x.dtype.type(eps))
    scale = rstd if weight is None else rstd * weight
    shift = np.zeros(c, x.dtype) if bias is None else bias
    y = np.empty_like(runs)
    kernels.norm.runs_forward(
        runs, common.reshape(-1), scale.reshape(-1), np.broadcast_to(shift, (n, c)).reshape(-1), y, 0, len(y)
    )
    rows = slice(0, 1) if not groups else slice(None)
    return y.reshape(x.shape), common[rows], variance[rows], (common, rstd)


def _backward(g, residuals, needs):
    g = g[0]  # the statistics are no results of the public functions
    x, weight, mean, rstd, groups, eps = residuals
    if isinstance(g, Variable):
        return _backward_written_out(g, x, weight, groups, eps)
    if len(mean) != len(x):
        flipped = (np.ascontiguousarray(v[:, :, 0].T)[None] for v in (g, x))
        dx, dweight, dbias = _gradients(*flipped, weight, mean, rstd, 0)
        return dx[0].T[:, :, None], dweight, dbias
    return _gradients(g, x, weight, mean, rstd, groups)


def _gradients(g, x, weight, mean, rstd, groups):
    n, c, s = x.shape
    g, x, shape = _as_runs(g), _as_runs(x), x.shape
    of_g, of_gx = np.empty(n * c, x.dtype), np.empty(n * c, x.dtype)
    kernels.norm.runs_sums(g, x, mean.reshape(-1), of_g, of_gx, 0, len(x))
    of_g, of_gx = of_g.reshape(n, c), of_gx.reshape(n, c) * rstd
    dweight, dbias = of_gx.sum(axis=0), of_g.sum(axis=0)
    if weight is not None:
        of_g, of_gx = of_g * weight, of_gx * weight
    count = x.dtype.type((c // groups if groups else n) * s)
    dx = np.empty_like(x)
    kernels.norm.runs_backward(
        g, x, mean.reshape(-1),
        (rstd if weight is None else rstd * weight).reshape(-1),
        (-np.square(rstd) * _together(of_gx, groups) / count).reshape(-1),
        (-rstd * _together(of_g, groups) / count).reshape(-1),
        dx, 0, len(x),
    )  # fmt: skip
    return dx.reshape(shape), dweight, dbias


def _backward_written_out(g, x, weight, groups, eps):
    n, c, s = x.shape
    # (1, n, c, s) with statistics over n and s, or (n, groups, c / groups, s) over the last two.
    split = (n, groups, c // groups, s) if groups else (1, n, c, s)
    kept = (n, groups, 1, 1) if groups else (1, 1, c, 1)
    count = float((c // groups if groups else n) * s)
    w = None if weight is None else weight.reshape((1, groups, c // groups, 1) if groups else (1, 1, c, 1))

    def mean(v):
        return sum_to(v, kept) / count

    x, g = x.reshape(split), g.reshape(split)
    d = x - mean(x)
    rstd = (mean(d * d) + eps).rsqrt()
    h = d * rstd
    v = g if w is None else g * w
    dx = rstd * (v - mean(v) - h * mean(v * h))
    channels = (1, groups, c // groups, 1) if groups else (1, 1, c, 1)
    return (
        dx.reshape((n, c, s)),
        sum_to(g * h, channels).reshape((c,)),
        sum_to(g, channels).reshape((c,)),
    )


_normalize_channels = Primitive(
    "normalize_channels", _forward, _backward, keeps="x weight common rstd group_count epsilon"
)


# ------------------------------------------------ public functions


def _prepare(input: Any, weight: Any, bias: Any, function: str, least: int = 2) -> tuple:
    x = float_input(input, function)
    if x.ndim < least:
        raise ShapeError(
            f"{function} got shape {x.shape}; it needs {'(N, C, *)' if least == 2 else '(N, C, L, *)'}."
        )
    channels = (x.shape[1],)
    weight = check_parameter(weight, channels, x, "weight", function)
    bias = check_parameter(bias, channels, x, "bias", function)
    shape = (*x.shape[:2], math.prod(x.shape[2:]))
    return x, (x if x.ndim == 3 else reshape(x, shape)), weight, bias


def _update(running: Any, values: np.ndarray, momentum: float, x: Any, name: str, function: str) -> None:
    if running is not None:
        running = check_parameter(running, (x.shape[1],), running, name, function)
        running.array *= 1 - momentum
        running.array += momentum * values.astype(running.dtype, copy=False)
        running.version[0] += 1


def _with_given_statistics(x, weight, bias, mean, variance, eps, function):
    """(x - mean) / sqrt(variance + eps) * weight + bias with statistics that were given."""
    if mean is None or variance is None:
        raise ValueError(
            f"{function} got no running statistics and is not to compute any; it needs running_mean and "
            "running_var, or training=True."
        )
    shape = (1, x.shape[1]) + (1,) * (x.ndim - 2)
    mean = check_parameter(mean, (x.shape[1],), x, "running_mean", function)
    variance = check_parameter(variance, (x.shape[1],), x, "running_var", function)
    scale = sqrt(add(variance, eps))
    scale = div(1.0, scale) if weight is None else div(weight, scale)
    y = mul(sub(x, reshape(mean, shape)), reshape(scale, shape))
    return y if bias is None else add(y, reshape(bias, shape))


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it.

    Shapes: input (N, C, *), the others (C,). While training the statistics are those of the batch,
    and the running ones move towards them in place: by ``momentum``, the variance dividing by
    one less than the number of elements. Otherwise the running ones are used.
    Raises ValueError for a single value per channel while training, ShapeError or DTypeError.
    Source: Ioffe and Szegedy, Batch normalization (2015), algorithm 1.

    >>> F.batch_norm(tensor([[1.0], [3.0]]), None, None, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    """
    function = "batch_norm"
    x, runs, weight, bias = _prepare(input, weight, bias, function)
    if not training:
        return _with_given_statistics(x, weight, bias, running_mean, running_var, eps, function)
    count = runs.shape[0] * runs.shape[2]
    if count <= 1:
        raise ValueError(
            f"{function} got shape {x.shape} while training; it needs more than one value per channel to "
            "take a variance of. Use a larger batch, or model.eval()."
        )
    y, mean, variance = _normalize_channels(runs, weight, bias, groups=0, eps=eps)
    _update(running_mean, mean.array[0], momentum, x, "running_mean", function)
    _update(running_var, variance.array[0] * (count / (count - 1)), momentum, x, "running_var", function)
    return y if y.shape == x.shape else reshape(y, x.shape)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Bring each group of channels of each example to mean 0 and variance 1, then scale and shift.

    Shapes: input (N, C, *) with C divisible by ``num_groups``, weight and bias (C,).
    Source: Wu and He, Group normalization (2018).

    >>> F.group_norm(tensor([[1.0, 3.0]]), 1, eps=0.0)
    tensor([[-1.,  1.]])
    """
    x, runs, weight, bias = _prepare(input, weight, bias, "group_norm")
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ShapeError(
            f"group_norm got {x.shape[1]} channels and num_groups={num_groups}; it needs a number of "
            "groups that divides the channels."
        )
    y = _normalize_channels(runs, weight, bias, groups=num_groups, eps=eps)[0]
    return y if y.shape == x.shape else reshape(y, x.shape)


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Bring each channel of each example to mean 0 and variance 1 over its positions.

    Shapes: input (N, C, L, *), the others (C,). Running statistics, if given, move towards the
    means over the batch; with ``use_input_stats=False`` they are used instead.
    Raises ValueError for a single position per channel.
    Source: Ulyanov, Vedaldi, Lempitsky, Instance normalization (2016).

    >>> F.instance_norm(tensor([[[1.0, 3.0]]]), eps=0.0)
    tensor([[[-1.,  1.]]])
    """
    function = "instance_norm"
    x, runs, weight, bias = _prepare(input, weight, bias, function, least=3)
    if not use_input_stats:
        return _with_given_statistics(x, weight, bias, running_mean, running_var, eps, function)
    count = runs.shape[2]
    if count <= 1:
        raise ValueError(
            f"{function} got shape {x.shape}; it needs more than one position per channel to take a "
            "variance of."
        )
    y, mean, variance = _normalize_channels(runs, weight, bias, groups=x.shape[1], eps=eps)
    _update(running_mean, mean.array.mean(axis=0), momentum, x, "running_mean", function)
    _update(
        running_var, variance.array.mean(axis=0) * (count / (count - 1)), momentum, x, "running_var", function
    )
    return y if y.shape == x.shape else reshape(y, x.shape)
