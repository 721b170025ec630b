"""Rows for ops/cross_entropy.py and ops/loss.py."""

import numpy as np

import minigrad as mg
from minigrad.ops import loss
from tests.case import Case, labels, normal, positive

WEIGHT = positive(4)
IGNORING = np.array([2, -100, 0, 3, 1])


def log_softmax(row):
    return row - np.log(np.exp(row).sum())


def cross_entropy(logits, target, weight=None, ignore=-100, smoothing=0.0, reduction="mean"):
    """One example at a time; ``target`` as numbers."""
    classes = logits.shape[1]
    w = np.ones(classes) if weight is None else weight
    losses, divisor = [], 0.0
    for row, t in zip(logits, target):
        if t == ignore:
            losses.append(0.0)
            continue
        lp = log_softmax(row)
        losses.append(-(1 - smoothing) * w[t] * lp[t] - smoothing / classes * sum(w * lp))
        divisor += w[t]
    return finish(np.array(losses), reduction, divisor)


def with_probabilities(logits, target, weight=None, smoothing=0.0, reduction="mean"):
    classes = logits.shape[1]
    w = np.ones(classes) if weight is None else weight
    q = target * (1 - smoothing) + smoothing / classes
    losses = np.array([-sum(w * b * log_softmax(a)) for a, b in zip(logits, q)])
    return finish(losses, reduction, len(logits))


def finish(losses, reduction, divisor):
    if reduction == "none":
        return losses
    return np.array(losses.sum() / (divisor if reduction == "mean" else 1))


def of_images(logits, target):
    n, _, h, w = logits.shape
    rows = [logits[i, :, y, x] for i in range(n) for y in range(h) for x in range(w)]
    return cross_entropy(np.array(rows), target.reshape(-1))


def nll(scores, target, weight=None, ignore=-100, reduction="mean"):
    w = np.ones(scores.shape[1]) if weight is None else weight
    kept = [t != ignore for t in target]
    losses = [-w[t] * row[t] if k else 0.0 for row, t, k in zip(scores, target, kept)]
    return finish(np.array(losses), reduction, sum(w[t] for t, k in zip(target, kept) if k))


def _tensor(array, like):
    return mg.tensor(array, dtype=like.dtype)


PROBABILITIES = positive(5, 4) / positive(5, 4).sum(1, keepdims=True)

CASES = [
    Case(
        "cross_entropy",
        loss.cross_entropy,
        [normal(5, 4), labels(5, 4)],
        cross_entropy,
        covers=("cross_entropy_grad",),
    ),
    *(
        Case(
            f"cross_entropy/{reduction}, weight, ignored rows, smoothing {smoothing}",
            lambda x, t, reduction=reduction, smoothing=smoothing: loss.cross_entropy(
                x, t, _tensor(WEIGHT, x), reduction=reduction, label_smoothing=smoothing
            ),
            [normal(5, 4), IGNORING],
            lambda x, t, reduction=reduction, smoothing=smoothing: cross_entropy(
                x, t, WEIGHT, reduction=reduction, smoothing=smoothing
            ),
        )
        for reduction in ("none", "mean", "sum")
        for smoothing in (0.0, 0.3)
    ),
    Case(
        "cross_entropy/ignore a real class",
        lambda x, t: loss.cross_entropy(x, t, ignore_index=2),
        [normal(5, 4), IGNORING % 4],
        lambda x, t: cross_entropy(x, t, ignore=2),
    ),
    Case(
        "cross_entropy/images",
        loss.cross_entropy,
        [normal(2, 3, 2, 2), labels(8, 3).reshape(2, 2, 2)],
        of_images,
    ),
    Case(
        "cross_entropy/one example",
        loss.cross_entropy,
        [normal(4), np.array(2)],
        lambda x, t: cross_entropy(x[None], t[None]),
    ),
    Case(
        "cross_entropy/one row, none",
        lambda x, t: loss.cross_entropy(x, t, reduction="none"),
        [normal(1, 4), np.array([2])],
        lambda x, t: cross_entropy(x, t, reduction="none"),
    ),
    Case("cross_entropy/one class", loss.cross_entropy, [normal(3, 1), np.zeros(3, int)], cross_entropy),
    Case(
        "cross_entropy/no rows",
        lambda x, t: loss.cross_entropy(x, t, reduction="sum"),
        [normal(0, 4), np.zeros(0, int)],
        lambda x, t: np.zeros(()),
    ),
    Case(
        "cross_entropy/labels of int32",
        loss.cross_entropy,
        [normal(5, 4), labels(5, 4).astype(np.int32)],
        cross_entropy,
    ),
    Case(
        "cross_entropy/probabilities", loss.cross_entropy, [normal(5, 4), PROBABILITIES], with_probabilities
    ),
    Case(
        "cross_entropy/probabilities, weight, smoothing",
        lambda x, t: loss.cross_entropy(x, t, _tensor(WEIGHT, x), label_smoothing=0.2, reduction="none"),
        [normal(5, 4), PROBABILITIES],
        lambda x, t: with_probabilities(x, t, WEIGHT, 0.2, "none"),
    ),
    Case("nll_loss", loss.nll_loss, [normal(5, 4), labels(5, 4)], nll, covers=("nll_loss_grad",)),
    *(
        Case(
            f"nll_loss/{reduction}, weight, ignored rows",
            lambda x, t, reduction=reduction: loss.nll_loss(x, t, _tensor(WEIGHT, x), reduction=reduction),
            [normal(5, 4), IGNORING],
            lambda x, t, reduction=reduction: nll(x, t, WEIGHT, reduction=reduction),
        )
        for reduction in ("none", "mean", "sum")
    ),
    *(
        Case(
            f"mse_loss/{reduction}",
            lambda x, y, reduction=reduction: loss.mse_loss(x, y, reduction=reduction),
            [normal(3, 4), normal(3, 4, seed=1)],
            lambda x, y, reduction=reduction: finish((x - y) ** 2, reduction, x.size),
            covers=("mse_loss_grad",),
        )
        for reduction in ("none", "mean", "sum")
    ),
    Case(
        "mse_loss/zero dimensions", loss.mse_loss, [np.array(0.5), np.array(-1.0)], lambda x, y: (x - y) ** 2
    ),
    Case(
        "mse_loss/one element",
        loss.mse_loss,
        [normal(1), normal(1, seed=1)],
        lambda x, y: np.array((x[0] - y[0]) ** 2),
    ),
    Case(
        "mse_loss/empty",
        lambda x, y: loss.mse_loss(x, y, reduction="sum"),
        [normal(0, 3), normal(0, 3)],
        lambda x, y: np.zeros(()),
    ),
    Case(
        "mse_loss/weight",
        lambda x, y, w: loss.mse_loss(x, y, weight=w),
        [normal(3, 4), normal(3, 4, seed=1), positive(3, 4)],
        lambda x, y, w: np.array((w * (x - y) ** 2).sum() / w.sum()),
    ),
]


