import hashlib
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.model import trusted
from xaiframe.model.exported import Exported
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
ROWS = ({0: torch.export.Dim("n")},)


@pytest.fixture
def data() -> Data:
    part = Split(np.arange(40), X, np.arange(40) % 2, pd.DataFrame(X))
    return Data(
        modality="table", task="classification", train=part, validation=part, test=part,
        features=("a", "b", "c"), feature_mask=np.arange(3), classes=("no", "yes"),
    )  # fmt: skip


def network(outputs: int = 2) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, outputs)).eval()


def saved(folder: Path, module: nn.Module, shapes=ROWS) -> Path:
    program = torch.export.export(module, (torch.zeros(2, 3),), dynamic_shapes=shapes)
    torch.export.save(program, folder / "net.pt2")
    return folder / "net.pt2"


@pytest.fixture
def vouch(monkeypatch):
    def for_file(path: Path) -> str:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(trusted, "allowed_pickles", frozenset({sha256}))
        return str(path)

    return for_file


@pytest.mark.parametrize("outputs", [1, 2])
def test_the_program_answers_as_the_network_did(tmp_path, data, vouch, outputs):
    module = network(outputs)
    model = Exported(vouch(saved(tmp_path, module))).load(data)
    with torch.no_grad():
        logits = module(torch.as_tensor(X)).numpy()
    log_odds = logits[:, 0] if outputs == 1 else logits[:, 1] - logits[:, 0]
    np.testing.assert_allclose(model.scores(X, "logit")[:, 1], log_odds, rtol=1e-4, atol=1e-6)
    assert model.provides == ("gradient", "layers")


def test_its_gradients_are_complete(tmp_path, data, vouch):
    model = Exported(vouch(saved(tmp_path, network()))).load(data)
    reference = Reference(X[:1], np.ones(1), "logit", None)
    scorer = Scorer(model, reference)
    targets = reference.targets(model, X[5:9])
    bank = GradientBank(scorer, data, X[5:9], targets, np.arange(4), 0)
    found = IntegratedGradients(steps=64).explain(bank)
    gain = scorer(X[5:9], targets) - scorer(X[:1].repeat(4, axis=0), targets)
    np.testing.assert_allclose(found.values.sum(axis=1), gain, atol=1e-3)


class Canary:
    """A pickle that leaves a folder behind when it is opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def poisoned(path: Path, folder: Path) -> None:
    """The same archive, with a sample input that is no tensor."""
    buffer = io.BytesIO()
    torch.save(Canary(folder), buffer)
    with zipfile.ZipFile(path) as archive:
        parts = {one.filename: archive.read(one) for one in archive.infolist()}
    constants = next(name for name in parts if name.endswith("model_constants_config.json"))
    parts[constants] = (
        b'{"config": {"c": {"path_name": "tensor_0", "is_param": false, "use_pickle": true, '
        b'"tensor_meta": null}}}'
    )
    parts[constants.replace("model_constants_config.json", "tensor_0")] = buffer.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_program_runs_what_its_file_says_so_it_is_opened_only_when_vouched_for(
    tmp_path, data, vouch
):
    path, ran = saved(tmp_path, network()), tmp_path / "ran"
    poisoned(path, ran)
    with pytest.raises(ModelError) as caught:
        Exported(str(path)).load(data)
    [problem] = caught.value.problems
    assert "runs whatever code it holds" in problem.message
    assert "torch_weights" in problem.hint
    assert not ran.exists()
    with pytest.raises(ModelError):
        Exported(vouch(path)).load(data)
    assert ran.exists(), "torch.export.load has become safe: vouching is no longer needed"


def test_a_fixed_batch_is_refused(tmp_path, data, vouch):
    with pytest.raises(ModelError, match=r"batches of exactly 2 rows .*dynamic_shapes"):
        Exported(vouch(saved(tmp_path, network(), None))).load(data)


def test_training_mode_is_refused(tmp_path, data, vouch):
    with pytest.raises(ModelError, match=r"in training mode.*model\.eval"):
        Exported(vouch(saved(tmp_path, network().train()))).load(data)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_a_truncated_file_is_named(tmp_path, data, vouch, share):
    path = saved(tmp_path, network())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ModelError, match=r"net\.pt2: cannot be read"):
        Exported(vouch(path)).load(data)


def test_the_wrong_width_is_refused(tmp_path, data, vouch):
    torch.manual_seed(0)
    program = torch.export.export(nn.Linear(5, 2), (torch.zeros(2, 5),), dynamic_shapes=ROWS)
    torch.export.save(program, tmp_path / "net.pt2")
    with pytest.raises(ModelError, match=r"inputs of shape \(n, 3\)"):
        Exported(vouch(tmp_path / "net.pt2")).load(data)


def test_a_convolution_is_found_again(tmp_path, vouch):
    x = np.random.default_rng(0).normal(size=(40, 1, 4, 4)).astype(np.float32)
    part = Split(np.arange(40), x, np.arange(40) % 2, pd.DataFrame(x.reshape(40, -1)))
    data = Data(
        modality="image", task="classification", train=part, validation=part, test=part,
        features=tuple("abcd"), feature_mask=np.repeat(np.arange(4), 4).reshape(1, 4, 4),
        classes=("no", "yes"),
    )  # fmt: skip
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)).eval()
    program = torch.export.export(module, (torch.zeros(2, 1, 4, 4),), dynamic_shapes=ROWS)
    torch.export.save(program, tmp_path / "net.pt2")
    model = Exported(vouch(tmp_path / "net.pt2")).load(data)
    assert model.provides == ("gradient", "layers", "convolution")
    with torch.no_grad():
        np.testing.assert_allclose(model.raw(x), module(torch.as_tensor(x)), rtol=1e-4, atol=1e-6)


class Centred(nn.Module):
    """Every row's answer depends on the rows beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x):
        return self.linear(x - x.mean(dim=0))


def test_a_program_whose_rows_depend_on_each_other_is_refused(tmp_path, data, vouch):
    with pytest.raises(ModelError, match="rows beside it"):
        Exported(vouch(saved(tmp_path, Centred()))).load(data)
