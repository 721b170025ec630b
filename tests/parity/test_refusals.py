"""Arguments that do not belong: what a message says then, and that nothing was changed.

Each row of the parity table is drawn, one of its arguments is exchanged for something else, and
minigrad is called. It may find a meaning (a number for a tensor); if it refuses, then in its own
words: not those of NumPy, Numba or Python about things inside that the caller never wrote.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import strategies as st

import minigrad as mg

from .sample import Draw, Given
from .samples import SAMPLES
from .test_parity import IN_PLACE, Side, call, examples, ids

JUNK = [
    None, "a", [], {}, object(), 1.5, float("nan"), -7, 99, -1, True, 1j, (9, 9, 9), (0, 0), [[1, 2], [3]],
    slice(1), len, np.float32, np.array("a"), np.ones((2, 3, 1)), (None, None), ("a", "b"),
    Given(np.ones((5, 7))), Given(np.ones((5, 7), np.int64)), Given(np.ones(3, bool)), Given(np.zeros(0)),
    Given(np.array(3.0)),
]  # fmt: skip
RAW = (
    "object has no attribute", "operands could not be broadcast", "not supported between instances", "ambiguous",
    "unsupported operand", "nopython", "unexpected keyword argument", "did not contain a loop", "inhomogeneous",
    "too large to convert", "object is not", "index out of range", "out of bounds", "could not convert",
)  # fmt: skip
AS_MANY = {"vander", "linalg.vander", "special.multigammaln", "mvlgamma"}  # as much work as the number says


def exchanged(sample, data):
    args, kwargs = sample.draw(Draw(data))
    args, kwargs = list(args), dict(kwargs)
    places = [*range(len(args)), *kwargs]
    place = data.draw(st.sampled_from(places))
    junk = data.draw(st.sampled_from(JUNK if sample.name in AS_MANY else [2**70, *JUNK]))
    (kwargs if isinstance(place, str) else args)[place] = junk
    return args, kwargs


def tensors(x):
    if isinstance(x, mg.Tensor):
        return [x]
    parts = x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple)) else ()
    return [t for part in parts for t in tensors(part)]


def assert_refused_in_our_words(run, *given):
    before = [(t, t.numpy().copy(), t._version) for t in tensors(given)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run()
        except (ArithmeticError, IndexError, RuntimeError, TypeError, ValueError) as error:
            message = str(error)
        else:
            return
    assert "NumPy says" in message or not any(words in message for words in RAW), message
    assert len(message) > 20
    for t, values, version in before:
        assert t._version == version
        np.testing.assert_array_equal(t.numpy(), values)


@pytest.mark.parametrize("sample", SAMPLES, ids=list(ids(SAMPLES)))
@examples(8)
def test_what_does_not_belong_is_refused_in_our_words(sample, data):
    args, kwargs = exchanged(sample, data)
    side = Side(mg, False)
    args, kwargs = side(args), side(kwargs)
    if not sample.name.startswith(".") or isinstance(args[0], mg.Tensor):
        assert_refused_in_our_words(lambda: call(mg, sample, *args, **kwargs), args, kwargs)


@pytest.mark.parametrize("sample", IN_PLACE, ids=list(ids(IN_PLACE)))
@examples(5)
def test_a_refused_write_in_place_changes_nothing(sample, data):
    args, kwargs = exchanged(sample, data)
    side = Side(mg, False)
    args, kwargs = side(args), side(kwargs)
    if args and isinstance(args[0], mg.Tensor):
        method = getattr(args[0], sample.last_name + "_")
        assert_refused_in_our_words(lambda: method(*args[1:], **kwargs), args, kwargs)
