"""A recipe that names no methods gets some, with reasons, by rule."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from xaiframe.catalogue.listing import choices, describe, entries, house
from xaiframe.composition.compose import compose
from xaiframe.composition.proposal import MOST
from xaiframe.composition.questions import EVERYONE, QUESTIONS, candidates
from xaiframe.composition.selection import PROPOSED
from xaiframe.errors import RecipeError
from xaiframe.planning.plan import plan

HEAD = """
defaults:
  - audit
  - override data: {data}
  - override model: {model}
{lists}  - _self_
name: small
"""
MODELS = [
    ("breast_cancer", "mlp", ()),
    ("digits", "cnn", ()),
    ("sms_spam", "text_cnn", ()),
    ("sms_spam", "transformer", ()),
    ("heart_beats", "cnn1d", ()),
    ("bike_sharing", "linear", ()),
]


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No test reads the settings of whoever runs it."""
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))


@pytest.fixture
def recipe(tmp_path: Path):
    def written(data="breast_cancer", model="mlp", lists="", body=""):
        path = tmp_path / "small.yaml"
        path.write_text(HEAD.format(data=data, model=model, lists=lists) + body)
        return path

    return written


def reasons(composed):
    return {one.method: one.reason for one in composed.proposal}


def test_the_rules_name_methods_that_exist_each_once_and_readers_that_exist():
    for group in PROPOSED:
        named = candidates(group)
        assert set(named) <= set(choices(group, [house()]))
        assert len(named) == len(set(named))
    assert {one for question in QUESTIONS for one in question.readers} == set(EVERYONE)


@pytest.mark.parametrize("audience", EVERYONE)
@pytest.mark.parametrize(("data", "model", "overrides"), MODELS)
def test_both_directions_are_there_and_all_of_it_applies(recipe, data, model, overrides, audience):
    composed = compose(recipe(data, model), [f"strategy.audience={audience}", *overrides])
    for group in PROPOSED:
        assert 1 <= len(composed.choices[group]) <= MOST
    planned = plan(composed)
    for group in PROPOSED:
        assert all(unit.applies for unit in planned.units(group))
        assert [unit.choice for unit in planned.units(group)] == composed.choices[group]
    assert planned.proposal == composed.proposal


def test_every_method_of_the_house_is_taken_or_left_out_with_a_reason(recipe):
    composed = compose(recipe())
    for group in PROPOSED:
        told = [one for one in composed.proposal if one.group == group]
        assert {one.method for one in told} == {one.choice for one in entries(group, [house()])}
        assert [one.method for one in told if one.taken] == composed.choices[group]
    assert all(one.reason for one in composed.proposal)


def test_a_narrower_audience_gets_no_more_than_a_developer_but_rows_of_the_data(recipe):
    asked = {one: compose(recipe(), [f"strategy.audience={one}"]).choices for one in EVERYONE}
    for audience in ("domain_expert", "end_user"):
        for group in PROPOSED:
            more = set(asked[audience][group]) - {"prototypes", "influential_instances"}
            assert more < set(asked["developer"][group])
        assert "prototypes" in asked[audience]["perturbation"]
    for audience in ("domain_expert", "regulator"):
        assert "influential_instances" in asked[audience]["gradient"]
    facts = {one.choice: one.description.facts for one in entries("perturbation", [house()])}
    assert all(facts[one]["scope"] == "local" for one in asked["end_user"]["perturbation"])


def test_a_regulator_gets_what_adds_up_in_both_directions_and_a_view_of_the_whole(recipe):
    composed = compose(recipe(), ["strategy.audience=regulator"])
    found = {
        name: describe(node["_target_"]).facts
        for group in PROPOSED
        for name, node in getattr(composed.recipe, group).items()
    }
    local = [
        one for one in found.values() if (one["scope"], one["kind"]) == ("local", "attribution")
    ]
    assert all(one["additive"] for one in local)
    assert {one["direction"] for one in local} == set(PROPOSED)
    assert any(one["scope"] == "global" for one in found.values())


def test_trees_get_their_own_shapley_values_and_the_houses_list_says_why_no_gradient(recipe):
    composed = compose(recipe(model="trees", body="model: {path: x.json}\n"))
    assert composed.choices["perturbation"][0] == "tree_shap"
    assert reasons(composed)["kernel_shap"] == "tree_shap tells the same"
    planned = plan(composed)
    assert planned.units("gradient")
    assert not any(unit.applies for unit in planned.units("gradient"))
    assert any("no gradient method applies" in one for one in planned.notices)


def test_of_an_estimator_nobody_knows_yet_whether_its_trees_can_be_read(recipe):
    body = "model: {estimator: sklearn.linear_model.LogisticRegression}\n"
    composed = compose(recipe(model="estimator", body=body))
    assert composed.choices["perturbation"][:2] == ["tree_shap", "kernel_shap"]
    assert "if the fitted model lets it" in reasons(composed)["tree_shap"]
    assert "if the fitted" not in reasons(composed)["kernel_shap"]


def test_enumeration_is_proposed_where_it_is_no_dearer_than_sampling(recipe):
    few = "data: {drop: [" + ", ".join(FEATURES[4:]) + "]}\n"
    composed = compose(recipe(body=few))
    assert composed.choices["perturbation"][0] == "exact_shap"
    assert reasons(composed)["kernel_shap"] == "exact_shap tells the same"
    assert "kernel_shap" in reasons(compose(recipe()))["exact_shap"]


