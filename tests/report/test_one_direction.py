"""A model that only answers: what one direction says alone is not told as if two had agreed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact, Finding
from xaiframe.report import case_words, cases, executive, explained, headline, importance_chart
from xaiframe.report.build import Report, build
from xaiframe.report.record import Record
from xaiframe.report.tables import case as attribution_table
from xaiframe.report.tables import values as case_values
from xaiframe.report.tables.data import Case


@pytest.fixture
def record(table_run, alone):
    return Record(alone(table_run))


def first(record: Record) -> Case:
    return Case(record, explained.instances(record).iloc[0], 0)


def test_a_record_knows_who_speaks(record, table_run):
    assert explained.sides(record) == explained.voices(record) == ["P"]
    assert explained.voices(Record(table_run)) == ["P", "G"]


def test_the_only_share_stands_as_the_consensus(record):
    found = explained.consensus(record, 2)
    np.testing.assert_array_equal(found["consensus"], found["p_share"])


def test_the_chart_of_a_case_has_one_panel_as_wide_as_two(record, table_run):
    one, two = (
        attribution_table.picture(first(Record(run))).spec for run in (record.run, table_run)
    )
    assert one["facet"]["column"]["sort"] == ["P"]
    assert one["spec"]["width"] > 2 * two["spec"]["width"]
    assert "conflict" not in attribution_table.picture(first(record)).how


def test_the_verdict_of_one_direction_carries_no_mark(record, table_run):
    table = case_values.values(first(record))
    assert table.headers == ["feature", "value", "usual in training", "P share", "direction"]
    assert {(row[4].text, row[4].status) for row in table.cells()} <= {("for", ""), ("against", "")}
    for row in table.cells():
        assert (float(row[3].sort) > 0) == (row[4].text == "for")
    both = case_values.values(first(Record(table_run)))
    assert both.headers[-1] == "both directions"
    assert {row[5].status for row in both.cells()} <= {"pass", "fail"}


def test_the_head_of_a_case_says_that_nothing_confirms_it(record, table_run):
    (page,) = cases.case(record, explained.instances(record).iloc[0], 0)
    assert page.data["agreement"]["value"] == "P alone"
    (page,) = cases.case(Record(table_run), explained.instances(record).iloc[0], 0)
    assert page.data["agreement"]["name"] == "P and G agree"
    (intro,) = cases.intro(record)
    assert "P and G" not in intro.paragraphs[0]


def test_importance_names_the_column_as_it_is_written(record):
    (figure,) = importance_chart.beside(record)
    assert figure.title == f"“{explained.ranking(record)[0]}” carries most"
    panels = figure.spec["hconcat"]
    assert [panel["title"]["text"][0] for panel in panels[:1]] == ["P"]
    assert panels[0]["width"] == importance_chart.WIDTH["P"] + importance_chart.WIDTH["G"]


def test_no_page_of_the_report_claims_a_second_direction(record):
    build(record.run, Report(formats=("html",)))
    page = (record.run / "report.html").read_text(encoding="utf-8")
    shown = page.split("<main>", 1)[1].split("explorer-data", 1)[0]
    assert 'class="note failed"' not in page
    for claim in ("Both directions put", "both directions", "G  follow", "P and G share"):
        assert claim not in shown, claim


@pytest.mark.parametrize("unit", ["bikes", ""])
def test_a_quantity_is_told_in_its_own_unit(tmp_path, unit):
    folder = tmp_path / "artifacts" / "model.measure"
    folder.mkdir(parents=True)
    y = np.r_[np.arange(101.0), 9e9]
    split = ["test"] * 101 + ["train"]
    pd.DataFrame({"split": split, "y": y}).to_parquet(folder / "predictions.parquet")
    facts = [Fact("data.load.task", "regression"), Fact("model.test.mae", 92.9187)]
    (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict() for fact in facts]))
    node = {"data": {"target": "cnt", "units": {"cnt": unit} if unit else {}}}
    (tmp_path / "recipe.yaml").write_text(json.dumps(node))
    said = executive.plain_accuracy(Record(tmp_path), "end_user")
    after = f" {unit}" if unit else ""
    assert said == (
        f"For cases it had never seen its predictions of “cnt” were off by 92.9{after} on average. "
        f"Half of the true values lie between 25 and 75{after}."
    )
    row = pd.Series({"predicted": 4.0, "y": 6.5, "target": "cnt"})
    assert cases.told(Record(tmp_path), row) == f"predicted 2.50{after} too low"


@pytest.mark.parametrize(
    ("labels", "message", "said"),
    [
        ({"column": "month"}, "month: drift 4", "“month”: drift 4"),
        ({"method": "lime"}, "lime: gain 0", "LIME: gain 0"),
        ({"column": "month"}, "share of columns 0.5", "Share of columns 0.5"),
    ],
)
def test_a_finding_keeps_the_spelling_of_a_column(labels, message, said):
    finding = Finding(rule="psi", fact="precaution.data_drift.psi", status="fail",
                      message=message, labels=labels)  # fmt: skip
    assert headline.said(finding) == said


def test_a_loss_alone_is_no_share_of_attribution(record):
    for path in (record.run / "artifacts").glob("*/attribution.npz"):
        path.unlink()
    facts = json.loads((record.run / "facts.json").read_text())
    kept = [one for one in facts if not one["name"].endswith(".mean_absolute")]
    (record.run / "facts.json").write_text(json.dumps(kept))
    (figure,) = importance_chart.beside(Record(record.run))
    assert "attribution" not in json.dumps(figure.spec) + figure.how
    assert "loss of score" in json.dumps(figure.spec)
    (panel,) = figure.spec["hconcat"]
    assert panel["layer"][0]["encoding"]["y"]["axis"]["labels"], "the only panel names the features"
    assert "attribution" not in executive.averaged(Record(record.run))


def test_methods_that_do_not_speak_are_told_once_per_reason():
    absent = {"lrp": "no gradients", "lime": "too few rows", "saliency": "no gradients"}
    (said,) = case_words.missing({"absent": absent, "other_versions": {}})
    assert "LRP and saliency (no gradients); LIME (too few rows)." in said.text
