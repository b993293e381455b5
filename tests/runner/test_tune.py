"""A trial of the explanation's own parameters: one model, other rows, a yardstick that stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xaiframe.composition.compose import compose, instantiate
from xaiframe.facts import Fact
from xaiframe.preflight import preflight, unfitted
from xaiframe.runner.comparison import refuse_shared
from xaiframe.runner.tried import Tried
from xaiframe.runner.tune import COST, Tuner, alone, asked, explained_names, overall
from xaiframe.tuning.watch import Watch

GAIN = "evaluation.faithfulness.gain_over_random"
CHOSEN = (
    "tuning=explanation",
    "precaution=[profile]",
    "perturbation=[feature_ablation,kernel_shap]",
    "gradient=[saliency,smoothgrad]",
    "evaluation=[agreement,faithfulness,stability]",
    "evaluation.stability.instances=2",
    "evaluation.faithfulness.instances=3",
    "perturbation.kernel_shap.samples=128",
    "reference.rows=4",
    "runner.threads=1",
)


def never() -> Any:
    raise AssertionError("the model is not to be fitted again")


@pytest.fixture
def tuner(breast_cancer: Path, tmp_path: Path) -> Tuner:
    tools, _ = preflight(compose(breast_cancer, CHOSEN))
    model = unfitted(tools)  # its weights are random, which is a model as well
    return Tuner(tools, instantiate, tmp_path, never, model, Tried(tmp_path / "tried"))


def test_more_samples_cost_what_they_cost_and_the_model_stays(tuner: Tuner) -> None:
    few, many = (
        tuner.trial({"perturbation.kernel_shap.samples": samples}, Watch())
        for samples in (128, 256)
    )
    rows = float(many.value(COST)) - float(few.value(COST))  # type: ignore[arg-type]
    assert rows == pytest.approx((256 - 128) * 4)  # each coalition asks every background row
    assert few.one("model.validation.score") == many.one("model.validation.score")
    (told,) = [one for one in few.where(GAIN) if not one.labels]
    assert told.value == few.value(GAIN, method="kernel_shap")
    assert {one.labels.get("method") for one in few.where(GAIN)} == {None, "kernel_shap"}


def test_what_was_tried_is_not_asked_again(tuner: Tuner) -> None:
    setting = {"gradient.smoothgrad.samples": 5}
    first = tuner.trial(setting, Watch())
    asked_before = tuner.audited.evaluations
    assert tuner.trial(setting, Watch()) == first
    assert tuner.audited.evaluations == asked_before
    listening = Watch("model.validation.score", lambda epoch, score: False)
    tuner.trial(setting, listening)
    assert tuner.audited.evaluations > asked_before


def test_another_reference_does_not_move_the_yardstick(tuner: Tuner) -> None:
    one = tuner.trial({"reference.rows": 3}, Watch())
    two = tuner.trial({"reference.rows": 9}, Watch())
    # saliency reads no background: only a moved yardstick could tell the two apart
    assert one.value(GAIN, method="saliency") == two.value(GAIN, method="saliency")
    assert one.value(GAIN, method="kernel_shap") != two.value(GAIN, method="kernel_shap")


def test_only_what_is_searched_is_explained_unless_agreement_is_asked(tuner: Tuner) -> None:
    own = ["gradient.smoothgrad.samples"]
    every = ["feature_ablation", "kernel_shap", "saliency", "smoothgrad"]
    assert explained_names(tuner.tools, own) == ["smoothgrad"]
    assert explained_names(tuner.tools, [*own, "reference.rows"]) == every
    assert not alone([])
    recipe = tuner.tools.recipe
    agree = {**recipe.tuning, "objectives": {"evaluation.agreement.mean_spearman": "maximize"}}
    changed = replace(recipe, tuning=agree)
    assert explained_names(replace(tuner.tools, recipe=changed), own) == every
    assert asked(recipe, own) == ["faithfulness", "stability"]


def test_an_objective_told_per_method_is_the_mean_over_those_that_are_searched() -> None:
    facts = [
        Fact("e.f.g", 1.0, labels={"method": "a"}, interval=(0.0, 2.0)),
        Fact("e.f.g", 3.0, labels={"method": "b"}, interval=(2.0, 4.0)),
        Fact("e.f.g", 9.0, labels={"method": "random"}),
    ]
    whole = overall(facts, ["a", "b"])[0]
    assert (whole.value, whole.interval, whole.labels) == (2.0, (1.0, 3.0), {})
    gone = overall([facts[0], Fact("e.f.g", None, labels={"method": "b"}, reason="x")], ["a", "b"])
    assert (gone[0].value, gone[0].reason) == (None, "x")


def test_what_is_reported_was_no_row_of_a_trial(tuner: Tuner) -> None:
    data = tuner.tools.data
    refuse_shared(data.validation.ids, data.test.ids)
    with pytest.raises(ValueError, match="1 reported instances are validation rows"):
        refuse_shared(np.array([1, 2]), np.array([2, 3]))
