"""Cross-entropy on scores, fused with its softmax, and nll_loss on log-probabilities.

    cross_entropy    target: class numbers, or a probability for every class
    nll_loss         class numbers

Kept for the backward of class numbers: the scores and two numbers a row, no second matrix.
The backward is a primitive with a rule of its own, so both losses differentiate again.
Below: kernels/loss.py, softmax.py. Above: loss.py. Tests: tests/ops/cases_loss.py,
tests/ops/test_cross_entropy.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DTypeError, GraphError, ShapeError
from ..kernels import _pool as pool
from ..tape import Primitive, Variable, grad_enabled
from .arguments import shown
from .arithmetic import add, div, expand_to, mul, neg, sum_to
from .casting import as_operand, cast
from .reduction import sum as sum_
from .shaping import reshape
from .softmax import log_softmax, softmax_along, softmax_backward

__all__ = ["cross_entropy", "nll_loss"]


# ------------------------------------------------ the primitives: (M, C) scores, (M,) classes


def _as_rows(scores, target, weight):
    weight = np.empty(0, scores.dtype) if weight is None else np.ascontiguousarray(weight)
    return np.ascontiguousarray(scores), np.ascontiguousarray(target), weight


def _check_classes(bad, target, classes, ignore_index, function):
    if bad[0] >= 0:
        i = int(np.argmax(((target < 0) | (target >= classes)) & (target != ignore_index)))
        raise IndexError(
            f"{function} got the class {target[i]} at position {i} for scores of {classes} classes; "
            f"it needs classes in [0, {classes - 1}], or ignore_index. Do the labels start at 1?"
        )


def _cross_entropy_forward(logits, target, weight, ignore_index, smoothing, reduction):
    logits, target, weight = _as_rows(logits, target, weight)
    rows, classes = logits.shape
    loss, highest, inverse = (np.empty(rows, logits.dtype) for _ in range(3))
    bad = np.array([-1])
    pool.run(
        kernels.loss.cross_entropy_forward, rows,
        logits, target, weight, ignore_index, smoothing, loss, highest, inverse, bad,
        work=6 * logits.size,
    )  # fmt: skip
    _check_classes(bad, target, classes, ignore_index, "cross_entropy")
    scale = 1.0
    if reduction != "none":
        total, divisor = kernels.loss.sum_of_losses(loss, target, weight, ignore_index)
        if reduction == "mean":
            scale = 1 / divisor if divisor else np.nan
        loss = np.array(total * scale, logits.dtype)
    return loss, (logits, target, weight, highest, inverse, ignore_index, smoothing, scale)


def _cross_entropy_backward(g, residuals, needs):
    logits, target, weight, highest, inverse, ignore_index, smoothing, scale = residuals
    return (
        _cross_entropy_grad(
            g,
            logits,
            target,
            weight,
            highest,
            inverse,
            ignore_index=ignore_index,
            smoothing=smoothing,
            scale=scale,
        ),
        None,
        None,
    )


_cross_entropy = Primitive(
    "cross_entropy",
    _cross_entropy_forward,
    _cross_entropy_backward,
    keeps="logits classes importance top inverse_total ignored share divisor",
)


def _cross_entropy_grad_forward(h, logits, target, weight, highest, inverse, ignore_index, smoothing, scale):
    logits = np.ascontiguousarray(logits)
    out = np.empty_like(logits)
    pool.run(
        kernels.loss.cross_entropy_backward, len(out),
        np.ascontiguousarray(h).reshape(-1), logits, target, weight, highest, inverse,
        ignore_index, smoothing, scale, out, work=4 * out.size,
    )  # fmt: skip
    return out, (h, logits, target, weight, highest, inverse, ignore_index, smoothing, scale)


def _cross_entropy_grad_backward(e, residuals, needs):
    """Row i of the output is ``scale * h[i] * (a[i] * softmax(logits[i]) - constant[i])``."""
    h, logits, target, weight, highest, inverse, ignore_index, smoothing, scale = residuals
    dh = dlogits = None
    if needs[0]:
        per_row = _cross_entropy_grad(
            np.ones(h.shape, h.dtype), logits, target, weight, highest, inverse,
            ignore_index=ignore_index, smoothing=smoothing, scale=scale,
        )  # fmt: skip
        dh = sum_to(e * per_row, (len(target), 1) if h.shape else ()).reshape(h.shape)
    if needs[1]:
        shares = weight if weight.size else np.ones(logits.shape[1], h.dtype)
        a = (1 - smoothing) * np.take(shares, target, mode="clip") + smoothing * shares.mean()
        a = (a * (target != ignore_index) * scale).astype(h.dtype)[:, None]
        spread = softmax_backward(e, softmax_along(logits, dim=1), dim=1)
        column = expand_to(h.reshape((-1, 1) if h.shape else (1, 1)), a.shape)
        dlogits = column * a * spread
    return dh, dlogits, None, None, None, None


_cross_entropy_grad = Primitive(
    "cross_entropy_grad",
    _cross_entropy_grad_forward,
    _cross_entropy_grad_backward,
    keeps="h logits classes importance top inverse_total ignored share divisor",
)


def _nll_forward(scores, target, weight, ignore_index):
    scores, target, weight = _as_rows(scores, target, weight)
    loss = np.empty(len(scores), scores.dtype)
    bad = np.full(1, -1)
    kernels.loss.nll_forward(scores, target, weight, ignore_index, loss, bad, 0, len(loss))
    _check_classes(bad, target, scores.shape[1], ignore_index, "nll_loss")
    return loss, (target, weight, ignore_index, scores.shape[1])


def _nll_backward(g, residuals, needs):
    target, weight, ignore_index, classes = residuals
    return (
        _nll_grad(g, target, weight, ignore_index=ignore_index, classes=classes),
        None,
        None,
    )


_nll = Primitive("nll_loss", _nll_forward, _nll_backward, keeps="labels importance ignored columns")


def _nll_grad_forward(h, target, weight, ignore_index, classes):
    out = np.empty((len(target), classes), h.dtype)
    h = np.ascontiguousarray(h)
    kernels.loss.nll_backward(h, target, weight, ignore_index, out, 0, len(out))
    return out, (target, weight, ignore_index)


def _nll_grad_backward(e, residuals, needs):
    target, weight, ignore_index = residuals
    # The map from h to the gradient is linear; its transpose is the loss itself.
    return _nll(e, target, weight if weight.size else None, ignore_index=ignore_index), None, None


_nll_grad = Primitive(
    "nll_loss_grad", _nll_grad_forward, _nll_grad_backward, keeps="labels importance ignored"
)


# ------------------------------------------------ public functions


def check_reduction(reduction: Any, function: str) -> None:
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{function} got reduction={reduction!r}; it needs 'none', 'mean' or 'sum'.")


def _index(ignore_index: Any, function: str) -> int:
    try:
        return operator.index(ignore_index)
    except TypeError:
        raise TypeError(f"{function} got ignore_index={shown(ignore_index)}; it needs an integer.") from None


def _classes_last(x: Any) -> Any:
    """(N, C, d1, ...) -> (N * d1 * ..., C); (C,) -> (1, C)."""
    if x.array.ndim == 2:
        return x
    if x.array.ndim == 1:
        return reshape(x, (1, x.shape[0]))
    classes = x.shape[1]
    rows = x.array.size // classes if classes else 0
    return reshape(x.movedim(1, -1), (rows, classes))


def _usual(input: Any, target: Any) -> bool:
    """Whether these are scores (N, C) and class numbers (N,) as the primitive takes them, in one look."""
    if not isinstance(input, Variable) or not isinstance(target, Variable):
        return False
    scores, classes = input.array, target.array
    return (
        scores.ndim == 2
        and scores.dtype.char in "fd"
        and scores.shape[1] > 0
        and classes.dtype == np.int64
        and classes.shape == scores.shape[:1]
    )


def _class_shape(x: Any) -> tuple:
    """The shape that class numbers for the scores ``x`` have."""
    shape = x.array.shape
    return shape[:1] + shape[2:] if len(shape) > 1 else ()


def _scores_and_weight(input: Any, weight: Any, function: str) -> tuple:
    scores = as_operand(input, function)
    if scores.array.dtype.kind != "f":
        raise DTypeError(
            f"{function} got scores of {scores.dtype}; it needs floats. Convert them: x.float()."
        )
    shape = scores.array.shape
    classes = shape[1 if len(shape) > 1 else 0] if shape else 0
    if not classes:
        raise ShapeError(
            f"{function} got scores {scores.shape}; it needs (N, C), (N, C, d1, ...) or (C,) with at "
            "least one class."
        )
    if weight is not None:
        weight = as_operand(weight, function)
        if weight.shape != (classes,):
            raise ShapeError(
                f"{function} got weight {weight.shape} for scores {scores.shape}; it needs one weight "
                f"per class, ({classes},)."
            )
        if weight.dtype != scores.dtype:
            raise DTypeError(
                f"{function} got weight of {weight.dtype} and scores of {scores.dtype}; it needs one "
                f"dtype. Convert the weight: weight.to(minigrad.{scores.dtype})."
            )
    return scores, weight


def _check_class_numbers(scores: Any, target: Any, weight: Any, function: str) -> None:
    if weight is not None and weight.requires_grad and grad_enabled.get():
        raise GraphError(
            f"{function} got a weight that requires grad; it needs one that takes no gradient: class "
            "weights are constants of this loss. Pass weight.detach()."
        )
    if target.array.dtype.kind not in "iu":
        raise DTypeError(
            f"{function} got scores {scores.shape} and target {target.shape} of {target.dtype}; it needs "
            "integer class numbers. Convert them: target.long()."
        )
    if target.array.shape != _class_shape(scores):
        hint = " If target is one-hot, pass target.argmax(dim=1)." if target.shape == scores.shape else ""
        raise ShapeError(
            f"{function} got scores {scores.shape} and target {target.shape}; it needs one class per "
            f"example, a target of shape {_class_shape(scores)}.{hint}"
        )


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Cross-entropy of class scores (logits) against true classes or class probabilities.

    Shapes: input (N, C), (N, C, d1, ...) or (C,) float; target the same without C, integers in
    [0, C), or the shape of input, floats; weight (C,). -> () or, with reduction "none", one
    number per example. A mean over classes is weighted by ``weight`` and leaves out
    ``ignore_index``; over probabilities it divides by the number of examples.
    Raises ShapeError, DTypeError, or IndexError for a class that does not exist.
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), 6.2.2.3; smoothing: 7.5.1.

    >>> F.cross_entropy(tensor([[2.0, 0.0]]), tensor([0]))
    tensor(0.1269)
    """
    check_reduction(reduction, "cross_entropy")
    if type(ignore_index) is not int:
        ignore_index = _index(ignore_index, "cross_entropy")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy got label_smoothing={label_smoothing}; it needs a number in [0, 1].")
    settings = {"ignore_index": ignore_index, "smoothing": label_smoothing, "reduction": reduction}
    if weight is None and _usual(input, target):
        return _cross_entropy(input, target, None, **settings)
    scores, weight = _scores_and_weight(input, weight, "cross_entropy")
    target = as_operand(target, "cross_entropy")
    if scores.array.dtype.itemsize == 2:  # no compiled loops: through float32
        single = np.dtype(np.float32)
        target = cast(target, single) if target.dtype == np.float16 else target
        loss = cross_entropy(
            cast(scores, single),
            target,
            None if weight is None else cast(weight, single),
            ignore_index=ignore_index,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )
        return cast(loss, scores.dtype)
    if target.array.dtype.kind == "f" and target.array.shape == scores.array.shape:
        return _with_probabilities(scores, target, weight, ignore_index, reduction, label_smoothing)
    _check_class_numbers(scores, target, weight, "cross_entropy")
    shape = target.array.shape
    loss = _cross_entropy(_classes_last(scores), _flat_classes(target), weight, **settings)
    return loss if reduction != "none" or loss.array.shape == shape else reshape(loss, shape)


