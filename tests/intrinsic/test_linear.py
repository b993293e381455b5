"""Weights against the truth, their errors against refits, and what is read off a linear model."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from xaiframe.catalogue.values import cost
from xaiframe.errors import NotApplicable
from xaiframe.intrinsic.linear import Linear, told
from xaiframe.intrinsic.spread import ridge

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2000, 3)) * [1.0, 2.0, 0.5] + [0.0, 5.0, 1.0]
WEIGHTS = np.array([1.0, -0.5, 0.0])
SCORE = X @ WEIGHTS + 2.5


def weights_of(found, output):
    return found.terms[found.terms["output"] == output].set_index("feature")


def two(score):
    return np.stack([-score, score], axis=1)


def test_values_are_least_squares_per_standard_deviation(population_of, numbers):
    y = SCORE + RANDOM.normal(size=2000)
    data = numbers(X, y)
    found = weights_of(Linear().explain(population_of(data, lambda x: x[:, :1])), "target")
    spread = data.train.x.std(axis=0)
    due = LinearRegression().fit(data.train.x, data.train.y).coef_ * spread
    np.testing.assert_allclose(found["value"], due, rtol=0.02, atol=0.01)
    assert ((found["low"] < WEIGHTS * spread) & (WEIGHTS * spread < found["high"])).all()


def test_errors_are_whites_where_there_is_no_penalty():
    x = RANDOM.normal(size=(200, 2))
    x -= x.mean(axis=0)
    residual = RANDOM.normal(size=200) * (1 + np.abs(x[:, 0]))
    inverse = np.linalg.inv(x.T @ x)
    due = inverse @ (x.T * residual**2) @ x @ inverse * 200 / 197
    own = ridge(x, residual, 1e-9, np.ones(200))
    np.testing.assert_allclose(own, np.sqrt(np.diag(due)), rtol=0.02)


@pytest.mark.parametrize("classes", [2, 3])
def test_errors_of_classes_are_the_scatter_of_refits(classes):
    random = np.random.default_rng(1)
    x = random.normal(size=(600, 3))
    logits = np.stack([x[:, 0], -x[:, 1], x[:, 2] * 0.5], axis=1)[:, :classes]
    y = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)

    def fit(rows):
        fitted = LogisticRegression(C=1.0, max_iter=500).fit(x[rows], y[rows])
        return told(fitted, x[rows], y[rows], None)

    _, error = fit(np.arange(600))
    again = [fit(random.integers(0, 600, 600))[0] for _ in range(150)]
    np.testing.assert_allclose(error, np.std(again, axis=0, ddof=1), rtol=0.25)


def test_a_weight_is_the_log_odds_and_mirrors_that_of_the_other_class(population_of, numbers):
    y = RANDOM.random(2000) < 1 / (1 + np.exp(-SCORE))
    data = numbers(X, y, ("no", "yes"))
    found = Linear().explain(population_of(data, lambda x: two(x[:, 0])))
    yes, no = weights_of(found, "yes"), weights_of(found, "no")
    np.testing.assert_allclose(yes["value"], -no["value"])
    due = WEIGHTS * data.train.x.std(axis=0)
    assert ((yes["low"] < due) & (due < yes["high"])).all()
    assert np.exp(yes.loc["f0", "value"]) == pytest.approx(np.exp(due[0]), rel=0.3)


@pytest.mark.parametrize("gives", ["logit", "probability"])
def test_a_linear_models_own_weights_are_read_off_its_answers(population_of, numbers, gives):
    def answer(x):
        score = x.astype(np.float64) @ WEIGHTS + 2.5
        share = 1 / (1 + np.exp(-score))
        return two(score / 2) if gives == "logit" else np.stack([1 - share, share], axis=1)

    data = numbers(X, SCORE > 0, ("no", "yes"))
    found = weights_of(Linear().explain(population_of(data, answer, gives)), "yes")
    np.testing.assert_allclose(found["audited"], WEIGHTS * data.train.x.std(axis=0), atol=1e-4)


def test_of_a_model_that_is_no_sum_nothing_is_read(population_of, numbers):
    data = numbers(X, SCORE > 0, ("no", "yes"))
    found = Linear().explain(population_of(data, lambda x: two(np.tanh(x[:, 0]))))
    assert found.terms["audited"].isna().all()


def test_a_level_and_a_gap_count_where_they_hold(population_of, levels):
    found = Linear().explain(population_of(levels, lambda x: np.zeros((len(x), 2))))
    told = found.terms[found.terms["output"] == "a"].set_index(["feature", "kind", "level"])
    red, blue = (told.loc["colour", "level", one]["value"] for one in ("red", "blue"))
    assert 1 < red - blue < 3
    assert told.loc["size", "gap", ""]["unit"] == 1


def test_words(population_of, messages):
    found = weights_of(Linear().explain(population_of(messages, lambda x: two(x[:, 0]))), "spam")
    assert found["value"].idxmax() == "money"
    assert (found["kind"] == "word").all()


def test_three_classes_count_against_the_mean_of_the_others(population_of, numbers):
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    data = numbers(X, y, ("low", "middle", "high"))
    found = Linear().explain(population_of(data, lambda x: x))
    np.testing.assert_allclose(
        sum(weights_of(found, one)["value"] for one in data.classes), 0, atol=1e-4
    )
    assert weights_of(found, "high").loc["f0", "value"] > 1
    assert found.comparison["quantity"].tolist() == ["score", "audited", "difference", "agreement"]


def test_cost_is_what_is_spent_whatever_the_batch(population_of, numbers):
    data = numbers(X, SCORE > 0, ("no", "yes"))
    populations = [population_of(data, lambda x: two(x[:, 0]), limit=one) for one in (7, 8192)]
    one, other = (Linear().explain(population) for population in populations)
    due = cost(Linear.cost, {"test": 500, "train": 1000})
    assert one.evaluations == other.evaluations == populations[0].model.evaluations == due
    assert one.terms.equals(other.terms)


def test_one_class_is_refused(population_of, numbers):
    with pytest.raises(NotApplicable, match="one class"):
        Linear().explain(population_of(numbers(X, X[:, 0] * 0, ("a", "b")), lambda x: two(x[:, 0])))
