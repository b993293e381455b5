"""Before and after in the report: who let it happen, on the same rows, and in what words."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from xaiframe.facts import Fact, Prescription
from xaiframe.report.effects import effects
from xaiframe.report.executive import changed, page
from xaiframe.report.moved import gaps, reliance
from xaiframe.report.prescription import prescribed
from xaiframe.report.record import Record
from xaiframe.report.rounds import applied, same_rows

GAP = {"fact": "evaluation.fairness.demographic_parity_difference", "direction": "lower"}
SCORE = Fact("rounds.paired.score_change", -0.00001, "share", n=300, interval=(-0.02, 0.02))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two rounds; the first prescribes one thing that the owner accepts and one that waits."""
    accepted = Prescription("base_rate_gap", "precaution → optimization", {"repair": ["reweigh"]},
                            "A gap is learnt.", False, GAP, accepted=True)  # fmt: skip
    waiting = Prescription("sensitive_proxy", "precaution → explanation", {"data.drop": ["age"]},
                           "A proxy.", False, GAP)  # fmt: skip
    for number in (1, 2):
        (tmp_path / f"round-{number}").mkdir()
    stored = [dict(one.to_dict(), fired_by=[]) for one in (accepted, waiting)]
    (tmp_path / "round-1" / "prescriptions.yaml").write_text(yaml.safe_dump(stored))
    told = {"prescription": "base_rate_gap", **GAP, "round": 2, "taken_back": False,
            "before": 0.4, "after": 0.2, "accepted": True}  # fmt: skip
    verdicts = {"race": "no effect", "sex": "kept", "age": "kept"}
    effects = [
        told | {"verdict": verdict, "labels": {"column": column, "positive": "yes"}}
        for column, verdict in verdicts.items()
    ]
    (tmp_path / "effects.json").write_text(json.dumps(effects))
    recipe = {"recipe": {"name": "r", "strategy": {"owner": "Ada"}}}
    (tmp_path / "plan.json").write_text(json.dumps(recipe))
    changed = Fact("rounds.paired.answers_changed", 0.06, "share", n=300)
    facts = [SCORE.to_dict(), changed.to_dict()]
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    (tmp_path / "artifacts" / "rounds.paired").mkdir(parents=True)
    return tmp_path


def table(run: Path, name: str, rows: list[dict[str, object]]) -> None:
    pd.DataFrame(rows).to_parquet(run / "artifacts" / "rounds.paired" / f"{name}.parquet")


def test_what_was_accepted_says_by_whom_and_what_waits_is_not_shown_as_applied(run):
    (page,) = applied(Record(run))
    assert page.data["title"] == "Base rate gap: applied in round 2"
    assert page.data["by"] == "accepted by the recipe's owner, Ada"
    assert page.data["command"] == "'repair=[reweigh]'"


def test_effects_name_the_column_and_leave_out_what_they_share(run):
    (shown,) = effects(Record(run))
    assert [row[2].text.partition("(")[2] for row in shown.cells()] == ["race)", "sex)", "age)"]
    assert shown.title == (
        "Of 3 facts that prescriptions should improve, 2 improved and 1 did not move beyond chance"
    )


def test_another_fact_does_not_add_labels(run):
    stored = json.loads((run / "effects.json").read_text())
    other = stored[0] | {"fact": "model.validation.score", "labels": {}}
    (run / "effects.json").write_text(json.dumps([other, *stored]))
    (shown,) = effects(Record(run))
    told = [row[2].text.partition("(")[2] for row in shown.cells()]
    assert told == ["", "race)", "sex)", "age)"]


SCORED = {"fact": "model.validation.score", "direction": "higher", "labels": {},
          "accepted": False, "superseded": False, "taken_back": False}  # fmt: skip


def tell(run: Path, *told: dict[str, object]) -> list[object]:
    """The blocks that effects of one fact make."""
    (run / "effects.json").write_text(json.dumps([SCORED | one for one in told]))
    return list(effects(Record(run)))


