"""New cases as pages: one per row, said in numbers that are there, closed and repeatable."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pikepdf
import pypdfium2
import pytest

from xaiframe.casework.explaining import explain_rows
from xaiframe.report.case_report import build_cases, listed, told
from xaiframe.report.case_words import agreed, answer, answered, known_row, large, placed, remote

shared = runpy.run_path(str(Path(__file__).parents[1] / "casework" / "conftest.py"))
own = shared["own"]
WAGE = shared["HOSTILE"]


@pytest.fixture(scope="module")
def made(own, tmp_path_factory):
    """The folder of three new cases: ordinary, strange, and one that trained the model."""
    rows = shared["table"]()
    predictions = pd.read_parquet(own / "artifacts/model.measure/predictions.parquet")
    learnt = rows.iloc[predictions.loc[predictions["split"] == "train", "id"].iloc[0]]
    new = pd.DataFrame(
        {
            WAGE: [31.0, 99.0, learnt[WAGE]],
            "town": ["north", "<b>moon</b>", learnt["town"]],
            "late": [1, np.nan, learnt["late"]],
        }
    )
    source = tmp_path_factory.mktemp("new") / "new.csv"
    new.to_csv(source, index=False)
    return explain_rows(own, str(source)).folder


@pytest.fixture(scope="module")
def page(made):
    return (made / "report.html").read_text(encoding="utf-8")


def test_every_row_has_one_a4_page_with_ink_on_it(made):
    document = pypdfium2.PdfDocument(made / "report.pdf")
    sizes = [tuple(map(round, page.get_size())) for page in document]
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    assert sizes == [(595, 842)] * 3
    for number, text in enumerate(texts, 1):
        assert f"new.csv, row {number}:" in text
        assert "Most alike by reasons" in text


def test_the_pdf_carries_the_facts_it_shows(made):
    with pikepdf.open(made / "report.pdf") as pdf:
        attached = pdf.attachments["cases.json"].get_file().read_bytes()
    assert attached == (made / "cases.json").read_bytes()


def test_the_same_folder_gives_the_same_bytes(made):
    before = {name: (made / name).read_bytes() for name in ("report.html", "report.pdf")}
    build_cases(made)
    assert {name: (made / name).read_bytes() for name in before} == before


def test_nothing_failed_and_no_name_became_markup(page):
    assert 'class="note failed"' not in page
    assert "<script>alert" not in page
    assert "<b>moon</b>" not in page
    assert "&lt;b&gt;moon&lt;/b&gt;" in page


def test_a_page_says_what_speaks_against_the_answer(made, page):
    _, strange, learnt = told(made)
    assert any("never seen" in said and "above the seen" in said for said in strange["warnings"])
    assert any(said.startswith("Missing and filled: late") for said in strange["warnings"])
    assert any("As a whole it is farther" in said for said in strange["warnings"])
    assert any("the model was made with it" in said for said in learnt["warnings"])
    assert "A person decides." in page, "the declared fallback stands where there are warnings"


def test_reasons_are_the_largest_mean_shares_of_both_directions(made):
    table = pd.read_parquet(made / "artifacts/evaluation.agreement/consensus.parquet")
    first = table[table["position"] == 0].set_index("feature")["consensus"]
    names = first[first != 0].abs().sort_values(ascending=False).index
    reasons = told(made)[0]["reasons"]
    assert [reason.split(" = ")[0] for reason in reasons] == list(names)
    share = float(re.search(r"\((.)(\S+) %\)", reasons[0])[2])
    assert share == pytest.approx(100 * abs(first[names[0]]), rel=0.06)
    assert ("+" in reasons[0]) == (first[names[0]] > 0)


def test_one_format_alone(own, tmp_path):
    source = tmp_path / "one.csv"
    pd.DataFrame({WAGE: [31.0], "town": ["north"], "late": [1]}).to_csv(source, index=False)
    done = explain_rows(own, str(source), html=False)
    assert [path.name for path in done.reports] == ["report.pdf"]
    assert not (done.folder / "report.html").exists()
    written = json.loads((done.folder / "cases.json").read_text())
    assert len(written["cases"]) == 1
    assert written["cases"][0]["place"].endswith("one.csv, row 1")


CASE = {
    "predicted": "yes", "target": "yes", "confidence": 0.814, "number": 1, "twin": None,
    "answer": {"n": 50, "percentile": 24.0, "alike": {"n": 25, "right": 20}},
}  # fmt: skip


def texts(sentences):
    return [one.text for one in sentences]


def test_an_answer_is_said_with_its_n():
    assert answer(CASE) == "yes, 81.4 % sure"
    assert texts(answered(CASE)) == [
        "It is surer than 24 % of the 50 test rows it called yes; of the 25 nearest in confidence "
        "20 were right."
    ]
    best = {**CASE, "answer": {**CASE["answer"], "percentile": 100.0}}
    assert "surer than all the 50" in texts(answered(best))[0]
    never = {**CASE, "answer": {"n": 0, "confidence": 0.8}}
    (said,) = answered(never)
    assert (said.status, said.text[:30]) == ("warn", "No test row was called yes: no")


def test_a_quantity_outside_what_was_ever_said_is_a_warning():
    found = {"n": 50, "percentile": 100.0, "low": 1.0, "high": 9.0, "alike": {"n": 25, "error": 2}}
    case = {"predicted": 12.0, "confidence": None, "answer": found}
    (said,) = answered(case)
    assert said.status == "warn"
    assert "outside what it said of the 50 test rows (1–9)" in said.text
    assert answer(case) == "12"


def test_inputs_outside_are_named_before_the_most_extreme():
    inside = {"name": "a", "state": "inside", "percentile": 99.0, "value": 3.0, "low": 0.0,
              "high": 4.0}  # fmt: skip
    above = {**inside, "name": "b", "state": "above", "value": 9.0, "percentile": 100.0}
    whole = {"train": 70, "modality": "table"}
    (said,) = placed({"columns": [inside, above]}, whole)
    assert said.status == "warn"
    assert said.text.startswith(
        "1 of 2 inputs lies outside what the 70 training rows have shown: b"
    )
    (said,) = placed({"columns": [inside]}, whole)
    assert said.status == ""
    assert said.text.endswith("most extreme is a = 3, above 99 % of them.")


def test_what_is_as_usual_says_nothing_or_says_so():
    assert texts(remote({"remoteness": {"percentile": 50.0, "test": 9}})) == []
    assert texts(known_row(CASE)) == []
    assert texts(large({"unusual": None})) == []
    assert texts(agreed({"agreement": None})) == []
    found = {"state": "below", "spearman": 0.1, "low": 0.3, "high": 0.9, "median": 0.7, "n": 12}
    (said,) = agreed({"agreement": found})
    assert said.status == "warn"
    assert "less than usual: rank correlation 0.100; nine in ten of the 12" in said.text


def test_the_table_keeps_room_for_what_was_never_seen():
    columns = {name: {"state": "inside", "percentile": 50.0} for name in "abcdef"}
    columns["f"] = {"state": "above", "percentile": 100.0}
    assert listed(columns, ["a", "b", "c", "d", "e"], 4) == ["a", "b", "c", "f"]
    assert listed(columns, [], 2)[0] == "f"
