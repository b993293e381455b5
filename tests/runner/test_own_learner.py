"""A user's LightningModule trains by its own steps: the same weights as those steps by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data
from xaiframe.data.module import Ready
from xaiframe.data.table import Table
from xaiframe.errors import ModelError
from xaiframe.model.own_lightning import OwnLightning
from xaiframe.recipe import Fit
from xaiframe.repair.noise_correction import Wrong
from xaiframe.repair.repaired import Conduct, weighted
from xaiframe.runner.fit import drawn, fit, restore
from xaiframe.runner.trainer import Runner

CODE = """
import torch
from pytorch_lightning import LightningModule
from torch import nn

class Net(LightningModule):
    def __init__(self, inputs, outputs=2, rate=0.1, fault="", margin=0.0):
        super().__init__()
        self.save_hyperparameters()
        self.layer = nn.Linear(inputs, outputs)
        self.seen = []

    def forward(self, x):
        return self.layer(x)

    def training_step(self, batch, index):
        x, y = batch
        if self.hparams.fault == "step":
            raise RuntimeError("no such thing")
        if self.hparams.fault == "none":
            return None
        self.seen.append((len(x), float(y.float().mean())))
        out = self(x)
        loss = self.loss(out, y)
        self.log("train_loss", loss)
        self.log("mine", loss * 2, prog_bar=True)
        return {"loss": loss}

    def loss(self, out, y):
        if out.shape[1] == 1:
            return (out[:, 0] - y).abs().mean()
        return nn.functional.multi_margin_loss(out, y, margin=1.0 + self.hparams.margin)

    def validation_step(self, batch, index):
        x, y = batch
        self.log_dict({"val_loss": self.loss(self(x), y)})

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams.rate)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
        return {"optimizer": optimizer,
                "lr_scheduler": {"scheduler": scheduler, "monitor": "val_loss"}}

class Manual(Net):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.automatic_optimization = False

    def training_step(self, batch, index):
        loss = super().training_step(batch, index)["loss"]
        optimizer = self.optimizers()
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.rate)

class NoSteps(LightningModule):
    def training_step(self, batch, index):
        return None

class Plain(nn.Module):
    pass
