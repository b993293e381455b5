"""A rewritten copy answers like the model, in layers that can be followed one by one."""

import pytest
import torch
from torch import fx, nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.model.network import Standardize
from xaiframe.probe.rewrite import label, layers, simplify, take_out_standardize, verify


def trained(*parts):
    """A Sequential whose batch norms have moments and weights of their own, in evaluation mode."""
    torch.manual_seed(0)
    net = nn.Sequential(*parts)
    for layer in net.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.2, 3)
            nn.init.uniform_(layer.weight, 0.5, 2)
            nn.init.normal_(layer.bias)
    return net.eval()


def kinds(network):
    return [type(layer).__name__ for _, layer in layers(network, nn.Module)]


CASES = {
    "norm behind convolution": (
        lambda: trained(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten()),
        (4, 2, 6, 6),
        ["Conv2d", "ReLU"],
    ),
    "norm behind linear": (
        lambda: trained(nn.Linear(5, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU()),
        (4, 5),
        ["Linear", "ReLU"],
    ),
    "norm before linear": (
        lambda: trained(nn.Linear(5, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 2, bias=False)),
        (4, 5),
        ["Linear", "ReLU", "Linear"],
    ),
    "norm with nothing to fold into": (
        lambda: trained(nn.Linear(5, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.ReLU()),
        (4, 5),
        ["Linear", "ReLU", "BatchNorm1d", "ReLU"],
    ),
    "two norms": (
        lambda: trained(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4, affine=True)),
        (4, 5),
        ["Linear"],
    ),
    "dropout and identity": (
        lambda: trained(nn.Identity(), nn.Linear(5, 4), nn.Dropout(0.5), nn.Sequential(nn.Tanh())),
        (4, 5),
        ["Linear", "Tanh"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_copy_answers_like_the_model_in_fewer_layers(case):
    build, shape, wanted = CASES[case]
    net, x = build(), torch.randn(shape)
    kept = {name: value.clone() for name, value in net.state_dict().items()}
    network = simplify(net)
    assert kinds(network) == wanted
    torch.testing.assert_close(network(x), net(x), rtol=1e-4, atol=1e-5)
    assert all(torch.equal(kept[name], value) for name, value in net.state_dict().items())


class Functional(nn.Module):
    """One ReLU module for two places, functions and methods for the rest, some in place."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(2, 3, 3), nn.Conv2d(3, 3, 1), nn.Linear(12, 5)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.a(x)
        self.relu(x)
        x = functional.max_pool2d(torch.tanh(self.relu(self.b(x))), kernel_size=2)
        x = functional.dropout(x, 0.5, self.training)
        x = self.c(x.view(x.size(0), -1))
        x.relu_()
        return functional.leaky_relu(x - 1, 0.3)


def test_every_activation_becomes_a_layer_of_its_own():
    torch.manual_seed(0)
    net, x = Functional().eval(), torch.randn(4, 2, 6, 6)
    network = simplify(net)
    assert kinds(network) == [
        *("Conv2d", "ReLU", "Conv2d", "ReLU", "Tanh", "MaxPool2d"),
        *("Linear", "ReLU", "LeakyReLU"),
    ]
    found = [layer for _, layer in layers(network, nn.Module)]
    assert len({id(layer) for layer in found}) == len(found)
    assert not any(getattr(layer, "inplace", False) for layer in found)
    assert found[-1].negative_slope == 0.3
    torch.testing.assert_close(network(x), net(x))
    assert net.relu.inplace


def test_shared_weights_become_copies():
    linear = nn.Linear(3, 3)
    net = nn.Sequential(linear, nn.ReLU(), linear)
    network, x = simplify(net), torch.randn(2, 3)
    assert len({id(layer) for _, layer in layers(network, nn.Linear)}) == 2
    torch.testing.assert_close(network(x), net(x))


def test_standardize_is_taken_out_with_its_moments():
    scaling = Standardize((3,))
    scaling.mean.fill_(2.0)
    scaling.sd.fill_(4.0)
    net = nn.Sequential(scaling, nn.Linear(3, 2))
    network, x = simplify(net), torch.randn(5, 3)
    taken = take_out_standardize(network)
    assert kinds(network) == ["Linear"]
    torch.testing.assert_close(taken(x), (x - 2) / 4)
    torch.testing.assert_close(network(taken(x)), net(x))
    assert isinstance(take_out_standardize(network), nn.Identity)


def test_standardize_with_a_way_round_it_stays():
    class Beside(nn.Module):
        def __init__(self):
            super().__init__()
            self.scaling = Standardize((3,))

        def forward(self, x):
            return self.scaling(x) + x

    network = simplify(Beside())
    assert isinstance(take_out_standardize(network), nn.Identity)
    assert kinds(network) == ["Standardize"]


class Random(nn.Module):
    def forward(self, x):
        return functional.dropout(x, 0.5)


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    ("net", "why"), [(Random, "dropout stays on"), (Branching, "cannot be traced")]
)
def test_what_cannot_be_rewritten_is_refused(net, why):
    with pytest.raises(NotApplicable, match=why):
        simplify(net())


def test_a_copy_that_answers_otherwise_is_refused():
    net = trained(nn.Linear(3, 2))
    network = simplify(net)
    verify(network, net, torch.randn(4, 3))
    network.get_submodule("0").bias.data += 0.01
    with pytest.raises(NotApplicable, match="without changing"):
        verify(network, net, torch.randn(4, 3))


def test_places_are_named_for_people():
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(3)

        def forward(self, x):
            return self.norm(x) + x

    network = simplify(Sum())
    assert isinstance(network, fx.GraphModule)
    names = [label(node, network) for node in network.graph.nodes if node.op.startswith("call")]
    assert names == ["layer norm (LayerNorm)", "operation add"]
