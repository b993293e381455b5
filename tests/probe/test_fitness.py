"""Remarks on what a model can bear, each against a network made for it."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.model.network import Embedding
from xaiframe.probe.fitness import fitness


def remarks(net, *shape):
    x = torch.rand(3, *shape, generator=torch.Generator().manual_seed(1))
    return {one.subject: one for one in fitness(net.eval(), x)}


def picture_net(*between):
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), *between, nn.Flatten(), nn.LazyLinear(3)
    )


def made(*between):
    net = picture_net(*between)
    with torch.no_grad():
        net(torch.zeros(1, 1, 8, 8))
    return net


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
class TestPictures:
    def test_a_plain_network_can_bear_everything(self):
        found = remarks(made(nn.AvgPool2d(8)), 1, 8, 8)
        assert all(one.ok for one in found.values())
        assert list(found) == ["gradient", "layers", "cam", "grad_cam", "deep_lift", "lrp"]
        assert found["gradient"].text == "finite at 3 rows"
        assert found["grad_cam"].text == "takes layer 1 (ReLU): 4 maps of 8 × 8 for 8 × 8"
        assert found["cam"].text == found["grad_cam"].text
        assert found["layers"].text == "every activation and pooling is a layer of its own"

    def test_max_pooling_directly_behind_a_relu_is_named(self):
        found = remarks(made(nn.MaxPool2d(2)), 1, 8, 8)["deep_lift"]
        assert found.ok  # on a copy in which the two are apart
        assert found.text.startswith("layer 2 (MaxPool2d) takes a non-linear layer's output")

    def test_every_layer_without_a_rule_is_named(self):
        found = remarks(made(nn.LeakyReLU(), nn.Sigmoid()), 1, 8, 8)["lrp"]
        assert not found.ok
        assert found.text == (
            "no relevance rule reaches layer 2 (LeakyReLU); "
            "no relevance rule reaches layer 3 (Sigmoid)"
        )

    def test_maps_that_are_not_averaged_over_all_positions(self):
        found = remarks(made(nn.AvgPool2d(2)), 1, 8, 8)["cam"]
        assert not found.ok
        assert found.text == "layer 2 (AvgPool2d) averages parts of the feature maps, not all"
        found = remarks(made(), 1, 8, 8)["cam"]
        assert found.text.endswith("here stands layer 1 (ReLU): grad_cam does without")

    def test_maps_of_one_point(self):
        net = nn.Sequential(nn.Conv2d(1, 4, 8), nn.ReLU(), nn.Flatten(), nn.Linear(4, 3))
        found = remarks(net, 1, 8, 8)["grad_cam"]
        assert not found.ok
        assert "as one point" in found.text


def test_no_convolution():
    found = remarks(nn.Sequential(nn.Linear(4, 3)), 4)["grad_cam"]
    assert (found.ok, found.text) == (False, "the model has no convolution")


class Hidden(nn.Module):
    """Two functional activations, one of them in place, and a layer used twice."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.tanh = nn.Tanh()

    def forward(self, x):
        x = functional.relu(self.first(x))
        x = self.tanh(self.second(x)).relu_()
        return self.last(self.tanh(x))


def test_what_hooks_would_not_see_is_counted():
    found = remarks(Hidden(), 4)["layers"]
    assert found.ok
    assert "2 functional instead of a layer, 1 used more than once, 1 in place" in found.text
    assert "rewritten copy" in found.text


def test_a_forward_pass_that_branches_leaves_only_gradients():
    class Branching(nn.Module):
        def forward(self, x):
            return x[:, :3] if x.sum() > 0 else x[:, 1:]

    found = remarks(Branching(), 4)
    assert list(found) == ["gradient", "layers"]
    assert found["gradient"].ok
    assert not found["layers"].ok
    assert "cannot be traced" in found["layers"].text


@pytest.mark.parametrize(
    ("forward", "why"),
    [
        (lambda x: (x[:, :3] * 3).round(), "zero at all of 3 rows"),
        (lambda x: x[:, :3].detach(), "does not require grad"),
        (lambda x: torch.sqrt(x[:, :3] * 0), "not a finite number"),
    ],
)
def test_gradients_that_do_not_help(forward, why):
    class Useless(nn.Module):
        def forward(self, x):
            return forward(x)

    found = remarks(Useless(), 4)["gradient"]
    assert not found.ok
    assert why in found.text


class Recurrent(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell, self.output = cell, nn.Linear(5, 3)

    def forward(self, x):
        return self.output(self.cell(x)[0][:, -1])


def test_recurrent_cells_have_relevance_rules_and_no_difference_rules():
    found = remarks(Recurrent(nn.GRU(4, 5, batch_first=True)), 7, 4)
    assert found["lrp"].ok
    for name in ("deep_lift", "deep_lift_shap"):
        assert not found[name].ok
        assert found[name].text == "DeepLIFT has no rule for the gates of layer cell (GRU)"
    plain = remarks(Recurrent(nn.RNN(4, 5, batch_first=True)), 7, 4)["lrp"]
    assert plain.text == (
        "no relevance rule reaches layer cell (RNN): relevance passes through GRU and LSTM"
    )


def test_a_network_on_words_is_judged_behind_its_embedding():
    class Rows(Embedding):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(5, 6)

        def forward(self, x):
            return self.words(x.long()).transpose(1, 2)

    net = nn.Sequential(
        Rows(), nn.Conv1d(6, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2)
    )
    found = remarks(net, 8)
    assert found["gradient"].ok
    assert found["grad_cam"].text == "takes layer 1 (ReLU): 4 maps of 8 for 8"


def test_the_module_is_left_as_it_is():
    net = Hidden()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    remarks(net, 4)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(one.requires_grad for one in net.parameters())
