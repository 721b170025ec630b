"""The page in a real browser: drawing, undoing, the keyboard, both themes, a phone."""

from __future__ import annotations

import threading
import time

import pytest

from .browser import chromium
from .conftest import write_run

pytest.importorskip("flask")
pytest.importorskip("PIL")
pytest.importorskip("selenium")

from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server of its own with class names that must not be taken for HTML."""
    from werkzeug.serving import make_server

    from minigrad.demo import create_app

    names = ["<i>zero</i>", *"12345678", "T-shirt/top & more"]
    run = write_run(tmp_path_factory.mktemp("page") / "run", classes=names)
    server = make_server("127.0.0.1", 0, create_app(str(run)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser(address, tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def page(browser, address):
    browser.get(address)
    wait(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, "#bars li")) == 10)
    yield browser
    # Whatever a page complains of stands in its log: scripts that fail, what the policy refused.
    # "rendering" is advice on reading a canvas often, as these tests do.
    assert [e for e in browser.get_log("browser") if e["source"] != "rendering"] == []


def wait(driver, condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, driver.find_element(By.ID, "answer").text
        time.sleep(0.02)


def settle(driver):
    """Until the answer belongs to what is drawn."""
    wait(driver, lambda: driver.find_element(By.ID, "answer").get_attribute("aria-busy") == "false")


def stroke(driver, *points):
    """Drag the mouse through points given as shares of the drawing area."""
    pad = driver.find_element(By.ID, "pad")
    driver.execute_script("arguments[0].scrollIntoView()", pad)
    side = pad.size["width"]
    chain = ActionChains(driver, duration=30)
    for i, (x, y) in enumerate(points):
        chain.move_to_element_with_offset(pad, int((x - 0.5) * side), int((y - 0.5) * side))
        if i == 0:
            chain.click_and_hold()
    chain.release().perform()
    settle(driver)


def ink(driver, canvas="pad"):
    """How many pixels of a canvas are bright."""
    script = (
        "const c = document.getElementById(arguments[0]);"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] > 127; return n"
    )
    return driver.execute_script(script, canvas)


def text(driver, name):
    return driver.find_element(By.ID, name).text


def values(driver):
    return [e.text for e in driver.find_elements(By.CSS_SELECTOR, "#bars .value")]


SEVEN = [(0.28, 0.2), (0.72, 0.2), (0.6, 0.5), (0.5, 0.83)]


def test_an_empty_page_says_so_and_offers_nothing_to_undo(page):
    assert text(page, "answer") == "Nothing is drawn yet."
    assert values(page) == ["-"] * 10
    assert not page.find_element(By.ID, "undo").is_enabled()
    assert not page.find_element(By.ID, "clear").is_enabled()


def test_a_stroke_brings_bars_the_input_and_the_first_layer(page):
    stroke(page, *SEVEN)
    assert text(page, "answer").splitlines()[1].startswith("with probability ")
    shares = [float(v.strip("> %")) for v in values(page)]
    assert sum(shares) == pytest.approx(100, abs=0.6)
    best = page.find_element(By.CSS_SELECTOR, "#bars .best .name").text
    assert text(page, "answer").splitlines()[0] == best
    assert 20 < ink(page, "input") < 200
    maps = page.find_elements(By.CSS_SELECTOR, "#maps canvas")
    assert len(maps) == 6
    assert maps[2].get_attribute("aria-label") == "Channel 2 of layer conv1"


def test_the_bars_are_as_long_as_the_numbers_say(page):
    stroke(page, *SEVEN)
    time.sleep(0.3)  # they grow
    found = page.execute_script(
        "return [...document.querySelectorAll('#bars li')].map(l => l.querySelector('.bar')"
        ".getBoundingClientRect().width / l.querySelector('.track').getBoundingClientRect().width)"
    )
    for share, value in zip(found, values(page), strict=True):
        assert 100 * share == pytest.approx(float(value.strip("> %")), abs=0.6)


def test_class_names_are_text_and_no_html(page):
    names = [e.text for e in page.find_elements(By.CSS_SELECTOR, "#bars .name")]
    assert names[0] == "<i>zero</i>"
    assert names[9] == "T-shirt/top & more"
    assert not page.find_elements(By.CSS_SELECTOR, "#bars i")


def test_undo_takes_one_stroke_and_clear_takes_all(page):
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    first = ink(page)
    stroke(page, (0.5, 0.4), (0.5, 0.9))
    assert ink(page) > first
    page.find_element(By.ID, "undo").click()
    settle(page)
    assert ink(page) == first
    stroke(page, (0.5, 0.4), (0.5, 0.9))
    page.find_element(By.ID, "clear").click()
    assert ink(page) == 0
    assert text(page, "answer") == "Nothing is drawn yet."
    assert not page.find_elements(By.CSS_SELECTOR, "#maps canvas")


def test_keys_undo_and_clear(page):
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    first = ink(page)
    for keys in ("z", Keys.CONTROL + "z"):
        stroke(page, (0.5, 0.4), (0.5, 0.9))
        ActionChains(page).send_keys(keys).send_keys(Keys.NULL).perform()
        assert ink(page) == first
    ActionChains(page).send_keys("c").perform()
    assert ink(page) == 0


def test_a_click_is_a_dot_and_is_read(page):
    stroke(page, (0.5, 0.5))
    assert ink(page) > 800
    assert "probability" in text(page, "answer")


def test_everything_is_reached_and_drawn_with_the_keyboard(page):
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert page.switch_to.active_element.get_attribute("id") == "theme"
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert page.switch_to.active_element.get_attribute("id") == "pad"
    ActionChains(page).send_keys(" ", *[Keys.ARROW_DOWN] * 6, *[Keys.ARROW_RIGHT] * 4, " ").perform()
    settle(page)
    assert "probability" in text(page, "answer")
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert page.switch_to.active_element.get_attribute("id") == "undo"
    outline = page.switch_to.active_element.value_of_css_property("outline-style")
    assert outline == "solid"
    ActionChains(page).send_keys(Keys.ENTER).perform()
    assert text(page, "answer") == "Nothing is drawn yet."
    assert ink(page) == 0


def test_touch_draws_and_does_not_scroll(address, tmp_path):
    with chromium(tmp_path, width=360, height=740, touch=True) as driver:
        driver.get(address)
        wait(driver, lambda: len(driver.find_elements(By.CSS_SELECTOR, "#bars li")) == 10)
        assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        box = driver.find_element(By.ID, "pad").rect
        for kind, y in (("touchStart", 0.2), ("touchMove", 0.5), ("touchMove", 0.8), ("touchEnd", None)):
            points = (
                [] if y is None else [{"x": box["x"] + box["width"] / 2, "y": box["y"] + y * box["height"]}]
            )
            driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        settle(driver)
        assert driver.execute_script("return scrollY") == 0
        assert ink(driver) > 8000
        assert "probability" in text(driver, "answer")
        small = driver.execute_script(
            "return [...document.querySelectorAll('button')].filter("
            "b => b.getBoundingClientRect().height < 44).map(b => b.id)"
        )
        assert small == []  # a finger needs that much


def luminance(colour):
    parts = [int(p) / 255 for p in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(driver, element, behind):
    script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    a = luminance(driver.execute_script(script, element, "color"))
    b = luminance(driver.execute_script(script, behind, "backgroundColor"))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_in_both_themes_and_the_system_chooses(address, tmp_path, dark):
    with chromium(tmp_path, dark=dark) as driver:
        driver.get(address)
        wait(driver, lambda: len(driver.find_elements(By.CSS_SELECTOR, "#bars li")) == 10)
        stroke(driver, *SEVEN)
        script = "return getComputedStyle(document.body).backgroundColor"
        assert (luminance(driver.execute_script(script)) < 0.2) == dark
        for element, behind in (
            ("h1", "body"), ("#model", "body"), ("h2", "section"), (".hint", "section"), ("#answer", "section"),
            ("#answer .class", "section"), ("#bars .value", "section"), ("#undo", "#undo"), ("kbd", "kbd"),
        ):  # fmt: skip
            assert contrast(driver, element, behind) >= 4.5, element


def test_the_toggle_goes_through_the_themes_and_is_remembered(page, address):
    script = "return getComputedStyle(document.body).backgroundColor"
    seen = []
    for _ in range(3):
        page.find_element(By.ID, "theme").click()
        seen.append((text(page, "theme"), luminance(page.execute_script(script)) < 0.2))
    assert seen == [("Theme: light", False), ("Theme: dark", True), ("Theme: auto", False)]
    page.find_element(By.ID, "theme").click()
    page.find_element(By.ID, "theme").click()
    page.get(address)
    assert text(page, "theme") == "Theme: dark"
    page.find_element(By.ID, "theme").click()


def test_an_answer_that_is_late_does_not_replace_an_empty_page(page):
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    pad = page.find_element(By.ID, "pad")
    ActionChains(page, duration=10).move_to_element(pad).click().send_keys("cc").perform()
    time.sleep(0.6)
    assert text(page, "answer") == "Nothing is drawn yet."
    assert values(page) == ["-"] * 10


def test_a_server_that_is_gone_is_said_on_the_page(address, tmp_path):
    with chromium(tmp_path) as driver:
        driver.get(address)
        wait(driver, lambda: len(driver.find_elements(By.CSS_SELECTOR, "#bars li")) == 10)
        driver.execute_cdp_cmd("Network.enable", {})
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
        stroke(driver, *SEVEN)
        assert "The server does not answer" in text(driver, "answer")
