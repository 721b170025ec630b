"""Losses as modules: how far an output is from its target, as one number.

    classes         CrossEntropyLoss NLLLoss
    numbers         MSELoss L1Loss SmoothL1Loss HuberLoss
    probabilities   BCELoss BCEWithLogitsLoss KLDivLoss

``reduction``: "mean", "sum" or "none" (one loss per element).
Below: functional.py, module.py. Tests: tests/nn/test_loss.py.
"""

from __future__ import annotations

from typing import Any

from minigrad.ops.cross_entropy import check_reduction

from . import functional as F
from .module import Module


class _Loss(Module):
    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction

    def _check(self, *also: str) -> None:
        if self.reduction not in also:
            check_reduction(self.reduction, type(self).__name__)


class CrossEntropyLoss(_Loss):
    """Cross-entropy of class scores (logits) against true classes or class probabilities.

    Shapes: input (N, C, *) or (C,), target the same without C (classes) or as input.

    >>> nn.CrossEntropyLoss()(tensor([[2.0, 0.0]]), tensor([0]))
    tensor(0.1269)
    """

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):
        super().__init__(reduction)
        self._check()
        self.register_buffer("weight", weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return F.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )  # fmt: skip


class NLLLoss(_Loss):
    """Minus the log-probability of the true class, for inputs that are log-probabilities.

    >>> nn.NLLLoss()(tensor([[-0.1, -2.0]]), tensor([1]))
    tensor(2.)
    """

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"):
        super().__init__(reduction)
        self._check()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return F.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class MSELoss(_Loss):
    """Squared differences.

    >>> nn.MSELoss()(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    tensor(2.)
    """

    def __init__(self, *, reduction: str = "mean"):
        super().__init__(reduction)
        self._check()

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """Absolute differences.

    >>> nn.L1Loss()(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    tensor(1.)
    """

    def __init__(self, *, reduction: str = "mean"):
        super().__init__(reduction)
        self._check()

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Half the square over ``beta`` up to ``beta``, beyond it the absolute value less ``beta / 2``.

    Source: Girshick, Fast R-CNN (2015).

    >>> nn.SmoothL1Loss()(tensor([0.0]), tensor([3.0]))
    tensor(2.5000)
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction)
        self._check()
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Half the square up to ``delta``, beyond it linear with slope ``delta``. Source: Huber (1964).

    >>> nn.HuberLoss(delta=2.0)(tensor([0.0]), tensor([3.0]))
    tensor(4.)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction)
        self._check()
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities in [0, 1]; logarithms are cut off at -100.

    >>> nn.BCELoss()(tensor([0.5]), tensor([1.0]))
    tensor(0.6931)
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean"):
        super().__init__(reduction)
        self._check()
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of raw scores; finite for large ones. ``pos_weight`` weighs target 1.

    >>> nn.BCEWithLogitsLoss()(tensor([0.0]), tensor([1.0]))
    tensor(0.6931)
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None):
        super().__init__(reduction)
        self._check()
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(_Loss):
    """Kullback-Leibler divergence of log-probabilities from the target.

    ``reduction="batchmean"`` divides by the number of rows, which is the mathematical one.

    >>> nn.KLDivLoss(reduction="batchmean")(tensor([[0.5, 0.5]]).log(), tensor([[0.5, 0.5]]))
    tensor(0.)
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False):
        super().__init__(reduction)
        self._check("batchmean")
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