"""


@pytest.fixture
def package(trusted_package: Callable[[str, str], Path]) -> str:
    trusted_package("oursteps", CODE)
    return "oursteps"


@pytest.fixture(scope="module")
def data() -> Data:
    return Table("builtin:breast_cancer", "diagnosis").load()


def fitted(name: str, data: Data, folder: Path, params: dict[str, Any], **more: Any) -> Any:
    architecture = OwnLightning(name, {"inputs": 30, **params})
    conduct = more.pop("conduct", Conduct())
    config = Fit(**{"epochs": 3, "batch_size": len(data.train), **more})
    return architecture, fit(
        architecture, Ready(data), config, Runner(threads=1), folder, 0, conduct
    )


def by_hand(data: Data, start: dict[str, Any], epochs: int, rate: float, halves: bool) -> nn.Linear:
    """Full-batch gradient descent on the hinge loss, halving the rate as the scheduler does."""
    scaled = (data.train.x - data.train.x.mean(axis=0)) / data.scale
    held = (data.validation.x - data.train.x.mean(axis=0)) / data.scale
    x, y = torch.as_tensor(scaled, dtype=torch.float32), torch.as_tensor(data.train.y)
    v = torch.as_tensor(held, dtype=torch.float32), torch.as_tensor(data.validation.y)
    layer = nn.Linear(30, 2)
    layer.load_state_dict(start)
    best, losses = float("inf"), []
    states = []
    for _ in range(epochs):
        loss = nn.functional.multi_margin_loss(layer(x), y)
        layer.zero_grad()
        loss.backward()
        with torch.no_grad():
            for one in layer.parameters():
                one.sub_(rate * one.grad)
            after = float(nn.functional.multi_margin_loss(layer(v[0]), v[1]))
            losses.append(float(nn.functional.cross_entropy(layer(v[0]), v[1])))
        states.append({name: one.clone() for name, one in layer.state_dict().items()})
        if after < best * (1 - 1e-4):
            best = after
        elif halves:
            rate /= 2
    layer.load_state_dict(states[int(np.argmin(losses))])
    return layer


@pytest.mark.parametrize("name", ["Net", "Manual"])
def test_its_own_loss_optimiser_and_schedule_train_it(
    package: str, data: Data, tmp_path: Path, name: str
) -> None:
    from pytorch_lightning import seed_everything

    architecture = OwnLightning(f"{package}.{name}", {"inputs": 30})
    seed_everything(0, workers=True, verbose=False)
    own = architecture.build(data).own
    start = {key: value.clone() for key, value in own.layer.state_dict().items()}
    _, found = fitted(f"{package}.{name}", data, tmp_path, {})
    layer = by_hand(data, start, 3, 0.1, name == "Net")
    trained = found.model.module.own.layer
    torch.testing.assert_close(trained.weight, layer.weight, rtol=1e-4, atol=1e-5)
    again = restore(architecture, found.files, data)
    np.testing.assert_array_equal(again.raw(data.test.x), found.model.raw(data.test.x))
    assert "log" not in vars(found.model.module.own)
    assert {one.value for one in found.facts if one.name == "reads"} >= {"epochs", "patience"}


def test_a_regression_is_in_deviations_of_the_target(package: str, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = [f"{x:.4f},{500 + 30 * x:.3f}" for x in random.normal(size=200)]
    (tmp_path / "r.csv").write_text("\n".join(["a,y", *lines]))
    rows = Table(str(tmp_path / "r.csv"), "y", task="regression").load()
    architecture = OwnLightning(f"{package}.Net", {"inputs": 1, "outputs": 1, "rate": 0.3})
    found = fit(architecture, Ready(rows), Fit(epochs=40), Runner(threads=1), tmp_path, 0)
    error = found.model.predictions(rows.test.x) - rows.test.y
    assert np.abs(error).mean() < 3.0
    seen = found.model.module.own.seen
    assert abs(np.average([m for _, m in seen], weights=[n for n, _ in seen])) < 0.05


def test_rows_that_weigh_nothing_are_never_drawn(data: Data) -> None:
    train = weighted(data.train, data.train.y == 1)
    module = drawn(Ready(replace(data, train=train)))
    assert module.data.train.weight is None
    assert all((batch["y"] == 1).all() for batch in module.train_dataloader())
    assert drawn(Ready(data)).data.train is data.train


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("Net", {"fault": "step"}, "oursteps.Net: its training_step raised RuntimeError: no such"),
        ("Net", {"fault": "none"}, "returned no loss"),
        ("Net", {"rate": -1.0}, "its configure_optimizers raised ValueError"),
        ("NoSteps", {}, "it has no configure_optimizers"),
        ("Plain", {}, "it has no steps of its own"),
    ],
)
def test_what_is_wrong_in_it_is_named(
    package: str, data: Data, tmp_path: Path, name: str, params: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        fitted(f"{package}.{name}", data, tmp_path, params)


def test_a_penalty_is_added_to_its_loss(package: str, data: Data, tmp_path: Path) -> None:
    """One step down a penalty that is the sum of the biases lowers each by the rate."""

    def biases(network: nn.Module, _: torch.Tensor) -> torch.Tensor:
        return network.own.layer.bias.sum()

    found = []
    for penalties in ((), (biases,)):
        conduct = Conduct(penalties=penalties)
        _, one = fitted(f"{package}.Net", data, tmp_path, {}, conduct=conduct, epochs=1)
        found.append(one.model.module.own.layer.bias)
    torch.testing.assert_close(found[1], found[0] - 0.1, rtol=0, atol=1e-5)


def test_a_loss_of_its_own_is_not_corrected(package: str, data: Data, tmp_path: Path) -> None:
    conduct = Conduct(wrong=Wrong(0.1, 1))
    with pytest.raises(ModelError, match="this module has a loss of its own"):
        fitted(f"{package}.Net", data, tmp_path, {}, conduct=conduct)
