import hashlib
import os
import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
import skops.io
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import LinearSVC

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.model import trusted
from xaiframe.model.sklearn_pipeline import Sklearn

COLOURS = ("blue", "green", "red")


class Mixed(Identity):
    """Two numbers and a colour of three, one-hot: ``x`` is ``(n, 5)``."""

    def raw(self, x):
        names = np.array(COLOURS, dtype=object)[x[:, 2:].argmax(axis=1)]
        return pd.DataFrame({"age": x[:, 0], "income": x[:, 1], "colour": names})


def rows(n: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    colour = np.eye(3)[random.integers(3, size=n)]
    return np.hstack([random.normal(size=(n, 2)), colour]).astype(np.float32)


def data_of(x, y, classes=("no", "yes"), **more) -> Data:
    part = Split(np.arange(len(x)), x, y, pd.DataFrame(x))
    settings = {
        "modality": "table",
        "features": ("age", "income", "colour"),
        "feature_mask": np.array([0, 1, 2, 2, 2]),
        "encoding": Mixed(),
    }
    task = "classification" if classes else "regression"
    return Data(
        task=task, train=part, validation=part, test=part, classes=classes, **settings | more
    )


@pytest.fixture
def data() -> Data:
    x = rows(80)
    return data_of(x, (x[:, 0] + x[:, 4] > 0.4).astype(np.int64))


def labels(data: Data) -> np.ndarray:
    return np.array(data.classes, dtype=object)[data.train.y]


def columns() -> object:
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["colour"]), (StandardScaler(), ["income", "age"])
    )


def saved(model, folder, name="model.skops") -> str:
    path = folder / name
    if path.suffix == ".skops":
        skops.io.dump(model, path)
    else:
        path.write_bytes(pickle.dumps(model))
    return str(path)


def fitted(data, last) -> object:
    return make_pipeline(columns(), last).fit(data.encoding.raw(data.train.x), labels(data))


def test_a_pipeline_answers_on_the_users_own_columns(tmp_path, data):
    pipeline = fitted(data, LogisticRegression())
    model = Sklearn(saved(pipeline, tmp_path)).load(data)
    fresh = rows(9, seed=1)
    expected = pipeline.predict_proba(data.encoding.raw(fresh))
    np.testing.assert_allclose(model.raw(fresh), expected, rtol=1e-12)
    log_odds = pipeline.decision_function(data.encoding.raw(fresh))
    np.testing.assert_allclose(model.scores(fresh, "logit")[:, 1], log_odds, rtol=1e-5)
    assert (model.gives, model.provides, model.notices) == ("probability", (), ())


def test_the_columns_come_in_the_order_of_the_fit_and_those_never_fitted_are_left_out(
    tmp_path, data
):
    raw = data.encoding.raw(data.train.x)[["income", "age"]]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(raw, labels(data))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Sklearn(saved(pipeline, tmp_path)).load(data)
        found = model.raw(data.test.x)
    np.testing.assert_allclose(found, pipeline.predict_proba(raw), rtol=1e-12)
    assert model.notices == ("The model does not read colour",)


def test_missing_columns_are_all_named(tmp_path, data):
    raw = data.encoding.raw(data.train.x).rename(columns={"age": "years", "income": "wage"})
    model = LogisticRegression().fit(raw[["years", "wage"]], labels(data))
    with pytest.raises(ModelError) as caught:
        Sklearn(saved(model, tmp_path)).load(data)
    first, second = caught.value.problems
    assert "'years'" in first.message
    assert "'wage'" in second.message
    assert "age, income, colour" in first.hint


def test_a_model_fitted_without_names_must_fit_in_width(tmp_path, data):
    raw = data.encoding.raw(data.train.x)[["age", "income"]].to_numpy()
    path = saved(LogisticRegression().fit(raw, labels(data)), tmp_path)
    with pytest.raises(ModelError, match="2 columns without names"):
        Sklearn(path).load(data)
    x = rows(40)[:, :2]
    plain = data_of(x, (x[:, 0] > 0).astype(int), features=("age", "income"),
                    feature_mask=np.arange(2), encoding=Identity())  # fmt: skip
    model = Sklearn(path).load(plain)
    assert "without column names" in model.notices[0]
    assert model.raw(x).shape == (40, 2)


def test_the_outputs_come_in_the_order_of_the_datas_classes(tmp_path, data):
    pipeline = fitted(data, LogisticRegression())
    turned = data_of(data.train.x, 1 - data.train.y, classes=("yes", "no"))
    model = Sklearn(saved(pipeline, tmp_path)).load(turned)
    expected = pipeline.predict_proba(data.encoding.raw(data.test.x))[:, ::-1]
    np.testing.assert_allclose(model.raw(data.test.x), expected)


def test_other_classes_are_refused_and_numbers_can_be_named(tmp_path, data):
    numbered = make_pipeline(columns(), LogisticRegression())
    numbered.fit(data.encoding.raw(data.train.x), data.train.y)
    path = saved(numbered, tmp_path)
    with pytest.raises(ModelError, match=r"classes are 0, 1 .*no, yes"):
        Sklearn(path).load(data)
    model = Sklearn(path, classes=("no", "yes")).load(data)
    assert (model.predictions(data.test.x) == data.test.y).mean() > 0.9
    with pytest.raises(ModelError, match="names 1 classes, the model has 2"):
        Sklearn(path, classes=("no",)).load(data)


