"""A strategy selects methods by their place in the taxonomy."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaiframe.catalogue.listing import entries, house
from xaiframe.composition.compose import compose
from xaiframe.composition.taxonomy import AXES, SELECTED
from xaiframe.errors import RecipeError

HEAD = """
defaults:
  - audit
  - override data: {data}
  - override model: {model}
{lists}  - _self_
name: small
strategy: {{select: {select}}}
"""


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No test reads the settings of whoever runs it."""
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))


@pytest.fixture
def recipe(tmp_path: Path):
    def written(select, data="digits", model="cnn", lists=""):
        path = tmp_path / "small.yaml"
        path.write_text(HEAD.format(select=select, data=data, model=model, lists=lists))
        return path

    return written


def facts(group, name):
    (entry,) = [one for one in entries(group, [house()]) if one.choice == name]
    return entry.description.facts


def fault(path, *overrides):
    with pytest.raises(RecipeError) as caught:
        compose(path, overrides)
    (problem,) = caught.value.problems
    return str(problem)


def test_every_method_of_both_directions_has_a_place_on_every_axis():
    for group in SELECTED:
        for entry in entries(group, [house()]):
            found = entry.description.facts
            assert all(found.get(axis) in values for axis, values in AXES.items()), entry.choice


def test_what_is_selected_has_that_place_and_applies(recipe):
    composed = compose(recipe("{access: black_box, scope: local}"))
    chosen = composed.choices["perturbation"]
    assert {"kernel_shap", "rise", "lime"} <= set(chosen)
    assert all(
        facts("perturbation", one)[axis] == value
        for one in chosen
        for axis, value in (("access", "black_box"), ("scope", "local"))
    )
    assert composed.choices["gradient"] == []
    assert set(composed.recipe.perturbation) == set(chosen)


def test_an_axis_may_take_several_values(recipe):
    composed = compose(recipe("{scope: [local, global], direction: perturbation}"))
    assert {"kernel_shap", "permutation_importance"} <= set(composed.choices["perturbation"])


def test_what_does_not_apply_is_left_out_and_told(recipe):
    composed = compose(recipe("{direction: perturbation}"))
    assert "pdp" not in composed.choices["perturbation"]  # of tables only
    (notice,) = [one for one in composed.notices if "strategy.select" in one]
    assert "pdp (it explains table data, these are image data)" in notice
    assert "tree_shap" in notice


def test_a_list_that_the_recipe_names_wins(recipe):
    path = recipe("{scope: local}", lists="  - override perturbation: [lime]\n")
    composed = compose(path)
    assert composed.choices["perturbation"] == ["lime"]
    assert "saliency" in composed.choices["gradient"]


def test_an_override_selects_against_the_recipes_list_and_gives_way_to_an_overrides(recipe):
    path = recipe("{}", lists="  - override perturbation: [lime]\n")
    asked = "strategy.select.scope=local"
    assert "kernel_shap" in compose(path, [asked]).choices["perturbation"]
    both = compose(path, [asked, "perturbation=[rise]"])
    assert both.choices["perturbation"] == ["rise"]


def test_the_frozen_recipe_keeps_the_lists_and_runs_again(recipe, tmp_path):
    composed = compose(recipe("{scope: local}"))
    (tmp_path / "frozen.yaml").write_text(composed.frozen)
    again = compose(tmp_path / "frozen.yaml")
    assert again.choices == composed.choices


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("{acces: black_box}", "no axis 'acces' (did you mean access?)"),
        ("{access: grey}", "'grey' is no access (one of white_box, black_box)"),
        ("{direction: none, access: black_box}", "no method has direction: none"),
    ],
)
def test_faults_are_told_with_what_would_be_right(recipe, select, message):
    assert message in fault(recipe(select))
