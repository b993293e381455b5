"""Adversarial training: the examples are the textbook's, and the fit gets sturdier."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.model.mlp import MLP
from xaiframe.recipe import Fit
from xaiframe.repair.adversarial import Adversarial
from xaiframe.runner.learner import Learner


def plain(outputs, y):
    return nn.functional.cross_entropy(outputs, y)


@pytest.fixture
def flat(table):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=300), "b": 10 * random.normal(size=300)})
    frame["level"] = random.choice(["u", "v"], 300)
    frame.loc[::5, "b"] = np.nan
    return table(frame, (frame["a"] > 0).astype(int))


def test_one_step_against_a_linear_network_is_the_sign_of_its_weights(flat):
    attack = Adversarial(share=1.0, radius=0.1)(flat.train, flat, {}, 0).conduct.attack
    network = nn.Linear(flat.input_shape[0], 2)
    x, y = torch.as_tensor(flat.train.x[:40]), torch.as_tensor(flat.train.y[:40])
    moved = attack(network, x, y, plain) - x
    weight = (network.weight[1] - network.weight[0]).detach()
    inside = (x[:, 0] > flat.train.x[:, 0].min() + 0.2) & (x[:, 0] < flat.train.x[:, 0].max() - 0.2)
    expected = 0.1 * flat.scale[0] * torch.sign(weight[0]) * (1 - 2 * y)
    torch.testing.assert_close(moved[inside, 0], expected[inside].float(), rtol=1e-3, atol=1e-6)


def test_levels_indicators_and_missing_numbers_do_not_move(flat):
    for steps in (1, 5):
        attack = Adversarial(1.0, 0.5, steps)(flat.train, flat, {}, 0).conduct.attack
        x, y = torch.as_tensor(flat.train.x), torch.as_tensor(flat.train.y)
        moved = attack(nn.Linear(x.shape[1], 2), x, y, plain)
        numbers = [0, 1]
        assert torch.equal(moved[:, 2:], x[:, 2:])
        missing = x[:, 2] > 0.5
        assert missing.any()
        assert torch.equal(moved[missing, 1], x[missing, 1])
        assert (moved[:, numbers] != x[:, numbers]).any()


def test_nothing_leaves_the_radius_or_the_range_of_training(flat):
    attack = Adversarial(1.0, 0.3, 7)(flat.train, flat, {}, 0).conduct.attack
    x, y = torch.as_tensor(flat.train.x), torch.as_tensor(flat.train.y)
    moved = attack(nn.Linear(x.shape[1], 2), x, y, plain)
    assert ((moved - x).abs() <= 0.3 * torch.as_tensor(flat.scale) + 1e-5).all()
    assert (moved <= x.max(0).values + 1e-6).all()
    assert (moved >= x.min(0).values - 1e-6).all()


def test_more_steps_find_a_larger_loss_and_only_a_share_is_replaced(flat):
    torch.manual_seed(0)
    network = MLP(hidden=(16,), dropout=0.2).build(flat).train()
    x, y = torch.as_tensor(flat.train.x), torch.as_tensor(flat.train.y)
    lost = [
        float(plain(network.eval()(attack(network, x, y, plain)), y).detach())
        for attack in (
            Adversarial(1.0, 1.0, steps)(flat.train, flat, {}, 0).conduct.attack
            for steps in (1, 20)
        )
    ]
    assert float(plain(network.eval()(x), y).detach()) < lost[0] <= lost[1] + 1e-3
    half = Adversarial(0.5)(flat.train, flat, {}, 0).conduct.attack
    changed = (half(network, x, y, plain) != x).any(dim=1)
    assert not changed[len(x) // 2 :].any()
    network.train()
    half(network, x, y, plain)
    assert network.training


def test_a_training_step_learns_from_the_examples(every):
    for modality in ("image", "series"):
        data = every[modality]
        conduct = Adversarial()(data.train, data, {}, 0).conduct
        network = nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(data.input_shape)), 2))
        learner = Learner(network, Fit(), data, conduct)
        seen = []
        network.register_forward_pre_hook(lambda m, args, seen=seen: seen.append(args[0]))
        learner.log = lambda *args, **kwargs: None
        batch = {"x": torch.as_tensor(data.train.x[:8]), "y": torch.as_tensor(data.train.y[:8])}
        learner.training_step(batch, 0).backward()
        assert network[1].weight.grad is not None
        assert not torch.equal(seen[-1][:4], batch["x"][:4])
        assert torch.equal(seen[-1][4:], batch["x"][4:])


def test_bad_parameters_are_named():
    for bad in ({"share": 0}, {"radius": 0}, {"steps": 0}):
        with pytest.raises(ValueError, match="adversarial"):
            Adversarial(**bad)
