"""Pooling: one number per window of an image, its maximum or its mean.

    max_pool2d, avg_pool2d                      windows of one size, a stride apart
    adaptive_max_pool2d, adaptive_avg_pool2d    as many windows as asked for, sizes nearly equal

A window is a pair of input ranges, rows and columns; each function lays its windows out as
tables (``Windows``) and all share the same primitives:

    max_pool2d(x) -> y, where          dx = max_pool2d_scatter(g, where)
    max_pool2d_scatter(g, where)       for G: dg = max_pool2d_gather(G, where)
    max_pool2d_gather(x, where)        dx = max_pool2d_scatter(g, where)
    avg_pool2d(x)                      dx = avg_pool2d_spread(g)
    avg_pool2d_spread(g)               for G: dg = avg_pool2d(G)

Below: kernels/pool.py. Above: nn/functional.py. Tests: tests/ops/cases_pool.py, test_pool.py.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .. import kernels, lookahead
from ..errors import DTypeError, ShapeError
from ..shapes import pair, remembered
from ..tape import Primitive, Variable, wrap
from .casting import cast

__all__ = ["max_pool2d"]


class Windows(NamedTuple):
    """Which input rows and columns each window covers, clipped to the input."""

    size: tuple[int, int]  # of the input
    shape: tuple[int, int]  # windows down and across
    rows: np.ndarray  # (OH, 3): first, past the last, first of the whole window
    cols: np.ndarray  # (OW, 3)
    step: tuple[int, int]  # dilation within a window
    kernel: tuple[int, int]  # taps of a whole window, down and across
    axes: np.ndarray | None  # (2, 6) where windows are a stride apart, as the kernel for them reads it
    inner: np.ndarray  # (5,) W and the columns of windows that nothing cuts off, as mean_pool reads them
    scale: np.ndarray  # (OH, OW): 1 / divisor, for means
    tap: type  # the smallest dtype that can number the values of a window
    fours: bool  # the usual windows: 2 x 2, two apart, from 0 on

    def places(self) -> tuple:
        """Where the taps lie: what the kernels that read ``where`` take."""
        return self.rows, self.cols, *self.step, self.kernel[1], self.kernel[0] * self.kernel[1]

    def __repr__(self) -> str:
        return f"Windows({self.size} -> {self.shape})"


def _run(kernel: Any, *arrays: np.ndarray, settings: tuple) -> None:
    """Run a kernel over the planes: every leading dimension of the arrays flattened."""
    planes = prod(arrays[0].shape[:-2])
    flat = [a.reshape(planes, *a.shape[-2:]) for a in arrays]
    kernels._pool.run(kernel, planes, *flat, *settings, work=4.0 * sum(a.size for a in arrays))


def _run_flat(kernel: Any, *arrays: np.ndarray, settings: tuple, steps: float = 1.0) -> None:
    """The same for kernels in vector code, which read their arrays flat; ``steps`` for each number."""
    planes = prod(arrays[0].shape[:-2])
    if planes:
        work = steps * sum(a.size for a in arrays)
        kernels._pool.run(kernel, planes, *[a.reshape(-1) for a in arrays], *settings, work=work)


# ------------------------------------------------ the largest value


def _max_pool_forward(input, windows):
    x = np.ascontiguousarray(input)
    y = np.empty((*x.shape[:-2], *windows.shape), x.dtype)
    where = np.empty(y.shape, windows.tap)
    if windows.fours and x.dtype.kind == "f":
        _run_flat(kernels.pool.max_pool_2x2, x, y, where, settings=(windows.size[1], *windows.shape))
    elif windows.axes is not None and x.dtype.kind == "f":
        _run_flat(kernels.pool.max_pool_evenly, x, y, where, settings=(windows.axes,), steps=8)
    else:
        lowest = x.dtype.type(-np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min)
        settings = (windows.rows, windows.cols, *windows.step, windows.kernel[1], lowest)
        _run(kernels.pool.max_pool, x, y, where, settings=settings)
    return (y, where), (where, windows, y)


def _max_pool_backward(g, residuals, needs):
    where, windows, _ = residuals
    return (_max_pool_scatter(g[0], where, windows=windows),)


_max_pool = Primitive("max_pool2d", _max_pool_forward, _max_pool_backward, keeps="tap layout ~output")


def _scatter_forward(g, where, windows):
    g, where = np.ascontiguousarray(g), np.ascontiguousarray(where)
    if windows.fours and g.dtype.kind == "f":
        return scatter_2x2(g, None, where, windows), (where, windows)
    dx = np.empty((*g.shape[:-2], *windows.size), g.dtype)
    _run(kernels.pool.max_pool_scatter, g, where, dx, settings=windows.places())
    return dx, (where, windows)


def scatter_2x2(g, y, where, windows) -> np.ndarray:
    """g where each 2 x 2 window has its maximum, 0 elsewhere; with ``y``, the maxima, 0 where y <= 0."""
    dx = np.empty((*g.shape[:-2], *windows.size), g.dtype)
    if dx.size:
        kernels._pool.run(
            kernels.pool.max_pool_2x2_scatter, prod(g.shape[:-2]), g.reshape(-1), where.reshape(-1),
            dx.reshape(-1), None if y is None else y.reshape(-1), windows.size[1], *windows.shape,
            work=1.5 * dx.size,
        )  # fmt: skip
    return dx


def _scatter_backward(G, residuals, needs):
    where, windows = residuals
    return _max_pool_gather(G, where, windows=windows), None


_max_pool_scatter = Primitive("max_pool2d_scatter", _scatter_forward, _scatter_backward, keeps="tap layout")


def _gather_forward(x, where, windows):
    x = np.ascontiguousarray(x)
    y = np.empty((*x.shape[:-2], *windows.shape), x.dtype)
    _run(kernels.pool.max_pool_gather, x, where, y, settings=windows.places())
    return y, (where, windows)


def _gather_backward(g, residuals, needs):
    where, windows = residuals
    return _max_pool_scatter(g, where, windows=windows), None


_max_pool_gather = Primitive("max_pool2d_gather", _gather_forward, _gather_backward, keeps="tap layout")


# ------------------------------------------------ the mean

LARGE_PLANE = 1 << 15  # numbers: half of a second cache, or all of a small one


def _avg_pool_forward(input, windows):
    x = np.ascontiguousarray(input)
    y = np.empty((*x.shape[:-2], *windows.shape), x.dtype)
    scale = windows.scale.astype(x.dtype).reshape(-1)
    if y.size:
        settings = (windows.rows, windows.cols, scale, windows.inner)
        _run_flat(kernels.pool.mean_pool, x, y, settings=settings, steps=4)
    return y, (windows,)


_avg_pool = Primitive(
    "avg_pool2d",
    _avg_pool_forward,
    lambda g, residuals, needs: (_avg_pool_spread(g, windows=residuals[0]),),
    keeps="layout",
)


def _spread_forward(g, windows):
    g = np.ascontiguousarray(g)
    dx = np.empty((*g.shape[:-2], *windows.size), g.dtype)
    scale = windows.scale.astype(g.dtype)
    if windows.axes is not None and windows.axes[1, 3] <= 2 and prod(windows.size) <= LARGE_PLANE:
        settings = (scale.reshape(-1), windows.axes)
        _run_flat(kernels.pool.mean_pool_spread_evenly, g, dx, settings=settings, steps=4)
    else:
        _run(kernels.pool.mean_pool_spread, g, dx, settings=(windows.rows, windows.cols, scale))
    return dx, (windows,)


_avg_pool_spread: Primitive = Primitive(
    "avg_pool2d_spread",
    _spread_forward,
    lambda G, residuals, needs: (_avg_pool(G, windows=residuals[0]),),
    keeps="layout",
)


# ------------------------------------------------ where the windows lie


def _layout(size: tuple, kernel: tuple, tables: list, step: tuple, scale: np.ndarray, axes: Any) -> Windows:
    rows, cols = tables
    fours = kernel == (2, 2) and step == (1, 1)
    for n, table in zip(size, tables):
        two_apart = 2 * np.arange(len(table))[:, None] + (0, 2)
        fours = fours and len(table) == n // 2 > 0 and bool((table[:, :2] == two_apart).all())
    taps = kernel[0] * kernel[1]
    tap = np.uint8 if taps <= 256 else np.uint16 if taps <= 65536 else np.uint32
    evenly = axes if tap is np.uint8 else None
    inner = _uncut(size[1], cols, axes)
    return Windows(size, scale.shape, rows, cols, step, kernel, evenly, inner, scale, tap, fours)


def _uncut(size: int, cols: np.ndarray, axes: Any) -> np.ndarray:
    """What mean_pool reads: windows of full width, one or two columns apart, and not only one column."""
    width, stride = (0, 0) if axes is None else axes[1, [2, 3]]
    first = last = 0
    if stride in (1, 2) and width >= stride:
        whole = np.flatnonzero(cols[:, 1] - cols[:, 2] == width * (cols[:, 0] == cols[:, 2]))
        first, last = (whole[0], whole[-1] + 1) if whole.size else (0, 0)
    return np.array([size, first, last, width, stride], np.int64)


def _positions(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    """Windows along one dimension; with ``ceil`` the last must start inside input or left padding."""
    span = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (span + (stride - 1 if ceil else 0)) // stride + 1
    return count - 1 if ceil and (count - 1) * stride >= size + padding else count


def _axis(size, kernel, stride, padding, dilation, ceil) -> tuple[np.ndarray, np.ndarray]:
    """(positions, 3) range inside the input and uncut start; number of rows counted with the padding."""
    count = max(0, _positions(size, kernel, stride, padding, dilation, ceil))
    whole = np.arange(count) * stride - padding
    stop = whole + dilation * (kernel - 1) + 1
    padded = np.minimum(stop, size + padding) - whole
    start = np.where(whole < 0, whole + -(whole // dilation) * dilation, whole)
    stop = np.maximum(start, np.minimum(stop, size))
    return np.stack([start, stop, whole], axis=1).astype(np.int64), padded


@lru_cache(maxsize=256)
def _windows(size, kernel, stride, padding, dilation, ceil_mode, include_pad, divisor) -> Windows:
    tables = [_axis(size[i], kernel[i], stride[i], padding[i], dilation[i], ceil_mode) for i in range(2)]
    (rows, padded_rows), (cols, padded_cols) = tables
    inside = (rows[:, 1] - rows[:, 0])[:, None] * (cols[:, 1] - cols[:, 0])
    if divisor is not None:
        counts = np.full(inside.shape, divisor)
    else:
        counts = padded_rows[:, None] * padded_cols if include_pad else inside
    scale = np.where(inside > 0, 1.0 / np.where(counts == 0, 1, counts), 0.0)
    axes = [
        (size[i], shape, kernel[i], stride[i], padding[i], dilation[i]) for i, shape in enumerate(scale.shape)
    ]
    return _layout(size, kernel, [rows, cols], dilation, scale, np.array(axes, np.int64))


def two_by_two(size: tuple[int, int]) -> Windows:
    """Windows of 2 x 2, two apart, on images of that size: what ``max_pool2d(x, 2)`` takes."""
    return _windows(size, (2, 2), (2, 2), (0, 0), (1, 1), False, True, None)


@lru_cache(maxsize=256)
def _adaptive_windows(size, output_size) -> Windows:
    tables = []
    for n, count in zip(size, output_size):
        i = np.arange(count)
        first, past = i * n // max(count, 1), -(-(i + 1) * n // max(count, 1))
        tables.append(np.stack([first, past, first], 1).astype(np.int64))
    spans = [table[:, 1] - table[:, 0] for table in tables]
    kernel = tuple(int(span.max(initial=1)) for span in spans)
    return _layout(size, kernel, tables, (1, 1), 1.0 / (spans[0][:, None] * spans[1]), None)


# ------------------------------------------------ public functions


def _check_input(function: str, input: Any, floats_only: bool) -> tuple[int, int]:
    if not isinstance(input, Variable):
        raise TypeError(f"{function} got {type(input).__name__}; it needs a Tensor.")
    shape = input.array.shape
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ShapeError(
            f"{function} got input {shape}; it needs (N, C, H, W) or (C, H, W) in which only the "
            "batch may be empty."
        )
    kind = input.array.dtype.kind
    if kind != "f" and (floats_only or kind == "b"):
        raise DTypeError(
            f"{function} got {input.dtype}; it needs a {'float' if floats_only else 'numeric'} dtype. "
            "Convert it first: x.float()."
        )
    return shape[-2:]


@remembered
def _fitting_windows(
    function, size, kernel_size, stride, padding, dilation, ceil_mode, include_pad, divisor
) -> Windows:
    """Where the windows lie, once the settings are known to fit an input of that size."""
    kernel = pair(kernel_size, function, "kernel_size", 1)
    stride = kernel if stride is None or stride in ((), []) else pair(stride, function, "stride", 1)
    padding = pair(padding, function, "padding", 0)
    dilation = pair(dilation, function, "dilation", 1)
    if any(p > k // 2 for p, k in zip(padding, kernel)):
        raise ValueError(
            f"{function} got padding={padding} for a kernel {kernel}; it needs at most half of the "
            f"kernel size, here {tuple(k // 2 for k in kernel)}."
        )
    count = [_positions(size[i], kernel[i], stride[i], padding[i], dilation[i], ceil_mode) for i in range(2)]
    if min(count) < 1:
        raise ShapeError(
            f"{function} got a kernel {kernel} with dilation {dilation} and padding {padding} for an "
            f"input of {size[0]} x {size[1]}; no window fits. Pad more, or take a smaller kernel."
        )
    return _windows(size, kernel, stride, padding, dilation, bool(ceil_mode), bool(include_pad), divisor)


_HALF = np.dtype(np.float16)


def by_twos(kernel_size, stride, padding, dilation, ceil_mode, return_indices) -> bool:
    """Whether these settings are 2 x 2 windows side by side, which a convolution can take along."""
    return (
        kernel_size in (2, (2, 2))
        and stride in (None, 2, (2, 2))
        and padding in (0, (0, 0))
        and dilation in (1, (1, 1))
        and not (ceil_mode or return_indices)
    )


def _in_float32(function: Any, input: Any) -> Any:
    """Half precision is pooled in float32, which Numba's loops know."""
    return cast(function(cast(input, np.dtype(np.float32))), input.dtype)


