"""A user's own network class: made, tried, trained, and refused where it is not right."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from xaiframe.data.face import Data
from xaiframe.data.table import Table
from xaiframe.errors import ModelError
from xaiframe.model.own_network import OwnNetwork

CODE = """
import torch
from pytorch_lightning import LightningModule
from torch import nn

class Net(LightningModule):
    def __init__(self, inputs, width=4, classes=2):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, classes))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, index):
        raise AssertionError("not called here")

def function(x):
    return x
"""


@pytest.fixture
def source(trusted_package: Callable[[str, str], Path]) -> Path:
    return trusted_package("ournets", CODE)


@pytest.fixture
def package(source: Path) -> str:
    return f"{source.parent.name}.Net"


@pytest.fixture(scope="module")
def data() -> Data:
    return Table("builtin:breast_cancer", "diagnosis").load()


def test_it_is_the_users_class_behind_standardised_inputs(package: str, data: Data) -> None:
    torch.manual_seed(5)
    network = OwnNetwork(package, {"inputs": 30, "width": 7}).build(data)
    torch.manual_seed(5)
    own = sys.modules["ournets"].Net(30, 7)
    x = torch.as_tensor(data.train.x[:9])
    centred = (x - torch.as_tensor(data.train.x.mean(axis=0))) / torch.as_tensor(data.scale)
    np.testing.assert_allclose(network(x).detach(), own(centred).detach(), rtol=1e-4, atol=1e-5)
    assert network.training


def test_another_source_is_another_model(package: str, source: Path) -> None:
    before = OwnNetwork(package).code
    source.write_text(CODE + "\n# changed\n")
    assert OwnNetwork(package).code != before


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("", {"inputs": 30, "depth": 2}, "cannot be made with inputs, depth: .*depth"),
        ("", {"inputs": 29}, r"does not take inputs of shape \(n, 30\)"),
        ("", {"inputs": 30, "classes": 3}, r"puts out \(4, 3\).*\(4, 2\): one column per class"),
        ("ournets.function", {}, "no class of networks"),
        ("ournets.Missing", {}, "cannot be imported"),
        ("elsewhere.Net", {}, "not trusted, nor imported"),
    ],
)
def test_what_is_not_right_is_named(
    package: str, data: Data, name: str, params: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        OwnNetwork(name or package, params).build(data)


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"is not package\.module\.Class"):
        OwnNetwork("no name")