def test_a_shared_gain_is_told_as_one(run):
    pair = {"verdict": "kept", "round": 2, "against": 1}
    table, shared = tell(
        run,
        {"prescription": "noisy_fit", **pair, "shared": ["overfitting"]},
        {"prescription": "overfitting", **pair, "shared": ["noisy_fit"]},
    )
    assert table.cells()[0][1].text == "1 → 2"
    assert table.cells()[0][-1].text == "kept, with overfitting"
    assert shared.paragraphs == [
        "Noisy fit and overfitting: model.validation.score improved with all of them in force. "
        "What each did alone was not tried."
    ]
    assert changed(Record(run))[0] == "Noisy fit (round 2): kept, with overfitting."


def test_a_shared_harm_that_was_told_apart_and_one_that_was_not(run):
    both = {"verdict": "harmful", "round": 2, "against": 1}
    first = [
        {"prescription": "noisy_fit", **both, "shared": ["suspect_labels"]},
        {"prescription": "suspect_labels", **both, "shared": ["noisy_fit"]},
    ]
    table, note = tell(run, *({**one, "taken_back": True, "blind": True} for one in first))
    assert table.cells()[0][-1].text == "harmful, with suspect labels, not told apart, taken back"
    assert note.title == "Shared blame, not told apart"
    assert changed(Record(run))[1] == (
        "Suspect labels (round 2): harmful, with noisy fit, not told apart, taken back."
    )
    (table,) = tell(
        run,
        *({**one, "superseded": True} for one in first),
        {"prescription": "noisy_fit", "verdict": "kept", "round": 3, "against": 1},
        {"prescription": "suspect_labels", **both, "against": 3, "taken_back": True},
    )
    assert [(row[1].text, row[-1].text) for row in table.cells()] == [
        ("1 → 2", "harmful, with suspect labels, then tried apart"),
        ("1 → 2", "harmful, with noisy fit, then tried apart"),
        ("1 → 3", "kept"),
        ("3 → 2", "harmful, taken back"),
    ]
    assert table.title.endswith("Of 2 facts that prescriptions should improve, 1 improved and "
                                "1 became worse")  # fmt: skip
    assert changed(Record(run))[:2] == [
        "Noisy fit (round 3): kept.", "Suspect labels (round 2): harmful, taken back."
    ]  # fmt: skip


def test_what_it_cost_stands_beside_what_was_hoped_for(run):
    both = {"prescription": "class_imbalance", "round": 2, "against": 1}
    error = {"fact": "model.validation.calibration_error", "direction": "lower", "most": 0.02}
    (table,) = tell(
        run, {**both, "verdict": "kept"}, {**both, **error, "verdict": "within", "before": 0.01}
    )
    assert [row[-1].text for row in table.cells()] == ["kept", "cost within 0.020"]
    assert table.title == (
        "Of 1 fact that prescriptions should improve, 1 improved; of 1 cost, 1 within what was "
        "allowed"
    )
    assert changed(Record(run))[0] == "Class imbalance (round 2): kept."
    gone = {**both, "taken_back": True}
    table, credit = tell(
        run, {**gone, "verdict": "kept", "shared": ["overfitting"]}, {**gone, **error,
        "verdict": "harmful"})  # fmt: skip
    assert credit.title == "Credit shared"  # and no blame is
    (table,) = tell(run, {**gone, "verdict": "kept"}, {**gone, **error, "verdict": "harmful"})
    assert table.cells()[1][-1].text == "cost beyond 0.020, taken back"
    assert changed(Record(run))[0] == (
        "Class imbalance (round 2): kept; calibration error became worse by more than allowed, "
        "taken back."
    )


def test_what_was_tried_again_apart_is_shown_as_applied_once(run):
    stored = yaml.safe_load((run / "round-1" / "prescriptions.yaml").read_text())
    (run / "round-2" / "prescriptions.yaml").write_text(yaml.safe_dump(stored[:1]))
    (run / "round-3").mkdir()
    told = [{"prescription": "base_rate_gap", "verdict": "harmful", "round": 2, "shared": ["x"]},
            {"prescription": "base_rate_gap", "verdict": "kept", "round": 3}]  # fmt: skip
    tell(run, *told)
    assert [page.data["title"] for page in applied(Record(run))] == [
        "Base rate gap: applied in round 2"
    ]


