"""Rows for ops/slicing.py and ops/padding.py."""

import numpy as np

import minigrad as mg
from minigrad.ops.padding import pad
from tests.case import Case, normal


def windows(x, size, step):
    """Along the last dimension."""
    starts = range(0, x.shape[-1] - size + 1, step)
    return np.stack([x[..., s : s + size] for s in starts], axis=-2)


def framed(x, left, right, top, bottom, place):
    """Each element of the frame taken from ``place(index, size)``; None is the value 1.5."""
    height, width = x.shape[-2:]
    out = np.full((*x.shape[:-2], height + top + bottom, width + left + right), 1.5)
    for i in range(out.shape[-2]):
        for j in range(out.shape[-1]):
            a, b = place(i - top, height), place(j - left, width)
            if a is not None and b is not None:
                out[..., i, j] = x[..., a, b]
    return out


def inside(i, n):
    return i if 0 <= i < n else None


def mirrored(i, n):
    return -i if i < 0 else 2 * (n - 1) - i if i >= n else i


FRAME = (2, 1, 0, 2)

CASES = [
    Case("slice/narrow", lambda x: mg.narrow(x, 1, 1, 2), [normal(2, 4)], lambda x: x[:, 1:3]),
    Case("slice/narrow from the end", lambda x: x.narrow(0, -2, 2), [normal(3, 2)], lambda x: x[1:]),
    Case("slice/select", lambda x: mg.select(x, 1, -1), [normal(2, 4, 3)], lambda x: x[:, 3]),
    Case("unfold", lambda x: x.unfold(-1, 3, 1), [normal(2, 5)],
         lambda x: windows(x, 3, 1), covers=("unfold_grad",)),
    Case("unfold/steps", lambda x: x.unfold(1, 2, 3), [normal(2, 6)], lambda x: windows(x, 2, 3)),
    Case("unfold/first dimension", lambda x: x.unfold(0, 2, 2), [normal(5, 3)],
         lambda x: np.stack([x[0:2].T, x[2:4].T])),
    Case("unfold/zero dimensions", lambda x: x.unfold(0, 1, 1), [normal()], lambda x: x[None]),
    Case("as_strided", lambda x: x.clone().as_strided((3, 2), (1, 2)), [normal(6)],
         lambda x: np.array([[x[0], x[2]], [x[1], x[3]], [x[2], x[4]]]),
         covers=("as_strided_grad", "take_strided")),
    Case("as_strided/offset", lambda x: x.clone().as_strided((2, 2), (3, 0), 1), [normal(2, 3)],
         lambda x: np.array([[x[0, 1]] * 2, [x[1, 1]] * 2])),
    Case("as_strided/of a transposed tensor", lambda x: x.clone().t().as_strided((2,), (4,), 1),
         [normal(2, 3)], lambda x: np.array([x[0, 1], x[1, 2]])),
    Case("as_strided/beside a part", lambda x: x.clone()[1:].as_strided((2,), (1,), 0), [normal(3)],
         lambda x: x[:2], gradient=False),  # what it does not hold cannot get its gradient
    Case("pad", lambda x: pad(x, FRAME, value=1.5), [normal(2, 3, 4)], lambda x: framed(x, *FRAME, inside)),
    Case("pad/one dimension", lambda x: pad(x, (1, 0)), [normal(2, 3)],
         lambda x: np.hstack([np.zeros((2, 1)), x])),
    Case("pad/cut", lambda x: pad(x, (-1, 1)), [normal(2, 3)],
         lambda x: np.hstack([x[:, 1:], np.zeros((2, 1))])),
    Case("pad/reflect", lambda x: pad(x, FRAME, "reflect"), [normal(2, 3, 4)],
         lambda x: framed(x, *FRAME, mirrored)),
    Case("pad/replicate", lambda x: pad(x, FRAME, "replicate"), [normal(2, 3, 4)],
         lambda x: framed(x, *FRAME, lambda i, n: min(max(i, 0), n - 1))),
    Case("pad/circular", lambda x: pad(x, FRAME, "circular"), [normal(2, 3, 4)],
         lambda x: framed(x, *FRAME, lambda i, n: i % n)),
    Case("pad/circular cut", lambda x: pad(x, (2, -1), "circular"), [normal(1, 4)],
         lambda x: np.concatenate([x[:, 1:3], x[:, :3]], 1)),
]  # fmt: skip
