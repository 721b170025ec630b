"""Operations that move elements without changing them.

    clone reshape permute

Below: tape.py. Above: methods/shaping.py. Tests: tests/ops/cases_shaping.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..tape import Primitive

__all__ = ["clone", "reshape"]


_clone = Primitive(
    "clone", lambda x: (np.array(x, order="C"), ()), lambda g, residuals, needs: (g,), keeps=""
)


def clone(input: Any) -> Any:
    """A copy in fresh memory through which gradients pass.

    >>> x = tensor([1.0], requires_grad=True)
    >>> clone(x).requires_grad
    True
    """
    return _clone(input)


def _reshape_forward(x, shape):
    return x.reshape(shape), (x.shape,)


_reshape = Primitive(
    "reshape",
    _reshape_forward,
    lambda g, residuals, needs: (_reshape(g, shape=residuals[0]),),
    keeps="shape_before",
    view=True,
)


def reshape(input: Any, *shape: Any) -> Any:
    """The same elements, in row-major order, in another shape; one size may be -1.

    A view of the same memory where strides allow, a copy otherwise.

    >>> reshape(tensor([[1, 2], [3, 4]]), (-1,))
    tensor([1, 2, 3, 4])
    """
    sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    return _reshape(input, shape=shapes.infer(sizes, input.array.size, "reshape"))