def _with_indices(input: Any, windows: Windows, return_indices: bool) -> Any:
    if input.array.dtype == _HALF:
        y, where = _max_pool(cast(input, np.dtype(np.float32)), windows=windows)
        y = cast(y, _HALF)
    else:
        y, where = _max_pool(input, windows=windows)
    if not return_indices:
        return y
    indices = np.empty(where.shape, np.int64)
    settings = (*windows.places(), windows.size[1])
    _run(kernels.pool.flat_indices, where.array, indices, settings=settings)
    return y, wrap(indices)


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest value of each window; of equal ones the first gets the gradient. NaN wins.

    Shapes: (N, C, H, W) or (C, H, W) -> (..., OH, OW) with
    OH = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1, or rounded up with ``ceil_mode``
    where a window still starts inside the input. ``stride`` is the kernel size if not given.
    With ``return_indices`` also row * W + column of each maximum (int64).
    Raises ValueError for padding beyond half the kernel, ShapeError where no window fits.

    >>> max_pool2d(tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2)
    tensor([[[4.]]])
    """
    if id(input) == lookahead.last and by_twos(
        kernel_size, stride, padding, dilation, ceil_mode, return_indices
    ):
        output = lookahead.follow(input, "pool")
        if output is not None:
            return output
    size = _check_input("max_pool2d", input, False)
    windows = _fitting_windows(
        "max_pool2d", size, kernel_size, stride, padding, dilation, ceil_mode, True, None
    )
    return _with_indices(input, windows, return_indices)


def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window, zero padding counted unless ``count_include_pad`` is False.

    Shapes: as max_pool2d with dilation 1. ``divisor_override`` replaces the number of values.
    Raises ValueError for padding beyond half the kernel or a divisor of 0, ShapeError where no
    window fits, DTypeError unless the input is float.

    >>> F.avg_pool2d(tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2)
    tensor([[[2.5000]]])
    """
    size = _check_input("avg_pool2d", input, True)
    if divisor_override == 0:
        raise ValueError("avg_pool2d got divisor_override=0; it needs a number other than 0.")
    windows = _fitting_windows(
        "avg_pool2d", size, kernel_size, stride, padding, 1, ceil_mode, count_include_pad, divisor_override
    )
    return _mean(input, windows)


