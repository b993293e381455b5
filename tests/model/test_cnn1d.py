import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.data.series import Series
from xaiframe.model.cnn1d import CNN1d


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Forty series of noise, every other one with a bump at its own place."""
    random = np.random.default_rng(0)
    x = random.normal(scale=0.2, size=(60, 32))
    for k in range(0, 60, 2):
        x[k, (at := random.integers(4, 24)) : at + 5] += 2.0
    path = tmp_path_factory.mktemp("cnn1d") / "s.npz"
    np.savez(path, v=x, kind=np.array(["bump", "flat"] * 30))
    return Series(str(path), "kind", channels={"v": "v"}).data


@pytest.mark.parametrize("channels", [(4,), (4, 6), (4, 6, 8)])
@pytest.mark.parametrize(("width", "pool"), [(1, 1), (3, 2), (9, 3)])
def test_it_has_the_blocks_it_was_asked_for(data, channels, width, pool):
    network = CNN1d(channels=channels, width=width, pool=pool).build(data)
    found = [one for one in network if isinstance(one, nn.Conv1d)]
    assert [(one.out_channels, one.kernel_size) for one in found] == [
        (c, (width,)) for c in channels
    ]
    assert network(torch.tensor(data.test.x)).shape == (len(data.test), 2)


def test_it_finds_a_bump_wherever_it_is(data):
    torch.manual_seed(0)
    network = CNN1d(channels=(8, 8), dropout=0.0).build(data)
    x, y = torch.tensor(data.train.x), torch.tensor(data.train.y)
    step = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(60):
        step.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        step.step()
    told = network.eval()(torch.tensor(data.test.x)).argmax(dim=1).numpy()
    assert (told == data.test.y).mean() > 0.9


@pytest.mark.parametrize(
    ("options", "said"),
    [({"width": 2}, "odd"), ({"channels": ()}, "at least one"), ({"dropout": 1.0}, "dropout"),
     ({"pool": 0}, "pool")],
)  # fmt: skip
def test_what_cannot_be_built_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        CNN1d(**options)


def test_pooling_that_leaves_nothing_is_refused(data):
    with pytest.raises(ValueError, match="leave nothing of 32 samples"):
        CNN1d(channels=(4, 4, 4), pool=6).build(data)
