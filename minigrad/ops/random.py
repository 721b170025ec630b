"""Random tensors.

    rand randn randint randperm, with _like         of given sizes
    normal bernoulli multinomial poisson            of given parameters
    fill_from                                       in-place fills

Below: generator.py, creation.py. Above: methods/random.py. Tests: tests/ops/test_random.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..tape import Variable, wrap
from .casting import as_dtype, as_operand, get_default_dtype, promote
from .creation import new
from .generator import Generator, source
from .generator import next_seed as next_seed
from .inplace import inplace
from .shaping import sizes_of

__all__ = [
    "bernoulli", "multinomial", "normal", "poisson", "rand", "rand_like", "randint",
    "randint_like", "randn", "randn_like", "randperm",
]  # fmt: skip

# ------------------------------------------------ draws, as arrays


def _float_dtype(dtype: Any, function: str) -> np.dtype:
    found = get_default_dtype() if dtype is None else as_dtype(dtype)
    if found.kind != "f":
        raise DTypeError(f"{function} got dtype {found}; it needs a float dtype.")
    return found


def uniform_array(shape: tuple, dtype: np.dtype, generator: Generator | None) -> np.ndarray:
    if dtype.itemsize >= 4:
        return np.asarray(source(generator).random(shape, dtype))
    # float16 holds 11 bits: more would round some numbers up to 1.
    return (source(generator).integers(0, 2048, shape) / 2048).astype(dtype)


def normal_array(shape: tuple, dtype: np.dtype, generator: Generator | None) -> np.ndarray:
    drawn = source(generator).standard_normal(shape, dtype if dtype.itemsize >= 4 else np.float32)
    return np.asarray(drawn, dtype)


# ------------------------------------------------ of given sizes


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers in [0, 1).

    >>> rand(2, 3).shape
    minigrad.Size([2, 3])
    """
    array = uniform_array(sizes_of(size, "rand"), _float_dtype(dtype, "rand"), generator)
    return new(array, requires_grad, device)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Numbers from the normal distribution of mean 0 and variance 1.

    >>> randn(2, 3).shape
    minigrad.Size([2, 3])
    """
    array = normal_array(sizes_of(size, "randn"), _float_dtype(dtype, "randn"), generator)
    return new(array, requires_grad, device)


def check_bounds(low: int, high: int, dtype: np.dtype, function: str) -> None:
    """Raise ValueError unless there are integers in [low, high) and ``dtype`` holds all of them."""
    if low >= high:
        raise ValueError(f"{function} got low={low} and high={high}; it needs low < high.")
    if dtype.kind != "f":
        least, most = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if low < least or high > most + 1:
            raise ValueError(
                f"{function} got the bounds {low} and {high} for {dtype}, which holds {least} to {most}; "
                f"it needs bounds from {least} to {most + 1}, or a wider dtype."
            )


def randint(
    *bounds_and_size: Any,
    low: int = 0,
    high: int | None = None,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Integers in [low, high), int64 unless ``dtype`` says otherwise.

    Called as ``randint(high, size)`` or ``randint(low, high, size)``.

    >>> sorted(set(randint(2, 5, (100,)).tolist()))
    [2, 3, 4]
    """
    given = list(bounds_and_size)
    if given and size is None:
        size = given.pop()
    if given and high is None:
        high = given.pop()
    if given:
        low = given.pop()
    if high is None or size is None or given:
        raise TypeError("randint got other arguments; it needs (high, size) or (low, high, size).")
    low, high = operator.index(low), operator.index(high)
    found = np.dtype(np.int64) if dtype is None else as_dtype(dtype)
    check_bounds(low, high, found, "randint")
    array = source(generator).integers(low, high, sizes_of((size,), "randint")).astype(found)
    return new(array, requires_grad, device)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The integers 0 to n - 1 in random order.

    >>> sorted(randperm(4).tolist())
    [0, 1, 2, 3]
    """
    count = operator.index(n)
    if count < 0:
        raise ValueError(f"randperm got n={count}; it needs n >= 0.")
    found = np.dtype(np.int64) if dtype is None else as_dtype(dtype)
    return new(source(generator).permutation(count).astype(found), requires_grad, device)


def rand_like(input: Any, *, dtype: Any = None, **options: Any) -> Any:
    """``rand`` in the shape and dtype of ``input``; takes the options of ``rand``.

    >>> rand_like(zeros(2, 3)).shape
    minigrad.Size([2, 3])
    """
    return rand(input.array.shape, dtype=input.dtype if dtype is None else dtype, **options)


def randn_like(input: Any, *, dtype: Any = None, **options: Any) -> Any:
    """``randn`` in the shape and dtype of ``input``; takes the options of ``randn``.

    >>> randn_like(zeros(2, 3)).shape
    minigrad.Size([2, 3])
    """
    return randn(input.array.shape, dtype=input.dtype if dtype is None else dtype, **options)


def randint_like(input: Any, *bounds: int, dtype: Any = None, **options: Any) -> Any:
    """``randint`` in the shape and dtype of ``input``: ``(input, high)`` or ``(input, low, high)``.

    >>> randint_like(zeros(2), 7, 8)
    tensor([7., 7.])
    """
    found = input.dtype if dtype is None else dtype
    return randint(*bounds, size=input.array.shape, dtype=found, **options)


# ------------------------------------------------ of given parameters


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Normal numbers of this mean and standard deviation: Tensors of them, or numbers with a size.

    Raises ValueError for std < 0.

    >>> normal(zeros(3), 0.0)
    tensor([0., 0., 0.])
    """
    if isinstance(mean, Variable) or isinstance(std, Variable):
        if size is not None:
            raise TypeError("normal got Tensors and a size; it needs one or the other.")
        means, stds = promote(as_operand(mean, "normal"), as_operand(std, "normal"), "normal")
        means, stds = means.array, stds.array
        shape: tuple = np.broadcast_shapes(means.shape, stds.shape)
        found = means.dtype if means.dtype.kind == "f" else get_default_dtype()
    else:
        if size is None:
            raise TypeError("normal got two numbers; it needs a size as well, or Tensors.")
        means, stds, shape = mean, std, sizes_of((size,), "normal")
        found = _float_dtype(dtype, "normal")
    if not np.all(np.greater_equal(stds, 0)):
        raise ValueError("normal got a negative std or nan; it needs standard deviations >= 0.")
    array = np.asarray(normal_array(shape, found, generator) * stds + means, found)
    return new(array, requires_grad, device)


