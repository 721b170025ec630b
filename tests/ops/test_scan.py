"""Running reductions beyond the table: PyTorch, ties, nan, infinities, dtypes, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from tests.case import apart, normal

NAN, INF = float("nan"), float("inf")
NAMES = ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"]


def same_as_torch(ours, theirs, inputs, **options):
    against = pytest.importorskip("tests.ops.against_torch")
    against.assert_as_in_torch(ours, theirs, inputs, **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_scans_agree_with_torch(name, dim):
    for x in [apart(3, 4, 2), np.round(normal(2, 5, 6)), normal(1, 1, 1), normal(2, 0, 3)]:
        if x.size == 0 and name in ("cummax", "cummin") and dim == 1:
            continue
        same_as_torch(lambda x: getattr(mg, name)(x, dim), lambda x: getattr(x, name)(dim=dim), [x])


@pytest.mark.parametrize("name", NAMES)
def test_a_number_is_its_own_scan(name):
    same_as_torch(lambda x: getattr(mg, name)(x, 0), lambda x: getattr(x, name)(-1), [np.array(2.0)])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float32])
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax"])
def test_scans_have_the_dtypes_of_torch(name, dtype):
    x = np.array([[3, 0, 1], [1, 1, 2]]).astype(dtype)
    same_as_torch(lambda x: getattr(mg, name)(x, 1), lambda x: getattr(x, name)(1), [x], rtol=1e-6)
    if name != "cummax":
        same_as_torch(
            lambda x: getattr(mg, name)(x, 1, dtype=np.float64).sum(),
            lambda x: getattr(x.double(), name)(1).sum(),
            [x],
            rtol=1e-6,
        )


def test_half_precision_scans_keep_their_dtype():
    x = mg.tensor([1.0, 2.0, 3.0], dtype=np.float16, requires_grad=True)
    (x.cumprod(0) + x.cumsum(0)).sum().backward()
    assert x.grad.dtype == np.float16
    assert x.grad.tolist() == [12, 6, 3]


def test_the_last_of_equal_extremes_and_the_last_nan_are_picked():
    for values in [[1.0, 3, 3, 2, 3], [1.0, NAN, 3, NAN, 3], [NAN, 1.0], [-INF, -INF, INF]]:
        for name in ("cummax", "cummin"):
            same_as_torch(
                lambda x, f=name: getattr(mg, f)(x, 0), lambda x, f=name: getattr(x, f)(0), [np.array(values)]
            )


def test_cumprod_with_zeros_agrees_with_torch():
    for x in [[0.0, 2.0, 0.0, 3.0], [2.0, 0.0, 3.0, 4.0], [0.0, 0.0], [1.0, 2.0, 0.0]]:
        same_as_torch(lambda x: x.cumprod(0), lambda x: x.cumprod(0), [np.array(x)])


def test_logcumsumexp_is_minus_infinity_until_something_comes():
    x = mg.tensor([-INF, -INF, 1.0, 2.0], requires_grad=True)
    y = x.logcumsumexp(0)
    assert y.tolist()[:3] == [-INF, -INF, 1.0]
    y[2:].sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, 0, 1.2689414, 0.7310586], rtol=1e-6)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_diff_agrees_with_torch(n, dim):
    x = normal(3, 4)
    same_as_torch(lambda x: mg.diff(x, n, dim), lambda x: x.diff(n, dim), [x])
    same_as_torch(
        lambda x: mg.diff(x, n, dim, prepend=x, append=x),
        lambda x: x.diff(n, dim, prepend=x, append=x),
        [x],
    )
    same_as_torch(lambda x: mg.diff(x, n, dim), lambda x: x.diff(n, dim), [x > 0])
    same_as_torch(lambda x: mg.diff(x, n, dim), lambda x: x.diff(n, dim), [np.round(x).astype(np.int64)])


def test_errors_say_what_is_wrong():
    with pytest.raises(IndexError, match="cumsum got dim=1"):
        mg.tensor([1.0]).cumsum(1)
    with pytest.raises(DTypeError, match="logcumsumexp got a tensor of int64"):
        mg.tensor([1]).logcumsumexp(0)
    with pytest.raises(ShapeError, match="diff got a 0-dim tensor"):
        mg.diff(mg.tensor(1.0))
    with pytest.raises(ValueError, match="diff got n=-1"):
        mg.diff(mg.tensor([1.0]), -1)
    assert mg.tensor([[1, 2]]).cumsum(axis=1).tolist() == [[1, 3]]
