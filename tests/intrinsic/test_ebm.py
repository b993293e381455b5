"""Curves of an explainable boosting machine against additive truths and interpret's own answers."""

import sys

import numpy as np
import pytest

from xaiframe.catalogue.values import cost
from xaiframe.errors import NotApplicable
from xaiframe.intrinsic.ebm import EBM, frame

pytest.importorskip("interpret")
RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(-2, 2, size=(800, 3))
Y = 2 * X[:, 0] + X[:, 1] ** 2


@pytest.fixture
def found(population_of, numbers):
    """Of values."""
    return EBM(bags=2).explain(population_of(numbers(X, Y), lambda x: x[:, :1]))


def test_curves_are_the_additive_truth(found):
    for name, truth in (("f0", lambda x: 2 * x), ("f1", lambda x: x**2)):
        own = found.shapes[found.shapes["feature"] == name]
        inner = own[(own["x"] > -1.8) & (own["x"] < 1.8)]
        due = truth(inner["x"].to_numpy())
        assert np.corrcoef(inner["value"], due)[0, 1] > 0.99
        assert np.ptp(inner["value"]) == pytest.approx(np.ptp(due), rel=0.15)


def test_the_leading_feature_comes_first_and_the_idle_one_last(found):
    order = found.shapes.drop_duplicates("feature")
    assert order["feature"].tolist() == ["f0", "f1", "f2"]
    assert order["importance"].is_monotonic_decreasing
    assert found.comparison.set_index("quantity").loc["score", "value"] > 0.95


def read(shapes, feature, at):
    """The step of a curve that a value falls into."""
    own = shapes[shapes["feature"] == feature]
    place = np.searchsorted(own["x"].to_numpy()[1:-1], at, side="right")
    return own["value"].to_numpy()[place]


@pytest.mark.parametrize("classes", [("no", "yes"), ("low", "middle", "high")])
def test_curves_sum_to_the_models_score(population_of, numbers, classes):
    from interpret.glassbox import ExplainableBoostingClassifier

    y = np.digitize(Y, [1.0] if len(classes) == 2 else [0.0, 2.5])
    data = numbers(X, y, classes)
    population = population_of(data, lambda x: np.tile(x[:, :1], len(classes)))
    shapes = EBM(bags=2).explain(population).shapes
    machine = ExplainableBoostingClassifier(
        feature_types=["continuous"] * 3, interactions=0, outer_bags=2, n_jobs=1, random_state=0
    ).fit(frame(data, data.train.x), data.train.y)
    rows = data.test.x[:40]
    logits = machine.decision_function(frame(data, rows))
    for output in shapes["output"].unique():
        own = shapes[shapes["output"] == output]
        total = sum(read(own, name, rows[:, at]) for at, name in enumerate(data.features))
        which = classes.index(output)
        if len(classes) == 2:
            due = logits if which else -logits
        else:
            due = 1.5 * (logits[:, which] - logits.mean(axis=1))
        np.testing.assert_allclose(total - total.mean(), due - due.mean(), atol=1e-5)


def test_levels_and_gaps(population_of, levels):
    found = EBM(bags=2).explain(population_of(levels, lambda x: np.zeros((len(x), 2))))
    own = found.shapes[found.shapes["feature"] == "colour"].set_index("x")["value"]
    known = list(levels.encoding.levels["colour"])
    assert set(own.index) == set(range(len(known)))
    red, blue = own[known.index("red")], own[known.index("blue")]
    gap = found.shapes[found.shapes["x"].isna()]
    assert gap["feature"].tolist() == ["size"]
    sign = 1 if found.shapes["output"].iloc[0] == "a" else -1
    assert sign * (red - blue) > 0.5


def test_cost_is_what_is_spent_whatever_the_batch(population_of, numbers, found):
    again = EBM(bags=2).explain(population_of(numbers(X, Y), lambda x: x[:, :1], limit=7))
    assert again.evaluations == cost(EBM.cost, {"test": 200})
    assert again.shapes.equals(found.shapes)


def test_without_the_library_the_extra_is_named(population_of, numbers, monkeypatch):
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    with pytest.raises(NotApplicable, match=r"xaiframe\[ebm\]"):
        EBM().explain(population_of(numbers(X, Y), lambda x: x[:, :1]))


def test_bad_parameters():
    with pytest.raises(ValueError, match="bags"):
        EBM(bags=1)
