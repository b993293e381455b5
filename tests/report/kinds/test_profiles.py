"""Profiles: how many decisions a single feature turns, and where, for one instance."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import source
from xaiframe.kinds.profiles import Profiles
from xaiframe.report.block import Grid, Prose, Table
from xaiframe.report.kinds import profiles
from xaiframe.report.record import Record
from xaiframe.store import to_json

UNIT = ("perturbation", "ceteris_paribus")
NAME = ".".join(UNIT)


def answer(turn=12.0, into="benign", decided=("malignant", "benign")):
    x = np.linspace(5, 20, 4)
    decisions = np.where(x < turn, decided[1], decided[0]) if into else decided[0]
    frame = pd.DataFrame({"feature": "mean radius", "x": x, "y": x / 5, "decision": decisions})
    marks = pd.DataFrame(
        {"id": [3, 4], "feature": "mean radius", "value": 15.0, "score": 3.0, "low": 1.0,
         "high": 4.0, "turn": [turn if into else np.nan, np.nan], "into": [into, ""]}
    )  # fmt: skip
    both = pd.concat([frame.assign(id=3), frame.assign(id=4)])
    return Profiles(profiles=both, marks=marks, n=2, evaluations=8)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run folder that holds an answer of the kind."""
    make_run = runpy.run_path(str(Path(__file__).parent.with_name("synthetic.py")))["make_run"]
    run = make_run(tmp_path_factory.mktemp("profiles") / "run", "table")
    known = json.loads((run / "facts.json").read_text())

    def made(found: Profiles) -> Record:
        outcome = found.outcome(source())
        folder = run / "artifacts" / NAME
        folder.mkdir(exist_ok=True)
        for name, frame in outcome.tables.items():
            frame.assign(position=frame["id"] - 3).to_parquet(folder / f"{name}.parquet")
        own = [fact.within(NAME, NAME).to_dict() for fact in outcome.facts]
        (run / "facts.json").write_text(to_json([*known, *own]))
        return Record(run)

    return made


def test_the_facts_count_what_turns():
    told = {fact.name: fact.value for fact in answer().outcome(source()).facts}
    assert told == {"turned": 0.5, "reach": 3.0, "turns": 0.5}
    told = {fact.name: fact.value for fact in answer(into="").outcome(source()).facts}
    assert told == {"turned": 0.0, "reach": 3.0, "turns": 0.0}


def test_a_quantity_is_not_decided():
    whole = answer(into="", decided=("", ""))
    told = {fact.name: fact.value for fact in whole.outcome(source()).facts}
    assert told == {"turned": None, "reach": 3.0}


def test_the_title_says_how_many_decisions_hang_on_one_feature(stored):
    _, table = profiles.overall(stored(answer()), UNIT)
    assert isinstance(table, Table)
    assert table.title == (
        "1 of 2 decisions turn when a single feature changes, most often “mean radius”"
    )
    assert [cell.text for cell in table.rows[0][1:]] == ["3", "1 of 2"]
    _, table = profiles.overall(stored(answer(into="")), UNIT)
    assert table.title == "No decision turns when a single feature changes"
    _, table = profiles.overall(stored(answer(into="", decided=("", ""))), UNIT)
    assert table.title == "“mean radius” alone moves the prediction most: by 3"


def test_a_case_shows_where_its_decision_turns(stored):
    record = stored(answer())
    grid, prose = profiles.case(record, UNIT, 0)
    assert isinstance(prose, Prose)
    assert prose.paragraphs[0].startswith("1 feature would turn this decision alone.")
    assert isinstance(grid, Grid)
    assert grid.blocks[0].title == "“mean radius”: benign below 12 mm"
    assert list(profiles.case(Record(record.run, redact=True), UNIT, 0)) == []
    assert list(profiles.case(record, UNIT, 9)) == []


def test_the_ground_begins_where_the_decision_turns():
    found = answer()
    own = found.marks.iloc[0]
    assert profiles.grounds(found.profiles[found.profiles["id"] == 3], own) == [(5.0, 12.0)]
    assert profiles.grounds(found.profiles[found.profiles["id"] == 3], found.marks.iloc[1]) == []
