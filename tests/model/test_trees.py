import os
import sys

import lightgbm
import numpy as np
import pandas as pd
import pytest
import skops.io
import xgboost
from scipy.special import softmax
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.model.trees import Trees

X = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
TWO = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)
THREE = np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])
VALUE = X[:, 0] * 3 + X[:, 1] * X[:, 2]


def data_of(y, classes=(), x=X, **more) -> Data:
    part = Split(np.arange(len(x)), x, np.asarray(y), pd.DataFrame(x))
    settings = {"features": ("a", "b", "c"), "feature_mask": np.arange(3)} | more
    return Data(
        modality="table",
        task="classification" if classes else "regression",
        train=part,
        validation=part,
        test=part,
        classes=classes,
        **settings,
    )


BINARY = data_of(TWO, ("no", "yes"))
MANY = data_of(THREE, ("high", "low", "middle"))
REAL = data_of(VALUE.astype(np.float32))


def boosted(folder, objective, y, frame=X, ending="json", **options) -> tuple[str, object]:
    rows = xgboost.DMatrix(frame, y, nthread=1, enable_categorical=True)
    parameters = {"objective": objective, "nthread": 1}
    booster = xgboost.train(parameters | options, rows, 12)
    path = folder / f"model.{ending}"
    booster.save_model(path)
    return str(path), booster


def light(folder, objective, y, frame=X, **options) -> tuple[str, object]:
    parameters = {"objective": objective, "num_threads": 1, "verbose": -1, "min_data_in_leaf": 5}
    rows = lightgbm.Dataset(frame, y, categorical_feature=options.pop("categories", "auto"))
    booster = lightgbm.train(parameters | options, rows, 12)
    path = folder / "model.txt"
    booster.save_model(path)
    return str(path), booster


def forest(folder, estimator, y, frame=X) -> tuple[str, object]:
    path = folder / "model.skops"
    skops.io.dump(estimator.fit(frame, y), path)
    return str(path), estimator


@pytest.mark.parametrize("ending", ["json", "ubj"])
def test_xgboost_gives_the_probabilities_it_gives_itself(tmp_path, ending):
    path, booster = boosted(tmp_path, "binary:logistic", TWO, ending=ending)
    model = Trees(path).load(BINARY)
    expected = booster.predict(xgboost.DMatrix(X, nthread=1))
    np.testing.assert_allclose(model.probabilities(X)[:, 1], expected, rtol=1e-5)
    assert (model.gives, model.provides) == ("logit", ("trees",))
    path, booster = boosted(tmp_path, "multi:softprob", THREE, num_class=3, ending=ending)
    expected = booster.predict(xgboost.DMatrix(X, nthread=1))
    np.testing.assert_allclose(Trees(path).load(MANY).probabilities(X), expected, atol=1e-6)
    path, booster = boosted(tmp_path, "reg:squarederror", VALUE, ending=ending)
    expected = booster.predict(xgboost.DMatrix(X, nthread=1))
    np.testing.assert_allclose(Trees(path).load(REAL).predictions(X), expected, rtol=1e-6)


@pytest.mark.parametrize("sigmoid", [1.0, 2.0])
def test_lightgbm_gives_the_probabilities_it_gives_itself(tmp_path, sigmoid):
    path, booster = light(tmp_path, "binary", TWO, sigmoid=sigmoid)
    model = Trees(path).load(BINARY)
    np.testing.assert_allclose(model.probabilities(X)[:, 1], booster.predict(X), rtol=1e-6)
    path, booster = light(tmp_path, "multiclass", THREE, num_class=3)
    np.testing.assert_allclose(Trees(path).load(MANY).probabilities(X), booster.predict(X))
    path, booster = light(tmp_path, "regression", VALUE)
    np.testing.assert_allclose(Trees(path).load(REAL).predictions(X), booster.predict(X))


@pytest.mark.parametrize(
    ("estimator", "data"),
    [
        (RandomForestClassifier(5, random_state=0), BINARY),
        (DecisionTreeClassifier(random_state=0, max_depth=3), MANY),
        (GradientBoostingClassifier(n_estimators=5), BINARY),
        (GradientBoostingClassifier(n_estimators=5, loss="exponential"), BINARY),
        (GradientBoostingClassifier(n_estimators=5), MANY),
        (HistGradientBoostingClassifier(max_iter=5), BINARY),
        (HistGradientBoostingClassifier(max_iter=5), MANY),
    ],
    ids=lambda one: type(one).__name__,
)
def test_scikit_learn_gives_the_probabilities_it_gives_itself(tmp_path, estimator, data):
    path, estimator = forest(tmp_path, estimator, np.array(data.classes)[data.train.y])
    model = Trees(path).load(data)
    order = [list(estimator.classes_).index(name) for name in data.classes]
    expected = estimator.predict_proba(X)[:, order]
    np.testing.assert_allclose(model.probabilities(X), expected, rtol=1e-6, atol=1e-12)
    hindered = len(data.classes) > 2 and isinstance(estimator, GradientBoostingClassifier)
    assert model.provides == (() if hindered else ("trees",))


