"""CAM takes the score apart by position, and says where a network does not allow it."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.cam import CAM
from xaiframe.gradient.grad_cam import GradCam
from xaiframe.model.resnet import Block

TARGETS = [0, 1, 2, 1, 0]


def averaging(*pool):
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 5, 3, padding=1), nn.ReLU(), *pool, nn.Linear(5, 3),
    ).eval()  # fmt: skip


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(dim=(-2, -1))


class Half(nn.Module):
    """The left half of the maps, as one number each."""

    def forward(self, x):
        return functional.avg_pool2d(x, (4, 3)).flatten(1)


POOLS = [
    (nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    (nn.AvgPool2d(4), nn.Flatten()),
    (Mean(),),
]


def test_by_hand(bank_of):
    """Maps x and 2x, weights 3 and −1, contrast of one output: the score at a point is x ÷ 64."""
    net = nn.Sequential(
        nn.Conv2d(1, 2, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1)
    )
    net[0].weight.data = torch.tensor([1.0, 2.0]).reshape(2, 1, 1, 1)
    net[3].weight.data = torch.tensor([[3.0, -1.0]])
    x = np.random.default_rng(0).normal(size=(3, 1, 8, 8))
    answer = CAM().explain(bank_of(net, x))
    np.testing.assert_allclose(answer.values, x / 64, rtol=1e-5, atol=1e-7)
    assert answer.evaluations == 3


@pytest.mark.parametrize("pool", POOLS)
def test_equals_grad_cam_without_its_relu(bank_of, pictures, pool):
    bank = bank_of(averaging(*pool), pictures, classes=3, targets=TARGETS)
    values = CAM().explain(bank).values
    wanted = GradCam(positive=False).explain(bank).values
    np.testing.assert_allclose(values, wanted, rtol=1e-4, atol=1e-6)
    assert values.min() < 0 < values.max()


def test_adds_up_to_the_score_less_its_bias(bank_of, pictures):
    """Where the maps are as large as the input nothing is enlarged."""
    net = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(6, 3),
    )  # fmt: skip
    bank = bank_of(net, pictures, classes=3, targets=TARGETS)
    bias = bank.module[-1].weight @ net[-1].bias
    wanted = bank.full - bias.detach().numpy()[TARGETS]
    values = CAM().explain(bank).values
    np.testing.assert_allclose(values.sum(axis=(1, 2, 3)), wanted, rtol=1e-4, atol=1e-5)


def test_takes_the_maps_behind_a_skip_connection(bank_of, pictures):
    torch.manual_seed(3)
    net = nn.Sequential(
        Block(2, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3, bias=False)
    ).eval()
    bank = bank_of(net, pictures, classes=3)
    values = CAM().explain(bank).values
    np.testing.assert_allclose(values.sum(axis=(1, 2, 3)), bank.full, rtol=1e-4, atol=1e-5)


def test_along_time(bank_of):
    """One map A = x over 8 samples, score 2 · mean(A)."""
    net = nn.Sequential(
        nn.Conv1d(1, 1, 1, bias=False), nn.ReLU(), nn.AvgPool1d(8), nn.Flatten(), nn.Linear(1, 1)
    )
    net[0].weight.data.fill_(1.0)
    net[4].weight.data.fill_(2.0)
    x = np.random.default_rng(0).uniform(size=(2, 1, 8))
    np.testing.assert_allclose(CAM().explain(bank_of(net, x)).values, x / 4, rtol=1e-5)


def test_same_numbers_for_any_batch_and_order(bank_of, pictures):
    net = averaging(*POOLS[0])
    whole = CAM().explain(bank_of(net, pictures, classes=3)).values
    part = CAM().explain(bank_of(net, pictures[[3, 1]], classes=3, max_batch=1)).values
    np.testing.assert_allclose(part, whole[[3, 1]], rtol=1e-5, atol=1e-6)


def test_the_model_is_left_as_it_is(bank_of, pictures):
    bank = bank_of(averaging(*POOLS[0]), pictures, classes=3)
    before = bank.module(torch.tensor(pictures))
    CAM().explain(bank)
    assert torch.equal(bank.module(torch.tensor(pictures)), before)


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ((nn.Flatten(), nn.Linear(80, 5)), r"layer 5 \(ReLU\): grad_cam does without"),
        ((nn.MaxPool2d(4), nn.Flatten()), r"layer 6 \(MaxPool2d\)"),
        ((Half(),), "averages parts of the feature maps"),
        ((nn.AvgPool2d(2), nn.Flatten(), nn.Linear(20, 5)), "averages parts of the feature maps"),
        ((*POOLS[0], nn.Linear(5, 5), nn.ReLU()), r"layer 9 \(ReLU\)"),
    ],
)
def test_refuses_any_other_end_by_name(bank_of, pictures, pool, said):
    with pytest.raises(NotApplicable, match=said):
        CAM().explain(bank_of(averaging(*pool), pictures, classes=3))


def test_refuses_probabilities_and_says_what_helps(bank_of, pictures):
    bank = bank_of(averaging(*POOLS[0]), pictures, classes=3, output="probability")
    with pytest.raises(NotApplicable, match=r"Softmax.*reference\.output: logit"):
        CAM().explain(bank)


def test_refuses_a_model_without_convolution(bank_of, pictures):
    with pytest.raises(NotApplicable, match="no convolution"):
        CAM().explain(bank_of(nn.Sequential(Mean(), nn.Linear(2, 1)), pictures))


def test_refuses_a_single_point(bank_of, pictures):
    net = nn.Sequential(nn.Conv2d(2, 3, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1))
    with pytest.raises(NotApplicable, match="one point"):
        CAM().explain(bank_of(net, pictures))
