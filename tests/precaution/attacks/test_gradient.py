"""Gradient attacks: on a linear model they are the closed form, elsewhere captum's and torch's."""

import captum.robust
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.model.face import WhiteBox
from xaiframe.precaution.attacks.gradient import direction, fgsm, margins, pgd
from xaiframe.precaution.attacks.room import Room, room
from xaiframe.precaution.attacks.smallest import smallest


def data_of(x, y, task="classification"):
    split = Split(np.arange(len(x)), x, y, pd.DataFrame(x))
    names = tuple(f"x{k}" for k in range(x.shape[1]))
    classes = ("c0", "c1", "c2") if task == "classification" else ()
    return Data("table", task, split, split, split, names, np.arange(x.shape[1]), classes)


@pytest.fixture
def points():
    """600 rows of four numbers of different spread, and three classes."""
    random = np.random.default_rng(0)
    x = (random.normal(size=(600, 4)) * [1, 3, 10, 0.1]).astype(np.float32)
    return data_of(x, random.integers(0, 3, 600))


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return WhiteBox(nn.Linear(4, 3), "classification", ("c0", "c1", "c2"), ("gradient",))


@pytest.fixture
def curved():
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
    return WhiteBox(module, "classification", ("c0", "c1", "c2"), ("gradient",))


def unbounded(data, rows):
    step = np.broadcast_to(data.scale, rows.x.shape).copy()
    return Room(step, np.full_like(rows.x, -1e6), np.full_like(rows.x, 1e6))


def test_fgsm_is_one_signed_step_of_torch(points, curved):
    x, y, where = points.test.x, points.test.y, unbounded(points, points.test)
    leaf = torch.tensor(x, requires_grad=True)
    margins(curved.module(leaf), torch.tensor(y)).sum().backward()
    expected = x + 0.3 * points.scale * np.sign(leaf.grad.numpy())

    found = fgsm(curved, x, y, where, np.full(len(x), 0.3))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_pgd_is_captums_where_every_unit_is_one(points, curved):
    x = (points.test.x / points.scale).astype(np.float32)
    where = Room(np.ones_like(x), np.full_like(x, -1.0), np.full_like(x, 1.0))
    x = x.clip(-1, 1)
    library = captum.robust.PGD(curved.module, margins, -1.0, 1.0)
    leaf = torch.tensor(x, requires_grad=True)
    with pytest.warns(UserWarning, match="did not already require gradients"):
        expected = library.perturb(leaf, 0.2, 0.05, 10, torch.tensor(points.test.y))

    found = pgd(curved, x, points.test.y, where, np.full(len(x), 0.2), 10)
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-5)


def test_on_a_linear_model_many_steps_reach_what_one_does(points, linear):
    two = WhiteBox(nn.Linear(4, 2), "classification", ("c0", "c1"), ("gradient",))
    x, y, where = points.test.x, points.test.y % 2, unbounded(points, points.test)
    radius = np.random.default_rng(0).uniform(0.01, 1, len(x))

    one, many = fgsm(two, x, y, where, radius), pgd(two, x, y, where, radius, 10)
    np.testing.assert_allclose(one, many, rtol=1e-4, atol=1e-4)


def test_the_smallest_change_of_a_linear_model_is_its_margin_over_its_weights(points, linear):
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


def test_regression_moves_by_the_norm_of_the_weights():
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


def test_nothing_leaves_the_radius_nor_the_training_range(points, curved):
    rows = points.test
    where = room(points, rows)
    found = pgd(curved, rows.x, rows.y, where, np.full(len(rows), 0.5), 7)

    assert (np.abs(found - rows.x) <= 0.5 * points.scale * (1 + 1e-4)).all()
    assert (found >= points.train.x.min(axis=0)).all()
    assert (found <= points.train.x.max(axis=0)).all()


def test_a_model_without_gradients_says_so(points):
    class Rounded(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(4, 3))

        def forward(self, x):
            return x.detach().round() @ self.weight

    model = WhiteBox(Rounded(), "classification", ("c0", "c1", "c2"), ("gradient",))
    x = points.test.x
    with pytest.raises(NotApplicable, match="differentiably"):
        fgsm(model, x, points.test.y, unbounded(points, points.test), np.ones(len(x)))


def test_rows_that_hold_out_are_infinite(points):
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


def test_a_small_change_is_found_where_a_large_one_overshoots(points):
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
