"""The chapter on the data: one line per check, and a part for each that found something."""

from __future__ import annotations

import json

import pytest

from xaiframe.report import lights
from xaiframe.report.block import Block, Cell, Figure, Grid, Heading, Prose, Table
from xaiframe.report.precaution import broken, chapter, paired, repair, section, troubled
from xaiframe.report.record import Record


@pytest.fixture
def run(table_run, alone):
    """A copy of the run that a test may change."""
    return alone(table_run)


def finding(rule, fact, status, **more):
    return {
        "rule": rule, "status": status, "fact": fact, "message": f"{rule} says so", "value": 0.5,
        "unit": "share", "labels": {}, "n": 200, "interval": [0.4, 0.6], "threshold": "above 0.05",
        "source": "ours", "set_by": "default", "reason": "", "judged": 1, "evidence": [], **more,
    }  # fmt: skip


@pytest.fixture
def troubled_run(run):
    """Gaps were found, twins could not be judged, balance passed."""
    stored = [
        finding("imbalance", "precaution.imbalance.ratio", "pass"),
        finding("conflicts", "precaution.consistency.conflicting_share", "undecided", value=None,
                reason="numbers do not contradict"),
        finding("missing", "precaution.missing.share", "warn"),
        finding("gone", "precaution.missing.worst_share", "fail"),
    ]  # fmt: skip
    (run / "findings.json").write_text(json.dumps(stored), encoding="utf-8")
    return Record(run)


def test_only_checks_that_did_not_pass_get_a_part(troubled_run):
    assert troubled(troubled_run) == ["missing", "consistency"]
    keys = [block.key for block in chapter(troubled_run).blocks if isinstance(block, Heading)]
    assert [key for key in keys if key.startswith("check-")] == [
        "check-missing",
        "check-consistency",
    ]


def test_a_part_names_every_broken_rule_the_gravest_first(troubled_run):
    (table,) = broken(troubled_run, "missing")
    assert table.title == "Gone says so"
    assert [row[0].status for row in table.rows] == ["fail", "warn"]
    assert table.rows[0][2].extra == "(0.400–0.600)"


def test_what_could_not_be_judged_says_why(troubled_run):
    (table,) = broken(troubled_run, "consistency")
    assert table.rows[0][1] == "conflicts says so: numbers do not contradict"
    assert table.rows[0][2] == Cell("–", "number")


def test_every_check_has_one_line_with_its_worst_judgement(troubled_run):
    (table,) = lights.lights(troubled_run)
    marks = {row[0]: row[1] for row in table.rows}
    assert len(table.rows) == len(troubled_run.choices("precaution"))
    assert marks["Missing"].status == "fail"
    assert {row[0]: row[3].text for row in table.rows}["Missing"] == "200"
    assert marks["Imbalance"].status == "pass"
    assert marks["Profile"].text == "measured, no rule"
    assert table.title == "Of 4 rules on the data 1 failed, 2 gave a warning or stayed undecided"


def test_a_check_that_raised_says_so_instead_of_facts(run):
    facts = [one for one in json.loads((run / "facts.json").read_text(encoding="utf-8"))
             if not one["name"].startswith("precaution.missing.")]  # fmt: skip
    facts.append({**facts[0], "name": "precaution.missing.error", "value": "it broke"})
    (run / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    line = lights.row(Record(run), "missing")
    assert line[1].status == "not_assessed"
    assert line[2] == "could not be judged: it broke"


def test_the_repair_is_the_prescription_that_the_check_made_fire(troubled_run, run):
    plan = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    fired = troubled_run.prescriptions[0]
    rules = {fired.key: {"when": {"fact": "precaution.missing.share", "above": 0.05}}}
    plan["recipe"] = {**plan.get("recipe", {}), "prescription": rules}
    (run / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    (told,) = repair(Record(run), "missing")
    assert fired.because.strip() in told.paragraphs[0]
    assert all(f"{key} = {value}" in told.paragraphs[0] for key, value in fired.overrides.items())
    assert list(repair(Record(run), "profile")) == []


def test_a_check_from_outside_is_told_without_pictures(troubled_run, run):
    stored = [finding("own", "precaution.somebody_elses.rate", "fail")]
    (run / "findings.json").write_text(json.dumps(stored), encoding="utf-8")
    blocks = section(Record(run), "somebody_elses")
    assert [type(block) for block in blocks] == [Heading, Table]


def test_narrow_figures_stand_two_by_two_and_wide_ones_alone():
    def figure(key, width):
        return Figure(key, key, b"<svg/>", spec={"width": width})

    first, second, third = figure("a", 318), figure("b", 318), figure("c", 318)
    wide, text = figure("w", 656), Prose(["…"])
    blocks: list[Block] = [first, second, third, wide, text]
    assert paired(blocks) == [Grid([first, second], 2), third, wide, text]
