"""Every declared prescription: facts that fire it, facts that do not, and a sound grammar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from xaiframe.errors import RecipeError
from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.match import prescribe
from xaiframe.prescription.rules import RELATIONS, problems_of, rule_of

FOLDER = Path(__file__).parents[2] / "conf" / "prescription"
RULES: dict[str, dict[str, Any]] = {
    file.stem: yaml.safe_load(file.read_text(encoding="utf-8"))[file.stem]
    for file in sorted(FOLDER.glob("*.yaml"))
}
CONFIG: dict[str, Any] = {
    "data": {"drop": ["id"]},
    "model": {"dropout": 0.1, "hidden": [64, 32]},
    "fit": {"weight_decay": 1e-4, "class_weight": "none", "label_smoothing": 0.0,
            "input_noise": 0.0, "learning_rate": 0.003},
    "tuning": {"space": {"fit": {"weight_decay": {"low": 1e-5, "high": 0.1, "log": True}},
                         "model": {"hidden": {"choices": [[64, 32], [32]]}}}},
}  # fmt: skip


def statement(verdict: str, feature: str, effect: str = "does_not_matter") -> Fact:
    labels = {"feature": feature, "effect": effect, "class": ""}
    return Fact("evaluation.knowledge.statement", verdict, labels=labels)


def chosen(parameter: str, value: Any) -> Fact:
    return Fact("tuning.search.chosen", value, labels={"parameter": parameter})


CASES: dict[str, tuple[list[Fact], dict[str, Any], list[Fact]]] = {
    "redundant_features": (
        [Fact("precaution.correlation.redundant_share", 0.6)],
        {"fit.weight_decay": 0.01},
        [Fact("precaution.correlation.redundant_share", 0.3)],
    ),
    "overfitting": (
        [Fact("precaution.fit_gap.relative_loss_validation", 0.1)],
        {"model.dropout": 0.3, "fit.weight_decay": 0.01},
        [Fact("precaution.fit_gap.relative_loss_validation", 0.04)],
    ),
    "class_imbalance": (
        [Fact("precaution.imbalance.ratio", 0.2)],
        {"fit.class_weight": "balanced"},
        [Fact("precaution.imbalance.ratio", 0.59)],
    ),
    "overconfidence": (
        [Fact("model.validation.confidence_gap", 0.06, interval=(0.03, 0.09))],
        {"fit.label_smoothing": 0.05},
        [Fact("model.validation.confidence_gap", 0.06, interval=(-0.01, 0.13))],
    ),
    "noisy_explanations": (
        [Fact("evaluation.agreement.mean_spearman", 0.2)],
        {"fit.input_noise": 0.1},
        [Fact("evaluation.agreement.mean_spearman", 0.7)],
    ),
    "forbidden_reliance": (
        [statement("contradicted", "age"), statement("contradicted", "null"),
         statement("held", "sex"), statement("contradicted", "dose", "rises")],
        {"data.drop": ["id", "age", "null"]},
        [statement("undecided", "age"), statement("contradicted", "age", "rises")],
    ),
    "adopt_tuned": (
        [Fact("tuning.comparison.adopt", True), chosen("fit.weight_decay", 0.002),
         chosen("model.hidden", "[32]"), chosen("data.path", "elsewhere")],
        {"fit.weight_decay": 0.002, "model.hidden": [32]},
        [Fact("tuning.comparison.adopt", False), chosen("fit.weight_decay", 0.002)],
    ),
}  # fmt: skip


def fire(key: str, facts: list[Fact], config: dict[str, Any] = CONFIG) -> list[Prescription]:
    return prescribe(Facts(facts), {key: RULES[key]}, config)


def test_every_declared_prescription_is_tried_here() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("key", CASES)
def test_it_fires_on_these_facts(key: str) -> None:
    facts, overrides, _ = CASES[key]
    (fired,) = fire(key, facts)
    assert fired.overrides == overrides
    assert fired.relation in RELATIONS
    assert fired.because
    assert fired.fired_by
    assert set(fired.expect) == {"fact", "direction"}


@pytest.mark.parametrize("key", CASES)
def test_it_does_not_fire_on_those(key: str) -> None:
    assert fire(key, CASES[key][2]) == []
    assert fire(key, []) == []


@pytest.mark.parametrize("key", CASES)
def test_it_does_not_fire_again_once_in_force(key: str) -> None:
    facts, overrides, _ = CASES[key]
    config: dict[str, Any] = {stage: dict(node) for stage, node in CONFIG.items()}
    for dotted, value in overrides.items():
        stage, name = dotted.split(".")
        config[stage][name] = value
    assert fire(key, facts, config) == []


@pytest.mark.parametrize("key", RULES)
def test_no_decision_looks_at_scores_of_the_test_split(key: str) -> None:
    text = (FOLDER / f"{key}.yaml").read_text(encoding="utf-8")
    text = text.replace("fit_gap.relative_loss_validation", "")
    assert not any(word in text for word in ("model.test", "data_drift", "fit_gap"))


def test_only_a_decision_about_the_data_waits_for_a_person() -> None:
    assert [key for key, node in RULES.items() if not node["automatic"]] == ["forbidden_reliance"]


SOUND = RULES["redundant_features"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"relation": "precaution → optimisation"}, "did you mean precaution → optimization?"),
        ({"whne": 1}, "there is no whne (did you mean when?)"),
        ({"when": None}, "when is missing"),
        ({"then": None}, "needs either then or take"),
        ({"when": {"fact": "a.b.c"}}, "exactly one comparator"),
        ({"when": {"fact": "a.b.c", "above": "x"}}, "must be a number"),
        ({"when": {"fact": "abc", "above": 1}}, "stage.choice.quantity"),
        ({"when": {"fact": "a.b.c", "abov": 1}}, "did you mean above?"),
        ({"when": {"all": []}}, "hold a list of conditions"),
        ({"when": {"any": [{"above": 1}]}}, "when.any[0]"),
        ({"then": {"fit.{feature}": 1}}, "may stand in values only"),
        ({"for_each": "feature", "then": {"a.b": "{feature}"}}, "must stand in a list"),
        ({"then": {"a.b": {"least": 1}}}, "at_least"),
        ({"then": None, "take": {"keys": "x"}}, "keys, fact and label"),
        ({"expect": {"fact": "a.b.c", "direction": "up"}}, "higher or lower"),
        ({"automatic": "often"}, "true or false"),
    ],
)
def test_a_malformed_rule_says_what_is_wrong(change: dict[str, Any], said: str) -> None:
    problems = problems_of("mine", SOUND | change)
    assert said in "\n".join(str(problem) for problem in problems)
    with pytest.raises(RecipeError):
        rule_of("mine", SOUND | change)
