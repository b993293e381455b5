"""The HTML in a browser without a network: no error, live charts, a working explorer and filter."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no system browser to look with")


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser, run: Path):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.faults, page.asked = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto((run / "report.html").as_uri())
    return page


@needs_browser
def test_charts_come_alive_and_nothing_is_asked_of_a_network(browser, table_run):
    page = opened(browser, table_run)
    page.locator("#importance").scroll_into_view_if_needed()
    page.wait_for_selector("#figure-importance .vega-embed svg", timeout=20_000)
    assert page.faults == []
    assert [address for address in page.asked if not address.startswith(("file:", "data:"))] == []


@needs_browser
def test_findings_filter_and_sort(browser, table_run):
    page = opened(browser, table_run)
    page.select_option("select[data-filter=table-findings]", "warn")
    shown = page.locator("#table-findings tbody tr:visible")
    assert shown.count() == 1
    assert "warning" in shown.inner_text()
    page.select_option("select[data-filter=table-findings]", "")
    page.click("#table-findings th:nth-child(2)")
    rules = page.locator("#table-findings tbody tr td:nth-child(2)").all_inner_texts()
    assert rules == sorted(rules)


@needs_browser
def test_explorer_shows_any_instance_under_two_methods(browser, table_run, image_run):
    page = opened(browser, table_run)
    page.select_option("#explorer-instance", "7")
    page.select_option("#explorer-left", "1")
    assert "LIME" in page.inner_text("#explorer-answer")
    assert page.locator("#explorer .row").count() == 12
    page.check("#explorer-all")
    assert page.locator("#explorer .row").count() == 30
    image = opened(browser, image_run)
    assert image.locator("#explorer canvas").count() == 2
    assert image.locator("#explorer .maps img").evaluate("one => one.naturalWidth") > 8
    assert page.faults == image.faults == []


def series_payload() -> dict:
    """Two series of one channel in four segments, of which the second speaks against."""
    lane = {
        "title": "flow (m³)",
        "segments": [[f, -7.5 + 2 * f, -5.5 + 2 * f] for f in range(4)],
        "curves": [[0.0, 1, 2, 3, 4, 3, 2, 1], [5.0] * 8],
    }
    shares = [[0.5, -0.25, 0.0, 0.05], [0.25] * 4]
    method = {"direction": "P", "trust": "kept", "below": False, "signed": True, "shares": shares}
    one = {"id": "3", "predicted": "a", "truth": "a", "confidence": "0.9", "kind": "sure"}
    return {
        "modality": "series",
        "features": ["d 1", "d 2", "d 3", "d 4"],
        "units": ["m³"] * 4,
        "pictures": [],
        "texts": [],
        "series": {"axis": "time (d)", "ends": [-7.5, 0.5], "lanes": [lane]},
        "inputs": [[1, 2, 3, 4], [5, 5, 5, 5]],
        "instances": [one, {**one, "id": "8"}],
        "methods": [
            {**method, "name": "Kernel SHAP"},
            {**method, "name": "saliency", "direction": "G", "signed": False},
        ],
    }


@needs_browser
def test_explorer_draws_a_series_on_its_shaded_segments(browser, table_run, tmp_path):
    text = (table_run / "report.html").read_text("utf-8")
    opening = 'id="explorer-data">'
    before, rest = text.split(opening, 1)
    _, after = rest.split("</script>", 1)
    told = json.dumps(series_payload())
    (tmp_path / "report.html").write_text(f"{before}{opening}{told}</script>{after}", "utf-8")
    page = opened(browser, tmp_path)
    drawn = page.locator("#explorer .lanes svg")
    assert drawn.count() == 2
    first = drawn.nth(0)
    boxes = first.locator("rect")
    edges = boxes.evaluate_all("all => all.map((one) => Number(one.getAttribute('x')))")
    assert edges == [64, 273, 482, 691]
    fills = boxes.evaluate_all("all => all.map((one) => one.getAttribute('fill'))")
    assert fills[0] == "rgb(214,116,0)"
    assert fills[1] == "rgb(131,165,188)"  # halfway from 250 to 11, 79, 125, rounded up
    assert fills[2] == "rgb(250,250,250)"
    assert first.locator(".sign").all_text_contents() == ["+", "−"]
    assert drawn.nth(1).locator(".sign").count() == 0
    points = first.locator("polyline").get_attribute("points").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert len(points) == 8
    assert min(heights) == heights[4]
    assert first.locator(".time").all_text_contents() == ["−6", "−4", "−2", "0"]
    page.select_option("#explorer-instance", "1")
    assert drawn.count() == 2, "a constant series is drawn as well"
    assert page.locator("#explorer .row").count() == 4
    assert page.faults == []
