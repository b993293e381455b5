"""Laws against sums and gradients known by hand; the traps they catch are in the gradient tests."""

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.probe.laws import (
    completeness,
    conservation,
    dropped,
    gradients,
    unlike_gradient,
    without_biases,
)


def two_layers():
    """h = relu(2x₀ + x₁ + 1, x₀ − 3x₁ + 10), f = h₀ − h₁ + 5."""
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    net[0].weight.data = torch.tensor([[2.0, 1.0], [1.0, -3.0]])
    net[0].bias.data = torch.tensor([1.0, 10.0])
    net[2].weight.data = torch.tensor([[1.0, -1.0]])
    net[2].bias.data = torch.tensor([5.0])
    return net


X = torch.tensor([[1.0, 1.0], [1.0, 6.0]])  # both units active; only the first
NONE = torch.zeros(2, dtype=torch.int64)


def test_completeness_is_the_missing_share_of_what_is_due():
    values = np.array([[1.0, 2.0], [0.0, 3.0]])
    scores, base = np.array([5.0, 2.0]), np.array([2.0, 0.0])
    law = completeness(values, scores, base)
    assert law.error == pytest.approx(0.5 / 2.5)
    assert not law.holds
    assert completeness(values, np.array([5.0, 3.0]), base).holds
    assert completeness(np.zeros((2, 2)), base, base).holds
    assert completeness(values, base, base).error == np.inf


def test_what_biases_do_not_add():
    """At (1, 1): ∂f = (1, 4), so 5; at (1, 6): ∂f = (2, 1), so 8."""
    np.testing.assert_allclose(gradients(two_layers(), X, NONE), [[1, 4], [2, 1]])
    due = without_biases(two_layers(), X, NONE)
    np.testing.assert_allclose(due, [5, 8])
    assert conservation(np.array([[1.0, 4.0], [2.0, 6.0]]), due).holds
    assert not conservation(np.array([[1.0, 4.0], [2.0, 5.9]]), due).holds


def test_dropped_gradients_are_counted_unit_by_unit():
    """Three active units, of which the second, at the first row, passes −1."""
    assert dropped(two_layers(), X, NONE) == pytest.approx(1 / 3)


def test_guided_backpropagation_by_hand_differs_and_the_plain_gradient_does_not():
    """Guided: h₁'s negative gradient is dropped at (1, 1), so (2, 1) at both rows."""
    guided = np.array([[2.0, 1.0], [2.0, 1.0]])
    assert unlike_gradient(guided, two_layers(), X, NONE).holds
    assert not unlike_gradient(gradients(two_layers(), X, NONE), two_layers(), X, NONE).holds


def test_the_model_is_left_without_hooks():
    net = two_layers()
    dropped(net, X, NONE)
    assert not any(one._backward_hooks or one._forward_pre_hooks for one in net.modules())
