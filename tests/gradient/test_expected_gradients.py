"""Expected gradients: integrated gradients by sampling, within their stated error."""

import numpy as np
import pytest

from xaiframe.gradient.expected_gradients import ExpectedGradients
from xaiframe.gradient.integrated_gradients import IntegratedGradients


@pytest.fixture
def background():
    return np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)


@pytest.fixture
def share():
    return np.random.default_rng(4).dirichlet(np.ones(5))


def test_linear_model_and_one_row_give_weight_times_distance_without_error(
    bank_of, linear, weights, rows, background
):
    bank = bank_of(linear, rows, background[:1])
    answer = ExpectedGradients(samples=8).explain(bank)
    np.testing.assert_allclose(answer.values, weights * (rows - background[0]), rtol=1e-4)
    np.testing.assert_allclose(answer.error, 0, atol=1e-4)


def test_it_comes_to_integrated_gradients_within_its_error(bank_of, mlp, rows, background, share):
    bank = bank_of(mlp, rows, background, share, classes=3)
    exact = IntegratedGradients(steps=256).explain(bank).values
    answer = ExpectedGradients(samples=4000).explain(bank)
    assert np.all(np.abs(answer.values - exact) < 4 * answer.error + 1e-4)
    np.testing.assert_allclose(answer.base, bank.empty)


def test_the_stated_error_is_no_less_than_the_spread_over_seeds(
    bank_of, mlp, rows, background, share
):
    answers = [
        ExpectedGradients(samples=50).explain(
            bank_of(mlp, rows[:2], background, share, classes=3, seed=seed)
        )
        for seed in range(60)
    ]
    spread = np.std([one.values for one in answers], axis=0)
    stated = np.mean([one.error for one in answers], axis=0)
    assert np.all(spread < 1.25 * stated)
    assert spread.mean() > 0.1 * stated.mean()


def test_numbers_depend_on_seed_and_id_only(bank_of, mlp, rows, background, share):
    whole = ExpectedGradients().explain(bank_of(mlp, rows, background, share, classes=3))
    order = np.array([4, 0, 3])
    part = ExpectedGradients().explain(
        bank_of(mlp, rows[order], background, share, classes=3, ids=order, max_batch=7)
    )
    np.testing.assert_allclose(part.values, whole.values[order], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(part.error, whole.error[order], rtol=1e-4, atol=1e-6)


def test_a_row_without_weight_is_never_drawn(bank_of, linear, weights, rows, background):
    alone = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    answer = ExpectedGradients(samples=16).explain(bank_of(linear, rows, background, alone))
    np.testing.assert_allclose(answer.values, weights * (rows - background[1]), rtol=1e-4)


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="samples"):
        ExpectedGradients(samples=1)
