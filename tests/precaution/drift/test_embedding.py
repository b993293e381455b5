"""Drift in a model's own eyes: the layer before the answers, and the answers."""

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.precaution.data_drift import DataDrift
from xaiframe.precaution.drift.embedding import embedding

FAST = {"permutations": 20, "sample": 200}


def white(width=3):
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Flatten(), nn.Linear(width, 8), nn.ReLU(), nn.Linear(8, 2))
    return WhiteBox(layers, "classification", ("c0", "c1"), ("gradient",), max_batch=7)


def test_the_embedding_enters_the_last_layer():
    model, x = white(), np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    last = model.module[-1]
    found = torch.tensor(embedding(model, x), dtype=torch.float32)
    np.testing.assert_allclose(last(found).numpy(), model.raw(x), rtol=1e-5, atol=1e-6)
    assert not last._forward_pre_hooks


def test_a_model_that_only_answers_is_read_by_its_answers():
    model = BlackBox(lambda x: np.full((len(x), 2), 0.5), "classification", ("c0", "c1"))
    assert embedding(model, np.zeros((4, 3))).tolist() == [[0.5, 0.5]] * 4


def test_a_shift_is_seen_and_none_is_not(table, noise, value):
    frame, y = noise(800, 3)
    calm = DataDrift(**FAST).fitted(table(frame, y), white(), 0)
    frame.loc[600:] += 1.5
    moved = DataDrift(**FAST).fitted(table(frame, y), white(), 0)
    for told, above in ((calm, False), (moved, True)):
        null = value(told, "embedding_null_upper").value
        assert (value(told, "embedding_auc").value > null) is above
        answers, limit = value(told, "prediction_drift"), value(told, "prediction_drift_null99")
        assert (answers.value > limit.value) is above


def test_false_alarms_are_rare(table, noise, value):
    alarms = 0
    for seed in range(20):
        told = DataDrift(**FAST).fitted(table(*noise(400, 3, seed)), white(), seed)
        alarms += value(told, "embedding_auc").value > value(told, "embedding_null_upper").value
        alarms += (
            value(told, "prediction_drift").value > value(told, "prediction_drift_null99").value
        )
    assert alarms <= 1


def test_few_rows_have_a_reason(table, noise):
    told = DataDrift(**FAST).fitted(table(*noise(30, 3)), white(), 0)
    assert all(fact.reason for fact in told.facts)


def test_other_splits_can_be_compared(table, noise, value):
    frame, y = noise(800, 3)
    frame.loc[480:599, "a"] += 2.0  # the validation split
    told = DataDrift(current="validation", **FAST)(table(frame, y), 0)
    assert value(told, "psi", column="a").value > 0.5
    with pytest.raises(ValueError, match="two of train"):
        DataDrift(current="train")
