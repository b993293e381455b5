"""Repairs in the report: counted, traced to rows, and silent about people where asked."""

import json

import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report.record import Record
from xaiframe.report.repairs import repairs


@pytest.fixture
def run(tmp_path):
    counts = {"rows_before": 100, "rows_after": 97, "dropped_rows": 3, "added_rows": 0,
              "relabelled_rows": 0, "changed_rows": 0}  # fmt: skip
    facts = [Fact(f"repair.deduplicate.{name}", value) for name, value in counts.items()]
    weights = counts | {"rows_before": 97, "dropped_rows": 0, "least_weight": 0.5,
                        "largest_weight": 2.5, "effective_rows": 80.4}  # fmt: skip
    facts += [Fact(f"repair.reweigh.{name}", value) for name, value in weights.items()]
    facts.append(Fact("repair.suspects.not_applicable", "purity suspects none"))
    (tmp_path / "facts.json").write_text(json.dumps([one.to_dict() for one in facts]))
    folder = tmp_path / "artifacts" / "repair.deduplicate"
    folder.mkdir(parents=True)
    table = {"id": [7, 8, 9], "change": ["dropped"] * 3, "before": ["yes"] * 3, "after": [""] * 3}
    pd.DataFrame(table).to_parquet(folder / "changes.parquet")
    return tmp_path


def test_each_repair_is_counted_and_the_refused_one_says_why(run):
    blocks = list(repairs(Record(run)))
    table, rows, note = blocks
    assert "100 training rows became 97" in table.title
    told = [[cell.text for cell in row] for row in table.cells()]
    assert told[0] == ["Deduplicate", "97", "3", "0", "0", "0", "–", "–"]
    assert told[1][-2:] == ["0.500–2.50", "80"]
    assert [row[1].text for row in rows.cells()] == ["7", "8", "9"]
    assert "purity suspects none" in note.text


def test_redacted_reports_name_no_rows(run):
    assert [block.key for block in repairs(Record(run, redact=True)) if hasattr(block, "key")] == [
        "repairs"
    ]


def test_a_run_without_repairs_says_nothing(tmp_path):
    (tmp_path / "facts.json").write_text("[]")
    assert list(repairs(Record(tmp_path))) == []


def test_features_that_a_repair_names_are_told(run):
    for repair, table in (("reweigh", "penalised"), ("deduplicate", "masked")):
        folder = run / "artifacts" / f"repair.{repair}"
        folder.mkdir(exist_ok=True)
        pd.DataFrame({"feature": ["patch 0,3", "a"]}).to_parquet(folder / f"{table}.parquet")
    _, prose, *_ = repairs(Record(run))
    assert prose.paragraphs == [
        "Deduplicate holds still “patch 0,3” and “a”.",
        "Reweigh makes the fit pay for leaning on “patch 0,3” and “a”.",
    ]


def test_a_feature_held_in_part_says_how_much_of_it(run):
    folder = run / "artifacts" / "repair.deduplicate"
    table = pd.DataFrame({"feature": ["p", "q"], "held": [4, 1], "elements": [4, 4]})
    table.to_parquet(folder / "masked.parquet")
    _, prose, *_ = repairs(Record(run))
    assert prose.paragraphs == ["Deduplicate holds still “p” and 1 of 4 elements of “q”."]
