"""Dropout and its kin, from one primitive that is linear in its input.

    dropout                              elements
    dropout1d dropout2d dropout3d        whole channels
    feature_dropout                      the same for any number of dimensions
    alpha_dropout feature_alpha_dropout  keep mean and variance, for SELU

Only a 64-bit seed is kept: the backward is the same primitive with the same seed.
Below: kernels/dropout.py, random.py. Above: nn/functional.py.
Tests: tests/ops/cases_dropout.py, tests/ops/test_dropout.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError, ShapeError
from ..kernels import _pool as pool
from ..tape import Primitive, wrap
from .arithmetic import add, mul
from .casting import as_operand
from .random import next_seed

__all__ = ["alpha_dropout", "dropout", "feature_alpha_dropout", "feature_dropout"]

KEY = 2**63 - 1  # the bits of a seed that fit a signed 64-bit number: one kernel signature for all

# SELU's limit for large negative inputs, -scale * alpha of Klambauer et al. (2017).
SELU_FLOOR = -1.7580993408473766


def _dropout_forward(x, p, seed):
    """``seed`` is None for a mask of its own, otherwise that of an earlier call."""
    if x.dtype == np.float16:  # no compiled loops: through float32
        out, kept = _dropout_forward(x.astype(np.float32), p, seed)
        return out.astype(np.float16), kept
    seed = next_seed() if seed is None else seed
    flat = np.ascontiguousarray(x).reshape(-1)
    out = np.empty(x.shape, x.dtype)  # not a view: backward would copy it for a leaf
    scale = 1 / (1 - p) if p < 1 else 0.0
    blocks = -(-flat.size // kernels.dropout.BLOCK)
    pool.run(
        kernels.dropout.dropout_forward,
        blocks,
        flat,
        seed & KEY,
        int(p * 2**32),
        scale,
        out.reshape(-1),
        work=2 * flat.size,
    )
    return out, (p, seed)


_dropout: Primitive = Primitive(
    "dropout",
    _dropout_forward,
    lambda g, residuals, needs: (_dropout(g, p=residuals[0], seed=residuals[1]),),
    keeps="probability key",
)


def _check(input: Any, p: float, function: str) -> Any:
    if not 0 <= p <= 1:
        raise ValueError(f"{function} got p={p}; it needs a probability in [0, 1].")
    x = as_operand(input, function)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function} got {x.dtype}; it needs floats. Convert them: x.float().")
    return x


def dropout(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Zero each element with probability ``p`` and scale the others by ``1 / (1 - p)``.

    With ``training=False`` or ``p=0`` the input itself. The mask follows minigrad.manual_seed
    and does not depend on the number of threads. Raises ValueError for p outside [0, 1].
    Source: Srivastava et al., Dropout (2014), in the form that scales while training.

    >>> dropout(ones(3), p=1.0)
    tensor([0., 0., 0.])
    """
    x = _check(input, p, "dropout")
    if not training or p == 0:
        return x
    return _dropout(x, p=float(p), seed=None)


def _channel_mask(x: Any, p: float) -> np.ndarray:
    """(N, C, 1, ...): 0 with probability p, else 1 / (1 - p)."""
    shape = x.shape[:2] + (1,) * (x.ndim - 2)
    return _dropout(np.ones(shape, x.dtype), p=float(p), seed=next_seed())


def feature_dropout(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Zero whole channels with probability ``p`` and scale the others by ``1 / (1 - p)``.

    Shapes: (N, C, *), at least two dimensions. Raises ValueError for p outside [0, 1].
    Source: Tompson et al., Efficient object localization using convolutional networks (2015).

    >>> feature_dropout(ones(1, 2, 3), p=1.0).sum()
    tensor(0.)
    """
    x = _check(input, p, "feature_dropout")
    if x.ndim < 2:
        raise ShapeError(f"feature_dropout got shape {x.shape}; it needs (N, C, *). dropout takes any shape.")
    if not training or p == 0:
        return x
    return mul(x, wrap(_channel_mask(x, p)))


def _alpha(x: Any, p: float, kept: np.ndarray) -> Any:
    """Dropped values become SELU's floor, then one affine map restores mean 0 and variance 1.

    Source: Klambauer et al., Self-normalizing neural networks (2017), section 2.
    """
    if p == 1:
        return mul(x, 0.0)
    a = ((1 - p) * (1 + p * SELU_FLOOR**2)) ** -0.5
    b = -a * p * SELU_FLOOR
    shift = (a * SELU_FLOOR * (1 - kept) + b).astype(x.dtype)
    return add(mul(x, wrap((a * kept).astype(x.dtype))), wrap(shift))


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False) -> Any:
    """Dropout for SELU networks: mean and variance of standard normal inputs stay.

    Source: Klambauer et al., Self-normalizing neural networks (2017).

    >>> alpha_dropout(ones(3), p=0.5)
    tensor([1., 1., 1.])
    """
    x = _check(input, p, "alpha_dropout")
    if not training or p == 0:
        return x
    kept = _dropout(np.ones(x.shape), p=float(p), seed=next_seed()) != 0
    return _alpha(x, p, kept)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False) -> Any:
    """``alpha_dropout`` of whole channels. Shapes: (N, C, *).

    >>> feature_alpha_dropout(ones(1, 2, 3), p=0.5).shape
    minigrad.Size([1, 2, 3])
    """
    x = _check(input, p, "feature_alpha_dropout")
    if x.ndim < 2:
        raise ShapeError(
            f"feature_alpha_dropout got shape {x.shape}; it needs (N, C, *). alpha_dropout takes any shape."
        )
    if not training or p == 0:
        return x
    return _alpha(x, p, _channel_mask(x, p) != 0)
