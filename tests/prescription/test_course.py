"""Rounds: what is applied next, what is taken back, and where it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.course import Course
from xaiframe.prescription.effects import Change

SCORE = {"fact": "model.validation.score", "direction": "higher"}
ERROR = {"fact": "model.validation.calibration_error", "direction": "lower"}


def rule(key: str, overrides: dict[str, object], automatic: bool = True) -> Prescription:
    return Prescription(key, "precaution → optimization", overrides, "because", automatic, SCORE)


def score(value: float) -> Facts:
    return Facts([Fact(SCORE["fact"], value, interval=(value - 0.02, value + 0.02))])


def started(rounds: int, *first: Prescription, given: tuple[str, ...] = ()) -> Course:
    """A course after a first round of score 0.8 that prescribed ``first``."""
    course = Course(given, rounds)
    course.judge(score(0.8))
    assert course.further(list(first))
    return course


def test_automatic_prescriptions_are_applied_until_the_number_of_rounds() -> None:
    course = Course(("seed=1",), 2)
    course.judge(score(0.8))
    found = course.further([rule("a", {"fit.x": 1}), rule("b", {"fit.y": 2}, automatic=False)])
    assert found == ["seed=1", "fit.x=1"]
    course.judge(score(0.9))
    assert course.further([rule("c", {"fit.z": 3})]) is None
    assert [(one.prescription, one.verdict, one.round, one.against) for one in course.told] == [
        ("a", "kept", 2, 1)
    ]


def test_what_the_owner_accepts_is_applied_like_the_automatic() -> None:
    waiting = rule("b", {"fit.y": 2}, automatic=False)
    course = started(2, replace(waiting, accepted=True))
    assert course.in_force == ["fit.y=2"]
    course.judge(score(0.5))
    assert course.further([]) == []  # taken back like any other
    assert [(one.accepted, one.taken_back) for one in course.told] == [(True, True)]


def test_it_ends_at_a_fixed_point() -> None:
    course = Course((), 9)
    course.judge(score(0.8))
    assert course.further([rule("b", {"fit.y": 2}, automatic=False)]) is None


def test_what_did_harm_is_taken_back_and_not_tried_again() -> None:
    bad = rule("bad", {"fit.x": 1})
    course = started(4, bad)
    course.judge(score(0.6))
    assert course.further([rule("found in a worse model", {"fit.y": 2})]) == []
    assert [(one.verdict, one.taken_back, one.blind) for one in course.told] == [
        ("harmful", True, False)
    ]
    course.judge(score(0.8))
    assert course.further([bad]) is None
    again = rule("bad", {"fit.x": 0.5})  # the same rule with another setting is another try
    assert course.further([again]) == ["fit.x=0.5"]


def both(value: float, error: float) -> Facts:
    return Facts([*score(value), Fact(ERROR["fact"], error, interval=(error - 0.02, error + 0.02))])


def test_only_the_harmful_of_a_round_goes_and_the_rest_stays() -> None:
    good = Prescription("good", "precaution → optimization", {"repair": ["a"]}, "", True, ERROR)
    bad = rule("bad", {"repair": ["b"]})
    course = Course((), 3)
    course.judge(both(0.8, 0.2))
    assert course.further([good, bad]) == ["repair=[a,b]"]
    course.judge(both(0.6, 0.1))
    assert course.further([]) == ["repair=[a]"]
    assert {one.prescription: one.taken_back for one in course.told} == {"good": False, "bad": True}


@pytest.mark.parametrize("rounds", [1, 2])
def test_harm_found_in_the_last_round_gets_one_round_more(rounds: int) -> None:
    course = Course((), rounds)
    course.judge(score(0.8))
    if rounds == 1:
        assert course.further([rule("a", {"fit.x": 1})]) is None
        return
    assert course.further([rule("a", {"fit.x": 1})]) == ["fit.x=1"]
    course.judge(score(0.5))
    assert course.further([]) == []
    course.judge(score(0.8))
    assert course.further([rule("c", {"fit.z": 1})]) is None


def test_what_was_overruled_does_not_come_back_when_what_overruled_it_goes() -> None:
    tuned = Prescription("tuned", "tuning → optimization", {"fit.x": 2}, "", True, SCORE)
    course = started(4, rule("thumb", {"fit.x": 1}), tuned)
    assert course.in_force == ["fit.x=2"]
    course.judge(score(0.6))
    assert course.further([]) == []
    assert {one.prescription: one.taken_back for one in course.told} == {
        "thumb": False, "tuned": True
    }  # fmt: skip


GENTLE, HARSH = rule("noisy_fit", {"fit.x": 1}), rule("suspect_labels", {"repair": ["suspects"]})


def told(course: Course) -> list[tuple[object, ...]]:
    """Per effect: of what, in which round against which, the verdict, with whom, and the end."""
    return [
        (one.prescription, one.round, one.against, one.verdict, one.shared, one.superseded,
         one.taken_back)
        for one in course.told
    ]  # fmt: skip


def test_who_shares_a_blame_is_tried_without_the_harsher_and_what_that_adds_is_told() -> None:
    """The table with 20 % of its labels flipped: one of two that promised the score does harm."""
    course = started(3, replace(HARSH, automatic=False, accepted=True), GENTLE)
    assert course.in_force == ["repair=[suspects]", "fit.x=1"]
    course.judge(score(0.6))
    assert course.further([rule("found in a worse model", {"fit.y": 2})]) == ["fit.x=1"]
    course.judge(score(0.9))
    assert course.further([rule("late", {"fit.z": 1})]) is None
    assert told(course) == [
        ("suspect_labels", 2, 1, "harmful", ("noisy_fit",), True, False),
        ("noisy_fit", 2, 1, "harmful", ("suspect_labels",), True, False),
        ("noisy_fit", 3, 1, "kept", (), False, False),
        ("suspect_labels", 2, 3, "harmful", (), False, True),
    ]
    assert not any(one.blind for one in course.told)
    assert course.is_refused(replace(HARSH, automatic=False, accepted=True))


def test_where_the_gentler_did_it_the_other_is_tried_alone() -> None:
    course = started(4, HARSH, GENTLE)
    course.judge(score(0.6))
    assert course.further([]) == ["fit.x=1"]
    course.judge(score(0.5))
    assert course.further([]) == ["repair=[suspects]"]
    course.judge(score(0.9))
    assert course.further([]) is None
    ends = {one.prescription: one.taken_back for one in course.told if not one.superseded}
    assert ends == {"noisy_fit": True, "suspect_labels": False}


def test_what_no_round_is_left_to_tell_apart_goes_and_says_so() -> None:
    course = started(2, HARSH, GENTLE)
    course.judge(score(0.6))
    assert course.further([]) == []
    assert [(one.taken_back, one.blind) for one in course.told] == [(True, True), (True, True)]
    course.judge(score(0.8))
    assert course.further([rule("late", {"fit.z": 1})]) is None


def test_two_that_do_no_harm_alone_but_do_together_are_not_told_apart() -> None:
    """0.80 → 0.78 → 0.76: each step is within chance, both are not."""
    course = started(3, HARSH, GENTLE)
    course.judge(score(0.76))
    assert course.further([]) == ["fit.x=1"]
    course.judge(score(0.78))
    assert course.further([]) is None
    assert told(course)[-2:] == [
        ("noisy_fit", 3, 1, "no effect", (), False, False),
        ("suspect_labels", 2, 1, "harmful", ("noisy_fit",), False, True),
    ]
    assert course.told[-1].blind


def test_what_a_trial_did_not_measure_is_not_cleared() -> None:
    course = started(4, HARSH, GENTLE)
    course.judge(score(0.6))
    assert course.further([]) == ["fit.x=1"]
    course.judge(Facts([]))
    assert course.further([]) == ["repair=[suspects]"]
    course.judge(score(0.8))
    (lost,) = (one for one in course.told if one.prescription == "noisy_fit" and one.round == 3)
    assert (lost.verdict, lost.taken_back, lost.blind) == ("undecided", True, True)


def test_a_shared_gain_is_not_credited_to_one() -> None:
    course = started(5, HARSH, GENTLE)
    course.judge(score(0.9))
    assert course.further([]) is None
    assert [(one.verdict, one.shared) for one in course.told] == [
        ("kept", ("noisy_fit",)), ("kept", ("suspect_labels",))
    ]  # fmt: skip


def test_those_that_promise_different_facts_are_told_apart_side_by_side() -> None:
    surer = [
        Prescription(key, "precaution → optimization", {f"fit.{key}": 1}, "", True, ERROR)
        for key in "ab"
    ]
    course = Course((), 4)
    course.judge(both(0.8, 0.2))
    assert course.further([HARSH, GENTLE, *surer])
    course.judge(both(0.6, 0.4))
    assert course.further([]) == ["fit.x=1", "fit.a=1"]
    course.judge(both(0.8, 0.4))
    assert course.further([]) == ["fit.x=1", "fit.b=1"]
    course.judge(both(0.8, 0.2))
    assert course.further([]) is None
    gone = {one.prescription for one in course.told if one.taken_back}
    assert gone == {"suspect_labels", "a"}


def test_the_same_settings_are_not_run_twice_under_two_names() -> None:
    course = started(9, rule("a", {"fit.x": 1}), rule("b", {"fit.x": 1}))
    course.judge(score(0.6))
    assert course.further([]) == []
    assert [one.prescription for one in course.told if one.taken_back] == ["a", "b"]


def test_the_same_rows_are_asked_of_the_rounds_that_are_compared() -> None:
    asked = []

    def changes(before: int, after: int) -> dict[str, Change]:
        asked.append((before, after))
        moved = {(1, 2): -0.1, (1, 3): 0.05, (3, 2): -0.15}[before, after]
        return {SCORE["fact"]: Change(moved, moved - 0.01, moved + 0.01, 400)}

    course = Course((), 3, changes)
    course.judge(score(0.8))
    course.further([HARSH, GENTLE])
    for _ in range(2):
        course.judge(score(0.8))
        course.further([])
    assert asked == [(1, 2), (1, 3), (3, 2)]
    assert [one.verdict for one in course.told] == ["harmful", "harmful", "kept", "harmful"]


def costly(key: str, overrides: dict[str, object]) -> Prescription:
    return replace(rule(key, overrides), costs={ERROR["fact"]: 0.02})


def facts_of(value: float, error: float) -> Facts:
    spread = (error - 0.005, error + 0.005)
    return Facts([*score(value), Fact(ERROR["fact"], error, interval=spread, better="lower")])


def test_what_costs_more_than_it_may_is_taken_back_although_it_kept_its_promise() -> None:
    good, dear = rule("good", {"fit.y": 1}), costly("dear", {"fit.x": 1})
    course = Course((), 3)
    course.judge(facts_of(0.7, 0.1))
    assert course.further([good, dear]) == ["fit.y=1", "fit.x=1"]
    course.judge(facts_of(0.9, 0.2))
    assert course.further([]) == ["fit.y=1"]
    kept = {(one.prescription, one.verdict, one.taken_back, one.blind) for one in course.told}
    assert kept == {
        ("good", "kept", False, False),
        ("dear", "kept", True, False),
        ("dear", "harmful", True, False),
    }


def test_a_cost_that_two_were_to_spare_is_tried_apart() -> None:
    one, two = costly("one", {"fit.x": 1}), costly("two", {"repair": ["b"]})
    course = Course((), 4)
    course.judge(facts_of(0.7, 0.1))
    assert course.further([one, two]) == ["fit.x=1", "repair=[b]"]
    course.judge(facts_of(0.9, 0.2))
    assert course.further([]) == ["fit.x=1"]  # the gentler alone
    course.judge(facts_of(0.8, 0.1))
    # Beside round 2, which had both, the other is what made it worse.
    assert course.in_force == ["fit.x=1"]
    ends = {one.prescription: one.taken_back for one in course.told if not one.superseded}
    assert ends == {"one": False, "two": True}


def test_costs_that_are_not_shared_condemn_each_at_once_although_the_gain_is_shared() -> None:
    other = replace(rule("other", {"fit.y": 1}), costs={"model.validation.f1": 0.02})
    course = Course((), 4)

    def round_of(value: float, error: float, f1: float) -> Facts:
        spread = (f1 - 0.005, f1 + 0.005)
        fact = Fact("model.validation.f1", f1, interval=spread, better="higher")
        return Facts([*facts_of(value, error), fact])

    course.judge(round_of(0.7, 0.1, 0.9))
    assert course.further([costly("dear", {"fit.x": 1}), other]) == ["fit.x=1", "fit.y=1"]
    course.judge(round_of(0.9, 0.2, 0.7))
    assert course.further([]) == []


def test_a_cost_that_was_spared_does_not_clear_what_is_not_known_to_help() -> None:
    one, two = costly("one", {"fit.x": 1}), costly("two", {"repair": ["b"]})
    course = Course((), 3)
    course.judge(facts_of(0.7, 0.1))
    assert course.further([one, two])
    course.judge(facts_of(0.9, 0.2))
    assert course.further([]) == ["fit.x=1"]
    unmeasured = Facts(fact for fact in facts_of(0.8, 0.1) if fact.name != SCORE["fact"])
    course.judge(unmeasured)
    assert course.further([]) == []  # no round is left to tell: both go


@pytest.mark.parametrize(
    ("alone", "said", "next_round"),
    [(0.9, "kept", None), (0.7, "no effect", None), (0.5, "harmful", [])],
)
def test_what_stays_is_judged_again_without_what_was_taken_back(alone, said, next_round) -> None:
    """The gain of round 2 may have been that of the one that cost too much."""
    dear = replace(costly("dear", {"fit.x": 1}), expect=dict(SCORE, fact="model.validation.f1"))
    course = Course((), 3)
    course.judge(facts_of(0.7, 0.1))
    assert course.further([rule("good", {"fit.y": 1}), dear])
    course.judge(facts_of(0.9, 0.2))
    assert course.further([]) == ["fit.y=1"]
    course.judge(facts_of(alone, 0.1))
    assert course.further([]) == next_round
    told = [one for one in course.told if one.prescription == "good"]
    assert [(one.round, one.against, one.verdict, one.superseded) for one in told] == [
        (2, 1, "kept", True),
        (3, 1, said, False),
    ]
    assert told[-1].taken_back is (said == "harmful")
