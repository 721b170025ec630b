"""Colours that can be read, and labels that survive whatever they contain."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.graph.dot import to_dot, to_mermaid
from minigrad.graph.graphviz import has_dot
from minigrad.graph.model import Arrow, Box, Frame, Picture
from minigrad.graph.style import COLOURS, HEAT
from minigrad.graph.svg import to_svg


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", COLOURS)
def test_every_text_stands_out_from_its_fill(theme):
    page = COLOURS[theme]["page"][0]
    for role, (fill, _, text) in COLOURS[theme].items():
        assert contrast(text, page if fill == "none" else fill) >= 4.5, role
    for fill in HEAT[theme]:
        assert contrast(COLOURS[theme]["op"][2], fill) >= 4.5, fill


def test_on_a_colour_of_measured_values_every_box_has_the_text_that_stands_out():
    x = mg.tensor([3.0], requires_grad=True)
    (x * 2).backward()
    svg = mg.draw(x * 2, color_by="grad", theme="light").svg()
    rule = r":is\(\.h0,\.h1,\.h2,\.h3,\.h4\) text\{fill:(#\w+)"
    assert re.search(rule, svg).group(1) == COLOURS["light"]["op"][2]
    assert svg.index(".parameter text{") < svg.index(".h4) text{")  # the later rule of equal weight wins


def picture_with(text: str) -> Picture:
    boxes = [Box("p1", "input", text, [text], [text]), Box("n1", "op", text, [text], [text])]
    return Picture(text, boxes, [Arrow("p1", "n1")], [Frame(text, text, ["n1"], 0)])


nasty = st.text(max_size=20) | st.sampled_from(
    ['"', "\\", "<b>", "{a|b}", "&amp;", "é漢字🙂", "a\nb", "]]>", "\\N", "-->", "%", "'"]
)


@given(nasty)
@settings(max_examples=150, deadline=None)
def test_svg_parses_whatever_a_name_contains(text):
    root = ET.fromstring(to_svg(picture_with(text)).encode("utf-8", "replace"))
    assert root.tag.endswith("svg")


@given(nasty)
@settings(max_examples=100, deadline=None)
def test_mermaid_keeps_one_line_a_box_whatever_a_name_contains(text):
    lines = to_mermaid(picture_with(text)).splitlines()
    assert sum(line.startswith(("  p1", "  n1")) for line in lines) == 3


@pytest.mark.skipif(not has_dot(), reason="the program dot is not installed")
@given(nasty.filter(lambda t: t.isprintable() or t == "a\nb"))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_dot_accepts_whatever_a_name_contains_without_a_word(text):
    done = subprocess.run(
        ["dot", "-Tsvg"], input=to_dot(picture_with(text)).encode("utf-8", "replace"), capture_output=True
    )
    assert done.returncode == 0
    assert done.stderr == b""
    ET.fromstring(done.stdout)
