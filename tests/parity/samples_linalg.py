"""Rows for products, decompositions, solutions and distances."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .sample import FLOATS, Draw, Given, Sample

PRODUCTS = (*FLOATS, "int64")


def shapes(*makers, dtypes=PRODUCTS):
    """Tensors of one dtype; each maker gives a shape from the sizes b, n, m, k."""

    def draw(d: Draw):
        sizes = [d.integer(0, 3) for _ in range(4)]
        dtype = d.one_of(*dtypes)
        return tuple(d.tensor(make(*sizes), dtype) for make in makers), {}

    return draw


def scaled(*makers):
    def draw(d: Draw):
        args, _ = shapes(*makers, dtypes=FLOATS)(d)
        return args, d.one_of({}, {"beta": 0.5}, {"alpha": 2.0}, {"beta": 0.0, "alpha": -1.0})

    return draw


def matmul(d: Draw):
    n, m, k, b = (d.integer(0, 3) for _ in range(4))
    x, y = d.one_of(
        ((m,), (m,)), ((n, m), (m,)), ((m,), (m, k)), ((n, m), (m, k)), ((b, n, m), (m, k)), ((b, n, m), (m,)),
        ((m,), (b, m, k)), ((b, n, m), (b, m, k)), ((2, 1, n, m), (b, m, k)), ((n, m), (n + 1, k)), ((), (m,)),
    )  # fmt: skip
    dtype = d.one_of(*PRODUCTS)
    return (d.tensor(x, dtype), d.tensor(y, dtype)), {}


def einsum(d: Draw):
    n, m, k, b = (d.integer(1, 3) for _ in range(4))
    equation, *sizes = d.one_of(
        ("ij,jk->ik", (n, m), (m, k)), ("bij,bjk", (b, n, m), (b, m, k)), ("ii", (n, n)), ("ii->i", (n, n)),
        ("i,j->ij", (n,), (m,)), ("...ij,...jk->...ik", (b, n, m), (m, k)), ("ij->ji", (n, m)), ("ij->", (n, m)),
        ("ij,ij->i", (n, m), (n, m)), ("bi,ijk,bk->bj", (b, n), (n, m, k), (b, k)), ("ij,jk", (n, m), (m + 1, k)),
    )  # fmt: skip
    dtype = d.one_of(*FLOATS)
    return (equation, *(d.tensor(s, dtype) for s in sizes)), {}


def tensordot(d: Draw):
    n, m, k = (d.integer(1, 3) for _ in range(3))
    dtype = d.one_of(*FLOATS)
    x, y = d.tensor((n, m, k), dtype), d.tensor((m, k, n), dtype)
    return (x, y), {"dims": d.one_of(2, ([1, 2], [0, 1]), ([0], [2]), 0)}


def any_pair(least=0, most=2):
    def draw(d: Draw):
        dtype = d.one_of(*FLOATS)
        return (d.tensor(d.shape(least, most, 1), dtype), d.tensor(d.shape(least, most, 1), dtype)), {}

    return draw


def chain(d: Draw):
    sizes = [d.integer(1, 3) for _ in range(5)]
    dtype = d.one_of(*FLOATS)
    return ([d.tensor((a, b), dtype) for a, b in pairwise(sizes)],), {}


def conditioned(batch=True, dtypes=("float64",)):
    """Well-conditioned square matrices: random plus a heavy diagonal with distinct entries."""

    def draw(d: Draw):
        n = d.integer(0, 3)
        shape = (*(d.shape(0, 1) if batch else ()), n, n)
        array = d.values(shape, d.one_of(*dtypes), -1, 1)
        return (Given(d.strided(array + np.diag(3.0 + 2 * np.arange(n)).astype(array.dtype))),), {}

    return draw


def definite(d: Draw):
    (x,), _ = conditioned()(d)
    return (Given(x.array @ x.array.swapaxes(-1, -2)),), {}


def symmetric(d: Draw):
    (x,), _ = conditioned()(d)
    return (Given(x.array + x.array.swapaxes(-1, -2)),), {}


def system(d: Draw):
    (x,), _ = conditioned()(d)
    n = x.array.shape[-1]
    return (x, d.tensor((*x.array.shape[:-2], n, d.integer(1, 2)), "float64")), {}


def triangular(d: Draw):
    (a, b), _ = system(d)
    return (a, b), {"upper": d.flag(), "unitriangular": d.flag()}


def tall(d: Draw):
    n = d.integer(1, 3)
    array = d.values((*d.shape(0, 1, 1), n + d.integer(0, 2), n), "float64", -1, 1)
    array[..., range(n), range(n)] += 3.0 + 2 * np.arange(n)
    return (Given(d.strided(array)),), {}


def overdetermined(d: Draw):
    (a,), _ = tall(d)
    return (a, d.tensor((*a.array.shape[:-1], 2), "float64")), {}


def vector_norm(d: Draw):
    x = d.tensor(low=0.3)
    dim = d.dims(x.array.ndim)
    return (x, d.one_of(2, 1, 0, 3, 0.5, float("inf"), -float("inf"))), {"dim": dim, "keepdim": d.flag()}


def matrix_norm(d: Draw):
    (x,), _ = tall(d)
    return (x, d.one_of("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf"))), {"keepdim": d.flag()}


def any_norm(d: Draw):
    (x,), _ = tall(d)
    return d.one_of(((x,), {}), ((x, 2, -1), {}), ((x, "fro", (-2, -1)), {}), ((x, 1, (-2, -1)), {}))


def power(d: Draw):
    (x,), _ = conditioned()(d)
    return (x, d.integer(-2, 4)), {}


def distances(d: Draw):
    b, m = d.shape(0, 1), d.integer(1, 3)
    dtype = d.one_of(*FLOATS)
    x, y = d.tensor((*b, d.integer(0, 3), m), dtype), d.tensor((*b, d.integer(0, 3), m), dtype)
    return (x, y), {"p": d.one_of(2.0, 1.0, 3.0, float("inf"))}


def cross(d: Draw):
    shape = (*d.shape(0, 2), 3)
    dtype = d.one_of(*FLOATS)
    return (d.tensor(shape, dtype), d.tensor(shape, dtype)), {"dim": -1}


def similar(d: Draw):
    x, y = d.together(2, FLOATS, 0.3, 3, mixed=False)
    return (x, y), {"dim": d.one_of(0, -1)} if min(x.array.ndim, y.array.ndim) else {"dim": -1}


def similar_pairs(d: Draw):
    shape = d.shape(1, 2, 1)
    dtype = d.one_of(*FLOATS)
    return (d.tensor(shape, dtype, 0.3), d.tensor(shape, dtype, 0.3)), {"p": d.one_of(2.0, 1.0)}


def reconstructed(found):
    """U S V' is unique, its factors are not."""
    u, s, vh = found
    return [(u * s.unsqueeze(-2)) @ vh, s]


