"""Each repair against a planted fault of its kind: fitted with and without, judged on test rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.data.module import Ready
from xaiframe.model.cnn import CNN
from xaiframe.model.mlp import MLP
from xaiframe.recipe import Fit
from xaiframe.repair.adversarial import Adversarial
from xaiframe.repair.augment import Augment
from xaiframe.repair.class_balance import ClassBalance
from xaiframe.repair.deduplicate import Deduplicate
from xaiframe.repair.group_features import GroupFeatures
from xaiframe.repair.importance_weights import ImportanceWeights
from xaiframe.repair.impute import Impute
from xaiframe.repair.repaired import PLAIN
from xaiframe.repair.reweigh import Reweigh
from xaiframe.repair.suspects import Suspects
from xaiframe.repair.window import Window
from xaiframe.runner.fit import fit
from xaiframe.runner.trainer import Runner

LINEAR = MLP(hidden=(), dropout=0.0)


@pytest.fixture
def fitted(tmp_path):
    """``fitted(data, repair)``: the model, after the repair where there is one."""

    def run(data, repair=None, network=LINEAR, tables=None, seed=0, **config):
        made = None if repair is None else repair(data.train, data, tables or {}, 0)
        module = Ready(data if made is None else replace(data, train=made.train))
        conduct = PLAIN if made is None else made.conduct
        settings = Fit(**{"epochs": 25, "learning_rate": 0.02, **config})
        found = fit(network, module, settings, Runner(threads=1), tmp_path, seed, conduct, data)
        return found.model

    return run


def accuracy(model, split):
    return float((model.predictions(split.x) == split.y).mean())


@pytest.mark.parametrize("use", ["weights", "sampler"])
def test_balanced_classes_find_the_rare_one(table, fitted, use):
    random = np.random.default_rng(0)
    y = (random.random(1500) < 0.06).astype(int)
    data = table(pd.DataFrame({"a": random.normal(size=1500) + 1.5 * y}), y)
    rare = data.test.y == 1
    recall = {
        name: (fitted(data, repair).predictions(data.test.x)[rare] == 1).mean()
        for name, repair in (("before", None), ("after", ClassBalance(use)))
    }
    assert recall["after"] > recall["before"] + 0.4


def test_reweighed_groups_are_selected_more_alike(table, fitted):
    random = np.random.default_rng(0)
    group = random.integers(0, 2, 2000)
    merit = random.normal(size=2000)
    y = (merit + 1.2 * group + 0.5 * random.normal(size=2000) > 0.6).astype(int)
    data = table(pd.DataFrame({"merit": merit, "group": group}), y)
    data = replace(data, sensitive=("group",))

    def gap(model):
        chosen, who = model.predictions(data.test.x), data.test.frame["group"].to_numpy()
        return chosen[who == 1].mean() - chosen[who == 0].mean()

    assert gap(fitted(data, Reweigh())) < 0.7 * gap(fitted(data))


def test_importance_weights_fit_the_line_that_test_rows_need(table, fitted):
    """Shimodaira 2000, section 5: a line through a cubic, test rows elsewhere than training."""
    random = np.random.default_rng(0)
    late = np.arange(1600) / 1600 >= 0.75
    x = np.where(late, random.normal(0, 0.3, 1600), random.normal(0.5, 0.5, 1600))
    y = -x + x**3 + 0.3 * random.normal(size=1600)
    data = table(pd.DataFrame({"x": x}), y, "regression")

    def error(model):
        truth = -data.test.x[:, 0] + data.test.x[:, 0] ** 3
        return float(((model.predictions(data.test.x) - truth) ** 2).mean())

    settings = {"learning_rate": 0.05, "weight_decay": 0.0, "epochs": 25, "patience": 25}
    validation = replace(data.validation, y=data.validation.y)
    near = np.abs(data.validation.x[:, 0]) < 0.6  # the epoch is chosen on rows like test rows
    data = replace(data, validation=validation.take(np.flatnonzero(near)))
    assert error(fitted(data, ImportanceWeights(), **settings)) < 0.7 * error(
        fitted(data, **settings)
    )


def test_a_wrong_row_repeated_many_times_no_longer_bends_the_fit(table, fitted):
    random = np.random.default_rng(0)
    a = random.normal(size=600)
    y = (a > 0).astype(int)
    a[:150], y[:150] = -2.5, 1
    data = table(pd.DataFrame({"a": a}), y)
    clean = data.test
    assert accuracy(fitted(data), clean) < 0.9
    assert accuracy(fitted(data, Deduplicate()), clean) > 0.97


def test_labels_put_right_give_back_the_accuracy_they_cost(table, fitted):
    random = np.random.default_rng(0)
    a = random.normal(size=1000)
    truth = (a > 0).astype(int)
    wrong = (truth == 1) & (random.random(1000) < 0.45) & (np.arange(1000) < 600)
    data = table(pd.DataFrame({"a": a}), np.where(wrong, 0, truth))
    ids = np.flatnonzero(wrong)
    listed = {"purity.suspects": pd.DataFrame({"id": ids, "suggested": "c1", "wrong": 0.9})}
    before = accuracy(fitted(data, epochs=10), data.test)
    for action in ("relabel", "drop"):
        after = fitted(data, Suspects(action, most=0.5), tables=listed, epochs=10)
        assert accuracy(after, data.test) > max(before + 0.03, 0.95)


def test_shifted_copies_teach_a_network_where_not_to_look(pictures, fitted):
    """Training bars stand still, test bars are shifted by one pixel."""
    random = np.random.default_rng(0)
    y = np.arange(240) % 2
    x = 0.3 * random.random((240, 1, 6, 6))
    moves = np.where(np.arange(240) < 180, 0, random.integers(-1, 2, 240))
    for k in range(240):
        at = 2 + moves[k]
        bar = x[k, 0, :, at] if y[k] else x[k, 0, at]
        bar += 0.7
    data = pictures(x, y)
    flat = MLP(hidden=(16,), dropout=0.0)
    network = type("Flat", (), {"build": lambda _, d: _flattened(flat, d), "provides": ()})()
    before = accuracy(fitted(data, network=network), data.test)
    after = fitted(data, Augment(copies=4, shift=0.17, noise=0.1), network=network)
    assert accuracy(after, data.test) > before + 0.1


def _flattened(architecture, data):
    whole = replace(
        data,
        modality="table",
        feature_mask=np.arange(36),
        train=replace(data.train, x=data.train.x.reshape(len(data.train), -1)),
    )
    return torch.nn.Sequential(torch.nn.Flatten(), *architecture.build(whole))


def test_attacked_training_holds_against_the_attack(table, fitted):
    """One strong feature and thirty weak ones that a small attack turns (Tsipras et al. 2019)."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 1500)
    sign = 2 * y - 1
    strong = sign * np.where(random.random(1500) < 0.9, 1, -1) + 0.05 * random.normal(size=1500)
    weak = 0.25 * sign[:, None] + random.normal(size=(1500, 30))
    frame = pd.DataFrame(weak, columns=[f"w{k}" for k in range(30)]).assign(strong=strong)
    data = table(frame, y)
    attack = Adversarial(1.0, 0.4)(data.train, data, {}, 0).conduct.attack

    def held(model):
        x, target = torch.as_tensor(data.test.x), torch.as_tensor(data.test.y)
        moved = attack(model.module, x, target, torch.nn.functional.cross_entropy)
        return float((model.predictions(moved.numpy()) == data.test.y).mean())

    assert held(fitted(data, Adversarial(1.0, 0.4))) > held(fitted(data)) + 0.15


