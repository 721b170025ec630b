"""Linear algebra beyond the table: PyTorch's values, shapes and gradients, ranks, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import linalg
from minigrad.errors import DTypeError, ShapeError
from tests.case import labels, normal, positive

SQUARE = normal(3, 3) + 2 * np.eye(3)
BATCH = normal(2, 3, 3) + 2 * np.eye(3)
DEFINITE = BATCH @ BATCH.swapaxes(1, 2)
INF = np.inf

# name in torch.linalg, inputs, options
CALLS = [
    ("inv", [BATCH], {}),
    ("det", [BATCH], {}),
    ("det", [np.zeros((0, 0))], {}),
    ("solve", [BATCH, normal(2, 3, 4)], {}),
    ("solve", [BATCH, normal(2, 3)], {}),
    ("solve", [SQUARE, normal(3)], {}),
    ("solve", [BATCH, normal(2, 4, 3)], {"left": False}),
    ("solve", [SQUARE, normal(5, 3, 2)], {}),
    ("pinv", [normal(2, 4, 3)], {}),
    ("pinv", [normal(4, 2) @ normal(2, 3)], {}),
    ("pinv", [normal(4, 3)], {"atol": 0.7}),
    ("cholesky", [DEFINITE], {}),
    ("cholesky", [DEFINITE], {"upper": True}),
    ("svdvals", [normal(2, 3, 4)], {}),
    ("eigvalsh", [DEFINITE], {}),
    ("matrix_exp", [normal(2, 3, 3)], {}),
    ("matrix_exp", [5 * normal(3, 3)], {}),
    ("matrix_exp", [np.zeros((2, 2))], {}),
    ("matrix_power", [BATCH], {"n": 3}),
    ("matrix_power", [BATCH], {"n": -2}),
    ("solve_triangular", [BATCH, normal(2, 3, 2)], {"upper": True}),
    ("solve_triangular", [BATCH, normal(3, 2)], {"upper": False, "unitriangular": True}),
    ("solve_triangular", [BATCH, normal(2, 4, 3)], {"upper": True, "left": False}),
    *(("matrix_norm", [normal(2, 3, 4)], {"ord": o}) for o in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)),
    ("matrix_norm", [normal(2, 3, 4)], {"ord": 1, "dim": (0, 2), "keepdim": True}),
    *(("vector_norm", [normal(2, 3)], {"ord": o, "dim": 1}) for o in (0.5, 1, 2, 3, INF, -INF)),
    ("vector_norm", [normal(2, 3)], {"keepdim": True}),
    ("norm", [normal(2, 3)], {}),
    ("norm", [normal(2, 3, 4)], {"dim": 1}),
    ("norm", [normal(2, 3)], {"ord": "nuc"}),
    ("norm", [normal(2, 3)], {"ord": 1}),
    ("norm", [normal(2, 3)], {"ord": 1, "dim": 0}),
    ("norm", [normal(3)], {"ord": 3}),
    ("norm", [normal(2, 3, 4)], {"ord": INF, "dim": (0, 1)}),
    *(("cond", [BATCH], {"p": p}) for p in (None, 2, -2)),
    ("cond", [normal(4, 3)], {}),
    ("cross", [normal(2, 3), normal(2, 3, seed=1)], {}),
    ("cross", [normal(3, 2), normal(3, 2, seed=1)], {"dim": 0}),
    ("cross", [normal(1, 3), normal(2, 3)], {}),
    ("vecdot", [normal(2, 3), normal(2, 3, seed=1)], {}),
    ("vecdot", [normal(2, 3), normal(2, 3, seed=1)], {"dim": 0}),
    ("multi_dot", [normal(2, 3), normal(3, 4), normal(4, 5)], {}),
    ("multi_dot", [normal(3), normal(3, 4), normal(4)], {}),
]


def check(ours, theirs, arrays, options, dtype="float64", spread=False):
    torch = pytest.importorskip("torch")
    a = [mg.tensor(v.astype(dtype), requires_grad=True) for v in arrays]
    b = [torch.tensor(v.astype(dtype), requires_grad=True) for v in arrays]
    found = ours(a, **options) if spread else ours(*a, **options)
    expected = theirs(b, **options) if spread else theirs(*b, **options)
    tolerance = 2e-3 if dtype == "float32" else 1e-8
    assert found.shape == tuple(expected.shape)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_allclose(found.detach().numpy(), expected.detach(), tolerance, tolerance)
    if not expected.requires_grad:
        return
    g = normal(*found.shape, seed=9).astype(dtype)
    found.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    for one, other in zip(a, b):
        np.testing.assert_allclose(one.grad.numpy(), other.grad, tolerance, tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "inputs", "options"), CALLS, ids=[f"{i} {c[0]}" for i, c in enumerate(CALLS)]
)
def test_values_and_gradients_are_those_of_pytorch(name, inputs, options, dtype):
    torch = pytest.importorskip("torch")
    check(getattr(linalg, name), getattr(torch.linalg, name), inputs, options, dtype, name == "multi_dot")


@pytest.mark.filterwarnings("ignore:torch.cholesky is deprecated", "ignore:Using torch.cross")
@pytest.mark.parametrize(
    ("name", "inputs", "options"),
    [
        ("inverse", [BATCH], {}),
        ("det", [BATCH], {}),
        ("logdet", [BATCH], {}),
        ("pinverse", [normal(4, 3)], {}),
        ("cholesky", [DEFINITE], {}),
        ("matrix_power", [BATCH], {"n": 2}),
        ("matrix_exp", [SQUARE], {}),
        ("cross", [normal(2, 3), normal(2, 3, seed=1)], {}),
        ("cross", [normal(3, 2), normal(3, 2, seed=1)], {"dim": 0}),
        ("cov", [normal(3, 5)], {}),
        ("cov", [normal(5)], {"correction": 0}),
        ("corrcoef", [normal(3, 5)], {}),
        ("kron", [normal(2, 3), normal(4)], {}),
        ("trace", [normal(3, 4)], {}),
    ],
)
def test_function_and_method_agree_with_pytorch(name, inputs, options):
    torch = pytest.importorskip("torch")
    for ours in (getattr(mg, name), lambda x, *rest, **o: getattr(x, name)(*rest, **o)):
        check(ours, getattr(torch, name), inputs, options)


def test_what_takes_a_cholesky_factor_is_pytorchs():
    torch = pytest.importorskip("torch")
    for factor, upper in ((np.tril(BATCH), False), (np.triu(SQUARE), True)):
        found = mg.tensor(factor).cholesky_inverse(upper)
        np.testing.assert_allclose(
            found.numpy(), torch.cholesky_inverse(torch.tensor(factor), upper), rtol=1e-10
        )
    for b, factor, upper in ((normal(2, 3, 2), np.tril(BATCH), False), (normal(3, 2), np.triu(SQUARE), True)):
        found = mg.cholesky_solve(mg.tensor(b), mg.tensor(factor), upper)
        expected = torch.cholesky_solve(torch.tensor(b), torch.tensor(factor), upper)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10)


@pytest.mark.parametrize("p", [1, -1, INF, -INF, "fro", "nuc"])
def test_condition_numbers_of_other_norms_are_pytorchs(p):
    assert linalg.cond(mg.zeros(2, 0, 0), p).tolist() == [0, 0]
    torch = pytest.importorskip("torch")
    found = linalg.cond(mg.tensor(BATCH), p)
    np.testing.assert_allclose(found.numpy(), torch.linalg.cond(torch.tensor(BATCH), p), rtol=1e-10)


def test_weighted_covariances_are_pytorchs():
    torch = pytest.importorskip("torch")
    x, f, a = normal(3, 5), labels(5, 4) + 1, positive(5)
    for correction in (0, 1, 2):
        for options in ({"fweights": f}, {"aweights": a}, {"fweights": f, "aweights": a}):
            found = mg.cov(
                mg.tensor(x), correction=correction, **{k: mg.tensor(v) for k, v in options.items()}
            )
            expected = torch.cov(
                torch.tensor(x), correction=correction, **{k: torch.tensor(v) for k, v in options.items()}
            )
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3), (2, 4, 3), (0, 3), (3, 0)])
def test_factors_multiply_to_the_matrix_and_have_pytorchs_shapes(shape):
    torch = pytest.importorskip("torch")
    x = normal(*shape)
    for full in (True, False):
        u, s, vh = linalg.svd(mg.tensor(x), full_matrices=full)
        theirs = torch.linalg.svd(torch.tensor(x), full_matrices=full)
        assert [v.shape for v in (u, s, vh)] == [tuple(v.shape) for v in theirs]
        k = s.shape[-1]
        product = (u.numpy()[..., :k] * s.numpy()[..., None, :]) @ vh.numpy()[..., :k, :]
        np.testing.assert_allclose(product, x, atol=1e-12)
    for mode in ("reduced", "complete", "r"):
        q, r = linalg.qr(mg.tensor(x), mode)
        theirs = torch.linalg.qr(torch.tensor(x), mode)
        assert [q.shape, r.shape] == [tuple(v.shape) for v in theirs]
        if mode != "r":
            np.testing.assert_allclose(q.numpy() @ r.numpy(), x, atol=1e-12)


def test_eigh_reads_the_triangle_it_is_told():
    for uplo, triangle in (("L", np.tril), ("U", np.triu)):
        w, v = linalg.eigh(mg.tensor(triangle(SQUARE)), uplo)
        whole = triangle(SQUARE) + triangle(SQUARE).T - np.diag(np.diag(SQUARE))
        np.testing.assert_allclose((v.numpy() * w.numpy()) @ v.numpy().T, whole, atol=1e-12)


@pytest.mark.parametrize("name", ["eigh", "svd"])
def test_gradients_of_vectors_are_pytorchs_where_the_choice_of_signs_cancels(name):
    torch = pytest.importorskip("torch")
    x = DEFINITE if name == "eigh" else normal(2, 4, 3)

    def loss(vectors):
        return (vectors * vectors).cumsum(-1).exp().sum()

    a, b = mg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    place = 1 if name == "eigh" else 0
    options = {} if name == "eigh" else {"full_matrices": False}
    loss(getattr(linalg, name)(a, **options)[place]).backward()
    loss(getattr(torch.linalg, name)(b, **options)[place]).backward()
    np.testing.assert_allclose(a.grad.numpy(), b.grad, rtol=1e-8, atol=1e-10)


def test_slogdet_gives_the_sign_apart():
    x = mg.tensor([[0.0, 1.0], [2.0, 0.0]])
    sign, size = mg.slogdet(x)
    assert sign.item() == -1
    np.testing.assert_allclose(size.item(), np.log(2), rtol=1e-6)
    assert np.isnan(mg.logdet(x).item())
    assert mg.logdet(mg.tensor(np.zeros((2, 2)))).item() == -np.inf


def test_the_gradient_of_the_determinant_of_a_singular_matrix_is_its_cofactors():
    x = mg.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=mg.float64, requires_grad=True)
    linalg.det(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[4.0, -2.0], [-2.0, 1.0]], atol=1e-12)


def test_rank_counts_singular_values_above_the_tolerance():
    torch = pytest.importorskip("torch")
    x = np.stack([normal(4, 3), normal(4, 2) @ normal(2, 3), np.zeros((4, 3))])
    for options in ({}, {"atol": 0.5}, {"rtol": 0.5}, {"atol": 1.0, "rtol": 0.1}):
        found = linalg.matrix_rank(mg.tensor(x), **options)
        assert found.tolist() == torch.linalg.matrix_rank(torch.tensor(x), **options).tolist()
    assert found.dtype == np.int64


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 5, 3)])
def test_lstsq_is_pytorchs(shape):
    torch = pytest.importorskip("torch")
    a, b = normal(*shape), normal(*shape[:-1], 2)
    x, y = mg.tensor(a, requires_grad=True), torch.tensor(a, requires_grad=True)
    found = linalg.lstsq(x, mg.tensor(b))
    expected = torch.linalg.lstsq(y, torch.tensor(b), driver="gelsd")
    np.testing.assert_allclose(found.solution.detach().numpy(), expected.solution.detach(), atol=1e-10)
    np.testing.assert_allclose(found.residuals.detach().numpy(), expected.residuals.detach(), atol=1e-10)
    assert found.rank.tolist() == expected.rank.tolist()
    found.solution.square().sum().backward()
    expected.solution.square().sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.grad, atol=1e-9)


X = mg.tensor(normal(2, 3))
S = mg.tensor(SQUARE)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: linalg.inv(X), ShapeError, "square"),
        (lambda: linalg.inv(mg.tensor([[1]])), DTypeError, "int64"),
        (
            lambda: linalg.inv(mg.tensor([[1.0, 2.0], [2.0, 4.0]])),
            linalg.LinAlgError,
            "inv got a singular matrix",
        ),
        (
            lambda: linalg.solve(mg.tensor(np.zeros((2, 2))), mg.tensor(np.ones(2))),
            linalg.LinAlgError,
            "singular",
        ),
        (lambda: linalg.solve(S, X), ShapeError, r"\(3, 3\) and B \(2, 3\)"),
        (lambda: linalg.solve(S, mg.tensor([1.0, 2.0, 3.0])), DTypeError, "float64 and float32"),
        (lambda: linalg.cholesky(-S @ S.T), linalg.LinAlgError, "not positive definite"),
        (lambda: linalg.qr(X, "full"), ValueError, "'reduced'"),
        (lambda: linalg.eigh(S, "X"), ValueError, "'L' or 'U'"),
        (lambda: linalg.svd(mg.tensor([1.0])), ShapeError, "matrices"),
        (lambda: linalg.matrix_norm(X, "max"), ValueError, "'nuc'"),
        (lambda: linalg.matrix_norm(X, dim=0), ValueError, "two different dimensions"),
        (lambda: linalg.norm(mg.tensor(normal(2, 3, 4)), 2), ValueError, "dim"),
        (lambda: linalg.lstsq(X, S), ShapeError, "as many rows"),
        (lambda: linalg.multi_dot([X]), ValueError, "at least two"),
        (lambda: mg.chain_matmul(X, mg.tensor(normal(3))), ShapeError, "needs matrices"),
        (lambda: mg.cross(X, mg.tensor(normal(2, 2))), ShapeError, "broadcast"),
        (lambda: mg.cross(mg.tensor(normal(2, 2)), mg.tensor(normal(2, 2))), ShapeError, "size 3"),
        (lambda: mg.cov(mg.tensor(normal(2, 3, 4))), ShapeError, "variables"),
        (lambda: mg.cov(X, fweights=mg.tensor([1.0, 1.0, 1.0])), DTypeError, "integers"),
        (lambda: mg.cov(X, aweights=mg.tensor([1.0, 1.0])), ShapeError, r"\(3,\)"),
        (lambda: mg.cov(X, fweights=mg.tensor([1, -1, 1])), ValueError, ">= 0"),
        (lambda: mg.matrix_power(X, 2), ShapeError, "square"),
        (lambda: mg.trace(mg.tensor([1.0])), ShapeError, "a matrix"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