@pytest.mark.parametrize(
    "estimator", [ExtraTreesRegressor(5), HistGradientBoostingRegressor(max_iter=5)]
)
def test_scikit_learn_regression_gives_the_value(tmp_path, estimator):
    path, estimator = forest(tmp_path, estimator, VALUE)
    np.testing.assert_allclose(Trees(path).load(REAL).predictions(X), estimator.predict(X))


def test_columns_are_found_by_name_in_any_order(tmp_path):
    frame = pd.DataFrame({"c": X[:, 2], "a": X[:, 0]})
    path, booster = boosted(tmp_path, "reg:squarederror", VALUE, frame)
    model = Trees(path).load(REAL)
    expected = booster.predict(xgboost.DMatrix(frame, nthread=1))
    np.testing.assert_allclose(model.predictions(X), expected, rtol=1e-6)
    assert model.notices == ("The trees do not read b",)


class Mixed(Identity):
    """A number and a colour of two, one-hot."""

    def __init__(self) -> None:
        super().__init__()
        self.levels = {"colour": ("green", "red")}

    def values(self, x):
        return np.stack([x[:, 0], x[:, 2]], axis=1).astype(np.float64)


def mixed() -> Data:
    red = (X[:, 1] > 0).astype(np.float32)
    x = np.stack([X[:, 0], 1 - red, red], axis=1)
    y = X[:, 0] + red
    return data_of(y, x=x, features=("age", "colour"), feature_mask=np.array([0, 1, 1]),
                   encoding=Mixed())  # fmt: skip


def test_the_width_decides_whether_trees_read_features_or_elements(tmp_path):
    data = mixed()
    x, y = data.train.x, data.train.y
    path, elements = boosted(tmp_path, "reg:squarederror", y, x)
    model = Trees(path).load(data)
    expected = elements.predict(xgboost.DMatrix(x, nthread=1))
    np.testing.assert_allclose(model.predictions(x), expected, rtol=1e-6)
    assert model.columns.owner.tolist() == [0, 1, 1]
    frame = pd.DataFrame(data.encoding.values(x), columns=["age", "colour"])
    path, codes = boosted(tmp_path, "reg:squarederror", y, frame)
    model = Trees(path).load(data)
    expected = codes.predict(xgboost.DMatrix(frame, nthread=1))
    np.testing.assert_allclose(model.predictions(x), expected, rtol=1e-6)
    assert model.notices == ("Codes of colour in the trees: 0 green, 1 red",)


def test_unknown_columns_are_all_named_and_widths_compared(tmp_path):
    frame = pd.DataFrame(X[:, :2], columns=["years", "wage"])
    path, _ = boosted(tmp_path, "reg:squarederror", VALUE, frame)
    with pytest.raises(ModelError) as caught:
        Trees(path).load(REAL)
    assert ["years" in caught.value.problems[0].message, len(caught.value.problems)] == [True, 2]
    path, _ = light(tmp_path, "regression", VALUE, X[:, :2])
    with pytest.raises(ModelError, match=r"2 columns without names .*3 features"):
        Trees(path).load(REAL)


def test_classes_that_do_not_fit_are_refused_and_numbers_can_be_named(tmp_path):
    path, booster = boosted(tmp_path, "binary:logistic", TWO)
    with pytest.raises(ModelError, match=r"puts out 2 numbers \(3 expected\)"):
        Trees(path).load(MANY)
    turned = Trees(path, classes=("yes", "no")).load(BINARY)
    expected = booster.predict(xgboost.DMatrix(X, nthread=1))
    np.testing.assert_allclose(turned.probabilities(X)[:, 0], expected, rtol=1e-5)
    path, _ = forest(tmp_path, RandomForestClassifier(2), TWO)
    with pytest.raises(ModelError, match="its classes are 0, 1"):
        Trees(path).load(BINARY)
    assert Trees(path, classes=("no", "yes")).load(BINARY).classes == ("no", "yes")


@pytest.mark.parametrize(
    ("objective", "data", "message"),
    [
        ("binary:logistic", REAL, "objective is binary:logistic"),
        ("binary:hinge", BINARY, "binary:hinge gives no logits"),
        ("reg:squarederror", BINARY, "reg:squarederror gives no logits"),
    ],
)
def test_another_task_is_refused(tmp_path, objective, data, message):
    with pytest.raises(ModelError, match=message):
        Trees(boosted(tmp_path, objective, TWO)[0]).load(data)


