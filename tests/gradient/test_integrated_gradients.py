"""Integrated gradients sum to the score above the background's expected score."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from torch import nn

from xaiframe.gradient.integrated_gradients import IntegratedGradients, quadrature


def test_linear_model_gives_weight_times_distance(bank_of, linear, weights, rows, train):
    share = np.random.default_rng(0).dirichlet(np.ones(40))
    bank = bank_of(linear, rows, background=train, weights=share)
    answer = IntegratedGradients(steps=2).explain(bank)
    np.testing.assert_allclose(
        answer.values, weights * (rows - share @ train), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(answer.base, weights @ (share @ train) + 3, rtol=1e-4)
    assert answer.error is None


def test_product_is_shared_in_halves(bank_of):
    """f = x₀·x₁ from (0, 0): ∂f integrates to x₀x₁/2 for each; from (a, b) by hand likewise."""

    class Product(nn.Module):
        def forward(self, x):
            return x[:, :1] * x[:, 1:]

    net = nn.Sequential(Product(), nn.Identity(), nn.Linear(1, 1, bias=False))
    net[2].weight.data.fill_(1.0)
    x, b = np.array([[3.0, 5.0]]), np.array([[1.0, -2.0]])
    values = IntegratedGradients(steps=2).explain(bank_of(net, x, background=b)).values
    mean = (x + b) / 2
    np.testing.assert_allclose(values[0], [2 * mean[0, 1], 7 * mean[0, 0]], rtol=1e-5)


def test_two_layer_relu_by_hand(bank_of):
    """f = relu(x₀ − x₁) from (−1, 1) to (3, 1): open for α > ½, so x₀ gets 4·½ and x₁ nothing."""
    net = nn.Sequential(nn.Linear(2, 1, bias=False), nn.ReLU(), nn.Linear(1, 1, bias=False))
    net[0].weight.data = torch.tensor([[1.0, -1.0]])
    net[2].weight.data = torch.tensor([[1.0]])
    bank = bank_of(net, [[3.0, 1.0]], background=[[-1.0, 1.0]])
    values = IntegratedGradients(steps=8).explain(bank).values
    np.testing.assert_allclose(values, [[2.0, 0.0]], atol=1e-5)


def test_equals_captum_averaged_over_the_background(bank_of, mlp, rows, train):
    background, share = train[:5] / 5, np.array([0.4, 0.3, 0.1, 0.1, 0.1])
    targets = np.array([0, 1, 2, 0, 1, 2])
    bank = bank_of(mlp, rows, background=background, weights=share, classes=3, targets=targets)
    engine = Captum(bank.module)
    wanted = sum(
        w
        * engine.attribute(
            torch.tensor(rows), torch.tensor(row)[None], torch.tensor(targets),
            n_steps=64, method="gausslegendre",
        ).numpy()
        for w, row in zip(share, background, strict=True)
    )  # fmt: skip
    answer = IntegratedGradients(steps=64, limit=64).explain(bank)
    np.testing.assert_allclose(answer.values, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_complete_within_the_tolerance(bank_of, cnn, pictures, output):
    background = np.random.default_rng(1).uniform(0, 2, size=(3, 2, 8, 8))
    bank = bank_of(
        cnn, pictures, background=background, classes=3, output=output, targets=[0, 1, 2, 1, 0]
    )
    answer = IntegratedGradients(tolerance=0.005, limit=2048).explain(bank)
    residual = answer.values.reshape(5, -1).sum(axis=1) - (bank.full - answer.base)
    size = np.abs(bank.full[:, None] - bank.background_scores).mean(axis=1)
    assert np.all(np.abs(residual) <= 0.005 * size)


def test_steps_rise_only_for_the_instance_that_needs_them(bank_of):
    """relu(x − c): the kink in the middle of the path is missed by two points, not by many."""
    net = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1, bias=False))
    net[0].weight.data.fill_(1.0)
    net[0].bias.data.fill_(-0.3)
    net[2].weight.data.fill_(1.0)
    x = [[1.0], [-1.0]]
    single = IntegratedGradients(steps=2, limit=2).explain(bank_of(net, x))
    raised = IntegratedGradients(steps=2, limit=512).explain(bank_of(net, x))
    assert abs(single.values[0, 0] - 0.7) > 0.1
    assert abs(raised.values[0, 0] - 0.7) <= 0.007
    assert single.values[1, 0] == raised.values[1, 0] == 0
    alone = IntegratedGradients(steps=2, limit=512).explain(bank_of(net, x[:1]))
    np.testing.assert_array_equal(alone.values, raised.values[:1])
    easy = IntegratedGradients(steps=2, limit=512).explain(bank_of(net, x[1:]))
    assert easy.evaluations == 2 + 2
    assert raised.evaluations == alone.evaluations + easy.evaluations - 1


def test_same_numbers_for_any_batch_and_order(bank_of, cnn, pictures):
    background = np.random.default_rng(2).uniform(0, 2, size=(4, 2, 8, 8))
    options = {"background": background, "classes": 3}
    whole = IntegratedGradients().explain(bank_of(cnn, pictures, **options)).values
    order = np.array([3, 1])
    part = IntegratedGradients().explain(bank_of(cnn, pictures[order], max_batch=5, **options))
    np.testing.assert_allclose(part.values, whole[order], rtol=1e-5, atol=1e-6)


def test_feature_the_model_ignores_gets_nothing(bank_of, mlp, rows):
    mlp[0].weight.data[:, 2] = 0
    values = IntegratedGradients().explain(bank_of(mlp, rows, classes=3)).values
    assert np.all(values[:, 2] == 0)


def test_quadrature_is_exact_for_polynomials():
    nodes, shares = quadrature(4)
    for power in range(8):
        assert shares @ nodes**power == pytest.approx(1 / (power + 1))


@pytest.mark.parametrize("wrong", [{"steps": 1}, {"tolerance": 0.0}, {"limit": 16}])
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        IntegratedGradients(**wrong)
