"""Beyond the table: what is a view, what PyTorch says, what is refused and how."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.padding import pad

SHAPES = [(), (0,), (1,), (5,), (2, 3), (3, 0, 2), (1, 4, 1), (2, 3, 4)]


def numbered(*shape, **options):
    return mg.arange(int(np.prod(shape)), **options).reshape(shape)


VIEWS = {
    "reshape": lambda x: x.reshape(3, 2),
    "view": lambda x: x.view(-1),
    "flatten": lambda x: x.flatten(),
    "permute": lambda x: x.permute(1, 0),
    "T": lambda x: x.T,
    "squeeze": lambda x: x.unsqueeze(0).squeeze(),
    "expand": lambda x: x.expand(4, 2, 3),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "select": lambda x: x.select(0, 1),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "diagonal": lambda x: x.diagonal(),
    "as_strided": lambda x: x.as_strided((2,), (3,)),
    "split": lambda x: x.split(2, 1)[0],
    "unbind": lambda x: x.unbind(1)[2],
    "chunk": lambda x: x.chunk(2)[1],
    "meshgrid": lambda x: mg.meshgrid(x[0], x[1])[0],
    "of a view": lambda x: x.T.narrow(0, 1, 2).t(),
}
COPIES = {
    "clone": lambda x: x.clone(),
    "reshape of a transposed tensor": lambda x: x.T.reshape(-1),
    "contiguous": lambda x: x.T.contiguous(),
    "repeat": lambda x: x.repeat(2, 1),
    "repeat once": lambda x: x.repeat(1, 1),
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(1),
    "cat": lambda x: mg.cat([x]),
    "stack": lambda x: mg.stack([x]),
    "diag": lambda x: x.diag(),
    "tril": lambda x: x.tril(),
    "pad": lambda x: pad(x, (1, 1)),
    "rot90 by nothing": lambda x: x.rot90(0),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_shares_memory_and_knows_its_base(view):
    x = numbered(2, 3, dtype=mg.float32)
    y = view(x)
    assert np.shares_memory(x.array, y.array)
    assert y.version is x.version
    again = y.cut.base
    for primitive, attributes in y.cut.steps:
        again = primitive(again, **attributes)
    np.testing.assert_array_equal(again.numpy(), y.numpy())


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_has_memory_and_a_version_of_its_own(copy):
    x = numbered(2, 3, dtype=mg.float32)
    y = copy(x)
    assert not np.shares_memory(x.array, y.array)
    assert y.version is not x.version
    assert y.cut is None or not np.shares_memory(y.cut.base.array, x.array)


def test_what_is_contiguous_stays_itself():
    x = numbered(2, 3)
    assert x.contiguous() is x
    assert x.is_contiguous()
    assert not x.T.is_contiguous()
    assert x.T.contiguous().is_contiguous()


def test_a_write_to_a_view_shows_in_its_base():
    x = numbered(2, 3)
    x.T.narrow(0, 1, 1).fill_(9)
    assert x.tolist() == [[0, 9, 2], [3, 9, 5]]


def test_an_expanded_tensor_refuses_writes():
    with pytest.raises(mg.GraphError, match=r"share memory.*clone"):
        mg.zeros(1).expand(3).fill_(1)


def test_view_refuses_what_would_need_a_copy():
    x = numbered(2, 3)
    with pytest.raises(RuntimeError, match=r"view got the shape.*Use reshape"):
        x.T.view(6)
    assert x.T.view(3, 2, 1).shape == (3, 2, 1)
    assert mg.zeros(0, 3).T.view(0).shape == (0,)


def test_view_with_a_dtype_reads_the_same_bytes():
    x = mg.tensor([1.0, -2.0])
    assert x.view(mg.int32).tolist() == np.float32([1, -2]).view(np.int32).tolist()
    assert x.view(mg.uint8).shape == (8,)
    x.view(mg.int32).zero_()
    assert x.tolist() == [0, 0]
    with pytest.raises(mg.DTypeError, match="whole elements of 8 bytes"):
        mg.zeros(3).view(mg.float64)


SAME_AS_TORCH = {
    "squeeze": lambda m, x: m.squeeze(x),
    "unsqueeze": lambda m, x: m.unsqueeze(x, -1),
    "flatten": lambda m, x: m.flatten(x),
    "ravel": lambda m, x: m.ravel(x),
    "transpose": lambda m, x: m.transpose(x, 0, -1),
    "movedim": lambda m, x: m.movedim(x, 0, -1),
    "atleast_1d": lambda m, x: m.atleast_1d(x),
    "atleast_2d": lambda m, x: m.atleast_2d(x),
    "atleast_3d": lambda m, x: m.atleast_3d(x),
    "expand": lambda m, x: x.expand(2, *x.shape),
    "broadcast_to": lambda m, x: m.broadcast_to(x, (2, *x.shape)),
    "flip": lambda m, x: m.flip(x, tuple(range(x.ndim))),
    "roll": lambda m, x: m.roll(x, 2),
    "tile": lambda m, x: m.tile(x, (2, 1)),
    "repeat": lambda m, x: x.repeat(2, *(3 for _ in x.shape)),
    "repeat_interleave": lambda m, x: m.repeat_interleave(x, 2),
    "stack": lambda m, x: m.stack([x, x], -1),
    "hstack": lambda m, x: m.hstack([x, x]),
    "vstack": lambda m, x: m.vstack([x, x]),
    "dstack": lambda m, x: m.dstack([x, x]),
    "column_stack": lambda m, x: m.column_stack([x, x]),
    "diagflat": lambda m, x: m.diagflat(x, 1),
}
WITH_DIMENSIONS = {
    "cat": lambda m, x: m.cat([x, x, x[:1]]),
    "cat last": lambda m, x: m.cat([x, x], -1),
    "split": lambda m, x: m.split(x, 2),
    "split last": lambda m, x: x.split(2, -1),
    "chunk": lambda m, x: m.chunk(x, 3),
    "chunk last": lambda m, x: x.chunk(2, dim=-1),
    "tensor_split": lambda m, x: m.tensor_split(x, 3),
    "tensor_split at": lambda m, x: m.tensor_split(x, (2, 1, -1)),
    "unbind": lambda m, x: m.unbind(x, -1),
    "narrow": lambda m, x: m.narrow(x, -1, 0, x.shape[-1] // 2),
    "unfold": lambda m, x: x.unfold(-1, x.shape[-1] // 2, 2),
    "diag_embed": lambda m, x: m.diag_embed(x, 1),
    "repeat_interleave": lambda m, x: m.repeat_interleave(x, 3, -1),
    "unflatten": lambda m, x: m.unflatten(x, -1, (1, x.shape[-1])),
}


def agree(found, expected):
    found = found if isinstance(found, (tuple, list)) else (found,)
    expected = expected if isinstance(expected, (tuple, list)) else (expected,)
    assert len(found) == len(expected)
    for f, e in zip(found, expected):
        assert tuple(f.shape) == tuple(e.shape)
        assert str(f.dtype) == str(e.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(f.numpy(), e.numpy())


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("function", SAME_AS_TORCH.values(), ids=SAME_AS_TORCH)
def test_any_shape_goes_as_in_pytorch(function, shape, dtype):
    torch = pytest.importorskip("torch")
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    agree(function(mg, mg.from_numpy(values)), function(torch, torch.from_numpy(values)))


@pytest.mark.parametrize("shape", [s for s in SHAPES if s and s[-1]], ids=str)
@pytest.mark.parametrize("function", WITH_DIMENSIONS.values(), ids=WITH_DIMENSIONS)
def test_any_shape_with_dimensions_goes_as_in_pytorch(function, shape):
    torch = pytest.importorskip("torch")
    values = np.arange(np.prod(shape)).reshape(shape)
    agree(function(mg, mg.from_numpy(values)), function(torch, torch.from_numpy(values)))


@pytest.mark.parametrize("size", [0, 1, 4, 7])
@pytest.mark.parametrize("parts", [1, 2, 3, 9])
def test_pieces_have_the_sizes_of_pytorch(size, parts):
    torch = pytest.importorskip("torch")
    values = np.arange(size)
    x, y = mg.from_numpy(values), torch.from_numpy(values)
    agree(x.chunk(parts), y.chunk(parts))
    agree(x.split(parts), y.split(parts))
    agree(x.tensor_split(parts), y.tensor_split(parts))


MATRICES = {
    "tril": lambda m, x: m.tril(x, -1),
    "triu": lambda m, x: m.triu(x, 1),
    "diagonal": lambda m, x: m.diagonal(x, 1),
    "diagonal of others": lambda m, x: x.diagonal(-1, -1, 0),
    "rot90": lambda m, x: m.rot90(x, 3),
    "rot90 twice": lambda m, x: m.rot90(x, 2, (-1, 0)),
    "fliplr": lambda m, x: m.fliplr(x),
    "adjoint": lambda m, x: m.adjoint(x),
    "hsplit": lambda m, x: m.hsplit(x, (1,)),
    "vsplit": lambda m, x: m.vsplit(x, (1,)),
}


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (1, 1), (0, 3), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("function", MATRICES.values(), ids=MATRICES)
def test_matrices_go_as_in_pytorch(function, shape):
    torch = pytest.importorskip("torch")
    values = np.arange(np.prod(shape)).reshape(shape)
    agree(function(mg, mg.from_numpy(values)), function(torch, torch.from_numpy(values)))


@pytest.mark.parametrize("rows", [0, 1, 4])
@pytest.mark.parametrize("columns", [0, 3, 5])
@pytest.mark.parametrize("offset", [-2, 0, 1])
def test_triangle_indices_are_those_of_pytorch(rows, columns, offset):
    torch = pytest.importorskip("torch")
    agree(mg.tril_indices(rows, columns, offset), torch.tril_indices(rows, columns, offset))
    agree(mg.triu_indices(rows, columns, offset), torch.triu_indices(rows, columns, offset))


@pytest.mark.parametrize(
    "tensors",
    [([1], [2.0]), ([True], [1]), ([], [1]), ([[1]], []), ([True], [0.5])],
    ids=str,
)
def test_cat_promotes_dtypes_as_pytorch_does(tensors):
    torch = pytest.importorskip("torch")
    agree(mg.cat([mg.tensor(t) for t in tensors]), torch.cat([torch.tensor(t) for t in tensors]))


def test_cat_gives_each_input_a_gradient_of_its_own_dtype():
    x = mg.ones(2, requires_grad=True)
    y = mg.ones(1, dtype=mg.float64, requires_grad=True)
    z = mg.cat([x, y])
    assert z.dtype == mg.float64
    (z * z).sum().backward()
    assert x.grad.dtype == mg.float32
    assert x.grad.tolist() == [2, 2]
    assert y.grad.tolist() == [2]


def test_a_sequence_unbound_step_by_step_gets_one_gradient():
    x = mg.ones(3, 2, requires_grad=True)
    total = sum(step.sum() * i for i, step in enumerate(x.unbind()))
    total.backward()
    assert x.grad.tolist() == [[0, 0], [1, 1], [2, 2]]


PADDINGS = {
    (2, 3): [(1, 2), (0, 1)],
    (2, 3, 4): [(1, 2), (3, 0), (-1, 2), (1, 1, 1, 0), (-1, -1, 0, 2)],
    (1, 2, 3, 4): [(1, 2, 1, 0), (2, 0, 1, 1, 1, 1), (-1, 1, 0, -1)],
}


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
@pytest.mark.parametrize(("shape", "widths"), [(s, w) for s, ws in PADDINGS.items() for w in ws], ids=str)
def test_padding_goes_as_in_pytorch(shape, widths, mode):
    torch = pytest.importorskip("torch")
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    x, y = mg.tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
    try:
        expected = torch.nn.functional.pad(y, widths, mode)
    except (RuntimeError, NotImplementedError):
        with pytest.raises(mg.ShapeError):
            pad(x, widths, mode)
        return
    found = pad(x, widths, mode)
    agree(found.detach(), expected.detach())
    (found * found).sum().backward()
    (expected * expected).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy())


def test_numpy_sizes_and_tensors_serve_as_sizes():
    x = numbered(2, 3)
    assert x.reshape(np.int64(3), mg.tensor(2)).shape == (3, 2)
    assert mg.zeros(np.int64(2), mg.tensor(1)).shape == (2, 1)


def test_a_size_is_a_tuple_that_counts_and_prints():
    size = mg.zeros(2, 3).shape
    assert size == (2, 3)
    assert isinstance(size, tuple)
    assert isinstance(size, mg.Size)
    assert size.numel() == 6
    assert repr(size) == "minigrad.Size([2, 3])"
    assert f"{size}" == "(2, 3)"
    assert mg.zeros(2, 3).size() == size
    assert mg.zeros(2, 3).size(-1) == 3


X = mg.zeros(2, 3)
REFUSED = [
    (lambda: X.reshape(4), mg.ShapeError, "6 elements"),
    (lambda: X.reshape(-1, -1), mg.ShapeError, "at most one -1"),
    (lambda: X.view("a"), TypeError, "needs integers"),
    (lambda: X.flatten(1, 0), ValueError, "no later than end_dim"),
    (lambda: X.unflatten(1, (2, 2)), mg.ShapeError, "unflatten"),
    (lambda: X.unsqueeze(4), IndexError, "unsqueeze got dim=4"),
    (lambda: X.squeeze(2), IndexError, "squeeze got dim=2"),
    (lambda: X.permute(0), mg.ShapeError, "each of them once"),
    (lambda: X.permute(0, 0), ValueError, "each dimension once"),
    (lambda: X.transpose(0, 2), IndexError, "transpose got dim=2"),
    (lambda: mg.movedim(X, (0, 1), 0), ValueError, "equally many"),
    (lambda: mg.zeros(2, 3, 4).t(), mg.ShapeError, "at most 2"),
    (lambda: mg.zeros(3).mT, mg.ShapeError, "at least 2"),
    (lambda: X.expand(3, 3), mg.ShapeError, r"expand got the sizes \(3, 3\)"),
    (lambda: X.expand(-1, 2, 3), mg.ShapeError, "expand got"),
    (lambda: X.expand(3), mg.ShapeError, "expand got"),
    (lambda: mg.broadcast_tensors(X, mg.zeros(2)), mg.ShapeError, "broadcast"),
    (lambda: mg.cat(X), TypeError, "brackets"),
    (lambda: mg.cat([]), TypeError, "empty list"),
    (lambda: mg.cat([X, 1]), TypeError, "Tensors only"),
    (lambda: mg.cat([X, mg.zeros(3, 2)]), mg.ShapeError, "differ in that dimension only"),
    (lambda: mg.cat([mg.tensor(1)]), mg.ShapeError, "Use stack"),
    (lambda: mg.stack([X, mg.zeros(3)]), mg.ShapeError, "equal shapes"),
    (lambda: X.split([1, 2]), ValueError, "add up"),
    (lambda: X.split(0), ValueError, ">= 1"),
    (lambda: X.chunk(0), ValueError, "at least 1"),
    (lambda: X.hsplit(2), ValueError, "divides"),
    (lambda: mg.zeros(2).vsplit(2), mg.ShapeError, "at least 2"),
    (lambda: mg.tensor(1).unbind(), mg.ShapeError, "at least one dimension"),
    (lambda: X.narrow(1, 2, 2), IndexError, "lies inside"),
    (lambda: X.select(1, 3), IndexError, "select got index 3"),
    (lambda: X.unfold(1, 4, 1), ValueError, "unfold got size=4"),
    (lambda: X.as_strided((7,), (1,)), ValueError, "stay inside"),
    (lambda: X.repeat(2), mg.ShapeError, "each of them"),
    (lambda: X.repeat_interleave(mg.tensor([1, 2, 3]), 0), ValueError, "one for each slice"),
    (lambda: X.roll((1, 2), 0), ValueError, "equally many"),
    (lambda: mg.meshgrid(X), mg.ShapeError, "vectors"),
    (lambda: mg.meshgrid(X[0], indexing="no"), ValueError, "'ij' or 'xy'"),
    (lambda: mg.zeros(3).tril(), mg.ShapeError, "tril got"),
    (lambda: mg.zeros(2, 2, 2).diag(), mg.ShapeError, "vector or a matrix"),
    (lambda: X.diagonal(0, 1, 1), mg.ShapeError, "different"),
    (lambda: pad(X, (1,)), mg.ShapeError, "two numbers"),
    (lambda: pad(X, (1, 1), "mirror"), ValueError, "'reflect'"),
    (lambda: pad(X, (1, 1), "reflect", 2.0), ValueError, "one or the other"),
    (lambda: pad(X, (3, 0), "reflect"), mg.ShapeError, "at most 2"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_what_does_not_fit_is_refused_with_a_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()


PIECES = {
    "split": lambda y: y.split(1, 1)[1],
    "chunk": lambda y: y.chunk(3, 1)[1],
    "unbind": lambda y: y.unbind(1)[1],
    "narrow": lambda y: y.narrow(1, 1, 1),
    "transposed": lambda y: y.T[1],
    "unfold": lambda y: y.unfold(1, 1, 1)[:, 1],
    "as_strided": lambda y: y.as_strided((2,), (3,), 1),
    "reshaped": lambda y: y.view(-1)[1::3],
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_a_recorded_write_to_a_piece_changes_the_gradient_of_the_whole(piece):
    x = mg.ones(2, 3, requires_grad=True)
    y = x * 1
    piece(y).mul_(3)
    assert y.tolist() == [[1, 3, 1]] * 2
    (y * y).sum().backward()
    assert x.grad.tolist() == [[2, 18, 2]] * 2


def test_flip_takes_its_dimensions_by_place_or_by_name():
    x = mg.tensor([[1, 2], [3, 4]])
    for y in (x.flip(0, 1), x.flip((0, 1)), x.flip(dims=(0, 1)), mg.flip(x, dims=[0, 1])):
        assert y.tolist() == [[4, 3], [2, 1]]
    assert x.flip(()).tolist() == x.tolist()
    with pytest.raises(TypeError, match="by place and by name"):
        x.flip(0, dims=(1,))
