"""Estimators fitted here, held against scikit-learn used directly on the same rows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from xaiframe.data.face import Data
from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.errors import ModelError
from xaiframe.model.estimator import FILE, PREPARATION, Estimator
from xaiframe.model.preparation import Holding
from xaiframe.model.trees import TreeModel

LOGISTIC = "sklearn.linear_model.LogisticRegression"
FOREST = "sklearn.ensemble.RandomForestClassifier"
CODE = """
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

def build(C=1.0, fine=True):
    known = make_column_transformer((OneHotEncoder(), ["home"]), (StandardScaler(), ["age"]))
    return make_pipeline(known, LogisticRegression(C=C))

def number(C=1.0):
    return C
"""


@pytest.fixture
def package(trusted_package: Callable[[str, str], Path]) -> str:
    trusted_package("ourpipes", CODE)
    return "ourpipes.build"


@pytest.fixture(scope="module")
def data() -> Data:
    return Table("builtin:breast_cancer", "diagnosis").load()


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Data:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 120))
    lines = [f"{x:.4f},{y:.4f},{300 + 40 * x + 9 * y * y:.3f}" for x, y in zip(a, b, strict=True)]
    path = tmp_path_factory.mktemp("rows") / "r.csv"
    path.write_text("\n".join(["a,b,y", *lines]))
    return Table(str(path), "y", task="regression").load()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Data:
    random = np.random.default_rng(0)
    homes, ages = random.choice(["owned", "rented"], 90), random.integers(18, 80, 90)
    lines = [
        f"{home},{age},{'yes' if age > 40 else 'no'}" for home, age in zip(homes, ages, strict=True)
    ]
    path = tmp_path_factory.mktemp("rows") / "m.csv"
    path.write_text("\n".join(["home,age,repaid", *lines]))
    return Table(str(path), "repaid").load()


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Data:
    lines = [f"{'ab'[k % 2]},{'win money' if k % 2 else 'see you'} at {k % 7}" for k in range(60)]
    path = tmp_path_factory.mktemp("rows") / "t.csv"
    path.write_text("\n".join(["label,message", *lines]))
    return Text(str(path), "message", "label").load()


def learnt(data: Data, name: str, seed: int = 3, **more: Any):
    return Estimator(name, **more).learn(data, None, (), seed, data)


def test_a_linear_model_is_scikit_learns_on_standardised_columns(data: Data) -> None:
    own = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(data.train.x, data.train.y)
    model = learnt(data, LOGISTIC, params={"C": 0.5}).model
    expected = own.predict_proba(data.test.x.astype(float))
    np.testing.assert_allclose(model.probabilities(data.test.x), expected, atol=1e-6)
    assert model.provides == ()


def test_a_forest_is_seeded_is_not_standardised_and_shows_its_trees(data: Data) -> None:
    own = RandomForestClassifier(20, random_state=3).fit(data.train.x, data.train.y)
    model = learnt(data, FOREST, params={"n_estimators": 20}).model
    expected = own.predict_proba(data.test.x)
    np.testing.assert_allclose(model.probabilities(data.test.x), expected, atol=1e-12)
    assert isinstance(model, TreeModel)
    assert model.provides == ("trees",)
    other = learnt(data, FOREST, seed=4, params={"n_estimators": 20}).model
    assert other.digest != model.digest
    assert learnt(data, FOREST, params={"n_estimators": 20}).model.digest == model.digest


def test_what_stands_before_it_is_part_of_it(data: Data) -> None:
    before = [{"estimator": "sklearn.decomposition.PCA", "params": {"n_components": 3}}]
    own = make_pipeline(StandardScaler(), PCA(3, random_state=3), GaussianNB())
    own.fit(data.train.x.astype(float), data.train.y)
    model = learnt(data, "sklearn.naive_bayes.GaussianNB", before=before).model
    expected = own.predict_proba(data.test.x.astype(float))
    np.testing.assert_allclose(model.probabilities(data.test.x), expected, atol=1e-6)


def test_a_target_is_standardised_for_a_regression_and_told_in_its_own_units(
    regression: Data,
) -> None:
    scaled = TransformedTargetRegressor(Lasso(0.1), transformer=StandardScaler())
    own = make_pipeline(StandardScaler(), scaled)
    own.fit(regression.train.x.astype(float), regression.train.y)
    model = learnt(regression, "sklearn.linear_model.Lasso", params={"alpha": 0.1}).model
    expected = own.predict(regression.test.x.astype(float))
    np.testing.assert_allclose(model.predictions(regression.test.x), expected, rtol=1e-5)
    trees = learnt(regression, "sklearn.ensemble.HistGradientBoostingRegressor").model
    plain = HistGradientBoostingRegressor(random_state=3).fit(
        regression.train.x, regression.train.y
    )
    found = trees.predictions(regression.test.x)
    np.testing.assert_allclose(found, plain.predict(regression.test.x), rtol=1e-9)


def test_a_decision_function_is_taken_as_logits(data: Data) -> None:
    own = make_pipeline(StandardScaler(), LinearSVC(random_state=3))
    own.fit(data.train.x.astype(float), data.train.y)
    found = learnt(data, "sklearn.svm.LinearSVC").model
    half = own.decision_function(data.test.x.astype(float)) / 2
    np.testing.assert_allclose(found.raw(data.test.x), np.stack([-half, half], 1), atol=1e-5)
    assert any("not calibrated" in one for one in found.notices)


def test_messages_are_counted(messages: Data) -> None:
    texts = messages.encoding.raw(messages.train.x)
    own = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, messages.train.y)
    model = learnt(messages, LOGISTIC).model
    expected = own.predict_proba(messages.encoding.raw(messages.test.x))
    np.testing.assert_allclose(model.probabilities(messages.test.x), expected, atol=1e-9)


def test_a_users_pipeline_gets_the_raw_columns(package: str, mixed: Data) -> None:
    found = Estimator(package, {"C": 2.0}, raw=True).learn(mixed, None, (), 0, mixed)
    frame = mixed.encoding.raw(mixed.test.x)
    own = sys.modules["ourpipes"].build(2.0)
    own.fit(mixed.encoding.raw(mixed.train.x), mixed.train.y)
    expected = own.predict_proba(frame)
    np.testing.assert_allclose(found.model.probabilities(mixed.test.x), expected, atol=1e-9)
    inside = Estimator(package, {"logisticregression__C": 2.0}, raw=True)
    same = inside.learn(mixed, None, (), 0, mixed).model
    np.testing.assert_allclose(same.probabilities(mixed.test.x), expected, atol=1e-9)


def test_another_source_of_a_part_is_another_model(
    trusted_package: Callable[[str, str], Path],
) -> None:
    """Its own class, a transformer before it, an estimator inside it."""
    file = trusted_package("ourparts", CODE)
    for node in (
        Estimator("ourparts.build"),
        Estimator(LOGISTIC, before=[{"estimator": "ourparts.build"}]),
        Estimator("sklearn.ensemble.BaggingClassifier",
                  {"estimator": {"estimator": "ourparts.build"}}),
    ):  # fmt: skip
        file.write_text(CODE)
        before = node.code
        file.write_text(CODE + "\n# changed\n")
        assert before
        assert node.code != before
    assert Estimator(LOGISTIC, before=[{"estimator": "sklearn.decomposition.PCA"}]).code == ""


def test_what_was_stored_is_the_same_model(data: Data, regression: Data) -> None:
    architecture = Estimator(FOREST, {"n_estimators": 5})
    found = architecture.learn(data, None, (), 0, data)
    again = architecture.restore(found.files, data)
    assert again.digest == found.model.digest
    np.testing.assert_array_equal(again.raw(data.test.x), found.model.raw(data.test.x))
    assert list(found.files) == [FILE]


def test_a_preparation_stands_before_it_and_is_stored(data: Data) -> None:
    keep = torch.ones(30)
    keep[:10] = 0.0
    layer = Holding(keep, torch.where(keep == 0, 7.0, 0.0))
    architecture = Estimator(FOREST, {"n_estimators": 5})
    found = architecture.learn(data, None, (layer,), 0, data)
    held = data.train.x.copy()
    held[:, :10] = 7.0
    own = RandomForestClassifier(5, random_state=0).fit(held, data.train.y)
    rows = data.test.x.copy()
    rows[:, :10] = 7.0
    again = architecture.restore(found.files, data)
    np.testing.assert_allclose(again.probabilities(data.test.x), own.predict_proba(rows))
    assert set(found.files) == {FILE, PREPARATION}
    plain = architecture.learn(replace(data, train=replace(data.train, x=held)), None, (), 0, data)
    assert plain.model.digest != again.digest


def test_weights_reach_it_or_rows_are_drawn_by_them(data: Data) -> None:
    weight = np.where(data.train.y == 1, 3.0, 0.5)
    weight /= weight.mean()
    own = LogisticRegression()
    scaled = StandardScaler().fit(data.train.x.astype(float), sample_weight=None)
    own.fit(scaled.transform(data.train.x.astype(float)), data.train.y, sample_weight=weight)
    found = Estimator(LOGISTIC).learn(data, weight, (), 0, data)
    expected = own.predict_proba(scaled.transform(data.test.x.astype(float)))
    np.testing.assert_allclose(found.model.probabilities(data.test.x), expected, atol=1e-6)
    assert found.notices == ()
    neighbours = Estimator("sklearn.neighbors.KNeighborsClassifier", {"n_neighbors": 15})
    drawn = neighbours.learn(data, weight, (), 0, data)
    assert "drawn by weight" in drawn.notices[0]
    plain = neighbours.learn(data, None, (), 0, data).model.probabilities(data.test.x)
    assert drawn.model.probabilities(data.test.x)[:, 1].mean() > plain[:, 1].mean()


def test_what_it_said_of_its_fit_is_kept(data: Data) -> None:
    found = learnt(data, LOGISTIC, params={"max_iter": 1})
    assert any("converge" in one for one in found.notices)


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("os.system", {}, "os.system is not trusted, nor imported"),
        ("sklearn.datasets.load_files", {}, "not trusted, nor imported"),
        ("sklearn.utils._testing.assert_allclose", {}, "not trusted, nor imported"),
        ("sklearn.base.clone", {}, "sklearn.base.clone is no estimator"),
        ("sklearn.ensemble.Nothing", {}, "cannot be imported"),
        (LOGISTIC, {"params": {"D": 1}}, "cannot be made with D"),
        (LOGISTIC, {"params": {"C": -1.0}}, "cannot be fitted on these data.*'C' parameter"),
        (LOGISTIC, {"before": [{"estimator": "os.path.join"}]}, "before.1: os.path.join is not"),
        ("sklearn.linear_model.Ridge", {}, "is a regressor, the task is classification"),
        ("sklearn.linear_model.Perceptron", {"params": {"warm_start": 3}}, "warm_start"),
        ("sklearn.neighbors.NearestNeighbors", {}, "has no classes"),
        ("sklearn.pipeline.Pipeline", {"params": {"steps": [], "memory": "x"}}, "read pickles"),
        (
            "sklearn.model_selection.GridSearchCV",
            {"params": {"estimator": {"estimator": "sklearn.pipeline.Pipeline",
                                      "params": {"steps": []}},
                        "param_grid": [{"memory": ["somewhere"]}]}},
            "memory is refused: it would read pickles",
        ),
        (
            LOGISTIC,
            {"before": [{"estimator": "sklearn.feature_extraction.text.CountVectorizer",
                         "params": {"input": "filename"}}]},
            "read the files",
        ),
    ],
)  # fmt: skip
def test_what_is_not_right_is_named(data: Data, name: str, more: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        learnt(data, name, **more)


def test_a_function_that_makes_no_estimator_is_named(package: str, data: Data) -> None:
    with pytest.raises(ModelError, match="makes a float, which cannot be fitted"):
        learnt(data, "ourpipes.number")


def test_a_classifier_is_refused_for_a_regression(regression: Data) -> None:
    with pytest.raises(ModelError, match="is a classifier, the task is regression"):
        learnt(regression, LOGISTIC)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"estimator": "no name"}, r"is not package\.module\.Class"),
        ({"estimator": LOGISTIC, "before": ["PCA"]}, "before has 'PCA'"),
    ],
)
def test_a_malformed_node_is_refused(keys: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Estimator(**keys)
