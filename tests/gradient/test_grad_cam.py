"""Grad-CAM shows where the last feature maps raise the score."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.grad_cam import GradCam

TARGETS = [0, 1, 2, 1, 0]


def patch_net():
    """The score is the brightness of one known corner: 2 × the mean of rows and columns 0–3."""
    net = nn.Sequential(
        nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(4, 1)
    )
    net[0].weight.data.fill_(1.0)
    net[4].weight.data = torch.tensor([[2.0, 0.0, 0.0, 0.0]])
    return net.eval()


@pytest.mark.parametrize("positive", [True, False])
def test_equals_captum_at_the_last_activation(bank_of, cnn, pictures, positive):
    bank = bank_of(cnn, pictures, classes=3, targets=TARGETS)
    maps = LayerGradCam(bank.module, bank.module[7]).attribute(
        torch.tensor(pictures, requires_grad=True), torch.tensor(TARGETS),
        relu_attributions=positive,
    )  # fmt: skip
    wanted = functional.interpolate(maps, (8, 8), mode="bilinear").detach().numpy()
    values = GradCam(positive=positive).explain(bank).values
    assert values.shape == pictures.shape
    np.testing.assert_allclose(values.sum(axis=1, keepdims=True), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(values[:, 0], values[:, 1])
    assert (values.min() >= 0) == positive


def test_by_hand(bank_of):
    """One map A = x, mean gradient 2/16/4: the map is x ÷ 32 at its own size."""
    x = np.random.default_rng(0).uniform(size=(2, 1, 8, 8))
    values = GradCam().explain(bank_of(patch_net(), x)).values
    np.testing.assert_allclose(values, x / 32, rtol=1e-5)


def test_looks_at_the_patch_the_model_looks_at(bank_of):
    """Two maps, one bright left and one bright right; the score reads the left one."""
    net = nn.Sequential(
        nn.Conv2d(1, 2, 1, bias=False), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(2, 1),
    )  # fmt: skip
    net[0].weight.data = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
    net[4].weight.data = torch.tensor([[1.0, 0.0]])
    x = np.full((1, 1, 6, 6), -1.0)
    x[..., :3] = 1.0
    values = GradCam().explain(bank_of(net, x)).values[0, 0]
    assert np.all(values[:, :3] > 0)
    assert np.all(values[:, 3:] == 0)


def test_in_place_activation_changes_nothing(bank_of, cnn, pictures):
    plain = GradCam().explain(bank_of(cnn, pictures, classes=3)).values
    cnn[7].inplace = True
    np.testing.assert_array_equal(
        GradCam().explain(bank_of(cnn, pictures, classes=3)).values, plain
    )


def test_same_numbers_for_any_batch_and_order(bank_of, cnn, pictures):
    whole = GradCam().explain(bank_of(cnn, pictures, classes=3)).values
    part = GradCam().explain(bank_of(cnn, pictures[[3, 1]], classes=3, max_batch=1)).values
    np.testing.assert_allclose(part, whole[[3, 1]], rtol=1e-5, atol=1e-6)


def test_refuses_a_model_without_convolution(bank_of, pictures):
    net = nn.Sequential(nn.Flatten(), nn.Linear(128, 1))
    with pytest.raises(NotApplicable, match="no convolution"):
        GradCam().explain(bank_of(net, pictures))


def test_refuses_maps_of_a_single_point(bank_of, pictures):
    net = nn.Sequential(nn.Conv2d(2, 3, 8), nn.ReLU(), nn.Flatten(), nn.Linear(3, 1))
    with pytest.raises(NotApplicable, match="one point"):
        GradCam().explain(bank_of(net, pictures))
