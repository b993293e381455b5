"""Overrides are ready to paste: the shell gives back what the prescription meant."""

from __future__ import annotations

import json
import shlex
import shutil

import yaml
from hypothesis import given
from hypothesis import strategies as st

from xaiframe.facts import Fact
from xaiframe.report.effects import effects
from xaiframe.report.executive import changed
from xaiframe.report.prescription import disputed, override
from xaiframe.report.record import Record
from xaiframe.report.rounds import compared

names = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
values = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    names,
    st.lists(names, max_size=4),
)


@given(values)
def test_the_shell_returns_key_and_value(value):
    (word,) = shlex.split(override("data.drop", value))
    key, _, text = word.partition("=")
    assert key == "data.drop"
    assert yaml.safe_load(text) == value


def test_readable_for_ordinary_values():
    assert override("fit.weight_decay", 0.01) == "'fit.weight_decay=0.01'"
    assert override("data.drop", ["mean area"]) == "'data.drop=[mean area]'"


def test_rounds_are_compared_fact_by_fact(table_run, tmp_path):
    run = tmp_path / "rounds"
    shutil.copytree(table_run, run)
    facts = json.loads((run / "facts.json").read_text())
    for number in (1, 2):
        (run / f"round-{number}").mkdir()
        shifted = [
            {**f, "value": 0.5 + number / 10} if f["name"] == "model.test.score" else f
            for f in facts
        ]
        (run / f"round-{number}" / "facts.json").write_text(json.dumps(shifted))
    effect = {"prescription": "redundant_features", "fact": "model.test.score", "verdict": "kept"}
    effect |= {
        "round": 2,
        "taken_back": False,
        "before": 0.6,
        "after": 0.7,
        "before_interval": None,
        "after_interval": None,
    }
    harm = effect | {"verdict": "harmful", "taken_back": True}
    (run / "effects.json").write_text(json.dumps([effect, harm]))
    blocks = {block.key: block for part in (effects, compared) for block in part(Record(run))}
    told = [[cell.text for cell in row] for row in blocks["effects"].cells()]
    assert told[0][1:] == ["2", "model.test.score", "0.600", "0.700", "kept"]
    assert told[1][-1] == "harmful, taken back"
    assert blocks["effects"].title == (
        "Of 2 facts that prescriptions should improve, 1 improved and 1 became worse"
    )
    row = next(r for r in blocks["rounds"].cells() if r[0].text == "model.test.score")
    assert [cell.text for cell in row[1:]] == ["0.600", "0.700", "0.100"]
    assert blocks["all-rounds"].interactive


def test_what_prescriptions_dispute_is_shown(table_run, tmp_path):
    run = tmp_path / "disputed"
    shutil.copytree(table_run, run)
    usual = {"because": "so", "automatic": True, "expect": {}, "fired_by": []}
    stored = [
        usual | {"key": "low", "relation": "precaution → tuning", "overrides": {"fit.x": 1}},
        usual | {"key": "high", "relation": "precaution → tuning", "overrides": {"fit.x": 2}},
    ]
    (run / "prescriptions.yaml").write_text(yaml.safe_dump(stored))
    (table,) = disputed(Record(run))
    assert [cell.text for cell in table.cells()[0][:3]] == [
        "fit.x", "low: 1; high: 2", "none is applied"
    ]  # fmt: skip
    (run / "prescriptions.yaml").write_text(yaml.safe_dump(stored[:1]))
    assert not list(disputed(Record(run)))


def test_the_summary_tells_what_rounds_changed_from_first_to_last(table_run, tmp_path):
    run = tmp_path / "told"
    shutil.copytree(table_run, run)
    assert changed(Record(run)) == []
    for number, score in ((1, 0.62), (2, 0.5), (3, 0.7)):
        (run / f"round-{number}").mkdir()
        fact = Fact("model.test.score", score, "share").to_dict()
        (run / f"round-{number}" / "facts.json").write_text(json.dumps([fact]))
    bad = {"prescription": "shortcut", "round": 2, "verdict": "harmful", "taken_back": True}
    (run / "effects.json").write_text(json.dumps([bad]))
    assert changed(Record(run)) == [
        "Shortcut (round 2): harmful, taken back.",
        "Test score of round 1 0.620, of round 3 0.700.",
    ]
