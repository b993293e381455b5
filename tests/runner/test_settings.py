"""Dotted keys set what they name and nothing else; what cannot be tuned is refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from xaiframe.composition.compose import compose
from xaiframe.recipe import Recipe
from xaiframe.runner.settings import current, methods_of, refits, retooled, with_parameters


@pytest.fixture(scope="module")
def recipe(breast_cancer: Path) -> Recipe:
    return compose(breast_cancer, ()).recipe


SETTINGS: dict[str, Any] = {
    "fit.learning_rate": 0.5,
    "model.hidden": [4],
    "reference.rows": 7,
    "perturbation.lime.samples": 99,
    "gradient.smoothgrad.noise": 0.3,
}


def test_every_key_sets_its_own_place(recipe: Recipe) -> None:
    found = with_parameters(recipe, SETTINGS)
    assert found.fit.learning_rate == 0.5
    assert found.model["hidden"] == [4]
    assert found.reference.rows == 7
    assert found.perturbation["lime"]["samples"] == 99
    assert found.gradient["smoothgrad"]["noise"] == 0.3
    assert found.perturbation["kernel_shap"] == recipe.perturbation["kernel_shap"]
    assert recipe.perturbation["lime"]["samples"] != 99


def test_the_current_settings_are_those_that_change_nothing(recipe: Recipe) -> None:
    standing = current(recipe, list(SETTINGS))
    assert set(standing) == set(SETTINGS)
    assert with_parameters(recipe, standing) == recipe
    assert current(recipe, ["fit.nothing", "gradient.nothing.noise"]) == {}


@pytest.mark.parametrize(
    "key", ["explain.instances", "perturbation.banzhaf.samples", "seed", "fit"]
)
def test_what_cannot_be_tuned_is_refused(recipe: Recipe, key: str) -> None:
    with pytest.raises(ValueError, match=f"{key} cannot be tuned"):
        with_parameters(recipe, {key: 3})


def test_only_fit_and_model_ask_for_a_new_model() -> None:
    assert refits(SETTINGS)
    assert not refits(["reference.rows", "gradient.smoothgrad.noise"])
    assert methods_of(SETTINGS) == ["lime", "smoothgrad"]


def test_tools_that_are_not_touched_stay_the_very_same(recipe: Recipe) -> None:
    lime, smooth = object(), object()
    tools: Any = SimpleNamespace(
        recipe=recipe,
        architecture=object(),
        methods={"perturbation": {"lime": lime}, "gradient": {"smoothgrad": smooth}},
    )
    made: Any = _retooled(tools, {"gradient.smoothgrad.noise": 0.3})
    assert made.methods["gradient"]["smoothgrad"]["noise"] == 0.3
    assert made.methods["perturbation"]["lime"] is lime
    assert made.architecture is tools.architecture
    assert _retooled(tools, {"model.hidden": [3]}).architecture["hidden"] == [3]
    with pytest.raises(ValueError, match="lrp does not apply"):
        _retooled(tools, {"gradient.lrp.rule": "x"})


def _retooled(tools: Any, parameters: dict[str, Any]) -> Any:
    from dataclasses import make_dataclass

    fields = make_dataclass("Tools", ["recipe", "architecture", "methods"], frozen=True)
    return retooled(fields(**vars(tools)), parameters, dict)
