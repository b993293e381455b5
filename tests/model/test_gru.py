import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.data.series import Series
from xaiframe.model.face import WhiteBox
from xaiframe.model.gru import GRU


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A recording whose next value is its last one negated."""
    path = tmp_path_factory.mktemp("gru") / "s.npz"
    noise = np.random.default_rng(0).normal(scale=0.1, size=200)
    np.savez(path, load=100 + 10 * (-1.0) ** np.arange(200) + noise)
    return Series(str(path), "load", "recording", "regression", ["load"], window=6, horizon=1).data


@pytest.mark.parametrize("layers", [1, 2])
def test_it_gives_one_value_per_window_in_the_targets_unit(data, layers):
    network = GRU(hidden=5, layers=layers).build(data).eval()
    told = network(torch.tensor(data.test.x)).detach()
    assert told.shape == (len(data.test), 1)
    assert 80 < float(told.mean()) < 120


def test_the_first_sample_counts(data):
    """A gradient reaches every sample of the window."""
    torch.manual_seed(0)
    network = GRU(hidden=5).build(data).eval()
    x = torch.tensor(data.test.x[:3], requires_grad=True)
    network(x).sum().backward()
    assert float(x.grad.abs().min()) > 0


def test_it_equals_its_gates_written_out(data):
    """One unit, one step at a time: Cho et al. 2014, equations 5–8, as torch orders the gates."""
    torch.manual_seed(1)
    network = GRU(hidden=1).build(data).eval()
    gru = network.recurrent.gru
    x = network.standardize(torch.tensor(data.test.x[:1]))[0, 0]
    state = torch.zeros(1)
    for value in x:
        inner = gru.weight_ih_l0[:, 0] * value + gru.bias_ih_l0
        outer = gru.weight_hh_l0[:, 0] * state + gru.bias_hh_l0
        reset, update = torch.sigmoid(inner[:2] + outer[:2])
        fresh = torch.tanh(inner[2] + reset * outer[2])
        state = (1 - update) * fresh + update * state
    found = network.recurrent(network.standardize(torch.tensor(data.test.x[:1])))
    torch.testing.assert_close(found[0], state, rtol=1e-5, atol=1e-6)


def test_it_learns_to_negate(data):
    torch.manual_seed(0)
    network = GRU(hidden=8, dropout=0.0).build(data)
    x, y = torch.tensor(data.train.x), torch.tensor(data.train.y)
    step = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=0.02)
    for _ in range(60):
        step.zero_grad()
        nn.functional.mse_loss(network(x)[:, 0] / 10, y / 10).backward()
        step.step()
    model = WhiteBox(network, "regression", (), GRU.provides)
    assert np.abs(model.predictions(data.test.x) - data.test.y).mean() < 1


@pytest.mark.parametrize("options", [{"hidden": 0}, {"layers": 0}, {"dropout": 1.0}])
def test_what_cannot_be_built_is_refused(options):
    with pytest.raises(ValueError, match="must be"):
        GRU(**options)
