"""TreeSHAP against the definition, by enumeration, for each library that makes trees."""

from dataclasses import replace

import lightgbm
import numpy as np
import pandas as pd
import pytest
import skops.io
import xgboost
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.model.trees import Trees
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.tree_shap import TreeShap
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

FEATURES = 5
X = np.random.default_rng(0).normal(size=(150, FEATURES)).astype(np.float32)
SIGNAL = X[:, 0] * X[:, 1] + X[:, 2]
TARGETS = {
    ("no", "yes"): (SIGNAL > 0).astype(int),
    ("a", "b", "c"): np.digitize(SIGNAL, [-0.6, 0.6]),
    (): SIGNAL,
}
XGBOOST = {2: "binary:logistic", 3: "multi:softprob", 0: "reg:squarederror"}
LIGHTGBM = {2: "binary", 3: "multiclass", 0: "regression"}


def by_xgboost(folder, classes, **options) -> str:
    wanted = {"objective": XGBOOST[len(classes)], "nthread": 1, "max_depth": 4}
    many = {"num_class": 3} if len(classes) == 3 else {}
    rows = xgboost.DMatrix(X, TARGETS[classes], nthread=1)
    xgboost.train(wanted | many | options, rows, 15).save_model(folder / "model.json")
    return str(folder / "model.json")


def by_lightgbm(folder, classes, **options) -> str:
    wanted = {"objective": LIGHTGBM[len(classes)], "num_threads": 1, "verbose": -1}
    many = {"num_class": 3} if len(classes) == 3 else {}
    rows = lightgbm.Dataset(X, TARGETS[classes])
    lightgbm.train(wanted | many | options, rows, 15).save_model(folder / "model.txt")
    return str(folder / "model.txt")


def by_scikit_learn(folder, classes, estimator) -> str:
    y = np.array(classes)[TARGETS[classes]] if classes else TARGETS[classes]
    skops.io.dump(estimator.fit(X, y), folder / "model.skops")
    return str(folder / "model.skops")


def data_of(classes, mask=None) -> Data:
    part = Split(np.arange(len(X)), X, TARGETS[classes], pd.DataFrame(X))
    mask = np.arange(FEATURES) if mask is None else mask
    return Data(
        modality="table",
        task="classification" if classes else "regression",
        train=part,
        validation=part,
        test=part,
        features=tuple(f"f{k}" for k in range(mask.max() + 1)),
        feature_mask=mask,
        classes=classes,
    )


def bank_of(path, classes, output="logit", weights=(1, 1, 1, 1), rows=4) -> CoalitionBank:
    data = data_of(classes)
    model = Trees(path).load(data)
    weights = np.array(weights, dtype=float)
    reference = Reference(X[: len(weights)], weights / weights.sum(), output, None)
    x = X[60 : 60 + rows]
    scorer = Scorer(model, reference)
    return CoalitionBank(scorer, data, x, reference.targets(model, x), np.arange(rows), seed=0)


def check(bank, shapley) -> None:
    found = TreeShap().explain(bank)
    for position, own in enumerate(bank.x):

        def worth(kept, own=own, target=bank.targets[position]):
            hybrid = np.where(kept, own, bank.reference.background)
            return bank.reference.weights @ bank.scorer(hybrid.astype(np.float32), target)

        np.testing.assert_allclose(found.values[position], shapley(worth, FEATURES), atol=2e-5)
    gain = bank.full - bank.empty
    np.testing.assert_allclose(found.values.sum(axis=1), gain, atol=2e-5)
    np.testing.assert_allclose(found.base, bank.empty)
    assert found.error is None


@pytest.mark.parametrize("classes", list(TARGETS), ids=len)
@pytest.mark.parametrize("make", [by_xgboost, by_lightgbm])
def test_boosted_trees_get_the_shapley_values_of_the_score(tmp_path, shapley, make, classes):
    check(bank_of(make(tmp_path, classes), classes), shapley)


def test_a_steeper_link_of_lightgbm_is_part_of_the_score(tmp_path, shapley):
    check(bank_of(by_lightgbm(tmp_path, ("no", "yes"), sigmoid=2.0), ("no", "yes")), shapley)


@pytest.mark.parametrize(
    ("estimator", "classes"),
    [
        (GradientBoostingClassifier(n_estimators=8), ("no", "yes")),
        (HistGradientBoostingClassifier(max_iter=8), ("no", "yes")),
        (HistGradientBoostingClassifier(max_iter=8), ("a", "b", "c")),
        (HistGradientBoostingRegressor(max_iter=8), ()),
        (RandomForestRegressor(5, random_state=0), ()),
    ],
    ids=lambda one: type(one).__name__,
)
def test_scikit_learns_trees_as_well(tmp_path, shapley, estimator, classes):
    check(bank_of(by_scikit_learn(tmp_path, classes, estimator), classes), shapley)


