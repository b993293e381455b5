"""Training rows beside an instance, as tables, pictures, messages and curves show them."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Split
from xaiframe.data.signals.encoding import Axis, SeriesEncoding
from xaiframe.facts import Fact, source
from xaiframe.kinds.examples import Examples, measure
from xaiframe.report import explained
from xaiframe.report.block import Figure, Grid, Heading, Prose, Table
from xaiframe.report.kinds import examples
from xaiframe.report.record import Record
from xaiframe.store import to_json

TRACED, STANDING = ("gradient", "influential_instances"), ("perturbation", "prototypes")
SYNTHETIC = str(Path(__file__).parent.with_name("synthetic.py"))


def answer(record: Record, gradient: bool) -> Examples:
    """Two rows beside each of two instances; row 71 bears another label than the model says."""
    x = explained.inputs(record)
    shown = x["values"] if "values" in x and x["x"].ndim == 2 else x["x"]
    shown = shown if len(shown) else np.empty((3, 0))
    roles = ("proponent", "opponent") if gradient else ("prototype", "prototype")
    beside = [
        {"id": at, "role": role, "rank": 1 + (place if roles[0] == roles[1] else 0),
         "row": row, "value": value, "same": 1.0}
        for at in (0, 1)
        for place, (role, row, value) in enumerate(
            zip(roles, (70, 71), (0.5, -0.25) if gradient else (0.5, 0.75), strict=True)
        )
    ]  # fmt: skip
    role, group = ("suspect", "") if gradient else ("prototype", "malignant")
    overall = [{"group": group, "role": role, "rank": 1, "row": 71, "value": 0.75}]
    if not gradient:
        overall.append({**overall[0], "role": "criticism", "row": 72, "value": 0.125})
    measures = [measure("looked_at", 40, "rows", n=50)]
    measures += [] if gradient else [
        measure("nearest_accuracy", 0.5, "share of rows", n=20, low=0.3, high=0.7),
        measure("constant_accuracy", 0.6, "share of rows", n=20),
        measure("mmd2", 0.01, n=9, group="malignant"),
        measure("mmd2_random", 0.1, n=9, group="malignant", low=0.05, high=0.2),
    ]  # fmt: skip
    rows = pd.DataFrame(
        {"row": [70, 71, 72], "label": ["malignant", "benign", "malignant"],
         "answer": "malignant", "y": np.nan, "predicted": np.nan, "score": 1.0,
         "told": ["one message", "another message", "a third"]}
    )  # fmt: skip
    return Examples(
        n=2, evaluations=9, examples=pd.DataFrame(beside), overall=pd.DataFrame(overall),
        rows=rows, shown=shown[:3], measures=pd.DataFrame(measures), unit="sd", own_unit="",
    )  # fmt: skip


@pytest.fixture
def stored(tmp_path):
    """A run folder that holds an answer of the kind."""

    def made(modality: str, unit=TRACED) -> Record:
        folder = tmp_path / "run"
        run = bare(folder, modality) if modality in ("text", "series") else None
        return keep(run or Record(runpy.run_path(SYNTHETIC)["make_run"](folder, modality)), unit)

    return made


def bare(folder: Path, modality: str) -> Record:
    """A run folder of three explained instances with nothing but what the pictures read."""
    probe = folder / "artifacts" / "probe.instances"
    probe.mkdir(parents=True)
    x = np.random.default_rng(0).normal(size=(3, 2, 8)).astype(np.float32)
    if modality == "series":
        encoding = SeriesEncoding(Axis(("flow", "heat"), 0.0, 1.0, "d", {}), 8, 2)
        split = Split(np.arange(3), x, np.zeros(3), pd.DataFrame(index=range(3)))
        for name, table in encoding.tables(split).items():
            table.to_parquet(probe / f"{name}.parquet")
    own = {"target": "spam", "predicted": "spam", "y": "spam"}
    pd.DataFrame({"position": [0, 1, 2], **own}).to_parquet(probe / "instances.parquet")
    np.savez(probe / "inputs.npz", x=x, feature_mask=np.zeros(x.shape[1:], dtype=int))
    fact = Fact("data.load.modality", modality)
    (folder / "facts.json").write_text(to_json([fact.to_dict()]))
    return Record(folder)


def keep(run: Record, unit) -> Record:
    """The run with an answer of the kind in it."""
    outcome = answer(run, unit == TRACED).outcome(source())
    name = ".".join(unit)
    folder = run.run / "artifacts" / name
    folder.mkdir(parents=True)
    for table, frame in outcome.tables.items():
        placed = frame.assign(position=frame["id"]) if "id" in frame else frame
        placed.to_parquet(folder / f"{table}.parquet")
    for key, arrays in outcome.arrays.items():
        np.savez(folder / f"{key}.npz", **arrays)
    known = json.loads((run.run / "facts.json").read_text())
    own = [fact.within(name, name).to_dict() for fact in outcome.facts]
    (run.run / "facts.json").write_text(to_json([*known, *own]))
    return Record(run.run)


def texts(table: Table) -> list[list[str]]:
    return [[getattr(cell, "text", cell) for cell in row] for row in table.rows]


def test_influence_is_told_of_the_whole_and_contradicted_labels_are_marked(stored):
    heading, measures, suspects = examples.overall(stored("table"), TRACED)
    assert isinstance(heading, Heading)
    assert (
        measures.title == "One training row is among the strongest for 100 % of the explained cases"
    )
    assert suspects.title.startswith("The model contradicts the label of 1 of the 1 rows")
    assert texts(suspects)[0][:4] == ["71", "benign", "malignant", "+100 %"]
    assert suspects.rows[0][2].status == "warn"
    assert "repair=[suspects]" in suspects.caution


def test_a_tables_case_stands_beside_its_rows_feature_by_feature(stored):
    record = stored("table")
    (table,) = examples.case(record, TRACED, 0)
    assert table.title == "Training row 70, labelled malignant, spoke most for malignant"
    assert list(table.headers) == ["", "this case", "for", "against"]
    rows = texts(table)
    assert rows[0][2:] == ["70", "71"]
    assert rows[1][2:] == ["malignant", "benign"]
    assert rows[3][2:] == ["+100 %", "−50 %"]
    feature = rows[4]
    assert feature[1] == feature[2]  # the first row shown is the instance itself
    assert not table.rows[4][2].shade


def test_prototypes_that_foretell_no_better_than_a_constant_say_so(stored):
    record = stored("table", STANDING)
    _, measures, spread, listing = examples.overall(record, STANDING)
    assert measures.title.endswith("foretells 50 % of the model's answers, the most frequent "
                                   "answer alone 60 %")  # fmt: skip
    assert spread.title == "In 1 of 1 groups the prototypes represent better than random rows do"
    assert texts(spread)[0][:3] == ["malignant", "71", "72"]
    assert [row[0] for row in texts(listing)] == ["71", "72"]
    (table,) = examples.case(record, STANDING, 1)
    assert list(table.headers) == ["", "this case", "prototype 1", "prototype 2"]


@pytest.mark.parametrize("unit", [TRACED, STANDING])
def test_pictures_stand_beside_the_picture(stored, unit):
    record = stored("image", unit)
    grid, prose = examples.case(record, unit, 0)
    assert isinstance(prose, Prose)
    assert isinstance(grid, Grid)
    assert grid.blocks[0].title.startswith("this case: ")
    assert len(grid.blocks) == 3
    assert all(isinstance(one, Figure) and one.kind == "png" for one in grid.blocks)
    assert "benign, model says malignant (row 71" in grid.blocks[2].title
    assert any(isinstance(one, Grid) for one in examples.overall(record, unit))


def test_messages_are_read(stored):
    record = stored("text")
    (table,) = examples.case(record, TRACED, 0)
    assert [row[-1] for row in texts(table)] == ["one message", "another message"]


def test_curves_stand_before_the_instances_own(stored):
    record = stored("series")
    grid, _ = examples.case(record, TRACED, 0)
    assert len(grid.blocks) == 2
    assert "this case" in json.dumps(grid.blocks[0].spec)
    assert any(isinstance(one, Grid) for one in examples.overall(record, TRACED))


@pytest.mark.parametrize("modality", ["table", "image", "text"])
def test_where_rows_are_withheld_only_numbers_and_labels_are_shown(stored, modality):
    record = Record(stored(modality).run, redact=True)
    blocks = [*examples.overall(record, TRACED), *examples.case(record, TRACED, 0)]
    assert not any(isinstance(one, Grid) for one in blocks)
    listed = [one for one in blocks if isinstance(one, Table) and "row" in one.headers]
    assert len(listed) == 2
    for table in listed:
        assert len(table.headers) == 4
        assert "message" not in json.dumps(texts(table))


def test_an_instance_without_rows_has_no_page(stored):
    assert list(examples.case(stored("table"), TRACED, 9)) == []
