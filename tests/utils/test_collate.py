"""From samples to a batch: kinds, dtypes and shapes as in PyTorch."""

from __future__ import annotations

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError
from minigrad.utils.data import default_collate, default_convert

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "samples",
    [
        [1, 2, 3],
        [1.5, 2.5],
        [True, False],
        [np.float32(1), np.float32(2)],
        [np.int16(1), np.int16(2)],
        [np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)],
        [np.array(3), np.array(4)],
        [(1, np.zeros(2)), (2, np.ones(2))],
        [[1, 2], [3, 4]],
        [{"a": 1, "b": np.zeros(2)}, {"a": 2, "b": np.ones(2)}],
        [(1, {"a": (2.0, 3)}), (4, {"a": (5.0, 6)})],
        [Point(1, 2.0), Point(3, 4.0)],
        [OrderedDict(a=1), OrderedDict(a=2)],
        ["one", "two"],
        [("one", 1), ("two", 2)],
    ],
    ids=str,
)
def test_collating_agrees_with_pytorch(samples):
    torch = pytest.importorskip("torch")

    def compare(mine, theirs):
        if isinstance(theirs, torch.Tensor):
            assert str(mine.dtype) == str(theirs.dtype).removeprefix("torch.")
            np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
        elif isinstance(theirs, dict):
            assert type(mine) is type(theirs)
            assert list(mine) == list(theirs)
            for key in theirs:
                compare(mine[key], theirs[key])
        elif isinstance(theirs, (list, tuple)) and not isinstance(theirs[0], str):
            assert type(mine) is type(theirs)
            for m, t in zip(mine, theirs, strict=True):
                compare(m, t)
        else:
            assert list(mine) == list(theirs)

    compare(default_collate(samples), torch.utils.data.default_collate(samples))


def test_tensors_are_stacked_and_pass_gradients():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    batch = default_collate([x, 2 * x])
    assert batch.tolist() == [[1.0, 2.0], [2.0, 4.0]]
    batch.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    ("samples", "error", "words"),
    [
        ([], ValueError, "at least one"),
        ([mg.zeros(2), mg.zeros(3)], ShapeError, r"\(2,\) and \(3,\); it needs one shape"),
        ([np.zeros((2, 1)), np.zeros((2, 2))], ShapeError, "one shape"),
        ([(1, 2), (1,)], ShapeError, "1 and 2 entries"),
        ([object()], TypeError, "got object; .* Pass a collate_fn"),
        ([np.array("a")], TypeError, "array of <U1"),
        ([{1, 2}], TypeError, "got set"),
    ],
)
def test_what_cannot_be_collated_is_refused_in_words(samples, error, words):
    with pytest.raises(error, match=words):
        default_collate(samples)


def test_converting_a_sample_turns_arrays_into_tensors_and_keeps_the_rest():
    sample = {"x": np.arange(3), "y": [np.float32(1), "text", None], "z": (1, Point(np.ones(1), 2))}
    out = default_convert(sample)
    assert isinstance(out["x"], mg.Tensor)
    assert out["y"][0].dtype == np.float32
    assert out["y"][1:] == ["text", None]
    assert out["z"][0] == 1
    assert isinstance(out["z"][1].x, mg.Tensor)
