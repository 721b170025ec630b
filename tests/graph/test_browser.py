"""The picture in a real browser, in both themes: all of it is there, and it can be read."""

from __future__ import annotations

import pytest

import minigrad as mg
from minigrad import models
from minigrad.graph.style import COLOURS
from minigrad.nn import functional as F
from tests.demo.browser import chromium

pytest.importorskip("selenium")


def css(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.fixture(scope="module")
def graph():
    mg.manual_seed(0)
    model = models.build("lenet5")
    loss = F.cross_entropy(model(mg.randn(2, 1, 28, 28)), mg.tensor([3, 7]))
    loss.backward()
    return mg.draw(loss, model)


@pytest.mark.parametrize("engine", ["own", "dot"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_dom_has_the_graphs_nodes_in_the_colours_of_the_theme(graph, engine, theme, tmp_path):
    if engine == "dot" and not mg.graph.graphviz.has_dot():
        pytest.skip("the program dot is not installed")
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{graph.svg(engine)}", encoding="utf-8")
    with chromium(tmp_path / "profile", dark=theme == "dark") as driver:
        driver.get(page.as_uri())
        count = "return document.querySelectorAll('svg g.node').length"
        assert driver.execute_script(count) == len(graph.picture.boxes)
        for role in ("op", "parameter", "input", "loss"):
            fill, _, text = COLOURS[theme][role]
            shown = driver.execute_script(
                "const g = document.querySelector('svg g.node.' + arguments[0]);"
                "const shape = g.querySelector('rect, path, ellipse, polygon');"
                "return [getComputedStyle(shape).fill, getComputedStyle(g.querySelector('text')).fill]",
                role,
            )
            assert shown == [css(fill), css(text)]
        assert driver.get_log("browser") == []


def test_the_hosts_theme_wins_over_the_systems(graph, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f'<html data-theme="dark"><body>{graph.svg()}</body></html>', encoding="utf-8")
    with chromium(tmp_path / "profile", dark=False) as driver:
        driver.get(page.as_uri())
        fill = "return getComputedStyle(document.querySelector('svg .op rect')).fill"
        assert driver.execute_script(fill) == css(COLOURS["dark"]["op"][0])
