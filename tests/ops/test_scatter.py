"""Reading and writing at positions beyond the table: PyTorch, repeats, empty input, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from tests.case import normal

REDUCTIONS = ["sum", "prod", "mean", "amax", "amin"]


def same_as_torch(ours, theirs, inputs, **options):
    against = pytest.importorskip("tests.ops.against_torch")
    against.assert_as_in_torch(ours, theirs, inputs, **options)


def indices(*shape, below, seed=0):
    return np.random.default_rng(seed).integers(0, below, shape)


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_gather_agrees_with_torch(dim):
    x = normal(3, 4, 5)
    for shape in [(2, 3, 4), (3, 4, 5), (0, 4, 5), (1, 1, 1)]:
        longer = tuple(n + 3 if i == dim % 3 else n for i, n in enumerate(shape))
        for at in (shape, longer):
            index = indices(*at, below=x.shape[dim])
            same_as_torch(lambda x, i: x.gather(dim, i), lambda x, i: x.gather(dim, i), [x, index])


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_scatter_agrees_with_torch(dim):
    x, src = normal(4, 5), normal(3, 3, seed=1)
    index = np.argsort(normal(3, 3, seed=2), axis=dim)  # each place once
    same_as_torch(lambda x, i, s: x.scatter(dim, i, s), lambda x, i, s: x.scatter(dim, i, s), [x, index, src])
    same_as_torch(  # an index smaller than src: torch's own gradient fails there
        lambda x, i, s: x.scatter(dim, i, s.detach()),
        lambda x, i, s: x.scatter(dim, i, s.detach()),
        [x, index[:2], src],
    )
    same_as_torch(lambda x, i: x.scatter(dim, i, 2.5), lambda x, i: x.scatter(dim, i, 2.5), [x, index])
    for name in ("add", "multiply"):
        same_as_torch(
            lambda x, i, n=name: mg.scatter(x.detach(), dim, i, value=2.5, reduce=n),
            lambda x, i, n=name: x.detach().scatter(dim, i, 2.5, reduce=n),
            [x, index],
        )


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_scatter_reduce_agrees_with_torch(dim, reduce, include_self):
    index = indices(3, 4, below=4)
    for x, src in [
        (normal(4, 5), normal(3, 4, seed=1)),
        (np.arange(20).reshape(4, 5) % 7 - 3, indices(3, 4, below=9, seed=1) - 4),
    ]:
        same_as_torch(
            lambda x, i, s: x.scatter_reduce(dim, i, s, reduce, include_self=include_self),
            lambda x, i, s: x.scatter_reduce(dim, i, s, reduce, include_self=include_self),
            [x, index, src],
        )


@pytest.mark.parametrize("reduce", ["prod", "amax", "amin"])
def test_scatter_reduce_with_zeros_and_ties_agrees_with_torch(reduce):
    index = np.array([0, 1, 1, 2, 2, 2])
    x, src = np.array([0.0, 2.0, 3.0, 1.0]), np.array([2.0, 0.0, 2.0, 3.0, 3.0, 0.0])
    same_as_torch(
        lambda x, i, s: x.scatter_reduce(0, i, s, reduce),
        lambda x, i, s: x.scatter_reduce(0, i, s, reduce),
        [x, index, src],
    )


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_scattering_nothing_changes_nothing(reduce):
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = x.scatter_reduce(0, mg.tensor(np.zeros(0, int)), mg.tensor(np.zeros(0, np.float32)), reduce)
    y.sum().backward()
    assert y.tolist() == [1, 2]
    assert x.grad.tolist() == [1, 1]


def test_a_number_can_be_gathered_from_and_scattered_to():
    x = mg.tensor(3.0, requires_grad=True)
    assert x.gather(0, mg.tensor([0])).tolist() == [3]
    x.scatter(0, mg.tensor(0), mg.tensor(5.0)).backward()
    assert x.grad.item() == 0


def test_float32_and_half_keep_their_dtype():
    for dtype in (np.float16, np.float32):
        x = mg.tensor([1.0, 2.0], dtype=dtype, requires_grad=True)
        y = x.scatter_add(0, mg.tensor([1, 1]), x) * x.gather(0, mg.tensor([1, 1]))
        y.sum().backward()
        assert y.dtype == x.grad.dtype == dtype
        assert x.grad.tolist() == [4, 10]


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_slices_by_index_agree_with_torch(dim):
    x, rows = normal(3, 4, 2), np.array([2, 0, 1, 1]) % (2 if dim == -1 else 3)
    at = [3, 4, 2]
    at[dim] = 4
    src = normal(*at, seed=1)
    same_as_torch(lambda x, i: x.index_select(dim, i), lambda x, i: x.index_select(dim, i), [x, rows])
    same_as_torch(
        lambda x, i, s: x.index_add(dim, i, s, alpha=0.5),
        lambda x, i, s: x.index_add(dim, i, s, alpha=0.5),
        [x, rows, src],
    )
    same_as_torch(
        lambda x, i, s: x.index_copy(dim, i, s),
        lambda x, i, s: x.index_copy(dim, i, s),
        [x, rows[1:3], np.take(src, [0, 1], dim)],
    )
    same_as_torch(lambda x, i: x.index_fill(dim, i, -1), lambda x, i: x.index_fill(dim, i, -1), [x, rows])
    same_as_torch(
        lambda x, i: x.index_select(0, i), lambda x, i: x.index_select(0, i), [np.array(3.0), np.array([0])]
    )


def test_flat_positions_agree_with_torch():
    x, i = normal(3, 4), np.array([[0, -1], [5, 5]])
    same_as_torch(lambda x, i: x.take(i), lambda x, i: x.take(i), [x, i])
    unique = np.array([[0, -1], [5, 6]])
    for accumulate in (False, True):
        same_as_torch(
            lambda x, i, s, a=accumulate: x.put(i, s, a),
            lambda x, i, s, a=accumulate: x.put(i, s, a),
            [x, i if accumulate else unique, normal(2, 2)],
        )
    same_as_torch(
        lambda x: mg.take_along_dim(x, mg.argsort(x, 1), 1), lambda x: x.take_along_dim(x.argsort(1), 1), [x]
    )
    same_as_torch(
        lambda x, i: mg.take_along_dim(x, i), lambda x, i: x.take_along_dim(i), [x, np.array([3, 3])]
    )


@pytest.mark.parametrize("accumulate", [False, True])
def test_index_put_agrees_with_torch(accumulate):
    rows, columns = np.array([0, 2, 1]), np.array([1, 3, 0])
    for value in [normal(3), np.array(2.0)]:
        same_as_torch(
            lambda x, i, j, v: x.index_put((i, j), v, accumulate),
            lambda x, i, j, v: x.index_put((i, j), v, accumulate),
            [normal(3, 4), rows, columns, value],
        )
    mask = normal(3, 4) > 0
    same_as_torch(
        lambda x, m, v: x.index_put((m,), v, accumulate),
        lambda x, m, v: x.index_put((m,), v, accumulate),
        [normal(3, 4), mask, np.array(2.0)],
    )


def test_accumulating_index_put_adds_repeats_as_torch_does():
    same_as_torch(
        lambda x, i, v: x.index_put((i,), v, accumulate=True),
        lambda x, i, v: x.index_put((i,), v, accumulate=True),
        [normal(3, 4), np.array([1, 1, 0]), normal(3, 4, seed=1)],
    )


def test_masks_agree_with_torch():
    x, mask = normal(3, 4), normal(3, 4, seed=5) > 0
    same_as_torch(lambda x, m: x.masked_fill(m, 1.5), lambda x, m: x.masked_fill(m, 1.5), [x, mask])
    same_as_torch(lambda x, m: x.masked_fill(m, 2), lambda x, m: x.masked_fill(m, 2), [np.arange(4), mask])
    same_as_torch(lambda x, m: x.masked_fill(m[0], 2), lambda x, m: x.masked_fill(m[0], 2), [x, mask])
    same_as_torch(lambda x, m: x.masked_select(m), lambda x, m: x.masked_select(m), [x, mask])
    same_as_torch(lambda x, m: x.masked_select(m[:, :1]), lambda x, m: x.masked_select(m[:, :1]), [x, mask])
    same_as_torch(
        lambda x, m, s: x.masked_scatter(m, s),
        lambda x, m, s: x.masked_scatter(m, s),
        [x, mask, normal(3, 5)],
    )
    for shape in [(3, 4), (2, 0), (5,), ()]:
        y = np.asarray(np.round(normal(*shape)))
        same_as_torch(lambda x: x.nonzero(), lambda x: x.nonzero(), [y])
        same_as_torch(lambda x: mg.nonzero(x, as_tuple=True), lambda x: x.nonzero(as_tuple=True), [y])
        same_as_torch(mg.argwhere, lambda x: x.argwhere(), [y])


def test_values_placed_into_slices_agree_with_torch():
    x = normal(3, 4, 4)
    same_as_torch(
        lambda x, s: x.select_scatter(s, 1, -2), lambda x, s: x.select_scatter(s, 1, -2), [x, normal(3, 4)]
    )
    same_as_torch(
        lambda x, s: x.slice_scatter(s, -1, 1, 4, 2),
        lambda x, s: x.slice_scatter(s, -1, 1, 4, 2),
        [x, normal(3, 4, 2)],
    )
    for offset, n in [(0, 3), (1, 3), (-1, 2), (9, 0)]:
        same_as_torch(
            lambda x, s, k=offset: x.diagonal_scatter(s, k, 0, 2),
            lambda x, s, k=offset: x.diagonal_scatter(s, k, 0, 2),
            [x, normal(4, n)],
        ) if n else None


X, I = mg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), mg.tensor([[0, 1, 0]])  # noqa: E741


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: X.gather(0, mg.tensor([[2]])),
            IndexError,
            "gather got the index 2 for a dimension of size 2",
        ),
        (lambda: X.gather(1, mg.tensor([[-1]])), IndexError, "gather got the index -1"),
        (lambda: X.gather(0, mg.tensor([0])), ShapeError, "index of 1; it needs equally many"),
        (
            lambda: X.gather(0, mg.tensor([[0, 0, 0, 0]])),
            ShapeError,
            r"index of shape \(1, 4\).*but along dim 0",
        ),
        (lambda: X.gather(0, mg.tensor([[0.0]])), DTypeError, "index of float32.*index.long"),
        (lambda: X.gather(2, I), IndexError, "gather got dim=2"),
        (lambda: X.scatter(0, I), TypeError, "scatter got both or neither"),
        (lambda: X.scatter(0, I, 1.0, reduce="mul"), ValueError, 'scatter got reduce=.*"multiply"'),
        (lambda: X.scatter(0, I, mg.tensor([[1, 1, 1]])), DTypeError, "src of int64 for a tensor of float32"),
        (lambda: X.scatter_add(0, I, mg.tensor([[1.0]])), ShapeError, "nowhere be larger"),
        (lambda: X.scatter_reduce(0, I, X, "max"), ValueError, "scatter_reduce got reduce='max'"),
        (lambda: X.index_select(0, mg.tensor([[0]])), ShapeError, r"index of shape \(1, 1\)"),
        (lambda: X.index_select(0, mg.tensor([-1])), IndexError, "index_select got the index -1"),
        (lambda: X.index_select(0, [0]), DTypeError, "index of list"),
        (
            lambda: X.index_add(0, mg.tensor([0]), X),
            ShapeError,
            r"source of shape \(2, 3\); it needs \(1, 3\)",
        ),
        (lambda: X.index_copy(0, mg.tensor([0]), mg.tensor([[1, 2, 3]])), DTypeError, "source of int64"),
        (lambda: X.index_fill(0, mg.tensor([0]), mg.tensor([1.0])), ShapeError, "number or a 0-dim"),
        (lambda: X.take(mg.tensor([6])), IndexError, "index 6 for a tensor of 6 elements"),
        (lambda: X.put(mg.tensor([0, 1]), mg.tensor([1.0])), ShapeError, "1 values for 2 positions"),
        (lambda: X.index_put(mg.tensor([0]), mg.tensor(1.0)), TypeError, "needs a tuple"),
        (lambda: X.masked_fill(I, 1.0), DTypeError, "mask of int64; it needs a bool"),
        (
            lambda: mg.tensor([1]).masked_fill(mg.tensor([True]), 0.5),
            DTypeError,
            "value 0.5 .*needs an integer",
        ),
        (lambda: X.masked_select(mg.tensor([True])[None, :].expand(5, 1)), ShapeError, "broadcast"),
        (lambda: X.masked_scatter(X > 0, mg.tensor([1.0])), ShapeError, "1 elements for 6 places"),
        (
            lambda: X.select_scatter(mg.tensor([1.0]), 0, 0),
            ShapeError,
            r"src of shape \(1,\); it needs \(3,\)",
        ),
        (lambda: X.select_scatter(mg.tensor([1.0]), 0, 2), IndexError, "select_scatter got index 2"),
        (lambda: X.slice_scatter(X, 0, 0, 2, 0), ValueError, "step=0"),
        (lambda: X.diagonal_scatter(mg.tensor([1.0])), ShapeError, r"needs \(2,\)"),
        (lambda: mg.take_along_dim(X, mg.tensor([0]), 0), ShapeError, "indices of 1 dimensions"),
    ],
)
def test_errors_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()
