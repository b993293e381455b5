"""Matching: conditions over label sets, all and any, bounds, and settings that do not exist."""

from __future__ import annotations

from typing import Any

import pytest

from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.match import leaves, prescribe

BASE: dict[str, Any] = {
    "relation": "precaution → optimization",
    "because": "because",
    "expect": {"fact": "model.validation.score", "direction": "higher"},
    "automatic": True,
    "then": {"fit.epochs": 7},
}
FACTS = Facts(
    [
        Fact("precaution.missing.share", 0.2, labels={"column": "a"}),
        Fact("precaution.missing.share", 0.6, labels={"column": "b"}),
        Fact("precaution.missing.share", None, labels={"column": "c"}),
        Fact("model.validation.score", 0.6, interval=(0.5, 0.7)),
        Fact("data.load.kind", "table"),
    ]
)


def fired(config: dict[str, Any] | None = None, **changes: Any) -> list[Prescription]:
    return prescribe(FACTS, {"mine": BASE | changes}, config or {"fit": {"epochs": 1}})


MISSING = {"fact": "precaution.missing.share"}
VALIDATION = {"fact": "model.validation.score"}


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (MISSING | {"above": 0.5}, True),
        (MISSING | {"above": 0.6}, False),
        (MISSING | {"labels": {"column": "a"}, "above": 0.5}, False),
        (MISSING | {"labels": {"column": "c"}, "below": 9}, False),
        (VALIDATION | {"below": 0.65, "whole_interval": True}, False),
        (VALIDATION | {"below": 0.75, "whole_interval": True}, True),
        ({"fact": "data.load.kind", "equals": "table"}, True),
        ({"fact": "data.load.kind", "equals": "image"}, False),
        ({"fact": "data.load.kind", "above": 0}, False),
        ({"fact": "data.load.nothing", "below": 1}, False),
        ({"fact": "data.load.nothing", "absent": True}, True),
        ({"fact": "data.load.kind", "absent": True}, False),
        (MISSING | {"absent": True}, False),
        (MISSING | {"labels": {"column": "c"}, "absent": True}, True),
        ({"all": [MISSING | {"above": 0.5}, VALIDATION | {"below": 0.7}]}, True),
        ({"all": [MISSING | {"above": 0.5}, VALIDATION | {"below": 0.2}]}, False),
        ({"any": [MISSING | {"above": 0.9}, VALIDATION | {"below": 0.7}]}, True),
        ({"any": [MISSING | {"above": 0.9}, VALIDATION | {"below": 0.2}]}, False),
    ],
)
def test_when(when: dict[str, Any], holds: bool) -> None:
    assert bool(fired(when=when)) == holds


def test_what_made_it_fire_is_told_in_words() -> None:
    (one,) = fired(when=MISSING | {"above": 0.1})
    assert one.fired_by == (
        "precaution.missing.share (a) 0.2, above 0.1",
        "precaution.missing.share (b) 0.6, above 0.1",
    )


@pytest.mark.parametrize(
    ("bound", "before", "after"),
    [({"at_least": 5}, 3, 5), ({"at_least": 5}, 9, None), ({"at_most": 5}, 9, 5),
     ({"at_most": 5}, 3, None), ({"at_least": 5}, None, 5), (4, 4, None), ([1, 2], [1, 2], None)],
)  # fmt: skip
def test_a_bound_leaves_a_stronger_setting_alone(bound: Any, before: Any, after: Any) -> None:
    found = fired(
        {"fit": {"epochs": before}}, when=MISSING | {"above": 0}, then={"fit.epochs": bound}
    )
    assert [one.overrides["fit.epochs"] for one in found] == ([] if after is None else [after])


def test_a_setting_that_the_recipe_does_not_have_is_left_out_and_said_so() -> None:
    then = {"fit.epochs": 7, "model.dropout": 0.3}
    (one,) = fired(when=MISSING | {"above": 0}, then=then)
    assert one.overrides == {"fit.epochs": 7}
    assert one.because == "because (model.dropout left out: no such setting here)"
    assert fired(when=MISSING | {"above": 0}, then={"model.dropout": 0.3}) == []


def test_what_is_offered_to_estimators_of_other_kinds_is_not_missed() -> None:
    then = {"fit.epochs": 7, "model.params.C": 0.3}
    (one,) = fired(when=MISSING | {"above": 0}, then=then)
    assert one.because == "because"
    config = {"fit": {"epochs": 7}, "model": {"params": {"C": 1.0}}}
    (other,) = fired(config, when=MISSING | {"above": 0}, then=then)
    assert other.overrides == {"fit.epochs": 7, "model.params.C": 0.3}


