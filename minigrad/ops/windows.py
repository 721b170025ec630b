"""Window functions: weights that fade out a finite stretch of a signal.

    bartlett_window blackman_window hamming_window hann_window kaiser_window

``periodic`` (the default) gives the first n of n + 1 symmetric weights, as spectra need it.
Source: Harris, On the use of windows for harmonic analysis (1978).
Below: creation.py. Tests: tests/parity/samples_shaping.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..tape import wrap
from .casting import as_dtype, get_default_dtype
from .creation import check_device

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _window(
    function: str, n: int, periodic: bool, weights: Callable, dtype: Any, requires_grad: bool, device: Any
) -> Any:
    """``weights`` of positions from 0 to 1."""
    check_device(device)
    if n < 0:
        raise ShapeError(f"{function} got window_length={n}; it needs a size >= 0.")
    dtype = get_default_dtype() if dtype is None else as_dtype(dtype)
    if dtype.kind != "f":
        raise DTypeError(f"{function} got dtype {dtype}; it needs a float dtype.")
    last = n if periodic else n - 1
    values = weights(np.arange(n) / last) if n > 1 else np.ones(n)
    made = wrap(np.asarray(values, dtype))
    return made.requires_grad_() if requires_grad else made


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``sin(pi t)**2`` for t from 0 to 1.

    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def weights(t: np.ndarray) -> np.ndarray:
        return 0.5 - 0.5 * np.cos(2 * np.pi * t)

    return _window("hann_window", window_length, periodic, weights, dtype, requires_grad, device)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``alpha - beta cos(2 pi t)`` for t from 0 to 1.

    >>> hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """

    def weights(t: np.ndarray) -> np.ndarray:
        return alpha - beta * np.cos(2 * np.pi * t)

    return _window("hamming_window", window_length, periodic, weights, dtype, requires_grad, device)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``0.42 - 0.5 cos(2 pi t) + 0.08 cos(4 pi t)`` for t from 0 to 1.

    >>> blackman_window(3, periodic=False).round(decimals=4) + 0
    tensor([0., 1., 0.])
    """

    def weights(t: np.ndarray) -> np.ndarray:
        return 0.42 - 0.5 * np.cos(2 * np.pi * t) + 0.08 * np.cos(4 * np.pi * t)

    return _window("blackman_window", window_length, periodic, weights, dtype, requires_grad, device)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A triangle: ``1 - |2 t - 1|`` for t from 0 to 1.

    >>> bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def weights(t: np.ndarray) -> np.ndarray:
        return 1 - np.abs(2 * t - 1)

    return _window("bartlett_window", window_length, periodic, weights, dtype, requires_grad, device)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``I0(beta sqrt(1 - (2 t - 1)**2)) / I0(beta)`` for t from 0 to 1.

    >>> kaiser_window(3, periodic=False, beta=0.0)
    tensor([1., 1., 1.])
    """

    def weights(t: np.ndarray) -> np.ndarray:
        return np.i0(beta * np.sqrt(np.maximum(0, 1 - (2 * t - 1) ** 2))) / np.i0(beta)

    return _window("kaiser_window", window_length, periodic, weights, dtype, requires_grad, device)
