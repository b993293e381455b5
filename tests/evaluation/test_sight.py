from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from xaiframe.data.encoding import Regions
from xaiframe.evaluation.sight import importance, sight_on, slopes, tendency, trend
from xaiframe.evaluation.statistics import Estimate
from xaiframe.kinds.curve import Curve
from xaiframe.recipe import Knowledge as Statement


@pytest.fixture
def scene(table, linear, gather, explained):
    def make(*local):
        return gather(table(4), linear([[1.0, 2.0, 3.0, 4.0]]), local)

    return make


def test_importance_is_the_mean_share_and_its_rank(scene, explained):
    values = np.random.default_rng(0).normal(size=(30, 4)) * [1, 5, 2, 0]
    evidence = scene(explained("p", "perturbation", values))
    everyone = sight_on(Statement("a", "matters"), evidence)
    expected = (np.abs(values) / np.abs(values).sum(axis=1, keepdims=True)).mean(axis=0)
    for feature, rank in enumerate([3, 1, 2, 4]):
        share, found = importance("perturbation", feature, everyone, evidence)
        assert share.value == pytest.approx(expected[feature])
        assert found == rank


def test_importance_listens_to_a_bare_gradient_only_where_nothing_shares_out_the_score(
    scene, explained
):
    shared, bare = np.tile([1.0, 1, 1, 1], (30, 1)), np.tile([1.0, 1, 1, 5], (30, 1))
    signed = explained("ig", "gradient", shared)
    unsigned = explained("saliency", "gradient", bare, signed=False)

    def share(*local):
        evidence = scene(*local)
        everyone = sight_on(Statement("d", "matters"), evidence)
        return importance("gradient", 3, everyone, evidence)[0].value

    assert share(signed, unsigned) == pytest.approx(1 / 4)
    assert share(unsigned) == pytest.approx(5 / 8)


def test_the_trend_is_scipys_correlation_of_value_and_attribution(scene, explained):
    values = np.random.default_rng(0).normal(size=(30, 4))
    evidence = scene(explained("g", "gradient", values))
    everyone = sight_on(Statement("b", "rises"), evidence)
    found = trend("gradient", 1, everyone, evidence)
    assert found.value == pytest.approx(spearmanr(evidence.x[:, 1], values[:, 1]).statistic)


def test_the_value_of_a_feature_of_many_elements_is_their_mean(scene, explained):
    values = np.random.default_rng(0).normal(size=(30, 2))
    evidence = scene(explained("g", "gradient", values))
    mask = np.array([0, 0, 1, 1])
    grouped = replace(
        evidence.data, features=("left", "right"), feature_mask=mask, encoding=Regions(mask)
    )
    evidence = replace(evidence, data=grouped)
    found = trend("gradient", 1, sight_on(Statement("right", "rises"), evidence), evidence)
    expected = spearmanr(evidence.x[:, 2:].mean(axis=1), values[:, 1]).statistic
    assert found.value == pytest.approx(expected)


def test_a_large_method_does_not_drown_a_small_one(scene, explained):
    x = scene().x
    rising, loud = x.astype(float), 1000 * x.astype(float)[::-1]
    alone = scene(explained("g", "gradient", rising), explained("h", "gradient", loud))
    equal = scene(explained("g", "gradient", rising), explained("h", "gradient", loud / 1000))
    everyone = sight_on(Statement("a", "rises"), alone)
    assert trend("gradient", 0, everyone, alone) == trend("gradient", 0, everyone, equal)


def test_individual_slopes_average_to_that_of_the_average_curve():
    grid = np.array([1.0, 2.0, 4.0, 7.0])
    individual = np.random.default_rng(0).normal(size=(9, 4)) + grid
    curve = Curve(
        n=9, evaluations=0, grid={"a": grid},
        average={"a": individual.mean(axis=0)}, individual={"a": individual},
    )  # fmt: skip
    expected = np.polyfit(grid, curve.average["a"], 1)[0] * 6
    assert slopes(curve, "a").mean() == pytest.approx(expected)
    flat = replace(curve, grid={"a": np.ones(4)})
    assert slopes(flat, "a").size == 0


@pytest.mark.parametrize(
    ("interval", "expected"), [((0.1, 0.5), 1), ((-0.5, -0.1), -1), ((-0.1, 0.1), 0), (None, 0)]
)
def test_only_a_whole_interval_on_one_side_is_a_tendency(interval, expected):
    assert tendency(Estimate(0.0, interval, 5)) == expected
