"""Rows for ops/decompositions.py, solving.py and linalg.py, of functions that no choice of signs changes."""

import numpy as np

import minigrad as mg
from minigrad import linalg
from tests.case import Case, normal

SQUARE = normal(3, 3) + 2 * np.eye(3)
BATCH = normal(2, 3, 3) + 2 * np.eye(3)
DIAGONAL = np.diag([1.0, 2.0, 4.0])


def symmetric(x):
    return x + x.swapaxes(-1, -2)


def positive_definite(x):
    return x @ x.swapaxes(-1, -2) + mg.tensor(np.eye(3), dtype=x.dtype)


def cofactor_det(x):
    """Expansion along the first row."""
    if len(x) == 1:
        return x[0, 0]
    minors = (np.delete(x[1:], j, axis=1) for j in range(len(x)))
    return sum((-1) ** j * x[0, j] * cofactor_det(m) for j, m in enumerate(minors))


def cofactor_inv(x):
    n = len(x)
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(x, i, axis=0), j, axis=1)
            out[j, i] = (-1) ** (i + j) * cofactor_det(minor) / cofactor_det(x)
    return out


def cholesky_by_rows(a):
    n = len(a)
    y = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = a[i, j] - y[i, :j] @ y[j, :j]
            y[i, j] = np.sqrt(rest) if i == j else rest / y[j, j]
    return y


def of_spectrum(x):
    w, v = linalg.eigh(symmetric(x))
    return (v * w.exp().unsqueeze(-2)) @ v.swapaxes(-1, -2)


def series(x):
    """exp of a matrix by its power series."""
    out, term = np.eye(len(x)), np.eye(len(x))
    for k in range(1, 60):
        term = term @ x / k
        out = out + term
    return out


def of_singular_values(x, full=False):
    u, s, vh = linalg.svd(x, full_matrices=full)
    k = s.shape[-1]
    return (u[..., :k] * s.tanh()) @ vh[..., :k, :]


def tanh_of_singular_values(x):
    """x f(x.T x) with f(t) = tanh(sqrt t) / sqrt t."""
    w, v = np.linalg.eigh(x.T @ x)
    keep = w > 1e-12
    root = np.sqrt(np.where(keep, w, 1))
    return x @ (v * np.where(keep, np.tanh(root) / root, 0)) @ v.T


def squares(x):
    """Squares of Q and R: the signs of Q's columns are LAPACK's choice."""
    q, r = linalg.qr(x)
    return q * q, r * r


def squares_by_gram_schmidt(x):
    rows, columns = x.shape
    q = np.zeros((rows, min(rows, columns)))
    for j in range(q.shape[1]):
        v = x[:, j] - q[:, :j] @ (q[:, :j].T @ x[:, j])
        q[:, j] = v / np.sqrt(v @ v)
    return q**2, (q.T @ x) ** 2


TOL = {"rtol": 1e-9, "rtol32": 2e-3}

