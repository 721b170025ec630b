"""What a notebook shows of a Module, and of a training history."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import minigrad as mg
from minigrad import nn
from minigrad.utils.training import History


def parsed(module):
    html = module._repr_html_().replace("&times;", "x").replace("<details open>", '<details open="">')
    return ET.fromstring(html)


def words(module):
    return " ".join("".join(parsed(module).itertext()).split())


def net():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Sequential(nn.Linear(8, 2)))


def test_the_tree_has_a_branch_for_each_module_with_something_inside():
    branches = parsed(net()).iter("details")
    titles = ["".join(b.find("summary").itertext()) for b in branches]
    assert [t.split("(")[0] for t in titles] == [
        "Sequential", "0: Conv2d", "1: BatchNorm2d", "3: Sequential", "0: Linear",
    ]  # fmt: skip


def test_only_the_top_is_open():
    assert [b.get("open") is not None for b in parsed(net()).iter("details")] == [True] + 4 * [False]


def test_parameters_stand_with_their_shapes_and_counts():
    text = words(net())
    assert "weight 4 x 1 x 3 x 3 float32" in text
    assert "running_mean 4 float32, buffer" in text
    assert "66 parameters" in text  # 36 + 4, 4 + 4, 16 + 2
    assert "2: ReLU()" in text


def test_a_shared_parameter_counts_once_and_a_frozen_one_is_named():
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    assert re.search(r"Sequential\(\) 9 parameters", words(model))
    model[0].weight.requires_grad_(False)
    assert "9 parameters, 9 frozen" in words(model)
    assert "weight 3 x 3 float32, frozen" in words(model)


def test_names_are_escaped():
    class Odd(nn.Module):
        def extra_repr(self):
            return "<script>alert(1)</script> & more"

    html = nn.Sequential(Odd())._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_it_has_no_script_no_id_and_nothing_from_outside():
    html = net()._repr_html_()
    assert not re.search(r"<script|\bid=|https?:|url\(|<style|class=", html)


def test_a_module_without_anything_is_one_line():
    assert words(nn.ReLU()) == "ReLU()"


def test_a_history_is_a_table_with_a_row_an_epoch():
    history = History()
    assert history._repr_html_() == "History(no epoch finished)"
    history.append({"epoch": 1, "loss": 0.5, "accuracy": 0.875})
    history.append({"epoch": 2, "loss": 0.25})
    table = ET.fromstring(history._repr_html_())
    assert [h.text for h in table.iter("th")] == ["epoch", "loss", "accuracy"]
    assert [c.text for c in table.iter("td")] == ["1", "0.5000", "0.8750", "2", "0.2500", "-"]


def test_the_page_shows_a_summary_with_indented_rows():
    table = ET.fromstring(mg.summary(nn.Sequential(nn.Linear(4, 3)), mg.ones(2, 4))._repr_html_())
    rows = [["".join(c.itertext()) for c in row.iter("td")] for row in table.iter("tr")][1:]
    assert rows == [
        ["(model)", "Sequential", "2x3", "0", "0.0", "0"],
        ["0", "Linear", "2x3", "15", "0.0", "24"],
    ]
    assert "padding-left" in mg.summary(nn.Sequential(nn.Linear(4, 3)), mg.ones(2, 4))._repr_html_()