def _flat_classes(target: Any) -> Any:
    if target.array.dtype != np.int64:
        target = cast(target, np.dtype(np.int64))
    return target if target.array.ndim == 1 else reshape(target, (target.array.size,))


def _with_probabilities(
    scores: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    if target.dtype != scores.dtype:
        raise DTypeError(
            f"cross_entropy got scores of {scores.dtype} and probabilities of {target.dtype}; it needs "
            f"one dtype. Convert the target: target.to(minigrad.{scores.dtype})."
        )
    if ignore_index >= 0:
        raise ValueError(
            f"cross_entropy got ignore_index={ignore_index} with class probabilities; it needs class "
            "numbers for that. Set the probabilities of those rows to zero instead."
        )
    shape = _class_shape(scores)
    scores, target = _classes_last(scores), _classes_last(target)
    rows, classes = scores.shape
    if smoothing:
        target = add(mul(target, 1 - smoothing), smoothing / classes)
    if weight is not None:
        target = mul(target, weight)
    loss = neg(sum_(mul(log_softmax(scores, 1), target), dim=1))
    return reduce(reshape(loss, shape), reduction, rows)


def reduce(loss: Any, reduction: str, count: int | None = None) -> Any:
    """``loss`` as it is, its sum, or its sum over ``count`` (its own size unless given)."""
    if reduction == "none":
        return loss
    total = sum_(loss)
    if reduction == "sum":
        return total
    return div(total, float(loss.array.size if count is None else count))


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """Minus the log-probability of the true class: cross_entropy after log_softmax.

    Shapes, reduction and errors: as in cross_entropy with class numbers.

    >>> F.nll_loss(tensor([[-0.1, -2.0]]), tensor([1]))
    tensor(2.)
    """
    check_reduction(reduction, "nll_loss")
    ignore_index = _index(ignore_index, "nll_loss")
    scores, weight = _scores_and_weight(input, weight, "nll_loss")
    if scores.dtype == np.float16:  # no compiled loops: through float32
        single = np.dtype(np.float32)
        weight = None if weight is None else cast(weight, single)
        loss = nll_loss(cast(scores, single), target, weight, ignore_index=ignore_index, reduction=reduction)
        return cast(loss, scores.dtype)
    target = as_operand(target, "nll_loss")
    _check_class_numbers(scores, target, weight, "nll_loss")
    classes = _flat_classes(target)
    loss = _nll(_classes_last(scores), classes, weight, ignore_index=ignore_index)
    if reduction != "mean":
        return reduce(reshape(loss, target.shape), reduction)
    empty = np.empty(0, scores.dtype)
    total = kernels.loss.weight_of_targets(
        classes.array, empty if weight is None else np.ascontiguousarray(weight.array), ignore_index
    )
    return div(sum_(loss), total)
