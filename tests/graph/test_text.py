"""The picture in words, line by line, and the lines on the boxes."""

from __future__ import annotations

import re

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F


def recorded():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    x, y = mg.randn(5, 4), mg.tensor([0, 1, 2, 0, 1])
    with mg.record():
        loss = F.cross_entropy(model(x), y, label_smoothing=0.1)
        loss.backward()
    return mg.draw(loss, model)


def test_the_text_names_shapes_gradients_modules_and_what_takes_no_gradient():
    title, *rows = recorded().text().splitlines()
    value = re.match(r"loss = (\S+) \(after backward\), 3 ops, 2 parameters, ", title)[1]
    shown = [re.split(" {2,}", row) for row in rows]
    assert [row[:4] + row[5:] for row in shown] == [
        ["1", "linear", "x, 0.weight, 0.bias", "-> 5x3 f32", "0"],
        ["2", "relu", "1", "-> 5x3 f32", "1"],
        ["3", "cross_entropy", "2, y", f"-> scalar {value}", "y: integer, no gradient"],
    ]
    assert all(row[4].startswith("|g| ") for row in shown[:2])
    assert shown[2][4] == "g = 1"


def test_the_gradient_of_one_number_has_its_sign():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with mg.record():
        loss = -x.sum()
        loss.backward()
    assert "g = -1" in mg.draw(loss).text()


def test_an_input_without_gradient_is_told_once_where_it_is_first_used():
    scores, y = mg.randn(4, 3, requires_grad=True), mg.tensor([0, 1, 2, 0])
    both = F.cross_entropy(scores, y) + F.cross_entropy(scores * 2, y)
    told = [line for line in mg.draw(both).text().splitlines() if "y: integer, no gradient" in line]
    assert [line.split()[:2] for line in told] == [["1", "cross_entropy"]]


def test_frozen_parameters_and_masks_are_told_too():
    layer = nn.Linear(3, 3).requires_grad_(False)
    x, mask = mg.ones(2, 3, requires_grad=True), mg.tensor([True, False, True])
    text = mg.draw(layer(x).masked_fill(mask, 0.0).sum(), layer).text()
    assert "weight, bias: no gradient" in text
    assert ": boolean, no gradient" in text


def test_a_box_of_an_op_has_at_most_three_lines():
    boxes = [box for box in recorded().picture.boxes if box.is_op]
    assert max(1 + len(box.lines) for box in boxes) == 3
    assert "smoothing 0.1" in boxes[-1].lines[0]
    assert re.fullmatch(r"loss: scalar \S+  g = 1", boxes[-1].lines[-1])


def test_bytes_are_told_without_recording():
    x = mg.ones(10, 10, requires_grad=True)
    boxes = mg.draw((x * mg.ones(10)).sum()).picture.boxes
    assert [box.details[0] for box in boxes if box.name in ("mul", "sum")] == [
        "mul -> 10x10 f32, 0.40 kB",
        "sum -> scalar f32, 4 B",
    ]
