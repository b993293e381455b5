import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence

from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.pdp import PDP
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Population, Scorer


def additive(x):
    return 3 * torch.sin(x[:, 0]) + x[:, 1] ** 2 - 0.5 * x[:, 2]


def test_an_additive_model_shows_its_own_terms(make_population):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    found = PDP(top=3, points=7).explain(make_population(additive, x))
    rest = (x[:, 1].astype(float) ** 2 - 0.5 * x[:, 2]).mean()
    np.testing.assert_allclose(
        found.average["f0"], 3 * np.sin(found.grid["f0"]) + rest, rtol=1e-4, atol=1e-4
    )
    curves = found.individual["f0"]
    assert curves.shape == (40, 7)
    # No interaction: every individual curve has the average's shape.
    shapes = curves - curves.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(shapes, np.broadcast_to(shapes[0], shapes.shape), atol=1e-5)


def test_the_features_with_the_largest_spread_come_first(make_population):
    x = np.random.default_rng(0).uniform(-1, 1, size=(60, 4))
    model = lambda x: 0.1 * x[:, 0] - 8 * torch.relu(x[:, 1]) + 3 * x[:, 3]
    found = PDP(top=2, points=5).explain(make_population(model, x))
    assert list(found.average) == ["f1", "f3"]
    assert found.n == 60


def test_agrees_with_scikit_learn_on_an_interaction(make_population):
    class Product(RegressorMixin, BaseEstimator):
        def fit(self):
            return self

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, x):
            return x[:, 0] * x[:, 1]

    x = np.random.default_rng(1).normal(1, 1, size=(50, 2)).astype(np.float32)
    found = PDP(points=6, curves=50).explain(make_population(lambda x: x[:, 0] * x[:, 1], x))
    theirs = partial_dependence(Product(), x.astype(float), [1], kind="both", grid_resolution=6)
    np.testing.assert_allclose(found.grid["f1"], theirs["grid_values"][0])
    np.testing.assert_allclose(found.average["f1"], theirs["average"][0], rtol=1e-5)
    np.testing.assert_allclose(
        found.individual["f1"], theirs["individual"][0], rtol=1e-5, atol=1e-6
    )


def test_each_row_is_scored_at_its_own_target(make_population):
    x = np.random.default_rng(2).normal(size=(10, 2)).astype(np.float32)
    targets = np.arange(10) % 3
    population = make_population(
        lambda x: torch.stack([x[:, 0], -x[:, 0], 0 * x[:, 0]], dim=1),
        x,
        targets,
        classes=("a", "b", "c"),
        targets=targets,
    )
    found = PDP(points=4).explain(population)
    sign = np.array([1.5, -1.5, 0])[targets]  # each logit less the mean of the others
    np.testing.assert_allclose(found.individual["f0"], sign[:, None] * found.grid["f0"], atol=1e-6)


def test_columns_of_few_values_or_one_dominant_value(make_population):
    x = np.zeros((100, 3))
    x[:, 0] = np.arange(100) % 2  # binary: two points
    x[:2, 1] = 5  # nearly always 0: the quantiles coincide
    x[:4, 2] = [1, 1.5, 1.8, 2]  # constant between the 5 % and 95 % quantiles
    x[-4:, 2] = [-3, -2, -1.5, -1]
    found = PDP(points=4).explain(make_population(lambda x: x.sum(dim=1), x))
    assert found.grid["f0"].tolist() == [0, 1]
    assert found.grid["f1"].tolist() == [0, 5]
    assert found.grid["f2"].min() == -3
    assert found.grid["f2"].max() == 2


def test_a_feature_of_several_columns_is_refused(make_population):
    population = make_population(lambda x: x[:, 0], np.eye(4), mask=np.array([0, 0, 1, 2]))
    with pytest.raises(NotApplicable, match="several columns"):
        PDP().explain(population)


def test_a_constant_column_has_no_curve(make_population):
    x = np.c_[np.zeros(10), np.arange(10)]
    assert list(PDP(points=3).explain(make_population(lambda x: x[:, 1], x)).average) == ["f1"]
    with pytest.raises(NotApplicable, match="more than one value"):
        PDP().explain(make_population(lambda x: x[:, 0], np.zeros((5, 2))))


def test_rows_are_bounded_and_spread_over_the_sample(make_population):
    x = np.arange(100, dtype=float)[:, None]
    found = PDP(points=3, curves=5).explain(make_population(lambda x: x[:, 0], x))
    assert found.n == 5
    assert found.evaluations == 5 * 3
    assert found.grid["f0"][0] < 10
    assert found.grid["f0"][-1] > 90


def test_bad_parameters_are_refused():
    for wrong in ({"top": 0}, {"points": 1}, {"curves": 0}):
        with pytest.raises(ValueError, match="at least"):
            PDP(**wrong)


def test_a_category_is_set_to_each_of_its_levels(tmp_path):
    random, n = np.random.default_rng(0), 120
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(n) < 0.3, np.nan, random.normal(5, 2, n)),
            "colour": random.choice(["red", "green", "blue"], n),
            "new": random.random(n) > 0.4,
            "y": random.normal(size=n),
        }
    )
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    data = Table(str(tmp_path / "mixed.csv"), "y", task="regression").load()
    linear = torch.nn.Linear(6, 1, bias=False)
    linear.weight.data[:] = torch.tensor([1.5, 3.0, 5.0, -1.0, 2.0, -2.0])
    model = WhiteBox(linear, "regression", (), ())
    reference = Reference(data.train.x[:2], np.full(2, 0.5), "logit", None)
    targets = np.zeros(len(data.test), dtype=int)
    found = PDP(points=4).explain(
        Population(model, Scorer(model, reference), data, data.test, targets, 0)
    )
    assert data.encoding.levels["colour"] == ("blue", "green", "red")
    np.testing.assert_array_equal(found.grid["colour"], [0, 1, 2])
    others = data.test.x[:, [0, 1, 5]] @ [1.5, 3.0, -2.0]
    expected = others.mean() + np.array([5.0, -1.0, 2.0])
    np.testing.assert_allclose(found.average["colour"], expected, rtol=1e-5)
    np.testing.assert_allclose(np.diff(found.average["new"]), [-2.0], rtol=1e-4)
    # A missing number that is set to a value is no longer missing.
    slope = np.diff(found.average["size"]) / np.diff(found.grid["size"])
    np.testing.assert_allclose(slope, 1.5, rtol=1e-4)