def _mean(input: Any, windows: Windows) -> Any:
    if input.array.dtype == _HALF:
        return _in_float32(lambda x: _avg_pool(x, windows=windows), input)
    return _avg_pool(input, windows=windows)


def _output_size(function: str, output_size: Any, size: tuple[int, int]) -> tuple[int, int]:
    """(OH, OW); None keeps the input's size along that dimension."""
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    try:
        found = tuple(n if s is None else operator.index(s) for s, n in zip(sizes, size))
    except TypeError:
        found = ()
    if len(sizes) != 2 or len(found) != 2 or min(found) < 0:
        raise ValueError(
            f"{function} got output_size={output_size!r}; it needs an integer >= 0, or a pair of "
            "integers and None (None keeps the size)."
        )
    return found


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """Means over ``output_size`` windows that cover the input evenly: (..., H, W) -> (..., OH, OW).

    Window i spans rows floor(i H / OH) to ceil((i + 1) H / OH). ``output_size`` is a number or a
    pair; None keeps a size. Raises ValueError for anything else, DTypeError unless float.

    >>> F.adaptive_avg_pool2d(tensor([[[1.0, 2.0, 3.0, 4.0]]]), (1, 2))
    tensor([[[1.5000, 3.5000]]])
    """
    size = _check_input("adaptive_avg_pool2d", input, True)
    return _mean(input, _adaptive_windows(size, _output_size("adaptive_avg_pool2d", output_size, size)))


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima over ``output_size`` windows that cover the input evenly: (..., H, W) -> (..., OH, OW).

    Windows as in adaptive_avg_pool2d, indices and ties as in max_pool2d.

    >>> F.adaptive_max_pool2d(tensor([[[1.0, 2.0, 3.0, 4.0]]]), (1, 2))
    tensor([[[2., 4.]]])
    """
    size = _check_input("adaptive_max_pool2d", input, False)
    windows = _adaptive_windows(size, _output_size("adaptive_max_pool2d", output_size, size))
    return _with_indices(input, windows, return_indices)
