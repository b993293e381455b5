"""Every fault that only data and model can show, found before anything is computed."""

import pytest

from xaiframe.composition.compose import compose
from xaiframe.errors import RecipeError
from xaiframe.preflight import preflight


@pytest.fixture
def digits(breast_cancer):
    return breast_cancer.with_name("digits.yaml")


def problems(recipe, *overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        preflight(compose(recipe, overrides))
    return [str(problem) for problem in caught.value.problems]


def test_every_refused_parameter_is_named_by_its_choice(breast_cancer):
    found = problems(
        breast_cancer, "perturbation.kernel_shap.samples=-3", "model.dropout=3", "tuning.trials=0"
    )
    assert [one.split(":")[0] for one in found] == ["perturbation.kernel_shap", "model", "tuning"]
    assert "at least 4, not -3" in found[0]


def test_an_end_of_a_range_that_a_class_refuses_is_named_before_anything_runs(breast_cancer):
    found = problems(
        breast_cancer,
        "tuning=explanation",
        "tuning.space.perturbation.kernel_shap.samples.low=1",
        "tuning.space.gradient.smoothgrad.noise.low=-0.5",
    )
    assert [one.split(":")[0] for one in found] == [
        "tuning.space.perturbation.kernel_shap.samples",
        "tuning.space.gradient.smoothgrad.noise",
    ]
    assert "samples must be at least 4, not 1" in found[0]


def test_names_that_the_data_do_not_have_are_all_reported(breast_cancer):
    found = problems(
        breast_cancer,
        "reference.target=maligant",
        "strategy.knowledge=[{feature: worst radus, effect: rises}]",
        "strategy.sensitive=[age]",
    )
    assert len(found) == 3
    assert "malignant, benign" in found[0]
    assert "did you mean worst radius" in found[1]
    assert "'age'" in found[2]


def test_the_plan_after_preflight_counts_everything(breast_cancer):
    tools, planned = preflight(compose(breast_cancer, ["explain.instances=5"]))
    assert planned.complete
    [shap] = [one for one in planned.units("perturbation") if one.choice == "kernel_shap"]
    samples, rows, repeated = 512, 24, 5
    assert shap.evaluations == pytest.approx((5 + repeated) * samples * rows, rel=0.02)
    assert len(tools.data.train) == 312


def test_a_belief_about_a_dropped_feature_is_no_fault(breast_cancer):
    tools, _ = preflight(compose(breast_cancer, ["data.drop=[fractal dimension error]"]))
    assert "fractal dimension error" not in tools.data.features
    assert tools.data.dropped == ("fractal dimension error",)


def test_what_the_model_cannot_bear_is_said_and_the_rest_goes_on(digits):
    _, planned = preflight(compose(digits, ["model.channels=[4,4,4,4]"]))
    unit = planned.unit("gradient", "grad_cam")
    assert not unit.applies
    assert "sees the whole input as one point" in unit.reason
    assert planned.applies("gradient", "lrp")


def test_the_layer_that_grad_cam_takes_is_named(digits):
    _, planned = preflight(compose(digits))
    assert "grad_cam: takes layer 7 (ReLU): 32 maps of 4 × 4 for 8 × 8" in planned.notices