def test_what_the_model_does_not_read_of_the_fit_is_left_out() -> None:
    facts = Facts([*FACTS, Fact("model.fit.reads", "class_weight")])
    rule = BASE | {"when": MISSING | {"above": 0},
                   "then": {"fit.epochs": 7, "fit.class_weight": "balanced"}}  # fmt: skip
    config = {"fit": {"epochs": 1, "class_weight": "none"}}
    (one,) = prescribe(facts, {"mine": rule}, config)
    assert one.overrides == {"fit.class_weight": "balanced"}


def test_for_each_fills_listed_values_with_what_was_found() -> None:
    then = {"data.drop": ["{column}", "always"]}
    (one,) = fired(
        {"data": {"drop": ["b"]}}, when=MISSING | {"above": 0}, for_each="column", then=then
    )
    assert one.overrides == {"data.drop": ["b", "a", "always"]}


def test_a_found_name_with_braces_stays_a_name() -> None:
    odd = Facts([Fact("precaution.missing.share", 1.0, labels={"column": "{column} ${x}"})])
    rule = BASE | {"when": MISSING | {"above": 0}, "for_each": "column"}
    rule |= {"then": {"data.drop": ["{column}"]}}
    (one,) = prescribe(odd, {"mine": rule}, {"data": {"drop": []}})
    assert one.overrides == {"data.drop": ["{column} ${x}"]}


def test_leaves_of_nested_and_dotted_spaces_are_the_same() -> None:
    limits = {"low": 0, "high": 1}
    nested = {"fit": {"a": limits, "b": {"choices": [1]}}}
    dotted = {"fit.a": limits, "fit.b": {"choices": [1]}}
    assert list(leaves(nested)) == list(leaves(dotted)) == list(dotted.items())


def test_a_model_that_comes_trained_gets_advice_and_no_override():
    facts = Facts([*FACTS, Fact("model.load.digest", "abc")])
    rule = BASE | {"when": {**MISSING, "above": 0.5}}
    [advice] = prescribe(facts, {"mine": rule}, {"fit": {"epochs": 1}})
    assert advice.overrides == {}
    assert not advice.automatic
    assert advice.because.endswith("because The model comes trained, so this is for its maker.")


def test_a_group_of_choices_is_added_to_and_keeps_its_order() -> None:
    config = {"fit": {"epochs": 1}, "repair": {"window": {"share": 0.5}}}
    [one] = fired(config, when=MISSING | {"above": 0.5}, then={"repair": ["suspects", "window"]})
    assert one.overrides == {"repair": ["window", "suspects"]}
    chosen = {"repair": {"window": {}, "suspects": {}}}
    assert fired(chosen, when=MISSING | {"above": 0.5}, then={"repair": ["suspects"]}) == []


def test_parameters_of_a_choice_go_with_its_selection() -> None:
    action = {"repair.suspects.action": "drop"}
    both = {"repair": ["suspects"], **action}
    [one] = fired({"repair": {}}, when=MISSING | {"above": 0.5}, then=both)
    assert one.overrides == both
    [alone] = fired({"repair": {}, "fit": {"epochs": 1}}, when=MISSING | {"above": 0.5},
                    then={**action, "fit.epochs": 7})  # fmt: skip
    assert alone.overrides == {"fit.epochs": 7}
    assert "repair.suspects.action left out" in alone.because


def test_a_repair_of_a_model_that_comes_trained_is_for_its_maker() -> None:
    facts = Facts([*FACTS, Fact("model.load.digest", "abc")])
    rule = BASE | {"when": MISSING | {"above": 0.5}, "then": {"repair": ["suspects"]}}
    [one] = prescribe(facts, {"mine": rule}, {"repair": {}})
    assert one.overrides == {}
    assert "for its maker" in one.because


def test_what_the_owner_accepts_is_marked_and_what_is_automatic_anyway_is_not() -> None:
    rules = {"mine": BASE | {"when": MISSING | {"above": 0.5}, "automatic": False}}
    config = {"fit": {"epochs": 1}}
    (one,) = prescribe(FACTS, rules, config, ["mine"])
    assert (one.automatic, one.accepted, one.applies) == (False, True, True)
    (other,) = prescribe(FACTS, rules, config, ["another"])
    assert (other.accepted, other.applies) == (False, False)
    (by_rule,) = prescribe(FACTS, {"mine": rules["mine"] | {"automatic": True}}, config, ["mine"])
    assert (by_rule.accepted, by_rule.applies) == (False, True)


def test_what_only_the_maker_of_a_model_can_do_no_owner_can_accept() -> None:
    rules = {"mine": BASE | {"when": MISSING | {"above": 0.5}, "automatic": False}}
    brought = Facts([*FACTS, Fact("model.load.digest", "d")])
    (advice,) = prescribe(brought, rules, {"fit": {"epochs": 1}}, ["mine"])
    assert not advice.accepted
    assert not advice.applies
