"""Matrix products: tiles of our own or BLAS, with PyTorch's rules for vectors and batches.

    matmul               vectors, matrices and broadcast batches of matrices
    mm bmm mv dot        the same for fixed numbers of dimensions
    vdot inner outer     products of vectors
    addmm addbmm addmv addr baddbmm    a product added to something
    linear               x @ weight.T + bias, one primitive

Below: kernels/product.py, kernels/matmul.py, arithmetic.py. Above: methods/matmul.py, nn.
Tests: tests/ops/cases_matmul.py, tests/ops/test_matmul.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError, ShapeError
from ..tape import Primitive, Variable
from .arithmetic import add, expand_to, mul, sum_to
from .casting import as_operand
from .reduction import sum as sum_
from .shaping import reshape

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "dot", "ger", "inner", "linear",
    "matmul", "mm", "mv", "outer", "vdot",
]  # fmt: skip


# ------------------------------------------------ the primitives


def _matmul_backward(g, residuals, needs):
    x, y = residuals
    return (
        sum_to(_matmul(g, y.swapaxes(-1, -2)), x.shape) if needs[0] else None,
        sum_to(_matmul(x.swapaxes(-1, -2), g), y.shape) if needs[1] else None,
    )


def _matmul_forward(x, y):
    return kernels.product.matmul(x, y), (x, y)


# Both operands have at least two dimensions: matrices, or batches that broadcast.
_matmul = Primitive("matmul", _matmul_forward, _matmul_backward, keeps="x(y) y(x)")


def _sum_rows_forward(g):
    if g.dtype == np.float16:  # no compiled loops
        return g.sum(axis=0), (g.shape,)
    return kernels.matmul.sum_rows(np.ascontiguousarray(g)), (g.shape,)


_sum_rows = Primitive(
    "sum_rows",
    _sum_rows_forward,
    lambda g, residuals, needs: (expand_to(g, residuals[0]),),
    keeps="shape_before",
)


def _linear_forward(x, weight, bias, floor=-np.inf):
    features, inputs = weight.shape
    rows = x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), inputs)
    y = kernels.product.matmul(rows, weight.T, bias, floor)
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], features), (x, weight)


def _linear_backward(g, residuals, needs):
    x, weight = residuals
    features, inputs = weight.shape
    g_rows = g if g.ndim == 2 else g.reshape((math.prod(g.shape[:-1]), features))
    dx = dweight = dbias = None
    if needs[0]:
        dx = _matmul(g_rows, weight)
        dx = dx if x.ndim == 2 else dx.reshape(x.shape)
    if needs[1]:
        x_rows = x if x.ndim == 2 else x.reshape((math.prod(x.shape[:-1]), inputs))
        dweight = _matmul(g_rows.swapaxes(0, 1), x_rows)
    if needs[2]:
        dbias = _sum_rows(g_rows)
    return dx, dweight, dbias


_linear = Primitive("linear", _linear_forward, _linear_backward, keeps="x(weight) weight(x)")


# ------------------------------------------------ checks


def _operands(function: str, *operands: Any) -> tuple:
    """Tensors of one dtype that BLAS and NumPy can multiply."""
    tensors = tuple(as_operand(x, function) for x in operands)
    dtypes = [x.dtype for x in tensors]
    if any(d != dtypes[0] for d in dtypes):
        raise DTypeError(
            f"{function} got {' and '.join(map(str, dtypes))}; it needs operands of one dtype. "
            f"Convert one of them: x.to(minigrad.{max(dtypes, key=lambda d: (d.kind == 'f', d.itemsize))})."
        )
    if dtypes[0].kind == "b":
        raise DTypeError(f"{function} got bool; it needs numbers. Convert them: x.float().")
    return tensors


def _require_ndim(function: str, tensors: tuple, ndims: tuple) -> None:
    if tuple(x.ndim for x in tensors) != ndims:
        names = {1: "a vector", 2: "a matrix", 3: "a batch of matrices (3 dimensions)"}
        needed = " and ".join(names[n] for n in ndims)
        raise ShapeError(
            f"{function} got shapes {' and '.join(str(x.shape) for x in tensors)}; it needs {needed}. "
            "matmul takes any numbers of dimensions."
        )


# ------------------------------------------------ public functions


def matmul(input: Any, other: Any) -> Any:
    """Matrix product, also written ``input @ other``.

    Shapes: (n,) (n,) -> (); (m, k) (k, n) -> (m, n); (k,) (k, n) -> (n,); (m, k) (k,) -> (m,);
    more dimensions in front are batches and broadcast. Raises ShapeError naming both shapes.

    >>> tensor([[1.0, 2.0], [3.0, 4.0]]) @ tensor([1.0, 1.0])
    tensor([3., 7.])
    """
    x, y = _operands("matmul", input, other)
    return _product(x, y, "matmul")


def _product(x: Any, y: Any, function: str) -> Any:
    of_x, of_y = x.array.shape, y.array.shape
    if len(of_x) == 2 and of_x[1:] == of_y[:1]:
        if len(of_y) == 2:
            return _matmul(x, y)
        if len(of_y) == 1:
            return reshape(_matmul(x, reshape(y, (of_y[0], 1))), of_x[:1])
    if not x.ndim or not y.ndim:
        raise ShapeError(
            f"{function} got shapes {x.shape} and {y.shape}; it needs at least one dimension in each. "
            "A number multiplies with *."
        )
    if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
        raise ShapeError(
            f"{function} got shapes {x.shape} and {y.shape}; it needs the last size of the first "
            f"({x.shape[-1]}) to equal the {'second to last' if y.ndim > 1 else 'only'} size of the "
            f"second ({y.shape[-2 if y.ndim > 1 else 0]}). Is one of them transposed?"
        )
    batch = shapes.broadcast(function, x.shape[:-2], y.shape[:-2])
    shape = batch + x.shape[-2:-1] * (x.ndim > 1) + y.shape[-1:] * (y.ndim > 1)
    if y.ndim == 1:
        y = reshape(y, (y.shape[0], 1))
    if y.ndim == 2 and x.ndim != 2:
        # One large product instead of a loop over the batch.
        x = reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))
    elif x.ndim == 1:
        x = reshape(x, (1, x.shape[0]))
    product = _matmul(x, y)
    return product if product.shape == shape else reshape(product, shape)


def mm(input: Any, mat2: Any) -> Any:
    """Product of two matrices. Shapes: (m, k), (k, n) -> (m, n).

    >>> mm(tensor([[1, 2]]), tensor([[3], [4]]))
    tensor([[11]])
    """
    x, y = _operands("mm", input, mat2)
    _require_ndim("mm", (x, y), (2, 2))
    return _product(x, y, "mm")


def bmm(input: Any, mat2: Any) -> Any:
    """Products of two equally long batches of matrices. Shapes: (b, m, k), (b, k, n) -> (b, m, n).

    >>> bmm(ones(2, 1, 3), ones(2, 3, 1)).shape
    minigrad.Size([2, 1, 1])
    """
    x, y = _operands("bmm", input, mat2)
    _require_ndim("bmm", (x, y), (3, 3))
    if x.shape[0] != y.shape[0]:
        raise ShapeError(
            f"bmm got shapes {x.shape} and {y.shape}; it needs batches of one length. "
            "matmul broadcasts a batch of length 1."
        )
    return _product(x, y, "bmm")


def mv(input: Any, vec: Any) -> Any:
    """Product of a matrix and a vector. Shapes: (m, k), (k,) -> (m,).

    >>> mv(tensor([[1, 2], [3, 4]]), tensor([1, 1]))
    tensor([3, 7])
    """
    x, y = _operands("mv", input, vec)
    _require_ndim("mv", (x, y), (2, 1))
    return _product(x, y, "mv")


def dot(input: Any, tensor: Any) -> Any:
    """Sum of the products of two vectors' entries. Shapes: (n,), (n,) -> ().

    >>> dot(tensor([1, 2]), tensor([3, 4]))
    tensor(11)
    """
    x, y = _operands("dot", input, tensor)
    _require_ndim("dot", (x, y), (1, 1))
    return _product(x, y, "dot")


def vdot(input: Any, other: Any) -> Any:
    """``dot``: numbers here are real, so nothing is conjugated.

    >>> vdot(tensor([1, 2]), tensor([3, 4]))
    tensor(11)
    """
    x, y = _operands("vdot", input, other)
    _require_ndim("vdot", (x, y), (1, 1))
    return _product(x, y, "vdot")


def inner(input: Any, other: Any) -> Any:
    """Products summed over the last dimension of both. Shapes: (*a, n), (*b, n) -> (*a, *b).

    With a 0-dim operand it is the elementwise product.

    >>> inner(tensor([[1, 2], [3, 4]]), tensor([1, 1]))
    tensor([3, 7])
    """
    if not np.ndim(input) or not np.ndim(other):
        return mul(input, other)
    x, y = _operands("inner", input, other)
    if x.shape[-1] != y.shape[-1]:
        raise ShapeError(
            f"inner got shapes {x.shape} and {y.shape}; it needs equal last sizes. "
            "matmul sums over the last and the second to last."
        )
    n, shape = x.shape[-1], x.shape[:-1] + y.shape[:-1]
    columns = reshape(y, (math.prod(y.shape[:-1]), n)).swapaxes(0, 1)
    return reshape(_matmul(reshape(x, (math.prod(x.shape[:-1]), n)), columns), shape)


def outer(input: Any, vec2: Any) -> Any:
    """All products of two vectors' entries. Shapes: (m,), (n,) -> (m, n).

    >>> outer(tensor([1, 2]), tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    x, y = as_operand(input, "outer"), as_operand(vec2, "outer")
    _require_ndim("outer", (x, y), (1, 1))
    return mul(reshape(x, (x.shape[0], 1)), y)


ger = outer


def _plus(input: Any, product: Any, beta: float, alpha: float, function: str) -> Any:
    """``beta * input + alpha * product``; with beta 0, NaN in ``input`` does not count."""
    (input,) = _operands(function, input)
    if input.dtype != product.dtype:
        raise DTypeError(
            f"{function} got input of {input.dtype} and a product of {product.dtype}; it needs one "
            f"dtype. Convert input: input.to(minigrad.{product.dtype})."
        )
    if shapes.broadcast(function, input.shape, product.shape) != product.shape:
        raise ShapeError(
            f"{function} got input {input.shape} and a product of shape {product.shape}; it needs an "
            "input that broadcasts to the product."
        )
    if product.dtype.kind != "f" and (int(beta) != beta or int(alpha) != alpha):
        raise DTypeError(
            f"{function} got beta={beta} and alpha={alpha} with {product.dtype}; it needs integers "
            "for integer tensors. Convert the tensors: x.float()."
        )
    if product.dtype.kind != "f":
        beta, alpha = int(beta), int(alpha)
    product = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return product
    return add(input if beta == 1 else mul(input, beta), product)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * (mat1 @ mat2)`` of matrices; ``input`` broadcasts.

    >>> addmm(tensor([1.0]), tensor([[1.0, 2.0]]), tensor([[3.0], [4.0]]))
    tensor([[12.]])
    """
    return _plus(input, mm(mat1, mat2), beta, alpha, "addmm")


def addmv(input: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * (mat @ vec)``; ``input`` broadcasts.

    >>> addmv(tensor([1.0]), tensor([[1.0, 2.0]]), tensor([3.0, 4.0]))
    tensor([12.])
    """
    return _plus(input, mv(mat, vec), beta, alpha, "addmv")


def addr(input: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * outer(vec1, vec2)``; ``input`` broadcasts.

    >>> addr(tensor([1.0]), tensor([1.0, 2.0]), tensor([3.0]))
    tensor([[4.],
            [7.]])
    """
    return _plus(input, outer(vec1, vec2), beta, alpha, "addr")


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * bmm(batch1, batch2)``; ``input`` broadcasts.

    >>> baddbmm(ones(1), ones(2, 1, 3), ones(2, 3, 1)).shape
    minigrad.Size([2, 1, 1])
    """
    return _plus(input, bmm(batch1, batch2), beta, alpha, "baddbmm")


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input`` plus ``alpha`` times the sum over the batch of ``bmm(batch1, batch2)``.

    >>> addbmm(zeros(1), ones(2, 1, 3), ones(2, 3, 1))
    tensor([[6.]])
    """
    product = sum_(bmm(batch1, batch2), dim=0)
    return _plus(input, product, beta, alpha, "addbmm")


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """Affine map ``input @ weight.T + bias`` in one step.

    Shapes: input (*, in), weight (out, in) or (in,), bias (out,) or None -> (*, out) or (*).
    Raises ShapeError or DTypeError if they do not fit.

    >>> linear(tensor([1.0, 2.0]), tensor([[3.0, 4.0]]), tensor([0.5]))
    tensor([11.5000])
    """
    return linear_by(_linear, input, weight, bias)


def linear_by(primitive: Primitive, input: Any, weight: Any, bias: Any) -> Any:
    if (
        isinstance(input, Variable) and isinstance(weight, Variable) and isinstance(bias, Variable)
        and input.array.dtype is weight.array.dtype is bias.array.dtype and weight.array.ndim == 2
        and input.array.shape[-1:] == weight.array.shape[1:] and bias.array.shape == weight.array.shape[:1]
        and input.array.dtype.kind == "f"
    ):  # fmt: skip
        return primitive(input, weight, bias)  # the usual case, in one look
    if bias is None:
        x, weight = _operands("linear", input, weight)
    else:
        x, weight, bias = _operands("linear", input, weight, bias)
    if weight.ndim == 1 and x.ndim and x.shape[-1] == weight.shape[0]:
        product = _product(x, weight, "linear")
        return product if bias is None else add(product, bias)
    if weight.ndim != 2 or not x.ndim or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear got input {x.shape} and weight {weight.shape}; it needs input (*, in) and weight "
            f"(out, in)"
            + (
                f", here an input whose last size is {weight.shape[1]}."
                + (" Flatten images first: x.flatten(1)." if x.ndim > 2 else "")
                if weight.ndim == 2
                else "."
            )
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(
            f"linear got weight {weight.shape} and bias {bias.shape}; it needs bias "
            f"{weight.shape[:1]}, one number per output feature."
        )
    return primitive(x, weight, bias)
