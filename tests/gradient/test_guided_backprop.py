"""Guided backpropagation and deconvolution follow their rules at every ReLU, functional or not."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient import guided_backprop
from xaiframe.gradient.guided_backprop import GuidedBackprop


class GuidedReLU(torch.autograd.Function):
    """The rule of Springenberg et al., written down a second time."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(context, incoming):
        (x,) = context.saved_tensors
        return incoming.clamp(min=0) * (x > 0)


class Net(nn.Module):
    """Two convolutions whose activations are functions, which hooks cannot see."""

    relu = staticmethod(functional.relu)

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.output = nn.Linear(4 * 64, 3)

    def forward(self, x):
        x = self.relu(self.second(self.relu(self.first(x))))
        return self.output(torch.flatten(x, 1))


def by_rule(rule, pictures, targets):
    """Gradients of the explained score where every ReLU passes back by ``rule``."""
    net = Net()
    net.relu = rule.apply
    leaf = torch.tensor(pictures, requires_grad=True)
    logits = net(leaf)
    rows = torch.arange(len(logits))
    # the score is the target's logit less the mean of the others'
    (1.5 * logits[rows, targets] - logits.sum(dim=1) / 2).sum().backward()
    return leaf.grad.numpy()


def test_it_follows_its_rule_through_functional_activations(bank_of, pictures):
    targets = [0, 1, 2, 1, 0]
    bank = bank_of(Net(), pictures, classes=3, targets=targets)
    values = GuidedBackprop().explain(bank).values
    wanted = by_rule(GuidedReLU, pictures, targets) * pictures.std()
    np.testing.assert_allclose(values, wanted, rtol=1e-4, atol=1e-6)


def test_it_does_not_depend_on_the_batch(bank_of, pictures):
    whole = GuidedBackprop().explain(bank_of(Net(), pictures, classes=3)).values
    small = GuidedBackprop().explain(bank_of(Net(), pictures, classes=3, max_batch=2)).values
    np.testing.assert_allclose(small, whole, rtol=1e-5, atol=1e-7)


def test_a_model_without_relu_is_refused(bank_of, linear, rows):
    with pytest.raises(NotApplicable, match="no ReLU"):
        GuidedBackprop().explain(bank_of(linear, rows))


def test_the_plain_gradient_is_found_out(bank_of, pictures, monkeypatch):
    """A copy that keeps functional activations would give it: the law on the run's model tells."""

    def blind(bank):
        return bank.module.eval()

    monkeypatch.setattr(guided_backprop, "copy_of", blind)
    monkeypatch.setattr(guided_backprop, "layers", lambda *_: iter([1]))
    with pytest.raises(ArithmeticError, match="plain gradient came out"):
        GuidedBackprop().explain(bank_of(Net(), pictures, classes=3))
