"""The table of groups names who is explained worse, and only beyond chance."""

from __future__ import annotations

import json

import pytest

from xaiframe.facts import Fact
from xaiframe.report.explained_groups import explained_groups
from xaiframe.report.record import Record


@pytest.fixture
def record(tmp_path):
    def write(gap, chance):
        named = {"column": "sex", "lowest": "m", "highest": "f"}
        facts = [
            Fact("agreement", 0.6, labels={"column": "sex", "group": "m"}, n=20),
            Fact("agreement", 0.6 + gap, labels={"column": "sex", "group": "f"}, n=15),
            Fact("agreement_gap", gap, labels=named, n=35),
            Fact("agreement_gap_null95", chance, labels=named, n=35),
        ]
        stored = [one.within("evaluation.explanation_fairness", "t").to_dict() for one in facts]
        (tmp_path / "facts.json").write_text(json.dumps(stored))
        return Record(tmp_path)

    return write


def test_a_gap_beyond_chance_is_named(record):
    (table,) = explained_groups(record(0.2, 0.1))
    assert table.title == "“m” is explained worse than “f” (sex): P and G agree 0.200 lower"
    assert [[cell.text for cell in row] for row in table.cells()] == [
        ["sex", "m", "20", "0.600"],
        ["sex", "f", "15", "0.800"],
    ]


def test_a_gap_that_chance_makes_is_none(record):
    (table,) = explained_groups(record(0.2, 0.3))
    assert table.title == "No group is explained worse than another beyond chance"


def test_without_groups_there_is_no_table(tmp_path):
    (tmp_path / "facts.json").write_text("[]")
    assert not list(explained_groups(Record(tmp_path)))


def test_where_groups_were_declared_its_absence_is_told(tmp_path):
    (tmp_path / "facts.json").write_text("[]")
    unit = {"choice": "explanation_fairness", "applies": False, "reason": "too few"}
    plan = {
        "recipe": {"strategy": {"sensitive": ["sex"]}},
        "stages": [{"name": "evaluation", "units": [unit]}],
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (note,) = explained_groups(Record(tmp_path))
    assert note.text == "not applicable: too few"
