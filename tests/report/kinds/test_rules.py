"""The pages on rules: what holds is told, and what does not is told as that."""

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
from xaiframe.kinds.rules import EMPTY, REACHED, REFUTED, SHORT, Rules, Sheet
from xaiframe.report import explained
from xaiframe.report.block import Figure, Grid, Page, Prose, Table
from xaiframe.report.kinds import rules
from xaiframe.report.record import Record
from xaiframe.report.scoped.ruled import condition
from xaiframe.report.tables.levels import Values
from xaiframe.store import to_json

UNIT = ("perturbation", "anchors")
SYNTHETIC = str(Path(__file__).parent.with_name("synthetic.py"))


def answer(modality, conditions, states):
    """A rule of each of the first instances, of the given states."""
    sheet = Sheet()
    for identity, state in enumerate(states):
        sure = state != SHORT
        sheet.add(
            identity, state, "malignant" if identity < 2 else "benign",
            [] if state == EMPTY else conditions, score=1.0, precision=0.987 if sure else 0.8,
            low=0.97 if sure else 0.77, high=0.99, draws=1000, searched=1.0, evaluations=3000,
            coverage=0.25, rows=12.0, alike=0.75,
        )  # fmt: skip
    rows, frame = sheet.frames()
    met = np.zeros((len(states), 40), dtype=np.int8)
    met[0, :10], met[0, 10:12] = 2, 1
    return Rules(
        n=len(states), evaluations=9, rules=rows, conditions=frame, met=met, required=0.95,
        confidence=0.95, tolerance=0.0, modality=modality,
    )  # fmt: skip


def keep(record, conditions, states=(REACHED, SHORT, EMPTY, REFUTED)):
    """The run with an answer of the kind in it."""
    outcome = answer(explained.modality(record), conditions, states).outcome(source())
    name = ".".join(UNIT)
    folder = record.run / "artifacts" / name
    folder.mkdir(parents=True)
    for table, frame in outcome.tables.items():
        frame.assign(position=frame["id"]).to_parquet(folder / f"{table}.parquet")
    known = json.loads((record.run / "facts.json").read_text())
    own = [fact.within(name, name).to_dict() for fact in outcome.facts]
    (record.run / "facts.json").write_text(to_json([*known, *own]))
    return Record(record.run)


@pytest.fixture
def run(tmp_path):
    return lambda modality: Record(
        runpy.run_path(SYNTHETIC)["make_run"](tmp_path / "run", modality)
    )


@pytest.fixture
def table(run):
    record = run("table")
    first, second = explained.features(record)[:2]
    return keep(record, [(first, ">", 1.5, ""), (first, "≤", 4.0, ""), (second, ">", 2.0, "")])


def texts(row):
    return [getattr(cell, "text", cell) for cell in row]


def test_the_finding_is_how_many_answers_have_a_rule(table):
    _, measures, together, uses = rules.overall(table, UNIT)
    assert measures.title == "1 of 4 answers have a rule, of 3 conditions on average"
    told = {row[0]: texts(row)[1] for row in measures.rows}
    assert told["answers with a rule that keeps them"] == "25 %"
    assert told["rules that test rows contradict"] == "25 %"
    assert together.title == "1 rule speaks of 30 of 100 test rows"
    row = texts(together.rows[0])
    assert row[1:] == ["malignant", "99 of 100 draws (at least 97)", "12", "10 of 12"]
    first = explained.features(table)[0]
    assert uses.blocks[0].title == f"“{first}” stands in most rules"


def test_a_case_names_its_conditions_and_the_values_that_meet_them(table):
    (told,) = rules.case(table, UNIT, 0)
    assert isinstance(told, Table)
    first, second = explained.features(table)[:2]
    assert [texts(row)[0].replace("\u00a0", " ") for row in told.rows[:2]] == [
        f"1.5 < {first} ≤ 4 mm", f"{second} > 2"
    ]  # fmt: skip
    assert told.title.endswith("the model says malignant in 99 of 100 draws (at least 97)")
    assert texts(told.rows[-1])[1] == "9 of 12"
    assert "25 of 100 test rows" in told.how


def test_what_does_not_hold_is_never_told_as_if_it_did(table):
    (short,) = rules.case(table, UNIT, 1)
    assert short.title.startswith("No rule")
    assert "surely keeps 95 of 100 answers malignant; the nearest keeps 80 of 100" in short.title
    (refuted,) = rules.case(table, UNIT, 3)
    assert refuted.title.startswith("Not believed: ")
    assert "only 9 of 12 test rows" in refuted.title
    (empty,) = rules.case(table, UNIT, 2)
    assert isinstance(empty, Prose)
    assert empty.paragraphs[0].startswith("No condition is needed: the model says benign in 99")
    assert list(rules.case(table, UNIT, 9)) == []