def test_a_decision_function_becomes_log_odds_with_a_warning_about_calibration(tmp_path, data):
    pipeline = fitted(data, LinearSVC())
    model = Sklearn(saved(pipeline, tmp_path)).load(data)
    distance = pipeline.decision_function(data.encoding.raw(data.test.x))
    np.testing.assert_allclose(model.scores(data.test.x, "logit")[:, 1], distance, rtol=1e-6)
    assert "not calibrated" in model.notices[0]


def test_many_classes_keep_one_decision_each(tmp_path):
    x = rows(90)
    y = x[:, 2:].argmax(axis=1)
    data = data_of(x, y, classes=COLOURS)
    pipeline = fitted(data, RidgeClassifier())
    model = Sklearn(saved(pipeline, tmp_path)).load(data)
    np.testing.assert_allclose(
        model.raw(x), pipeline.decision_function(data.encoding.raw(x)), rtol=1e-6
    )


class Labels(DummyClassifier):
    """Gives labels only."""

    predict_proba = property()


def test_a_model_that_gives_labels_only_is_refused_with_the_reason(tmp_path, data, monkeypatch):
    model = Labels().fit(data.encoding.raw(data.train.x), labels(data))
    path = saved(model, tmp_path, "model.pkl")
    vouch(monkeypatch, path)
    with pytest.raises(ModelError, match=r"labels only.*CalibratedClassifierCV"):
        Sklearn(path).load(data)


def test_regression_gives_the_value_and_a_classifier_is_none(tmp_path, data):
    x = data.train.x
    target = data_of(x, x[:, 0] * 1000, classes=())
    raw = target.encoding.raw(x)
    pipeline = make_pipeline(columns(), LinearRegression()).fit(raw, x[:, 0] * 1000)
    model = Sklearn(saved(pipeline, tmp_path)).load(target)
    np.testing.assert_allclose(model.predictions(x), x[:, 0] * 1000, rtol=1e-3, atol=0.1)
    classifier = saved(fitted(data, LogisticRegression()), tmp_path, "other.skops")
    with pytest.raises(ModelError, match="no regression model"):
        Sklearn(classifier).load(target)
    with pytest.raises(ModelError, match="has no classes"):
        Sklearn(saved(pipeline, tmp_path)).load(data)


def test_trees_fitted_on_pandas_categories_are_found_in_a_skops_file(tmp_path, data):
    raw = data.encoding.raw(data.train.x).astype({"colour": "category"})
    boosting = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3)
    boosting.fit(raw, labels(data))
    assert boosting.is_categorical_.any()
    model = Sklearn(saved(boosting, tmp_path)).load(data)
    np.testing.assert_allclose(model.raw(data.test.x), boosting.predict_proba(raw))


def test_an_estimator_that_wants_pandas_categories_gets_them(tmp_path, data, monkeypatch):
    raw = data.encoding.raw(data.train.x).astype({"colour": "category"})
    boosting = LGBMClassifier(n_estimators=5, min_child_samples=3, n_jobs=1, verbose=-1)
    boosting.fit(raw, labels(data))
    path = saved(boosting, tmp_path, "model.pkl")
    vouch(monkeypatch, path)
    model = Sklearn(path).load(data)
    np.testing.assert_allclose(model.raw(data.test.x), boosting.predict_proba(raw))
    alone = [model.raw(data.test.x[k : k + 1])[0] for k in range(10)]
    np.testing.assert_allclose(alone, model.raw(data.test.x)[:10])
    assert model.notices == ("The model gets texts as pandas' categories",)


def test_text_reaches_a_vectoriser_as_strings(tmp_path):
    words = ("buy now", "hello you", "win money now", "see you soon")
    messages = np.array([[k % 4] for k in range(40)], dtype=np.float32)

    class Messages(Identity):
        def raw(self, x):
            return [words[int(one)] for one in x[:, 0]]

    data = data_of(messages, (messages[:, 0] % 2 == 0).astype(int), classes=("ham", "spam"),
                   modality="text", features=("word 1",), feature_mask=np.zeros(1, dtype=int),
                   encoding=Messages())  # fmt: skip
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    pipeline.fit(data.encoding.raw(messages), labels(data))
    model = Sklearn(saved(pipeline, tmp_path)).load(data)
    np.testing.assert_allclose(
        model.raw(messages), pipeline.predict_proba(data.encoding.raw(messages))
    )


def test_a_forest_that_asks_for_every_processor_answers_the_same_on_one(tmp_path, data):
    pipeline = fitted(data, RandomForestClassifier(10, n_jobs=-1, random_state=0))
    model = Sklearn(saved(pipeline, tmp_path)).load(data)
    expected = pipeline.predict_proba(data.encoding.raw(data.test.x))
    np.testing.assert_allclose(model.raw(data.test.x), expected)