def probabilities(p: Any, function: str) -> np.ndarray:
    """Numbers, an array or a Tensor as an array of probabilities."""
    p = p.array if isinstance(p, Variable) else np.asarray(p, np.float64)
    if p.dtype.kind != "f":
        raise DTypeError(f"{function} got {p.dtype}; it needs float probabilities.")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"{function} got values outside [0, 1]; it needs probabilities.")
    return p


def bernoulli(input: Any, p: float | None = None, *, generator: Generator | None = None) -> Any:
    """Ones with the probabilities in ``input`` (or all with ``p``), else zeros, in its dtype.

    >>> bernoulli(tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    x = input.array
    chances = probabilities(input if p is None else p, "bernoulli")
    return wrap((source(generator).random(x.shape) < chances).astype(x.dtype))


def poisson(input: Any, generator: Generator | None = None) -> Any:
    """Counts from Poisson distributions with the rates in ``input``, in its dtype.

    >>> poisson(zeros(2))
    tensor([0., 0.])
    """
    rates = input.array
    if rates.dtype.kind != "f" or not np.all(rates >= 0):
        raise ValueError("poisson got other rates; it needs floats >= 0.")
    return wrap(np.asarray(source(generator).poisson(rates), rates.dtype))


def multinomial(
    input: Any,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Any:
    """Draw indices with the weights in ``input``, from each row on its own.

    Shapes: (C,) -> (num_samples,), (N, C) -> (N, num_samples), int64. Weights need not sum to 1.
    Without replacement an index of weight w waits exponentially long with rate w; the first
    ``num_samples`` to arrive are drawn.
    Source: Efraimidis and Spirakis, Weighted random sampling with a reservoir (2006).

    >>> multinomial(tensor([0.0, 3.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    weights, count = input.array, operator.index(num_samples)
    if weights.ndim not in (1, 2) or not weights.shape[-1]:
        raise ShapeError(f"multinomial got shape {weights.shape}; it needs (C,) or (N, C), C > 0.")
    if weights.dtype.kind != "f":
        raise DTypeError(f"multinomial got {weights.dtype}; it needs float weights.")
    weights = weights.astype(np.float64)
    total = weights.sum(-1, keepdims=True)
    if not np.all(weights >= 0) or not np.all((total > 0) & np.isfinite(total)):
        raise ValueError(
            "multinomial got negative, infinite or all-zero weights; it needs finite weights >= 0 "
            "with a sum > 0 in each row."
        )
    if count < 1:
        raise ValueError(f"multinomial got num_samples={count}; it needs at least 1.")
    rows = weights.reshape(-1, weights.shape[-1])
    if replacement:
        steps = np.cumsum(rows, -1)
        # 1 - u lies in (0, 1]: an event of weight 0 in front is never drawn.
        draws = (1 - source(generator).random((len(rows), count))) * steps[:, -1:]
        found = np.stack([np.searchsorted(s, d) for s, d in zip(steps, draws)])
    else:
        fewest = int((rows > 0).sum(-1).min())
        if count > fewest:
            raise ValueError(
                f"multinomial got num_samples={count} and a row with {fewest} weights > 0; it needs "
                "at least as many without replacement. Pass replacement=True."
            )
        with np.errstate(divide="ignore"):
            waits = source(generator).standard_exponential(rows.shape) / rows
        found = np.argsort(waits, -1)[:, :count]
    return wrap(found.astype(np.int64).reshape(*weights.shape[:-1], count))


# ------------------------------------------------ in place


def fill_from(x: Any, function: str, values: Callable[[], Any]) -> Any:
    """Give ``x`` new values in place; returns ``x``.

    ``values`` is called once the write is known to be allowed: a refused one draws no numbers.
    """
    with np.errstate(over="ignore"):  # beyond float16 is inf
        return inplace(
            x,
            function,
            lambda old: wrap(np.asarray(values()).astype(x.array.dtype)),
            directly=lambda array: np.copyto(array, values(), casting="unsafe"),
        )
