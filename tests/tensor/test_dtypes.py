"""The dtypes and their limits."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

NAMES = [
    "float16", "float32", "float64", "half", "float", "double", "int8", "int16", "int32", "int64",
    "short", "int", "long", "uint8", "uint16", "uint32", "uint64", "bool",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_dtype_is_the_one_of_pytorch_and_of_numpy(name):
    torch = pytest.importorskip("torch")
    found = getattr(mg, name)
    assert isinstance(found, mg.dtype)
    assert found.name == str(getattr(torch, name)).removeprefix("torch.")
    assert mg.zeros(1, dtype=found).dtype == found


def test_the_limits_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    for name in ("float16", "float32", "float64"):
        ours, theirs = mg.finfo(getattr(mg, name)), torch.finfo(getattr(torch, name))
        for limit in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "dtype"):
            assert getattr(ours, limit) == getattr(theirs, limit), limit
        assert type(ours.eps) is float
    for name in ("uint8", "int8", "int16", "int32", "int64"):
        ours, theirs = mg.iinfo(getattr(mg, name)), torch.iinfo(getattr(torch, name))
        assert (ours.bits, ours.max, ours.min) == (theirs.bits, theirs.max, theirs.min)
    assert repr(mg.iinfo(mg.int8)) == repr(torch.iinfo(torch.int8))
    assert repr(mg.finfo()) == repr(torch.finfo())


def test_limits_of_the_wrong_kind_are_refused():
    with pytest.raises(mg.DTypeError, match="Use iinfo"):
        mg.finfo(mg.int32)
    with pytest.raises(mg.DTypeError, match="Use finfo"):
        mg.iinfo(np.float32)


def test_the_names_shadow_nothing_in_the_library():
    import minigrad.nn as nn
    import minigrad.ops.shaping as ops

    for module in (ops, nn):
        assert getattr(module, "float", None) is not mg.float
