"""repr, str and format: the characters of PyTorch."""

from __future__ import annotations

import re
import tracemalloc

import numpy as np
import pytest

import minigrad as mg

nan, inf = float("nan"), float("inf")
RNG = np.random.default_rng(0)

SAMPLES = {
    "empty": [],
    "empty rows": [[], []],
    "empty with sizes": np.zeros((2, 0, 3)),
    "empty ints": np.zeros(0, np.int64),
    "empty other ints": np.zeros((0, 2), np.int32),
    "an int": 3,
    "a float": 3.5,
    "a bool": True,
    "a nan": nan,
    "minus zero": -0.0,
    "zeros": [0.0, -0.0],
    "whole floats": [1.0, -20.0],
    "whole and nan": [1.0, nan],
    "infinite": [inf, 2.5, -inf],
    "only infinite": [nan, inf],
    "ratio 1000": [1000.0, 1.0],
    "ratio beyond 1000": [1001.0, 1.0],
    "ratio beyond 1000 with a fraction": [1001.5, 1.0],
    "1e8": [1e8],
    "beyond 1e8": [2e8, 1.0],
    "large and alike": [2e8, 3e8],
    "1e-4": [0.0001],
    "below 1e-4": [0.00009],
    "subnormal": [1e-40, 1.0],
    "extreme": np.array([1e300, 1e-300]),
    "bools": [True, False],
    "ints of different widths": [[1, 2], [300, -4]],
    "long ints": [2**62, -1],
    "bytes": RNG.integers(0, 255, (4, 5)).astype(np.uint8),
    "halves": RNG.standard_normal((3, 20)).astype(np.float16),
    "doubles": RNG.standard_normal((3, 4)),
    "singles": RNG.standard_normal((3, 4)).astype(np.float32),
    "three dimensions": RNG.standard_normal((3, 4, 5)).astype(np.float32),
    "four dimensions": RNG.standard_normal((2, 1, 2, 3)).astype(np.float32),
    "long lines": RNG.standard_normal(50).astype(np.float32) * 1e4,
    "1000 elements": np.arange(1000),
    "1001 elements": np.arange(1001),
    "many floats": np.arange(5000.0, dtype=np.float32),
    "many rows": np.arange(10000).reshape(100, 100),
    "many in three dimensions": RNG.standard_normal((12, 5, 30)).astype(np.float32),
    "many bools": np.arange(2000) > 3,
    "many and narrow": np.arange(2002).reshape(1001, 2),
}
OPTIONS = [
    {},
    {"precision": 2},
    {"precision": 0},
    {"profile": "short"},
    {"profile": "full"},
    {"sci_mode": True},
    {"sci_mode": False},
    {"threshold": 5},
    {"threshold": 3, "edgeitems": 1},
    {"linewidth": 40},
]


@pytest.fixture
def printing():
    """Set the options here and in PyTorch; put both back."""
    torch = pytest.importorskip("torch")

    def set_both(**options):
        for m in (torch, mg):
            m.set_printoptions(profile="default")
            m.set_printoptions(**options)
        return torch

    yield set_both
    set_both()


def without_breaks(text):
    """Our module's name is three letters longer: a line before ``dtype=`` may break earlier."""
    text = text.replace("torch.", "minigrad.")
    return re.sub(r",\s+(dtype|requires_grad|size|grad_fn)=", r", \1=", text)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_a_tensor_prints_as_in_pytorch(printing, data, options):
    torch = printing(**options)
    found, expected = mg.tensor(data), torch.tensor(data)
    assert without_breaks(repr(found)) == without_breaks(repr(expected))
    assert str(found) == repr(found)
    if found.is_floating_point():
        found.requires_grad_()
        expected.requires_grad_()
        assert without_breaks(repr(found)) == without_breaks(repr(expected))
        assert without_breaks(repr(found * 1)) == without_breaks(repr(expected * 1))


@pytest.mark.parametrize("seed", range(40))
def test_random_tensors_print_as_in_pytorch(printing, seed):
    torch = printing()
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(0, 6, rng.integers(0, 5)))
    data = rng.standard_normal(shape) * 10.0 ** rng.integers(-6, 9)
    for x in (data, np.round(data), data.astype(np.float32) ** 3, data.astype(np.int64)):
        assert without_breaks(repr(mg.tensor(x))) == without_breaks(repr(torch.tensor(x)))


def test_what_follows_the_numbers_keeps_to_the_line():
    x = mg.ones(20, dtype=mg.float64, requires_grad=True)
    assert repr(x).splitlines()[1:] == ["        1., 1.], dtype=minigrad.float64, requires_grad=True)"]
    assert repr(x[:2] * 1) == "tensor([1., 1.], dtype=minigrad.float64, grad_fn=<MulBackward0>)"
    x = mg.full((16,), 0.5, dtype=mg.float64)[:9]
    assert repr(x).splitlines()[1:] == ["       dtype=minigrad.float64)"]


def test_the_default_dtype_is_not_named():
    mg.set_default_dtype(mg.float64)
    try:
        assert repr(mg.zeros(1)) == "tensor([0.])"
        assert repr(mg.zeros(1, dtype=mg.float32)) == "tensor([0.], dtype=minigrad.float32)"
    finally:
        mg.set_default_dtype(mg.float32)


def test_a_large_tensor_prints_briefly_and_makes_nothing_large():
    assert len(repr(mg.zeros(1000, 1000)).splitlines()) <= 12
    x = mg.zeros(10_000_000)
    tracemalloc.start()
    text = repr(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(text) < 100
    assert peak < 1_000_000


def test_one_element_takes_a_format():
    assert f"{mg.tensor(3.14159):.3f}" == "3.142"
    assert f"{mg.tensor(7):03d}" == "007"
    assert f"{mg.tensor([1.0])}" == "tensor([1.])"
    with pytest.raises(TypeError, match="format"):
        f"{mg.tensor([1.0]):.3f}"


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="default, short, full"):
        mg.set_printoptions(profile="long")