def test_a_window_forgets_what_no_longer_holds(table, fitted):
    a = np.random.default_rng(0).normal(size=1000)
    turn = np.arange(1000)
    y = ((a > 0) == (turn > 350)).astype(int)  # the sign turns within the training rows
    data = table(pd.DataFrame({"a": a, "turn": turn}), y, drop=["turn"])
    assert accuracy(fitted(data), data.test) < 0.7
    assert accuracy(fitted(data, Window(0.35, column="turn")), data.test) > 0.95


def test_regressions_fill_in_what_the_median_throws_away(table, fitted):
    random = np.random.default_rng(0)
    b = random.normal(size=1000)
    frame = pd.DataFrame({"a": b + 0.2 * random.normal(size=1000), "b": b})
    frame.loc[random.random(1000) < 0.5, "b"] = np.nan
    data = table(frame, b + 0.1 * random.normal(size=1000), "regression")

    def error(model):
        return float(np.sqrt(((model.predictions(data.test.x) - data.test.y) ** 2).mean()))

    assert error(fitted(data, Impute(), epochs=15)) < 0.9 * error(fitted(data, epochs=15))


def test_grouped_columns_are_credited_the_same_by_every_seed(table, fitted):
    random = np.random.default_rng(0)
    a = random.normal(size=600)
    frame = pd.DataFrame({f"copy {k}": a + 0.05 * random.normal(size=600) for k in range(3)})
    data = table(frame, (a + 0.3 * random.normal(size=600) > 0).astype(int))

    def shares(repair):
        slopes = []
        for seed in range(3):
            model = fitted(data, repair, seed=seed, epochs=4, learning_rate=0.005)
            x = torch.as_tensor(data.test.x).requires_grad_()
            [slope] = torch.autograd.grad(model.module(x)[:, 1].sum(), x)
            total = slope.mean(0).numpy() * data.scale
            slopes.append(total / np.abs(total).sum())
        return np.std(slopes, axis=0).max()

    assert shares(GroupFeatures()) < 0.1 * shares(None)


def test_the_convolutional_network_learns_from_attacked_pictures(every, fitted):
    data = every["image"]
    model = fitted(data, Adversarial(steps=3), network=CNN(), epochs=1)
    assert np.isfinite(model.raw(data.test.x)).all()
