"""Linear algebra under the names of torch.linalg.

Every function takes batches (..., m, n) of float32 or float64 and has gradients of any order
where they are defined. There are no complex numbers, hence no eig of unsymmetric matrices.
Below: ops/solving.py, ops/linalg.py, ops/einsum.py. Tests: tests/ops/test_linalg.py.
"""

from .ops.arguments import explain_all as _explain_all
from .ops.decompositions import LinAlgError
from .ops.diagonal import diagonal
from .ops.einsum import matrix_power
from .ops.linalg import (
    cond,
    eigvalsh,
    lstsq,
    matrix_exp,
    matrix_norm,
    matrix_rank,
    multi_dot,
    solve_triangular,
    svdvals,
    vecdot,
    vector_norm,
)
from .ops.linalg import linalg_cross as cross
from .ops.linalg import linalg_norm as norm
from .ops.linalg import linalg_vander as vander
from .ops.matmul import matmul
from .ops.solving import cholesky, det, eigh, inv, pinv, qr, slogdet, solve, svd, tensorinv, tensorsolve

__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "lstsq",
    "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv",
    "qr", "slogdet", "solve", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander",
    "vecdot", "vector_norm",
]  # fmt: skip

_explain_all(dict(globals()), __all__, globals().__setitem__)
