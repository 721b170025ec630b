"""Rows for shapes, order of dimensions, joining, cutting, diagonals and creation."""

from __future__ import annotations

import numpy as np

from .sample import ALL, FLOATS, Draw, Sample


def plain(least=0, most=3):
    return lambda d: ((d.tensor(d.shape(least, most), ALL),), {})


def reshaped(d: Draw):
    x = d.tensor(dtypes=ALL)
    n = x.array.size
    return (x, d.one_of((-1,), (n,), (1, n), (n, 1), (2, -1), (n + 1,), x.array.shape[::-1])), {}


def viewed(d: Draw):
    x = d.tensor(dtypes=ALL)
    x.array = np.ascontiguousarray(x.array) if x.array.ndim else x.array
    return (x, d.one_of((-1,), (x.array.size,), (1, *x.array.shape), (2, -1))), {}


def one_dim(least=0):
    def draw(d: Draw):
        x = d.tensor(d.shape(least), ALL)
        return (x, d.dim(x.array.ndim)), {}

    return draw


def two_dims(d: Draw):
    x = d.tensor(dtypes=ALL)
    return (x, d.dim(x.array.ndim), d.dim(x.array.ndim)), {}


def permuted(d: Draw):
    x = d.tensor(dtypes=ALL)
    n = x.array.ndim
    order = list(d.random.permutation(n))
    return (x, tuple(int(p) - n if d.flag() else int(p) for p in order)), {}


def moved(d: Draw):
    x = d.tensor(d.shape(1), ALL)
    n = x.array.ndim
    if d.flag():
        return (x, d.dim(n), d.dim(n)), {}
    source = tuple(int(p) for p in d.random.permutation(n)[: d.integer(1, n)])
    return (x, source, source[::-1]), {}


def flattened(d: Draw):
    x = d.tensor(dtypes=ALL)
    return (x,), d.one_of({}, {"start_dim": d.dim(x.array.ndim)}, {"end_dim": d.dim(x.array.ndim)})


def unflattened(d: Draw):
    x = d.tensor((d.integer(0, 2), 6), FLOATS)
    return (x, d.one_of(1, -1, 0), d.one_of((2, 3), (-1, 2), (6, 1, 1), (4, 2))), {}


def squeezed(d: Draw):
    x = d.tensor(d.shape(high=2), ALL)
    return ((x,), {}) if d.flag() else ((x, d.dim(x.array.ndim)), {})


def squeezed_dims(d: Draw):
    x = d.tensor(d.shape(1, high=2), ALL)
    return (x, tuple(range(d.integer(0, x.array.ndim)))), {}


def unsqueezed(d: Draw):
    x = d.tensor(dtypes=ALL)
    return (x, d.integer(-x.array.ndim - 2, x.array.ndim + 1)), {}


def narrowed(d: Draw):
    x = d.tensor(d.shape(1), ALL)
    return (x, d.dim(x.array.ndim), d.integer(-1, 2), d.integer(0, 2)), {}


def selected(d: Draw):
    x = d.tensor(d.shape(1), ALL)
    return (x, d.dim(x.array.ndim), d.integer(-2, 2)), {}


def windows(d: Draw):
    x = d.tensor(d.shape(1, high=5))
    return (x, d.dim(x.array.ndim), d.integer(1, 3), d.integer(1, 2)), {}


def strided(d: Draw):
    x = d.tensor((3, 4))
    x.array = np.ascontiguousarray(x.array)
    return (x, *d.one_of(((2, 2), (4, 1)), ((3,), (5,)), ((2, 3), (1, 1), 2), ((), ()), ((3, 2), (0, 1)))), {}


def expanded(d: Draw):
    shapes = d.broadcasting(2)
    small, large = sorted(shapes, key=lambda s: (len(s), int(np.prod(s))))
    return (d.tensor(small, ALL), large), {}


def summed(d: Draw):
    shapes = d.broadcasting(2)
    small, large = sorted(shapes, key=lambda s: (len(s), int(np.prod(s))))
    return (d.tensor(large), small), {}


def tiled(d: Draw):
    x = d.tensor(dtypes=ALL)
    return (x, tuple(d.integer(0, 2) for _ in range(x.array.ndim + d.integer(0, 1)))), {}


def interleaved(d: Draw):
    x = d.tensor(d.shape(1), ALL)
    if d.flag():
        return (x, d.integer(0, 3)), d.one_of({}, {"dim": d.dim(x.array.ndim)})
    dim = d.integer(0, x.array.ndim - 1)
    return (x, d.tensor((x.array.shape[dim],), "int64", 0, 3)), {"dim": dim}


