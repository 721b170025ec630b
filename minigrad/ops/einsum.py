"""Sums of products of any number of tensors: einsum and what can be said with it.

    einsum        by an equation: "ij,jk->ik"
    tensordot     sum over chosen dimensions of two tensors
    kron          Kronecker product
    chain_matmul, multi_dot    a product of many matrices, in the cheapest order
    matrix_power  a square matrix times itself

All are built from permute, reshape, sum and matmul, so their gradients are.
Below: matmul.py, shaping.py. Above: linalg.py, methods/linalg.py.
Tests: tests/ops/cases_einsum.py, tests/ops/test_einsum.py.
"""

from __future__ import annotations

import math
import operator
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from ..tape import Variable, wrap
from .arithmetic import expand_to, mul
from .casting import as_operand
from .matmul import matmul
from .reduction import sum as sum_
from .shaping import clone, permute, reshape

__all__ = ["chain_matmul", "einsum", "kron", "matrix_power", "tensordot"]

Labels = list[Any]  # letters; the dimensions of an ellipsis are the numbers -1, -2, ... from the right


# ------------------------------------------------ einsum


def _parse(equation: str, ndims: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The labels of each operand's dimensions, and those of the result."""
    equation = equation.replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum got the equation {equation!r} and {len(ndims)} operands; it needs one term per "
            f"operand, separated by commas (here {len(terms)})."
        )
    operands = [_labels(term, equation, n) for term, n in zip(terms, ndims)]
    flat = [label for labels in operands for label in labels]
    dots = sorted({label for label in flat if isinstance(label, int)})
    if arrow:
        result = _labels(right, equation, len(right.replace("...", "")) + len(dots) * ("..." in right))
    else:
        result = [
            *dots,
            *sorted(label for label in flat if isinstance(label, str) and flat.count(label) == 1),
        ]
    unknown = [label for label in result if label not in flat]
    if unknown or len(set(result)) != len(result):
        raise ValueError(
            f"einsum got the equation {equation!r}; it needs every letter of the result once there, and "
            "in at least one operand."
        )
    return operands, result


def _labels(term: str, equation: str, ndim: int) -> Labels:
    before, dots, after = term.partition("...")
    letters = before + after
    if letters and not (letters.isalpha() and letters.isascii()):
        raise ValueError(
            f"einsum got the equation {equation!r}; it needs letters, commas, one '->' and at most one "
            "'...' in each term."
        )
    hidden = ndim - len(letters)
    if hidden < 0 or (hidden and not dots):
        raise ShapeError(
            f"einsum got the equation {equation!r} with a tensor of {ndim} dimensions for the term "
            f"{term!r}; it needs one letter per dimension, or '...' for the rest."
        )
    return [*before, *range(-hidden, 0), *after]