def projector(found):
    values, vectors = found
    return [values, (vectors * values.unsqueeze(-2)) @ vectors.mT]


def tensor_system(d: Draw):
    a = d.values((2, 3, 6), "float64", -1, 1) + np.eye(6).reshape(2, 3, 6) * 4
    return (Given(a), d.tensor((2, 3), "float64")), {}


SAMPLES = [
    Sample("matmul", matmul),
    Sample("mm", shapes(lambda b, n, m, k: (n, m), lambda b, n, m, k: (m, k))),
    Sample("bmm", shapes(lambda b, n, m, k: (b, n, m), lambda b, n, m, k: (b, m, k))),
    Sample("mv", shapes(lambda b, n, m, k: (n, m), lambda b, n, m, k: (m,))),
    Sample("dot", shapes(lambda b, n, m, k: (n,), lambda b, n, m, k: (n,))),
    Sample("vdot", shapes(lambda b, n, m, k: (n,), lambda b, n, m, k: (n,))),
    Sample("inner", shapes(lambda b, n, m, k: (b, m), lambda b, n, m, k: (n, m), dtypes=FLOATS)),
    Sample("outer", shapes(lambda b, n, m, k: (n,), lambda b, n, m, k: (m,)), also=("ger",)),
    Sample("addmm", scaled(lambda b, n, m, k: (n, k), lambda b, n, m, k: (n, m), lambda b, n, m, k: (m, k))),
    Sample("addmv", scaled(lambda b, n, m, k: (n,), lambda b, n, m, k: (n, m), lambda b, n, m, k: (m,))),
    Sample("addr", scaled(lambda b, n, m, k: (n, m), lambda b, n, m, k: (n,), lambda b, n, m, k: (m,))),
    Sample(
        "baddbmm",
        scaled(lambda b, n, m, k: (b, n, k), lambda b, n, m, k: (b, n, m), lambda b, n, m, k: (b, m, k)),
    ),
    Sample(
        "addbmm",
        scaled(lambda b, n, m, k: (n, k), lambda b, n, m, k: (b, n, m), lambda b, n, m, k: (b, m, k)),
    ),
    Sample("einsum", einsum),
    Sample("tensordot", tensordot),
    Sample("kron", any_pair(), accepts="tensors with gaps, of which PyTorch wants a view"),
    Sample("chain_matmul", lambda d: (tuple(chain(d)[0][0]), {})),
    Sample("linalg.multi_dot", chain),
    Sample("trace", shapes(lambda b, n, m, k: (n, m))),
    Sample("matrix_power", power, also=("linalg.matrix_power",)),
    Sample("matrix_exp", conditioned(), also=("linalg.matrix_exp",), rtol=1e-8),
    # decompositions and solutions
    Sample("det", conditioned(), also=("linalg.det",)),
    Sample("logdet", definite),
    Sample("slogdet", conditioned(), also=("linalg.slogdet",)),
    Sample("inverse", conditioned(), also=("linalg.inv",)),
    Sample("linalg.solve", system),
    Sample("linalg.solve_triangular", triangular),
    Sample("linalg.cholesky", definite, also=("cholesky",)),
    Sample("linalg.qr", tall),
    Sample("linalg.svd", lambda d: (tall(d)[0], {"full_matrices": False}), result=reconstructed),
    Sample("linalg.svdvals", tall),
    Sample("linalg.eigh", symmetric, result=projector),
    Sample("linalg.eigvalsh", symmetric),
    Sample("linalg.lstsq", overdetermined, result=lambda found: found[0]),
    Sample("pinverse", lambda d: (tall(d)[0], {})),
    Sample("linalg.pinv", tall),
    Sample("linalg.vector_norm", vector_norm),
    Sample("linalg.matrix_norm", matrix_norm),
    Sample("linalg.norm", any_norm),
    Sample("linalg.cond", tall),
    Sample("linalg.matrix_rank", tall),
    Sample("linalg.vecdot", cross),
    Sample("linalg.cross", cross),
    Sample("linalg.vander", lambda d: ((d.tensor(d.shape(1, low=2)),), {})),
    Sample("linalg.tensorinv", lambda d: (tensor_system(d)[0][:1], {"ind": 2})),
    Sample("linalg.tensorsolve", tensor_system),
    # distances
    Sample("cdist", distances),
    Sample("cross", cross),
    Sample("cosine_similarity", similar),
    Sample("pairwise_distance", similar_pairs),
    Sample(
        "pdist", lambda d: ((d.tensor((d.integer(2, 4), d.integer(1, 3))),), {"p": d.one_of(2.0, 1.0, 3.0)})
    ),
    Sample("renorm", lambda d: ((d.tensor(d.shape(2, low=1)), d.one_of(1, 2), d.one_of(0, 1), 1.5), {})),
]
