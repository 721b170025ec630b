"""What is gathered inside record(), what the picture makes of it, and what it says where there is none."""

from __future__ import annotations

import pytest

import minigrad as mg
from minigrad import nn


def test_the_log_of_a_negative_number_is_the_one_first_bad_op():
    x = mg.tensor([1.0, -1.0], requires_grad=True)
    with mg.record():
        loss = ((x * 2).log() * 3).sum()
    bad = [b for b in mg.draw(loss).picture.boxes if b.first_bad]
    assert [b.name for b in bad] == ["log"]
    assert "first bad op" in mg.draw(loss).text()
    assert [b.name for b in mg.draw(loss).picture.boxes if b.bad] == ["log", "mul", "sum"]


def test_what_was_not_recorded_says_so():
    loss = (mg.ones(2, requires_grad=True) * 2).sum()
    assert "not recorded" in mg.draw(loss).svg("own")


def test_recorded_ops_show_time_line_range_and_gradient():
    x = mg.tensor([3.0, 4.0], requires_grad=True)
    with mg.record():
        loss = (x * 2).sum()
        loss.backward()
    box = mg.draw(loss).picture.box("n1")
    details = "\n".join(box.details)
    assert "forward" in details
    assert "backward" in details
    assert "min 6, max 8, mean 7" in details
    assert "test_record.py:" in details
    assert box.gradient == "|g| 1.414"


def test_after_record_nothing_is_observed_any_more():
    from minigrad import reverse, tape

    with pytest.raises(ZeroDivisionError), mg.record():
        raise ZeroDivisionError
    assert tape.observers == []
    assert reverse.checks == []


@pytest.mark.parametrize("color_by", ["grad", "time", "bytes"])
def test_colours_follow_what_was_recorded_and_the_legend_says_what(color_by):
    x = mg.tensor([3.0, 4.0], requires_grad=True)
    with mg.record():
        loss = (x.exp() * 2).sum()
        loss.backward()
    graph = mg.draw(loss, color_by=color_by)
    assert max(b.heat for b in graph.picture.boxes if b.heat is not None) == 1.0
    assert any("pale" in line for line in graph.picture.legend)


def test_bad_values_that_were_handed_in_are_blamed_on_nobody_and_marked_on_the_input():
    data = mg.tensor([1.0, float("nan")])
    weight = mg.tensor([2.0, 2.0], requires_grad=True)
    with mg.record() as r:
        loss = (weight * data).sum()
    assert r.first_bad() == "mul was given NaN x1"
    boxes = mg.draw(loss).picture.boxes
    assert not any(b.first_bad for b in boxes)
    assert next(b for b in boxes if b.name == "data").bad == "NaN x1"


def test_a_bad_gradient_is_traced_to_the_op_whose_rule_made_it():
    x = mg.tensor([0.0, 4.0], requires_grad=True)
    with mg.record() as r:
        loss = ((x * 1.0).sqrt() * 3).sum()
        loss.backward()
    assert r.first_bad() == "backward of sqrt: inf x1"
    graph = mg.draw(loss)
    assert [(b.name, b.bad) for b in graph.picture.boxes if b.first_bad] == [("sqrt", "sends on inf x1")]
    assert graph.text().count("first bad op") == 1
    assert graph.picture.box("n1").bad == "gradient inf x1"


def test_a_bad_value_in_the_forward_comes_before_one_in_the_backward():
    x = mg.tensor([-1.0, 0.0], requires_grad=True)
    with mg.record() as r:
        x.sqrt().sum().backward()
    assert r.first_bad() == "sqrt: NaN x1"


def test_recording_the_backward_alone_says_that_the_forward_was_not():
    x = mg.tensor([0.0, 4.0], requires_grad=True)
    loss = x.sqrt().sum()
    with mg.record() as r:
        loss.backward()
    assert r.first_bad() == "backward of sqrt: inf x1"
    details = mg.draw(loss).picture.box("n1").details
    assert "forward: not recorded" in details
    assert any(line.startswith("backward ") for line in details)


def test_a_second_order_gradient_is_looked_at_too():
    x = mg.tensor([0.0], requires_grad=True)
    with mg.record() as r:
        (g,) = mg.autograd.grad((x**1.5).sum(), x, create_graph=True)
        g.sum().backward()
    assert "inf x1" in r.first_bad()


def test_nothing_bad_gives_an_empty_answer():
    x = mg.tensor([1.0, 4.0], requires_grad=True)
    with mg.record() as r:
        x.sqrt().sum().backward()
    assert r.first_bad() == ""


def test_what_is_folded_keeps_its_colour_and_its_first_bad_op():
    block = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    x = mg.tensor([[1.0, -1.0]])
    with mg.record():
        loss = (block(x) - 9).log().sum()
        loss.backward()
    graph = mg.draw(loss, block, depth=0, color_by="time", max_nodes=10)
    assert all(b.heat is not None for b in graph.picture.boxes if b.is_op)
    y = mg.tensor([-1.0], requires_grad=True)
    with mg.record():
        z = (y - 1).log().log().log().log()
    folded = [b for b in mg.draw(z).picture.boxes if b.role == "fold"]
    assert [b.first_bad for b in folded] == [True]


def test_the_gradient_colours_parameters_without_any_recording():
    layer = nn.Linear(3, 2)
    loss = layer(mg.ones(1, 3)).sum()
    loss.backward()
    boxes = mg.draw(loss, color_by="grad").picture.boxes
    assert all(b.heat is not None for b in boxes if b.role == "parameter")
