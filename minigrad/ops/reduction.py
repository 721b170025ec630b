"""Operations that reduce dimensions: sum and its kin.

    sum                  over some dimensions, or all

Below: tape.py, arithmetic.py. Above: methods/reduction.py. Tests: tests/ops/cases_reduction.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..tape import Primitive
from .arithmetic import expand_to
from .casting import as_dtype, cast

__all__ = ["sum"]


def _sum_forward(x, dims, keepdim):
    kept = tuple(1 if i in dims else size for i, size in enumerate(x.shape))
    return x.sum(axis=dims, keepdims=keepdim, dtype=x.dtype), (kept, x.shape)


def _sum_backward(g, residuals, needs):
    kept, shape = residuals
    return (expand_to(g.reshape(kept), shape),)


_sum = Primitive("sum", _sum_forward, _sum_backward, keeps="kept_shape shape_before")


def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Sum over ``dim`` (an integer, several, or None for all). Integers sum to int64.

    >>> sum(tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    if dtype is None and input.dtype.kind in "biu":
        dtype = np.int64
    if dtype is not None:
        input = cast(input, as_dtype(dtype))
    return _sum(input, dims=shapes.dimensions(dim, input.ndim, "sum"), keepdim=keepdim)
