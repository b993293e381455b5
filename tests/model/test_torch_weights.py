import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.composition.trust import instantiate
from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError, RecipeError
from xaiframe.model.torch_weights import TorchWeights

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


@pytest.fixture
def data() -> Data:
    part = Split(np.arange(40), X, np.arange(40) % 2, pd.DataFrame(X))
    return Data(
        modality="table", task="classification", train=part, validation=part, test=part,
        features=("a", "b", "c"), feature_mask=np.arange(3), classes=("no", "yes"),
    )  # fmt: skip


def network(seed: int = 0, hidden: int = 4) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(3, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, 2)
    )


def logits(module: nn.Module) -> np.ndarray:
    with torch.no_grad():
        return module.eval()(torch.as_tensor(X)).numpy()


def saved(folder: Path, content, name: str = "net.pt") -> str:
    torch.save(content, folder / name)
    return str(folder / name)


@pytest.mark.parametrize("key", [None, "state_dict", "model_state_dict", "model"])
@pytest.mark.parametrize("prefix", ["", "module.", "model.net."])
def test_the_network_answers_with_the_weights_of_the_file(tmp_path, data, key, prefix):
    trained = network(seed=1)
    state = {prefix + name: value for name, value in trained.state_dict().items()}
    content = {key: state, "epoch": 3, "optimizer": {"lr": 0.1}} if key else state
    model = TorchWeights(network(), saved(tmp_path, content)).load(data)
    np.testing.assert_allclose(model.raw(X), logits(trained), rtol=1e-6)
    assert model.notices == ((f"The names of the weights begin with {prefix}",) if prefix else ())
    assert model.provides == ("gradient", "layers")


def test_a_given_prefix_picks_one_of_several_networks(tmp_path, data):
    teacher, student = network(seed=1), network(seed=2)
    state = {f"{name}.{key}": value for name, module in (("teacher", teacher), ("student", student))
             for key, value in module.state_dict().items()}  # fmt: skip
    model = TorchWeights(network(), saved(tmp_path, state), prefix="student.").load(data)
    np.testing.assert_allclose(model.raw(X), logits(student), rtol=1e-6)
    assert "Left out" in model.notices[1]
    assert "teacher.0.weight" in model.notices[1]


def test_a_state_dict_that_does_not_match_is_told_key_by_key(tmp_path, data):
    state = network(hidden=5).state_dict()
    state["extra.weight"] = torch.zeros(1)
    del state["3.bias"]
    with pytest.raises(ModelError) as caught:
        TorchWeights(network(), saved(tmp_path, state)).load(data)
    missing, unexpected, shapes = caught.value.problems
    assert missing.message == "it does not have 3.bias"
    assert unexpected.message == "it has besides extra.weight"
    assert "0.weight of shape (5, 3) where (4, 3) is wanted" in shapes.message


def test_many_faults_are_counted(tmp_path, data):
    state = {f"strange{k}": torch.zeros(1) for k in range(30)}
    with pytest.raises(ModelError, match="and 24 more"):
        TorchWeights(network(), saved(tmp_path, state)).load(data)


def test_an_old_file_without_the_batch_counts_is_taken(tmp_path, data):
    trained = network(seed=1)
    state = {k: v for k, v in trained.state_dict().items() if "num_batches" not in k}
    model = TorchWeights(network(), saved(tmp_path, state)).load(data)
    np.testing.assert_allclose(model.raw(X), logits(trained), rtol=1e-6)


class Canary:
    """A pickle that leaves a folder behind when it is opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_checkpoint_with_code_in_it_is_refused_and_not_run(tmp_path, data):
    path = saved(tmp_path, {**network().state_dict(), "note": Canary(tmp_path / "ran")})
    with pytest.raises(ModelError, match=r"more than weights: (os|posix|nt)\.mkdir .*nothing was"):
        TorchWeights(network(), path).load(data)
    assert not (tmp_path / "ran").exists()
    torch.load(path, weights_only=False)
    assert (tmp_path / "ran").exists(), "the canary can sing"


def test_a_whole_pickled_network_is_refused(tmp_path, data):
    with pytest.raises(ModelError, match=r"more than weights: torch\.nn.*state_dict"):
        TorchWeights(network(), saved(tmp_path, network())).load(data)


@pytest.mark.parametrize("content", [{"epoch": 3}, {}, [torch.zeros(1)]])
def test_a_file_without_weights_is_refused(tmp_path, data, content):
    with pytest.raises(ModelError, match=r"it holds (epoch|nothing|a list)"):
        TorchWeights(network(), saved(tmp_path, content)).load(data)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_a_truncated_file_is_named(tmp_path, data, share):
    path = Path(saved(tmp_path, network().state_dict()))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"net\.pt: cannot be read"):
        TorchWeights(network(), str(path)).load(data)


def test_safetensors_are_read_where_installed_and_said_to_be_missing_where_not(
    tmp_path, data, monkeypatch
):
    (tmp_path / "net.safetensors").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(ModelError, match="safetensors is not installed"):
        TorchWeights(network(), str(tmp_path / "net.safetensors")).load(data)

    class Library:
        load = staticmethod(lambda content: network(seed=1).state_dict())

    monkeypatch.setitem(sys.modules, "safetensors.torch", Library)
    model = TorchWeights(network(), str(tmp_path / "net.safetensors")).load(data)
    np.testing.assert_allclose(model.raw(X), logits(network(seed=1)), rtol=1e-6)


def test_what_is_no_network_is_refused(tmp_path, data):
    path = saved(tmp_path, network().state_dict())
    with pytest.raises(ModelError, match="a dict is no torch module"):
        TorchWeights({"hidden": 3}, path).load(data)
    with pytest.raises(ValueError, match="gives must be"):
        TorchWeights(network(), path, gives="logits")


def test_the_network_class_comes_from_a_trusted_package_only(tmp_path, data, monkeypatch):
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))
    package = tmp_path / "theirs_net"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "nets.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, hidden):\n"
        "        super().__init__()\n"
        "        self.a, self.b = nn.Linear(3, hidden), nn.Linear(hidden, 2)\n"
        "    def forward(self, x):\n"
        "        return self.b(self.a(x).relu())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    node = {
        "_target_": "xaiframe.model.torch_weights.TorchWeights",
        "network": {"_target_": "theirs_net.nets.Net", "hidden": 6},
        "path": "",
    }
    with pytest.raises(RecipeError, match="not trusted"):
        instantiate(node)
    assert "theirs_net" not in sys.modules
    built = instantiate(node, ["theirs_net"])
    path = saved(tmp_path, built.network.state_dict())
    model = TorchWeights(built.network, path).load(data)
    assert model.raw(X).shape == (40, 2)
