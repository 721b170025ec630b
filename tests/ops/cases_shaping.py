"""Rows for ops/shaping.py. The references move the elements one by one, or by NumPy's own names."""

import numpy as np

import minigrad as mg
from tests.case import Case, normal


def one_by_one(x, shape):
    """``x`` in row-major order in another shape, element by element."""
    out = np.empty(shape)
    for to, place in zip(np.ndindex(*shape), np.ndindex(*x.shape)):
        out[to] = x[place]
    return out


def permuted(x, dims):
    out = np.empty([x.shape[d] for d in dims])
    for place in np.ndindex(*x.shape):
        out[tuple(place[d] for d in dims)] = x[place]
    return out


def expanded(x, shape):
    out = np.empty(shape)
    for place in np.ndindex(*shape):
        out[place] = x[tuple(min(i, n - 1) for i, n in zip(place[len(shape) - x.ndim :], x.shape))]
    return out


CASES = [
    Case("clone", mg.clone, [normal(3, 4)], lambda x: x),
    Case("clone/zero dimensions", mg.clone, [normal()], lambda x: x),
    Case("clone/transposed", lambda x: x.t().contiguous(), [normal(3, 4)], lambda x: permuted(x, (1, 0))),
    Case("reshape", lambda x: mg.reshape(x, (4, 3)), [normal(3, 4)], lambda x: one_by_one(x, (4, 3))),
    Case("reshape/inferred", lambda x: x.reshape(-1, 2), [normal(3, 4)], lambda x: one_by_one(x, (6, 2))),
    Case("reshape/of a transposed tensor", lambda x: x.t().reshape(-1), [normal(3, 4)],
         lambda x: one_by_one(permuted(x, (1, 0)), (12,))),
    Case("reshape/empty", lambda x: x.reshape(2, 0), [normal(0, 3)], lambda x: np.empty((2, 0))),
    Case("reshape/to zero dimensions", lambda x: x.reshape(()), [normal(1, 1)], lambda x: x[0, 0]),
    Case("reshape/view", lambda x: x.clone().view(2, -1), [normal(3, 4)], lambda x: one_by_one(x, (2, 6))),
    Case("reshape/flatten", lambda x: mg.flatten(x, 1, 2), [normal(2, 3, 4, 2)],
         lambda x: one_by_one(x, (2, 12, 2))),
    Case("reshape/unflatten", lambda x: mg.unflatten(x, -1, (2, -1)), [normal(2, 6)],
         lambda x: one_by_one(x, (2, 2, 3))),
    Case("reshape/ravel", mg.ravel, [normal(2, 3)], lambda x: one_by_one(x, (6,))),
    Case("reshape/squeeze", mg.squeeze, [normal(1, 3, 1)], lambda x: x[0, :, 0]),
    Case("reshape/squeeze one", lambda x: mg.squeeze(x, -1), [normal(1, 3, 1)], lambda x: x[:, :, 0]),
    Case("reshape/squeeze some", lambda x: mg.squeeze(x, (0, 1)), [normal(1, 3, 1)], lambda x: x[0]),
    Case("reshape/unsqueeze", lambda x: mg.unsqueeze(x, -2), [normal(2, 3)], lambda x: x[:, None]),
    Case("reshape/atleast", lambda x: mg.atleast_3d(x), [normal(2, 3)], lambda x: x[:, :, None]),
    Case("permute", lambda x: mg.permute(x, (2, 0, 1)), [normal(2, 3, 4)], lambda x: permuted(x, (2, 0, 1))),
    Case("permute/transpose", lambda x: mg.transpose(x, 0, -1), [normal(2, 3, 4)],
         lambda x: permuted(x, (2, 1, 0))),
    Case("permute/zero dimensions", lambda x: mg.transpose(x, 0, -1), [normal()], lambda x: x),
    Case("permute/movedim", lambda x: mg.movedim(x, (0, 1), (-1, 0)), [normal(2, 3, 4)],
         lambda x: np.moveaxis(x, (0, 1), (-1, 0))),
    Case("permute/T", lambda x: x.T, [normal(2, 3)], lambda x: permuted(x, (1, 0))),
    Case("permute/mT", lambda x: x.mT, [normal(2, 3, 4)], lambda x: permuted(x, (0, 2, 1))),
    Case("permute/empty", lambda x: x.permute(1, 0), [normal(0, 3)], lambda x: np.empty((3, 0))),
    Case("expand/method", lambda x: x.expand(2, -1, 4), [normal(3, 1)], lambda x: expanded(x, (2, 3, 4))),
    Case("expand/to zero", lambda x: x.expand(0, 3), [normal(1, 3)], lambda x: np.empty((0, 3))),
    Case("expand/broadcast_tensors", mg.broadcast_tensors, [normal(3, 1), normal(2)],
         lambda x, y: [expanded(x, (3, 2)), expanded(y, (3, 2))]),
    Case("view_dtype", lambda x: x.clone().view(mg.uint8), [np.arange(4)],
         lambda x: np.frombuffer(x.tobytes(), np.uint8), gradient=False),
]  # fmt: skip
