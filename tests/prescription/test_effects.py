"""What prescriptions did, before and after."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.effects import Change, Effect, effects, harmed

SCORE = {"fact": "model.validation.score", "direction": "higher"}
ERROR = {"fact": "model.validation.calibration_error", "direction": "lower"}


def effect_of(before: Fact | None, after: Fact | None, expect: dict[str, str] = SCORE) -> Effect:
    one = Prescription("p", "tuning → optimization", {"fit.x": 1}, "because", True, expect)
    (effect,) = effects(Facts([before] if before else []), Facts([after] if after else []), [one])
    return effect


def score(value: float, half: float | None = 0.02) -> Fact:
    interval = None if half is None else (value - half, value + half)
    return Fact("model.validation.score", value, interval=interval)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (score(0.80), score(0.90), "kept"),
        (score(0.90), score(0.80), "harmful"),
        (score(0.80), score(0.81), "no effect"),
        (score(0.80), score(0.90, 0.2), "no effect"),
        (score(0.80, 0.2), score(0.90), "no effect"),
        (score(0.80, None), score(0.90), "undecided"),
        (None, score(0.90), "undecided"),
        (score(0.80), None, "undecided"),
    ],
)
def test_before_and_after(before: Fact | None, after: Fact | None, said: str) -> None:
    assert effect_of(before, after).verdict == said


def test_lower_may_be_better_and_the_numbers_are_kept() -> None:
    error = [
        Fact(ERROR["fact"], value, interval=(value - 0.01, value + 0.01)) for value in (0.2, 0.1)
    ]
    effect = effect_of(*error, ERROR)
    assert (effect.verdict, effect.before, effect.after) == ("kept", 0.2, 0.1)
    assert effect.after_interval == pytest.approx((0.09, 0.11))
    assert effect_of(*error[::-1], ERROR).verdict == "harmful"
    assert json.loads(json.dumps(effect.to_dict()))["prescription"] == "p"


def test_what_was_not_applied_has_no_effect_to_tell() -> None:
    one = Prescription("p", "tuning → optimization", {"fit.x": 1}, "because", False, SCORE)
    assert effects(Facts([score(0.8)]), Facts([score(0.9)]), [one]) == []


def test_an_overruled_prescription_is_not_credited() -> None:
    rule = Prescription("r", "precaution → optimization", {"fit.x": 1}, "because", True, SCORE)
    tuned = Prescription("t", "tuning → optimization", {"fit.x": 2}, "because", True, SCORE)
    told = effects(Facts([score(0.8)]), Facts([score(0.9)]), [rule, tuned])
    assert [(one.prescription, one.verdict) for one in told] == [("r", "undecided"), ("t", "kept")]
    assert told[0].reason == "not applied: other prescriptions set fit.x"


def test_lists_that_add_up_are_both_applied() -> None:
    both = [
        Prescription(k, "explanation → precaution", {"data.drop": [k]}, "because", True, SCORE)
        for k in "ab"
    ]
    told = effects(Facts([score(0.8)]), Facts([score(0.9)]), both)
    assert [one.verdict for one in told] == ["kept", "kept"]


GAP = {"fact": "evaluation.fairness.demographic_parity_difference", "direction": "lower"}


def gap(column: str, value: float, highest: str = "b") -> Fact:
    labels = {"column": column, "lowest": "a", "highest": highest}
    return Fact(GAP["fact"], value, labels=labels, interval=(value - 0.05, value + 0.05))


def test_each_column_of_a_fact_is_told_even_where_the_gap_lies_between_other_groups() -> None:
    one = Prescription("p", "precaution → optimization", {"repair": ["reweigh"]}, "", False, GAP,
                       accepted=True)  # fmt: skip
    before = Facts([gap("race", 0.3), gap("sex", 0.1), gap("age", 0.4)])
    after = Facts([gap("race", 0.31), gap("sex", 0.2), gap("age", 0.2, highest="c")])
    told = effects(before, after, [one])
    assert {one.labels["column"]: one.verdict for one in told} == {
        "race": "no effect", "sex": "harmful", "age": "kept"
    }  # fmt: skip
    assert all(one.accepted for one in told)
    assert harmed(told) == set()
    assert harmed([one for one in told if one.verdict != "kept"]) == {"p"}


def test_what_neither_a_rule_nor_the_owner_lets_through_has_no_effect_to_tell() -> None:
    one = Prescription("p", "precaution → optimization", {"repair": ["reweigh"]}, "", False, GAP)
    assert effects(Facts([gap("race", 0.3)]), Facts([gap("race", 0.1)]), [one]) == []


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.001, 0.02, "kept"), (-0.02, -0.001, "harmful"), (-0.001, 0.02, "no effect")],
)
def test_the_same_rows_tell_what_two_intervals_cannot(low: float, high: float, said: str) -> None:
    one = Prescription("p", "tuning → optimization", {"fit.x": 1}, "because", True, SCORE)
    same = {SCORE["fact"]: Change((low + high) / 2, low, high, 400)}
    (effect,) = effects(Facts([score(0.80, 0.1)]), Facts([score(0.81, 0.1)]), [one], same)
    assert effect.verdict == said
    assert "400 rows" in effect.reason


def test_on_the_same_rows_too_lower_may_be_better() -> None:
    one = Prescription("p", "tuning → optimization", {"fit.x": 1}, "because", True, ERROR)
    error = Facts([Fact(ERROR["fact"], 0.1)])
    for low, high, said in ((-0.02, -0.01, "kept"), (0.01, 0.02, "harmful")):
        same = {ERROR["fact"]: Change((low + high) / 2, low, high, 400)}
        assert effects(error, error, [one], same)[0].verdict == said


def test_a_change_of_another_fact_decides_nothing() -> None:
    one = Prescription("p", "tuning → optimization", {"fit.x": 1}, "because", True, SCORE)
    other = {"model.validation.f1": Change(-0.1, -0.2, -0.05, 400)}
    (effect,) = effects(Facts([score(0.8)]), Facts([score(0.9)]), [one], other)
    assert effect.verdict == "kept"


COSTLY = Prescription("p", "precaution → optimization", {"fit.x": 1}, "", True, SCORE,
                      costs={ERROR["fact"]: 0.02})  # fmt: skip


def error(value: float, better: str = "lower") -> Fact:
    interval = (value - 0.005, value + 0.005)
    return Fact(ERROR["fact"], value, interval=interval, better=better)


@pytest.mark.parametrize(
    ("after", "change", "said"),
    [
        (0.12, None, "within"),  # beyond chance, and no more than was allowed
        (0.13, None, "harmful"),
        (0.05, None, "within"),
        (0.13, Change(0.03, 0.01, 0.05, 400), "harmful"),
        (0.13, Change(0.03, -0.01, 0.07, 400), "within"),  # chance alone
        (0.13, Change(0.02, 0.01, 0.03, 400), "within"),
        (0.13, Change(-0.03, -0.04, -0.02, 400), "within"),
    ],
)
def test_a_fact_that_was_to_be_spared_may_lose_so_much(after, change, said) -> None:
    same = {} if change is None else {ERROR["fact"]: change}
    before = Facts([score(0.8), error(0.1)])
    hoped, cost = effects(before, Facts([score(0.9), error(after)]), [COSTLY], same)
    assert (hoped.verdict, hoped.most) == ("kept", None)
    assert (cost.verdict, cost.most, cost.before, cost.after) == (said, 0.02, 0.1, after)
    assert harmed([hoped, cost]) == ({"p"} if said == "harmful" else set())


def test_where_higher_is_better_a_loss_is_a_fall() -> None:
    one = Prescription("p", "precaution → optimization", {"fit.x": 1}, "", True, ERROR,
                       costs={SCORE["fact"]: 0.05})  # fmt: skip
    for after, said in ((0.70, "harmful"), (0.76, "within"), (0.9, "within")):
        facts = [Facts([Fact(SCORE["fact"], value, interval=(value - 0.01, value + 0.01),
                             better="higher"), error(0.1)]) for value in (0.8, after)]  # fmt: skip
        assert effects(*facts, [one])[1].verdict == said


def test_a_cost_that_was_not_measured_or_has_no_better_side_condemns_nobody() -> None:
    for before, after in (([], []), ([error(0.1, "none")], [error(0.5, "none")])):
        was, now = Facts([score(0.8), *before]), Facts([score(0.9), *after])
        told = effects(was, now, [COSTLY])
        assert [one.verdict for one in told] == ["kept", "undecided"]
        assert harmed(told) == set()


def test_those_that_were_to_spare_a_fact_and_did_not_share_that() -> None:
    other = Prescription("q", "precaution → optimization", {"fit.y": 1}, "", True, SCORE,
                         costs={ERROR["fact"]: 0.5})  # fmt: skip
    third = Prescription("r", "precaution → optimization", {"fit.z": 1}, "", True, SCORE,
                         costs={ERROR["fact"]: 0.01})  # fmt: skip
    before, after = (Facts([score(0.8), error(value)]) for value in (0.1, 0.2))
    told = effects(before, after, [COSTLY, other, third])
    assert {one.prescription: one.shared for one in told if one.most is not None} == {
        "p": ("r",), "q": (), "r": ("p",)
    }  # fmt: skip
    assert {one.shared for one in told if one.prescription == "p" and one.most is None} == {
        ("q", "r")
    }


def test_what_one_was_to_improve_and_another_to_spare_is_not_one_promise() -> None:
    other = Prescription("q", "precaution → optimization", {"fit.y": 1}, "", True, ERROR)
    before, after = (Facts([score(0.8), error(value)]) for value in (0.1, 0.2))
    told = effects(before, after, [COSTLY, other])
    assert {one.shared for one in told} == {()}


def test_a_cost_that_cannot_be_told_leaves_no_doubt_of_why_something_was_taken_back() -> None:
    gone = Effect("p", SCORE["fact"], "higher", "undecided", "", taken_back=True)
    assert gone.blind
    assert not replace(gone, most=0.1).blind
