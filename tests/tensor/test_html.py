"""What a notebook shows of a Tensor."""

from __future__ import annotations

import re
import tracemalloc
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import minigrad as mg


def parsed(tensor):
    """The HTML as a tree: it is well-formed, and the entities it uses are HTML's."""
    text = tensor._repr_html_()
    for entity in ("&times;", "&middot;"):
        text = text.replace(entity, "*")
    return ET.fromstring(text)


def words(tensor):
    return "".join(parsed(tensor).itertext())


def test_it_names_shape_dtype_range_and_mean():
    text = words(mg.tensor([[1.0, 2.0], [3.0, 10.0]]))
    assert "Tensor 2 * 2 * float32 * 1 to 10 * mean 4 * 0 NaN * 0 Inf" in text


def test_it_names_the_op_and_whether_a_gradient_is_wanted():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    assert "requires grad" in words(x)
    assert "made by" not in words(x)
    assert "made by mul * requires grad" in words(x * x)
    assert "requires grad" not in words(x.detach())


def test_values_that_are_not_finite_are_counted_apart():
    x = mg.tensor([1.0, float("nan"), float("inf"), -float("inf"), 5.0])
    text = words(x)
    assert "1 to 5 * mean 3 * 1 NaN * 2 Inf" in text
    assert "0 NaN" not in text


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (mg.tensor([3, 4]), "2 * int64 * 3 to 4 * mean 3.5"),
        (mg.tensor([True, False]), "2 * bool * 0 to 1 * mean 0.5"),
        (mg.tensor(2.5), "scalar * float32 * 2.5 to 2.5"),
        (mg.zeros(0, 3), "0 * 3 * float32 * empty"),
        (mg.tensor([float("nan")]), "1 * float32 * 1 NaN * 0 Inf"),
        (mg.tensor([60000.0, 60000.0], dtype=mg.float16), "6e+04 to 6e+04 * mean 6e+04"),
        (mg.tensor(np.array([255, 1], np.uint8)), "uint8 * 1 to 255 * mean 128"),
    ],
    ids=["int", "bool", "scalar", "empty", "only nan", "half does not overflow", "uint8"],
)
def test_every_kind_of_tensor_is_shown(tensor, text):
    assert text in words(tensor)


def test_the_values_are_there_as_repr_prints_them():
    x = mg.randn(3, 4)
    assert parsed(x).find("pre").text == repr(x)


def cells(tensor):
    return parsed(tensor).findall(".//rect")


def test_the_strip_has_one_cell_an_element_or_at_most_64():
    assert len(cells(mg.ones(5))) == 5
    assert len(cells(mg.ones(64))) == 64
    assert len(cells(mg.ones(65))) == 64
    assert len(cells(mg.ones(100_000))) == 64


def test_the_strip_follows_the_order_of_the_elements():
    x = mg.zeros(2, 64)
    x[0] = 1.0
    colours = [c.get("fill") for c in cells(x)]
    assert colours == ["#d9730dff"] * 32  # zeros stay empty
    # Transposed, every other element is a one: each run of two has the mean 0.5.
    assert len(cells(x.t())) == 64


def test_sign_and_size_show_as_colour_and_strength():
    colours = [c.get("fill") for c in cells(mg.tensor([-2.0, -1.0, 0.0, 2.0, float("nan")]))]
    assert colours == ["#0072b2ff", "#0072b280", "#d9730dff", "#c2185bff"]


def test_of_a_large_tensor_a_sample_is_looked_at_and_the_page_says_so():
    text = words(mg.ones(1_000_000))
    assert "1 to 1 * mean 1 * 0 NaN * 0 Inf * from a sample of 32,768" in text
    assert "sample" not in words(mg.ones(32_768))


@pytest.mark.parametrize("layout", ["contiguous", "transposed", "expanded", "reversed"])
def test_a_sample_finds_the_range_in_every_layout(layout):
    base = mg.arange(1_000_000).float()
    shown = {
        "contiguous": base,
        "transposed": base.reshape(1000, 1000).t(),
        "expanded": base.expand(2, 1_000_000),
        "reversed": mg.from_numpy(base.numpy()[::-1]),
    }[layout]
    low, high = re.search(r"([\d.e+]+) to ([\d.e+]+) \* mean", words(shown)).groups()
    assert (float(low), float(high)) == (0, 1e6)


def test_of_ten_million_values_a_sample_is_looked_at_and_nothing_large_is_made():
    x = mg.zeros(10_000_000)
    tracemalloc.start()
    html = x._repr_html_()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "from a sample of 32,768" in html
    assert peak < 2_000_000


def test_it_has_no_script_no_id_and_nothing_from_outside():
    x = mg.randn(100, requires_grad=True) * 2
    html = x._repr_html_()
    assert not re.search(r"<script|\bid=|https?:|url\(|<style|class=", html)
    assert html == x._repr_html_()
    assert len(html) < 6000