def rolled(d: Draw):
    x = d.tensor(dtypes=ALL)
    if d.flag():
        return (x, d.integer(-3, 3)), {}
    return (x, d.integer(-3, 3), d.dim(x.array.ndim)), {}


def flipped(d: Draw):
    x = d.tensor(d.shape(1), ALL)
    dims = d.dims(x.array.ndim)
    return (x, dims if isinstance(dims, tuple) else (dims or 0,)), {}


def turned(d: Draw):
    x = d.tensor(d.shape(2), ALL)
    return (x, d.integer(-2, 5)), d.one_of({}, {"dims": (1, 0)}, {"dims": (0, -1)})


def alike(least=1, n=3, differ=None):
    """Tensors of one shape, or of shapes that differ along a dim."""

    def draw(d: Draw):
        shape = list(d.shape(least))
        dim = d.integer(0, len(shape) - 1) if differ is None and shape else differ
        found = []
        for _ in range(d.integer(1, n)):
            if dim is not None and dim < len(shape):
                shape[dim] = d.integer(0, 3)
            found.append(d.tensor(tuple(shape), ALL))
        return found, dim or 0

    return draw


def joined(d: Draw):
    tensors, dim = alike()(d)
    return (tensors, dim if d.flag() else dim - tensors[0].array.ndim), {}


def stacked(d: Draw):
    shape = d.shape()
    return ([d.tensor(shape, ALL) for _ in range(d.integer(1, 3))], d.dim(len(shape) + 1)), {}


def side_by_side(dim):
    def draw(d: Draw):
        shape = d.shape()
        return ([d.tensor(shape, ALL) for _ in range(d.integer(1, 3))],), {}

    return draw


def parts(d: Draw):
    x = d.tensor(d.shape(1, high=6), ALL)
    return (x, d.integer(1, 3), d.dim(x.array.ndim)), {}


def sections(d: Draw):
    x = d.tensor((d.integer(0, 2), 6), ALL)
    return (x, d.one_of([1, 2, 3], [6], [0, 6], [2, 2], 4), d.one_of(1, -1)), {}


def borders(d: Draw):
    x = d.tensor(d.shape(1, high=6), ALL)
    return (x, d.one_of(1, 2, 3, (1,), (1, 3), (0, 2, 9))), {"dim": d.dim(x.array.ndim)}


def halves(least):
    def draw(d: Draw):
        x = d.tensor((*d.shape(least, least, 0, 2), d.one_of(2, 4)), ALL)
        return (x, 2), {}

    return draw


def diagonals(least=2, most=3):
    def draw(d: Draw):
        x = d.tensor(d.shape(least, most), ALL)
        return (x, d.integer(-2, 2)), {}

    return draw


def diagonal_of(d: Draw):
    x = d.tensor(d.shape(2), ALL)
    return (x,), {"offset": d.integer(-2, 2), "dim1": d.dim(x.array.ndim), "dim2": d.dim(x.array.ndim)}


def lines(n=3, high=3):
    return lambda d: (tuple(d.tensor((d.integer(0, high),), "float64") for _ in range(d.integer(1, n))), {})


def grid(d: Draw):
    return lines()(d)[0], {"indexing": d.one_of("ij", "xy")}


def chosen(d: Draw):
    return (d.tensor((d.integer(0, 4),), FLOATS),), {"r": d.one_of(1, 2, 3), "with_replacement": d.flag()}


def padded(d: Draw):
    x = d.tensor(d.shape(1))
    return (x, (d.integer(0, 2), d.integer(-1, 2))), d.one_of({}, {"value": 2.5})


def sized(**kwargs):
    def draw(d: Draw):
        dtype = d.one_of(None, *(np.dtype(t) for t in ALL))
        return (d.shape(),), {"dtype": dtype, **kwargs} if dtype is not None else dict(kwargs)

    return draw


def filled(d: Draw):
    return (d.shape(), d.one_of(1, 2.5, True)), {}


def alike_filled(*value):
    def draw(d: Draw):
        x = d.tensor(dtypes=ALL, gradient=False)
        return (x, *value), d.one_of({}, {"dtype": np.dtype("float64")})

    return draw


def steps(d: Draw):
    return d.one_of((5,), (0,), (1, 4), (1.0, 2.0, 0.3), (5, 1, -2), (2.5,), (3, 1)), {}


def spaced(d: Draw):
    return (d.one_of(-1, 0.5), d.one_of(2, 1.5), d.integer(0, 6)), d.one_of(
        {}, {"dtype": np.dtype("float64")}
    )


