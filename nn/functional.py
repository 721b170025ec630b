"""The functions of torch.nn.functional: layers without state of their own.

    from ops/, as they are                 linear conv2d max_pool2d softmax cross_entropy ...
    the same with torch's ``inplace``      relu dropout ... (accepted; the input is not overwritten)
    made of others here                    embedding one_hot normalize bilinear, and the
                                           1-dimensional conv1d max_pool1d avg_pool1d ...

Below: ops/. Above: the layers. Tests: tests/nn/test_functional.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from minigrad import tracing
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops import activation as _activation
from minigrad.ops import dropout as _dropout
from minigrad.ops.activation import (
    gelu,
    glu,
    hardshrink,
    logsigmoid,
    prelu,
    sigmoid,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
)  # fmt: skip
from minigrad.ops.arguments import explain_all as _explain_all
from minigrad.ops.batch_norm import batch_norm, group_norm, instance_norm
from minigrad.ops.binary_loss import binary_cross_entropy, binary_cross_entropy_with_logits
from minigrad.ops.conv import conv2d, conv_transpose2d
from minigrad.ops.cross_entropy import cross_entropy, nll_loss
from minigrad.ops.distance import cosine_similarity, pairwise_distance
from minigrad.ops.einsum import einsum
from minigrad.ops.loss import (
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)  # fmt: skip
from minigrad.ops.margin_loss import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)  # fmt: skip
from minigrad.ops.matmul import linear
from minigrad.ops.norm import layer_norm, rms_norm
from minigrad.ops.padding import pad
from minigrad.ops.pool import adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d
from minigrad.ops.selection import where
from minigrad.ops.softmax import log_softmax, softmax, softmin
from minigrad.tape import wrap

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "alpha_dropout", "avg_pool1d", "avg_pool2d", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "conv1d", "conv2d", "conv_transpose2d",
    "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "dropout", "dropout1d", "dropout2d",
    "dropout3d", "elu", "embedding", "feature_alpha_dropout", "gaussian_nll_loss", "gelu", "glu",
    "group_norm", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss",
    "huber_loss", "instance_norm", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear",
    "log_softmax", "logsigmoid", "margin_ranking_loss", "max_pool1d", "max_pool2d", "mish", "mse_loss",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "nll_loss",
    "normalize", "one_hot", "pad", "pairwise_distance", "poisson_nll_loss", "prelu", "relu", "relu6",
    "rms_norm", "rrelu", "selu", "sigmoid", "silu", "smooth_l1_loss", "soft_margin_loss", "softmax",
    "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold",
    "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


# ------------------------------------------------ with ``inplace``


def relu(input: Any, inplace: bool = False) -> Any:
    """``max(x, 0)``.

    >>> F.relu(tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _activation.relu(input)


def relu6(input: Any, inplace: bool = False) -> Any:
    """``min(max(x, 0), 6)``."""
    return _activation.relu6(input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """``x`` where positive, ``negative_slope * x`` elsewhere."""
    return _activation.leaky_relu(input, negative_slope)


def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Any:
    """Leaky ReLU with random slopes while training."""
    return _activation.rrelu(input, lower, upper, training)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where positive, ``alpha * (exp(x) - 1)`` elsewhere."""
    return _activation.elu(input, alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """Scaled ELU."""
    return _activation.selu(input)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))``."""
    return _activation.celu(input, alpha)


def silu(input: Any, inplace: bool = False) -> Any:
    """``x * sigmoid(x)``."""
    return _activation.silu(input)


def mish(input: Any, inplace: bool = False) -> Any:
    """``x * tanh(softplus(x))``."""
    return _activation.mish(input)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """Values cut off at ``min_val`` and ``max_val``."""
    return _activation.hardtanh(input, min_val, max_val)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """``min(max(x + 3, 0), 6) / 6``."""
    return _activation.hardsigmoid(input)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """``x * hardsigmoid(x)``."""
    return _activation.hardswish(input)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """``x`` where it is above ``threshold``, else ``value``."""
    return _activation.threshold(input, threshold, value)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zero each element with probability ``p`` and scale the others by 1 / (1 - p).

    >>> F.dropout(tensor([1.0]), training=False)
    tensor([1.])
    """
    return _dropout.dropout(input, p, training)


def _channel_dropout(input: Any, p: float, training: bool, name: str, batched: tuple) -> Any:
    """``batched``: the numbers of dimensions that include a batch; one fewer is a single example."""
    if input.ndim in batched:
        return _dropout.feature_dropout(input, p, training)
    if input.ndim + 1 not in batched:
        raise ShapeError(
            f"{name} got shape {input.shape}; it needs {' or '.join(map(str, batched))} dimensions."
        )
    return _dropout.feature_dropout(input.unsqueeze(0), p, training).squeeze(0)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zero whole channels with probability ``p``. Shapes: (N, C, L) or (C, L)."""
    return _channel_dropout(input, p, training, "dropout1d", (3,))


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zero whole channels with probability ``p``. Shapes: (N, C, H, W), or (N, C, L) as in PyTorch."""
    return _channel_dropout(input, p, training, "dropout2d", (3, 4))


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zero whole channels with probability ``p``. Shapes: (N, C, D, H, W) or (C, D, H, W)."""
    return _channel_dropout(input, p, training, "dropout3d", (5,))


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Dropout that keeps mean 0 and variance 1."""
    return _dropout.alpha_dropout(input, p, training)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """``alpha_dropout`` of whole channels."""
    return _dropout.feature_alpha_dropout(input, p, training)


# ------------------------------------------------ made of others


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``y[k] = x1 @ weight[k] @ x2 + bias[k]``. Shapes: (*, in1), (*, in2), (out, in1, in2) -> (*, out).

    >>> F.bilinear(tensor([2.0]), tensor([3.0]), tensor([[[10.0]]]))
    tensor([60.])
    """
    fits = weight.ndim == 3 and input1.shape[:-1] == input2.shape[:-1]
    if not fits or (input1.shape[-1], input2.shape[-1]) != tuple(weight.shape[1:]):
        raise ShapeError(
            f"bilinear got inputs {input1.shape} and {input2.shape} and weight {weight.shape}; it needs "
            "(*, in1), (*, in2) and (out, in1, in2)."
        )
    output = einsum("...i,kij,...j->...k", input1, weight, input2)
    return output if bias is None else output + bias


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of ``weight`` that ``input`` numbers. Shapes: (*) int, (rows, dim) -> (*, dim).

    ``padding_idx``: a row without gradient; ``max_norm``: shorten the rows that are used, in
    place; ``scale_grad_by_freq``: divide gradients by how often a row is used. ``sparse`` is
    accepted: gradients are dense. Raises DTypeError, ShapeError, IndexError.

    >>> F.embedding(tensor([1, 0]), tensor([[1.0], [2.0]]))
    tensor([[2.],
            [1.]])
    """
    if input.dtype.kind not in "iu":
        raise DTypeError(f"embedding got numbers of {input.dtype}; it needs integers. Convert: x.long().")
    if weight.ndim != 2:
        raise ShapeError(f"embedding got weight {weight.shape}; it needs (rows, dimensions).")
    count, numbers = weight.shape[0], input.array
    if numbers.size and (numbers.min() < 0 or numbers.max() >= count):
        raise IndexError(
            f"embedding got numbers from {numbers.min()} to {numbers.max()} for {count} rows; it needs "
            f"them in [0, {count - 1}]."
        )
    if padding_idx is not None and not -count <= operator.index(padding_idx) < count:
        raise IndexError(
            f"embedding got padding_idx={padding_idx} for {count} rows; it needs a row in "
            f"[{-count}, {count - 1}]."
        )
    if max_norm is not None:
        _shorten_rows(weight, np.unique(numbers), float(max_norm), float(norm_type))
    rows = weight[input]
    if padding_idx is not None:
        rows = where(wrap((numbers != padding_idx % count)[..., None]), rows, rows.detach())
    if scale_grad_by_freq and rows.requires_grad:
        often = np.bincount(numbers.reshape(-1), minlength=count)
        share = wrap((1 / often[numbers])[..., None].astype(rows.dtype))
        rows.register_hook(lambda g: g * share)
    return rows


def _shorten_rows(weight: Any, used: np.ndarray, max_norm: float, order: float) -> None:
    tracing.outside("shortens the rows of an embedding")
    norms = np.linalg.norm(weight.array[used], ord=order, axis=1)
    long = norms > max_norm
    if long.any():
        weight.array[used[long]] *= (max_norm / (norms[long] + 1e-7)).astype(weight.dtype)[:, None]
        weight.version[0] += 1


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """A 1 at the place each integer names, 0 elsewhere. Shapes: (*) int64 -> (*, num_classes).

    -1: one more than the largest number. Raises DTypeError, ValueError.

    >>> F.one_hot(tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    numbers = tensor.array
    if numbers.dtype.kind not in "iu":
        raise DTypeError(f"one_hot got {numbers.dtype}; it needs integers. Convert: x.long().")
    classes = operator.index(num_classes)
    if classes == -1 and numbers.size:
        classes = int(numbers.max()) + 1
    if classes < 1 or (numbers.size and (numbers.min() < 0 or numbers.max() >= classes)):
        raise ValueError(
            f"one_hot got num_classes={num_classes} for {numbers.size} numbers"
            + (f" from {numbers.min()} to {numbers.max()}" if numbers.size else "")
            + "; it needs numbers >= 0 and more classes than the largest of them."
        )
    return wrap((numbers[..., None] == np.arange(classes)).astype(np.int64, order="C"))


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    """Divide by the p-norm along ``dim``, or by ``eps`` where that is larger.

    >>> F.normalize(tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return input / input.norm(p, dim, keepdim=True).clamp_min(eps)


def _one(value: Any) -> Any:
    """A size along the only dimension, given as a number or as a tuple of one."""
    return value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value


def _as_rows(input: Any, name: str) -> Any:
    """(..., L) -> (..., 1, L): a line as an image of one row."""
    if input.ndim not in (2, 3):
        raise ShapeError(f"{name} got shape {input.shape}; it needs (N, C, L) or (C, L).")
    return input.unsqueeze(-2)


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Slide filters over lines. Shapes: (N, C, L) or (C, L), (M, C/groups, K) -> (..., M, OL).

    >>> F.conv1d(tensor([[1.0, 2.0, 3.0]]), tensor([[[1.0, 1.0]]]))
    tensor([[3., 5.]])
    """
    if weight.ndim != 3:
        raise ShapeError(f"conv1d got weight {weight.shape}; it needs (C_out, C_in / groups, K).")
    padding = padding if isinstance(padding, str) else (0, _one(padding))
    output = conv2d(
        _as_rows(input, "conv1d"), weight.unsqueeze(-2), bias, (1, _one(stride)), padding,
        (1, _one(dilation)), groups,
    )  # fmt: skip
    return output.squeeze(-2)


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window of a line. Shapes: (N, C, L) or (C, L) -> (..., OL).

    >>> F.max_pool1d(tensor([[1.0, 3.0, 2.0, 4.0]]), 2)
    tensor([[3., 4.]])
    """
    size = _one(kernel_size)
    found = max_pool2d(
        _as_rows(input, "max_pool1d"), (1, size), (1, size if stride is None else _one(stride)),
        (0, _one(padding)), (1, _one(dilation)), ceil_mode, return_indices,
    )  # fmt: skip
    return tuple(f.squeeze(-2) for f in found) if return_indices else found.squeeze(-2)


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window of a line. Shapes: (N, C, L) or (C, L) -> (..., OL).

    >>> F.avg_pool1d(tensor([[1.0, 3.0, 2.0, 4.0]]), 2)
    tensor([[2., 3.]])
    """
    size = _one(kernel_size)
    return avg_pool2d(
        _as_rows(input, "avg_pool1d"), (1, size), (1, size if stride is None else _one(stride)),
        (0, _one(padding)), ceil_mode, count_include_pad,
    ).squeeze(-2)  # fmt: skip


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """Means over ``output_size`` windows that cover the line evenly."""
    return adaptive_avg_pool2d(_as_rows(input, "adaptive_avg_pool1d"), (1, _one(output_size))).squeeze(-2)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima over ``output_size`` windows that cover the line evenly."""
    rows = _as_rows(input, "adaptive_max_pool1d")
    found = adaptive_max_pool2d(rows, (1, _one(output_size)), return_indices)
    return tuple(f.squeeze(-2) for f in found) if return_indices else found.squeeze(-2)


_explain_all(dict(globals()), (*__all__, "einsum", "where"), globals().__setitem__)
