import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as lightning
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.model.lightning_checkpoint import LightningCheckpoint

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


class Module(lightning.LightningModule):
    """A classifier with a weight of its loss beside the network."""

    def __init__(self, hidden: int = 4) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.model = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, 2))
        self.register_buffer("class_weight", torch.ones(2))

    def forward(self, x):
        return self.model(x)


@pytest.fixture
def data() -> Data:
    part = Split(np.arange(40), X, np.arange(40) % 2, pd.DataFrame(X))
    return Data(
        modality="table", task="classification", train=part, validation=part, test=part,
        features=("a", "b", "c"), feature_mask=np.arange(3), classes=("no", "yes"),
    )  # fmt: skip


@pytest.fixture
def trained(tmp_path) -> Module:
    """Its checkpoint, as a Trainer writes it, is ``net.ckpt``."""
    torch.manual_seed(1)
    module = Module()
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, default_root_dir=tmp_path
    )
    trainer.strategy.connect(module)
    trainer.save_checkpoint(tmp_path / "net.ckpt")
    return module.eval()


def test_the_module_and_the_network_inside_it_both_take_the_weights(tmp_path, data, trained):
    with torch.no_grad():
        expected = trained(torch.as_tensor(X)).numpy()
    for network in (Module(), Module().model):
        model = LightningCheckpoint(network, str(tmp_path / "net.ckpt")).load(data)
        np.testing.assert_allclose(model.raw(X), expected, rtol=1e-6)
        assert lightning.__version__ in model.notices[0]
    assert model.notices[1:] == (
        "The names of the weights begin with model.",
        "Left out, as no part of the network: class_weight",
    )


def test_a_network_of_another_width_is_refused(tmp_path, data, trained):
    with pytest.raises(
        ModelError, match=r"model\.0\.weight of shape \(4, 3\) where \(7, 3\) is wanted"
    ):
        LightningCheckpoint(Module(hidden=7), str(tmp_path / "net.ckpt")).load(data)


def test_plain_weights_are_no_checkpoint(tmp_path, data, trained):
    torch.save({"state_dict": trained.state_dict()}, tmp_path / "plain.ckpt")
    with pytest.raises(ModelError, match=r"no Lightning checkpoint .*torch_weights"):
        LightningCheckpoint(Module(), str(tmp_path / "plain.ckpt")).load(data)
