from __future__ import annotations

import numpy as np
import pytest

from xaiframe.evaluation.consensus import consensus_table, instance_table

FEATURES = 8


@pytest.fixture
def consensus(table, linear, gather):
    def make(*local):
        return consensus_table(gather(table(FEATURES), linear([[1.0] * FEATURES]), local))

    return make


@pytest.fixture
def one_conflict(consensus, explained):
    p = np.tile([4.0, 3, 0.5, 0.5, 0, 0, 0, 0], (30, 1))
    g = p.copy()
    g[7, 1] = -3
    return consensus(
        explained("shap", "perturbation", p),
        explained("lime", "perturbation", 2 * p),
        explained("ig", "gradient", g),
        explained("saliency", "gradient", np.ones_like(p), signed=False),
    )


def test_shares_consensus_and_conflict_by_hand(one_conflict):
    table = one_conflict.set_index(["position", "feature"])
    np.testing.assert_allclose(table.loc[(0, "a"), ["p_share", "g_share", "consensus"]], [0.5] * 3)
    assert list(table.index[table["conflict"]]) == [(7, "b")]
    assert table.loc[(7, "b"), "consensus"] == 0


def test_the_instance_in_conflict_ranks_first(one_conflict):
    spearman = [np.linspace(0.9, 0.1, 30), np.linspace(0.9, 0.1, 30), np.full(30, np.nan)]
    instances = instance_table(np.arange(100, 130), spearman, one_conflict).set_index("position")
    assert instances.loc[7, "rank"] == 1
    assert instances.loc[7, "distance"] == pytest.approx((3 / 8 + 3 / 8) / 2)
    assert instances.loc[0, "distance"] == 0
    assert not instances["conflict"].any()
    # Without a conflict the lower rank correlation comes first.
    assert instances.loc[29, "rank"] == 2
    assert instances.loc[0, "rank"] == 30
    np.testing.assert_allclose(instances["spearman"], np.linspace(0.9, 0.1, 30))
    assert list(instances["id"]) == list(range(100, 130))


def test_a_median_below_zero_is_a_conflict(one_conflict):
    spearman = [np.linspace(0.5, -0.5, 30)]
    instances = instance_table(np.arange(30), spearman, one_conflict)
    assert list(instances["conflict"]) == [False] * 15 + [True] * 15


def test_small_shares_of_opposite_sign_are_no_conflict(consensus, explained):
    p = np.tile([9.0, 0.5, 0.5, 0, 0, 0, 0, 0], (30, 1))
    g = np.where(p < 1, -p, p)
    table = consensus(explained("p", "perturbation", p), explained("g", "gradient", g))
    assert not table["conflict"].any()


def test_an_instance_without_any_attribution_is_left_to_the_other_methods(consensus, explained):
    p = np.ones((30, FEATURES))
    silent = p.copy()
    silent[3] = 0
    table = consensus(
        explained("a", "perturbation", p),
        explained("b", "perturbation", silent),
        explained("g", "gradient", silent),
    ).set_index("position")
    np.testing.assert_allclose(table.loc[3, "p_share"], 1 / FEATURES)
    assert table.loc[3, "g_share"].isna().all()
    assert table.loc[3, "consensus"].isna().all()


def test_without_any_score_every_instance_still_has_a_rank(consensus, explained):
    table = consensus(explained("p", "perturbation", np.ones((30, FEATURES))))
    instances = instance_table(np.arange(30), [], table)
    assert sorted(instances["rank"]) == list(range(1, 31))
    assert instances["spearman"].isna().all()