CASES = [
    Case("inv", linalg.inv, [SQUARE], cofactor_inv, **TOL),
    Case("inv/batch", linalg.inv, [BATCH], lambda x: np.stack([cofactor_inv(m) for m in x]), **TOL),
    Case(
        "inv/negative power",
        lambda x: mg.matrix_power(x, -3),
        [SQUARE],
        lambda x: cofactor_inv(x @ x @ x),
        **TOL,
    ),
    Case("solve", linalg.solve, [SQUARE, normal(3, 2)], lambda a, b: cofactor_inv(a) @ b, **TOL),
    Case("solve/vector", linalg.solve, [SQUARE, normal(3)], lambda a, b: cofactor_inv(a) @ b, **TOL),
    Case(
        "solve/broadcast",
        linalg.solve,
        [SQUARE, normal(2, 3, 2)],
        lambda a, b: np.stack([cofactor_inv(a) @ m for m in b]),
        **TOL,
    ),
    Case(
        "solve/from the right",
        lambda a, b: linalg.solve(a, b, left=False),
        [SQUARE, normal(2, 3)],
        lambda a, b: b @ cofactor_inv(a),
        **TOL,
    ),
    Case(
        "solve/upper triangle",
        lambda a, b: linalg.solve_triangular(a, b, upper=True),
        [SQUARE, normal(3, 2)],
        lambda a, b: cofactor_inv(np.triu(a)) @ b,
        **TOL,
    ),
    Case(
        "solve/unit lower triangle",
        lambda a, b: linalg.solve_triangular(a, b, upper=False, unitriangular=True),
        [SQUARE, normal(3, 2)],
        lambda a, b: cofactor_inv(np.tril(a, -1) + np.eye(3)) @ b,
        **TOL,
    ),
    Case("solve/matrix_exp", linalg.matrix_exp, [normal(3, 3)], series, **TOL),
    Case(
        "solve/cholesky_solve",
        lambda b, y: mg.cholesky_solve(b, y),
        [normal(3, 2), np.tril(SQUARE)],
        lambda b, y: cofactor_inv(np.tril(y) @ np.tril(y).T) @ b,
        **TOL,
    ),
    Case("det", linalg.det, [SQUARE], lambda x: np.array(cofactor_det(x)), **TOL),
    Case("det/batch", linalg.det, [BATCH], lambda x: np.array([cofactor_det(m) for m in x]), **TOL),
    Case("det/singular", linalg.det, [np.ones((2, 2))], lambda x: np.zeros(()), second_order=False),
    Case(
        "slogdet",
        lambda x: linalg.slogdet(x).logabsdet,
        [SQUARE],
        lambda x: np.log(abs(cofactor_det(x))),
        **TOL,
    ),
    Case(
        "slogdet/logdet",
        mg.logdet,
        [BATCH @ BATCH.swapaxes(1, 2)],
        lambda x: np.log([cofactor_det(m) for m in x]),
        **TOL,
    ),
    Case("pinv", linalg.pinv, [normal(4, 2)], lambda x: np.linalg.inv(x.T @ x) @ x.T, **TOL),
    Case("pinv/wide", linalg.pinv, [normal(2, 4)], lambda x: x.T @ np.linalg.inv(x @ x.T), **TOL),
    Case(
        "pinv/lstsq",
        lambda a, b: linalg.lstsq(a, b).solution,
        [normal(4, 2), normal(4, 3)],
        lambda a, b: np.linalg.inv(a.T @ a) @ a.T @ b,
        **TOL,
    ),
    Case(
        "cholesky",
        lambda x: linalg.cholesky(positive_definite(x)),
        [normal(3, 3)],
        lambda x: cholesky_by_rows(x @ x.T + np.eye(3)),
        **TOL,
    ),
    Case(
        "cholesky/upper",
        lambda x: linalg.cholesky(positive_definite(x), upper=True),
        [normal(2, 3, 3)],
        lambda x: np.stack([cholesky_by_rows(m @ m.T + np.eye(3)).T for m in x]),
        **TOL,
    ),
    Case("qr", squares, [normal(4, 2)], squares_by_gram_schmidt, **TOL),
    Case("qr/square", squares, [SQUARE], squares_by_gram_schmidt, **TOL),
    Case("qr/wide", squares, [normal(2, 4)], squares_by_gram_schmidt, **TOL),
    Case("eigh", of_spectrum, [normal(3, 3) + DIAGONAL], lambda x: series(x + x.T), **TOL),
    Case(
        "eigh/batch",
        of_spectrum,
        [0.5 * normal(2, 3, 3) + DIAGONAL],
        lambda x: np.stack([series(m + m.T) for m in x]),
        **TOL,
    ),
    Case(
        "eigh/eigenvalues",
        lambda x: linalg.eigvalsh(symmetric(x)) ** 3,
        [normal(3, 3) + DIAGONAL],
        lambda x: np.sort(np.linalg.eigvals(x + x.T).real) ** 3,
        **TOL,
    ),
    Case(
        "eigh/equal eigenvalues",
        lambda x: linalg.eigvalsh(symmetric(x)).sum(),
        [np.eye(3)],
        lambda x: np.array(2 * np.trace(x)),
        second_order=False,
        **TOL,
    ),
    Case("svd", of_singular_values, [normal(3, 3)], tanh_of_singular_values, **TOL),
    Case("svd/tall", of_singular_values, [normal(4, 2)], tanh_of_singular_values, **TOL),
    Case("svd/wide", of_singular_values, [normal(2, 4)], tanh_of_singular_values, **TOL),
    Case("svd/full", lambda x: of_singular_values(x, True), [normal(4, 2)], tanh_of_singular_values, **TOL),
    Case(
        "svd/values",
        lambda x: linalg.svdvals(x) ** 2,
        [normal(2, 4)],
        lambda x: np.sort(np.linalg.eigvalsh(x @ x.T))[::-1],
        **TOL,
    ),
    Case(
        "svd/nuclear norm",
        lambda x: linalg.matrix_norm(x, "nuc"),
        [normal(3, 4)],
        lambda x: np.sqrt(np.linalg.eigvalsh(x @ x.T)).sum(),
        **TOL,
    ),
    Case(
        "svd/condition",
        linalg.cond,
        [SQUARE],
        lambda x: np.sqrt(np.divide(*np.linalg.eigvalsh(x.T @ x)[[-1, 0]])),
        **TOL,
    ),
    Case(
        "matmul/multi_dot",
        lambda *xs: linalg.multi_dot(xs),
        [normal(3), normal(3, 2), normal(2, 4)],
        lambda a, b, c: a @ b @ c,
    ),
    Case(
        "matmul/cross",
        mg.cross,
        [normal(4, 3), normal(4, 3, seed=1)],
        lambda a, b: np.array(
            [
                [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
                for u, v in zip(a, b)
            ]
        ),
    ),
    Case(
        "matmul/cov",
        mg.cov,
        [normal(3, 5)],
        lambda x: sum(np.outer(c, c) for c in (x - x.mean(1, keepdims=True)).T) / 4,
    ),
    Case(
        "matmul/corrcoef",
        mg.corrcoef,
        [normal(3, 5)],
        lambda x: np.array(
            [[((a - a.mean()) * (b - b.mean())).mean() / a.std() / b.std() for b in x] for a in x]
        ),
    ),
]
