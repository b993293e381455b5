"""The printed and the live report as files: whole, closed, repeatable, escaped."""

from __future__ import annotations

import json
import re
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
import yaml

from xaiframe.report.build import Report, build, rebuild

LIMIT = 5_000_000


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_both_files_are_small(table_run):
    assert (table_run / "report.pdf").stat().st_size < LIMIT
    assert (table_run / "report.html").stat().st_size < LIMIT


def test_no_page_is_blank_and_the_length_is_signable(table_run):
    document = pypdfium2.PdfDocument(table_run / "report.pdf")
    ink = [float((page.render(scale=0.4).to_numpy() < 200).mean()) for page in document]
    sizes = [page.get_size() for page in document]
    document.close()
    assert 12 <= len(ink) <= 24
    assert min(ink) > 0.004, f"page {int(np.argmin(ink)) + 1} is nearly empty"
    assert {(round(w), round(h)) for w, h in sizes} == {(595, 842)}


def test_pdf_carries_its_sources_bookmarks_and_date(table_run):
    with pikepdf.open(table_run / "report.pdf") as pdf:
        assert set(pdf.attachments) == {"recipe.yaml", "facts.json", "factsheet.json"}
        stored = pdf.attachments["facts.json"].get_file().read_bytes()
        assert stored == (table_run / "facts.json").read_bytes()
        with pdf.open_outline() as outline:
            titles = [str(item.title) for item in outline.root]
        assert any("Policy gate" in title for title in titles)
        assert any("Sign-off" in title for title in titles)
        assert "20261120093000" in str(pdf.docinfo["/CreationDate"])


def test_the_same_run_gives_the_same_bytes(table_run, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(table_run, again)
    for name in ("report.pdf", "report.html"):
        (again / name).unlink()
    rebuild(again)
    for name in ("report.pdf", "report.html"):
        assert digest(again / name) == digest(table_run / name)
    recorded = json.loads((again / "manifest.json").read_text())["reports"]
    assert recorded["report.pdf"] == digest(table_run / "report.pdf")


def test_html_needs_no_network(page):
    own = page.split("<script>", 1)[0] + page.split('id="config">', 1)[1].split("<script>", 1)[0]
    addresses = re.findall(r'(?:src|href)="([^"]+)"|url\(([^)]+)\)', own)
    assert all(("".join(pair)).startswith(("#", "data:")) for pair in addresses)
    assert "default-src 'none'" in page


def test_names_cannot_become_markup(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "malignant &#34;M&#34; &amp; &lt;co&gt;" in page
    assert "the rule &lt;b&gt;does not&lt;/b&gt; exist" in page


def test_every_link_lands(page):
    targets = set(re.findall(r'\bid="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= targets


def test_nothing_failed_while_rendering(page, image_run):
    assert 'class="note failed"' not in page
    assert 'class="note failed"' not in (image_run / "report.html").read_text(encoding="utf-8")


def test_an_empty_folder_still_gives_a_report(empty_run):
    build(empty_run, Report(formats=("html",)))
    page = (empty_run / "report.html").read_text(encoding="utf-8")
    assert "Could not be judged" in page
    assert "not assessed" in page
    assert 'class="note failed"' not in page


def test_a_broken_artifact_costs_one_block(table_run, tmp_path):
    run = tmp_path / "broken"
    shutil.copytree(table_run, run)
    (run / "artifacts/evaluation.agreement/pairs.parquet").write_bytes(b"no parquet")
    (run / "artifacts/model.fit/history.parquet").write_bytes(b"no parquet")
    build(run, Report(formats=("html",)))
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "History: this part failed" in page
    assert "Where it fails" in page
    assert "Sign-off" in page


def test_absence_has_three_forms(table_run, tmp_path):
    run = tmp_path / "absent"
    shutil.copytree(table_run, run)
    shutil.rmtree(run / "artifacts/tuning.search")
    shutil.rmtree(run / "artifacts/tuning.comparison")
    plan = json.loads((run / "plan.json").read_text())
    plan["stages"] = [stage for stage in plan["stages"] if stage["name"] != "tuning"]
    (run / "plan.json").write_text(json.dumps(plan))
    facts = [f for f in json.loads((run / "facts.json").read_text()) if "tuning." not in f["name"]]
    (run / "facts.json").write_text(json.dumps(facts))
    build(run, Report(formats=("html",)))
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Not requested" in page
    assert "not applicable: the model has no convolution" in page
    assert "could not be judged: RuntimeError" in page


def test_redaction_keeps_rows_and_pictures_out(image_run, tmp_path):
    run = tmp_path / "redacted"
    shutil.copytree(image_run, run)
    build(run, Report(formats=("html",), redact=True))
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "withheld" in page
    assert 'id="explorer-data"' not in page
    assert "The picture the model saw" not in page
    assert "carries most on average" in page


def test_unknown_format_is_refused():
    with pytest.raises(ValueError, match="docx"):
        Report(formats=("docx",))


def test_conf_fits_the_report():
    path = Path(__file__).parents[2] / "conf/report/default.yaml"
    node = yaml.safe_load(path.read_text())
    assert node.pop("_target_") == "xaiframe.report.build.Report"
    assert Report(**node) == Report(formats=["pdf", "html"])
