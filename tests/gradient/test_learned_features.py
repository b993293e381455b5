"""Learned features lie where arithmetic puts them: at corners, at a top, within the range."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.catalogue.values import cost
from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.gradient.learned_features import LearnedFeatures
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.probe.climb import blurred
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Population, Scorer

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 4)).astype(np.float32) * [1, 10, 0.1, 1]


def population(module, x, classes=(), modality="table", max_batch=8192):
    x = np.asarray(x, dtype=np.float32)
    part = Split(np.arange(len(x)), x, np.zeros(len(x)), pd.DataFrame(index=range(len(x))))
    mask = np.arange(int(np.prod(x.shape[1:]))).reshape(x.shape[1:])
    names = tuple(f"f{i}" for i in range(mask.size))
    task = "classification" if classes else "regression"
    data = Data(modality, task, part, part, part, names, mask, tuple(classes))
    model = WhiteBox(module, task, tuple(classes), ("gradient",))
    reference = Reference(x.mean(axis=0, keepdims=True), np.ones(1), "logit", None)
    targets = np.zeros(len(x), dtype=int)
    return Population(model, Scorer(model, reference, max_batch), data, part, targets, 0)


def linear(weights):
    layer = nn.Linear(len(weights[0]), len(weights))
    layer.weight.data = torch.tensor(weights)
    layer.bias.data.zero_()
    return nn.Sequential(layer)


class Hill(nn.Module):
    """−Σ a (x − top)²."""

    def __init__(self, top, a):
        super().__init__()
        self.top, self.a = (nn.Parameter(torch.tensor(one)) for one in (top, a))

    def forward(self, x):
        return -(self.a * (x - self.top) ** 2).sum(dim=1, keepdim=True)


def test_of_a_weighted_sum_it_is_the_corner_that_the_signs_say():
    weights = [[2.0, -0.01, 3.0, -0.5], [0.0, 0.0, 0.0, 0.0]]
    found = LearnedFeatures(distance=0).explain(population(linear(weights), X, ("a", "b")))
    low, high = X.min(axis=0), X.max(axis=0)
    signs = np.sign(weights[0])
    np.testing.assert_allclose(found.x[0], np.where(signs > 0, high, low), rtol=1e-5)
    np.testing.assert_allclose(found.x[1], np.where(signs > 0, low, high), rtol=1e-5)
    assert found.features["edge"].tolist()[:4] == ["high", "low", "high", "low"]
    assert found.optimum["answer"].tolist() == ["a", "b"]
    assert (found.optimum["score"] > found.optimum["largest"]).all()


def test_of_a_quantity_both_ends():
    found = LearnedFeatures(distance=0).explain(population(linear([[1.0, 1.0, 1.0, -1.0]]), X))
    assert found.optimum["output"].tolist() == ["highest", "lowest"]
    values = X.astype(np.float32) @ np.array([1, 1, 1, -1], dtype=np.float32)
    np.testing.assert_allclose(found.optimum["largest"], [values.max(), values.min()], rtol=1e-5)
    assert found.optimum["score"][0] > values.max()
    assert found.optimum["score"][1] < values.min()


def test_of_a_hill_it_is_the_top():
    top = [0.5, -4.0, 0.05, 0.2]
    asked = population(Hill(top, [1.0, 0.02, 30.0, 0.5]), X)
    found = LearnedFeatures(distance=0).explain(asked)
    np.testing.assert_allclose(found.x[0] / X.std(axis=0), top / X.std(axis=0), atol=0.01)
    assert found.optimum["score"][0] == pytest.approx(0, abs=1e-3)


def test_the_pull_lets_each_go_as_far_as_its_slope():
    """Of a weighted sum an element rests at distance · slope ÷ root mean square of all slopes."""
    sd, weights = X.std(axis=0), np.array([0.2, -0.01, 1.0, 0.1])
    found = LearnedFeatures(distance=0.8).explain(population(linear([weights.tolist()]), X))
    slopes = weights * sd
    z = (found.x[0] - X.mean(axis=0)) / sd
    np.testing.assert_allclose(z, 0.8 * slopes / np.sqrt((slopes**2).mean()), atol=0.01)


def test_pictures_are_seen_through_the_blur_and_stay_in_range():
    torch.manual_seed(0)
    x = RANDOM.uniform(0, 16, size=(30, 1, 8, 8))
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 3)).eval()
    rough, smooth = (
        LearnedFeatures(blur=one, steps=60, distance=0).explain(population(net, x, "abc", "image"))
        for one in (0, 0.2)
    )
    for found in (rough, smooth):
        assert found.x.min() >= x.min() - 1e-5
        assert found.x.max() <= x.max() + 1e-5
        assert (found.optimum["score"] > found.optimum["start"]).all()
    assert np.abs(np.diff(smooth.x)).mean() < np.abs(np.diff(rough.x)).mean() / 2
    assert smooth.features.empty


def test_series_keep_to_the_range_of_each_channel():
    x = RANDOM.normal(size=(20, 2, 9)) * [[1], [100]]
    net = nn.Sequential(nn.Flatten(), *linear([[1.0] * 18]))
    found = LearnedFeatures(distance=0).explain(population(net, x, modality="series"))
    for channel in range(2):
        np.testing.assert_allclose(found.x[0, channel], x[:, channel].max(), rtol=1e-5)
        np.testing.assert_allclose(found.x[1, channel], x[:, channel].min(), rtol=1e-5)


def test_blur_is_the_bell():
    from scipy.ndimage import gaussian_filter

    x = RANDOM.normal(size=(2, 3, 9, 11))
    mine = blurred(torch.tensor(x), 1.0).numpy()
    wanted = np.stack([[gaussian_filter(c, 1.0, mode="nearest", truncate=3.0) for c in one]
                       for one in x])  # fmt: skip
    np.testing.assert_allclose(mine, wanted, rtol=1e-6, atol=1e-8)


def test_cost_is_what_is_spent_whatever_the_batch():
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).eval()
    answers = []
    for limit in (2, 8192):
        found = LearnedFeatures(steps=30).explain(population(net, X, "abc", max_batch=limit))
        assert found.evaluations == cost(
            LearnedFeatures.cost, {"steps": 30, "classes": 3, "rows": len(X), "channels": 0}
        )
        answers.append(found.x)
    np.testing.assert_allclose(*answers, rtol=1e-4, atol=1e-5)


def test_what_cannot_be_climbed_is_refused():
    asked = population(linear([[1.0] * 4]), X)
    with pytest.raises(NotApplicable, match="no range"):
        LearnedFeatures().explain(replace(asked, data=replace(asked.data, modality="text")))
    model = BlackBox(lambda x: x[:, :1], "regression", ())
    scorer = Scorer(model, asked.scorer.reference)
    with pytest.raises(NotApplicable, match="no torch module"):
        LearnedFeatures().explain(replace(asked, model=model, scorer=scorer))


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"rate": 0}, {"distance": -1}, {"blur": -0.1}])
def test_bad_parameters(wrong):
    with pytest.raises(ValueError, match="must be"):
        LearnedFeatures(**wrong)


def test_of_a_hidden_unit_it_is_the_corner_of_its_own_weights():
    """The second unit ignores all but the second column, the third none: it never differs."""
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    net[0].weight.data = torch.tensor([[0.1, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 0]])
    asked = population(net, X, ("a", "b"))
    found = LearnedFeatures(distance=0, channels=3).explain(asked)
    assert found.optimum["output"].tolist() == ["0 channel 2", "0 channel 1"]
    np.testing.assert_allclose(found.x[0, 1], X[:, 1].min(), rtol=1e-5)
    np.testing.assert_allclose(found.x[1, 0], X[:, 0].max(), rtol=1e-5)
    np.testing.assert_allclose(found.x[0, [0, 2, 3]], X[:, [0, 2, 3]].mean(axis=0), atol=1e-4)
    # two of the three differ, so that one climb fewer is made than was foretold
    sizes = {"steps": 200, "classes": 2, "rows": len(X), "channels": 2}
    assert found.evaluations == cost(LearnedFeatures.cost, sizes)
    bias = net[0].bias.detach().numpy()
    np.testing.assert_allclose(found.optimum["score"][0], bias[1] - X[:, 1].min(), rtol=1e-5)
    assert (found.optimum["score"] >= found.optimum["largest"] - 1e-6).all()
    assert set(found.optimum["answer"]) <= {"a", "b"}


def test_of_a_channel_it_is_the_picture_that_raises_its_mean():
    """Two filters of one pixel: one likes ink, one likes none."""
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2))
    net[0].weight.data = torch.tensor([1.0, -2.0]).reshape(2, 1, 1, 1)
    pictures = np.random.default_rng(0).uniform(0, 1, size=(30, 1, 4, 4))
    asked = population(net, pictures, ("a", "b"), "image")
    found = LearnedFeatures(distance=0, blur=0, channels=2, layer="0").explain(asked)
    assert found.optimum["output"].tolist() == ["0 channel 2", "0 channel 1"]
    low, high = np.float32(pictures.min()), np.float32(pictures.max())
    np.testing.assert_allclose(found.x[0], low, atol=1e-3)
    np.testing.assert_allclose(found.x[1], high, atol=1e-3)


def test_channels_that_cannot_be_asked_are_refused():
    asked = population(linear([[1.0, 1, 1, 1], [0, 0, 0, 0]]), X, ("a", "b"))
    with pytest.raises(NotApplicable, match="no hidden layer"):
        LearnedFeatures(channels=2).explain(asked)
    with pytest.raises(ValueError, match="at least 1 where a layer is named"):
        LearnedFeatures(layer="0")
