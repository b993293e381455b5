"""Grad-CAM along time: the map of the last convolution, stretched linearly to the samples."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from captum.attr import LayerGradCam
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.grad_cam import GradCam
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP

TARGETS = [0, 2, 1, 1]


@pytest.fixture
def curves() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(4, 2, 24)).astype(np.float32)


@pytest.fixture
def network(curves) -> nn.Sequential:
    """Like the network trained here: blocks along time with batch norm, pooling, an average."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv1d(2, 6, 5, padding=2), nn.BatchNorm1d(6), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(6, 5, 5, padding=2), nn.BatchNorm1d(5), nn.ReLU(), nn.AvgPool1d(12),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(5, 3),
    )  # fmt: skip
    for norm in (net[1], net[5]):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias)
    net.train()
    for _ in range(5):
        net(torch.tensor(curves))
    return net.eval()


@pytest.mark.parametrize("positive", [True, False])
def test_equals_captum_at_the_last_activation(bank_of, network, curves, positive):
    bank = bank_of(network, curves, classes=3, targets=TARGETS)
    maps = LayerGradCam(bank.module, bank.module[6]).attribute(
        torch.tensor(curves, requires_grad=True), torch.tensor(TARGETS), relu_attributions=positive
    )
    wanted = functional.interpolate(maps, 24, mode="linear").detach().numpy()
    values = GradCam(positive=positive).explain(bank).values
    assert values.shape == curves.shape
    np.testing.assert_allclose(values.sum(axis=1, keepdims=True), wanted, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(values[:, 0], values[:, 1])


def test_by_hand(bank_of):
    """One map A = x over 8 samples, score 2·mean(A): mean gradient 2/8, so the map is x ÷ 4."""
    net = nn.Sequential(
        nn.Conv1d(1, 1, 1, bias=False), nn.ReLU(), nn.AvgPool1d(8), nn.Flatten(), nn.Linear(1, 1)
    )
    net[0].weight.data.fill_(1.0)
    net[4].weight.data.fill_(2.0)
    x = np.random.default_rng(0).uniform(size=(2, 1, 8))
    values = GradCam().explain(bank_of(net, x)).values
    np.testing.assert_allclose(values, x / 4, rtol=1e-5)


def test_refuses_a_map_of_a_single_point(bank_of, curves):
    net = nn.Sequential(nn.Conv1d(2, 3, 24), nn.ReLU(), nn.Flatten(), nn.Linear(3, 1))
    with pytest.raises(NotApplicable, match="one point"):
        GradCam().explain(bank_of(net, curves))


def test_integrated_gradients_of_a_linear_model_are_weight_times_difference(bank_of, curves):
    layer = nn.Linear(48, 1)
    background = np.random.default_rng(5).normal(size=(1, 2, 24)).astype(np.float32)
    bank = bank_of(nn.Sequential(nn.Flatten(), layer), curves, background=background)
    wanted = layer.weight.detach().numpy().reshape(2, 24) * (curves - background)
    np.testing.assert_allclose(
        IntegratedGradients(steps=10).explain(bank).values, wanted, rtol=1e-4, atol=1e-6
    )


def test_integrated_gradients_equal_captum_and_add_up_to_the_score(bank_of, network, curves):
    background = np.zeros((1, 2, 24), dtype=np.float32)
    bank = bank_of(network, curves, background=background, classes=3, targets=TARGETS)
    values = IntegratedGradients(steps=200).explain(bank).values
    wanted = CaptumIntegratedGradients(bank.module).attribute(
        torch.tensor(curves), torch.zeros(1, 2, 24), torch.tensor(TARGETS), n_steps=400
    )
    np.testing.assert_allclose(values, wanted.numpy(), atol=0.02 * np.abs(values).max())
    picked = torch.tensor(TARGETS)[:, None]
    with torch.no_grad():
        moved = bank.module(torch.tensor(curves)).gather(1, picked)
        moved -= bank.module(torch.tensor(background)).expand(4, -1).gather(1, picked)
    np.testing.assert_allclose(values.sum(axis=(1, 2)), moved[:, 0].numpy(), rtol=0.02, atol=0.02)


def test_lrp_reaches_through_the_chain(bank_of, network, curves):
    values = LRP().explain(bank_of(network, curves, classes=3, targets=TARGETS)).values
    assert values.shape == curves.shape
    assert np.isfinite(values).all()
    assert np.abs(values).sum(axis=(1, 2)).min() > 0
