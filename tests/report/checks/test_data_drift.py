"""Drift in the report: splits are named as compared, and what chance shows is not called drift."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report.checks.data_drift import UNIT, cost, found
from xaiframe.report.record import Record

COLUMNS = pd.DataFrame({
    "column": ["dose", "age", "site"], "psi": [0.1, 0.4, np.nan], "psi_null95": [0.2, 0.2, np.nan],
    "drifted": [False, True, False],
})  # fmt: skip


@pytest.fixture
def stored(tmp_path):
    """``stored(recipe, **facts)``: blocks by key of a run with these unlabelled facts."""

    def build(recipe=None, columns=COLUMNS, **facts):
        folder = tmp_path / "artifacts" / UNIT
        folder.mkdir(parents=True)
        columns.to_parquet(folder / "columns.parquet")
        domain = pd.DataFrame({"column": ["age", "dose"], "importance": [0.2, 0.0]})
        domain.to_parquet(folder / "domain.parquet")
        told = [
            Fact(f"{UNIT}.{name}", value, "AUC", n=300, reason="" if value else "3 rows in all")
            for name, value in facts.items()
        ]
        (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict() for fact in told]))
        (tmp_path / "plan.json").write_text(json.dumps({"recipe": recipe or {}}))
        return {block.key: block for block in found(Record(tmp_path))}

    return build


def rows(table):
    return {cells[0].text: [cell.text for cell in cells[1:]] for cells in table.cells()}


def test_only_columns_that_could_be_compared_are_counted(stored):
    figure = stored()["drift"]
    assert figure.title == "1 column of 2 drifted between training and test"


def test_the_splits_are_those_of_the_recipe(stored):
    recipe = {"precaution": {"data_drift": {"reference": "validation", "current": "test"}}}
    blocks = stored(recipe, domain_auc=0.9, domain_null_upper=0.6, embedding_auc=0.5)

    assert "between validation and test" in blocks["drift"].title
    assert "tell test from validation rows" in blocks["joint-drift"].title
    assert {cells[0] for cells in rows(blocks["whole-drift"]).values()} == {"validation → test"}
    assert blocks["whole-drift"].caution == ""


def test_rows_a_model_learnt_from_are_replaced_by_validation(stored):
    table = stored(domain_auc=0.5, embedding_auc=0.7, embedding_null_upper=0.6)["whole-drift"]
    told = rows(table)

    assert told["inputs taken together"][0] == "training → test"
    assert told["what the model makes of the inputs"][:4] == [
        *("validation → test", "AUC", "0.700", "0.600"),
    ]
    assert table.title == "Beyond chance differ: what the model makes of the inputs"
    assert "validation rows stand for them" in table.caution


def test_what_chance_shows_is_no_drift(stored):
    blocks = stored(domain_auc=0.58, domain_null_upper=0.6, label_drift=None)

    assert "joint-drift" not in blocks
    assert blocks["whole-drift"].title.startswith("As a whole, nothing differs")
    assert rows(blocks["whole-drift"])["target"][2] == "3 rows in all"


def test_nothing_is_drawn_of_nothing(stored, tmp_path):
    assert stored(columns=COLUMNS.head(0)) == {}
    assert list(found(Record(tmp_path / "elsewhere"))) == []


@pytest.mark.parametrize(
    ("interval", "said"),
    [((0.01, 0.05), "does worse: accuracy -0.030 (-0.050 to -0.010)"),
     ((-0.05, -0.01), "does better: accuracy +0.030 (+0.010 to +0.050)"),
     ((-0.01, 0.07), "neither better nor worse")],
)  # fmt: skip
def test_what_a_shift_costs_is_told_with_its_sign_turned(tmp_path, interval, said):
    fact = Fact(f"{UNIT}.expected_loss", sum(interval) / 2, "accuracy", n=300, interval=interval)
    (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict()]))
    (tmp_path / "plan.json").write_text(json.dumps({"recipe": {}}))
    (prose,) = cost(Record(tmp_path))
    assert said in prose.paragraphs[0]
    assert "validation rows that look like test rows" in prose.paragraphs[0]
