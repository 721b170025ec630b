"""Covariances and correlations of variables.

Below: matmul.py, reduction.py. Above: methods/linalg.py. Tests: tests/ops/cases_decompositions.py,
tests/ops/test_linalg.py.
"""

from __future__ import annotations

from typing import Any

from ..errors import DTypeError, ShapeError
from .arithmetic import div, mul, sub
from .casting import as_operand, cast, get_default_dtype
from .elementwise import sqrt
from .matmul import matmul
from .reduction import mean
from .reduction import sum as sum_
from .selection import clamp
from .shaping import reshape

__all__ = ["corrcoef", "cov"]


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Covariances of variables (rows) over observations (columns).

    Shapes: (D, N) -> (D, D); (N,) and (1, N) -> ().

    fweights: how often each observation counts (integers); aweights: its importance. The divisor
    is the sum of the weights less ``correction`` (scaled for aweights as in NumPy).

    >>> cov(tensor([[0.0, 2.0], [2.0, 0.0]]))
    tensor([[ 2., -2.],
            [-2.,  2.]])
    """
    x = as_operand(input, "cov")
    if x.ndim > 2:
        raise ShapeError(f"cov got shape {x.shape}; it needs (variables, observations) or (observations,).")
    if x.dtype.kind != "f":
        x = cast(x, get_default_dtype())
    rows = reshape(x, (1, x.array.size)) if x.ndim < 2 else x
    n = rows.shape[1]
    weights = _cov_weights(fweights, aweights, n, x.dtype)
    if weights is None:
        centred = sub(rows, mean(rows, 1, True))
        divisor: Any = float(max(0, n - correction))
        product = matmul(centred, centred.swapaxes(0, 1))
    else:
        total = sum_(weights)
        centred = sub(rows, div(sum_(mul(rows, weights), 1, True), total))
        importance = total
        if aweights is not None:
            importance = div(sum_(mul(weights, as_operand(aweights, "cov"))), total)
        divisor = clamp(sub(total, mul(importance, correction) if aweights is not None else correction), 0)
        product = matmul(mul(centred, weights), centred.swapaxes(0, 1))
    result = div(product, divisor)
    return reshape(result, ()) if rows.shape[0] == 1 else result


def _cov_weights(fweights: Any, aweights: Any, n: int, dtype: Any) -> Any:
    product = None
    for name, values in (("fweights", fweights), ("aweights", aweights)):
        if values is None:
            continue
        w = as_operand(values, "cov")
        if w.shape != (n,):
            raise ShapeError(f"cov got {name} {w.shape} for {n} observations; it needs ({n},).")
        if (w.dtype.kind == "f") != (name == "aweights"):
            raise DTypeError(
                f"cov got {name} of {w.dtype}; it needs {'integers' if name == 'fweights' else 'floats'}."
            )
        if (w.array < 0).any():
            raise ValueError(f"cov got negative {name}; it needs weights >= 0.")
        w = cast(w, dtype)
        product = w if product is None else mul(product, w)
    return product


def corrcoef(input: Any) -> Any:
    """Correlations of variables (rows) over observations (columns), clipped to [-1, 1].

    >>> corrcoef(tensor([[0.0, 2.0], [2.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c = cov(input)
    if not c.ndim:
        return div(c, c)
    spread = sqrt(c.diagonal())
    n = c.shape[0]
    return clamp(div(div(c, reshape(spread, (n, 1))), spread), -1, 1)
