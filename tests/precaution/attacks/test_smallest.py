"""Minimal perturbation: of a linear model it is the margin over the weights' L1 norm."""

import numpy as np
import torch
from torch import nn

from xaiframe.model.face import WhiteBox
from xaiframe.precaution.attacks.gradient import direction
from xaiframe.precaution.attacks.smallest import smallest


def test_the_smallest_change_of_a_linear_model_is_its_margin_over_its_weights(
    points, linear, unbounded
):
    """min over the other classes of (logit difference) ÷ ‖w − w'‖₁, weights per sd."""
    x, where = points.test.x, unbounded(points, points.test)
    weight = linear.module.weight.numpy().astype(float) * points.scale
    logits = linear.raw(x).astype(float)
    told = logits.argmax(axis=1)
    gap = logits[np.arange(len(x)), told][:, None] - logits
    size = np.abs(weight[told][:, None] - weight[None]).sum(axis=2)
    exact = np.where(size > 0, gap / np.where(size > 0, size, 1), np.inf).min(axis=1)
    radius, found = smallest(linear, points, x, told, where, 64.0, 20, 7)

    ordinary = exact > 64 / 1024
    assert ordinary.mean() > 0.7
    ratio = radius[ordinary] / exact[ordinary]
    assert ratio.min() > 0.999
    assert np.quantile(ratio, 0.9) < 1.01
    assert (linear.predictions(found) != told).all()


def test_regression_moves_by_the_norm_of_the_weights(unbounded, data_of):
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 3)).astype(np.float32)
    data = data_of(x, (x @ [1, 2, -1]).astype(np.float32), "regression")
    layer = nn.Linear(3, 1)
    layer.weight.data, layer.bias.data = torch.tensor([[1.0, 2.0, -1.0]]), torch.zeros(1)
    model = WhiteBox(layer, "regression", (), ("gradient",))
    told = model.predictions(x)
    against = direction(data, data.test.y, told)
    radius, _ = smallest(model, data, x, against, unbounded(data, data.test), 2.0, 10, 7)

    exact = 0.1 * data.train.y.std() / (np.array([1, 2, 1]) * data.scale).sum()
    np.testing.assert_allclose(radius, exact, rtol=0.01)


def test_rows_that_hold_out_are_infinite(points, unbounded):
    layer = nn.Linear(4, 3)
    layer.weight.data.zero_()
    layer.bias.data = torch.tensor([1.0, 0.0, 0.0])
    model = WhiteBox(layer, "classification", ("c0", "c1", "c2"), ("gradient",))
    x = points.test.x
    radius, found = smallest(
        model, points, x, np.zeros(len(x), int), unbounded(points, points.test), 2.0, 5, 5
    )

    assert np.isinf(radius).all()
    np.testing.assert_array_equal(found, x)


def test_a_small_change_is_found_where_a_large_one_overshoots(points, unbounded):
    """A stripe of one class of width 0.2 in every two: from 2 sd the attack lands anywhere."""

    class Stripes(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x):
            wave = torch.cos(torch.pi * x[:, :1] * self.weight) - 0.9
            return torch.cat([-wave, wave, wave - 5], dim=1)

    x = points.test.x.copy()
    x[:, 0] = np.random.default_rng(0).uniform(0.16, 0.3, len(x))
    model = WhiteBox(Stripes(), "classification", ("c0", "c1", "c2"), ("gradient",))
    where = unbounded(points, points.test)
    radius, _ = smallest(model, points, x, np.zeros(len(x), int), where, 2.0, 10, 7)
    exact = (x[:, 0] - np.arccos(0.9) / np.pi) / points.scale[0]

    np.testing.assert_allclose(radius, exact, rtol=0.05)
