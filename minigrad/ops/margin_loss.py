"""Losses that ask for a distance: between scores, between embeddings, within triplets.

    hinge_embedding_loss margin_ranking_loss soft_margin_loss       one number per example
    multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss    one per class
    cosine_embedding_loss triplet_margin_loss triplet_margin_with_distance_loss    vectors

Below: distance.py. Above: loss.py. Tests: tests/ops/test_loss.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tape import wrap
from .arithmetic import add, div, mul, neg, sub
from .binary_loss import bce_with_logits
from .casting import as_operand, cast
from .cross_entropy import check_reduction, reduce
from .distance import float_or_error, pairwise_distance
from .elementwise import sqrt, square
from .reduction import mean
from .reduction import sum as sum_
from .selection import clamp, minimum, where
from .shaping import reshape

# ------------------------------------------------ one number per example


def _signs(target: Any, function: str, like: Any) -> Any:
    """A target of 1 and -1 in the dtype of the scores."""
    return cast(as_operand(target, function), like.dtype)


def hinge_embedding_loss(input: Any, target: Any, *, margin: float = 1.0, reduction: str = "mean") -> Any:
    """``input`` where the target is 1, ``max(0, margin - input)`` where it is -1.

    >>> F.hinge_embedding_loss(tensor([0.2, 0.3]), tensor([1, -1]), reduction="none")
    tensor([0.2000, 0.7000])
    """
    check_reduction(reduction, "hinge_embedding_loss")
    x = float_or_error(input, "hinge_embedding_loss")
    y = as_operand(target, "hinge_embedding_loss")
    near = where(y != -1, x, 0.0)
    far = where(y != 1, clamp(sub(margin, x), 0), 0.0)
    return reduce(add(near, far), reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """``max(0, -target * (input1 - input2) + margin)``: target 1 asks for the first to be larger.

    >>> F.margin_ranking_loss(tensor([1.0]), tensor([3.0]), tensor([1.0]))
    tensor(2.)
    """
    function = "margin_ranking_loss"
    check_reduction(reduction, function)
    a, b = float_or_error(input1, function), float_or_error(input2, function)
    y = _signs(target, function, a)
    if not a.ndim == b.ndim == y.ndim:
        raise ShapeError(
            f"{function} got shapes {a.shape}, {b.shape} and {y.shape}; it needs equal numbers of dimensions."
        )
    return reduce(clamp(add(neg(mul(y, sub(a, b))), margin), 0), reduction)


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``log(1 + exp(-target * input))`` with targets 1 and -1; large scores stay finite.

    >>> F.soft_margin_loss(tensor([0.0, 1000.0]), tensor([1.0, 1.0]), reduction="none")
    tensor([0.6931, 0.0000])
    """
    check_reduction(reduction, "soft_margin_loss")
    x = float_or_error(input, "soft_margin_loss")
    z = mul(_signs(target, "soft_margin_loss", x), x)
    return reduce(bce_with_logits(z, wrap(np.ones(z.shape, z.dtype))), reduction)


# ------------------------------------------------ one number per class


def _rows(x: Any) -> Any:
    return reshape(x, (1, *x.shape)) if x.ndim < 2 else x


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """Mean over classes of ``max(0, margin - score[true] + score[other]) ** p``.

    Shapes: input (N, C) or (C,), target (N,) or () of classes, weight (C,) for the true class.
    Raises ShapeError, or IndexError for a class that does not exist.
    Source: Crammer and Singer, On the algorithmic implementation of multiclass kernel-based
    vector machines (2001).

    >>> F.multi_margin_loss(tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([3]))
    tensor(0.3250)
    """
    function = "multi_margin_loss"
    check_reduction(reduction, function)
    if p not in (1, 2):
        raise ValueError(f"{function} got p={p}; it needs 1 or 2.")
    scores = float_or_error(input, function)
    classes = as_operand(target, function).array
    x = _rows(scores)
    if x.ndim != 2 or not x.shape[1] or classes.shape != scores.shape[:-1] or classes.dtype.kind not in "iu":
        raise ShapeError(
            f"{function} got input {scores.shape} and target {classes.shape} of {classes.dtype}; it needs "
            "(N, C) and integer classes (N,), or (C,) and one class."
        )
    classes = classes.reshape(-1)
    bad = (classes < 0) | (classes >= x.shape[1])
    if bad.any():
        i = int(bad.argmax())
        raise IndexError(
            f"{function} got the class {classes[i]} at position {i} for scores of {x.shape[1]} classes; "
            f"it needs classes in [0, {x.shape[1] - 1}]."
        )
    rows = np.arange(len(classes))
    others = np.ones(x.shape, x.dtype)
    others[rows, classes] = 0
    true = reshape(x[rows, classes], (len(classes), 1))
    terms = clamp(add(sub(x, true), margin), 0)
    terms = mul(terms if p == 1 else square(terms), wrap(others))
    if weight is not None:
        terms = mul(terms, reshape(as_operand(weight, function)[classes], (len(classes), 1)))
    loss = div(sum_(terms, 1), float(x.shape[1]))
    return reduce(reshape(loss, scores.shape[:-1]), reduction)