def test_what_was_taken_back_is_not_prescribed_anew_as_if_it_had_not_been_tried(run):
    """The rule fires again in the last round, for its trouble is still there."""
    stored = yaml.safe_load((run / "round-1" / "prescriptions.yaml").read_text())
    (run / "prescriptions.yaml").write_text(yaml.safe_dump(stored))
    told = {"prescription": "base_rate_gap", "verdict": "harmful", "round": 2}
    for back, by, left in (
        (True, "tried in this run and taken back; no further round applies it", 1),
        (False, "accepted by the recipe's owner, applied by a further round", 2),
    ):
        tell(run, told | {"taken_back": back})
        assert next(iter(prescribed(Record(run)))).data["by"] == by
        (summary,) = page(Record(run))
        assert len(summary.data["todo"]) == left


def test_the_summary_tells_gain_and_cost_in_one_place(run):
    assert changed(Record(run)) == [
        "Base rate gap (round 2, accepted by the owner): did not move beyond chance for race; "
        "improved for sex and age.",
        "On the same 300 test rows accuracy, counting classes equally, moved by 0.000 (−0.020 to "
        "0.020): no change beyond chance. 6 of 100 answers changed.",
    ]
    (prose,) = same_rows(Record(run))
    assert prose.title == "The same test rows in round 1 and round 2"


def test_a_fall_back_to_the_first_round_moves_nothing(run):
    fact = Fact(SCORE.name, 0.0, "share", n=300, interval=(0.0, 0.0))
    (run / "facts.json").write_text(json.dumps([fact.to_dict()]))
    (prose,) = same_rows(Record(run))
    assert prose.paragraphs[0].endswith("equally, moved by 0.000: no change beyond chance.")


@pytest.mark.parametrize(
    ("ends", "worth"), [((0.01, 0.03), ": better."), ((-0.03, -0.01), ": worse.")]
)
def test_a_score_beyond_chance_is_called_so(run, ends, worth):
    fact = Fact(SCORE.name, sum(ends) / 2, "R²", n=300, interval=ends)
    (run / "facts.json").write_text(json.dumps([fact.to_dict()]))
    (prose,) = same_rows(Record(run))
    assert prose.paragraphs[0].startswith("On the same 300 test rows R² moved by ")
    assert prose.paragraphs[0].endswith(worth)


def gap(column: str, change: float, half: float) -> dict[str, object]:
    return {"column": column, "positive": "yes", "measure": "accuracy_difference", "n": 300,
            "before": 0.4, "after": 0.4 + change, "change": change, "low": change - half,
            "high": change + half}  # fmt: skip


def test_gaps_that_narrow_widen_or_stay_are_told_apart(run):
    assert not list(gaps(Record(run)))
    table(run, "gaps", [gap("race", -0.2, 0.1), gap("sex", 0.1, 0.05), gap("age", 0.01, 0.05)])
    (shown,) = gaps(Record(run))
    assert [row[-1].text for row in shown.cells()] == ["narrower", "within chance", "wider"]
    assert shown.title == (
        "Gaps between groups narrowed by 0.200 (race, accuracy difference) and widened by 0.100 "
        "(sex, accuracy difference)"
    )
    table(run, "gaps", [gap("age", 0.01, 0.05)])
    (shown,) = gaps(Record(run))
    assert shown.title == "No gap between groups moved beyond chance"


def test_the_feature_whose_share_moved_most_is_named(run):
    assert not list(reliance(Record(run)))
    rows = [
        {"feature": name, "direction": side, "before": 0.5, "after": 0.5 + change,
         "change": change, "low": change - 0.05, "high": change + 0.05, "n": 12}
        for side in ("perturbation", "gradient")
        for name, change in (("age", -0.2), ("priors", 0.04))
    ]  # fmt: skip
    table(run, "features", rows)
    (figure,) = reliance(Record(run))
    assert figure.title == "The model relies less on “age”: −20 points of attribution"
    panels = [panel["layer"][1]["data"]["values"] for panel in figure.spec["hconcat"]]
    assert [len(values) for values in panels] == [4, 4]
    table(run, "features", [row | {"low": -1.0, "high": 1.0} for row in rows])
    (figure,) = reliance(Record(run))
    assert figure.title == "No feature's share of the explanations moved beyond chance"
