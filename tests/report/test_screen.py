"""The HTML in a browser without a network: no error, live charts, a working explorer and filter."""

from __future__ import annotations

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
