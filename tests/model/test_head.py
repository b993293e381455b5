import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.model.face import WhiteBox
from xaiframe.model.head import take_in

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


def data_of(classes=("no", "yes"), x=X, modality="table") -> Data:
    y = np.arange(len(x)) % max(len(classes), 1)
    part = Split(np.arange(len(x)), x, y, pd.DataFrame(x.reshape(len(x), -1)))
    shape = x.shape[1:]
    count = int(np.prod(shape))
    return Data(
        modality=modality,
        task="classification" if classes else "regression",
        train=part,
        validation=part,
        test=part,
        features=tuple(f"f{k}" for k in range(count)),
        feature_mask=np.arange(count).reshape(shape),
        classes=classes,
    )


def linear(outputs: int) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, outputs))


def taken(module, data, classes=(), gives="logit") -> WhiteBox:
    return take_in(module, "net.pt", data, classes, gives, "")


def out(module, x=X) -> np.ndarray:
    with torch.no_grad():
        return module(torch.as_tensor(x)).numpy()


def test_a_network_with_an_output_per_class_stays_as_it_is():
    module = linear(2)
    model = taken(module, data_of())
    assert model.module is module
    assert model.provides == ("gradient", "layers")


def test_a_single_logit_is_the_log_odds_of_the_second_class():
    module = linear(1)
    for classes, second in ((("no", "yes"), 1), (("yes", "no"), 0)):
        model = taken(module, data_of(), classes)
        p = 1 / (1 + np.exp(-out(module)[:, 0]))
        np.testing.assert_allclose(model.probabilities(X)[:, second], p, rtol=1e-5)
        np.testing.assert_allclose(
            model.scores(X, "logit")[:, second], out(module)[:, 0], rtol=1e-5
        )


def test_a_sigmoid_and_a_softmax_give_their_probabilities_back():
    one = nn.Sequential(*linear(1), nn.Sigmoid())
    two = nn.Sequential(*linear(2), nn.Softmax(dim=1))
    found = taken(one, data_of(), gives="probability").probabilities(X)
    np.testing.assert_allclose(found[:, 1], out(one)[:, 0], rtol=1e-5)
    found = taken(two, data_of(), ("yes", "no"), "probability").probabilities(X)
    np.testing.assert_allclose(found, out(two)[:, ::-1], rtol=1e-5)


@pytest.mark.parametrize(
    ("last", "gives", "message"),
    [
        (nn.Softmax(dim=1), "logit", "look like probabilities .*gives: probability"),
        (nn.Identity(), "probability", "is no probability .*gives: logit"),
    ],
)
def test_a_scale_that_the_answers_belie_is_refused(last, gives, message):
    with pytest.raises(ModelError, match=message):
        taken(nn.Sequential(*linear(2), last), data_of(), gives=gives)


def test_outputs_follow_the_named_classes():
    data = data_of(("a", "b", "c"))
    module = linear(3)
    model = taken(module, data, ("c", "a", "b"))
    np.testing.assert_allclose(model.raw(X), out(module)[:, [1, 2, 0]], rtol=1e-6)
    with pytest.raises(ModelError, match="its classes are c, a, z"):
        taken(module, data, ("c", "a", "z"))
    with pytest.raises(ModelError, match=r"puts out 2 numbers .*3 expected"):
        taken(linear(2), data)


def test_the_fixed_layer_is_no_part_of_what_was_learnt():
    last = taken(linear(1), data_of()).module[-1]
    assert last.reset_parameters is None
    assert not last.weight.requires_grad


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Linear(4, 2), r"inputs of shape \(n, 3\): .*cannot be multiplied"),
        (nn.Flatten(0), "puts out"),
        (nn.Sequential(nn.Linear(3, 2), nn.LogSigmoid(), nn.Threshold(0, torch.inf)), "finite"),
        (nn.Sequential(nn.BatchNorm1d(3, track_running_stats=False), nn.Linear(3, 2)), None),
    ],
)
def test_a_network_that_cannot_be_asked_row_by_row_is_refused(module, message):
    with pytest.raises(ModelError, match=message or "net.pt"):
        taken(module, data_of())


class Chance(nn.Module):
    """Dropout that stays on."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x):
        return nn.functional.dropout(self.linear(x), training=True)


def test_answers_by_chance_are_refused():
    with pytest.raises(ModelError, match="depends on chance"):
        taken(Chance(), data_of())


class Branching(nn.Module):
    """A forward pass that asks for values: it cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x):
        return self.linear(x) if bool(x.sum() > -1e9) else x


class Detached(nn.Module):
    """No gradient comes through."""

    def forward(self, x):
        return x[:, :2].detach() * 3


def test_what_it_provides_is_found_on_the_module_itself():
    pictures = np.random.default_rng(0).normal(size=(20, 1, 4, 4)).astype(np.float32)
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(12, 2))
    data = data_of(x=pictures, modality="image")
    assert taken(network, data).provides == ("gradient", "layers", "convolution")
    assert taken(Branching(), data_of()).provides == ("gradient",)
    assert taken(Detached(), data_of()).provides == ()


def test_a_regression_network_gives_its_value():
    data = data_of(())
    module = linear(1)
    np.testing.assert_allclose(taken(module, data).predictions(X), out(module)[:, 0], rtol=1e-6)
    with pytest.raises(ModelError, match="puts out 2 numbers"):
        taken(linear(2), data)


def test_the_digest_knows_what_the_parameters_do_not_say():
    one, other = (take_in(linear(2), "net.pt", data_of(), (), "logit", text) for text in "ab")
    assert one.digest != other.digest
    assert one.digest == take_in(linear(2), "net.pt", data_of(), (), "logit", "a").digest
