"""SmoothGrad² keeps what cancels out in the mean gradient."""

import numpy as np
import pytest
from torch import nn

from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.gradient.smoothgrad_squared import SmoothGradSquared


class Square(nn.Module):
    """x₀²: the gradient 2(x₀ + ε) has mean square 4(x₀² + var ε)."""

    def forward(self, x):
        return x[:, :1] ** 2


@pytest.fixture
def squared():
    return nn.Sequential(Square(), nn.Identity())


def test_linear_model_gives_the_squared_gradient_without_error(
    bank_of, linear, weights, rows, train
):
    answer = SmoothGradSquared().explain(bank_of(linear, rows, train=train))
    expected = np.tile((weights * train.std(axis=0)) ** 2, (len(rows), 1))
    np.testing.assert_allclose(answer.values, expected, rtol=1e-5)
    np.testing.assert_allclose(answer.error, 0, atol=1e-5)


def test_of_a_square_it_is_known_exactly_within_its_stated_error(bank_of, squared, rows, train):
    answer = SmoothGradSquared(samples=4000, noise=0.2).explain(bank_of(squared, rows, train=train))
    spread, sd = 0.2 * np.ptp(train[:, 0]), train[:, 0].std()
    expected = 4 * (rows[:, 0] ** 2 + spread**2) * sd**2
    # var (x + ε)² = 4x²s² + 2s⁴
    error = 4 * sd**2 * np.sqrt((4 * rows[:, 0] ** 2 * spread**2 + 2 * spread**4) / 4000)
    np.testing.assert_allclose(answer.error[:, 0], error, rtol=0.1)
    assert np.all(np.abs(answer.values[:, 0] - expected) < 4 * error)
    assert not answer.values[:, 1:].any()


def test_at_the_bottom_of_a_valley_the_mean_vanishes_and_the_square_does_not(
    bank_of, squared, train
):
    bank = bank_of(squared, np.zeros((1, 4)), train=train)
    assert SmoothGradSquared(samples=400).explain(bank).values[0, 0] > 0.05
    assert abs(SmoothGrad(samples=400).explain(bank).values[0, 0]) < 0.05


def test_methods_that_share_the_noise_share_the_copies(bank_of, mlp, rows, train):
    bank = bank_of(mlp, rows, train=train, classes=3)
    SmoothGrad().explain(bank)
    asked = bank.evaluations
    SmoothGradSquared().explain(bank)
    assert bank.evaluations == asked == 50 * len(rows)
    SmoothGradSquared(noise=0.1).explain(bank)
    assert bank.evaluations == 2 * asked


def test_numbers_do_not_depend_on_order_or_batch(bank_of, mlp, rows, train):
    whole = SmoothGradSquared().explain(bank_of(mlp, rows, train=train, classes=3))
    order = np.array([5, 1])
    part = SmoothGradSquared().explain(
        bank_of(mlp, rows[order], ids=order, train=train, classes=3, max_batch=7)
    )
    np.testing.assert_allclose(part.values, whole.values[order], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(part.error, whole.error[order], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("wrong", [{"samples": 1}, {"noise": 0.0}])
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SmoothGradSquared(**wrong)
