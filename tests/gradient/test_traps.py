"""Networks on which hook-based methods are silently wrong: ours equal autograd, or refuse."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.grad_cam import GradCam
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP
from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import SmoothGrad


class Net(nn.Module):
    """Two convolutions and a linear layer; what lies between them is the trap."""

    def __init__(self, inplace=False):
        super().__init__()
        torch.manual_seed(5)
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace)
        self.pool = nn.MaxPool2d(2)
        self.output = nn.Linear(4 * 4 * 4, 3)

    def forward(self, x):
        x = self.pool(self.relu(self.first(x)))
        return self.output(torch.flatten(self.relu(self.second(x)), 1))


class FunctionalReused(Net):
    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.first(x)), 2)
        x = functional.relu(self.second(x))
        x = functional.dropout(x, 0.5, self.training)
        return self.output(x.view(x.size(0), -1))


class MethodInPlace(Net):
    def forward(self, x):
        x = self.pool(self.first(x).relu_())
        x = self.second(x)
        functional.relu_(x)  # what follows reads x, not the result
        return self.output(x.reshape(x.shape[0], -1))


class Skip(Net):
    def forward(self, x):
        x = self.pool(self.relu(self.first(x)))
        return self.output(torch.flatten(x + self.relu(self.second(x)), 1))


class PaddedShape(Net):
    """A forward pass that asks for values cannot be traced."""

    def forward(self, x):
        return super().forward(x) if x.sum() > -1e9 else super().forward(x) * 2


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(64, 3, batch_first=True)

    def forward(self, x):
        return self.cell(x.flatten(2))[0][:, -1]


SOUND = {
    "reused module": Net,
    "reused module in place": lambda: Net(inplace=True),
    "functional": FunctionalReused,
    "in-place functional": MethodInPlace,
}
EVERY = {**SOUND, "skip connection": Skip, "branching forward": PaddedShape}


def against_the_rest(logits, target):
    """The score that is explained: the target's logit less the mean of the others'."""
    others = [k for k in range(logits.shape[1]) if k != target]
    return logits[:, target] - logits[:, others].mean(dim=1)


def truth(net, x, targets, score=against_the_rest):
    """Gradients by autograd, one row at a time, on the bare model."""
    rows = []
    for row, target in zip(torch.tensor(x), targets, strict=True):
        leaf = row[None].clone().requires_grad_(True)
        score(net.eval()(leaf), target).sum().backward()
        rows.append(leaf.grad[0].numpy())
    return np.stack(rows)


@pytest.mark.parametrize("name", EVERY)
def test_gradient_methods_equal_autograd(bank_of, pictures, name):
    net, targets = EVERY[name](), [0, 1, 2, 1, 0]
    bank = bank_of(net, pictures, classes=3, targets=targets)
    wanted = truth(net, pictures, targets)
    np.testing.assert_allclose(
        Saliency().explain(bank).values, wanted * pictures.std(), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(
        InputXGradient().explain(bank).values, wanted * pictures, rtol=1e-4, atol=1e-6
    )
    almost = SmoothGrad(samples=3, noise=1e-7).explain(bank).values
    np.testing.assert_allclose(almost, wanted * pictures.std(), rtol=1e-3, atol=1e-5)
    complete = IntegratedGradients(limit=1024).explain(bank).values.reshape(5, -1).sum(axis=1)
    size = np.abs(bank.full - bank.empty)
    assert np.all(np.abs(complete - (bank.full - bank.empty)) <= 0.01 * size)


@pytest.mark.parametrize("name", SOUND)
def test_relevance_reaches_through_or_round_the_trap(bank_of, pictures, name):
    """With the epsilon rule, ReLU and max pooling, relevance is gradient × input: a second road."""
    net, targets = SOUND[name](), [0, 1, 2, 1, 0]
    bank = bank_of(net, pictures, classes=3, targets=targets)
    values = LRP(rule="epsilon", epsilon=1e-9).explain(bank).values
    np.testing.assert_allclose(
        values, truth(net, pictures, targets) * pictures, rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize("name", SOUND)
def test_feature_maps_are_those_of_the_bare_model(bank_of, pictures, name):
    net = SOUND[name]()
    maps = {}

    def forward(x):
        x = functional.max_pool2d(functional.relu(net.first(x)), 2)
        maps["last"] = functional.relu(net.second(x))
        maps["last"].retain_grad()
        return net.output(maps["last"].flatten(1))

    against_the_rest(forward(torch.tensor(pictures)), 1).sum().backward()
    weight = maps["last"].grad.mean(dim=(2, 3), keepdim=True)
    wanted = functional.relu((weight * maps["last"]).sum(1, keepdim=True))
    wanted = functional.interpolate(wanted, (8, 8), mode="bilinear").detach().numpy()
    values = GradCam().explain(bank_of(net, pictures, classes=3, targets=[1] * 5)).values
    assert wanted.max() > 0
    np.testing.assert_allclose(values.sum(1, keepdims=True), wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("net", "why"),
    [
        (Skip, "goes two ways"),
        (PaddedShape, "cannot be traced"),
        (Recurrent, r"layer 0\.cell \(GRU\)"),
    ],
)
def test_relevance_is_refused_where_no_rule_reaches(bank_of, pictures, net, why):
    with pytest.raises(NotApplicable, match=why):
        LRP().explain(bank_of(net(), pictures, classes=3))


def test_softmax_head(bank_of, pictures):
    """On the probability scale the gradient is that of the probability, p·(g − Σ p g)."""
    net = Net()
    bank = bank_of(net, pictures, classes=3, output="probability", targets=[1] * 5)
    one = lambda logits, target: logits[:, target]  # noqa: E731
    logits = np.stack([truth(net, pictures, [k] * 5, one) for k in range(3)])
    p = torch.softmax(net.eval()(torch.tensor(pictures)), dim=1).detach().numpy().T
    p = p[..., None, None, None]
    wanted = p[1] * (logits[1] - (p * logits).sum(axis=0)) * pictures.std()
    np.testing.assert_allclose(Saliency().explain(bank).values, wanted, rtol=1e-3, atol=1e-6)
    with pytest.raises(NotApplicable, match="Softmax"):
        LRP().explain(bank)


def test_first_layer_in_place_writes_on_nobodys_input(bank_of, pictures):
    net = nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(128, 1))
    shifted = pictures - 1
    kept = shifted.copy()
    bank = bank_of(net, shifted, background=-np.ones((1, 2, 8, 8)))
    wanted = net[2].weight.detach().numpy().reshape(1, 2, 8, 8) * (kept > 0) * kept.std()
    np.testing.assert_allclose(Saliency().explain(bank).values, wanted, rtol=1e-5)
    IntegratedGradients().explain(bank)
    bank.scorer(bank.x, 0)
    bank.scorer.model.raw(bank.x)
    np.testing.assert_array_equal(bank.x, kept)
    np.testing.assert_array_equal(bank.reference.background, -np.ones((1, 2, 8, 8)))


def test_model_without_gradient_is_refused(bank_of, pictures):
    class Rounded(Net):
        def forward(self, x):
            return super().forward(x).detach()

    for method in (Saliency(), SmoothGrad(), InputXGradient(), IntegratedGradients()):
        with pytest.raises(NotApplicable, match=r"gradient|differentiably"):
            method.explain(bank_of(Rounded(), pictures, classes=3))
