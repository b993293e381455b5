"""An estimator is searched over what suits its class, from that class's own defaults."""

import pytest
from sklearn.utils import all_estimators

from xaiframe.catalogue.listing import check_value, describe
from xaiframe.composition.compose import compose
from xaiframe.errors import RecipeError
from xaiframe.model.estimators.making import _tuples
from xaiframe.model.estimators.spaces import SPACES
from xaiframe.planning.plan import plan
from xaiframe.tuning.space import parameters_of

FOREST = ["model=estimator", "model.estimator=sklearn.ensemble.RandomForestClassifier",
          "gradient=[]", "perturbation=[kernel_shap]"]  # fmt: skip
KNOWN = {name: found for name, found in all_estimators() if name in SPACES}


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_space_of_the_house_is_of_the_class_and_holds_its_default(name):
    made = KNOWN[name]
    given = made().get_params()
    for parameter in parameters_of(SPACES[name]):
        value = given[parameter.name]
        value = list(value) if isinstance(value, tuple) else value
        assert parameter.holding(value) == parameter, f"{name}.{parameter.name} misses {value!r}"
        for end in parameter.choices or (parameter.low, parameter.high):
            made(**_tuples(made, {parameter.name: end}))._validate_params()
        described = describe(f"{made.__module__}.{name}").parameter(parameter.name)
        assert described is not None
        assert not check_value(value, "float | Any")


def test_only_what_is_no_classs_of_scikit_learn_is_missing_there():
    assert set(SPACES) - set(KNOWN) == {"XGBClassifier", "XGBRegressor"}


def test_the_space_of_the_class_replaces_that_of_networks(breast_cancer):
    composed = compose(breast_cancer, FOREST)
    plan(composed)
    space = composed.recipe.tuning["space"]
    assert set(space) == {"model"}
    assert set(space["model"]["params"]) == set(SPACES["RandomForestClassifier"])
    assert composed.recipe.model["params"] == {
        "max_depth": None, "min_samples_leaf": 1, "max_features": "sqrt"
    }  # fmt: skip
    told = " ".join(composed.notices)
    assert "fit.learning_rate is not searched: estimator has no learning_rate" in told
    assert "mean_spearman is not sought: there are no gradients" in told
    assert list(composed.recipe.tuning["objectives"]) == ["model.validation.score"]


def test_a_range_of_the_recipe_stands_beside_the_house_s(breast_cancer):
    own = "tuning.space.model.params.max_depth={low: 2, high: 5}"
    composed = compose(breast_cancer, [*FOREST, own, "model.params.max_depth=4"])
    found = composed.recipe.tuning["space"]["model"]["params"]
    assert found["max_depth"] == {"low": 2, "high": 5}
    assert composed.recipe.model["params"]["max_depth"] == 4
    none = compose(breast_cancer, [*FOREST, "tuning.space.model.params.max_depth=null"])
    assert "max_depth" not in none.recipe.tuning["space"]["model"]["params"]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("model.params={max_dept: 3}", "has no max_dept.*max_depth"),
        ("tuning.space.fit.batch_size={low: 8, high: 64}", "the model reads class_weight"),
        ("tuning.space.model.params.max_dept={low: 1, high: 3}", "no such key to tune"),
        ("pruner=median", "a score after every epoch, an estimator has no epochs"),
    ],
)
def test_what_an_estimator_does_not_have_is_refused(breast_cancer, override, words):
    with pytest.raises(RecipeError, match=words):
        plan(compose(breast_cancer, [*FOREST, override]))


def test_a_setting_that_is_not_read_is_told(breast_cancer):
    found = plan(compose(breast_cancer, [*FOREST, "fit.epochs=3", "fit.class_weight=balanced"]))
    assert "fit.epochs: model estimator does not read that" in found.notices


def test_a_parameter_inside_is_searched_where_the_recipe_sets_it(breast_cancer):
    bagging = [
        "model=estimator", "model.estimator=sklearn.ensemble.BaggingClassifier", "gradient=[]",
        "model.params={estimator: {estimator: sklearn.tree.DecisionTreeClassifier},"
        " estimator__max_depth: 3}",
        "tuning.space.model.params.estimator__max_depth={low: 1, high: 6}",
    ]  # fmt: skip
    composed = compose(breast_cancer, bagging)
    plan(composed)
    assert "estimator__max_depth" in composed.recipe.tuning["space"]["model"]["params"]


def test_what_is_usually_searched_is_in_force_without_a_search_too(breast_cancer):
    composed = compose(breast_cancer, [*FOREST, "tuning=none", "model.params={max_depth: 4}"])
    assert composed.recipe.model["params"] == {
        "max_depth": 4, "min_samples_leaf": 1, "max_features": "sqrt"
    }  # fmt: skip
    again = compose(breast_cancer, [*FOREST, "tuning=none", "model.params.min_samples_leaf=10"])
    assert again.recipe.model["params"]["min_samples_leaf"] == 10


def test_a_class_that_passes_keywords_on_has_the_arguments_of_its_base(breast_cancer):
    pytest.importorskip("xgboost")
    boosted = ["model=estimator", "model.estimator=xgboost.XGBClassifier", "gradient=[]"]
    composed = compose(breast_cancer, boosted)
    plan(composed)
    assert set(composed.recipe.tuning["space"]["model"]["params"]) == set(SPACES["XGBClassifier"])
    assert composed.recipe.model["params"] == dict.fromkeys(SPACES["XGBClassifier"])
