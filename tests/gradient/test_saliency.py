"""Saliency is the gradient per standard deviation, whatever the units."""

import numpy as np
import pytest
import torch
from captum.attr import Saliency as Captum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from xaiframe.gradient.saliency import Saliency


def test_linear_model_gives_weight_times_sd(bank_of, linear, weights, rows, train):
    answer = Saliency().explain(bank_of(linear, rows, train=train))
    np.testing.assert_allclose(
        answer.values, np.tile(weights * train.std(axis=0), (6, 1)), rtol=1e-5
    )
    assert answer.level == "element"
    assert answer.evaluations == 6


def test_equals_captum(bank_of, mlp, rows, train):
    targets = np.array([0, 1, 2, 0, 1, 2])
    bank = bank_of(mlp, rows, train=train, classes=3, targets=targets)
    wanted = Captum(bank.module).attribute(
        torch.tensor(rows, requires_grad=True), torch.tensor(targets), abs=False
    )
    np.testing.assert_allclose(
        Saliency().explain(bank).values, wanted.numpy() * train.std(axis=0), rtol=1e-5, atol=1e-7
    )


def test_picture_is_scaled_by_one_number(bank_of, cnn, pictures):
    bank = bank_of(cnn, pictures, classes=3)
    wanted = Captum(bank.module).attribute(torch.tensor(pictures, requires_grad=True), 0, abs=False)
    np.testing.assert_allclose(
        Saliency().explain(bank).values, wanted.numpy() * pictures.std(), rtol=1e-5, atol=1e-6
    )


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(factor=st.floats(0.01, 100))
def test_does_not_depend_on_a_columns_unit(bank_of, rows, train, factor):
    """Metres or millimetres: the model rewritten for the new unit explains the same."""
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1))
    plain = Saliency().explain(bank_of(net, rows, train=train)).values
    unit = np.array([factor, 1, 1, 1], dtype=np.float32)
    net[0].weight.data /= torch.tensor(unit)
    scaled = Saliency().explain(bank_of(net, rows * unit, train=train * unit)).values
    np.testing.assert_allclose(scaled, plain, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("fact", ["signed", "additive", "stochastic"])
def test_claims_nothing_it_cannot_keep(fact):
    assert getattr(Saliency, fact) is False
