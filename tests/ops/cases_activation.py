"""Rows for ops/activation.py, each also covering the primitive of its gradient."""

import math

import numpy as np

import minigrad as mg
from minigrad.ops import activation
from tests.case import Case, apart, normal, positive
from tests.ops.cases_arithmetic import each


def fused(name, function, op=None, inputs=None):
    """A row that covers ``name`` and ``name_backward``; values on both sides of 0, off the kinks."""
    primitive = name.split("/")[0]
    op = op or getattr(activation, primitive)
    return Case(
        name, op, inputs or [apart(4, 5, gap=0.17)], each(function), covers=(f"{primitive}_backward",)
    )


def composed(name, function, op, inputs=None):
    """A row for a function made of other primitives."""
    return Case(name, op, inputs or [apart(4, 5, gap=0.17)], each(function))


def logistic(x):
    return 1 / (1 + math.exp(-x))


def elu(x, alpha=1.0, scale=1.0, input_scale=1.0):
    return scale * (x if x > 0 else alpha * math.expm1(input_scale * x))


def normal_cdf(x):
    return math.erfc(-x / math.sqrt(2)) / 2


def gelu_tanh(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def prelu(x, weight):
    result = np.empty_like(x)
    for place in np.ndindex(x.shape):
        w = weight[place[1] if weight.size > 1 else 0]
        result[place] = x[place] if x[place] > 0 else w * x[place]
    return result


def glu(x):
    half = x.shape[1] // 2
    return x[:, :half] / (1 + np.exp(-x[:, half:]))


CASES = [
    fused("relu", lambda x: max(x, 0.0)),
    fused("leaky_relu", lambda x: x if x > 0 else 0.01 * x),
    fused("leaky_relu/slope", lambda x: x if x > 0 else -0.4 * x, lambda x: activation.leaky_relu(x, -0.4)),
    composed("leaky_relu/rrelu", lambda x: x if x > 0 else 0.3 * x, lambda x: mg.rrelu(x, 0.2, 0.4)),
    Case("where/prelu", mg.prelu, [apart(2, 3, 4), positive(3)], prelu),
    Case("where/prelu with one weight", mg.prelu, [apart(2, 3), positive(1)], prelu),
    fused("hardtanh", lambda x: min(max(x, -1.0), 1.0)),
    fused("hardtanh/bounds", lambda x: min(max(x, -0.4), 2.1), lambda x: activation.hardtanh(x, -0.4, 2.1)),
    fused("hardtanh/relu6", lambda x: min(max(x, 0.0), 6.0), activation.relu6, [apart(4, 5, gap=0.43)]),
    fused(
        "hardtanh/hardsigmoid",
        lambda x: min(max(x + 3, 0.0), 6.0) / 6,
        activation.hardsigmoid,
        [apart(4, 5, gap=0.23)],
    ),
    fused("hardswish", lambda x: x * min(max(x + 3, 0.0), 6.0) / 6, None, [apart(4, 5, gap=0.23)]),
    composed("where/threshold", lambda x: x if x > 0.4 else -7.0, lambda x: mg.threshold(x, 0.4, -7.0)),
    composed("keep/hardshrink", lambda x: x if abs(x) > 0.4 else 0.0, lambda x: mg.hardshrink(x, 0.4)),
    composed(
        "keep/softshrink",
        lambda x: math.copysign(max(abs(x) - 0.4, 0.0), x),
        lambda x: activation.softshrink(x, 0.4),
    ),
    fused("sigmoid", logistic),
    Case("sigmoid/empty", mg.sigmoid, [normal(0, 4)], np.exp),
    Case("sigmoid/zero dimensions", mg.sigmoid, [normal()], each(logistic)),
    fused("tanh", math.tanh),
    fused("silu", lambda x: x * logistic(x)),
    fused("mish", lambda x: x * math.tanh(math.log1p(math.exp(x)))),
    fused("softplus", lambda x: math.log1p(math.exp(x))),
    fused(
        "softplus/beta",
        lambda x: x if 1.5 * x > 2.2 else math.log1p(math.exp(1.5 * x)) / 1.5,
        lambda x: activation.softplus(x, 1.5, 2.2),
    ),
    fused("logsigmoid", lambda x: math.log(logistic(x))),
    fused("softsign", lambda x: x / (1 + abs(x))),
    composed("sub/tanhshrink", lambda x: x - math.tanh(x), activation.tanhshrink),
    fused("elu", elu),
    fused("elu/alpha", lambda x: elu(x, 0.6), lambda x: activation.elu(x, 0.6)),
    fused("elu/selu", lambda x: elu(x, 1.6732632423543772, 1.0507009873554805), mg.selu),
    fused("elu/celu", lambda x: elu(x, 0.6, 1.0, 1 / 0.6), lambda x: mg.celu(x, 0.6)),
    fused("gelu", lambda x: x * normal_cdf(x)),
    fused("gelu_tanh", gelu_tanh, lambda x: activation.gelu(x, "tanh")),
    Case("mul/glu", lambda x: activation.glu(x, 1), [normal(2, 6, 3)], glu),
]
