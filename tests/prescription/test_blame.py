"""Shared blame: every way that up to three prescriptions can work together, played through."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.blame import gentle_first, parted
from xaiframe.prescription.course import Course

SCORE = {"fact": "model.validation.score", "direction": "higher"}
START, HALF = 50.0, 0.5


def rule(key: str, weight: int = 0) -> Prescription:
    """A prescription that only settings of the fit, rows, or a person's leave make."""
    setting = {f"data.{key}" if weight else f"fit.{key}": 1}
    one = Prescription(key, "precaution → optimization", setting, "because", weight < 2, SCORE)
    return replace(one, accepted=weight == 2)


def facts(value: float) -> Facts:
    return Facts([Fact(SCORE["fact"], value, interval=(value - HALF, value + HALF))])


def played(rules: list[Prescription], rounds: int, score) -> tuple[Course, list[frozenset[str]]]:
    """The course where ``score`` tells what a set of keys is worth, and the sets that ran."""
    course, ran = Course((), rounds), [frozenset[str]()]
    while True:
        course.judge(facts(score(ran[-1])))
        asked = course.further([one for one in rules if one.key not in ran[-1]])
        if asked is None:
            return course, ran
        ran.append(frozenset(one.partition("=")[0].partition(".")[2] for one in asked))


WEIGHTS = [one for size in (1, 2, 3) for one in product((0, 1, 2), repeat=size)]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_with_enough_rounds_what_is_good_stays_and_what_is_harmful_goes(weights) -> None:
    rules = [rule(key, weight) for key, weight in zip("abc", weights, strict=False)]
    for worth in product((-10.0, 0.0, 2.0), repeat=len(rules)):
        single = dict(zip("abc", worth, strict=False))
        course, ran = played(
            rules, 9, lambda ran_with, w=single: START + sum(w[k] for k in ran_with)
        )
        right = {key for key, value in single.items() if value >= 0}
        assert ran[-1] == right, single
        ends = {one.prescription: one for one in course.told if not one.superseded}
        assert {key for key, one in ends.items() if one.taken_back} == single.keys() - right
        assert not any(one.blind for one in ends.values()), single
        # The first, all at once, at most 2 (n − 1) parts, and one that takes back the last part.
        assert len(ran) <= 2 + 2 * (len(rules) - 1) + 1


@pytest.mark.parametrize("weights", [one for one in WEIGHTS if len(one) == 3])
def test_a_harm_is_not_paid_for_by_what_is_cleared_before_it(weights) -> None:
    """A part is held against the round with all that is cleared, not against the beginning: what
    stays is the best of all that ran."""
    rules = [rule(key, weight) for key, weight in zip("abc", weights, strict=True)]
    for worth in product((-10.0, -3.0, 8.0), repeat=3):
        single = dict(zip("abc", worth, strict=True))
        _, ran = played(rules, 9, lambda ran_with, w=single: START + sum(w[k] for k in ran_with))
        scores = [sum(single[key] for key in part) for part in ran]
        assert scores[-1] == max(scores), single


@pytest.mark.parametrize("rounds", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("weights", [(0, 0, 0), (2, 0, 1), (1, 1, 0)])
def test_whatever_they_do_together_it_ends_no_worse_than_it_began(weights, rounds) -> None:
    """Every set either worse or better than none: also where two harm only together."""
    rules = [rule(key, weight) for key, weight in zip("abc", weights, strict=True)]
    sets = [frozenset(k for k, on in zip("abc", one, strict=True) if on)
            for one in product((0, 1), repeat=3)]  # fmt: skip
    for scores in product((-10.0, 10.0), repeat=7):
        worth = dict(zip(sets[1:], scores, strict=True)) | {frozenset(): 0.0}
        course, ran = played(rules, rounds, lambda part, w=worth: START + w[part])
        assert worth[ran[-1]] >= 0
        assert len(ran) <= rounds + 1
        # Only what is fallen back on runs again: no trial is made twice.
        trials = ran if ran[-1] not in ran[:-1] else ran[:-1]
        assert len(trials) == len(set(trials))
        gone = {one.prescription for one in course.told if one.taken_back}
        assert gone == ({"a", "b", "c"} - ran[-1] if rounds > 1 else set())


def test_a_pile_parts_between_weights_and_else_in_the_middle() -> None:
    light, rows, accepted = rule("a"), rule("b", 1), rule("c", 2)
    assert gentle_first([accepted, rows, light]) == (light, rows, accepted)
    assert parted((light, rows, accepted)) == ((light,), (rows, accepted))
    alike = tuple(rule(key) for key in "abcde")
    assert parted(alike) == (alike[:3], alike[3:])
