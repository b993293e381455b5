"""Concepts: the title counts what stands, and long names do not break the table."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pandas as pd
import pytest

from xaiframe.facts import source
from xaiframe.kinds.concepts import Concepts
from xaiframe.report.block import Figure, Table
from xaiframe.report.kinds import concepts
from xaiframe.report.record import Record
from xaiframe.store import to_json

UNIT = ("gradient", "concepts")
NAME = ".".join(UNIT)
LONG = "a concept whose name goes on and on and on"


def row(concept, output, score, stands, accuracy=0.9):
    return {
        "concept": concept, "condition": "area above 800", "output": output, "rows": 40,
        "accuracy": accuracy, "score": score, "low": score - 0.05, "high": score + 0.05,
        "random": 0.5, "random_low": 0.1, "random_high": 0.9, "p": 0.0001 if stands else 1.0,
        "explained": 20, "stands": stands,
    }  # fmt: skip


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run folder that holds an answer of the kind."""
    make_run = runpy.run_path(str(Path(__file__).parent.with_name("synthetic.py")))["make_run"]
    run = make_run(tmp_path_factory.mktemp("concepts") / "run", "table")
    known = json.loads((run / "facts.json").read_text())

    def made(rows: list[dict[str, object]]) -> Record:
        table = pd.DataFrame(rows)
        scores = pd.DataFrame({"concept": [""], "output": "a", "round": 0, "score": 0.5})
        found = Concepts(concepts=table, scores=scores, layer="linear2", n=50, evaluations=70)
        outcome = found.outcome(source())
        folder = run / "artifacts" / NAME
        folder.mkdir(exist_ok=True)
        for name, frame in outcome.tables.items():
            frame.to_parquet(folder / f"{name}.parquet")
        own = [fact.within(NAME, NAME).to_dict() for fact in outcome.facts]
        (run / "facts.json").write_text(to_json([*known, *own]))
        return Record(run)

    return made


def test_the_title_names_the_clearest_pair(stored):
    record = stored([row("large", "malignant", 0.95, True), row("large", "benign", 0.2, True),
                     row("rough", "benign", 0.5, False)])  # fmt: skip
    blocks = list(concepts.overall(record, UNIT))
    figure = next(one for one in blocks if isinstance(one, Figure))
    assert "2 pairs of 3" in figure.title
    assert "raises malignant" in figure.title
    assert "linear2" in figure.how
    table = next(one for one in blocks if isinstance(one, Table))
    assert table.title == "The layer tells 2 of 2 concepts from random rows"
    assert table.cells()[0][4].text == "95 %"


def test_nothing_beyond_chance_is_said_to_be_nothing(stored):
    record = stored([row(LONG, "malignant", 0.5, False, accuracy=0.5)])
    blocks = list(concepts.overall(record, UNIT))
    figure = next(one for one in blocks if isinstance(one, Figure))
    assert figure.title == "No concept moves any output beyond what random concepts do"
    table = next(one for one in blocks if isinstance(one, Table))
    assert LONG not in table.cells()[0][0].text
    assert table.cells()[0][7].text == "no direction in this layer"
