import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from xaiframe.data.table import Table
from xaiframe.model.linear import Linear
from xaiframe.recipe import Fit
from xaiframe.runner.fit import fit
from xaiframe.runner.trainer import Runner


@pytest.fixture
def homes(tmp_path) -> str:
    random, n = np.random.default_rng(0), 400
    frame = pd.DataFrame(
        {
            "area": random.normal(100, 20, n),
            "rooms": random.integers(1, 6, n),
            "heating": random.choice(["gas", "heat pump"], n),
        }
    )
    frame["price"] = 3000 * frame["area"] - 10000 * frame["rooms"] + 50000
    frame["price"] += np.where(frame["heating"] == "gas", -20000, 0)
    logit = (frame["area"] - 100) / 10 - frame["rooms"] + 3
    frame["sold"] = np.where(random.random(n) < 1 / (1 + np.exp(-logit)), "yes", "no")
    frame.to_csv(tmp_path / "homes.csv", index=False)
    return str(tmp_path / "homes.csv")


def fitted(module, tmp_path, **config):
    settings = Fit(learning_rate=0.05, weight_decay=0.0, epochs=150, patience=150, **config)
    return fit(Linear(), module, settings, Runner(threads=1), tmp_path, 0).model


def test_a_linear_relation_is_found_in_the_users_units(homes, tmp_path):
    module = Table(homes, "price", task="regression", drop=["sold"])
    model = fitted(module, tmp_path)
    x = torch.as_tensor(module.data.test.x)
    for step, change in (
        ([10.0, 0, 0, 0], 30000),
        ([0, 1, 0, 0], -10000),
        ([0, 0, -1, 1], 20000),
    ):
        # from gas to heat pump where it is gas, whatever else the row is
        moved = model.module(x + torch.tensor(step)) - model.module(x)
        np.testing.assert_allclose(moved, change, rtol=0.02)


def test_a_logistic_relation_agrees_with_scikit_learn(homes, tmp_path):
    module = Table(homes, "sold", drop=["price", "heating"])
    model, data = fitted(module, tmp_path, batch_size=256), module.data
    theirs = LogisticRegression(C=1e6, max_iter=5000).fit(data.train.x, data.train.y)
    ours = model.probabilities(data.test.x)[:, 1]
    np.testing.assert_allclose(ours, theirs.predict_proba(data.test.x)[:, 1], atol=0.05)


def test_it_is_one_layer(homes):
    data = Table(homes, "sold").load()
    network = Linear().build(data)
    assert [name for name, _ in network.named_children()] == ["standardize", "output"]
