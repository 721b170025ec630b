"""Sorting beyond the table: ties, nan, empty and 0-dim tensors, PyTorch, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError
from tests.case import apart, normal

NAN, INF = float("nan"), float("inf")


def same_as_torch(ours, theirs, inputs, **options):
    against = pytest.importorskip("tests.ops.against_torch")
    against.assert_as_in_torch(ours, theirs, inputs, **options)


TENSORS = {
    "distinct": apart(3, 4, 5),
    "ties": np.round(normal(3, 4, 5)),
    "integers": np.arange(60).reshape(3, 4, 5) % 7,
    "bools": normal(3, 4, 5) > 0,
    "nan and infinities": np.array([[[1.0, NAN, -INF, NAN, INF, 0.0]]]),
    "nothing": normal(3, 0, 2),
}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("x", TENSORS.values(), ids=TENSORS.keys())
def test_sorting_agrees_with_torch(x, dim, descending):
    same_as_torch(
        lambda x: x.sort(dim, descending, stable=True),
        lambda x: x.sort(dim=dim, descending=descending, stable=True),
        [x],
    )
    same_as_torch(
        lambda x: x.argsort(dim, descending),
        lambda x: x.argsort(dim=dim, descending=descending, stable=True),
        [x],
    )


def test_a_number_is_sorted():
    same_as_torch(lambda x: x.sort(), lambda x: x.sort(), [np.array(2.0)])
    same_as_torch(lambda x: x.topk(1), lambda x: x.topk(1), [np.array(2.0)])
    same_as_torch(lambda x: x.kthvalue(1), lambda x: x.kthvalue(1), [np.array(2.0)])
    same_as_torch(lambda x: x.argsort(), lambda x: x.argsort(), [np.array(2.0)])


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("k", [0, 1, 3, 4])
def test_topk_agrees_with_torch(k, largest):
    for x in [apart(3, 4, 5), np.array([[[1.0]], [[NAN]], [[INF]], [[-INF]]])]:
        for dim in (0, 1, 2):
            if k <= x.shape[dim]:
                same_as_torch(
                    lambda x, d=dim: x.topk(k, d, largest), lambda x, d=dim: x.topk(k, d, largest), [x]
                )
    same_as_torch(
        lambda x: x.topk(k, largest=largest).values,
        lambda x: x.topk(k, largest=largest).values,
        [np.array([3, 1, 3, 3, 2])],
    )


def test_equal_values_of_topk_come_in_order():
    values, indices = mg.tensor([1.0, 5.0, 5.0, 0.0]).topk(2)
    assert (values.tolist(), indices.tolist()) == ([5, 5], [1, 2])


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_kthvalue_agrees_with_torch(k, keepdim):
    for dim in (0, 1, -1):
        same_as_torch(
            lambda x, d=dim: x.kthvalue(k, d, keepdim),
            lambda x, d=dim: x.kthvalue(k, d, keepdim),
            [apart(3, 4, 5)],
        )
    nans = np.array([NAN, 2.0, 1.0])
    same_as_torch(lambda x: x.kthvalue(k), lambda x: x.kthvalue(k), [nans])


def test_msort_sorts_the_first_dimension():
    same_as_torch(mg.msort, lambda x: x.msort(), [normal(4, 3)])


@pytest.mark.parametrize("right", [False, True])
def test_places_in_a_sorted_sequence_agree_with_torch(right):
    against = pytest.importorskip("tests.ops.against_torch")
    torch = against.torch
    sequence, values = np.array([1.0, 3.0, 3.0, 7.0]), np.array([[0.0, 3.0], [5.0, 9.0]])
    many = np.sort(normal(2, 3, 5))
    for s, v in [(sequence, values), (many, normal(2, 3, 4)), (sequence, 3.0), (many, many)]:
        same_as_torch(
            lambda s, v: mg.searchsorted(s, v, right=right),
            lambda s, v: torch.searchsorted(
                s.detach(), v.detach() if hasattr(v, "detach") else v, right=right
            ),
            [s, v],
        )
    same_as_torch(
        lambda s, v: mg.bucketize(v, s, right=right, out_int32=True),
        lambda s, v: torch.bucketize(v.detach(), s.detach(), right=right, out_int32=True),
        [sequence, values],
    )
    shuffled = np.array([3.0, 1.0, 7.0])
    same_as_torch(
        lambda s, v: mg.searchsorted(s, v, side="right", sorter=mg.argsort(s)),
        lambda s, v: torch.searchsorted(s.detach(), v.detach(), side="right", sorter=s.argsort()),
        [shuffled, values],
    )


X = mg.tensor([[1.0, 2.0]])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: X.sort(2), IndexError, "sort got dim=2"),
        (lambda: X.topk(3), IndexError, "topk got k=3 for a dimension of size 2"),
        (lambda: X.kthvalue(0), IndexError, "kthvalue got k=0.*1 <= k <= 2"),
        (lambda: mg.searchsorted(X, mg.tensor([[1.0], [1.0]])), ShapeError, r"sequence of shape \(1, 2\)"),
        (lambda: mg.searchsorted(X[0], X, side="middle"), ValueError, "side='middle'"),
        (lambda: mg.searchsorted(X[0], X, side="left", right=True), ValueError, "not both"),
        (lambda: mg.searchsorted(X[0], X, sorter=mg.tensor([0])), ShapeError, r"sorter of shape \(1,\)"),
        (lambda: mg.bucketize(X, X), ShapeError, "boundaries of shape"),
    ],
)
def test_errors_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()
