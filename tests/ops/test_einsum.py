"""einsum and tensordot beyond the table: NumPy's and PyTorch's results, errors."""

from itertools import pairwise

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError
from tests.case import normal

EQUATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    (" i j , j k -> i k ", (2, 3), (3, 4)),
    ("ij,kj", (2, 3), (4, 3)),
    ("aB,Bc", (2, 3), (3, 4)),
    ("ii->i", (3, 3)),
    ("iii->i", (2, 2, 2)),
    ("ijij->ij", (2, 3, 2, 3)),
    ("ii,ij->j", (3, 3), (3, 2)),
    ("...", (2, 3)),
    ("...i->i...", (2, 3, 4)),
    ("...ij,...jk", (5, 2, 3), (3, 4)),
    ("...ij,...jk->...ik", (1, 2, 3), (5, 3, 4)),
    ("i...j,j...->i...", (2, 5, 3), (3, 5)),
    ("b...,b...->b", (2, 3, 4), (2, 3, 4)),
    ("...->", (2, 3)),
    ("ij,jk,kl,lm->im", (2, 3), (3, 2), (2, 4), (4, 2)),
    ("i,ij,j->", (2,), (2, 3), (3,)),
    ("bn,anm,bm->ba", (2, 3), (4, 3, 2), (2, 2)),
    ("a,b,c->cab", (2,), (3,), (4,)),
    ("ij,jk->ik", (0, 3), (3, 4)),
    ("ij,jk->ik", (2, 0), (0, 4)),
    (",ij->ij", (), (2, 3)),
]


# NumPy asks for the ellipsis in the result; PyTorch sums over it.
FOR_NUMPY = [row for row in EQUATIONS if "..." not in row[0] or "..." in row[0].rpartition(">")[2]]


@pytest.mark.parametrize("row", FOR_NUMPY, ids=lambda r: r[0])
def test_einsum_is_numpys(row):
    equation, *shapes = row
    inputs = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    found = mg.einsum(equation, *map(mg.tensor, inputs))
    expected = np.einsum(equation, *inputs)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("row", EQUATIONS, ids=lambda r: r[0])
def test_einsum_and_its_gradients_are_pytorchs(row):
    torch = pytest.importorskip("torch")
    equation, *shapes = row
    inputs = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    a = [mg.tensor(v, requires_grad=True) for v in inputs]
    b = [torch.tensor(v, requires_grad=True) for v in inputs]
    found, expected = mg.einsum(equation, *a), torch.einsum(equation, *b)
    assert found.shape == tuple(expected.shape)
    (found * found).sum().backward()
    (expected * expected).sum().backward()
    for one, other in zip(a, b):
        np.testing.assert_allclose(one.grad.numpy(), other.grad, rtol=1e-9, atol=1e-10)


def test_a_size_of_one_broadcasts_and_operands_may_come_as_a_list():
    torch = pytest.importorskip("torch")
    x, y = normal(2, 1), normal(3, 4)
    found = mg.einsum("ij,jk->ik", [mg.tensor(x), mg.tensor(y)])
    np.testing.assert_allclose(found.numpy(), torch.einsum("ij,jk->ik", torch.tensor(x), torch.tensor(y)))


def test_integers_stay_integers():
    x = mg.tensor([[1, 2], [3, 4]])
    assert mg.einsum("ij,jk->ik", x, x).tolist() == [[7, 10], [15, 22]]


@pytest.mark.parametrize(
    ("shapes", "dims"),
    [
        (((2, 3), (3, 4)), 1),
        (((2, 3), (2, 3)), 2),
        (((2, 3), (4,)), 0),
        (((2, 3, 4), (4, 3, 5)), ([1, 2], [1, 0])),
        (((2, 3, 4), (4, 3, 5)), ([2], [0])),
        (((2, 3), (3, 2)), ([-1], [0])),
    ],
)
def test_tensordot_is_pytorchs(shapes, dims):
    torch = pytest.importorskip("torch")
    x, y = (normal(*shape, seed=i) for i, shape in enumerate(shapes))
    found = mg.tensordot(mg.tensor(x), mg.tensor(y), dims)
    expected = torch.tensordot(torch.tensor(x), torch.tensor(y), dims)
    assert found.shape == tuple(expected.shape)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10)


def test_chain_matmul_takes_the_cheapest_order(monkeypatch):
    from minigrad.ops import einsum

    shapes = []

    def watched(x, y, product=einsum.matmul):
        shapes.append((x.shape[0], x.shape[1], y.shape[1]))
        return product(x, y)

    monkeypatch.setattr(einsum, "matmul", watched)
    # The example of Cormen et al., figure 15.5: 15125 multiplications.
    sizes = [30, 35, 15, 5, 10, 20, 25]
    mg.chain_matmul(*[mg.tensor(normal(m, n)) for m, n in pairwise(sizes)])
    assert sum(a * b * c for a, b, c in shapes) == 15125


X = mg.tensor(normal(2, 3))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mg.einsum("ij", X, X), ValueError, "2 operands"),
        (lambda: mg.einsum("ijk->i", X), ShapeError, "2 dimensions for the term 'ijk'"),
        (lambda: mg.einsum("i->i", X), ShapeError, "'...' for the rest"),
        (lambda: mg.einsum("ij->k", X), ValueError, "every letter of the result"),
        (lambda: mg.einsum("ij->ii", X), ValueError, "once there"),
        (lambda: mg.einsum("i1->i", X), ValueError, "letters"),
        (lambda: mg.einsum("ij,ij->", X, mg.tensor(normal(2, 4))), ShapeError, "sizes 3 and 4"),
        (lambda: mg.einsum("ii->i", X), ShapeError, "diagonal"),
        (lambda: mg.tensordot(X, X, 1), ShapeError, "equal sizes"),
        (lambda: mg.tensordot(X, X, 3), ValueError, "between 0 and 2"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
