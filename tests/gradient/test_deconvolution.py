"""Deconvolution passes back what is positive, whether or not the unit was open."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.deconvolution import Deconvolution


class DeconvolvedReLU(torch.autograd.Function):
    """The rule of Zeiler & Fergus, written down a second time."""

    @staticmethod
    def forward(_, x):
        return x.clamp(min=0)

    @staticmethod
    def backward(_, incoming):
        return incoming.clamp(min=0)


class Net(nn.Module):
    relu = staticmethod(functional.relu)

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.first, self.output = nn.Linear(4, 16), nn.Linear(16, 1)

    def forward(self, x):
        return self.output(self.relu(self.first(x)))


def test_it_follows_its_rule_through_functional_activations(bank_of, rows, train):
    bank = bank_of(Net(), rows, train=train)
    values = Deconvolution().explain(bank).values
    net = Net()
    net.relu = DeconvolvedReLU.apply
    leaf = torch.tensor(rows, requires_grad=True)
    net(leaf).sum().backward()
    np.testing.assert_allclose(values, leaf.grad.numpy() * train.std(axis=0), rtol=1e-4)


def test_of_one_hidden_layer_it_does_not_see_the_input(bank_of, rows, train):
    """With one ReLU, Σ max(v, 0) w is the same for every row: what Nie et al. 2018 warn of."""
    values = Deconvolution().explain(bank_of(Net(), rows, train=train)).values
    np.testing.assert_allclose(values, np.tile(values[0], (len(rows), 1)), rtol=1e-5)


def test_a_model_without_relu_is_refused(bank_of, linear, rows):
    with pytest.raises(NotApplicable, match="no ReLU"):
        Deconvolution().explain(bank_of(linear, rows))
