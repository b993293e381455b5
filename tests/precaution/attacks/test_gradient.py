"""Gradient attacks: on a linear model they are the closed form, elsewhere captum's and torch's."""

import captum.robust
import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.errors import NotApplicable
from xaiframe.model.face import WhiteBox
from xaiframe.precaution.attacks.gradient import fgsm, margins, pgd
from xaiframe.precaution.attacks.room import Room, room


def test_fgsm_is_one_signed_step_of_torch(points, curved, unbounded):
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


def test_on_a_linear_model_many_steps_reach_what_one_does(points, linear, unbounded):
    two = WhiteBox(nn.Linear(4, 2), "classification", ("c0", "c1"), ("gradient",))
    x, y, where = points.test.x, points.test.y % 2, unbounded(points, points.test)
    radius = np.random.default_rng(0).uniform(0.01, 1, len(x))

    one, many = fgsm(two, x, y, where, radius), pgd(two, x, y, where, radius, 10)
    np.testing.assert_allclose(one, many, rtol=1e-4, atol=1e-4)


def test_nothing_leaves_the_radius_nor_the_training_range(points, curved):
    rows = points.test
    where = room(points, rows)
    found = pgd(curved, rows.x, rows.y, where, np.full(len(rows), 0.5), 7)

    assert (np.abs(found - rows.x) <= 0.5 * points.scale * (1 + 1e-4)).all()
    assert (found >= points.train.x.min(axis=0)).all()
    assert (found <= points.train.x.max(axis=0)).all()


def test_a_model_without_gradients_says_so(points, unbounded):
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
