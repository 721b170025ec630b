"""Normalisation of channels: batch_norm, group_norm and instance_norm, one primitive.

    batch_norm      statistics of a channel over the batch and all positions
    group_norm      of a group of channels over all positions, each example for itself
    instance_norm   of a channel over all positions, each example for itself

An input (N, C, *) is seen as N * C runs of S numbers. Kernels work through the runs; which runs share
their statistics (a channel, or a *set* of groups) is settled in between, on arrays of (N, C) numbers.
With create_graph the rule is written out in operations, which can be differentiated again.
Below: kernels/norm.py, norm.py. Above: nn/functional.py. Tests: tests/ops/cases_norm.py,
tests/ops/test_norm.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError, ShapeError
from ..kernels import _pool as pool
from ..tape import Primitive, Variable, touch
from ..tracing import effect
from .arithmetic import sum_to
from .norm import check_parameter, float_input

__all__ = ["batch_norm", "group_norm", "instance_norm"]

# ------------------------------------------------ the primitive


# Runs shorter than this are laid side by side: loops over few numbers would be slow.
SHORT = 64
# From this length on a loop over runs is quicker than NumPy's over channels, with statistics given.
LONG = 16


def _by_channel(x):
    """``x`` (N, C, *) as (N, C, S), or, where S is small, as (1, C, N * S)."""
    n, c = x.shape[:2]
    length = math.prod(x.shape[2:])
    x = x.reshape(n, c, length)
    if length < SHORT and n > 1:
        return np.ascontiguousarray(x.swapaxes(0, 1)).reshape(1, c, n * length)
    return np.ascontiguousarray(x)


def _empty_like(examples, shape):
    """A result that lies as ``examples`` do: an array of its own, which nobody need copy."""
    return np.empty(shape if len(examples) == shape[0] else examples.shape, examples.dtype)


def _as_before(y, shape):
    """The way back; row by row, as view() of the output needs it."""
    if y.shape == shape:
        return y
    return np.ascontiguousarray(y.reshape(shape[1], shape[0], -1).swapaxes(0, 1)).reshape(shape)


def _as_runs(x):
    n, c = x.shape[:2]
    return np.ascontiguousarray(x).reshape(n * c, math.prod(x.shape[2:]))


def channels_forward(x, weight, bias, eps, floor):
    c = x.shape[1]
    examples = _by_channel(x)
    runs = _as_runs(examples)
    means, spreads = np.empty((2, len(examples), c), x.dtype)
    mean, variance, rstd = np.empty((3, c), x.dtype)
    of_runs = means.reshape(-1), spreads.reshape(-1)
    pool.run(kernels.norm.runs_moments, len(runs), runs, *of_runs, work=2 * x.size)
    kernels.norm.join_channels(means, spreads, runs.shape[1], eps, mean, variance, rstd)
    scale = rstd if weight is None else rstd * weight
    shift = np.zeros(c, x.dtype) if bias is None else np.array(bias)  # a copy, which no step changes
    y = _empty_like(examples, x.shape)
    pool.run(
        kernels.norm.runs_forward, len(runs), runs, mean, scale, shift, floor, y.reshape(runs.shape),
        work=x.size,
    )  # fmt: skip
    return (_as_before(y, x.shape), mean, variance), (mean, rstd, scale, shift)


def channels_backward(g, x, statistics, floor, needs):
    """``g`` is what reached the output after raising it to ``floor``."""
    mean, rstd, scale, shift = statistics
    shape, c = x.shape, x.shape[1]
    dweight, dbias, slope, level = np.empty((4, c), x.dtype)
    examples = _by_channel(x)
    x, g = _as_runs(examples), _as_runs(_by_channel(g))
    of_g, of_gx = np.empty((2, len(examples), c), x.dtype)
    arguments = g, x, mean, scale, shift, floor
    pool.run(kernels.norm.runs_sums, len(x), *arguments, of_g.reshape(-1), of_gx.reshape(-1), work=2 * x.size)
    kernels.norm.join_channels_backward(of_g, of_gx, scale, rstd, x.shape[1], slope, level, dweight, dbias)
    if not needs[0]:
        return None, dweight, dbias
    dx = _empty_like(examples, shape)
    pool.run(
        kernels.norm.runs_backward, len(x), *arguments, slope, level, dx.reshape(x.shape), work=2 * x.size
    )
    return _as_before(dx, shape), dweight, dbias


def _forward(x, weight, bias, groups, eps):
    if not groups:
        outputs, statistics = channels_forward(x, weight, bias, eps, np.nan)
        return outputs, (x, weight, *statistics, groups, eps)
    n, c = x.shape[:2]
    runs = _as_runs(x)
    mean, spread, set_mean, rstd = np.empty((4, n, c), x.dtype)
    variance = np.empty(n * groups, x.dtype)
    pool.run(kernels.norm.runs_moments, n * c, runs, mean.reshape(-1), spread.reshape(-1), work=2 * x.size)
    kernels.norm.join(mean, spread, runs.shape[1], groups, eps, set_mean, variance, rstd)
    scale = rstd if weight is None else rstd * weight
    shift = np.zeros((n, c), x.dtype)
    if bias is not None:
        shift += bias
    y = np.empty(x.shape, x.dtype)
    of_runs = (set_mean.reshape(-1), scale.reshape(-1), shift.reshape(-1), np.nan)
    pool.run(kernels.norm.runs_forward, n * c, runs, *of_runs, y.reshape(runs.shape), work=x.size)
    outputs = y, set_mean[:, :: c // groups].reshape(-1), variance
    return outputs, (x, weight, set_mean, rstd, scale, shift, groups, eps)


def _backward(g, residuals, needs):
    g = g[0]  # the statistics are no results of the public functions
    x, weight, mean, rstd, scale, shift, groups, eps = residuals
    if isinstance(g, Variable):
        return backward_written_out(g, x, weight, groups, eps)
    if not groups:
        return channels_backward(g, x, (mean, rstd, scale, shift), np.nan, needs)
    shape, c = x.shape, x.shape[1]
    w = np.ones(c, x.dtype) if weight is None else np.ascontiguousarray(weight)
    dweight, dbias = np.zeros((2, c), x.dtype)
    x, g = _as_runs(x), _as_runs(g)
    of_g, of_gx, slope, level = np.empty((4, *shape[:2]), x.dtype)
    arguments = g, x, mean.reshape(-1), scale.reshape(-1), shift.reshape(-1), np.nan
    pool.run(kernels.norm.runs_sums, len(x), *arguments, of_g.reshape(-1), of_gx.reshape(-1), work=2 * x.size)
    kernels.norm.join_backward(of_g, of_gx, w, rstd, x.shape[1], groups, slope, level, dweight, dbias)
    if not needs[0]:
        return None, dweight, dbias
    dx = np.empty(shape, x.dtype)
    of_runs = slope.reshape(-1), level.reshape(-1)
    pool.run(kernels.norm.runs_backward, len(x), *arguments, *of_runs, dx.reshape(x.shape), work=2 * x.size)
    return dx, dweight, dbias


def backward_written_out(g, x, weight, groups, eps):
    shape = x.shape
    n, c, length = shape[0], shape[1], math.prod(shape[2:])
    # (1, n, c, length) with statistics over the batch and the length, or
    # (n, groups, c / groups, length) with statistics over the last two.
    split = (n, groups, c // groups, length) if groups else (1, n, c, length)
    kept = (n, groups, 1, 1) if groups else (1, 1, c, 1)
    channels = (1, groups, c // groups, 1) if groups else (1, 1, c, 1)
    count = float((c // groups if groups else n) * length)

    def mean(v):
        return sum_to(v, kept) / count

    x, g = x.reshape(split), g.reshape(split)
    d = x - mean(x)
    rstd = (mean(d * d) + eps).rsqrt()
    h = d * rstd
    v = g if weight is None else g * weight.reshape(channels)
    dx = rstd * (v - mean(v) - h * mean(v * h))
    dweight, dbias = sum_to(g * h, channels), sum_to(g, channels)
    return dx.reshape(shape), dweight.reshape((c,)), dbias.reshape((c,))


_normalize_channels = Primitive(
    "normalize_channels",
    _forward,
    _backward,
    keeps="x weight set_mean rstd steepness offset group_count epsilon",
)


def _given_forward(x, weight, bias, mean, variance, eps):
    n, c, *_ = x.shape
    kept = (x, weight, mean, variance, eps)
    root = np.sqrt(variance + eps)
    scale = 1 / root if weight is None else weight / root
    shift = np.zeros(c, x.dtype) if bias is None else np.ascontiguousarray(bias)
    if x.size < LONG * n * c:
        shape = along_channels(x)
        return (x - mean.reshape(shape)) * scale.reshape(shape) + shift.reshape(shape), kept
    runs, y = _as_runs(x), np.empty(x.shape, x.dtype)
    of_channels = np.ascontiguousarray(mean), scale, shift, np.nan
    pool.run(kernels.norm.runs_forward, n * c, runs, *of_channels, y.reshape(runs.shape), work=x.size)
    return y, kept


def _given_backward(g, residuals, needs):
    x, weight, mean, variance, eps = residuals
    shape = along_channels(x)

    def per_channel(v):
        return sum_to(v, shape).reshape((x.shape[1],))

    rstd = ((variance + eps) ** -0.5).reshape(shape)
    scale = rstd if weight is None else rstd * weight.reshape(shape)
    distance = x - mean.reshape(shape) if needs[1] or needs[4] else None
    return (
        g * scale if needs[0] else None,
        per_channel(g * (distance * rstd)) if needs[1] else None,
        per_channel(g) if needs[2] else None,
        per_channel(g * -scale) if needs[3] else None,
        per_channel(g * distance * (scale * rstd * rstd * -0.5)) if needs[4] else None,
    )


def along_channels(x):
    """The shape of one number per channel that broadcasts to ``x``."""
    return (1, x.shape[1]) + (1,) * (x.ndim - 2)


_normalize_given = Primitive(
    "normalize_given", _given_forward, _given_backward, keeps="x weight mean variance epsilon"
)


# ------------------------------------------------ public functions


def _prepare(input: Any, weight: Any, bias: Any, function: str, least: int = 2) -> tuple:
    x = float_input(input, function)
    if x.array.ndim < least:
        raise ShapeError(
            f"{function} got shape {x.shape}; it needs {'(N, C, *)' if least == 2 else '(N, C, L, *)'}."
        )
    channels = (x.array.shape[1],)
    weight = check_parameter(weight, channels, x, "weight", function)
    bias = check_parameter(bias, channels, x, "bias", function)
    return x, weight, bias


def _check_running(running: Any, x: Any, name: str, function: str) -> Any:
    if running is None:
        return None
    if running.dtype.kind != "f":
        raise DTypeError(f"{function} got {name} of {running.dtype}; it needs floats: {name}.float().")
    return check_parameter(running, (x.shape[1],), running, name, function)


@effect
def _update(running: Any, batch: Any, momentum: float, factor: float, examples: int) -> None:
    """Move ``running`` (C,) towards the statistics of a batch: (C,) values, or (C,) for each example."""
    if running is not None:
        values = batch.array if not examples else batch.array.reshape(examples, -1).mean(axis=0)
        running.array *= 1 - momentum
        running.array += momentum * (values * factor).astype(running.dtype, copy=False)
        touch(running.version)


def _with_given_statistics(x, weight, bias, mean, variance, eps, function):
    """(x - mean) / sqrt(variance + eps) * weight + bias with statistics that were given."""
    if mean is None or variance is None:
        raise ValueError(
            f"{function} got no running statistics and is not to compute any; it needs running_mean and "
            "running_var, or training=True."
        )
    channels = (x.array.shape[1],)
    mean = check_parameter(mean, channels, x, "running_mean", function)
    variance = check_parameter(variance, channels, x, "running_var", function)
    return _normalize_given(x, weight, bias, mean, variance, eps=float(eps))


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
    return batch_norm_by(
        _normalize_channels, input, running_mean, running_var, weight, bias, training, momentum, eps
    )


def batch_norm_by(
    primitive: Primitive, input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any,
    training: bool, momentum: float, eps: float,
) -> Any:  # fmt: skip
    """``batch_norm``, with this primitive for statistics of the batch."""
    function = "batch_norm"
    x, weight, bias = _prepare(input, weight, bias, function)
    if not training:
        return _with_given_statistics(x, weight, bias, running_mean, running_var, eps, function)
    count = x.array.size // max(x.shape[1], 1)
    if count <= 1:
        raise ValueError(
            f"{function} got shape {x.shape} while training; it needs more than one value per channel to "
            "take a variance of. Use a larger batch, or model.eval()."
        )
    if not eps >= 0:
        raise ValueError(f"{function} got eps={eps}; it needs eps >= 0, usually 1e-5.")
    running_mean = _check_running(running_mean, x, "running_mean", function)
    running_var = _check_running(running_var, x, "running_var", function)
    y, mean, variance = primitive(x, weight, bias, groups=0, eps=eps)
    _update(running_mean, mean, momentum, 1.0, 0)
    _update(running_var, variance, momentum, count / (count - 1), 0)
    return y


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Bring each group of channels of each example to mean 0 and variance 1, then scale and shift.

    Shapes: input (N, C, *) with C divisible by ``num_groups``, weight and bias (C,).
    Source: Wu and He, Group normalization (2018).

    >>> F.group_norm(tensor([[1.0, 3.0]]), 1, eps=0.0)
    tensor([[-1.,  1.]])
    """
    x, weight, bias = _prepare(input, weight, bias, "group_norm")
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ShapeError(
            f"group_norm got {x.shape[1]} channels and num_groups={num_groups}; it needs a number of "
            "groups that divides the channels."
        )
    return _normalize_channels(x, weight, bias, groups=num_groups, eps=eps)[0]


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
    x, weight, bias = _prepare(input, weight, bias, function, least=3)
    if not use_input_stats:
        return _with_given_statistics(x, weight, bias, running_mean, running_var, eps, function)
    count = math.prod(x.shape[2:])
    if count <= 1:
        raise ValueError(
            f"{function} got shape {x.shape}; it needs more than one position per channel to take a "
            "variance of."
        )
    if not eps >= 0:
        raise ValueError(f"{function} got eps={eps}; it needs eps >= 0, usually 1e-5.")
    running_mean = _check_running(running_mean, x, "running_mean", function)
    running_var = _check_running(running_var, x, "running_var", function)
    y, mean, variance = _normalize_channels(x, weight, bias, groups=x.shape[1], eps=eps)
    _update(running_mean, mean, momentum, 1.0, x.shape[0])
    _update(running_var, variance, momentum, count / (count - 1), x.shape[0])
    return y