def test_what_does_not_fit_the_budget_is_left_out_and_no_direction_is_empty(recipe):
    dear = compose(recipe(), ["budget.evaluations=200000"])
    assert "kernel_shap" not in dear.choices["perturbation"]
    told = reasons(dear)["kernel_shap"]
    assert told == "takes 737,280 evaluations, 100,000 of the budget are left for it"
    tiny = compose(recipe(), ["budget.evaluations=10"])
    assert tiny.choices["perturbation"] == ["feature_ablation"]
    assert len(tiny.choices["gradient"]) == 1
    assert "must not be empty" in reasons(tiny)["feature_ablation"]
    quick = compose(recipe(), ["budget.minutes=0.01"])
    assert "s of the budget are left for it" in reasons(quick)["kernel_shap"]


def test_where_the_number_of_features_is_not_known_it_is_supposed_and_said(recipe):
    composed = compose(recipe("sms_spam", "text_cnn"), ["budget.evaluations=2000"])
    assert "with 30 features" in reasons(composed)["kernel_shap"]


def test_what_the_recipe_sets_parameters_of_comes_first(recipe):
    path = recipe(body="perturbation: {banzhaf: {samples: 64}}\n")
    composed = compose(path, ["gradient.vargrad.samples=9"])
    assert composed.choices["perturbation"][0] == "banzhaf"
    assert composed.choices["gradient"][0] == "vargrad"
    assert composed.recipe.perturbation["banzhaf"]["samples"] == 64
    assert reasons(composed)["banzhaf"] == "the recipe sets its parameters"


def test_a_list_of_either_direction_is_all_there_is_to_it(recipe):
    composed = compose(recipe(lists="  - override gradient: [saliency]\n"))
    assert composed.proposal == ()
    listed = yaml.safe_load((house() / "audit.yaml").read_text())["defaults"]
    (perturbation,) = [one["perturbation"] for one in listed if "perturbation" in one]
    assert composed.choices["perturbation"] == perturbation


def test_a_selection_by_taxonomy_is_no_proposal(recipe):
    composed = compose(recipe(body="strategy: {select: {scope: local}}\n"))
    assert composed.proposal == ()


def test_auto_proposes_for_one_direction_and_a_named_list_keeps_the_other(recipe):
    listed = recipe(lists="  - override gradient: [saliency]\n  - override perturbation: [lime]\n")
    composed = compose(listed, ["perturbation=[auto]"])
    assert composed.choices["gradient"] == ["saliency"]
    assert composed.choices["perturbation"][0] == "kernel_shap"
    assert {one.group for one in composed.proposal} == {"perturbation"}
    written = recipe(lists="  - override gradient: auto\n")
    assert compose(written).choices["gradient"][0] == "integrated_gradients"


def test_an_override_of_one_direction_leaves_the_proposal_of_the_other(recipe):
    composed = compose(recipe(body="gradient: {lrp: {}}\n"), ["gradient=[saliency]"])
    assert composed.choices["gradient"] == ["saliency"]
    assert composed.choices["perturbation"] == compose(recipe()).choices["perturbation"]


def test_an_own_audit_yaml_speaks_for_itself(recipe, tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "audit.yaml").write_text((house() / "audit.yaml").read_text())
    assert compose(recipe()).proposal == ()


def test_the_frozen_recipe_holds_the_lists_and_proposes_no_more(recipe, tmp_path):
    composed = compose(recipe())
    assert yaml.safe_load(composed.frozen)["defaults"][1:]
    (tmp_path / "frozen.yaml").write_text(composed.frozen)
    again = compose(tmp_path / "frozen.yaml")
    assert again.choices == composed.choices
    assert again.proposal == ()
    assert again.frozen == composed.frozen


def test_a_fault_is_told_once_and_as_without_a_proposal(recipe):
    with pytest.raises(RecipeError) as caught:
        compose(recipe(body="fit: {epochs: many}\n"))
    (problem,) = caught.value.problems
    assert "fit.epochs" in str(problem)
    with pytest.raises(RecipeError) as caught:
        compose(recipe(body="gradient: {salience: {}}\n"))
    (problem,) = caught.value.problems
    assert "did you mean saliency?" in str(problem)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("budget.evaluations=0", "budget.evaluations is 0, not at least 1"),
        ("budget.evaluations=1.5", "budget.evaluations is 1.5, not a whole number or null"),
        ("budget.minutes=0", "budget.minutes is 0, not above 0"),
        ("budget.hours=1", "unknown key budget.hours"),
    ],
)
def test_a_budget_is_a_positive_number(recipe, override, message):
    with pytest.raises(RecipeError) as caught:
        compose(recipe(), [override])
    assert message in str(caught.value)


def test_a_proposal_needs_neither_torch_nor_pandas(recipe):
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from xaiframe.composition.compose import compose\n"
        f"assert compose(Path({str(recipe())!r})).proposal\n"
        "assert not {'torch', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


FEATURES = [
    f"{kind} {what}"
    for kind in ("mean", "worst")
    for what in (
        *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity"),
        *("concave points", "symmetry", "fractal dimension"),
    )
] + [
    f"{what} error"
    for what in (
        *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity"),
        *("concave points", "symmetry", "fractal dimension"),
    )
]
