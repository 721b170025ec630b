"""Rows for ops/norm.py and ops/batch_norm.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import batch_norm, norm, norm_fused
from tests.case import Case, normal, positive


def standard(x, axes, eps=1e-5):
    """Mean 0 and variance 1 over ``axes``, by the definition."""
    mean = x.mean(axes, keepdims=True)
    variance = ((x - mean) ** 2).mean(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps)


def along_channels(values, x):
    return values.reshape((1, -1) + (1,) * (x.ndim - 2))


def batch(x, w=None, b=None):
    y = standard(x, tuple(i for i in range(x.ndim) if i != 1))
    return y if w is None else y * along_channels(w, x) + along_channels(b, x)


def group(x, groups, w=None, b=None):
    parts = np.split(x, groups, axis=1)
    axes = tuple(range(1, x.ndim))
    y = np.concatenate([standard(p, axes) for p in parts], axis=1)
    return y if w is None else y * along_channels(w, x) + along_channels(b, x)


def rms(x, w=None, eps=1e-5):
    y = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    return y if w is None else y * w


def given(x, mean, var, w, b):
    mean, var, w, b = (along_channels(v, x) for v in (mean, var, w, b))
    return (x - mean) / np.sqrt(var + 1e-5) * w + b


def train(x, w=None, b=None):
    return batch_norm.batch_norm(x, None, None, w, b, training=True)


def train_relu(x, w=None, b=None):
    return norm_fused.batch_norm_relu(x, None, None, w, b, True, 0.1, 1e-5)


def batch_relu(x, w=None, b=None):
    return np.maximum(batch(x, w, b), 0)


def constant(array, like):
    return mg.tensor(array, dtype=like.dtype)


MEAN, VAR = normal(3, seed=5), positive(3, seed=5)

CASES = [
    Case(
        "normalize_rows",
        lambda x, w, b: norm.layer_norm(x, (4,), w, b),
        [normal(3, 4), positive(4), normal(4)],
        lambda x, w, b: standard(x, -1) * w + b,
    ),
    Case(
        "normalize_rows/without weight",
        lambda x: norm.layer_norm(x, 4),
        [normal(2, 3, 4)],
        lambda x: standard(x, -1),
    ),
    Case(
        "normalize_rows/two dimensions",
        lambda x, w, b: norm.layer_norm(x, (3, 4), w, b),
        [normal(2, 3, 4), positive(3, 4), normal(3, 4)],
        lambda x, w, b: standard(x, (-2, -1)) * w + b,
    ),
    Case(
        "normalize_rows/one example", lambda x: norm.layer_norm(x, 4), [normal(4)], lambda x: standard(x, -1)
    ),
    Case("normalize_rows/no examples", lambda x: norm.layer_norm(x, 4), [normal(0, 4)], lambda x: x.copy()),
    Case(
        "normalize_rows/rms", lambda x, w: norm.rms_norm(x, 4, w, eps=1e-5), [normal(3, 4), positive(4)], rms
    ),
    Case(
        "normalize_rows/rms without weight", lambda x: norm.rms_norm(x, 4, eps=1e-5), [normal(2, 3, 4)], rms
    ),
    Case("normalize_channels", train, [normal(4, 3, 2), positive(3), normal(3)], batch),
    Case("normalize_channels/vectors", train, [normal(5, 3), positive(3), normal(3)], batch),
    Case("normalize_channels/images", train, [normal(2, 3, 2, 2), positive(3), normal(3)], batch),
    Case("normalize_channels/one image", train, [normal(1, 2, 2, 3), positive(2), normal(2)], batch),
    Case("normalize_channels_relu", train_relu, [normal(4, 3, 2), positive(3), normal(3)], batch_relu),
    Case(
        "normalize_channels_relu/images", train_relu, [normal(2, 3, 8, 9), positive(3), normal(3)], batch_relu
    ),
    Case("normalize_channels_relu/without weight", train_relu, [normal(5, 3)], batch_relu),
    Case("normalize_channels/without weight", train, [normal(3, 2, 2)], batch),
    Case("normalize_channels/vectors without weight", train, [normal(5, 3)], batch),
    Case(
        "normalize_channels/groups",
        lambda x, w, b: batch_norm.group_norm(x, 2, w, b),
        [normal(2, 4, 3), positive(4), normal(4)],
        lambda x, w, b: group(x, 2, w, b),
    ),
    Case(
        "normalize_channels/groups of vectors",
        lambda x: batch_norm.group_norm(x, 2),
        [normal(3, 6)],
        lambda x: group(x, 2),
    ),
    Case(
        "normalize_channels/groups, no examples",
        lambda x: batch_norm.group_norm(x, 2),
        [normal(0, 4, 3)],
        lambda x: x.copy(),
    ),
    Case(
        "normalize_channels/instances",
        lambda x, w, b: batch_norm.instance_norm(x, weight=w, bias=b),
        [normal(2, 3, 2, 2), positive(3), normal(3)],
        lambda x, w, b: group(x, 3, w, b),
    ),
    Case(
        "normalize_given",
        lambda x, mean, var, w, b: batch_norm.batch_norm(x, mean, var, w, b),
        [normal(2, 3, 2), normal(3), positive(3), positive(3), normal(3)],
        given,
    ),
    Case(
        "normalize_given/vectors",
        lambda x, mean, var: batch_norm.batch_norm(x, mean, var),
        [normal(4, 3), normal(3), positive(3)],
        lambda x, mean, var: given(x, mean, var, np.ones(3), np.zeros(3)),
    ),
    Case(
        "normalize_given/long runs",
        lambda x, mean, var, w, b: batch_norm.batch_norm(x, mean, var, w, b),
        [normal(2, 3, 4, 5), normal(3), positive(3), positive(3), normal(3)],
        given,
    ),
    Case(
        "normalize_given/constant statistics",
        lambda x, w, b: batch_norm.batch_norm(x, constant(MEAN, x), constant(VAR, x), w, b),
        [normal(2, 3, 2), positive(3), normal(3)],
        lambda x, w, b: given(x, MEAN, VAR, w, b),
    ),
]
