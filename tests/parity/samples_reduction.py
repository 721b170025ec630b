"""Rows for reductions, statistics, running sums, order and counting."""

from __future__ import annotations

import numpy as np

from .sample import ALL, FLOATS, INTEGERS, NUMBERS, Draw, Sample

POSITIVE = (0.3, 3)


def over(dtypes=NUMBERS, several=True, low=-3.0, high=3.0, least=0, special=False):
    """A tensor, and a dim (or dims), keepdim, or nothing."""

    def draw(d: Draw):
        x = d.tensor(d.shape(least), dtypes, low, high, special=special)
        if d.one_of(True, False, False):
            return (x,), {}
        dim = d.dims(x.array.ndim) if several else d.dim(x.array.ndim)
        if dim is None:
            return (x,), {}
        return (x, dim), d.one_of({}, {"keepdim": True}, {"keepdim": False})

    return draw


def along(dtypes=FLOATS, keepdim=True, size=0, several=False, low=-3.0, high=3.0, distinct=False):
    """A tensor and one dim, always given."""

    def draw(d: Draw):
        shape = d.shape(low=size)
        x = d.distinct(shape, dtypes) if distinct else d.tensor(shape, dtypes, low, high)
        dim = d.dim(len(shape))
        if several and shape and d.flag():
            dim = tuple(range(d.integer(1, len(shape))))
        return (x, dim), ({"keepdim": d.flag()} if keepdim else {})

    return draw


def with_dtype(d: Draw):
    x = d.tensor(dtypes=ALL)
    return (x, d.dim(x.array.ndim)), {"dtype": np.dtype(d.one_of("float64", "float32", "int64"))}


def spread(d: Draw):
    x = d.tensor(d.shape(low=1))
    kwargs = d.one_of({}, {"correction": 0}, {"unbiased": False}, {"unbiased": True})
    kwargs = dict(kwargs, keepdim=d.flag())
    dim = d.dims(x.array.ndim)
    return (x,), ({"dim": dim, **kwargs} if dim is not None or "correction" in kwargs else {})


def picked(d: Draw):
    """max and min: everything, along a dim, or of two tensors."""
    kind = d.one_of("all", "dim", "pair")
    if kind == "pair":
        return d.together(2, FLOATS), {}
    x = d.distinct(d.shape())
    return ((x,), {}) if kind == "all" else ((x, d.dim(x.array.ndim)), {"keepdim": d.flag()})


def position(d: Draw):
    x = d.distinct(d.shape(), NUMBERS)
    return (x,), d.one_of({}, {"dim": d.dim(x.array.ndim)}, {"dim": d.dim(x.array.ndim), "keepdim": True})


def middle(d: Draw):
    x = d.distinct(d.shape(), (*FLOATS, "int64"))
    return ((x,), {}) if d.flag() else ((x, d.dim(x.array.ndim)), {"keepdim": d.flag()})


def most_frequent(d: Draw):
    x = d.distinct(d.shape(low=1), (*FLOATS, "int64"))
    return ((x,), {}) if d.flag() else ((x, d.dim(x.array.ndim)), {"keepdim": d.flag()})


def quantile(d: Draw):
    dtype = d.one_of(*FLOATS)
    x = d.distinct(d.shape(low=1), dtype)
    q = d.one_of(0.0, 0.3, 0.5, 1.0, d.tensor((3,), dtype, 0, 1, gradient=False))
    kwargs = {} if d.flag() else {"dim": d.dim(x.array.ndim), "keepdim": d.flag()}
    return (x, q), {**kwargs, "interpolation": d.one_of("linear", "lower", "higher", "midpoint", "nearest")}


def norm(d: Draw):
    x = d.tensor(low=0.3)
    p = d.one_of("fro", 2, 1, 3, 0, 2.5, float("inf"), -float("inf"))
    return (x, p), d.one_of({}, {"dim": d.dim(x.array.ndim)}, {"dim": d.dim(x.array.ndim), "keepdim": True})


def differences(d: Draw):
    x = d.tensor(d.shape(1), (*FLOATS, "int64"))
    return (x,), {"n": d.one_of(1, 1, 2), "dim": d.dim(x.array.ndim)}


def ordered(d: Draw):
    x = d.distinct(d.shape(), NUMBERS)
    return (x,), {"dim": d.dim(x.array.ndim), "descending": d.flag(), "stable": d.flag()}


def largest(d: Draw):
    x = d.distinct(d.shape(), (*FLOATS, "int64"))
    return (x, d.integer(0 if x.array.ndim else 1, 3)), {"dim": d.dim(x.array.ndim), "largest": d.flag()}


def kth(d: Draw):
    x = d.distinct(d.shape(low=1), (*FLOATS, "int64"))
    return (x, d.integer(1, 2), d.dim(x.array.ndim)), {"keepdim": d.flag()}


def searched(d: Draw):
    dtype = d.one_of("float64", "float32", "int64")
    rows = d.shape(0, 2)
    n = d.integer(0, 5)
    order = d.tensor((*rows, n), dtype)
    order.array.sort(-1)
    order.gradient = False
    sought = d.tensor((*rows, d.integer(0, 4)), dtype, gradient=False)
    return (order, sought), d.one_of(
        {}, {"right": True}, {"side": "left"}, {"side": "right"}, {"out_int32": True}
    )


def buckets(d: Draw):
    (edges, _), _ = searched(d)
    edges.array = np.sort(edges.array.reshape(-1))
    return (d.tensor(dtypes=str(edges.array.dtype), gradient=False), edges), {"right": d.flag()}


def distinct_values(d: Draw):
    x = d.tensor(dtypes=ALL, gradient=False)
    return (x,), {"return_inverse": d.flag(), "return_counts": d.flag()}


