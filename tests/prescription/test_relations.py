"""The nine relations on a run's facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from xaiframe.facts import Fact, Facts
from xaiframe.prescription.match import prescribe
from xaiframe.prescription.relations import RelationState, relations
from xaiframe.prescription.rules import RELATIONS

SCORE = {"fact": "model.validation.score", "direction": "higher"}
RULES: dict[str, dict[str, Any]] = {
    "thin": {
        "relation": "precaution → optimization",
        "when": {"fact": "precaution.imbalance.ratio", "below": 0.5},
        "then": {"fit.epochs": 9},
        "because": "because",
        "expect": SCORE,
        "automatic": True,
    },
    "watch": {
        "relation": "explanation → precaution",
        "when": {"any": [{"fact": "evaluation.agreement.mean_spearman", "below": 0.1}]},
        "then": {"fit.epochs": 8},
        "because": "because",
        "expect": SCORE,
        "automatic": False,
    },
}
FACTS = Facts(
    [
        Fact("precaution.imbalance.ratio", 0.2),
        Fact("evaluation.agreement.mean_spearman", 0.7),
        Fact("tuning.search.best", 0.9, labels={"objective": "model.validation.score"}),
        Fact("tuning.search.best", 0.6, labels={"objective": "evaluation.agreement.mean_spearman"}),
        Fact("data.load.features", 30),
    ]
)


def states(facts: Facts) -> dict[str, RelationState]:
    fired = prescribe(facts, RULES, {"fit": {"epochs": 1}})
    return {state.relation: state for state in relations(facts, RULES, fired)}


def test_all_nine_relations_are_told_in_order() -> None:
    found = states(Facts())
    assert list(found) == list(RELATIONS)
    assert len(found) == 9
    assert not any(state.acts or state.fired or state.facts for state in found.values())
    assert {state.source for state in found.values()} == {
        "training_data", "precaution", "explanation", "tuning"
    }  # fmt: skip


def test_a_fired_rule_makes_its_relation_act_on_its_facts() -> None:
    state = states(FACTS)["precaution → optimization"]
    assert (state.declared, state.fired, state.acts) == (("thin",), ("thin",), True)
    assert [(fact.name, fact.value) for fact in state.facts] == [
        ("precaution.imbalance.ratio", 0.2)
    ]


def test_a_rule_that_did_not_fire_still_shows_what_it_read() -> None:
    state = states(FACTS)["explanation → precaution"]
    assert (state.declared, state.fired, state.acts) == (("watch",), (), False)
    assert [fact.value for fact in state.facts] == [0.7]


def test_an_explanation_objective_is_what_passes_to_tuning() -> None:
    state = states(FACTS)["explanation → tuning"]
    assert [fact.value for fact in state.facts] == [0.6]
    assert state.acts
    score_only = Facts(fact for fact in FACTS if fact.value != 0.6)
    assert not states(score_only)["explanation → tuning"].acts


def test_a_state_can_be_stored() -> None:
    for state in states(FACTS).values():
        assert json.loads(json.dumps(state.to_dict()))["relation"] == state.relation


def test_every_relation_has_a_rule_of_the_house() -> None:
    folder = Path(__file__).parents[2] / "conf" / "prescription"
    stored = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in folder.glob("*.yaml")]
    assert {node["relation"] for one in stored for node in one.values()} == set(RELATIONS)
