import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.table import Table
from xaiframe.model.mlp import MLP


@pytest.fixture
def data(tmp_path):
    random, n = np.random.default_rng(0), 200
    frame = pd.DataFrame(
        {
            "x": random.normal(size=n),
            "town": random.choice([f"town {k}" for k in range(12)], n),
            "sex": random.choice(["f", "m"], n),
            "label": random.choice(["no", "yes"], n),
        }
    )
    frame.to_csv(tmp_path / "towns.csv", index=False)
    return Table(str(tmp_path / "towns.csv"), "label").load()


def test_the_network_is_a_chain_of_plain_layers(data):
    network = MLP(hidden=[8], embedding=3).build(data)
    kinds = [type(layer) for layer in list(network)[1:]]
    assert kinds == [nn.Linear, nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]


def test_levels_become_as_many_numbers_as_asked_for(data):
    network = MLP(hidden=[8], embedding=3).build(data)
    assert network.embedding.in_features == 1 + 12 + 2
    assert network.embedding.out_features == 1 + 3 + 1
    assert "embedding" not in dict(MLP(hidden=[8]).build(data).named_children())


def test_columns_stay_apart_while_the_network_learns(data):
    network = MLP(hidden=[8], embedding=3).build(data)
    own = torch.block_diag(torch.ones(1, 1), torch.ones(3, 12), torch.ones(1, 2)).bool()
    before = network.embedding.weight.detach().clone()
    steps = torch.optim.AdamW(network.parameters(), lr=0.05, weight_decay=0.1)
    x, y = torch.as_tensor(data.train.x), torch.as_tensor(data.train.y)
    for _ in range(20):
        steps.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        steps.step()
    after = network.embedding.weight.detach()
    assert not after[~own].any()
    assert ((after - before)[own].abs() > 1e-3).all()


def test_a_level_adds_its_own_vector(data):
    network = MLP(hidden=[8], embedding=3).build(data)
    rows = torch.as_tensor(data.test.x[:1]).repeat(12, 1)
    rows[:, 1:13] = torch.eye(12)
    inside = network.embedding(network.standardize(rows)).detach()
    np.testing.assert_allclose(inside[:, 0], inside[0, 0].expand(12), atol=1e-6)
    weight = network.embedding.weight.detach()[1:4, 1:13] / network.standardize.sd[1:13]
    expected = weight.T - weight.T.mean(dim=0)
    np.testing.assert_allclose(
        inside[:, 1:4] - inside[:, 1:4].mean(dim=0), expected, rtol=1e-4, atol=1e-5
    )


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="embedding"):
        MLP(embedding=-1)
    with pytest.raises(ValueError, match="hidden"):
        MLP(hidden=[0])
