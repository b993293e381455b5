"""What stands before a network's scaling comes back with its weights."""

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.data.table import Table
from xaiframe.gradient.lrp import LRP
from xaiframe.model.mlp import MLP
from xaiframe.model.preparation import Prepared, prepared
from xaiframe.probe.rewrite import simplify, take_out_standardize
from xaiframe.recipe import Fit
from xaiframe.repair.group_features import GroupFeatures
from xaiframe.repair.impute import Impute
from xaiframe.repair.repaired import Conduct
from xaiframe.runner.fit import fit, restore
from xaiframe.runner.trainer import Runner


@pytest.fixture
def module(tmp_path):
    random = np.random.default_rng(0)
    a = random.normal(size=300)
    frame = pd.DataFrame({"a": a, "echo": a + 0.1 * random.normal(size=300)})
    frame["gap"] = np.where(np.arange(300) % 4, random.normal(size=300), np.nan)
    frame["y"] = np.where(a > 0, "up", "down")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    return Table(str(tmp_path / "rows.csv"), "y")


@pytest.fixture
def conduct(module):
    data = module.data
    made = [one(data.train, data, {}, 0).conduct for one in (Impute(), GroupFeatures())]
    return Conduct().then(made[0]).then(made[1])


def test_a_stored_network_comes_back_with_its_preparations(module, conduct, tmp_path):
    architecture = MLP(hidden=(8,), dropout=0.0)
    fitted = fit(architecture, module, Fit(epochs=2), Runner(), tmp_path, 0, conduct)
    again = restore(architecture, fitted.files, module.data)
    x = module.data.test.x
    assert isinstance(again.module[0], Prepared)
    np.testing.assert_array_equal(again.raw(x), fitted.model.raw(x))
    assert again.digest == fitted.model.digest


def test_grouped_columns_only_speak_together(module, conduct):
    network = prepared(MLP(hidden=(8,), dropout=0.0).build(module.data), conduct.preparations)
    x = torch.as_tensor(module.data.test.x).requires_grad_()
    [slope] = torch.autograd.grad(network.eval()(x)[:, 0].sum(), x)
    whole = x[:, 3] < 0.5  # a gap is filled from single columns, before they are joined
    ratio = (slope[:, 0] / slope[:, 1])[whole]
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), rtol=1e-3, atol=1e-3)


def test_a_missing_number_has_no_gradient_of_its_own(module, conduct):
    network = prepared(MLP(hidden=(8,), dropout=0.0).build(module.data), conduct.preparations)
    x = torch.as_tensor(module.data.train.x).requires_grad_()
    [slope] = torch.autograd.grad(network.eval()(x)[:, 0].sum(), x)
    missing = x[:, 3] > 0.5
    assert missing.any()
    assert (slope[missing, 2] == 0).all()
    assert (slope[~missing, 2] != 0).any()


def test_layer_by_layer_methods_take_it_for_the_scaling_it_contains(module, conduct):
    network = prepared(MLP(hidden=(8,), dropout=0.0).build(module.data), conduct.preparations)
    assert LRP().needs == ("gradient", "layers")
    graph = simplify(network)
    assert isinstance(take_out_standardize(graph), Prepared)
    assert not any(isinstance(one, Prepared) for one in graph.modules())


def test_without_preparations_the_network_is_left_alone(module):
    network = MLP(hidden=(8,)).build(module.data)
    first = network[0]
    assert prepared(network, ())[0] is first
