"""Accuracy, confusion matrix, precision and recall; against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError
from minigrad.utils.metrics import ClassReport, accuracy, confusion_matrix


def answers(classes, n=200, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, classes, n), random.integers(0, classes, n)


def test_accuracy_reads_scores_and_classes():
    scores = mg.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], requires_grad=True)
    assert accuracy(scores, mg.tensor([1, 0, 0])) == pytest.approx(2 / 3)
    assert accuracy([1, 0, 1], [1, 0, 0]) == pytest.approx(2 / 3)


def test_the_accuracy_of_nothing_is_not_a_number():
    assert np.isnan(accuracy(np.zeros((0, 3)), np.zeros(0, int)))


@pytest.mark.parametrize("classes", [2, 5])
def test_the_confusion_matrix_agrees_with_scikit_learn(classes):
    metrics = pytest.importorskip("sklearn.metrics")
    found, expected = answers(classes)
    np.testing.assert_array_equal(
        confusion_matrix(found, expected), metrics.confusion_matrix(expected, found)
    )


def test_classes_that_never_occur_have_rows_of_zeros():
    assert confusion_matrix([0], [0], num_classes=3).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert confusion_matrix([], []).shape == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_report_agrees_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    found, expected = answers(4, n=12, seed=seed)
    report = ClassReport(found, expected, list("abcd"))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        expected, found, labels=range(4), zero_division=0
    )
    np.testing.assert_allclose(report.precision, precision)
    np.testing.assert_allclose(report.recall, recall)
    np.testing.assert_allclose(report.f1, f1)
    np.testing.assert_array_equal(report.support, support)
    assert report.accuracy == pytest.approx(metrics.accuracy_score(expected, found))


def test_the_report_prints_a_line_per_class_and_the_mean():
    report = ClassReport([0, 1, 1], [0, 0, 1], ["cat", "dog"])
    lines = str(report).splitlines()
    assert lines[0].split() == ["class", "precision", "recall", "F1", "images"]
    assert lines[1].split() == ["cat", "1.0000", "0.5000", "0.6667", "2"]
    assert lines[-1].split() == ["average", "0.7500", "0.7500", "0.6667", "3"]
    assert len({len(line) for line in lines}) == 1
    assert report.confusion_text().splitlines()[1].split() == ["cat", "1", "1"]
    assert report.confusion_text().splitlines()[2].split() == ["dog", ".", "1"]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: accuracy([0, 1], [0]), ShapeError, r"predictions \(2,\) and targets \(1,\)"),
        (lambda: accuracy(np.zeros((2, 2, 2)), [0, 1]), ShapeError, "scores"),
        (lambda: confusion_matrix([3], [0], num_classes=3), ValueError, "it needs 0 to 2"),
        (lambda: confusion_matrix([-1], [0]), ValueError, "classes -1"),
        (lambda: ClassReport([2], [0], ["a", "b"]), ValueError, "it needs 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call()
