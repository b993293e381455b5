"""The ending of a search of explanations: the same instances, a measure that was not sought."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.composition.compose import compose, instantiate
from xaiframe.errors import NotApplicable
from xaiframe.facts import Facts
from xaiframe.model.face import WhiteBox
from xaiframe.preflight import preflight
from xaiframe.runner.comparison import compare
from xaiframe.runner.contest import Measured
from xaiframe.runner.ending import DEFAULT, ITSELF, RANDOM, SAME, TUNED
from xaiframe.runner.explained_ending import explained_ending, judge, sought
from xaiframe.runner.prepare import prepare
from xaiframe.runner.subject import Subject
from xaiframe.runner.tried import Tried
from xaiframe.runner.tune import Tuner

ROOT = Path(__file__).parent.parent.parent
N = 200
RNG = np.random.default_rng(3)
CHOSEN = (
    "reference.output=logit",
    "tuning=explanation",
    "precaution=[profile]",
    "perturbation=[feature_ablation,kernel_shap]",
    "gradient=[saliency,integrated_gradients]",
    "evaluation=[agreement,faithfulness,stability]",
    "evaluation.stability.instances=2",
    "perturbation.kernel_shap.samples=256",
    "reference.rows=4",
    "runner.threads=1",
)


def never() -> Any:
    raise AssertionError("the model is not to be fitted again")


def arena(folder: Path, *overrides: str) -> tuple[Tuner, Subject]:
    """Logits that are sums over pixels, on 16 test instances."""
    tools, _ = preflight(compose(ROOT / "recipes" / "digits.yaml", (*CHOSEN, *overrides)))
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    model = WhiteBox(network, "classification", tools.data.classes, ("gradient",))
    tuner = Tuner(tools, instantiate, folder, never, model, Tried(folder / "tried"))
    return tuner, prepare(tools, model, tools.data.test, 16, 0)


def by_name(outcome: Any) -> dict[tuple[str, ...], Any]:
    return {(one.name, *one.labels.values()): one for one in outcome.facts}


def measured(better: Any = "higher", below: Any = None, **values: Any) -> Measured:
    told = {who.replace("_", " "): one for who, one in values.items()}
    return Measured("m", "score", better, told, ("evaluation.m.",), below)


def test_the_gain_is_the_paired_difference_of_the_same_instances() -> None:
    hard = RNG.normal(size=N)
    lost = 0.1 + 0.1 * RNG.normal(size=N)
    one = measured(tuned={"a": hard}, default={"a": hard - lost})
    found = judge(one, ["a"], 0)
    assert found is not None
    gain, (low, high) = found.gains[DEFAULT]
    half = 1.96 * lost.std() / np.sqrt(N)
    assert gain == pytest.approx(lost.mean())
    assert (low, high) == pytest.approx((gain - half, gain + half), abs=0.2 * half)
    alone = found.values[TUNED][1]
    assert high - low < (alone[1] - alone[0]) / 3  # what both find hard falls out


def test_less_is_a_gain_where_less_is_better_and_methods_count_alike() -> None:
    values = {"a": np.ones(4), "b": np.full(4, 3.0)}
    one = measured("lower", tuned=values, default={name: 2 * x for name, x in values.items()})
    found = judge(one, ["a", "b"], 0)
    assert found is not None
    assert found.values[TUNED][0] == 2.0
    assert found.gains[DEFAULT] == (2.0, (2.0, 2.0))


def test_a_share_is_the_ratio_of_means_and_what_is_undefined_is_left_out_for_all() -> None:
    tuned, default = np.array([1.0, np.nan, 3.0]), np.array([2.0, 2.0, 6.0])
    one = measured("lower", np.array([2.0, 2.0, 6.0]), tuned={"a": tuned}, default={"a": default})
    found = judge(one, ["a"], 0)
    assert found is not None
    assert found.n == 2
    assert found.values[DEFAULT][0] == 1.0
    assert found.gains[DEFAULT][0] == 0.5
    assert judge(measured(tuned={"a": tuned * np.nan}, default={"a": default}), ["a"], 0) is None


def test_constraints_seek_as_objectives_do() -> None:
    one = measured(tuned={}, default={})
    assert sought(one, {"objectives": {"evaluation.m.x": "minimize"}})
    assert sought(one, {"constraints": {"evaluation.m.x": {"at_most": 1}}})
    assert not sought(one, {"objectives": {"evaluation.mean.x": "minimize"}})


def test_finer_patches_beat_coarser_ones_where_every_pixel_counts_by_itself(tmp_path: Path) -> None:
    """A linear logit: only single pixels foretell every loss. Infidelity was not sought."""
    space = "tuning.space={data.patch: {low: 1, high: 4}}"
    tuner, subject = arena(tmp_path, space, "gradient=[saliency]")
    chosen = {TUNED: {"data.patch": 1}, RANDOM: {"data.patch": 4}}
    tuner = only(tuner, "feature_ablation", "kernel_shap")
    outcome = explained_ending(tuner, only(subject, "feature_ablation", "kernel_shap"), chosen, "")
    facts = by_name(outcome)
    assert facts[("decided_by",)].value == "infidelity"
    assert facts[("measured", "infidelity", TUNED)].value == pytest.approx(0, abs=1e-6)
    assert facts[("beats_default",)].value is True
    assert facts[("beats_random",)].value is True
    assert facts[("beats_default",)].n == 16
    gains = {who: facts[("gain", "infidelity", who)].value for who in (DEFAULT, RANDOM)}
    assert gains[RANDOM] > gains[DEFAULT] > 0  # 4 pixels a side are further off than 2
    assert facts[("gain", "cost", RANDOM)].value < 0  # and cost less
    swapped = explained_ending(
        tuner, only(subject, "feature_ablation", "kernel_shap"), {TUNED: {"data.patch": 4}}, ITSELF
    )
    facts = by_name(swapped)
    assert facts[("beats_default",)].value is False
    assert (facts[("beats_random",)].value, facts[("beats_random",)].reason) == (None, ITSELF)
    table = outcome.tables["methods"]
    assert set(table["method"]) == {"feature_ablation", "kernel_shap"}
    assert (table["gain"] > 0).all()


def only(arena: Any, *names: str) -> Any:
    """The same with these perturbation methods and no gradient."""
    tools = arena.tools
    methods = {name: tools.methods["perturbation"][name] for name in names}
    return replace(
        arena,
        tools=replace(tools, methods={**tools.methods, "perturbation": methods, "gradient": {}}),
    )


def test_the_same_settings_cannot_beat_each_other(tmp_path: Path) -> None:
    tuner, subject = arena(tmp_path)
    same = {"gradient.integrated_gradients.steps": 32}
    assert tuner.tools.recipe.gradient["integrated_gradients"]["steps"] == 32
    facts = by_name(explained_ending(tuner, subject, {TUNED: same, RANDOM: same}, ""))
    assert facts[("beats_default",)].reason == SAME[DEFAULT]
    assert facts[("beats_random",)].reason == SAME[RANDOM]
    assert facts[("gain", "gap", DEFAULT)].interval == (0.0, 0.0)


IG = {"gradient.integrated_gradients.steps": 8}
SOUGHT = (
    "evaluation=[agreement,faithfulness,infidelity,stability]",
    "tuning.objectives={evaluation.infidelity.infidelity: minimize}",
)


@pytest.mark.parametrize(
    ("setting", "overrides", "decides", "role"),
    [
        (IG, (), "infidelity", "decides"),
        (IG, SOUGHT, "gap", "sought"),
        ({**IG, "gradient.saliency.engine": "own"}, (), "gap", "beside"),
    ],
)
def test_the_first_measure_of_all_searched_methods_that_was_not_sought_decides(
    tmp_path: Path, setting: dict[str, Any], overrides: tuple[str, ...], decides: str, role: str
) -> None:
    """Saliency does not say for or against: infidelity does not apply to it."""
    outcome = explained_ending(*arena(tmp_path, *overrides), {TUNED: setting}, "")
    assert by_name(outcome)[("decided_by",)].value == decides
    roles = outcome.tables["ending"].drop_duplicates("measure").set_index("measure")["role"]
    assert roles["infidelity"] == role
    assert roles["gain_over_random"] == roles["max_sensitivity"] == roles["cost"] == "sought"
    assert roles["residual"] == "beside"


def test_where_no_method_answers_under_all_settings_that_is_the_reason(tmp_path: Path) -> None:
    tuner, subject = arena(tmp_path)
    chosen = {TUNED: {"perturbation.kernel_shap.samples": 4}}
    with pytest.raises(NotApplicable, match="no method explains under all settings: kernel_shap"):
        explained_ending(tuner, subject, chosen, "")


def test_measures_of_other_features_are_not_set_beside_those_of_the_audit(tmp_path: Path) -> None:
    tuner, subject = arena(tmp_path)
    found = compare(tuner, subject, Facts(), {"data.patch": 4})
    assert "importance" not in found.tables
    (adopt,) = [one for one in found.facts if one.name.startswith("adopt")]
    assert adopt.name == "adopt_features"
