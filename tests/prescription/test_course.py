"""Rounds: what is applied next, what is taken back, and where it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.course import Course

SCORE = {"fact": "model.validation.score", "direction": "higher"}


def rule(key: str, overrides: dict[str, object], automatic: bool = True) -> Prescription:
    return Prescription(key, "precaution → optimization", overrides, "because", automatic, SCORE)


def score(value: float) -> Facts:
    return Facts([Fact(SCORE["fact"], value, interval=(value - 0.02, value + 0.02))])


def test_automatic_prescriptions_are_applied_until_the_number_of_rounds() -> None:
    course = Course(("seed=1",), 2)
    course.judge(None, score(0.8))
    found = course.further([rule("a", {"fit.x": 1}), rule("b", {"fit.y": 2}, automatic=False)])
    assert found == ["seed=1", "fit.x=1"]
    course.judge(score(0.8), score(0.9))
    assert course.further([rule("c", {"fit.z": 3})]) is None
    assert [(one.prescription, one.verdict, one.round) for one in course.told] == [("a", "kept", 2)]


def test_what_the_owner_accepts_is_applied_like_the_automatic() -> None:
    waiting = rule("b", {"fit.y": 2}, automatic=False)
    course = Course((), 2)
    course.judge(None, score(0.8))
    assert course.further([replace(waiting, accepted=True)]) == ["fit.y=2"]
    course.judge(score(0.8), score(0.5))
    assert course.further([]) == []  # taken back like any other
    assert [(one.accepted, one.taken_back) for one in course.told] == [(True, True)]


def test_it_ends_at_a_fixed_point() -> None:
    course = Course((), 9)
    course.judge(None, score(0.8))
    assert course.further([rule("b", {"fit.y": 2}, automatic=False)]) is None


def test_what_did_harm_is_taken_back_and_not_tried_again() -> None:
    course = Course((), 4)
    course.judge(None, score(0.8))
    bad = rule("bad", {"fit.x": 1})
    assert course.further([bad]) == ["fit.x=1"]
    course.judge(score(0.8), score(0.6))
    assert course.further([rule("found in a worse model", {"fit.y": 2})]) == []
    assert [(one.verdict, one.taken_back) for one in course.told] == [("harmful", True)]
    course.judge(score(0.6), score(0.8))
    assert course.further([bad]) is None
    again = rule("bad", {"fit.x": 0.5})  # the same rule with another setting is another try
    assert course.further([again]) == ["fit.x=0.5"]


def test_only_the_harmful_of_a_round_goes_and_the_rest_stays() -> None:
    error = {"fact": "model.validation.calibration_error", "direction": "lower"}
    good = Prescription("good", "precaution → optimization", {"repair": ["a"]}, "", True, error)
    bad = rule("bad", {"repair": ["b"]})
    course = Course((), 3)
    course.judge(None, score(0.8))
    assert course.further([good, bad]) == ["repair=[a,b]"]
    before = Facts([*score(0.8), Fact(error["fact"], 0.2, interval=(0.18, 0.22))])
    after = Facts([*score(0.6), Fact(error["fact"], 0.1, interval=(0.08, 0.12))])
    course.judge(before, after)
    assert course.further([]) == ["repair=[a]"]
    assert {one.prescription: one.taken_back for one in course.told} == {"good": False, "bad": True}


@pytest.mark.parametrize("rounds", [1, 2])
def test_harm_found_in_the_last_round_gets_one_round_more(rounds: int) -> None:
    course = Course((), rounds)
    course.judge(None, score(0.8))
    if rounds == 1:
        assert course.further([rule("a", {"fit.x": 1})]) is None
        return
    assert course.further([rule("a", {"fit.x": 1})]) == ["fit.x=1"]
    course.judge(score(0.8), score(0.5))
    assert course.further([]) == []
    course.judge(score(0.5), score(0.8))
    assert course.further([rule("c", {"fit.z": 1})]) is None