def test_another_version_of_the_library_is_noted_and_no_warning_leaks(tmp_path, data, monkeypatch):
    monkeypatch.setattr("sklearn.base.__version__", "1.5.0")
    path = saved(fitted(data, LogisticRegression()), tmp_path)
    monkeypatch.undo()
    model = Sklearn(path).load(data)
    assert any("1.5.0" in notice for notice in model.notices)


def vouch(monkeypatch, path) -> None:
    with open(path, "rb") as stream:
        sha256 = hashlib.sha256(stream.read()).hexdigest()
    monkeypatch.setattr(trusted, "allowed_pickles", frozenset({sha256}))


class Canary:
    """A pickle that leaves a folder behind when it is opened."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.pickle"])
def test_a_pickle_is_not_opened_unless_the_user_vouches_for_it(tmp_path, data, monkeypatch, name):
    path = saved(Canary(tmp_path / "ran"), tmp_path, name)
    with pytest.raises(ModelError) as caught:
        Sklearn(path).load(data)
    [problem] = caught.value.problems
    assert "was not opened" in problem.message
    assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() in problem.hint
    assert not (tmp_path / "ran").exists()
    vouch(monkeypatch, path)
    with pytest.raises(ModelError):
        Sklearn(path).load(data)
    assert (tmp_path / "ran").exists(), "the canary can sing"


def test_a_vouched_pickle_answers(tmp_path, data, monkeypatch):
    pipeline = fitted(data, LogisticRegression())
    path = saved(pipeline, tmp_path, "model.pkl")
    vouch(monkeypatch, path)
    expected = pipeline.predict_proba(data.encoding.raw(data.test.x))
    np.testing.assert_allclose(Sklearn(path).load(data).raw(data.test.x), expected)


@pytest.mark.parametrize("wrap", [lambda function, _: function, partial])
def test_a_skops_file_with_a_strange_type_is_refused_and_not_run(tmp_path, data, wrap):
    ran = tmp_path / "ran"
    step = FunctionTransformer(wrap(os.mkdir, str(ran)))
    pipeline = make_pipeline(step, LogisticRegression())
    pipeline.steps[1][1].fit(rows(20), labels(data)[:20])
    path = saved(pipeline, tmp_path)
    with pytest.raises(ModelError) as caught:
        Sklearn(path).load(data)
    [problem] = caught.value.problems
    assert "mkdir" in problem.message
    assert "--trust" in problem.hint
    assert not ran.exists()


def test_types_of_a_trusted_package_are_allowed(tmp_path, data, monkeypatch):
    pipeline = make_pipeline(FunctionTransformer(pd.isna), LogisticRegression())
    raw = data.encoding.raw(data.train.x)[["age", "income"]]
    path = saved(pipeline.fit(raw, labels(data)), tmp_path)
    with pytest.raises(ModelError, match="pandas"):
        Sklearn(path).load(data)
    monkeypatch.setattr(trusted, "allowed", ("pandas",))
    assert Sklearn(path).load(data).raw(data.test.x).shape == (80, 2)


@pytest.mark.parametrize("kept", [0, 10, 400])
def test_a_truncated_file_is_named(tmp_path, data, kept):
    path = saved(fitted(data, LogisticRegression()), tmp_path)
    (tmp_path / "model.skops").write_bytes((tmp_path / "model.skops").read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"model\.skops: cannot be read"):
        Sklearn(path).load(data)


def test_a_file_that_is_not_there_or_no_model_is_named(tmp_path, data):
    with pytest.raises(ModelError, match="No such file"):
        Sklearn(str(tmp_path / "none.skops")).load(data)
    (tmp_path / "model.h5").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"\.h5 is not read"):
        Sklearn(str(tmp_path / "model.h5")).load(data)


def test_a_model_that_cannot_answer_these_rows_says_so(tmp_path, data):
    raw = data.encoding.raw(data.train.x).assign(colour=1.0)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(raw, labels(data))
    with pytest.raises(ModelError, match=r"cannot answer rows .*could not convert"):
        Sklearn(saved(pipeline, tmp_path)).load(data)


@pytest.mark.parametrize(
    "last",
    [
        [KBinsDiscretizer(4, strategy="uniform"), LogisticRegression()],
        [SplineTransformer(), LogisticRegression()],
        [SelectKBest(k=2), LogisticRegression()],
        [KNeighborsClassifier()],
        [CalibratedClassifierCV()],
        [HistGradientBoostingClassifier(max_iter=5)],
        [RandomForestClassifier(5)],
    ],
    ids=lambda last: type(last[0]).__name__,
)
def test_what_people_put_into_pipelines_is_read(tmp_path, data, last):
    steps = (columns(), SimpleImputer(), *last)
    model = make_pipeline(*steps).fit(data.encoding.raw(data.train.x), labels(data))
    read = Sklearn(saved(model, tmp_path)).load(data)
    expected = model.predict_proba(data.encoding.raw(data.train.x[:9]))
    np.testing.assert_allclose(read.raw(data.train.x[:9]), expected, atol=1e-6)
