"""Pictures with features of their own: the same game, played on each picture's own segments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Attribution
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.lime import Lime
from xaiframe.perturbation.permutation_importance import PermutationImportance
from xaiframe.probe.coalitions import CoalitionBank

SHAPE = (2, 3, 3)
MOST = 4
MASKS = np.stack(
    [
        np.broadcast_to(np.array(plane), SHAPE)
        for plane in (
            [[0, 0, 1], [0, 2, 1], [3, 3, 3]],
            [[0, 1, 1], [0, 1, 2], [0, 2, 2]],  # three segments: the fourth is nowhere
            [[0, 0, 0], [1, 1, 1], [1, 1, 1]],
        )
    ]
)


def score(rows):
    """A game with interactions between pixels, on numpy and torch alike."""
    flat = rows.reshape(len(rows), -1)
    return flat[:, 0] * flat[:, 4] + 2 * flat[:, 8] - flat[:, 9] ** 2 + flat[:, 2] * flat[:, 17]


@pytest.fixture
def bank(make_bank):
    random = np.random.default_rng(0)
    x = random.normal(size=(3, *SHAPE)).astype(np.float32)
    background = random.normal(size=(2, *SHAPE)).astype(np.float32)
    bands = np.broadcast_to((np.arange(9) * MOST // 9).reshape(3, 3), SHAPE)
    shared = make_bank(score, x, background, mask=bands)
    return CoalitionBank(shared.scorer, shared.data, x, shared.targets, shared.ids, 0, MASKS)


def worth(bank, position, kept):
    """v(S) by the definition, on the instance's own segments."""
    rows = [
        np.where(kept[MASKS[position]], bank.x[position], one) for one in bank.reference.background
    ]
    return float(score(np.stack(rows).astype(np.float64)).mean())


def test_kernel_shap_is_the_enumeration_over_each_pictures_segments(bank, shapley):
    found = KernelShap(samples=64).explain(bank)
    for position in range(3):
        exact = shapley(lambda kept, p=position: worth(bank, p, kept), MOST)
        np.testing.assert_allclose(found.values[position], exact, atol=1e-5)
    np.testing.assert_array_equal(found.values[1, 3:], 0)
    np.testing.assert_array_equal(found.values[2, 2:], 0)
    np.testing.assert_allclose(found.values.sum(axis=1), bank.full - bank.empty, atol=1e-5)


def test_feature_ablation_takes_each_pictures_own_segment_away(bank):
    found = FeatureAblation().explain(bank).values
    everything = np.ones(MOST, dtype=bool)
    for position in range(3):
        for segment in range(MOST):
            kept = everything.copy()
            kept[segment] = False
            want = worth(bank, position, everything) - worth(bank, position, kept)
            assert found[position, segment] == pytest.approx(want, abs=1e-5)


def test_lime_explains_a_picture_as_it_would_alone_under_a_shared_mask(bank, make_bank):
    found = Lime(coalitions=64).explain(bank)
    for position in range(3):
        alone = make_bank(
            score, bank.x[[position]], bank.reference.background, ids=bank.ids[[position]],
            mask=MASKS[position],
        )  # fmt: skip
        want = Lime(coalitions=64).explain(alone).values[0]
        np.testing.assert_allclose(found.values[position, : len(want)], want, atol=1e-6)
        np.testing.assert_array_equal(found.values[position, len(want) :], 0)


def test_pixels_are_summed_over_each_pictures_own_segments():
    random = np.random.default_rng(1)
    values = random.normal(size=(3, *SHAPE))
    summed = Attribution(values, "element").per_feature(MASKS, MOST)
    for position in range(3):
        for segment in range(MOST):
            want = values[position][MASKS[position] == segment].sum()
            assert summed[position, segment] == pytest.approx(want)


def test_no_segment_is_shuffled_between_pictures(make_population):
    x = np.random.default_rng(0).normal(size=(6, *SHAPE))
    population = make_population(score, x, np.zeros(6), mask=MASKS[0])
    own = replace(population, data=replace(population.data, aligned=False))
    with pytest.raises(NotApplicable, match="no feature is the same in two instances"):
        PermutationImportance().explain(own)
