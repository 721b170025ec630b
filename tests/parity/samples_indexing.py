"""Rows for gathering, scattering, masks and indices."""

from __future__ import annotations

import numpy as np

from .sample import ALL, FLOATS, Draw, Given, Sample


def placed(d: Draw, dtypes=FLOATS):
    """A tensor, a dim, and an index of its number of dimensions within its other sizes."""
    x = d.tensor(d.shape(low=1), dtypes)
    shape = x.array.shape
    n = len(shape)
    dim = d.integer(-n, n - 1) if n else d.one_of(0, -1)
    size = tuple(d.integer(0, s) for s in shape)
    if n:
        size = (*size[: dim % n], d.integer(0, 5), *size[dim % n + 1 :])
    return x, dim, d.index(size, shape[dim] if n else 1)


def gathered(d: Draw):
    return placed(d, ALL), {}


def scattered(d: Draw):
    x, dim, index = placed(d)
    if x.array.ndim:  # one target each: which of several writers wins is open
        line = np.arange(index.array.shape[dim]) % x.array.shape[dim]
        kept = min(index.array.shape[dim], x.array.shape[dim])
        index.array = np.moveaxis(np.moveaxis(index.array, dim, -1) * 0 + line, -1, dim)
        index.array = np.ascontiguousarray(np.take(index.array, range(kept), dim))
    if d.flag():
        return (x, dim, index, d.one_of(2.0, -1.0)), {}
    source = d.tensor(index.array.shape, str(x.array.dtype))
    return (x, dim, index, source), {}


def added(d: Draw):
    x, dim, index = placed(d)
    return (x, dim, index, d.tensor(index.array.shape, str(x.array.dtype))), {}


def reduced(d: Draw):
    x, dim, index = placed(d)
    x = d.distinct(x.array.shape, str(x.array.dtype))
    source = d.distinct(index.array.shape, str(x.array.dtype))
    source.array = np.asarray(source.array + 0.0625)
    kind = d.one_of("sum", "prod", "mean", "amax", "amin")
    return (x, dim, index, source, kind), {"include_self": d.flag()}


def line_index(d: Draw, x: Given, distinct=False):
    n = x.array.ndim
    dim = d.integer(-n, n - 1) if n else 0
    size = x.array.shape[dim] if n else 1
    if distinct:
        order = d.random.permutation(size)[: d.integer(0, size)]
        return dim, Given(order.astype(np.int64), False)
    return dim, d.index((d.integer(0, 4),), size)


def rows_of(d: Draw):
    x = d.tensor(d.shape(low=1), ALL)
    return (x, *line_index(d, x)), {}


def rows_into(distinct):
    def draw(d: Draw):
        x = d.tensor(d.shape(1, low=1))
        dim, index = line_index(d, x, distinct)
        shape = list(x.array.shape)
        shape[dim] = len(index.array)
        return (x, dim, index, d.tensor(tuple(shape), str(x.array.dtype))), {}

    return draw


def rows_added(d: Draw):
    args, _ = rows_into(False)(d)
    return args, d.one_of({}, {"alpha": 2})


def rows_reduced(d: Draw):
    (x, dim, index, source), _ = rows_into(False)(d)
    return (x, dim, index, source, d.one_of("prod", "mean", "amax", "amin")), {"include_self": d.flag()}


def rows_filled(d: Draw):
    x = d.tensor(d.shape(1, low=1))
    return (x, *line_index(d, x), d.one_of(2.0, -1)), {}


def put_at(d: Draw):
    x = d.tensor(d.shape(1, low=1))
    n = d.integer(0, 4)
    accumulate = d.flag()
    if not accumulate:
        n = min(n, 1)
    index = tuple(d.index((n,), size) for size in x.array.shape)
    return (x, index, d.tensor(d.one_of((n,), (), (1,)), str(x.array.dtype))), {"accumulate": accumulate}


def masked(d: Draw):
    x, mask = d.broadcasting(2)
    return (d.tensor(x, ALL), d.mask(mask)), {}


def mask_filled(d: Draw):
    (x, mask), _ = masked(d)
    return (x, mask, d.one_of(1, 0, 2)), {}


def mask_filled_by_tensor(d: Draw):
    (x, mask), _ = masked(d)
    return (x, mask, d.tensor((), str(x.array.dtype))), {}


