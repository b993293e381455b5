"""Networks on which hook-based methods are silently wrong: ours equal autograd, or refuse.

Each also comes as an ONNX file, turned back into torch.
"""

import io
import warnings

import numpy as np
import onnx
import pytest
import torch
from captum import attr
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.grad_cam import GradCam
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP
from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.model.graphs.graph import convert
from xaiframe.probe.fitness import fitness
from xaiframe.probe.laws import (
    completeness,
    conservation,
    dropped,
    gradients,
    unlike_gradient,
    without_biases,
)
from xaiframe.probe.reach import adjoining, separate
from xaiframe.probe.rewrite import simplify


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
        self.cell = nn.RNN(64, 3, batch_first=True)

    def forward(self, x):
        return self.cell(x.flatten(2))[0][:, -1]


class OwnLayers(Net):
    """Every ReLU a layer of its own, the first straight into max pooling."""

    def __init__(self):
        super().__init__()
        self.last = nn.ReLU()

    def forward(self, x):
        x = self.pool(self.relu(self.first(x)))
        return self.output(torch.flatten(self.last(self.second(x)), 1))


def through_onnx(net, shape=(2, 8, 8)):
    """``net`` exported as ONNX and turned back."""
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of the older exporter
        torch.onnx.export(
            net.eval(), (torch.rand(2, *shape),), written, dynamo=False,
            input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}},
        )  # fmt: skip
    return convert(onnx.load_from_string(written.getvalue()), "x", "y", shape)


