"""What would have to be different, as tables, pictures, messages and curves say it."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Split
from xaiframe.data.messages.encoding import TextEncoding
from xaiframe.data.signals.encoding import Axis, SeriesEncoding
from xaiframe.facts import Fact, source
from xaiframe.kinds.counterfactuals import NONE, Counterfactuals, Sheet
from xaiframe.report import explained
from xaiframe.report.altered.crossed import pieces as crossing
from xaiframe.report.block import Grid, Page, Prose, Table
from xaiframe.report.kinds import counterfactuals
from xaiframe.report.messages.marked import GAP, Message
from xaiframe.report.record import Record
from xaiframe.store import to_json

UNIT = ("perturbation", "counterfactual")
PUSH = ("gradient", "adversarial_examples")
SYNTHETIC = str(Path(__file__).parent.with_name("synthetic.py"))


def answer(record: Record, features, after=None, kinds=("malignant", "benign")):
    """Two alternatives of the first instance, none of the second."""
    sheet = Sheet()
    near = {"usual": 1.0, "limit": 2.0}
    sheet.found(0, 1, kinds, (2.0, -0.5), [(features[0], 15.0, 12.0, 2.0)], 2.0, apart=3.0, **near)
    changes = [(features[0], 15.0, 14.0, 0.5), (features[1], 1.0, 2.0, 1.0)]
    sheet.found(0, 2, kinds, (2.0, -0.1), changes, 1.5, apart=1.0, **near)
    sheet.without(1, NONE, kinds[0], 3.0)
    rows, frame = sheet.frames()
    x = explained.inputs(record).get("x")
    after = np.empty((2, 0)) if after is None or x is None else after(x)
    return Counterfactuals(
        n=2, evaluations=9, counterfactuals=rows, changes=frame, after=after, unit="deviations",
        wanted="another class", table=x is None or x.ndim == 2,
    )  # fmt: skip


def altered(x):
    found = np.full((len(x), 2, *x.shape[1:]), np.nan, dtype=np.float32)
    found[0] = x[0] + 0.5
    return found


@pytest.fixture
def stored(tmp_path):
    """A run folder that holds an answer of the kind."""

    def made(modality: str, unit=UNIT) -> Record:
        run = runpy.run_path(SYNTHETIC)["make_run"](tmp_path / "run", modality)
        return keep(Record(run), unit, altered if modality == "image" else None)

    return made


def keep(record: Record, unit, after=None, kinds=("malignant", "benign")) -> Record:
    """The run with an answer of the kind in it."""
    found = answer(record, explained.features(record), after, kinds)
    name, outcome = ".".join(unit), found.outcome(source())
    folder = record.run / "artifacts" / name
    folder.mkdir(parents=True)
    for table, frame in outcome.tables.items():
        frame.assign(position=frame["id"]).to_parquet(folder / f"{table}.parquet")
    for key, arrays in outcome.arrays.items():
        np.savez(folder / f"{key}.npz", **arrays)
    known = json.loads((record.run / "facts.json").read_text())
    own = [fact.within(name, name).to_dict() for fact in outcome.facts]
    (record.run / "facts.json").write_text(to_json([*known, *own]))
    return Record(record.run)


def test_the_finding_is_how_many_turn_and_how_little_it_takes(stored):
    record = stored("table")
    _, measures, tables = counterfactuals.overall(record, UNIT)
    assert measures.title == "1 of 2 decisions turn, with 1 changed feature on average"
    features, turned = tables.blocks
    first = explained.features(record)[0]
    assert features.title == f"“{first}” is changed most often"
    assert [getattr(cell, "text", cell) for cell in features.rows[0]] == [first, "1 of 1", "↓ 1"]
    assert turned.title == "Most often malignant becomes benign"
    assert turned.rows[0][2].text == "1 of 2"


def test_a_tables_case_writes_only_what_is_different(stored):
    record = stored("table")
    (table,) = counterfactuals.case(record, UNIT, 0)
    assert isinstance(table, Table)
    one, two = explained.features(record)[:2]
    assert table.title.startswith(f"With “{one}” 12")
    assert table.title.endswith("the model would say benign")
    texts = {str(row[0]): [getattr(cell, "text", cell) for cell in row[2:]] for row in table.rows}
    assert texts["the model says"] == ["benign", "benign"]
    assert texts[two][0] == "·"
    assert texts[two][1].startswith("↑ 2")
    assert texts[one][1].startswith("↓ 14")
    assert texts["near training rows"] == ["no: 3 × the usual distance", "yes"]
    assert [bool(cell.shade) for cell in table.rows[1][2:]] == [True, True]


def test_a_case_without_one_says_so(stored):
    record = stored("table")
    (prose,) = counterfactuals.case(record, UNIT, 1)
    assert isinstance(prose, Prose)
    assert "no other answer than malignant was found" in prose.paragraphs[0]
    assert list(counterfactuals.case(record, UNIT, 5)) == []
    assert list(counterfactuals.case(Record(record.run, redact=True), UNIT, 0)) == []


def test_the_smallest_change_is_said_in_a_sentence(stored):
    record = stored("table")
    plan = {
        "stages": [{"name": UNIT[0], "units": [{"choice": UNIT[1], "kind": "counterfactuals"}]}]
    }
    (record.run / "plan.json").write_text(json.dumps(plan))
    planned = Record(record.run)
    assert counterfactuals.told(planned, 0).endswith("the model would say benign.")
    assert "no other answer than malignant" in counterfactuals.told(planned, 1)
    assert counterfactuals.told(planned, 5) == ""


def test_pictures_stand_side_by_side(stored):
    record = stored("image")
    grid, _ = counterfactuals.case(record, UNIT, 0)
    assert grid.blocks[0].title == "As it is: malignant"
    assert len(grid.blocks) == 3
    assert grid.blocks[1].title.startswith("Benign: 1 ")
    assert grid.blocks[1].title.endswith(" replaced")


def test_of_a_push_the_picture_shows_what_was_added(stored):
    record = stored("image", PUSH)
    grid, _ = counterfactuals.case(record, PUSH, 0)
    titles = [one.title for one in grid.blocks]
    assert titles[0] == "As it is: malignant"
    assert "times enlarged" in titles[1]
    assert titles[2] == "Together: benign"
    measures = list(counterfactuals.overall(record, PUSH))[1]
    assert measures.title == "1 of 2 decisions turn, on average by a push of 2 sd"


def bare(folder: Path, modality: str, tables, x) -> Record:
    """A run folder of two explained instances with nothing but what the pictures read."""
    probe = folder / "artifacts" / "probe.instances"
    probe.mkdir(parents=True)
    for name, table in tables.items():
        table.to_parquet(probe / f"{name}.parquet")
    pd.DataFrame(
        {"position": [0, 1], "target": "spam", "predicted": "spam", "y": "spam"}
    ).to_parquet(probe / "instances.parquet")
    np.savez(probe / "inputs.npz", x=x, feature_mask=np.zeros(x.shape[1:], dtype=int))
    fact = Fact("data.load.modality", modality)
    (folder / "facts.json").write_text(to_json([fact.to_dict()]))
    return Record(folder)


def test_words_are_crossed_out(tmp_path):
    long = " ".join(f"word{k}" for k in range(80))
    messages = ["Win <b>cash</b>, call now", long]
    encoding = TextEncoding.of(messages, 100)
    x = encoding.encode(messages)
    split = Split(np.arange(2), x, np.zeros(2), pd.DataFrame(), None, np.array(messages, object))
    tables = encoding.tables(split)
    tables["features"] = pd.DataFrame({"feature": encoding.features})
    record = keep(bare(tmp_path, "text", tables, x), UNIT, kinds=("spam", "ham"))
    (page,) = counterfactuals.case(record, UNIT, 0)
    assert isinstance(page, Page)
    first, second = page.data["lines"]
    crossed = [[p.text for p in one["pieces"] if "line-through" in p.style]
               for one in (first, second)]  # fmt: skip
    assert crossed == [["Win"], ["Win", "<"]]
    assert first["title"] == "Without “Win” the model would say ham"
    assert "".join(piece.text for piece in first["pieces"]) == messages[0]
    kept = crossing(Message.at(record, 1), {"word 40"})
    told = "".join(piece.text for piece in kept)
    assert told.startswith(GAP)
    assert "word39" in told
    assert "word60" not in told


def test_both_curves_are_drawn(tmp_path):
    encoding = SeriesEncoding(Axis(("flow", "heat"), 0.0, 1.0, "d", {}), 8, 2)
    x = np.random.default_rng(0).normal(size=(2, 2, 8)).astype(np.float32)
    split = Split(np.arange(2), x, np.zeros(2), pd.DataFrame(index=[0, 1]))
    tables = encoding.tables(split)
    tables["features"] = pd.DataFrame({"feature": encoding.features})
    record = keep(bare(tmp_path, "series", tables, x), UNIT, altered, ("spam", "ham"))
    (grid,) = counterfactuals.case(record, UNIT, 0)
    assert isinstance(grid, Grid)
    first, second = grid.blocks
    assert first.title == "ham: 1 segment exchanged (flow, 0–3 d)"
    assert second.title.startswith("ham: 2 segments exchanged")
    assert b"<svg" in first.image


def test_below_a_pushed_curve_stands_what_was_added(tmp_path):
    encoding = SeriesEncoding(Axis(("flow",), 0.0, 1.0, "d", {}), 8, 2)
    x = np.zeros((2, 1, 8), dtype=np.float32)
    split = Split(np.arange(2), x, np.zeros(2), pd.DataFrame(index=[0, 1]))
    tables = encoding.tables(split)
    tables["features"] = pd.DataFrame({"feature": encoding.features})
    record = keep(bare(tmp_path, "series", tables, x), PUSH, altered, ("spam", "ham"))
    (grid,) = counterfactuals.case(record, PUSH, 0)
    _, below = grid.blocks[0].spec["vconcat"]
    assert below["encoding"]["y"]["axis"]["title"] == "added"
    assert {row["value"] for row in below["data"]["values"]} == {0.5}
    assert grid.blocks[0].title == "ham: moved by 2 sd in all"
