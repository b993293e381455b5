"""Sufficiency and comprehensiveness against ERASER's definition, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.sufficiency import SHARES, Sufficiency

WEIGHTS = np.array([[0.2, -0.1, 0.4, 0.0, 0.1, 0.3, 0.05, -0.2, 0.15, 0.25]])


@pytest.fixture
def scene(table, linear, gather, contributions):
    def make(*local):
        weights = [(-WEIGHTS[0]).tolist(), WEIGHTS[0].tolist()]
        background = np.zeros((1, 10), dtype=np.float32)
        return gather(table(10, ("no", "yes")), linear(weights), local, 1, background)

    return make


def chance(scene, kept):
    """Probability of "yes" when only the features kept stand, the others at 0."""
    return 1 / (1 + np.exp(-2 * (scene.x * kept @ WEIGHTS[0])))


def test_both_are_averages_over_the_shares(scene, explained, value_of):
    bare = scene()
    exact = bare.x * WEIGHTS[0]
    outcome = Sufficiency(instances=30)(scene(explained("exact", "perturbation", exact)))
    place = (-exact).argsort(axis=1).argsort(axis=1)
    without, alone = [], []
    for share in SHARES:
        named = place < max(1, round(share * 10))
        without.append(chance(bare, np.ones(10)) - chance(bare, ~named))
        alone.append(chance(bare, np.ones(10)) - chance(bare, named))
    comprehensive = value_of(outcome, "comprehensiveness", method="exact")
    assert comprehensive.value == pytest.approx(np.mean(without), abs=1e-5)
    assert comprehensive.better == "higher"
    sufficient = value_of(outcome, "sufficiency", method="exact")
    assert sufficient.value == pytest.approx(np.mean(alone), abs=1e-5)
    assert sufficient.better == "lower"
    assert comprehensive.value > value_of(outcome, "comprehensiveness", method="random").value
    assert sufficient.value < value_of(outcome, "sufficiency", method="random").value


def test_nothing_explained(scene):
    with pytest.raises(NotApplicable, match="no local attribution"):
        Sufficiency()(scene())