def mask_scattered(d: Draw):
    x = d.tensor()
    mask = d.mask(x.array.shape)
    return (x, mask, d.tensor((int(mask.array.sum()) + d.integer(-1, 2) if mask.array.sum() else 1,),
                              str(x.array.dtype))), {}  # fmt: skip


def taken(d: Draw):
    x = d.tensor(d.shape(low=1), ALL)
    return (x, d.index(d.shape(), x.array.size)), {}


def taken_along(d: Draw):
    x, dim, _ = placed(d)
    shape = list(x.array.shape)
    if not shape:
        return (x, d.index((), 1), None), {}
    size = shape[dim]
    shape[dim] = d.integer(0, 3)
    return (x, d.index(tuple(shape), size), dim), {}


def put_flat(d: Draw):
    x = d.tensor(d.shape(low=1))
    n = d.integer(0, 3)
    index = Given(d.random.permutation(max(x.array.size, n))[:n] % x.array.size, False)
    accumulate = len(set(index.array)) < n or d.flag()
    return (x, index, d.tensor((n,), str(x.array.dtype))), {"accumulate": accumulate}


def nonzero(d: Draw):
    return (d.tensor(dtypes=ALL, low=0, high=1),), d.one_of({}, {"as_tuple": True})


def into_select(d: Draw):
    x = d.tensor(d.shape(1, low=1))
    dim = d.integer(-x.array.ndim, x.array.ndim - 1)
    shape = list(x.array.shape)
    del shape[dim]
    return (x, d.tensor(tuple(shape), str(x.array.dtype)), dim, 0), {}


def into_slice(d: Draw):
    x = d.tensor(d.shape(1, low=2))
    shape = list(x.array.shape)
    shape[0] = len(range(shape[0])[1::2])
    return (x, d.tensor(tuple(shape), str(x.array.dtype)), 0, 1, None, 2), {}


def into_diagonal(d: Draw):
    n, m = d.integer(1, 3), d.integer(1, 3)
    x = d.tensor((n, m))
    return (x, d.tensor((min(n, m),), str(x.array.dtype))), {}


KEYS = [
    0, -1, slice(None), slice(1, None), slice(None, None, 2), None, ..., (0, 0), (..., 0), (slice(None), 1),
    (None, 0), ([0, 1],), ([0, 1], [1, 0]), (slice(None), [1, 0]), ([0, 1], slice(None), [0, 1]), True,
    (..., None), ([[0, 1], [1, 1]],), (0, [1, 0]), (slice(0, 0),), 7, (0, 0, 0, 0),
]  # fmt: skip


def keyed(d: Draw):
    x = d.tensor(d.shape(1, 3, 2, 3), ALL)
    return (x, d.one_of(*KEYS)), {}


def mask_keyed(d: Draw):
    x = d.tensor(d.shape(1, 3, 1, 3), ALL)
    return (x, d.mask(x.array.shape[: d.integer(1, x.array.ndim)])), {}


def assigned(d: Draw):
    x = d.tensor(d.shape(2, 3, 2, 3))
    value = d.one_of(1.5, d.tensor((), str(x.array.dtype)), d.tensor((1, 1), str(x.array.dtype)))
    return (x, d.one_of(*KEYS[:-2]), value), {}


SAMPLES = [
    Sample("gather", gathered),
    Sample("scatter", scattered),
    Sample("scatter_add", added),
    Sample("scatter_reduce", reduced),
    Sample("index_select", rows_of),
    Sample("index_add", rows_added),
    Sample("index_copy", rows_into(True)),
    Sample("index_fill", rows_filled),
    Sample("index_reduce", rows_reduced),
    Sample("index_put", put_at),
    Sample("masked_fill", mask_filled),
    Sample("masked_fill", mask_filled_by_tensor),
    Sample("masked_select", masked),
    Sample("masked_scatter", mask_scattered),
    Sample("take", taken),
    Sample("take_along_dim", taken_along),
    Sample(".put", put_flat),
    Sample("nonzero", nonzero),
    Sample("argwhere", lambda d: ((d.tensor(dtypes=ALL, low=0, high=1),), {})),
    Sample("select_scatter", into_select),
    Sample("slice_scatter", into_slice),
    Sample("diagonal_scatter", into_diagonal),
    Sample(".__getitem__", keyed),
    Sample(".__getitem__", mask_keyed),
]
