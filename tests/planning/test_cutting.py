"""Which searches over the features that explanations speak of are sound, told before they begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaiframe.composition.compose import compose
from xaiframe.errors import RecipeError
from xaiframe.planning.plan import plan
from xaiframe.preflight import preflight

ROOT = Path(__file__).parent.parent.parent


def composed(space: str, *overrides: str, recipe: str = "digits"):
    path = ROOT / "recipes" / f"{recipe}.yaml"
    return compose(path, ("tuning=explanation", f"tuning.space={space}", *overrides))


@pytest.mark.parametrize(
    "space",
    [
        "{data.patch: {low: 1, high: 4}}",
        "{data: {features: {choices: [patches, superpixels]}, patch: {choices: [1, 2]}}}",
        "{data.patch: {low: 1, high: 4}, gradient.smoothgrad.samples: {low: 5, high: 9}}",
    ],
)
def test_patches_may_be_searched_on_a_model_that_stands(space: str) -> None:
    made = composed(space)
    (unit,) = plan(made).units("tuning")
    assert unit.applies


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ("{data.test: {low: 0.1, high: 0.3}}", "it decides what the model sees (data.features, da"),
        ("{data.superpixels: {low: 9, high: 20}}", "decides nothing: data.features is not superp"),
        ("{data.patch: {low: 1, high: 4}, fit.dropout: {low: 0, high: 1}}", "no such key to tune"),
        (
            "{data.patch: {low: 1, high: 4}, fit.learning_rate: {low: 0.1, high: 1.0}}",
            "data.patch asks for a model that stays as it is (a search of its own, without fit.l",
        ),
        ("{data.patch: {low: 1.5, high: 4}}", "expected a whole number"),
        ("{data.features: {choices: [words]}}", "'words' is no value for features"),
    ],
)
def test_what_makes_no_sense_is_refused(space: str, words: str) -> None:
    with pytest.raises(RecipeError) as raised:
        plan(composed(space))
    assert words in str(raised.value)


def test_a_measure_that_cannot_tell_features_apart_is_no_objective() -> None:
    agreement = "tuning.objectives={evaluation.agreement.mean_spearman: maximize}"
    with pytest.raises(RecipeError, match=r"says nothing of which data\.patch is better"):
        plan(composed("{data.patch: {low: 1, high: 4}}", agreement))


def test_a_parameter_of_the_data_needs_a_value_to_start_from() -> None:
    space = "{data: {features: {choices: [superpixels]}, superpixels: {low: 9, high: 20}}}"
    with pytest.raises(RecipeError, match=r"data\.superpixels has no value to start from"):
        plan(composed(space))
    assert plan(composed(space, "data.superpixels=16")).units("tuning")


def test_tables_have_no_other_features() -> None:
    with pytest.raises(RecipeError, match="it decides what the model sees"):
        plan(composed("{data.drop: {choices: [[a]]}}", recipe="breast_cancer"))


def test_ends_that_do_not_fit_the_pictures_are_found_before_anything_runs() -> None:
    with pytest.raises(RecipeError, match=r"data\.patch: a patch of 9 does not fit 8×8 pixels"):
        preflight(composed("{data.patch: {low: 1, high: 9}}", "precaution=[profile]"))
