"""Every declared prescription: facts that fire it, facts that do not, and a sound grammar."""

from __future__ import annotations

from copy import deepcopy
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
    "data": {"drop": ["id"], "missing": ["", "NA"]},
    "precaution": {"profile": {"schema": ""}},
    "repair": {},
    "model": {"dropout": 0.1, "hidden": [64, 32]},
    "explain": {"instances": 48},
    "fit": {"weight_decay": 1e-4, "class_weight": "none", "label_smoothing": 0.0, "averaging": 0.0,
            "input_noise": 0.0, "learning_rate": 0.003},
    "tuning": {"space": {"fit": {"weight_decay": {"low": 1e-5, "high": 0.1, "log": True},
                                 "learning_rate": {"low": 1e-4, "high": 0.05, "log": True}},
                         "model": {"hidden": {"choices": [[64, 32], [32]]},
                                   "dropout": {"low": 0.0, "high": 0.5}}}},
}  # fmt: skip


def statement(verdict: str, feature: str, effect: str = "does_not_matter") -> Fact:
    labels = {"feature": feature, "effect": effect, "class": ""}
    return Fact("evaluation.knowledge.statement", verdict, labels=labels)


def chosen(parameter: str, value: Any) -> Fact:
    return Fact("tuning.search.chosen", value, labels={"parameter": parameter})


BEATS = Fact("tuning.ending.beats_default", True)


def measured(name: str, value: float, low: float, high: float, **labels: str) -> Fact:
    return Fact(name, value, labels=labels, interval=(low, high))


