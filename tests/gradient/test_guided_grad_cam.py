"""Guided Grad-CAM is the product of its two parts, and looks where both do."""

import numpy as np
import pytest
import torch
from captum.attr import GuidedGradCam as Captum
from torch import nn

from xaiframe.errors import NotApplicable
from xaiframe.gradient.guided_grad_cam import GuidedGradCam


def plain():
    torch.manual_seed(6)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(3 * 64, 1),
    ).eval()  # fmt: skip


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_it_is_captums_product(bank_of, pictures):
    """captum lays the whole map on every channel; here the channels share it."""
    net = plain()
    values = GuidedGradCam().explain(bank_of(net, pictures)).values
    found = Captum(net, net[3]).attribute(
        torch.tensor(pictures, requires_grad=True), target=0, interpolate_mode="bilinear"
    )
    wanted = found.detach().numpy() * pictures.std() / 2
    assert np.abs(wanted).max() > 0
    np.testing.assert_allclose(values, wanted, rtol=1e-4, atol=1e-7)


def test_where_the_last_maps_are_dark_nothing_is_shown(bank_of):
    net = nn.Sequential(
        nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(36, 1, bias=False)
    )
    net[0].weight.data.fill_(1.0)
    net[3].weight.data.fill_(1.0)
    x = np.full((1, 1, 6, 6), -1.0)
    x[..., :3] = 1.0
    values = GuidedGradCam().explain(bank_of(net, x)).values[0, 0]
    assert np.all(values[:, :3] > 0)
    assert np.all(values[:, 3:] == 0)


def test_a_model_without_convolution_is_refused(bank_of, mlp, rows):
    with pytest.raises(NotApplicable, match="no convolution"):
        GuidedGradCam().explain(bank_of(mlp, rows, classes=3))
