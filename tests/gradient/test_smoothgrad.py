"""SmoothGrad averages gradients around the input, with an honest error bar."""

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import nn

from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import SmoothGrad


class Step(nn.Module):
    """relu(x₀): the mean gradient under noise is the chance of being above 0."""

    def forward(self, x):
        return torch.relu(x[:, :1])


def net_of(module):
    return nn.Sequential(module, nn.Linear(1, 1, bias=False))


def test_linear_model_gives_the_plain_gradient_without_error(bank_of, linear, rows, train):
    bank = bank_of(linear, rows, train=train)
    answer = SmoothGrad().explain(bank)
    np.testing.assert_allclose(answer.values, Saliency().explain(bank).values, rtol=1e-5)
    np.testing.assert_allclose(answer.error, 0, atol=1e-5)
    assert answer.evaluations == 6 * 50


def test_noise_is_a_share_of_each_columns_range(bank_of, rows, train):
    """E[relu'] = Φ(x₀ ÷ (noise × range)): known exactly."""
    net = net_of(Step())
    net[1].weight.data.fill_(1.0)
    answer = SmoothGrad(samples=4000, noise=0.2).explain(bank_of(net, rows, train=train))
    open_ = norm.cdf(rows[:, 0] / (0.2 * np.ptp(train[:, 0])))
    sd = train[:, 0].std()
    error = sd * np.sqrt(open_ * (1 - open_) / 4000)
    np.testing.assert_allclose(answer.error[:, 0], error, rtol=0.1)
    assert np.all(np.abs(answer.values[:, 0] - open_ * sd) < 4 * error)


def test_noise_of_a_picture_is_a_share_of_its_whole_range(bank_of, pictures):
    seen = []

    class Watch(nn.Module):
        def forward(self, x):
            seen.append(x.detach().numpy())
            return x.flatten(1)[:, :1]

    train = np.concatenate([pictures, np.full((1, 2, 8, 8), 5, dtype=np.float32)])
    SmoothGrad(samples=200, noise=0.1).explain(bank_of(net_of(Watch()), pictures[:1], train=train))
    spread = (np.concatenate(seen) - pictures[:1]).std()
    assert spread == pytest.approx(0.1 * np.ptp(train), rel=0.02)


def test_error_is_the_spread_over_seeds_and_falls_with_samples(bank_of, mlp, rows, train):
    def means(samples):
        return np.array(
            [
                SmoothGrad(samples=samples, noise=0.3)
                .explain(bank_of(mlp, rows[:2], train=train, classes=3, seed=seed))
                .values
                for seed in range(40)
            ]
        )

    few, many = means(10), means(160)
    assert many.std(axis=0).mean() == pytest.approx(few.std(axis=0).mean() / 4, rel=0.25)
    stated = SmoothGrad(samples=160, noise=0.3).explain(
        bank_of(mlp, rows[:2], train=train, classes=3)
    )
    assert stated.error.mean() == pytest.approx(many.std(axis=0).mean(), rel=0.25)


def test_error_of_a_patch_is_that_of_its_sum(bank_of, mlp, rows, train):
    mask = np.array([0, 0, 0, 1])
    every = [
        SmoothGrad(samples=20, noise=0.3).explain(
            bank_of(mlp, rows[:1], train=train, mask=mask, classes=3, seed=seed)
        )
        for seed in range(60)
    ]
    assert every[0].error.shape == (1, 2)
    sums = np.array([one.per_feature(mask, 2) for one in every])
    stated = np.mean([one.error for one in every], axis=0)
    np.testing.assert_allclose(stated, sums.std(axis=0), rtol=0.3)


def test_numbers_depend_on_seed_and_id_only(bank_of, mlp, rows, train):
    options = {"train": train, "classes": 3}
    whole = SmoothGrad().explain(bank_of(mlp, rows, **options))
    order = np.array([4, 0, 3])
    part = SmoothGrad().explain(bank_of(mlp, rows[order], ids=order, max_batch=7, **options))
    np.testing.assert_allclose(part.values, whole.values[order], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(part.error, whole.error[order], rtol=1e-4, atol=1e-7)
    other = SmoothGrad().explain(bank_of(mlp, rows, seed=1, **options))
    assert np.abs(other.values - whole.values).max() > 1e-4


@pytest.mark.parametrize("wrong", [{"samples": 1}, {"noise": 0.0}, {"noise": float("nan")}])
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SmoothGrad(**wrong)
