"""Rows for ops/einsum.py."""

import numpy as np

import minigrad as mg
from tests.case import Case, normal


def einsum(equation, *shapes):
    inputs = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    return Case(
        f"matmul/einsum {equation}",
        lambda *xs: mg.einsum(equation, *xs),
        inputs,
        lambda *xs: np.einsum(equation, *xs, optimize=False),
    )


CASES = [
    einsum("ij,jk->ik", (2, 3), (3, 4)),
    einsum("ij,jk", (2, 3), (3, 4)),
    einsum("ij->ji", (2, 3)),
    einsum("ij->", (2, 3)),
    einsum("ii->i", (3, 3)),
    einsum("ii", (3, 3)),
    einsum("iij->ij", (2, 2, 3)),
    einsum("bij,bjk->bik", (2, 3, 4), (2, 4, 2)),
    einsum("i,j->ij", (2,), (3,)),
    einsum("i,i->", (3,), (3,)),
    einsum("ij,ij->ij", (2, 3), (2, 3)),
    einsum("...ij,...jk->...ik", (2, 3, 4), (4, 2)),
    einsum("i...,i...->...", (2, 3), (2, 3)),
    einsum("bhid,bhjd->bhij", (2, 2, 3, 2), (2, 2, 4, 2)),
    einsum("ij,jk,kl->il", (2, 3), (3, 2), (2, 3)),
    einsum("ij,ik,il->jkl", (2, 3), (2, 2), (2, 4)),
    einsum("ba,ab", (2, 3), (3, 2)),
    einsum("b,a", (2,), (3,)),
    Case(
        "matmul/tensordot",
        lambda a, b: mg.tensordot(a, b, 2),
        [normal(2, 3, 4), normal(3, 4, 2)],
        lambda a, b: np.einsum("ijk,jkl->il", a, b),
    ),
    Case(
        "matmul/tensordot by lists",
        lambda a, b: mg.tensordot(a, b, ([0, 2], [1, 0])),
        [normal(2, 3, 4), normal(4, 2, 2)],
        lambda a, b: np.einsum("ijk,kil->jl", a, b),
    ),
    Case(
        "mul/kron",
        mg.kron,
        [normal(2, 3), normal(3, 2)],
        lambda a, b: np.block([[v * b for v in row] for row in a]),
    ),
    Case(
        "matmul/chain",
        mg.chain_matmul,
        [normal(2, 5), normal(5, 2), normal(2, 3), normal(3, 2)],
        lambda a, b, c, d: a @ (b @ (c @ d)),
    ),
    Case(
        "matmul/power",
        lambda x: mg.matrix_power(x, 5),
        [normal(3, 3)],
        lambda x: x @ x @ x @ x @ x,
        rtol32=1e-4,
    ),
    Case("sum/trace", mg.trace, [normal(3, 4)], lambda x: np.array(x[0, 0] + x[1, 1] + x[2, 2])),
]
