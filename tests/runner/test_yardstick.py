"""Explanations in different features are measured by what they say of the same cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from xaiframe.composition.compose import compose, instantiate
from xaiframe.model.face import WhiteBox
from xaiframe.preflight import preflight
from xaiframe.runner.tried import Tried
from xaiframe.runner.tune import COST, Tuner, explained_names
from xaiframe.runner.yardstick import spread
from xaiframe.tuning.watch import Watch

ROOT = Path(__file__).parent.parent.parent
GAIN = "evaluation.faithfulness.gain_over_random"
INFIDELITY = "evaluation.infidelity.infidelity"
CHOSEN = (
    "reference.output=logit",
    "tuning=explanation",
    "precaution=[profile]",
    "perturbation=[feature_ablation,kernel_shap]",
    "gradient=[saliency]",
    "evaluation=[agreement,faithfulness,infidelity,stability]",
    "evaluation.stability.instances=2",
    "tuning.objectives={evaluation.infidelity.infidelity: minimize}",
    "perturbation.kernel_shap.samples=256",
    "reference.rows=4",
    "runner.threads=1",
)


def never() -> Any:
    raise AssertionError("the model is not to be fitted again")


@pytest.fixture
def tuner(tmp_path: Path) -> Tuner:
    """Logits that are sums over pixels."""
    tools, _ = preflight(compose(ROOT / "recipes" / "digits.yaml", CHOSEN))
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    model = WhiteBox(network, "classification", tools.data.classes, ("gradient",))
    return Tuner(tools, instantiate, tmp_path, never, model, Tried(tmp_path / "tried"))


def test_a_patch_is_shared_out_over_its_pixels_and_gathered_again() -> None:
    quarters = np.kron(np.arange(4).reshape(2, 2), np.ones((2, 2), dtype=int))[None]
    pixels, halves = np.arange(16).reshape(1, 4, 4), np.repeat([0, 1], 8).reshape(1, 4, 4)
    values = np.array([[4.0, -8.0, 0.0, 1.0]])
    told = spread(values, quarters, pixels, 16)
    assert told[0, [0, 1, 4, 5]].tolist() == [1.0] * 4
    assert told[0, [2, 15]].tolist() == [-2.0, 0.25]
    assert spread(values, quarters, halves, 2).tolist() == [[-4.0, 1.0]]
    assert spread(told, pixels, quarters, 4).tolist() == values.tolist()


@given(st.integers(0, 2**16), st.integers(1, 7), st.integers(1, 9))
def test_what_an_instance_was_attributed_in_all_stays(seed: int, features: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.integers(0, features, (3, 1, 5, 4))  # each instance its own
    present = np.stack([np.bincount(one.reshape(-1), minlength=features) > 0 for one in mask])
    values = rng.normal(size=(3, features)) * present
    told = spread(values, mask, rng.integers(0, cells, (1, 5, 4)), cells)
    assert told.sum(axis=1) == pytest.approx(values.sum(axis=1))


def test_pixels_foretell_a_sum_of_pixels_and_patches_do_not(tuner: Tuner) -> None:
    """A linear logit is a sum over pixels: what each pixel adds foretells every loss."""
    ablation = {
        side: tuner.trial({"data.patch": side}, Watch()).value(
            INFIDELITY, method="feature_ablation"
        )
        for side in (1, 2, 4, 8)
    }
    assert ablation[1] == pytest.approx(0.0, abs=1e-9)
    assert 0 < ablation[2] < ablation[4] < ablation[8]  # type: ignore[operator]


def test_the_features_that_stand_are_measured_alike_however_they_are_named(tuner: Tuner) -> None:
    one, other = (tuner.trial(setting, Watch()) for setting in (
        {"data.patch": 2}, {"data.features": "patches", "data.patch": 2}
    ))  # fmt: skip
    assert one.value(INFIDELITY) == other.value(INFIDELITY)
    assert one.one("model.validation.score") == other.one("model.validation.score")


def test_superpixels_are_asked_and_measured_too(tuner: Tuner) -> None:
    found = tuner.trial({"data.features": "superpixels"}, Watch())
    assert isinstance(found.value(INFIDELITY), float)
    assert isinstance(found.value(COST), float)


def test_a_trial_in_which_a_method_cannot_answer_is_none(tuner: Tuner) -> None:
    with pytest.raises(ValueError, match="kernel_shap: 64 coalitions are too few for"):
        tuner.trial({"data.patch": 1, "perturbation.kernel_shap.samples": 64}, Watch())


def test_only_methods_that_are_searched_are_asked_in_other_features(tuner: Tuner) -> None:
    named = ["data.patch", "perturbation.kernel_shap.samples"]
    assert explained_names(tuner.tools, named) == ["kernel_shap"]
    assert explained_names(tuner.tools, ["data.patch"]) == [
        "feature_ablation", "kernel_shap", "saliency",
    ]  # fmt: skip


def test_what_the_model_sees_cannot_be_searched(tuner: Tuner) -> None:
    with pytest.raises(ValueError, match=r"data\.test cannot be tuned: it decides what the model"):
        tuner.trial({"data.test": 0.3}, Watch())