def test_a_prediction_behind_a_link_is_given_but_its_trees_are_not(tmp_path):
    counts = np.exp(VALUE / 4).round()
    path, booster = boosted(tmp_path, "count:poisson", counts)
    model = Trees(path).load(data_of(counts.astype(np.float32)))
    expected = booster.predict(xgboost.DMatrix(X, nthread=1))
    np.testing.assert_allclose(model.predictions(X), expected, rtol=1e-6)
    assert model.provides == ()
    assert "not the sum of the trees" in model.notices[-1]


def test_splits_on_categories_are_answered_but_not_read(tmp_path):
    data = mixed()
    x = data.train.x
    codes = data.encoding.values(x)
    frame = pd.DataFrame({"age": codes[:, 0], "colour": pd.Categorical(codes[:, 1].astype(int))})
    path, booster = boosted(tmp_path, "reg:squarederror", data.train.y, frame)
    model = Trees(path).load(data)
    expected = booster.predict(xgboost.DMatrix(frame, nthread=1, enable_categorical=True))
    np.testing.assert_allclose(model.predictions(x), expected, rtol=1e-6)
    assert model.provides == ()
    options = {"categories": [1], "min_data_per_group": 5}
    path, booster = light(tmp_path, "regression", data.train.y, codes, **options)
    model = Trees(path).load(data)
    np.testing.assert_allclose(model.predictions(x), booster.predict(codes))
    assert model.provides == ()


def test_rounds_after_the_best_do_not_answer(tmp_path):
    rows = xgboost.DMatrix(X, TWO, nthread=1)
    noise = xgboost.DMatrix(X, np.random.default_rng(1).integers(2, size=len(X)), nthread=1)
    booster = xgboost.train(
        {"objective": "binary:logistic", "nthread": 1},
        rows, 40, evals=[(noise, "heldout")], early_stopping_rounds=3, verbose_eval=False,
    )  # fmt: skip
    booster.save_model(tmp_path / "model.json")
    model = Trees(str(tmp_path / "model.json")).load(BINARY)
    best = (0, booster.best_iteration + 1)
    expected = booster.predict(rows, iteration_range=best)
    np.testing.assert_allclose(model.probabilities(X)[:, 1], expected, rtol=1e-5)
    assert "stopped early" in model.notices[0]


def test_a_linear_booster_and_a_pipeline_are_no_trees(tmp_path):
    path, _ = boosted(tmp_path, "reg:squarederror", VALUE, booster="gblinear")
    with pytest.raises(ModelError, match="no trees"):
        Trees(path).load(REAL)
    path, _ = forest(tmp_path, LogisticRegression(), TWO)
    with pytest.raises(ModelError, match="no tree ensemble"):
        Trees(path).load(BINARY)


@pytest.mark.parametrize("ending", ["json", "ubj", "txt", "skops"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_named(tmp_path, ending, share):
    if ending == "txt":
        path, _ = light(tmp_path, "binary", TWO)
    elif ending == "skops":
        path, _ = forest(tmp_path, RandomForestClassifier(2), TWO)
    else:
        path, _ = boosted(tmp_path, "binary:logistic", TWO, ending=ending)
    content = (tmp_path / f"model.{ending}").read_bytes()
    (tmp_path / f"model.{ending}").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=f"model.{ending}: (cannot be read|it is no whole)"):
        Trees(path).load(BINARY)


def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch):
    path, _ = light(tmp_path, "binary", TWO)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(ModelError, match=r"library that made it is missing.*xaiframe\[trees\]"):
        Trees(path).load(BINARY)


def test_a_strange_type_in_a_skops_file_is_refused(tmp_path):
    skops.io.dump(FunctionTransformer(os.system), tmp_path / "model.skops")
    with pytest.raises(ModelError, match="system"):
        Trees(str(tmp_path / "model.skops")).load(BINARY)


def test_two_logits_are_zero_and_the_log_odds(tmp_path):
    path, booster = boosted(tmp_path, "binary:logistic", TWO)
    raw = Trees(path).load(BINARY).raw(X)
    margin = booster.predict(xgboost.DMatrix(X, nthread=1), output_margin=True)
    np.testing.assert_allclose(raw, np.stack([np.zeros(len(X)), margin], axis=1), rtol=1e-6)
    np.testing.assert_allclose(softmax(raw, axis=1)[:, 1], 1 / (1 + np.exp(-margin)), rtol=1e-6)
