"""Activations and their slopes, each in one pass without branches.

    x, y, g, out     (N,) float32 or float64, contiguous, all of one dtype
    x, y             input and output of the activation
    g                gradient coming in; ``<name>_backward`` writes g * slope to out

A plain 1 would turn float32 into float64 here, so each loop makes its constants in the
arrays' dtype first. Strict arithmetic: NaN and infinity keep their meaning.
Above: ops/activation.py. Tests: tests/ops/cases_activation.py, test_activation.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from ._elementary import CONTRACT, exp, expm1_of_negative, log1p_of_fraction
from ._share import chunked
from .special import erfc_of_number

DEAR = 4  # numbers moved that an exponential is as dear as
SQRT_HALF = math.sqrt(0.5)
INVERSE_SQRT_2PI = 1 / math.sqrt(2 * math.pi)
SQRT_8_OVER_PI = math.sqrt(8 / math.pi)


@register_jitable(**CONTRACT)
def logistic(x, one):
    """1 / (1 + exp(-x)); exp sees nothing above 0, so that nothing overflows."""
    z = exp(-abs(x))
    s = one / (one + z)
    return z * s if x < one - one else s


@register_jitable(**CONTRACT)
def tanh_of_softplus(x, one):
    """((1 + e)**2 - 1) / ((1 + e)**2 + 1) with e = exp(x), or both divided by e**2."""
    z = exp(-abs(x))
    two = one + one
    negative = x < one - one
    top = z * (z + two) if negative else one + two * z
    return top / (top + (two if negative else two * z * z))


@chunked(fastmath=False)
def relu_backward(g, y, out):
    zero = out.dtype.type(0)
    for i in range(g.size):
        out[i] = zero if y[i] <= zero else g[i]  # a NaN lets the gradient pass


@chunked(fastmath=False, cost=DEAR)
def sigmoid(x, out):
    one = out.dtype.type(1)
    for i in range(x.size):
        out[i] = logistic(x[i], one)


@chunked(fastmath=False)
def sigmoid_backward(g, y, out):
    one = out.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * y[i] * (one - y[i])


@chunked(fastmath=False)
def tanh_backward(g, y, out):
    one = out.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * (one - y[i] * y[i])


@chunked(fastmath=False, cost=DEAR)
def exponential(x, out):
    for i in range(x.size):
        out[i] = exp(x[i])


@chunked(fastmath=False, cost=DEAR)
def tanh(x, out):
    one, two = out.dtype.type(1), out.dtype.type(2)
    for i in range(x.size):
        size = abs(x[i])
        t, e = expm1_of_negative(-two * size), exp(-two * size)
        # Near 1 what is left to 1 must be right: the gradient is made of it.
        y = one - two * e / (one + e) if size > one else -t / (two + t)
        out[i] = math.copysign(y, x[i])


@chunked(fastmath=False, cost=DEAR)
def silu(x, out):
    one = out.dtype.type(1)
    for i in range(x.size):
        out[i] = x[i] * logistic(x[i], one)


@chunked(fastmath=False, cost=DEAR)
def silu_backward(g, x, out):
    one = out.dtype.type(1)
    for i in range(g.size):
        s = logistic(x[i], one)
        out[i] = g[i] * s * (one + x[i] * (one - s))


@chunked(fastmath=False, cost=DEAR)
def logsigmoid(x, out):
    zero = out.dtype.type(0)
    for i in range(x.size):
        low = zero if x[i] > zero else x[i]
        out[i] = low - log1p_of_fraction(exp(-abs(x[i])))


@chunked(fastmath=False, cost=DEAR)
def logsigmoid_backward(g, x, out):
    one = out.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * logistic(-x[i], one)


@chunked(fastmath=False, cost=DEAR)
def softplus(x, beta, threshold, out):
    zero, beta, threshold = out.dtype.type(0), out.dtype.type(beta), out.dtype.type(threshold)
    for i in range(x.size):
        z = x[i] * beta
        high = zero if z < zero else z
        soft = (high + log1p_of_fraction(exp(-abs(z)))) / beta
        out[i] = x[i] if z > threshold else soft


@chunked(fastmath=False, cost=DEAR)
def softplus_backward(g, x, beta, threshold, out):
    one, beta, threshold = out.dtype.type(1), out.dtype.type(beta), out.dtype.type(threshold)
    for i in range(g.size):
        z = x[i] * beta
        out[i] = g[i] if z > threshold else g[i] * logistic(z, one)


@chunked(fastmath=False, cost=DEAR)
def mish(x, out):
    one = out.dtype.type(1)
    for i in range(x.size):
        out[i] = x[i] * tanh_of_softplus(x[i], one)


@chunked(fastmath=False, cost=DEAR)
def mish_backward(g, x, out):
    one = out.dtype.type(1)
    for i in range(g.size):
        t = tanh_of_softplus(x[i], one)
        out[i] = g[i] * (t + x[i] * (one - t * t) * logistic(x[i], one))


@chunked(fastmath=False, cost=DEAR)
def elu(x, alpha, scale, input_scale, out):
    zero, alpha = out.dtype.type(0), out.dtype.type(alpha * scale)
    scale, input_scale = out.dtype.type(scale), out.dtype.type(input_scale)
    for i in range(x.size):
        low = zero if x[i] > zero else x[i]
        out[i] = scale * x[i] if x[i] > zero else alpha * expm1_of_negative(low * input_scale)


@chunked(fastmath=False, cost=DEAR)
def elu_backward(g, x, alpha, scale, input_scale, out):
    zero, slope = out.dtype.type(0), out.dtype.type(alpha * scale * input_scale)
    scale, input_scale = out.dtype.type(scale), out.dtype.type(input_scale)
    for i in range(g.size):
        low = zero if x[i] > zero else x[i]
        out[i] = g[i] * scale if x[i] > zero else g[i] * slope * exp(low * input_scale)


@register_jitable(**CONTRACT)
def _normal_cdf32(x):
    """Half of erfc(z) for z = |x| / sqrt(2), relative error 1.2e-7.

    Source: Press et al., Numerical Recipes in C, 2nd edition (1992), section 6.2.
    """
    half, one = np.float32(0.5), np.float32(1.0)
    z = abs(x) * np.float32(SQRT_HALF)
    t = one / (one + half * z)
    p = np.float32(0.17087277)
    p = p * t - np.float32(0.82215223)
    p = p * t + np.float32(1.48851587)
    p = p * t - np.float32(1.13520398)
    p = p * t + np.float32(0.27886807)
    p = p * t - np.float32(0.18628806)
    p = p * t + np.float32(0.09678418)
    p = p * t + np.float32(0.37409196)
    p = p * t + np.float32(1.00002368)
    p = p * t - np.float32(1.26551223)
    tail = half * t * exp(p - z * z)
    return one - tail if x > one - one else tail


@register_jitable(**CONTRACT)
def _normal_cdf64(x):
    return 0.5 * erfc_of_number(-x * SQRT_HALF)


def normal_cdf(x):
    """The share of a standard normal distribution below x."""
    return _normal_cdf32(x) if isinstance(x, np.float32) else _normal_cdf64(x)


@overload(normal_cdf, jit_options=CONTRACT)
def _normal_cdf_of_dtype(x):
    return _normal_cdf32 if x == types.float32 else _normal_cdf64


@chunked(fastmath=False)
def gelu(x, out):
    for i in range(x.size):
        out[i] = x[i] * normal_cdf(x[i])


@chunked(fastmath=False, cost=DEAR)
def gelu_backward(g, x, out):
    density, half = out.dtype.type(INVERSE_SQRT_2PI), out.dtype.type(0.5)
    for i in range(g.size):
        out[i] = g[i] * (normal_cdf(x[i]) + x[i] * density * exp(-half * x[i] * x[i]))


@chunked(fastmath=False, cost=DEAR)
def gelu_tanh(x, out):
    one = out.dtype.type(1)
    a, b = out.dtype.type(SQRT_8_OVER_PI), out.dtype.type(SQRT_8_OVER_PI * 0.044715)
    for i in range(x.size):
        out[i] = x[i] * logistic(x[i] * (a + b * x[i] * x[i]), one)


@chunked(fastmath=False, cost=DEAR)
def gelu_tanh_backward(g, x, out):
    one = out.dtype.type(1)
    a, b = out.dtype.type(SQRT_8_OVER_PI), out.dtype.type(SQRT_8_OVER_PI * 0.044715)
    c = out.dtype.type(3 * SQRT_8_OVER_PI * 0.044715)
    for i in range(g.size):
        square = x[i] * x[i]
        s = logistic(x[i] * (a + b * square), one)
        out[i] = g[i] * s * (one + (one - s) * x[i] * (a + c * square))


@chunked(fastmath=False)
def leaky_relu(x, negative_slope, out):
    zero, slope = out.dtype.type(0), out.dtype.type(negative_slope)
    for i in range(x.size):
        out[i] = x[i] if x[i] > zero else slope * x[i]


@chunked(fastmath=False)
def leaky_relu_backward(g, x, negative_slope, out):
    zero, slope = out.dtype.type(0), out.dtype.type(negative_slope)
    for i in range(g.size):
        out[i] = g[i] if x[i] > zero else slope * g[i]


@chunked(fastmath=False)
def hardtanh_backward(g, x, low, high, out):
    zero, low, high = out.dtype.type(0), out.dtype.type(low), out.dtype.type(high)
    for i in range(g.size):
        out[i] = zero if x[i] <= low or x[i] >= high else g[i]


@chunked(fastmath=False)
def hardswish(x, out):
    zero, three, six = out.dtype.type(0), out.dtype.type(3), out.dtype.type(6)
    for i in range(x.size):
        z = x[i] + three
        z = zero if z < zero else z
        out[i] = x[i] * (six if z > six else z) / six


@chunked(fastmath=False)
def hardswish_backward(g, x, out):
    zero, three, half = out.dtype.type(0), out.dtype.type(3), out.dtype.type(0.5)
    for i in range(g.size):
        inner = g[i] * (x[i] / three + half)
        out[i] = zero if x[i] <= -three else (g[i] if x[i] >= three else inner)


@chunked(fastmath=False)
def softsign(x, out):
    one = out.dtype.type(1)
    for i in range(x.size):
        out[i] = x[i] / (one + abs(x[i]))


@chunked(fastmath=False)
def softsign_backward(g, x, out):
    one = out.dtype.type(1)
    for i in range(g.size):
        d = one + abs(x[i])
        out[i] = g[i] / (d * d)