def corner(d: Draw):
    return (d.integer(0, 3), d.integer(0, 3)), d.one_of({}, {"offset": d.integer(-2, 2)})


def unit(d: Draw):
    return d.one_of((3,), (2, 4), (0,), (0, 2)), d.one_of({}, {"dtype": np.dtype("int64")})


def window(d: Draw):
    return (d.integer(0, 6),), {"periodic": d.flag()}


def flat_index(d: Draw):
    shape = d.one_of((2, 3), (4,), (2, 2, 2))
    return (d.index(d.shape(), int(np.prod(shape))), shape), {}


SAMPLES = [
    Sample("reshape", reshaped),
    Sample(".view", viewed),
    Sample("flatten", flattened),
    Sample("ravel", plain()),
    Sample("unflatten", unflattened),
    Sample("squeeze", squeezed),
    Sample("squeeze", squeezed_dims),
    Sample("unsqueeze", unsqueezed),
    Sample("permute", permuted),
    Sample("transpose", two_dims, also=("swapaxes", "swapdims")),
    Sample("movedim", moved, also=("moveaxis",)),
    Sample("t", plain(0, 2)),
    Sample("adjoint", plain(2)),
    Sample("narrow", narrowed),
    Sample("select", selected),
    Sample("unbind", one_dim()),
    Sample(".unfold", windows),
    Sample("as_strided", strided, inplace=False),
    Sample("broadcast_to", expanded),
    Sample(".expand", expanded),
    Sample(".sum_to_size", summed),
    Sample(".narrow_copy", narrowed),
    Sample("broadcast_tensors", lambda d: (tuple(d.tensor(s, ALL) for s in d.broadcasting(3)), {})),
    Sample("tile", tiled),
    Sample(".repeat", tiled),
    Sample("repeat_interleave", interleaved),
    Sample(
        "roll",
        rolled,
        refuses="a dim out of range of an empty tensor",
        accepts="dim 0 or -1 of a 0-dim tensor, as everywhere",
    ),
    Sample("flip", flipped),
    Sample("fliplr", plain(2)),
    Sample("flipud", plain(1)),
    Sample("rot90", turned),
    Sample("clone", plain()),
    Sample("atleast_1d", plain()),
    Sample("atleast_2d", plain()),
    Sample("atleast_3d", plain()),
    # joining and cutting
    Sample("cat", joined, also=("concat", "concatenate")),
    Sample("stack", stacked),
    Sample("hstack", side_by_side(1)),
    Sample("vstack", side_by_side(0), also=("row_stack",)),
    Sample("dstack", side_by_side(2)),
    Sample("column_stack", side_by_side(1)),
    Sample("split", parts),
    Sample("split", sections),
    Sample("split_with_sizes", sections),
    Sample("chunk", parts),
    Sample("tensor_split", borders),
    Sample("hsplit", halves(0)),
    Sample("vsplit", lambda d: ((d.tensor((4, *d.shape(1, 2)), ALL), 2), {})),
    Sample("dsplit", halves(2)),
    Sample("block_diag", lambda d: (tuple(d.tensor(d.shape(0, 2, 1)) for _ in range(d.integer(1, 3))), {})),
    # diagonals and grids
    Sample("tril", diagonals()),
    Sample("triu", diagonals()),
    Sample("diag", diagonals(1, 2)),
    Sample("diagonal", diagonal_of),
    Sample("diag_embed", lambda d: ((d.tensor(d.shape(1), ALL), d.integer(-2, 2)), {})),
    Sample("diagflat", lambda d: ((d.tensor(dtypes=ALL), d.integer(-2, 2)), {})),
    Sample("tril_indices", corner),
    Sample("triu_indices", corner),
    Sample("meshgrid", grid),
    Sample("cartesian_prod", lines()),
    Sample("combinations", chosen),
    Sample("vander", lambda d: ((d.tensor((d.integer(1, 3),)), d.integer(1, 4)), {"increasing": d.flag()})),
    Sample("nn.functional.pad", padded, accepts="cropping what is only there after padding"),
    # creation
    Sample("zeros", sized()),
    Sample("ones", sized()),
    Sample("full", filled),
    Sample("zeros_like", alike_filled()),
    Sample("ones_like", alike_filled()),
    Sample("full_like", alike_filled(2)),
    Sample("arange", steps),
    Sample("linspace", spaced, rtol=1e-9),
    Sample("logspace", spaced),
    Sample("eye", unit),
    Sample("hann_window", window),
    Sample("hamming_window", window),
    Sample("blackman_window", window),
    Sample("bartlett_window", window),
    Sample("kaiser_window", window),
    Sample("unravel_index", flat_index),
]
