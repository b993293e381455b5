"""Concept drift in the report: the title says whether errors rise beyond chance."""

import json

import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report.checks.concept_drift import found
from xaiframe.report.record import Record


@pytest.fixture
def stored(tmp_path):
    def write(level):
        folder = tmp_path / "artifacts" / "precaution.concept_drift"
        folder.mkdir(parents=True)
        stream = {"position": [9, 19], "time": ["2024-01-01", "<b>" * 30], "error": [0.1, 0.5],
                  "level": [0.0, level], "n": [10, 10]}  # fmt: skip
        pd.DataFrame(stream).to_parquet(folder / "stream.parquet")
        columns = ["detector", "position", "time", "before", "after"]
        drifts = pd.DataFrame([("adwin", 12, "2024-01-05", 0.1, 0.5)], columns=columns)
        drifts.to_parquet(folder / "drifts.parquet")
        facts = [Fact("ddm_level", level), Fact("ddm_level_null99", 4.0)]
        told = [
            fact.within("precaution.concept_drift", "concept_drift").to_dict() for fact in facts
        ]
        (tmp_path / "facts.json").write_text(json.dumps(told))
        return list(found(Record(tmp_path)))

    return write


@pytest.mark.parametrize(("level", "said"), [(9.0, "errors rise beyond"), (3.5, "do not rise")])
def test_errors_are_held_against_chance(stored, level, said):
    figure, table = stored(level)
    assert said in figure.title
    assert len(figure.title) < 150
    assert table.title == "1 change called, the first at 2024-01-05"


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []
