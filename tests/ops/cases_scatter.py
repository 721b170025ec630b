"""Rows for ops/gathering.py, scatter.py, rows.py, placing.py and masking.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import scatter as ops
from tests.case import Case, apart, normal

INDEX = np.array([[0, 2, 1], [2, 2, 0]])
ROWS = np.array([2, 0, 2])
MASK = np.array([[True, False, True], [False, False, True]])


def slow_gather(x, index, dim):
    y = np.zeros(index.shape)
    for place in np.ndindex(index.shape):
        source = list(place)
        source[dim] = index[place]
        y[place] = x[tuple(source)]
    return y


def slow_scatter(x, src, index, dim, combine):
    y = x.copy()
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        y[tuple(target)] = combine(y[tuple(target)], src[place])
    return y


def written(x, key, values):
    y = x.copy()
    y[key] = values
    return y


def scattered(name, reduce, combine, make=normal):
    return Case(
        name,
        lambda x, src: mg.scatter_reduce(x, 0, mg.tensor(INDEX), src, reduce),
        [make(3, 3), make(2, 3, seed=1) * 1.01],
        lambda x, src: slow_scatter(x, src, INDEX, 0, combine),
        covers=("scatter_add",) if reduce in ("sum", "mean") else (),
    )


WITH_ZEROS = np.array([[0.0, 2.0, 1.5], [3.0, 0.0, 2.0], [1.0, 1.0, 0.0]])
TIED = np.array([1.0, 5.0, 5.0]), np.array([5.0, 5.0, 0.0])

CASES = [
    Case(
        "gather",
        lambda x: mg.gather(x, 0, mg.tensor(INDEX)),
        [normal(3, 4)],
        lambda x: slow_gather(x, INDEX, 0),
        covers=("gather_grad",),
    ),
    Case(
        "gather/last dimension",
        lambda x: mg.gather(x, -1, mg.tensor(INDEX)),
        [normal(2, 3)],
        lambda x: slow_gather(x, INDEX, 1),
        covers=("gather_grad",),
    ),
    Case("gather/zero dimensions", lambda x: mg.gather(x, 0, mg.tensor(0)), [normal()], lambda x: x),
    Case(
        "gather/broadcast",
        lambda x: mg.take_along_dim(x, mg.tensor([[1, 0, 1]]), 1),
        [normal(4, 2)],
        lambda x: x[:, [1, 0, 1]],
        covers=("gather_grad", "expand"),
    ),
    Case(
        "scatter",
        lambda x, src: mg.scatter(x, 1, mg.tensor(INDEX[:1]), src),
        [normal(3, 3), normal(3, 3, seed=1)],
        lambda x, src: slow_scatter(x, src, INDEX[:1], 1, lambda old, new: new),
    ),
    Case(
        # Two writers to one place: the later one stays, and has the whole gradient.
        "scatter/written twice",
        lambda x, src: mg.scatter(x, 0, mg.tensor(INDEX), src),
        [normal(3, 3), normal(2, 3, seed=1)],
        lambda x, src: slow_scatter(x, src, INDEX, 0, lambda old, new: new),
    ),
    Case(
        "scatter/one value",
        lambda x: mg.scatter(x, 1, mg.tensor(INDEX), 7.0),
        [normal(3, 3)],
        lambda x: slow_scatter(x, np.full((2, 3), 7.0), INDEX, 1, lambda old, new: new),
    ),
    Case(
        "scatter_add",
        lambda x, src: mg.scatter_add(x, 0, mg.tensor(INDEX), src),
        [normal(3, 3), normal(3, 3, seed=1)],
        lambda x, src: slow_scatter(x, src, INDEX, 0, lambda old, new: old + new),
    ),
    scattered("scatter_add/scatter sum", "sum", lambda old, new: old + new),
    scattered("linear_scan/scatter prod", "prod", lambda old, new: old * new),
    scattered(
        "linear_scan/scatter prod with zeros",
        "prod",
        lambda a, b: a * b,
        lambda *s, seed=0: WITH_ZEROS[: s[0]],
    ),
    scattered("scatter_amax", "amax", max, apart),
    scattered("scatter_amin", "amin", min, apart),
    Case(
        "scatter_tie_weights",
        lambda x, src: ops._scatter_tie_weights(
            x, src, mg.tensor([1, 1, 0]), mg.tensor([1.0, 5.0, 5.0]), dim=0
        ),
        list(TIED),
        lambda x, src: (np.array([1, 1 / 3, 1]), np.array([1 / 3, 1 / 3, 0])),
        gradient=False,
    ),
    Case(
        "scatter_add/scatter mean without self",
        lambda x, src: mg.scatter_reduce(x, 0, mg.tensor([2, 0, 2]), src, "mean", include_self=False),
        [normal(3), normal(3, seed=1)],
        lambda x, src: np.array([src[1], x[1], (src[0] + src[2]) / 2]),
    ),
    Case(
        "index/index_select",
        lambda x: x.index_select(1, mg.tensor(ROWS)),
        [normal(2, 3, 2)],
        lambda x: x[:, ROWS],
    ),
    Case(
        "add_at/index_add",
        lambda x, s: x.index_add(0, mg.tensor(ROWS), s, alpha=2),
        [normal(3, 2), normal(3, 2, seed=1)],
        lambda x, s: x + 2 * np.stack([s[1], 0 * s[1], s[0] + s[2]]),
    ),
    Case(
        "put_at/index_copy",
        lambda x, s: x.index_copy(1, mg.tensor([2, 0]), s),
        [normal(2, 3), normal(2, 2, seed=1)],
        lambda x, s: written(x, (slice(None), [2, 0]), s),
    ),
    Case(
        "put_at/index_fill",
        lambda x, v: x.index_fill(0, mg.tensor([2, 0]), v),
        [normal(3, 2), normal()],
        lambda x, v: written(x, [2, 0], v),
    ),
    Case(
        "index/take",
        lambda x: x.take(mg.tensor([[0, -1], [3, 3]])),
        [normal(2, 3)],
        lambda x: x.ravel()[[[0, 5], [3, 3]]],
    ),
    Case(
        "put_at/index_fill, one slice twice",
        lambda x, v: x.index_fill(1, mg.tensor(ROWS), v),
        [normal(2, 3), normal()],
        lambda x, v: written(x, (slice(None), ROWS), v),
    ),
    Case(
        "put_at/index_copy, one slice twice",
        lambda x, s: x.index_copy(0, mg.tensor(ROWS), s),
        [normal(3, 2), normal(3, 2, seed=1)],
        lambda x, s: np.stack([s[1], x[1], s[2]]),
    ),
    Case(
        "put_at/index_put, one place twice",
        lambda x, v: x.index_put((mg.tensor([[0, 1], [1, -2]]), mg.tensor([2, 0])), v),
        [normal(3, 3), normal(2, 2, seed=1)],
        lambda x, v: written(x, ([0, 1, 1], [2, 0, 2]), np.array([v[0, 0], v[1, 1], v[1, 0]])),
    ),
    Case(
        "put_at/put, one place twice",
        lambda x, s: x.put(mg.tensor([1, -5, 0]), s),
        [normal(2, 3), normal(3, seed=1)],
        lambda x, s: written(x, (0, [1, 0]), s[1:]),
    ),
    Case(
        "put_at/put",
        lambda x, s: x.put(mg.tensor([[1, -1]]), s),
        [normal(2, 3), normal(1, 2, seed=1)],
        lambda x, s: written(x, ([0, 1], [1, 2]), s[0]),
    ),
    Case(
        "index_grad/put accumulating",
        lambda x, s: x.put(mg.tensor([1, 1]), s, accumulate=True),
        [normal(2, 3), normal(2, seed=1)],
        lambda x, s: written(x, (0, 1), x[0, 1] + s.sum()),
    ),
    Case(
        "put_at/index_put",
        lambda x, v: x.index_put((mg.tensor([0, 1]), mg.tensor([2, 0])), v),
        [normal(2, 3), normal(2, seed=1)],
        lambda x, v: written(x, ([0, 1], [2, 0]), v),
    ),
    Case(
        "add_at/index_put accumulating",
        lambda x, v: x.index_put((None, mg.tensor(ROWS)), v, accumulate=True),
        [normal(2, 3), normal(2, 1, seed=1)],
        lambda x, v: x + v * np.array([1, 0, 2]),
    ),
    Case(
        "add/index_put accumulating everywhere",
        lambda x, v: x.index_put((None, None), v, accumulate=True),
        [normal(2, 3), normal(3, seed=1)],
        np.add,
    ),
    Case(
        "where/masked_fill",
        lambda x, v: x.masked_fill(mg.tensor(MASK), v),
        [normal(2, 3), normal()],
        lambda x, v: np.where(MASK, v, x),
    ),
    Case(
        "where/masked_fill broadcast",
        lambda x: x.masked_fill(mg.tensor(MASK), 9),
        [normal(3)],
        lambda x: np.where(MASK, 9, x),
    ),
    Case(
        "index/masked_select", lambda x: x.masked_select(mg.tensor(MASK)), [normal(3)], lambda x: x[[0, 2, 2]]
    ),
    Case(
        "put_at/masked_scatter",
        lambda x, s: x.masked_scatter(mg.tensor(MASK), s),
        [normal(2, 3), normal(2, 2, seed=1)],
        lambda x, s: written(x, MASK, s.ravel()[:3]),
    ),
    Case(
        "put_at/select_scatter",
        lambda x, s: x.select_scatter(s, 1, -1),
        [normal(2, 3), normal(2)],
        lambda x, s: written(x, (slice(None), 2), s),
    ),
    Case(
        "put_at/slice_scatter",
        lambda x, s: x.slice_scatter(s, 1, 0, None, 2),
        [normal(2, 3), normal(2, 2)],
        lambda x, s: written(x, (slice(None), slice(0, None, 2)), s),
    ),
    Case(
        "put_at/diagonal_scatter",
        lambda x, s: x.diagonal_scatter(s, 1),
        [normal(3, 3), normal(2)],
        lambda x, s: written(x, ([0, 1], [1, 2]), s),
    ),
]