def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Sum of ``max(0, 1 - score[true] + score[other])`` over all pairs of a true class and another.

    Shapes: input and target (N, C) or (C,); a row of the target lists the true classes, ended by
    -1. The sum is divided by C.

    >>> F.multilabel_margin_loss(tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([[3, 0, -1, 1]]))
    tensor(0.8500)
    """
    function = "multilabel_margin_loss"
    check_reduction(reduction, function)
    scores = float_or_error(input, function)
    listed = as_operand(target, function).array
    if listed.shape != scores.shape or scores.ndim not in (1, 2) or listed.dtype.kind not in "iu":
        raise ShapeError(
            f"{function} got input {scores.shape} and target {listed.shape} of {listed.dtype}; it needs "
            "both (N, C) or (C,), the target integers."
        )
    x = _rows(scores)
    n, c = x.shape
    listed = listed.reshape(n, c)
    before_end = np.logical_and.accumulate(listed >= 0, axis=1)
    if (listed[before_end] >= c).any():
        raise IndexError(
            f"{function} got the class {listed[before_end].max()} for scores of {c} classes; it needs "
            f"classes in [0, {c - 1}]."
        )
    times = np.zeros((n, c), x.dtype)
    row, _ = np.nonzero(before_end)
    np.add.at(times, (row, listed[before_end]), 1)
    pairs = times[:, :, None] * (times == 0)[:, None, :].astype(x.dtype)
    gaps = clamp(add(sub(reshape(x, (n, 1, c)), reshape(x, (n, c, 1))), 1.0), 0)
    loss = div(sum_(mul(gaps, wrap(pairs)), (1, 2)), float(c))
    return reduce(reshape(loss, scores.shape[:-1]), reduction)


def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """Mean over the last dimension of binary cross-entropy with logits.

    >>> F.multilabel_soft_margin_loss(tensor([[0.0, 0.0]]), tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """
    function = "multilabel_soft_margin_loss"
    check_reduction(reduction, function)
    x = float_or_error(input, function)
    loss = bce_with_logits(x, _signs(target, function, x))
    if weight is not None:
        loss = mul(loss, as_operand(weight, function))
    return reduce(mean(loss, -1), reduction)


# ------------------------------------------------ vectors


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """``1 - cos`` of the angle where the target is 1, ``max(0, cos - margin)`` where it is -1.

    Shapes: inputs (N, D), target (N,), or (D,) and ().

    >>> F.cosine_embedding_loss(tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]), tensor([1]))
    tensor(1.)
    """
    function = "cosine_embedding_loss"
    check_reduction(reduction, function)
    a, b = float_or_error(input1, function), float_or_error(input2, function)
    y = as_operand(target, function)
    if a.ndim != y.ndim + 1 or b.ndim != a.ndim:
        raise ShapeError(
            f"{function} got inputs {a.shape} and {b.shape} and target {y.shape}; it needs (N, D), (N, D) "
            "and (N,), or (D,), (D,) and ()."
        )
    tiny = 1e-12  # keeps the slope finite for a vector of zeros
    sizes = mul(add(sum_(square(a), -1), tiny), add(sum_(square(b), -1), tiny))
    cosine = div(sum_(mul(a, b), -1), sqrt(sizes))
    near = where(y == 1, sub(1.0, cosine), 0.0)
    far = where(y == -1, clamp(sub(cosine, margin), 0), 0.0)
    return reduce(add(near, far), reduction)


def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, *, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, reduction: str = "mean",
) -> Any:  # fmt: skip
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with d = pairwise_distance.

    ``swap`` takes d(positive, negative) where that is the smaller of the two.
    Source: Balntas et al., Learning local feature descriptors with triplets (2016).

    >>> F.triplet_margin_loss(tensor([[0.0]]), tensor([[1.0]]), tensor([[3.0]]), margin=4.0)
    tensor(2.)
    """
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=lambda a, b: pairwise_distance(a, b, p, eps),
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


def triplet_margin_with_distance_loss(
    anchor: Any, positive: Any, negative: Any, *, distance_function: Any = None, margin: float = 1.0,
    swap: bool = False, reduction: str = "mean",
) -> Any:  # fmt: skip
    """``triplet_margin_loss`` with any function of two batches of vectors as the distance.

    >>> far = lambda a, b: (a - b).abs().sum(-1)
    >>> F.triplet_margin_with_distance_loss(zeros(1, 2), ones(1, 2), ones(1, 2), distance_function=far)
    tensor(1.)
    """
    function = "triplet_margin_loss"
    check_reduction(reduction, function)
    if not margin > 0:
        raise ValueError(f"{function} got margin={margin}; it needs a positive number.")
    distance = distance_function or pairwise_distance
    a, b, c = (float_or_error(x, function) for x in (anchor, positive, negative))
    if not a.ndim == b.ndim == c.ndim:
        raise ShapeError(
            f"{function} got shapes {a.shape}, {b.shape} and {c.shape}; it needs equal numbers of dimensions."
        )
    near, far = distance(a, b), distance(a, c)
    if swap:
        far = minimum(far, distance(b, c))
    return reduce(clamp(add(sub(near, far), margin), 0), reduction)
