"""All parameters of a model as one vector, and back.

Below: ops/joining.py. Tests: tests/nn/test_utils.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from minigrad.errors import ShapeError
from minigrad.ops.joining import cat
from minigrad.ops.shaping import reshape
from minigrad.tape import Variable


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """The parameters one after the other as one vector; gradients pass through.

    >>> nn.utils.parameters_to_vector([tensor([[1.0], [2.0]]), tensor([3.0])])
    tensor([1., 2., 3.])
    """
    return cat([reshape(p, (-1,)) for p in parameters])


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Have each parameter use its part of the vector's memory.

    Raises ShapeError unless the vector holds exactly as many numbers.

    >>> w = nn.Parameter(minigrad.zeros(2, 1))
    >>> nn.utils.vector_to_parameters(tensor([1.0, 2.0]), [w])
    >>> w.detach()
    tensor([[1.],
            [2.]])
    """
    if not isinstance(vec, Variable):
        raise TypeError(f"vector_to_parameters got {type(vec).__name__}; it needs a Tensor.")
    listed = list(parameters)
    total = sum(p.array.size for p in listed)
    if vec.array.ndim != 1 or vec.array.size < total:
        raise ShapeError(
            f"vector_to_parameters got a vector of shape {tuple(vec.array.shape)}; it needs ({total},)."
        )
    start = 0
    for p in listed:
        stop = start + math.prod(p.array.shape)
        p.data = vec.array[start:stop].reshape(p.array.shape)
        start = stop