@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")], ids=len)
def test_a_forest_gets_those_of_its_probability_and_none_of_its_logit(tmp_path, shapley, classes):
    path = by_scikit_learn(tmp_path, classes, RandomForestClassifier(6, random_state=0))
    check(bank_of(path, classes, "probability"), shapley)
    with pytest.raises(NotApplicable, match=r"set reference.output: probability"):
        TreeShap().explain(bank_of(path, classes))


def test_the_probability_of_boosted_trees_is_no_sum_of_trees(tmp_path):
    bank = bank_of(by_xgboost(tmp_path, ("no", "yes")), ("no", "yes"), "probability")
    with pytest.raises(NotApplicable, match="no sum of trees"):
        TreeShap().explain(bank)


@pytest.mark.parametrize("weights", [(2, 1, 1, 3, 2), (1,), (1,) * 130])
def test_background_rows_count_as_much_as_they_weigh(tmp_path, weights):
    bank = bank_of(by_xgboost(tmp_path, ("no", "yes")), ("no", "yes"), weights=weights)
    exact = KernelShap(samples=30).explain(bank)
    assert (exact.error == 0).all()
    np.testing.assert_allclose(TreeShap().explain(bank).values, exact.values, atol=2e-5)


def test_it_costs_one_look_at_instances_and_background(tmp_path):
    found = TreeShap().explain(bank_of(by_xgboost(tmp_path, ()), (), rows=7))
    assert found.evaluations == 7 + 4


class Gaps(Identity):
    """Five numbers, and behind them an element that says whether the first is missing."""

    def values(self, x):
        found = x[:, :FEATURES].astype(np.float64)
        found[x[:, FEATURES] > 0.5, 0] = np.nan
        return found


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "scikit-learn"])
def test_missing_values_go_where_each_library_sends_them(tmp_path, shapley, library):
    gap = np.random.default_rng(1).random(len(X)) < 0.3
    x = np.hstack([X, gap[:, None]]).astype(np.float32)
    rows, y = Gaps().values(x), SIGNAL + gap
    if library == "xgboost":
        path = tmp_path / "model.json"
        missing = xgboost.DMatrix(rows, y, nthread=1)
        xgboost.train({"nthread": 1, "max_depth": 4}, missing, 15).save_model(path)
    elif library == "lightgbm":
        path = tmp_path / "model.txt"
        settings = {"objective": "regression", "num_threads": 1, "verbose": -1}
        lightgbm.train(settings, lightgbm.Dataset(rows, y), 15).save_model(path)
    else:
        path = tmp_path / "model.skops"
        skops.io.dump(HistGradientBoostingRegressor(max_iter=8).fit(rows, y), path)
    data = replace(data_of((), np.array([0, 1, 2, 3, 4, 0])), encoding=Gaps())
    model = Trees(str(path)).load(data)
    np.testing.assert_array_equal(model.columns.owner, np.arange(FEATURES))
    scorer = Scorer(model, Reference(x[:4], np.full(4, 0.25), "logit", None))
    bank = CoalitionBank(scorer, data, x[60:66], np.zeros(6, dtype=int), np.arange(6), 0)
    assert gap[60:66].any()
    found, exact = TreeShap().explain(bank), KernelShap(samples=30).explain(bank)
    np.testing.assert_allclose(found.values, exact.values, atol=2e-5)


def test_a_feature_of_several_columns_is_refused(tmp_path):
    path = by_xgboost(tmp_path, ())
    data = data_of((), np.array([0, 1, 1, 2, 3]))
    scorer = Scorer(Trees(path).load(data), Reference(X[:3], np.full(3, 1 / 3), "logit", None))
    bank = CoalitionBank(scorer, data, X[:2], np.zeros(2, dtype=int), np.arange(2), 0)
    with pytest.raises(NotApplicable, match="f1 is several columns to the trees"):
        TreeShap().explain(bank)


def test_the_sum_over_a_features_columns_would_not_be_its_shapley_value(tmp_path, shapley):
    """Why it is refused: in a game of three, players who are joined gain or lose together."""
    worth = {0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 1}
    bits = 1 << np.arange(3)
    apart = shapley(lambda kept: worth[int(kept @ bits)], 3)
    joined = shapley(lambda kept: worth[int(kept[[0, 1, 1]] @ bits)], 2)
    assert apart[1] + apart[2] == pytest.approx(2 / 3)
    assert joined[1] == pytest.approx(1 / 2)


def test_trees_that_shap_misreads_are_refused(tmp_path):
    bank = bank_of(by_xgboost(tmp_path, (), booster="dart", rate_drop=0.5), ())
    assert "DART" in bank.scorer.model.notices[-1]
    with pytest.raises(NotApplicable, match="cannot be read"):
        TreeShap().explain(bank)
    ensemble = bank.scorer.model.ensemble
    object.__setattr__(ensemble, "obstacle", "")
    with pytest.raises(NotApplicable, match="the sum is off by"):
        TreeShap().explain(bank)