def test_withheld_rows_have_no_rules(table):
    hidden = Record(table.run, redact=True)
    assert list(rules.case(hidden, UNIT, 0)) == []
    assert not [one for one in rules.overall(hidden, UNIT) if "together" in getattr(one, "key", "")]


def test_without_any_rule_the_title_says_so(run):
    record = run("table")
    first = explained.features(record)[0]
    record = keep(record, [(first, ">", 1.5, "")], (SHORT, SHORT))
    _, measures = rules.overall(record, UNIT)
    assert measures.title == "None of 2 answers has a rule that keeps 95 of 100"


def test_all_but_the_kept_parts_of_a_picture_fades(run):
    record = run("image")
    names = explained.features(record)
    record = keep(record, [(names[0], "kept", np.nan, ""), (names[3], "kept", np.nan, "")])
    (grid,) = rules.case(record, UNIT, 0)
    assert isinstance(grid, Grid)
    whole, part = grid.blocks
    assert isinstance(part, Figure)
    assert part.title.startswith("With 2 ")
    assert "keep the answer in 9 of 12" in part.how
    assert whole.image != part.image
    (short,) = rules.case(record, UNIT, 1)
    assert isinstance(short, Prose)


def bare(folder, modality, tables, x):
    """A run folder of two explained instances with nothing but what the pictures read."""
    probe = folder / "artifacts" / "probe.instances"
    probe.mkdir(parents=True)
    for name, frame in tables.items():
        frame.to_parquet(probe / f"{name}.parquet")
    pd.DataFrame(
        {"position": [0, 1], "target": "spam", "predicted": "spam", "y": "spam"}
    ).to_parquet(probe / "instances.parquet")
    np.savez(probe / "inputs.npz", x=x, feature_mask=np.zeros(x.shape[1:], dtype=int))
    fact = Fact("data.load.modality", modality)
    (folder / "facts.json").write_text(to_json([fact.to_dict()]))
    return Record(folder)


def test_words_that_are_enough_are_marked(tmp_path):
    messages = ["Win <b>cash</b>, call now", "no"]
    encoding = TextEncoding.of(messages, 20)
    x = encoding.encode(messages)
    split = Split(np.arange(2), x, np.zeros(2), pd.DataFrame(), None, np.array(messages, object))
    tables = encoding.tables(split)
    tables["features"] = pd.DataFrame({"feature": encoding.features})
    record = keep(bare(tmp_path, "text", tables, x), [("word 1", "kept", np.nan, "Win")],
                  (REACHED, REFUTED))  # fmt: skip
    (page,) = rules.case(record, UNIT, 0)
    assert isinstance(page, Page)
    pieces = page.data["pieces"]
    assert "".join(piece.text for piece in pieces) == messages[0]
    assert [piece.text for piece in pieces if "background" in piece.style] == ["Win"]
    assert page.data["title"].startswith("With “Win” kept, the model says malignant in 99 of 100")
    (alone,) = rules.case(record, UNIT, 1)
    assert alone.data["how"].endswith("9 of 12. The rule is of this message alone.")


def test_segments_that_are_enough_are_shaded(tmp_path):
    encoding = SeriesEncoding(Axis(("flow",), 0.0, 1.0, "d", {}), 8, 2)
    x = np.zeros((2, 1, 8), dtype=np.float32)
    split = Split(np.arange(2), x, np.zeros(2), pd.DataFrame(index=[0, 1]))
    tables = encoding.tables(split)
    tables["features"] = pd.DataFrame({"feature": encoding.features})
    kept = [(encoding.features[1], "kept", np.nan, "")]
    record = keep(bare(tmp_path, "series", tables, x), kept, (REACHED, EMPTY))
    (figure,) = rules.case(record, UNIT, 0)
    assert figure.title.startswith("With 1 segment kept")
    spans = figure.spec["vconcat"][0]["layer"][0]["data"]["values"]
    assert {one["feature"]: one["value"] for one in spans}[encoding.features[1]] == 1


def test_conditions_read_as_their_columns_do(table):
    values = Values(table)
    values.__dict__["kinds"] = {"grade": "ordinal", "day": "date", "sex": "categorical"}
    values.__dict__["levels"] = {"grade": {0: "low", 1: "mid"}, "day": {0: "2020-01-01"},
                                 "sex": {1: "female"}}  # fmt: skip
    assert condition(values, "grade", {">": 0.0}) == "grade: above low"
    assert condition(values, "grade", {"≤": 1.0}) == "grade: at most mid"
    assert condition(values, "day", {">": 1.0, "≤": 3.0}) == (
        "day: after 2020-01-02 and by 2020-01-04"
    )
    assert condition(values, "sex", {"=": 1.0}) == "sex is female"
    assert condition(values, "sex", {"missing": np.nan}) == "sex is missing"
    assert condition(values, "age", {">": 52.0}).replace("\u00a0", " ") == "age > 52"
