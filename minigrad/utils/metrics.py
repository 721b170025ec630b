"""How good a classifier is: from class scores or class numbers to a few figures.

    accuracy            the share of right answers
    confusion_matrix    how often class i was taken for class j
    ClassReport         precision, recall and F1 per class, printed as a table

Below: tensor.py. Above: training.py, plotting.py, cli/. Tests: tests/utils/test_metrics.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tensor import Tensor


def as_array(x: Any) -> np.ndarray:
    """The numbers of a Tensor (outside of any graph), an array or a list."""
    return x.array if isinstance(x, Tensor) else np.asarray(x)


def as_classes(x: Any) -> np.ndarray:
    """Class numbers (N,): as they are, or the highest of the scores (N, C)."""
    array = as_array(x)
    return array.argmax(axis=1) if array.ndim == 2 else array


def _pair(function: str, predictions: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    found, expected = as_classes(predictions), as_classes(targets)
    if found.shape != expected.shape or found.ndim != 1:
        raise ShapeError(
            f"{function} got predictions {as_array(predictions).shape} and targets "
            f"{as_array(targets).shape}; it needs scores (N, C) or classes (N,), and targets (N,)."
        )
    return found, expected


def accuracy(predictions: Any, targets: Any) -> float:
    """The share of right answers, 0 to 1. Shapes: scores (N, C) or classes (N,), targets (N,).

    >>> from minigrad.utils.metrics import accuracy
    >>> accuracy(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor([1, 1]))
    0.5
    """
    found, expected = _pair("accuracy", predictions, targets)
    return float((found == expected).mean()) if len(expected) else float("nan")


def confusion_matrix(predictions: Any, targets: Any, num_classes: int | None = None) -> np.ndarray:
    """Counts (C, C): row = true class, column = predicted class.

    >>> from minigrad.utils.metrics import confusion_matrix
    >>> confusion_matrix([0, 1, 1], [0, 0, 1])
    array([[1, 1],
           [0, 1]])
    """
    found, expected = (x.astype(np.int64) for x in _pair("confusion_matrix", predictions, targets))
    highest = int(max(found.max(initial=-1), expected.max(initial=-1))) + 1
    lowest = int(min(found.min(initial=0), expected.min(initial=0)))
    classes = highest if num_classes is None else num_classes
    if lowest < 0 or highest > classes:
        raise ValueError(
            f"confusion_matrix got classes {lowest} to {highest - 1}; it needs 0 to {classes - 1}."
        )
    counts = np.bincount(expected * classes + found, minlength=classes * classes)
    return counts.reshape(classes, classes)


class ClassReport:
    """Precision, recall, F1 and support of each class, and the accuracy over all.

    precision = right / predicted as this class, recall = right / truly of this class, F1 = their
    harmonic mean; 0 where nothing was counted. ``print(report)`` shows a table.

    >>> from minigrad.utils.metrics import ClassReport
    >>> report = ClassReport([0, 1, 1], [0, 0, 1])
    >>> report.precision.tolist(), report.recall.tolist()
    ([1.0, 0.5], [0.5, 1.0])
    """

    def __init__(self, predictions: Any, targets: Any, classes: Sequence[str] | None = None):
        self.confusion = confusion_matrix(predictions, targets, None if classes is None else len(classes))
        self.classes = [str(i) for i in range(len(self.confusion))] if classes is None else list(classes)
        right = np.diag(self.confusion).astype(float)
        self.support = self.confusion.sum(axis=1)
        self.precision = right / np.maximum(self.confusion.sum(axis=0), 1)
        self.recall = right / np.maximum(self.support, 1)
        total = self.precision + self.recall
        self.f1 = 2 * self.precision * self.recall / np.where(total > 0, total, 1)
        self.accuracy = float(right.sum() / max(self.support.sum(), 1))

    def __str__(self) -> str:
        width = max(len("average"), *(len(name) for name in self.classes))
        lines = [f"{'class':>{width}}  precision  recall      F1  images"]
        for name, *values, n in zip(self.classes, self.precision, self.recall, self.f1, self.support):
            lines.append(_line(name, values, n, width))
        means = [column.mean() for column in (self.precision, self.recall, self.f1)]
        lines.append(_line("average", means, self.support.sum(), width))
        return "\n".join(lines)

    def confusion_text(self) -> str:
        """The confusion matrix as text: row = true class, column = predicted class."""
        names = [name[:8] for name in self.classes]
        width = max(4, len(str(self.confusion.max(initial=0))) + 1, *(len(n) + 1 for n in names))
        lines = [" " * width + "".join(f"{name:>{width}}" for name in names)]
        for name, row in zip(names, self.confusion):
            lines.append(f"{name:>{width}}" + "".join(f"{n or '.':>{width}}" for n in row))
        return "\n".join(lines)


def _line(name: str, values: Sequence[float], support: int, width: int) -> str:
    precision, recall, f1 = values
    return f"{name:>{width}}  {precision:9.4f}  {recall:6.4f}  {f1:6.4f}  {support:6d}"
