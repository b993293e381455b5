import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance
from sklearn.metrics import balanced_accuracy_score, r2_score

from xaiframe.perturbation.permutation_importance import PermutationImportance

SLOPES = torch.tensor([[2.0, -1.0], [1.0, 0.0], [0.0, 0.0]])


class Direct(BaseEstimator):
    """scikit-learn's own way: the estimator sees the columns themselves."""

    def __init__(self, predict):
        self.predict = predict

    def fit(self):
        return self


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_table_gives_what_scikit_learn_gives_on_its_columns(make_population, task):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    if task == "classification":
        y = (x[:, 0] + rng.normal(size=60) > 0).astype(int)
        population = make_population(lambda x: x @ SLOPES, x, y, classes=("no", "yes"), seed=3)
        metric = balanced_accuracy_score
    else:
        y = (x @ SLOPES.numpy()[:, 0] + 0.1 * rng.normal(size=60)).astype(np.float32)
        population = make_population(lambda x: (x @ SLOPES)[:, 0], x, y, seed=3)
        metric = r2_score
    found = PermutationImportance(repeats=4).explain(population)
    theirs = permutation_importance(
        Direct(population.model.predictions),
        x,
        y,
        scoring=lambda model, rows, truth: metric(truth, model.predict(rows)),
        n_repeats=4,
        random_state=3,
    )
    np.testing.assert_allclose(found.samples, theirs.importances, atol=1e-6)
    np.testing.assert_allclose(found.values, theirs.importances_mean, atol=1e-6)
    np.testing.assert_allclose(found.error, theirs.importances_std, atol=1e-6)
    assert found.values[2] == 0  # no slope, no importance


def test_a_patch_is_shuffled_as_a_whole(make_population):
    # Patch 0's two pixels are always equal and the model reads their difference: shuffling the
    # patch as a whole keeps it 0, shuffling pixels apart would not. Patch 1 carries the target.
    rng = np.random.default_rng(1)
    left, right = rng.normal(size=(2, 50, 1, 1, 1))
    x = np.concatenate([left, left, right, 0 * right], axis=-1)
    mask = np.array([[[0, 0, 1, 1]]])
    population = make_population(
        lambda x: 10 * (x[:, 0, 0, 0] - x[:, 0, 0, 1]) + x[:, 0, 0, 2],
        x,
        right.ravel().astype(np.float32),
        mask=mask,
    )
    found = PermutationImportance(repeats=5).explain(population)
    np.testing.assert_allclose(found.samples[0], 0, atol=1e-6)
    assert found.values[1] == pytest.approx(2, abs=0.6)  # R² of a shuffled copy is about −1
    assert found.n == 50
    assert found.unit == "score drop"


def test_evaluations_are_those_the_model_counted(make_population):
    x = np.random.default_rng(2).normal(size=(20, 3))
    population = make_population(lambda x: x[:, 0], x, x[:, 0].astype(np.float32))
    before = population.model.evaluations
    found = PermutationImportance(repeats=2).explain(population)
    assert found.evaluations == population.model.evaluations - before == 20 * (3 * 2 + 1)


def test_a_single_repeat_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        PermutationImportance(repeats=1)