NOISY = [
    Fact("precaution.purity.label_noise", 0.1),
    measured("precaution.purity.label_noise_floor", 0.06, 0.03, 0.1),
]
CASES: dict[str, tuple[list[Fact], dict[str, Any], list[Fact]]] = {
    "redundant_features": (
        [Fact("precaution.correlation.redundant_share", 0.6)],
        {"fit.weight_decay": 0.01},
        [Fact("precaution.correlation.redundant_share", 0.3)],
    ),
    "overfitting": (
        [measured("precaution.fit_gap.relative_loss_validation", 0.1, 0.06, 0.14)],
        {"model.dropout": 0.3, "fit.weight_decay": 0.01},
        [measured("precaution.fit_gap.relative_loss_validation", 0.1, 0.04, 0.16)],
    ),
    "noisy_fit": (
        NOISY,
        {"repair": ["noise_correction"], "model.dropout": 0.3, "fit.weight_decay": 0.01,
         "fit.averaging": 0.99},
        [Fact("precaution.purity.label_noise", 0.02), NOISY[1]],
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
    "repeated_rows": (
        [Fact("precaution.consistency.leakage_excess", 0.05)],
        {"repair": ["deduplicate"], "repair.deduplicate.leaks": True},
        [Fact("precaution.consistency.duplicate_excess", -0.1)],
    ),
    "too_few_rows": (
        [measured("precaution.volume.doubling_gain", 0.04, 0.03, 0.05)],
        {"repair": ["augment"]},
        [measured("precaution.volume.doubling_gain", 0.04, 0.01, 0.07)],
    ),
    "noisy_labels": (
        NOISY,
        {"tuning.space.fit.weight_decay.low": 0.001,
         "tuning.space.fit.learning_rate.high": 0.005,
         "tuning.space.model.dropout.low": 0.2},
        [NOISY[0], measured("precaution.purity.label_noise_floor", 0.02, 0.0, 0.05)],
    ),
    "suspect_labels": (
        [*NOISY, Fact("precaution.purity.suspects_wrong", 0.9)],
        {"repair": ["suspects"], "repair.suspects.action": "drop", "repair.suspects.most": 0.3,
         "repair.suspects.least": 0.5},
        [*NOISY, Fact("precaution.purity.suspects_wrong", 0.5)],
    ),
    "missing_values": (
        [Fact("precaution.missing.worst_share", 0.2)],
        {"repair": ["impute"]},
        [Fact("precaution.missing.worst_share", 0.01)],
    ),
    "disguised_values": (
        [Fact("precaution.missing.disguised_share", 0.1, labels={"column": "a", "value": "-9"})],
        {"data.missing": ["", "NA", "-9"], "repair": ["impute"]},
        [Fact("precaution.missing.disguised_columns", 0)],
    ),
    "identifiers": (
        [Fact("precaution.profile.id_like", 1.0, labels={"column": "number"})],
        {"data.drop": ["id", "number"]},
        [Fact("precaution.profile.id_like_columns", 0)],
    ),
    "giveaway": (
        [measured("precaution.correlation.predictive_power", 0.95, 0.9, 0.99, column="paid")],
        {"data.drop": ["id", "paid"]},
        [measured("precaution.correlation.predictive_power", 0.85, 0.7, 0.9, column="paid")],
    ),
    "joined_columns": (
        [Fact("precaution.correlation.redundancy_groups", 1)],
        {"repair": ["group_features"]},
        [Fact("precaution.correlation.redundancy_groups", 0)],
    ),
    "shifted_inputs": (
        [measured("precaution.data_drift.domain_auc", 0.8, 0.7, 0.9),
         measured("precaution.data_drift.expected_loss", 0.05, 0.01, 0.09)],
        {"repair": ["importance_weights"]},
        [measured("precaution.data_drift.domain_auc", 0.8, 0.7, 0.9),
         measured("precaution.data_drift.expected_loss", 0.05, -0.01, 0.11)],
    ),
    "base_rate_gap": (
        [measured("precaution.bias.base_rate_difference", 0.3, 0.2, 0.4, column="sex")],
        {"repair": ["reweigh"]},
        [measured("precaution.bias.base_rate_difference", 0.12, 0.05, 0.2, column="sex")],
    ),
    "sensitive_proxy": (
        [measured("precaution.bias.feature_power", 0.9, 0.8, 0.95, feature="postcode")],
        {"data.drop": ["id", "postcode"]},
        [measured("precaution.bias.feature_power", 0.72, 0.6, 0.8, feature="postcode")],
    ),
    "concept_drift": (
        [measured("precaution.concept_drift.saved_by_latest", 0.4, 0.2, 0.6)],
        {"repair": ["window"]},
        [measured("precaution.concept_drift.saved_by_latest", 0.15, 0.0, 0.3)],
    ),
    "fragile_to_noise": (
        [measured("precaution.robustness.flipped_by_small_noise_validation", 0.06, 0.03, 0.1)],
        {"fit.input_noise": 0.05, "repair": ["augment"]},
        [measured("precaution.robustness.flipped_by_small_noise_validation", 0.03, 0.0, 0.06)],
    ),
    "fragile_to_attack": (
        [measured("precaution.robustness.adversarial_flipped_validation", 0.5, 0.4, 0.6)],
        {"repair": ["adversarial"]},
        [measured("precaution.robustness.adversarial_flipped_validation", 0.12, 0.05, 0.2)],
    ),
    "pin_schema": (
        [Fact("precaution.profile.held_to_schema", False)],
        {"precaution.profile.schema": "schema.yaml"},
        [Fact("precaution.profile.held_to_schema", True)],
    ),
    "forbidden_reliance": (
        [statement("contradicted", "age"), statement("contradicted", "null"),
         statement("held", "sex"), statement("contradicted", "dose", "rises")],
        {"data.drop": ["id", "age", "null"]},
        [statement("undecided", "age"), statement("contradicted", "age", "rises")],
    ),
    "shortcut": (
        [measured("evaluation.shortcuts.reliance", 0.2, 0.1, 0.3, feature="patch 0,3"),
         Fact("data.load.modality", "image")],
        {"repair": ["mask"], "repair.mask.features": ["patch 0,3"],
         "repair.mask.elements": "telling"},
        [measured("evaluation.shortcuts.reliance", 0.2, 0.01, 0.4, feature="patch 0,3"),
         Fact("data.load.modality", "image")],
    ),
    "one_sided": (
        [measured("evaluation.shortcuts.reliance", 0.7, 0.6, 0.8, feature="leak"),
         Fact("data.load.modality", "table")],
        {"tuning.space.model.dropout.low": 0.2, "tuning.space.fit.weight_decay.low": 0.001},
        [measured("evaluation.shortcuts.reliance", 0.7, 0.4, 0.9, feature="leak"),
         Fact("data.load.modality", "table")],
    ),
    "moved_by_tuning": (
        [Fact("tuning.comparison.importance_spearman", 0.5)],
        {"explain.instances": 96},
        [Fact("tuning.comparison.importance_spearman", 0.8)],
    ),
    "adopt_tuned": (
        [Fact("tuning.comparison.adopt", True), chosen("fit.weight_decay", 0.002),
         chosen("model.hidden", "[32]"), chosen("data.path", "elsewhere")],
        {"fit.weight_decay": 0.002, "model.hidden": [32]},
        [Fact("tuning.comparison.adopt", False), chosen("fit.weight_decay", 0.002)],
    ),
    "adopt_explained": (
        [Fact("tuning.comparison.adopt_explanation", True), BEATS,
         chosen("fit.weight_decay", 0.002)],
        {"fit.weight_decay": 0.002},
        [Fact("tuning.comparison.adopt", True), BEATS, chosen("fit.weight_decay", 0.002)],
    ),
    "adopt_features": (
        [Fact("tuning.comparison.adopt_features", True), BEATS, chosen("fit.weight_decay", 0.002)],
        {"fit.weight_decay": 0.002},
        [Fact("tuning.comparison.adopt_explanation", True), BEATS,
         chosen("fit.weight_decay", 0.002)],
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
    assert all(fired.fired_by)
    assert set(fired.expect) == {"fact", "direction"}


@pytest.mark.parametrize("key", CASES)
def test_it_does_not_fire_on_those(key: str) -> None:
    assert fire(key, CASES[key][2]) == []
    assert fire(key, []) == []


def test_a_loss_that_is_not_ours_cannot_expect_wrong_labels() -> None:
    reads = Fact("model.fit.reads", "class_weight", labels={"setting": "class_weight"})
    assert fire("noisy_fit", [*NOISY, reads]) == []


@pytest.mark.parametrize(("floor", "fires"), [(0.0, True), (0.05, False), (None, True)])
def test_certainty_that_wrong_labels_contradict_is_not_smoothed(floor, fires) -> None:
    """A model of the true class is surer than it is right on labels of which some are wrong."""
    noise = Fact("precaution.purity.label_noise_floor_low95", floor, reason="too few rows")
    assert bool(fire("overconfidence", [*CASES["overconfidence"][0], noise])) is fires


@pytest.mark.parametrize("key", CASES)
def test_it_does_not_fire_again_once_in_force(key: str) -> None:
    facts, overrides, _ = CASES[key]
    config = deepcopy(CONFIG)
    for dotted, value in overrides.items():
        node, *way, last = (config, *dotted.split("."))
        for step in way:
            node = node.setdefault(step, {})
        node[last] = {one: {} for one in value} if dotted == "repair" else value
    assert fire(key, facts, config) == []


@pytest.mark.parametrize("key", RULES)
def test_no_decision_looks_at_scores_of_the_test_split(key: str) -> None:
    """But for what a person decides."""
    text = (FOLDER / f"{key}.yaml").read_text(encoding="utf-8")
    text = text.replace("fit_gap.relative_loss_validation", "")
    seen = any(word in text for word in ("model.test", "data_drift", "fit_gap"))
    assert not (RULES[key]["automatic"] and seen)


def test_decisions_about_the_data_wait_for_a_person() -> None:
    about_data = {key for key, node in RULES.items() if "data.drop" in (node.get("then") or {})}
    assert about_data
    assert not any(RULES[key]["automatic"] for key in about_data)


def test_what_a_rule_may_cost_is_handed_on() -> None:
    (fired,) = fire("class_imbalance", CASES["class_imbalance"][0])
    assert fired.costs == {"model.validation.calibration_error": 0.02}
    assert Prescription.from_dict(fired.to_dict()) == fired


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
        ({"when": {"fact": "a.b.c", "absent": 1}}, "absent must be true"),
        ({"when": {"fact": "abc", "above": 1}}, "stage.choice.quantity"),
        ({"when": {"fact": "a.b.c", "abov": 1}}, "did you mean above?"),
        ({"when": {"all": []}}, "hold a list of conditions"),
        ({"when": {"any": [{"above": 1}]}}, "when.any[0]"),
        ({"then": {"fit.{feature}": 1}}, "may stand in values only"),
        ({"for_each": "feature", "then": {"a.b": "{feature}"}}, "must stand in a list"),
        ({"then": {"a.b": {"least": 1}}}, "at_least"),
        ({"then": None, "take": {"keys": "x"}}, "keys, fact and label"),
        ({"expect": {"fact": "a.b.c", "direction": "up"}}, "higher or lower"),
        ({"costs": ["a.b.c"]}, "what they may lose"),
        ({"costs": {"a.b": 0.1}}, "stage.choice.quantity"),
        ({"costs": {"a.b.c": -0.1}}, "a number from 0 up"),
        ({"costs": {"a.b.c": True}}, "a number from 0 up"),
        ({"automatic": "often"}, "true or false"),
    ],
)
def test_a_malformed_rule_says_what_is_wrong(change: dict[str, Any], said: str) -> None:
    problems = problems_of("mine", SOUND | change)
    assert said in "\n".join(str(problem) for problem in problems)
    with pytest.raises(RecipeError):
        rule_of("mine", SOUND | change)
