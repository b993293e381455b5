"""Estimators inside estimators, tuples where scikit-learn wants them, and the seed."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from xaiframe.model.estimators.making import made, seeded


def test_an_estimator_inside_is_made_and_its_parameters_are_set():
    inner = {"estimator": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": 3}}
    params = {"estimator": inner, "n_estimators": 5, "estimator__min_samples_leaf": 4}
    found = made("model", "sklearn.ensemble.BaggingClassifier", params)
    assert isinstance(found.estimator, DecisionTreeClassifier)
    assert (found.estimator.max_depth, found.estimator.min_samples_leaf) == (3, 4)
    assert found.n_estimators == 5


def test_a_list_of_named_steps_is_a_pipeline():
    steps = [["scale", {"estimator": "sklearn.preprocessing.StandardScaler"}],
             ["svc", {"estimator": "sklearn.svm.LinearSVC"}]]  # fmt: skip
    found = made("model", "sklearn.pipeline.Pipeline", {"steps": steps})
    assert found.fit([[0.0], [1.0]] * 5, [0, 1] * 5).predict([[1.0]]) == [1]


def test_a_list_is_a_tuple_where_the_default_is_one():
    found = made("model", "sklearn.feature_extraction.text.CountVectorizer",
                 {"ngram_range": [1, 2]})  # fmt: skip
    assert found.ngram_range == (1, 2)
    found.fit(["win money now"])
    assert "win money" in found.vocabulary_


def test_the_seed_reaches_what_has_none_however_deep():
    inner = make_pipeline(CalibratedClassifierCV(LinearSVC()), LinearSVC(random_state=9))
    found = seeded(inner, 4)
    steps = [step for _, step in found.steps]
    assert steps[0].estimator.random_state == 4
    assert steps[1].random_state == 9
