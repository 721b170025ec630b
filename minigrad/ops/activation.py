"""Activations, each one pass over memory forward and one backward.

    relu leaky_relu prelu rrelu hardtanh relu6 threshold        pieces of straight lines
    hardsigmoid hardswish hardshrink softshrink
    sigmoid tanh silu mish softplus logsigmoid softsign         smooth
    tanhshrink elu selu celu gelu glu

Those that PyTorch has at its top level are in ``__all__``; nn/functional.py exports the rest.
``inplace`` is PyTorch's: nn's layers take it, these functions never write to their input.

sigmoid and tanh are compiled: 0.9 ms for 10**6 float32 numbers without AVX-512, where NumPy takes
2.0 and 2.8.

Below: fused.py, elementwise.py. Above: methods/activation.py, nn/functional.py.
Tests: tests/ops/cases_activation.py, test_activation.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels, lookahead
from ..errors import DTypeError, ShapeError
from ..shapes import dimension
from .arithmetic import mul, sub
from .casting import as_operand, float_operand
from .elementwise import _abs, _exp, _sign, sign
from .fused import fused
from .random import uniform_array
from .selection import SMALL, clamp, clamped, compiled, keep, where

__all__ = ["celu", "hardshrink", "prelu", "relu", "rrelu", "selu", "sigmoid", "tanh", "threshold"]


# ------------------------------------------------ pieces of straight lines


_ZEROS = {"f": np.zeros((), np.float32), "d": np.zeros((), np.float64)}  # at half of a number's cost


def _relu_forward(x):
    if x.size < SMALL:
        return np.maximum(x, _ZEROS.get(x.dtype.char, 0))
    if not compiled(x):
        return np.maximum(x, 0)
    out = np.empty(x.shape, x.dtype)
    kernels._pool.run_elements(kernels.elementwise.clamp, x.ravel(), 0.0, np.inf, out.reshape(-1))
    return out


_relu = fused("relu", None, keeps="output", forward=_relu_forward)
_leaky_relu = fused("leaky_relu", None)
_hardtanh = fused("hardtanh", None, forward=clamped)
_hardswish = fused("hardswish", lambda x: keep(x * 0 + 1 / 3, (x > -3) & (x < 3)))


def relu(input: Any) -> Any:
    """Elementwise ``max(input, 0)``; slope 0 at 0. Integers stay integers.

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines (2010).

    >>> relu(tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if id(input) == lookahead.last:
        output = lookahead.follow(input, "relu")
        if output is not None:
            return output
    x = as_operand(input, "relu")
    if x.array.dtype.kind == "b":
        raise DTypeError("relu got bools; it needs numbers. Convert them: x.float().")
    return _relu(x)


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
    """Elementwise ``input`` above 0, ``negative_slope * input`` below.

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models
    (2013).

    >>> F.leaky_relu(tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return _leaky_relu(_floats_only(input, "leaky_relu"), negative_slope=negative_slope)


def _floats_only(x: Any, function: str) -> Any:
    x = as_operand(x, function)
    if x.array.dtype.kind != "f":
        raise DTypeError(f"{function} got {x.dtype}; it needs floats. Convert them: x.float().")
    return x


def prelu(input: Any, weight: Any) -> Any:
    """``input`` above 0, ``weight * input`` below; one weight, or one a channel (dimension 1).

    Raises ShapeError if the number of weights does not fit.
    Source: He et al., Delving deep into rectifiers (2015).

    >>> prelu(tensor([-1.0, 2.0]), tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    x, w = _floats_only(input, "prelu"), _floats_only(weight, "prelu")
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.array.size != 1 and w.shape != (channels,):
        raise ShapeError(
            f"prelu got input {x.shape} and weight {w.shape}; it needs one weight or one for each "
            f"of the {channels} channels (dimension 1)."
        )
    if w.array.size != 1:
        w = w.reshape((channels,) + (1,) * (x.ndim - 2))
    elif w.ndim:
        w = w.reshape(())
    return where(x > 0, x, mul(x, w))


def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Any:
    """``leaky_relu`` with a random slope for each element, uniform in [lower, upper).

    Without ``training`` the slope is their mean. Raises ValueError for lower > upper.
    Source: Xu et al., Empirical evaluation of rectified activations (2015).

    >>> rrelu(tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    if lower > upper:
        raise ValueError(f"rrelu got lower={lower} and upper={upper}; it needs lower <= upper.")
    x = _floats_only(input, "rrelu")
    if not training:
        return leaky_relu(x, (lower + upper) / 2)
    slope = lower + (upper - lower) * uniform_array(x.shape, x.dtype, None)
    return where(x > 0, x, mul(x, slope))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """``input`` moved into [min_val, max_val]; slope 0 from the bounds on. Integers stay integers.

    >>> F.hardtanh(tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError(
            f"hardtanh got min_val={min_val} and max_val={max_val}; it needs min_val <= max_val."
        )
    x = as_operand(input, "hardtanh")
    if x.dtype.kind != "f":
        return clamp(x, int(min_val), int(max_val))
    return _hardtanh(x, low=min_val, high=max_val)


def relu6(input: Any) -> Any:
    """``input`` moved into [0, 6].

    >>> F.relu6(tensor([-1.0, 3.0, 8.0]))
    tensor([0., 3., 6.])
    """
    return hardtanh(input, 0.0, 6.0)


def threshold(input: Any, threshold: float, value: float) -> Any:
    """``input`` where it is above ``threshold``, else ``value``.

    >>> mg.threshold(tensor([0.5, 2.0]), 1.0, -9.0)
    tensor([-9.,  2.])
    """
    x = as_operand(input, "threshold")
    return where(x <= threshold, np.array(value, x.dtype), x)


def hardsigmoid(input: Any) -> Any:
    """A straight line from 0 at -3 to 1 at 3.

    >>> F.hardsigmoid(tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return mul(_hardtanh(_floats_only(input, "hardsigmoid") + 3, low=0.0, high=6.0), 1 / 6)


def hardswish(input: Any) -> Any:
    """``input * relu6(input + 3) / 6``.

    Source: Howard et al., Searching for MobileNetV3 (2019).

    >>> F.hardswish(tensor([-4.0, 1.5, 4.0]))
    tensor([-0.0000,  1.1250,  4.0000])
    """
    return _hardswish(_floats_only(input, "hardswish"))


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """``input`` where it is further than ``lambd`` from 0, else 0.

    >>> hardshrink(tensor([-1.0, 0.3]))
    tensor([-1.,  0.])
    """
    x = _floats_only(input, "hardshrink")
    return keep(x, ~((x >= -lambd) & (x <= lambd)))


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """``input`` moved towards 0 by ``lambd``, and 0 if it is nearer. Raises ValueError below 0.

    >>> F.softshrink(tensor([-1.0, 0.3]))
    tensor([-0.5000,  0.0000])
    """
    if lambd < 0:
        raise ValueError(f"softshrink got lambd={lambd}; it needs lambd >= 0.")
    x = _floats_only(input, "softshrink")
    return keep(sub(x, mul(sign(x), lambd)), ~((x >= -lambd) & (x <= lambd)))


# ------------------------------------------------ smooth


def _silu_bend(x):
    s = _sigmoid(x)
    return s * (1 - s) * (2 + x * (1 - 2 * s))


def _mish_bend(x):
    s, t = _sigmoid(x), _tanh(_softplus(x, beta=1.0, threshold=20.0))
    return (1 - t * t) * s * (2 + x * (1 - s - 2 * t * s))


def _softplus_bend(x, beta, threshold):
    s = _sigmoid(x * beta)
    return keep(beta * s * (1 - s), x * beta <= threshold)


def _softsign_bend(x):
    d = 1 + _abs(x)
    return -2 * _sign(x) / (d * d * d)


def _elu_bend(x, alpha, scale, input_scale):
    below = x <= 0
    curve = _exp(keep(x, below) * input_scale) * (alpha * scale * input_scale * input_scale)
    return keep(curve, below)


def _gelu_bend(x):
    return (2 - x * x) * (_exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)))


def _gelu_tanh_bend(x):
    a, b = math.sqrt(8 / math.pi), math.sqrt(8 / math.pi) * 0.044715
    s, d, dd = _sigmoid(x * (a + b * x * x)), a + 3 * b * x * x, 6 * b * x
    return s * (1 - s) * (2 * d + x * (dd + (1 - 2 * s) * d * d))


_sigmoid = fused("sigmoid", lambda y: 1 - 2 * y, keeps="output")
_tanh = fused("tanh", lambda y: -2 * y, keeps="output")
_silu = fused("silu", _silu_bend)
_mish = fused("mish", _mish_bend)
_softplus = fused("softplus", _softplus_bend)
_logsigmoid = fused("logsigmoid", lambda x: -_sigmoid(x) * (1 - _sigmoid(x)))
_softsign = fused("softsign", _softsign_bend)
_elu = fused("elu", _elu_bend)
_gelu = fused("gelu", _gelu_bend)
_gelu_tanh = fused("gelu_tanh", _gelu_tanh_bend)


def sigmoid(input: Any) -> Any:
    """Elementwise ``1 / (1 + exp(-input))``; neither end overflows.

    >>> sigmoid(tensor([0.0, 100.0, -100.0]))
    tensor([5.0000e-01, 1.0000e+00, 3.7835e-44])
    """
    return _sigmoid(float_operand(input, "sigmoid"))


def tanh(input: Any) -> Any:
    """Elementwise hyperbolic tangent.

    >>> tanh(tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return _tanh(float_operand(input, "tanh"))


def silu(input: Any) -> Any:
    """Elementwise ``input * sigmoid(input)``.

    Source: Elfwing, Uchibe and Doya, Sigmoid-weighted linear units (2017).

    >>> F.silu(tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """
    return _silu(_floats_only(input, "silu"))


def mish(input: Any) -> Any:
    """Elementwise ``input * tanh(softplus(input))``.

    Source: Misra, Mish: a self regularized non-monotonic activation function (2019).

    >>> F.mish(tensor([0.0, 1.0]))
    tensor([0.0000, 0.8651])
    """
    return _mish(_floats_only(input, "mish"))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Elementwise ``log(1 + exp(beta * input)) / beta``; the input itself above threshold / beta.

    >>> F.softplus(tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    return _softplus(_floats_only(input, "softplus"), beta=beta, threshold=threshold)


def logsigmoid(input: Any) -> Any:
    """Elementwise ``log(sigmoid(input))``, exact at both ends.

    >>> F.logsigmoid(tensor([0.0, 2.0]))
    tensor([-0.6931, -0.1269])
    """
    return _logsigmoid(_floats_only(input, "logsigmoid"))


def softsign(input: Any) -> Any:
    """Elementwise ``input / (1 + |input|)``.

    >>> F.softsign(tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return _softsign(float_operand(input, "softsign"))


def tanhshrink(input: Any) -> Any:
    """Elementwise ``input - tanh(input)``.

    >>> F.tanhshrink(tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return sub(input, tanh(input))


def elu(input: Any, alpha: float = 1.0) -> Any:
    """Elementwise ``input`` above 0, ``alpha * (exp(input) - 1)`` below.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by
    exponential linear units (2015).

    >>> F.elu(tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return _elu(_floats_only(input, "elu"), alpha=alpha, scale=1.0, input_scale=1.0)


def selu(input: Any) -> Any:
    """``elu`` scaled so that mean 0 and variance 1 pass from layer to layer.

    Source: Klambauer et al., Self-normalizing neural networks (2017).

    >>> selu(tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    x = _floats_only(input, "selu")
    return _elu(x, alpha=1.6732632423543772, scale=1.0507009873554805, input_scale=1.0)


def celu(input: Any, alpha: float = 1.0) -> Any:
    """Elementwise ``input`` above 0, ``alpha * (exp(input / alpha) - 1)`` below.

    Raises ZeroDivisionError for alpha = 0.
    Source: Barron, Continuously differentiable exponential linear units (2017).

    >>> celu(tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise ZeroDivisionError("celu got alpha=0; it needs an alpha other than 0.")
    return _elu(_floats_only(input, "celu"), alpha=alpha, scale=1.0, input_scale=1 / alpha)


def gelu(input: Any, approximate: str = "none") -> Any:
    """Elementwise ``input`` times the share of a normal distribution below it.

    ``approximate="tanh"`` uses a tanh instead, off by at most 0.001. Raises ValueError for
    other words. Source: Hendrycks and Gimpel, Gaussian error linear units (2016).

    >>> F.gelu(tensor([-1.0, 1.0]))
    tensor([-0.1587,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu got approximate={approximate!r}; it needs 'none' or 'tanh'.")
    return (_gelu if approximate == "none" else _gelu_tanh)(_floats_only(input, "gelu"))


def glu(input: Any, dim: int = -1) -> Any:
    """The first half of ``input`` along ``dim``, times the sigmoid of the second half.

    Raises ShapeError if the size is odd.
    Source: Dauphin et al., Language modeling with gated convolutional networks (2017).

    >>> F.glu(tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """
    x = _floats_only(input, "glu")
    dim = dimension(dim, x.ndim, "glu")
    size = x.shape[dim] if x.ndim else 1
    if size % 2:
        raise ShapeError(f"glu got size {size} along dim={dim} of {x.shape}; it needs an even size.")
    first, second = x.narrow(dim, 0, size // 2), x.narrow(dim, size // 2, size // 2)
    return mul(first, sigmoid(second))
