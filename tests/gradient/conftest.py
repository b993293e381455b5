"""Small data, models and banks of questions whose true attributions are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.model.face import WhiteBox
from xaiframe.model.network import Standardize
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer


def split(x: np.ndarray, start: int = 0) -> Split:
    return Split(
        np.arange(start, start + len(x)), x, np.zeros(len(x)), pd.DataFrame(index=range(len(x)))
    )


def data_of(train: np.ndarray, mask: np.ndarray, classes: int) -> Data:
    return Data(
        "table" if mask.ndim == 1 else "image",
        "classification" if classes > 1 else "regression",
        split(train),
        split(train[:1], 1000),
        split(train[:1], 2000),
        tuple(f"f{number}" for number in range(mask.max() + 1)),
        mask,
        tuple(f"c{number}" for number in range(classes)) if classes > 1 else (),
    )


@pytest.fixture
def bank_of() -> Callable[..., GradientBank]:
    """A bank for ``module`` at ``x``: three or more outputs are logits, one is a regression."""

    def build(
        module,
        x,
        background=None,
        weights=None,
        targets=None,
        train=None,
        mask=None,
        classes=1,
        output="logit",
        seed=0,
        ids=None,
        max_batch=8192,
    ):
        x = np.asarray(x, dtype=np.float32)
        shape = x.shape[1:]
        background = np.zeros((1, *shape)) if background is None else np.asarray(background)
        weights = np.full(len(background), 1 / len(background)) if weights is None else weights
        mask = np.arange(x[0].size).reshape(shape) if mask is None else mask
        train = x if train is None else np.asarray(train, dtype=np.float32)
        data = data_of(train, mask, classes)
        names = data.classes
        model = WhiteBox(module, data.task, names, ("gradient", "layers", "convolution"))
        reference = Reference(background.astype(np.float32), np.asarray(weights), output, None)
        targets = np.zeros(len(x), dtype=np.int64) if targets is None else np.asarray(targets)
        ids = np.arange(len(x)) if ids is None else np.asarray(ids)
        return GradientBank(Scorer(model, reference, max_batch), data, x, targets, ids, seed)

    return build


@pytest.fixture
def weights() -> np.ndarray:
    return np.array([2.0, -1.0, 0.5, 0.0], dtype=np.float32)


@pytest.fixture
def linear(weights) -> nn.Sequential:
    """Score = w·x + 3."""
    layer = nn.Linear(len(weights), 1)
    layer.weight.data = torch.tensor(weights)[None]
    layer.bias.data = torch.tensor([3.0])
    return nn.Sequential(layer)


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(7).normal(size=(6, 4)).astype(np.float32)


@pytest.fixture
def train() -> np.ndarray:
    scales = np.array([1.0, 10.0, 0.1, 3.0])
    return (np.random.default_rng(8).normal(size=(40, 4)) * scales).astype(np.float32)


@pytest.fixture
def mlp() -> nn.Sequential:
    """A random ReLU net with dropout, four inputs, three logits."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(4, 12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3)
    )


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(9).uniform(0, 2, size=(5, 2, 8, 8)).astype(np.float32)


@pytest.fixture
def cnn(pictures) -> nn.Sequential:
    """Like the network trained here: standardised, batch norm with learnt moments, pooling."""
    torch.manual_seed(1)
    standardize = Standardize((2, 8, 8))
    standardize.sd.fill_(0.5)
    net = nn.Sequential(
        standardize,
        nn.Conv2d(2, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 5, 3, padding=1),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(5 * 4 * 4, 3),
    )
    for norm in (net[2], net[6]):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias)
    net.train()
    for _ in range(5):
        net(torch.tensor(pictures))
    return net.eval()
