"""The tree finds rules that are there, and is held against the audited model row by row."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from xaiframe.catalogue.values import cost
from xaiframe.errors import NotApplicable
from xaiframe.intrinsic.decision_tree import DecisionTree

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(600, 4))
RULE = (X[:, 0] > 0.5) & (X[:, 2] <= -0.25)


def value(found, quantity):
    return found.comparison.set_index("quantity").loc[quantity]


def coin(x):
    """A model that has learnt nothing but one feature's sign."""
    return np.stack([-x[:, 3], x[:, 3]], axis=1)


def test_a_rule_is_found_and_the_audited_model_is_worse(population_of, numbers):
    data = numbers(X, RULE, ("no", "yes"))
    found = DecisionTree().explain(population_of(data, coin))
    assert found.size == 3
    assert set(found.tree.loc[found.tree["kind"] != "", "feature"]) == {"f0", "f2"}
    guess = (data.test.x[:, 3] > 0).astype(int)
    assert value(found, "audited")["value"] == pytest.approx(
        balanced_accuracy_score(data.test.y, guess)
    )
    assert value(found, "score")["value"] > 0.95
    difference = value(found, "difference")
    assert difference["high"] < 0
    assert difference["value"] == pytest.approx(
        value(found, "audited")["value"] - value(found, "score")["value"]
    )


def test_the_fewest_leaves_that_score_best(population_of, numbers):
    noise = numbers(X, RANDOM.integers(0, 2, 600) * 0 + (X[:, 1] > 0), ("no", "yes"))
    assert DecisionTree(leaves=16).explain(population_of(noise, coin)).size == 2


def test_values(population_of, numbers):
    y = np.where(X[:, 0] > 0, 5.0, 0.0) + np.where(X[:, 1] > 0, 2.0, 0.0)
    data = numbers(X, y)
    found = DecisionTree().explain(population_of(data, lambda x: x[:, :1]))
    assert found.comparison["unit"].tolist() == ["R²", "R²", "R²", "correlation"]
    assert value(found, "score")["value"] > 0.95
    due = np.corrcoef(data.test.x[:, 0], y[450:])[0, 1]
    assert value(found, "agreement")["value"] == pytest.approx(due, abs=0.05)


def test_words(population_of, messages):
    found = DecisionTree().explain(population_of(messages, lambda x: np.zeros((len(x), 2))))
    assert found.tree.iloc[0][["kind", "feature"]].tolist() == ["word", "money"]
    assert found.tree["answer"].tolist()[1:] == ["spam", "ham"]
    assert value(found, "score")["value"] == 1


def test_levels_and_balance(population_of, levels):
    answer = lambda x: np.zeros((len(x), 2))
    plain = DecisionTree().explain(population_of(levels, answer))
    assert {"level", "number"} & set(plain.tree["kind"])
    even = DecisionTree(class_weight="balanced", leaves=2).explain(population_of(levels, answer))
    assert even.tree["share"].iloc[0] == pytest.approx(0.5)


def test_cost_is_what_is_spent_whatever_the_batch(population_of, numbers):
    data = numbers(X, RULE, ("no", "yes"))
    one, other = (
        DecisionTree().explain(population_of(data, coin, limit=limit)) for limit in (7, 8192)
    )
    assert one.evaluations == other.evaluations == cost(DecisionTree.cost, {"test": 150})
    assert one.comparison.equals(other.comparison)


def test_refusals(population_of, numbers):
    with pytest.raises(NotApplicable, match="one class"):
        DecisionTree().explain(population_of(numbers(X, X[:, 0] * 0, ("a", "b")), coin))
    for wrong in ({"depth": 0}, {"leaves": 1}):
        with pytest.raises(ValueError, match="at least"):
            DecisionTree(**wrong)