def distinct_rows(d: Draw):
    x = d.tensor(d.shape(1, 3, 1), "int64", 0, 1)
    dim = d.integer(-x.array.ndim, x.array.ndim - 1)
    return (x,), {"return_inverse": d.flag(), "return_counts": d.flag(), "dim": dim}


def counts(d: Draw):
    n = d.integer(1, 6)
    x = d.tensor((n,), INTEGERS, 0, 5)
    weights = d.one_of({}, {"weights": d.tensor((n,), FLOATS, gradient=False)})
    return (x,), {**weights, "minlength": d.one_of(0, 3, 9)}


def bins(d: Draw):
    x = d.tensor(d.shape(low=1), gradient=False)
    return (x,), d.one_of({"bins": 5}, {"bins": 4, "min": -1, "max": 2}, {"bins": 3, "min": 1, "max": 1})


def edges(d: Draw):
    dtype = d.one_of(*FLOATS)
    x = d.tensor(d.shape(1, low=2), dtype, gradient=False)
    weight = d.one_of({}, {"weight": d.tensor(x.array.shape, dtype, 0, 1, gradient=False)})
    return (x, d.integer(1, 5)), {**weight, **d.one_of({}, {"range": (-1.0, 2.0)}), "density": d.flag()}


def observations(d: Draw):
    x = d.tensor(d.shape(1, 2, 2))
    return (x,), d.one_of({}, {"correction": 0})


def weighted(d: Draw):
    n = d.integer(3, 5)
    x = d.tensor((d.integer(1, 3), n))
    return (x,), {"fweights": d.tensor((n,), "int64", 1, 4), "correction": d.one_of(0, 1)}


def table(d: Draw):
    return (d.tensor(d.shape(1, 2, 2)),), {}


def samples_of_a_curve(d: Draw):
    y = d.tensor(d.shape(1, low=1), FLOATS)
    dim = d.dim(y.array.ndim)
    kind = d.one_of("unit", "dx", "x")
    if kind == "x" and -y.array.ndim <= dim < y.array.ndim:
        return (y, d.tensor((y.array.shape[dim],), str(y.array.dtype))), {"dim": dim}
    return (y,), ({"dx": 0.5, "dim": dim} if kind == "dx" else {"dim": dim})


def field(d: Draw):
    x = d.tensor(d.shape(1, 3, 3, 5), FLOATS)
    dim = d.integer(-x.array.ndim, x.array.ndim - 1)
    return (x,), d.one_of({}, {"spacing": 2.0}, {"dim": dim}, {"dim": dim, "edge_order": 2})


def distance(d: Draw):
    x, y = d.together(2, FLOATS, *POSITIVE, mixed=False)
    return (x, y), d.one_of({}, {"p": 1}, {"p": 3}, {"p": float("inf")})


SAMPLES = [
    Sample("sum", over(ALL)),
    Sample("sum", with_dtype, accepts="an integer sum of a tensor that requires grad: no gradient"),
    Sample("nansum", over(NUMBERS, special=True)),
    Sample("mean", over(FLOATS)),
    Sample("mean", over(INTEGERS)),
    Sample("nanmean", over(FLOATS, special=True)),
    Sample("prod", over(ALL, several=False)),
    Sample("logsumexp", along(several=True)),
    Sample("all", over(ALL)),
    Sample("any", over(ALL)),
    Sample("count_nonzero", lambda d: ((x := d.tensor(dtypes=ALL), d.dims(x.array.ndim)), {})),
    Sample("var", spread),
    Sample("std", spread),
    Sample("var_mean", spread),
    Sample("std_mean", spread),
    Sample("amax", over(FLOATS)),
    Sample("amin", over(FLOATS)),
    Sample("aminmax", lambda d: ((x := d.tensor(dtypes=NUMBERS),), {"dim": d.dim(x.array.ndim)})),
    Sample("max", picked),
    Sample("min", picked),
    Sample("argmax", position),
    Sample("argmin", position),
    Sample("median", middle, refuses="no integers at all: PyTorch makes one up"),
    Sample("nanmedian", middle, refuses="no integers at all: PyTorch makes one up"),
    Sample("mode", most_frequent),
    Sample("quantile", quantile),
    Sample("nanquantile", quantile),
    Sample("norm", norm),
    Sample("dist", distance),
    Sample("cumsum", along(NUMBERS, keepdim=False)),
    Sample("cumprod", along(NUMBERS, keepdim=False)),
    Sample("logcumsumexp", along(keepdim=False)),
    Sample("cummax", along(FLOATS, keepdim=False, size=1, distinct=True)),
    Sample("cummin", along(FLOATS, keepdim=False, size=1, distinct=True)),
    Sample("diff", differences),
    Sample("softmax", along(keepdim=False)),
    Sample("log_softmax", along(keepdim=False)),
    Sample("sort", ordered),
    Sample("argsort", ordered),
    Sample("msort", lambda d: ((d.distinct(d.shape(1)),), {})),
    Sample("topk", largest),
    Sample("kthvalue", kth),
    Sample("searchsorted", searched),
    Sample("bucketize", buckets),
    Sample("unique", distinct_values),
    Sample("unique", distinct_rows),
    Sample("unique_consecutive", distinct_values),
    Sample("unique_consecutive", distinct_rows),
    Sample("bincount", counts),
    Sample("histc", bins),
    Sample("histogram", edges),
    Sample("cov", observations),
    Sample("cov", weighted),
    Sample("corrcoef", table),
    Sample("trapezoid", samples_of_a_curve, also=("trapz",)),
    Sample("cumulative_trapezoid", samples_of_a_curve),
    Sample("gradient", field),
]
