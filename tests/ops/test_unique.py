"""Distinct values and counts against PyTorch."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from tests.case import normal

NAN, INF = float("nan"), float("inf")
TENSORS = [
    np.array([3, 1, 3, 2, 1, 1]),
    np.array([[1, 2, 1], [1, 2, 1], [0, 2, 0]]),
    np.round(normal(4, 5)),
    np.array([True, False, True]),
    np.zeros((0,), np.int64),
    np.array(5),
]


def same_as_torch(ours, theirs, inputs):
    against = pytest.importorskip("tests.ops.against_torch")
    against.assert_as_in_torch(ours, theirs, inputs, gradients=False)


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("inverse", [False, True])
def test_distinct_values_agree_with_torch(inverse, counts):
    options = {"return_inverse": inverse, "return_counts": counts}
    for x in TENSORS:
        same_as_torch(lambda x: x.unique(**options), lambda x: x.detach().unique(**options), [x])
        same_as_torch(
            lambda x: x.unique_consecutive(**options),
            lambda x: x.detach().unique_consecutive(**options),
            [x],
        )


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_distinct_slices_agree_with_torch(dim):
    options = {"return_inverse": True, "return_counts": True, "dim": dim}
    for x in [TENSORS[1], TENSORS[2], np.repeat(TENSORS[2], 2, axis=dim)]:
        same_as_torch(lambda x: x.unique(**options), lambda x: x.detach().unique(**options), [x])
        same_as_torch(
            lambda x: x.unique_consecutive(**options),
            lambda x: x.detach().unique_consecutive(**options),
            [x],
        )


def test_every_nan_is_distinct():
    same_as_torch(lambda x: x.unique(), lambda x: x.detach().unique(), [np.array([NAN, 1.0, NAN])])


def test_bincount_agrees_with_torch():
    x = np.array([3, 1, 1, 0])
    weights = np.array([0.5, 1.5, 2.0, 3.0])
    for w in [weights, weights.astype(np.float32), np.array([1, 2, 3, 4])]:
        same_as_torch(lambda x, w: x.bincount(w), lambda x, w: x.bincount(w.detach()), [x, w])
    same_as_torch(lambda x: x.bincount(minlength=6), lambda x: x.bincount(minlength=6), [x.astype(np.uint8)])
    same_as_torch(
        lambda x: x.bincount(minlength=2), lambda x: x.bincount(minlength=2), [np.zeros(0, np.int64)]
    )


def test_histc_agrees_with_torch():
    x = np.array([0.0, 1.0, 2.5, 2.5, 4.0, 9.0, -3.0], np.float32)
    for arguments in [(4,), (3, 0, 3), (5, -3, 9), (2, 1, 1), (3, 20, 30)]:
        same_as_torch(lambda x: x.histc(*arguments), lambda x: x.detach().histc(*arguments), [x])  # noqa: B023
    for special in [np.zeros(0), np.array([3.0, 3.0]), np.array([1.0, NAN, 2.0])]:
        same_as_torch(lambda x: x.histc(3, 1, 3), lambda x: x.detach().histc(3, 1, 3), [special])
    same_as_torch(lambda x: x.histc(3), lambda x: x.detach().histc(3), [np.array([3.0, 3.0])])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mg.bincount(mg.tensor([1.0])), DTypeError, "float32; it needs integers"),
        (lambda: mg.bincount(mg.tensor([1, -1])), ValueError, "value -1.*no negative"),
        (lambda: mg.bincount(mg.tensor([[1]])), ValueError, r"shape \(1, 1\)"),
        (lambda: mg.bincount(mg.tensor([1]), minlength=-1), ValueError, "minlength=-1"),
        (lambda: mg.bincount(mg.tensor([1]), mg.tensor([1.0, 2.0])), ShapeError, r"weights of shape \(2,\)"),
        (lambda: mg.histc(mg.tensor([1])), DTypeError, "int64; it needs a float"),
        (lambda: mg.histc(mg.tensor([1.0]), 0), ValueError, "bins=0"),
        (lambda: mg.histc(mg.tensor([1.0]), 2, 3, 1), ValueError, "min=3 and max=1"),
        (lambda: mg.histc(mg.tensor([1.0, INF])), ValueError, "finite"),
        (lambda: mg.unique(mg.tensor([1]), dim=1), IndexError, "unique got dim=1"),
    ],
)
def test_errors_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()
