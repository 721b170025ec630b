"""Anomaly mode names the first bad op and the user's line, forward and backward."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd, reverse, tape
from minigrad.tape import Primitive


@pytest.fixture
def scratch():
    before = set(tape.PRIMITIVES)
    yield Primitive
    for name in set(tape.PRIMITIVES) - before:
        del tape.PRIMITIVES[name]


def test_the_first_op_that_makes_nan_is_named_with_its_line():
    x = mg.tensor([1.0, -1.0], requires_grad=True)
    with autograd.detect_anomaly(), pytest.raises(mg.GraphError) as caught:
        (x.log() * 2).sum()
    assert "log made nan at (1,) from finite inputs (output shape (2,))" in str(caught.value)
    assert __file__ in str(caught.value)


def test_infinity_from_finite_inputs_is_named():
    with autograd.detect_anomaly(), pytest.raises(mg.GraphError, match=r"div made inf at \(1,\)"):
        mg.tensor([1.0, 2.0]) / mg.tensor([1.0, 0.0])


def test_infinity_that_came_in_is_no_anomaly():
    with autograd.detect_anomaly():
        scores = mg.tensor([1.0, -np.inf])
        assert scores.exp().tolist()[1] == 0.0
        masked = mg.tensor([1.0, 2.0]).masked_fill(mg.tensor([False, True]), -np.inf)
        (masked * 2).exp()


def test_nan_made_from_infinity_is_an_anomaly():
    with autograd.detect_anomaly(), pytest.raises(mg.GraphError, match=r"sub made nan.*inputs without NaN"):
        mg.tensor([np.inf]) - mg.tensor([np.inf])


def test_a_nan_in_the_data_is_not_blamed_on_the_op():
    with autograd.detect_anomaly():
        mg.tensor([np.nan]) * 2


def test_a_rule_that_makes_nan_is_named_with_the_line_of_its_forward(scratch):
    root = scratch(
        "test_root",
        lambda x: (np.sqrt(x), (x,)),
        lambda g, r, n: (g * (np.inf - np.inf * (r[0] == 0)) * 0.0,),
        keeps="x",
    )
    x = mg.tensor([0.0, 1.0], dtype=mg.float64, requires_grad=True)
    with autograd.detect_anomaly():
        y = root(x)
        with pytest.raises(
            mg.GraphError, match=r"rule of test_root made nan .*input 0.*test_anomaly\.py:\d+"
        ):
            y.sum().backward()
    assert x.grad is None


def test_anomaly_mode_ends_with_its_block_even_after_an_error():
    with pytest.raises(mg.GraphError), autograd.detect_anomaly():
        mg.tensor([1.0]) / 0
    assert not autograd.is_anomaly_enabled()
    assert tape.observers == []
    assert reverse.checks == []
    mg.tensor([1.0]) / 0


def test_anomaly_mode_nests():
    with autograd.detect_anomaly():
        with autograd.detect_anomaly():
            assert autograd.is_anomaly_enabled()
        assert autograd.is_anomaly_enabled()
        with autograd.set_detect_anomaly(False):
            assert not autograd.is_anomaly_enabled()
        assert autograd.is_anomaly_enabled()
    assert not autograd.is_anomaly_enabled()


def test_the_switch_works_without_a_block():
    autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(mg.GraphError, match="div made inf"):
            mg.tensor([1.0]) / 0
    finally:
        autograd.set_detect_anomaly(False)
    assert not autograd.is_anomaly_enabled()