def _join_repeated(x: Any, labels: Labels) -> tuple[Any, Labels]:
    """Take diagonals until every label stands once."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            if x.shape[i] != x.shape[j]:
                raise ShapeError(
                    f"einsum got the sizes {x.shape[i]} and {x.shape[j]} for {label!r} in one term; it "
                    "needs equal sizes to take a diagonal."
                )
            x = x.diagonal(0, i, j)
            labels = [*labels[:i], *labels[i + 1 : j], *labels[j + 1 :], label]
    return x, labels


def _arrange(x: Any, labels: Labels, groups: Sequence[Labels]) -> Any:
    """Permute to the order of the groups and merge each group into one dimension."""
    order = [labels.index(label) for group in groups for label in group]
    if order != list(range(len(order))):
        x = permute(x, order)
    sizes, start = [], 0
    for group in groups:
        sizes.append(math.prod(x.shape[start : start + len(group)]))
        start += len(group)
    return reshape(x, tuple(sizes))


def _contract(x: Any, x_labels: Labels, y: Any, y_labels: Labels, kept: set) -> tuple[Any, Labels]:
    """Multiply two operands and sum over the labels that nobody needs later."""
    both = [label for label in x_labels if label in y_labels]
    batch = [label for label in both if label in kept]
    summed = [label for label in both if label not in kept]
    rows = [label for label in x_labels if label not in both]
    columns = [label for label in y_labels if label not in both]
    size = {**dict(zip(x_labels, x.shape)), **dict(zip(y_labels, y.shape))}
    left = _arrange(x, x_labels, (batch, rows, summed))
    right = _arrange(y, y_labels, (batch, summed, columns))
    labels = [*batch, *rows, *columns]
    return reshape(matmul(left, right), tuple(size[label] for label in labels)), labels


def einsum(equation: str, *operands: Any) -> Any:
    """Sum of products by Einstein's convention: a letter names a dimension, and what the result
    does not name is summed.

    ``...`` stands for further dimensions, which broadcast; a letter twice in one term takes the
    diagonal; without ``->`` the result has the letters that occur once, in alphabetical order.
    Operands are multiplied from left to right. The other way of writing it is one list of numbers
    after each operand, and one for the result: ``einsum(a, [0, 1], a, [2, 1], [0, 2])``, with ``...``
    as one of them. Raises ValueError or ShapeError.

    >>> a = tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ij,kj->ik", a, a)
    tensor([[ 5., 11.],
            [11., 25.]])
    """
    if isinstance(equation, Variable):
        equation, operands = _from_lists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    tensors = [as_operand(x, "einsum") for x in operands]
    terms, result = _parse(equation, [x.ndim for x in tensors])
    pairs = [_join_repeated(x, labels) for x, labels in zip(tensors, terms)]
    pairs = _same_sizes(equation, pairs)
    x, labels = pairs[0]
    for i in range(len(pairs)):
        kept = {label for _, later in pairs[i + 1 :] for label in later} | set(result)
        alone = [d for d, label in enumerate(labels) if label not in kept]
        if alone:
            x, labels = sum_(x, alone), [label for label in labels if label in kept]
        if i + 1 == len(pairs):
            break
        y, y_labels = pairs[i + 1]
        after = {label for _, later in pairs[i + 2 :] for label in later} | set(result)
        own = [d for d, label in enumerate(y_labels) if label not in after and label not in labels]
        if own:
            y = sum_(y, own)
            y_labels = [label for label in y_labels if label in after or label in labels]
        x, labels = _contract(x, labels, y, y_labels, after)
    order = [labels.index(label) for label in result]
    return x if order == list(range(len(order))) else permute(x, order)


def _from_lists(arguments: tuple) -> tuple[str, tuple]:
    """The equation and the operands of ``einsum(x, [0, 1], y, [1, 2], [0, 2])``."""
    letters = string.ascii_uppercase + string.ascii_lowercase
    operands, terms = arguments[0 : len(arguments) // 2 * 2 : 2], list(arguments[1::2])
    result = arguments[-1:] if len(arguments) % 2 else ()
    for numbers in (*terms, *result):
        if not isinstance(numbers, (list, tuple)) or not all(
            n is ... or (isinstance(n, int) and 0 <= n < len(letters)) for n in numbers
        ):
            raise ValueError(
                f"einsum got {numbers!r} after an operand; it needs a list of numbers below "
                f"{len(letters)}, one per dimension, or '...' for the rest. Or begin with an equation."
            )

    def term(numbers: Sequence) -> str:
        return "".join("..." if n is ... else letters[n] for n in numbers)

    equation = ",".join(map(term, terms))
    return equation + "".join(f"->{term(numbers)}" for numbers in result), operands


def _same_sizes(equation: str, pairs: list) -> list:
    """Dimensions of size 1 grow to the size that their label has elsewhere."""
    size: dict = {}
    for x, labels in pairs:
        for label, n in zip(labels, x.shape):
            if size.get(label, 1) == 1:
                size[label] = n
            elif n not in (1, size[label]):
                raise ShapeError(
                    f"einsum got the equation {equation!r} with the sizes {size[label]} and {n} for "
                    f"{label if isinstance(label, str) else '...'!r}; it needs one size per letter (or 1)."
                )
    return [(expand_to(x, tuple(size[label] for label in labels)), labels) for x, labels in pairs]


# ------------------------------------------------ products that einsum could say


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """Sum of products over some dimensions of ``a`` and ``b``.

    dims: a number n (the last n of ``a`` with the first n of ``b``) or two lists of dimensions.
    The result has the other dimensions of ``a``, then those of ``b``.

    >>> tensordot(ones(2, 3), ones(3, 4), dims=1).shape
    minigrad.Size([2, 4])
    """
    a, b = as_operand(a, "tensordot"), as_operand(b, "tensordot")
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ValueError(
                f"tensordot got dims={dims} for {a.ndim} and {b.ndim} dimensions; it needs a number "
                f"between 0 and {min(a.ndim, b.ndim)}, or two lists of dimensions."
            )
        ours, theirs = tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims))
    else:
        first, second = (list(d) if isinstance(d, (list, tuple)) else [d] for d in dims)
        ours = shapes.dimensions(first, a.ndim, "tensordot") if first else ()
        theirs = shapes.dimensions(second, b.ndim, "tensordot") if second else ()
    if [a.shape[d] for d in ours] != [b.shape[d] for d in theirs]:
        raise ShapeError(
            f"tensordot got shapes {a.shape} and {b.shape} with dims {list(ours)} and {list(theirs)}; it "
            "needs equal sizes in the dimensions that are summed."
        )
    left, right = list(range(a.ndim)), list(range(a.ndim, a.ndim + b.ndim))
    for d, e in zip(ours, theirs):
        right[e] = left[d]
    kept = {label for label in left + right if label not in {left[d] for d in ours}}
    return _contract(a, left, b, right, kept)[0]


def kron(input: Any, other: Any) -> Any:
    """Kronecker product: every entry of ``input`` times the whole of ``other``.

    >>> kron(tensor([[1, 2]]), tensor([[1, 1]]))
    tensor([[1, 1, 2, 2]])
    """
    x, y = as_operand(input, "kron"), as_operand(other, "kron")
    ndim = max(x.ndim, y.ndim)
    left = (1,) * (ndim - x.ndim) + x.shape
    right = (1,) * (ndim - y.ndim) + y.shape
    product = mul(
        reshape(x, tuple(n for size in left for n in (size, 1))),
        reshape(y, tuple(n for size in right for n in (1, size))),
    )
    return reshape(product, tuple(m * n for m, n in zip(left, right)))


def chain_matmul(*matrices: Any) -> Any:
    """Product of two or more matrices, in the order that takes the fewest multiplications.

    Source: Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms (2009), section 15.2.

    >>> chain_matmul(ones(2, 3), ones(3, 4), ones(4, 5)).shape
    minigrad.Size([2, 5])
    """
    chain = matrices[0] if len(matrices) == 1 and isinstance(matrices[0], (list, tuple)) else matrices
    return multi_product([as_operand(m, "chain_matmul") for m in chain], "chain_matmul")


def multi_product(chain: Sequence[Any], function: str) -> Any:
    for x in chain:
        if x.ndim != 2:
            raise ShapeError(
                f"{function} got shapes {', '.join(str(m.shape) for m in chain)}; it needs matrices."
            )
    if not chain:
        raise ValueError(f"{function} got no matrices; it needs at least one.")
    sizes = [x.shape[0] for x in chain] + [chain[-1].shape[1]]
    n = len(chain)
    cost = [[0] * n for _ in range(n)]
    cut = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j], cut[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        return chain[i] if i == j else matmul(product(i, cut[i][j]), product(cut[i][j] + 1, j))

    return product(0, n - 1)


def matrix_power(input: Any, n: int) -> Any:
    """A square matrix (or a batch of them) times itself ``n`` times; the inverse's for n < 0.

    >>> matrix_power(tensor([[1, 1], [0, 1]]), 5)
    tensor([[1, 5],
            [0, 1]])
    """
    x = as_operand(input, "matrix_power")
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"matrix_power got shape {x.shape}; it needs square matrices (..., n, n).")
    n = operator.index(n)
    if n < 0:
        from .solving import inv

        x, n = inv(x), -n
    if n == 0:
        return wrap(np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape).copy())
    if n == 1:
        return clone(x)
    result = None
    while n:
        if n % 2:
            result = x if result is None else matmul(result, x)
        n //= 2
        if n:
            x = matmul(x, x)
    return result