SOUND = {
    "reused module": Net,
    "reused module in place": lambda: Net(inplace=True),
    "functional": FunctionalReused,
    "in-place functional": MethodInPlace,
    "own layers": OwnLayers,
}
EVERY = {**SOUND, "skip connection": Skip, "branching forward": PaddedShape}
ROADS = {"torch": lambda net: net, "onnx": through_onnx}


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


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("name", EVERY)
def test_gradient_methods_equal_autograd(bank_of, pictures, name, road):
    net, targets = EVERY[name](), [0, 1, 2, 1, 0]
    bank = bank_of(ROADS[road](net), pictures, classes=3, targets=targets)
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


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("name", SOUND)
def test_relevance_reaches_through_or_round_the_trap(bank_of, pictures, name, road):
    """With the epsilon rule, ReLU and max pooling, relevance is gradient × input: a second road."""
    net, targets = SOUND[name](), [0, 1, 2, 1, 0]
    bank = bank_of(ROADS[road](net), pictures, classes=3, targets=targets)
    values = LRP(rule="epsilon", epsilon=1e-9).explain(bank).values
    np.testing.assert_allclose(
        values, truth(net, pictures, targets) * pictures, rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("name", SOUND)
def test_feature_maps_are_those_of_the_bare_model(bank_of, pictures, name, road):
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
    bank = bank_of(ROADS[road](net), pictures, classes=3, targets=[1] * 5)
    values = GradCam().explain(bank).values
    assert wanted.max() > 0
    np.testing.assert_allclose(values.sum(1, keepdims=True), wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("net", "why"),
    [
        (Skip, "goes two ways"),
        (PaddedShape, "cannot be traced"),
        (Recurrent, r"layer 0\.cell \(RNN\)"),
    ],
)
def test_relevance_is_refused_where_no_rule_reaches(bank_of, pictures, net, why):
    with pytest.raises(NotApplicable, match=why):
        LRP().explain(bank_of(net(), pictures, classes=3))


def test_refusals_survive_the_way_through_onnx(bank_of, pictures):
    with pytest.raises(NotApplicable, match="goes two ways"):
        LRP().explain(bank_of(through_onnx(Skip()), pictures, classes=3))
    with pytest.raises(NotApplicable, match="no relevance rule reaches"):
        LRP().explain(bank_of(through_onnx(Recurrent()), pictures, classes=3))


def test_softmax_head(bank_of, pictures):
    """On the probability scale the gradient is that of the probability, p·(g − Σ p g)."""
    net = Net()
    bank = bank_of(net, pictures, classes=3, output="probability", targets=[1] * 5)
    one = lambda logits, target: logits[:, target]
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


# The same traps with captum's own methods: a law tested on the model tells.

TARGETS = torch.tensor([0, 1, 2, 1, 0])


def deep_lift_law(net, x):
    """Completeness of captum's DeepLIFT against other pictures."""
    baseline = x.flip(0) / 2 + 0.1
    leaf = x.clone().requires_grad_()
    values = attr.DeepLift(net).attribute(leaf, baseline, TARGETS).detach().numpy()
    scores, base = (
        net(one).gather(1, TARGETS[:, None])[:, 0].detach().numpy() for one in (x, baseline)
    )
    return completeness(values, scores, base, limit=1e-4)


def stack(*between):
    torch.manual_seed(5)
    net = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), *between, nn.Flatten(), nn.LazyLinear(3))
    with torch.no_grad():
        net(torch.zeros(1, 2, 8, 8))
    return net.eval()


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Lazy modules")
@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(
    ("between", "holds"),
    [
        ((nn.ReLU(), nn.MaxPool2d(2)), False),
        ((nn.MaxPool2d(2), nn.ReLU()), False),
        ((nn.Tanh(), nn.MaxPool2d(2)), False),
        ((nn.LeakyReLU(), nn.Tanh()), False),
        ((nn.ReLU(), nn.AvgPool2d(2), nn.Tanh()), True),
        ((nn.MaxPool2d(2), nn.Conv2d(4, 4, 1), nn.ReLU()), True),
    ],
)
def test_deep_lift_of_adjoining_layers_breaks_completeness(pictures, between, holds, road):
    net, x = ROADS[road](stack(*between)), torch.tensor(pictures)
    law = deep_lift_law(net, x)
    assert law.holds == holds, law.text
    assert (law.error > 1e-3) == (not holds)
    remark = {one.subject: one for one in fitness(net, x)}["deep_lift"]
    assert remark.ok
    assert ("own" in remark.text) == (not holds), remark.text


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Lazy modules")
@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("name", SOUND)
def test_deep_lift_on_a_separated_copy_is_complete(pictures, name, road):
    net, x = ROADS[road](SOUND[name]().eval()), torch.tensor(pictures)
    copy = separate(simplify(net))
    assert adjoining(copy) == []
    torch.testing.assert_close(copy(x), net(x))
    law = deep_lift_law(copy, x)
    assert law.holds, law.text


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
def test_deep_lift_of_functional_activations_breaks_completeness(pictures):
    law = deep_lift_law(FunctionalReused().eval(), torch.tensor(pictures))
    assert not law.holds
    assert law.error > 0.01


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
@pytest.mark.parametrize("method", [attr.GuidedBackprop, attr.Deconvolution])
def test_guided_gradients_of_functional_activations_are_plain(pictures, method):
    net, x = FunctionalReused().eval(), torch.tensor(pictures)
    blind = method(net).attribute(x.clone().requires_grad_(), TARGETS).detach().numpy()
    law = unlike_gradient(blind, net, x, TARGETS)
    assert not law.holds
    np.testing.assert_allclose(blind, gradients(net, x, TARGETS), rtol=1e-5, atol=1e-7)
    seeing = method(simplify(net)).attribute(x.clone().requires_grad_(), TARGETS)
    assert unlike_gradient(seeing.detach().numpy(), net, x, TARGETS).holds


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_guided_gradients_may_equal_the_plain_one_where_nothing_is_dropped(pictures):
    """All weights positive: no gradient at any ReLU is negative."""
    net, x = Net().eval(), torch.tensor(pictures)
    with torch.no_grad():
        for weight in net.parameters():
            weight.abs_()
    assert dropped(net, x, TARGETS) == 0
    assert unlike_gradient(gradients(net, x, TARGETS), net, x, TARGETS).holds


def test_relevance_over_a_skip_connection_breaks_conservation(pictures):
    x = torch.tensor(pictures)
    for net, holds in ((OwnLayers().eval(), True), (Skip().eval(), False)):
        due = without_biases(net, x, TARGETS)
        carrier = net if holds else simplify(net)
        values = attr.LRP(carrier).attribute(x.clone().requires_grad_(), TARGETS).detach().numpy()
        law = conservation(values, due, limit=0.01)
        assert law.holds == holds, law.text
