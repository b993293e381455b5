import numpy as np
import pytest
import torch
from sklearn import metrics
from torch import nn

from xaiframe.data.table import Table
from xaiframe.model.face import WhiteBox
from xaiframe.runner.metrics import calibration, confusion, predictions, resamples, split_facts


@pytest.fixture(scope="module")
def data():
    return Table("builtin:breast_cancer", "diagnosis").data


@pytest.fixture(scope="module")
def model(data):
    torch.manual_seed(0)
    network = nn.Sequential(nn.LayerNorm(30), nn.Linear(30, 2))
    return WhiteBox(network, "classification", data.classes, ())


@pytest.fixture(scope="module")
def facts(data, model):
    return {fact.name: fact for fact in split_facts(model, data.test, "test", 0)}


def test_every_metric_equals_scikit_learn(data, model, facts):
    y, p = data.test.y, model.probabilities(data.test.x)
    guess = p.argmax(axis=1)
    expected = {
        "test.accuracy": metrics.accuracy_score(y, guess),
        "test.balanced_accuracy": metrics.balanced_accuracy_score(y, guess),
        "test.score": metrics.balanced_accuracy_score(y, guess),
        "test.f1": metrics.f1_score(y, guess, average="macro"),
        "test.auroc": metrics.roc_auc_score(y, p[:, 1]),
        "test.confidence_gap": p.max(axis=1).mean() - metrics.accuracy_score(y, guess),
    }
    for name, value in expected.items():
        assert facts[name].value == pytest.approx(value, abs=1e-5), name
        low, high = facts[name].interval
        assert low <= facts[name].value <= high
        assert facts[name].n == len(y)


def test_calibration_error_is_the_weighted_gap_of_the_reliability_diagram(data, model, facts):
    bins = calibration(model, data.test)
    gap = (bins["n"] * (bins["confidence"] - bins["accuracy"]).abs()).sum() / bins["n"].sum()
    assert facts["test.calibration_error"].value == pytest.approx(gap, abs=1e-6)
    assert bins["n"].sum() == len(data.test)


def test_regression_metrics_equal_scikit_learn(data):
    network = nn.Sequential(nn.Linear(30, 1))
    model = WhiteBox(network, "regression", (), ())
    rows = data.test
    numbers = type(rows)(rows.ids, rows.x, rows.x[:, 0].copy(), rows.frame)
    found = {fact.name: fact.value for fact in split_facts(model, numbers, "test", 0)}
    guess = model.predictions(rows.x)
    assert found["test.r2"] == pytest.approx(metrics.r2_score(numbers.y, guess), rel=1e-3)
    assert found["test.mae"] == pytest.approx(
        metrics.mean_absolute_error(numbers.y, guess), rel=1e-4
    )
    assert found["test.rmse"] == pytest.approx(
        metrics.root_mean_squared_error(numbers.y, guess), rel=1e-4
    )


def test_resamples_keep_every_class_at_its_size():
    y = np.array([0] * 3 + [1] * 17)
    for draw in resamples(y, "classification", 50, 0):
        assert np.bincount(y[draw]).tolist() == [3, 17]


def test_tables_count_every_row_once(data, model):
    assert len(predictions(model, data)) == 569
    table = confusion(model, data)
    expected = metrics.confusion_matrix(data.test.y, model.predictions(data.test.x))
    assert table["count"].tolist() == expected.reshape(-1).tolist()