def bce(p, y):
    return np.array([-(b * np.log(a) + (1 - b) * np.log(1 - a)) for a, b in zip(p, y)]).mean()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def huber(x, y, delta):
    gap = np.abs(x - y)
    return np.where(gap <= delta, gap**2 / 2, delta * (gap - delta / 2)).mean()


CASES += [
    Case(
        "binary_cross_entropy",
        loss.binary_cross_entropy,
        [positive(6, low=0.1, high=0.9), positive(6, low=0, high=1)],
        bce,
    ),
    Case(
        "binary_cross_entropy_with_logits",
        loss.binary_cross_entropy_with_logits,
        [normal(6), positive(6, low=0, high=1)],
        lambda x, y: bce(sigmoid(x), y),
    ),
    Case(
        "binary_cross_entropy_with_logits/pos_weight",
        lambda x, y, w: loss.binary_cross_entropy_with_logits(x, y, pos_weight=w, reduction="sum"),
        [normal(5, 3), positive(5, 3, low=0, high=1), positive(3)],
        lambda x, y, w: -(w * y * np.log(sigmoid(x)) + (1 - y) * np.log(1 - sigmoid(x))).sum(),
    ),
    Case(
        "mse_loss/l1", loss.l1_loss, [normal(3, 4), normal(3, 4, seed=1)], lambda x, y: np.abs(x - y).mean()
    ),
    Case(
        "mse_loss/huber",
        lambda x, y: loss.huber_loss(x, y, delta=0.7),
        [normal(3, 4), normal(3, 4, seed=1)],
        lambda x, y: huber(x, y, 0.7),
    ),
    Case(
        "mse_loss/smooth l1",
        lambda x, y: loss.smooth_l1_loss(x, y, beta=0.7),
        [normal(3, 4), normal(3, 4, seed=1)],
        lambda x, y: huber(x, y, 0.7) / 0.7,
    ),
    Case(
        "nll_loss/kl_div",
        lambda x, y: loss.kl_div(x, y, reduction="batchmean"),
        [normal(3, 4), positive(3, 4)],
        lambda x, y: (y * (np.log(y) - x)).sum() / 3,
    ),
    Case(
        "nll_loss/gaussian",
        lambda x, y, v: loss.gaussian_nll_loss(x, y, v, full=True),
        [normal(3, 4), normal(3, 4, seed=1), positive(3, 4)],
        lambda x, y, v: (0.5 * (np.log(2 * np.pi * v) + (x - y) ** 2 / v)).mean(),
    ),
    Case(
        "nll_loss/poisson",
        loss.poisson_nll_loss,
        [normal(3, 4), positive(3, 4)],
        lambda x, y: (np.exp(x) - x * y).mean(),
    ),
]
