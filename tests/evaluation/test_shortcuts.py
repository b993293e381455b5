"""A planted shortcut is found by what it tells alone and what the model loses without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.shortcuts import Shortcuts, intervals
from xaiframe.probe.telling import above_chance


@pytest.fixture
def scene(table, linear, gather):
    def make(weights, shortcut=True, copies=1):
        """Three classes told by columns a to d in sum; the last columns may tell them too."""
        features = 4 + copies
        data = table(features, ("u", "v", "w"), rows=300)
        rng = np.random.default_rng(4)

        def planted(split):
            x = split.x.copy()
            y = np.digitize(x[:, :4].sum(axis=1), [-0.8, 0.8])
            noise = rng.normal(size=(len(x), copies)) * (0.05 if shortcut else 3)
            x[:, 4:] = y[:, None] + noise
            return replace(split, x=x, y=y)

        data = replace(data, **{name: planted(one) for name, one in data.splits.items()})
        return data, gather(data, linear(weights(features)))

    return make


def leaning(own, planted):
    """Logits of three ordered classes from the sum of the first four columns and the planted."""

    def weights(features):
        row = np.r_[np.full(4, own), np.full(features - 4, planted / max(features - 4, 1))]
        return [(-row).tolist(), (0 * row).tolist(), row.tolist()]

    return weights


def told(module, low, high):
    """Where the middle class begins and ends, set by the biases of the outer ones."""
    module[0].bias.data[:] = module[0].bias.new_tensor([low, 0.0, -high])
    return module


def test_a_shortcut_that_carries_the_model_is_a_suspect(scene, value_of):
    _, evidence = scene(leaning(0.0, 4.0))
    told(evidence.model.module, 2.0, 6.0)
    outcome = Shortcuts()(evidence)
    assert value_of(outcome, "suspects").value == 1
    assert value_of(outcome, "alone", feature="e").value > 0.95
    assert value_of(outcome, "alone", feature="a").value < 0.5
    reliance = value_of(outcome, "reliance", feature="e")
    assert reliance.value == pytest.approx(1, abs=0.2)
    assert reliance.interval[0] > 0.5
    assert value_of(outcome, "lost").value == reliance.value


def test_copies_of_a_shortcut_are_shuffled_together(scene, value_of):
    _, evidence = scene(leaning(0.0, 4.0), copies=3)
    told(evidence.model.module, 2.0, 6.0)
    outcome = Shortcuts()(evidence)
    assert value_of(outcome, "suspects").value == 3
    assert value_of(outcome, "lost").value > 0.7


@pytest.mark.parametrize(("leans_on", "lost"), [([0], 1.0), ([1, 2, 3], 0.0)])
def test_of_a_suspect_patch_only_what_tells_is_shuffled(gather, linear, value_of, leans_on, lost):
    """Two patches of two pixels: one pixel names the class, the others tell something."""
    random, rows = np.random.default_rng(0), 300
    y = np.arange(rows) % 2
    x = random.normal(size=(rows, 1, 1, 4)).astype(np.float32)
    x[:, 0, 0, 0] = 2 * y - 1
    x[:, 0, 0, 1:] += 2 * y[:, None] - 1
    split = Split(np.arange(rows), x, y, pd.DataFrame({"a": y}))
    mask = np.array([[[0, 0, 1, 1]]])
    data = Data("image", "classification", split, split, split, ("p", "q"), mask, ("u", "v"))
    weights = np.zeros((2, 4))
    weights[:, leans_on] = [[-1], [1]]
    evidence = gather(data, nn.Sequential(nn.Flatten(), *linear(weights.tolist())))
    outcome = Shortcuts()(evidence)
    assert value_of(outcome, "suspects").value == 1
    assert value_of(outcome, "telling", feature="p").value == 1
    assert outcome.arrays["elements"]["telling"].tolist() == [[[True, False, False, False]]]
    assert outcome.tables["features"][["telling", "elements"]].to_numpy().tolist() == [
        [1, 2],
        [0, 2],
    ]
    assert value_of(outcome, "lost").value == pytest.approx(lost, abs=0.15)


def test_a_suspect_that_the_model_ignores_costs_nothing(scene, value_of):
    _, evidence = scene(leaning(4.0, 0.0))
    told(evidence.model.module, -3.2, 3.2)
    outcome = Shortcuts(power=0.9)(evidence)
    assert value_of(outcome, "skill").value > 0.9
    assert value_of(outcome, "suspects").value == 1
    assert value_of(outcome, "lost").value == 0


def test_without_a_shortcut_nobody_is_suspected(scene, value_of):
    _, evidence = scene(leaning(4.0, 0.0), shortcut=False)
    told(evidence.model.module, -3.2, 3.2)
    outcome = Shortcuts()(evidence)
    assert value_of(outcome, "suspects").value == 0
    assert value_of(outcome, "lost").value == 0
    assert not [fact for fact in outcome.facts if fact.name == "reliance"]


def test_where_most_features_tell_everything_none_is_a_shortcut(scene, value_of):
    _, evidence = scene(leaning(0.0, 4.0), copies=5)
    told(evidence.model.module, 2.0, 6.0)
    assert value_of(Shortcuts()(evidence), "suspects").value == 0


def test_skill_is_balanced_accuracy_above_chance(scene):
    data, _ = scene(leaning(1.0, 0.0))
    y, said = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0])
    assert above_chance(data, y, said) == pytest.approx(
        balanced_accuracy_score(y, said, adjusted=True)
    )


def test_refusals(scene):
    _, evidence = scene(leaning(0.0, 0.0))
    with pytest.raises(NotApplicable, match="no better than guessing"):
        Shortcuts()(evidence)
    with pytest.raises(ValueError, match="power"):
        Shortcuts(power=0)


def test_what_a_feature_tells_alone_has_the_interval_of_a_bootstrap_within_classes(scene, value_of):
    """Against scikit-learn's adjusted balanced accuracy of rows drawn one by one."""
    data, _ = scene(leaning(1.0, 0.0))
    rng, y = np.random.default_rng(0), data.train.y
    answers = np.where(rng.random(len(y)) < 0.7, y, (y + 1) % 3)
    ((low, high),) = intervals(data, y, [answers], seed=0)
    classes = [np.flatnonzero(y == one) for one in np.unique(y)]
    drawn = [np.concatenate([rng.choice(own, len(own)) for own in classes]) for _ in range(400)]
    by_hand = [balanced_accuracy_score(y[one], answers[one], adjusted=True) for one in drawn]
    assert (low, high) == pytest.approx(np.quantile(by_hand, [0.025, 0.975]), abs=0.03)


def test_every_share_has_its_interval_and_what_never_varies_tells_nothing(scene, value_of):
    data, evidence = scene(leaning(0.0, 4.0))
    still = data.train.x.copy()
    still[:, 0] = 1.0
    flat = replace(data, train=replace(data.train, x=still))
    told(evidence.model.module, 2.0, 6.0)
    outcome = Shortcuts()(replace(evidence, data=flat))
    for fact in outcome.facts:
        if fact.name in ("skill", "alone"):
            low, high = fact.interval
            assert low <= fact.value <= high
    assert value_of(outcome, "alone", feature="a").value == 0
    assert list(outcome.tables["features"].columns) == [
        "feature",
        "alone",
        "low",
        "high",
        "suspect",
        "telling",
        "elements",
    ]
