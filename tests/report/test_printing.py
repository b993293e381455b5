"""The process that prints: it fetches nothing, says why it failed, and never outlives its page."""

from __future__ import annotations

import shutil

import pytest

from xaiframe.report.build import Report, build
from xaiframe.report.printing import Printer, PrintError, print_pdf

IDENTITY = {"created": "2026-01-01T00:00:00+00:00", "id": "0"}


def test_printing_fetches_nothing_but_what_it_was_handed(tmp_path, caplog):
    secret = tmp_path / "secret.css"
    secret.write_text("body{background:red}")
    page = (
        f'<link rel="stylesheet" href="{secret.as_uri()}"><p>text</p>'
        f'<img src="{secret.as_uri()}"><img src="http://127.0.0.1:9/a.png"><img src="report:b.png">'
    )
    with caplog.at_level("ERROR", logger="weasyprint"):
        pdf = print_pdf(page, {}, {}, IDENTITY)
    assert pdf.startswith(b"%PDF")
    refused = [record.getMessage() for record in caplog.records]
    for address in (secret.as_uri(), "http://127.0.0.1:9/a.png", "report:b.png"):
        assert any(address in line and "fetches nothing" in line for line in refused)


def test_the_process_prints_what_this_one_would():
    page = "<p>text <img src='report:a.svg'></p>"
    assets = {"report:a.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"}
    with Printer() as printer:
        printer.order(page, assets, {"facts.json": "[]"}, IDENTITY)
        assert printer.printed() == print_pdf(page, assets, {"facts.json": "[]"}, IDENTITY)


def test_what_cannot_be_printed_says_why():
    with Printer() as printer:
        printer.order("<p>text</p>", {}, {}, {"created": "yesterday", "id": "0"})
        with pytest.raises(PrintError, match="yesterday"):
            printer.printed()


def test_a_machine_that_cannot_print_still_has_the_html(table_run, tmp_path, monkeypatch):
    run = tmp_path / "run"
    shutil.copytree(table_run, run)
    for name in ("report.pdf", "report.html"):
        (run / name).unlink()
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(PrintError):
        build(run, Report())
    assert (run / "report.html").exists()
    assert not (run / "report.pdf").exists()


@pytest.mark.parametrize("ordered", [False, True])
def test_a_page_that_is_never_fetched_leaves_no_process(ordered):
    with Printer() as printer:
        if ordered:
            printer.order("<p>text</p>" * 20_000, {}, {}, IDENTITY)
    assert printer._process.poll() is not None
