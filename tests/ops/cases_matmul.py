"""Rows for ops/matmul.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import linear_fused
from tests.case import Case, normal


def product(x, y):
    """Matrix product of two matrices, entry by entry."""
    out = np.zeros((len(x), y.shape[1]))
    for i in range(len(x)):
        for j in range(y.shape[1]):
            out[i, j] = sum(x[i, k] * y[k, j] for k in range(len(y)))
    return out


def batched(x, y):
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x = np.broadcast_to(x, batch + x.shape[-2:])
    y = np.broadcast_to(y, batch + y.shape[-2:])
    out = np.zeros((*batch, x.shape[-2], y.shape[-1]))
    for place in np.ndindex(batch):
        out[place] = product(x[place], y[place])
    return out


def affine(x, weight, bias=None):
    out = np.zeros((*x.shape[:-1], len(weight)))
    for place in np.ndindex(x.shape[:-1]):
        for o in range(len(weight)):
            out[place][o] = sum(x[place] * weight[o]) + (0 if bias is None else bias[o])
    return out


CASES = [
    Case("matmul", mg.matmul, [normal(3, 4), normal(4, 2)], product),
    Case("matmul/vectors", mg.matmul, [normal(4), normal(4, seed=1)], lambda x, y: np.array(sum(x * y))),
    Case(
        "matmul/vector and matrix", mg.matmul, [normal(4), normal(4, 3)], lambda x, y: product(x[None], y)[0]
    ),
    Case(
        "matmul/matrix and vector",
        mg.matmul,
        [normal(3, 4), normal(4)],
        lambda x, y: product(x, y[:, None])[:, 0],
    ),
    Case(
        "matmul/vector and batch",
        mg.matmul,
        [normal(4), normal(2, 4, 3)],
        lambda x, y: batched(x[None], y)[:, 0],
    ),
    Case(
        "matmul/batch and vector",
        mg.matmul,
        [normal(2, 3, 4), normal(4)],
        lambda x, y: batched(x, y[:, None])[..., 0],
    ),
    Case("matmul/batch and matrix", mg.matmul, [normal(2, 3, 4), normal(4, 2)], batched),
    Case("matmul/matrix and batch", mg.matmul, [normal(3, 4), normal(2, 4, 2)], batched),
    Case("matmul/broadcast batches", mg.matmul, [normal(2, 1, 3, 4), normal(3, 4, 2)], batched),
    Case("matmul/no rows", mg.matmul, [normal(0, 4), normal(4, 2)], product),
    Case("matmul/nothing to sum", mg.matmul, [normal(3, 0), normal(0, 2)], product),
    Case("matmul/mm", mg.mm, [normal(3, 4), normal(4, 2)], product),
    Case("matmul/bmm", mg.bmm, [normal(2, 3, 4), normal(2, 4, 2)], batched),
    Case(
        "matmul/inner",
        mg.inner,
        [normal(2, 3, 4), normal(5, 4)],
        lambda x, y: np.stack([np.stack([b @ c for c in y]) for a in x for b in a]).reshape(2, 3, 5),
    ),
    Case(
        "matmul/outer",
        mg.outer,
        [normal(3), normal(2)],
        lambda x, y: np.array([[a * b for b in y] for a in x]),
    ),
    Case(
        "matmul/addmm",
        lambda b, x, y: mg.addmm(b, x, y, beta=2, alpha=0.5),
        [normal(2), normal(3, 4), normal(4, 2)],
        lambda b, x, y: 2 * b + 0.5 * product(x, y),
    ),
    Case(
        "matmul/addmv",
        mg.addmv,
        [normal(3), normal(3, 4), normal(4)],
        lambda b, x, y: b + product(x, y[:, None])[:, 0],
    ),
    Case(
        "matmul/addr",
        mg.addr,
        [normal(3, 2), normal(3), normal(2)],
        lambda b, x, y: b + product(x[:, None], y[None]),
    ),
    Case(
        "matmul/baddbmm",
        mg.baddbmm,
        [normal(3, 2), normal(2, 3, 4), normal(2, 4, 2)],
        lambda b, x, y: b + batched(x, y),
    ),
    Case(
        "matmul/addbmm",
        mg.addbmm,
        [normal(3, 2), normal(2, 3, 4), normal(2, 4, 2)],
        lambda b, x, y: b + product(x[0], y[0]) + product(x[1], y[1]),
    ),
    Case(
        "linear", mg.ops.matmul.linear, [normal(5, 4), normal(3, 4), normal(3)], affine, covers=("sum_rows",)
    ),
    Case(
        "linear_relu",
        linear_fused.linear_relu,
        [normal(5, 4), normal(3, 4), normal(3)],
        lambda x, w, b: np.maximum(affine(x, w, b), 0),
    ),
    Case("linear/without bias", mg.ops.matmul.linear, [normal(5, 4), normal(3, 4)], affine),
    Case("linear/one example", mg.ops.matmul.linear, [normal(4), normal(3, 4), normal(3)], affine),
    Case(
        "linear/several dimensions", mg.ops.matmul.linear, [normal(2, 3, 4), normal(5, 4), normal(5)], affine
    ),
    Case("linear/empty batch", mg.ops.matmul.linear, [normal(0, 4), normal(3, 4), normal(3)], affine),
    Case("linear/no features in", mg.ops.matmul.linear, [normal(2, 0), normal(3, 0), normal(3)], affine),
    Case(
        "linear/weight as a vector",
        mg.ops.matmul.linear,
        [normal(2, 4), normal(4), normal()],
        lambda x, w, b: x @ w + b,
    ),
]
