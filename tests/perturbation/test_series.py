"""Segments of series taken out: exact Shapley values by enumeration, channel by channel."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.data.series import Series
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    random = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("series") / "s.npz"
    np.savez(path, a=random.normal(size=(60, 9)), b=random.normal(5, 2, size=(60, 9)),
             y=random.normal(size=60))  # fmt: skip
    return Series(str(path), "y", task="regression", channels={"a": "a", "b": "b"}, segments=3).data


@pytest.fixture
def bank(data):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv1d(2, 4, 3, padding=1), nn.ReLU(), nn.AvgPool1d(9), nn.Flatten(), nn.Linear(4, 1)
    )
    model = WhiteBox(network, "regression", (), ("gradient",))
    background = data.train.x[:3]
    reference = Reference(background, np.full(3, 1 / 3), "logit", None)
    targets = np.zeros(4, dtype=np.int64)
    return CoalitionBank(Scorer(model, reference), data, data.test.x[:4], targets, np.arange(4), 0)


def game(bank, data, position, kept):
    """Mean score when the segments not kept come from the background."""
    stays = np.isin(data.feature_mask, list(kept))
    rows = np.where(stays, bank.x[position], bank.reference.background)
    return float(bank.scorer.model.raw(rows.astype(np.float32)).mean())


def test_kernel_shap_equals_enumeration_over_six_segments(bank, data):
    found = KernelShap(samples=512).explain(bank).values
    players = range(6)
    for position in range(2):
        for one in players:
            others = [k for k in players if k != one]
            exact = sum(
                factorial(size) * factorial(5 - size) / factorial(6)
                * (game(bank, data, position, {*kept, one}) - game(bank, data, position, kept))
                for size in range(6)
                for kept in combinations(others, size)
            )  # fmt: skip
            assert found[position, one] == pytest.approx(exact, abs=1e-4)


def test_ablation_takes_one_segment_of_one_channel(bank, data):
    found = FeatureAblation().explain(bank).values
    everything = set(range(6))
    for one in everything:
        wanted = game(bank, data, 0, everything) - game(bank, data, 0, everything - {one})
        assert found[0, one] == pytest.approx(wanted, abs=1e-5)
