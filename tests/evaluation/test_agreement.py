from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.agreement import Agreement

FEATURES = 8


@pytest.fixture
def run(table, linear, gather):
    def make(*local, **parameters):
        data = table(FEATURES)
        return Agreement(**parameters)(gather(data, linear([[1.0] * FEATURES]), local))

    return make


@pytest.fixture
def noise():
    return lambda seed: np.random.default_rng(seed).normal(size=(30, FEATURES))


def test_spearman_is_scipys_mean_over_the_instances(run, explained, noise, value_of):
    a, b = noise(0), noise(0) + noise(1)
    outcome = run(explained("shap", "perturbation", a), explained("ig", "gradient", b))
    expected = np.mean([spearmanr(x, y).statistic for x, y in zip(a, b, strict=True)])
    fact = value_of(outcome, "spearman", p="shap", g="ig", comparable="yes")
    assert fact.value == pytest.approx(expected)
    assert fact.n == 30
    assert fact.interval[0] < fact.value < fact.interval[1]
    assert value_of(outcome, "mean_spearman").value == pytest.approx(expected)
    expected = spearmanr(np.abs(a).mean(axis=0), np.abs(b).mean(axis=0)).statistic
    assert value_of(outcome, "global_spearman").value == pytest.approx(expected)


def test_a_method_without_sign_is_compared_by_magnitude(run, explained, noise, value_of):
    a = noise(0)
    outcome = run(
        explained("shap", "perturbation", a),
        explained("saliency", "gradient", np.abs(a), signed=False),
    )
    assert value_of(outcome, "spearman").value == pytest.approx(1)
    assert not [fact for fact in outcome.facts if fact.name == "sign"]
    pairs = outcome.tables["pairs"].set_index(["a", "b"])
    assert np.isnan(pairs.loc[("shap", "saliency"), "sign"])


def test_opposed_attributions_agree_on_the_top_but_on_no_sign(run, explained, noise, value_of):
    a = noise(0)
    outcome = run(explained("shap", "perturbation", a), explained("ig", "gradient", -a))
    assert value_of(outcome, "spearman").value == pytest.approx(-1)
    assert value_of(outcome, "sign").value == 0
    assert value_of(outcome, "top_k").value == 1
    assert value_of(outcome, "conflicting_share").value == 1


def test_sign_and_top_k_by_hand(run, explained, value_of):
    left = np.tile([5.0, -4, 3, 0.1, 0.1, 0.2, 0.2, 0.3], (30, 1))
    right = np.tile([5.0, 4, 0.1, 0.2, 0.3, 0.1, -3, 0.1], (30, 1))
    outcome = run(explained("p", "perturbation", left), explained("g", "gradient", right))
    # Top 3: {0, 1, 2} and {0, 1, 6}; in their union 0 and 2 have the same sign, 1 and 6 have not.
    assert value_of(outcome, "top_k").value == pytest.approx(2 / 3)
    assert value_of(outcome, "sign").value == pytest.approx(2 / 4)


def test_two_zeros_have_no_sign_to_agree_on(run, explained, value_of):
    left = np.tile([5.0, 0, 0, 0, 0, 0, 0, 0], (30, 1))
    outcome = run(explained("p", "perturbation", left), explained("g", "gradient", -left))
    assert value_of(outcome, "sign").value == 0


def test_the_diagonal_is_agreement_with_another_seed(run, explained, noise, value_of):
    a = noise(0)
    outcome = run(
        explained("shap", "perturbation", a, repeat=a[:5] + noise(1)[:5]),
        explained("ig", "gradient", a),
    )
    expected = np.mean(
        [spearmanr(x, x + y).statistic for x, y in zip(a[:5], noise(1), strict=False)]
    )
    again = value_of(outcome, "self_spearman", method="shap")
    assert (again.value, again.n) == (pytest.approx(expected), 5)
    assert value_of(outcome, "self_spearman", method="ig").value == 1
    pairs = outcome.tables["pairs"]
    assert len(pairs) == 4
    assert set(pairs.loc[pairs["kind"] == "self", "a"]) == {"shap", "ig"}


def test_a_method_with_its_own_reference_is_shown_but_not_counted(run, explained, noise, value_of):
    a = noise(0)
    outcome = run(
        explained("shap", "perturbation", a),
        explained("ig", "gradient", a),
        explained("lrp", "gradient", -a, own_reference=True),
    )
    assert value_of(outcome, "spearman", g="lrp", comparable="no").value == pytest.approx(-1)
    assert value_of(outcome, "mean_spearman").value == pytest.approx(1)
    consensus = outcome.tables["consensus"]
    assert not consensus["conflict"].any()


def test_no_comparable_pair_is_said_not_guessed(run, explained, noise, value_of):
    alone = run(explained("shap", "perturbation", noise(0)))
    assert not [fact for fact in alone.facts if fact.name == "mean_spearman"]
    outcome = run(
        explained("shap", "perturbation", noise(0)),
        explained("cam", "gradient", noise(1), own_reference=True),
    )
    fact = value_of(outcome, "mean_spearman")
    assert fact.value is None
    assert "share the declared reference" in fact.reason
    outcome = alone
    assert outcome.tables["consensus"]["g_share"].isna().all()
    assert sorted(outcome.tables["instances"]["rank"]) == list(range(1, 31))


def test_constant_attributions_are_undefined_with_a_reason(run, explained, noise, value_of):
    outcome = run(
        explained("shap", "perturbation", noise(0)),
        explained("flat", "gradient", np.full((30, FEATURES), 0.5)),
    )
    for name in ("spearman", "top_k", "mean_spearman", "conflicting_share", "global_spearman"):
        fact = value_of(outcome, name)
        assert fact.value is None
        assert fact.reason


def test_unrelated_methods_do_not_rise_above_chance_and_related_ones_do(
    run, explained, noise, value_of
):
    def above(a, b):
        outcome = run(explained("p", "perturbation", a), explained("g", "gradient", b))
        assert value_of(outcome, "control").value == value_of(outcome, "mean_control").value
        return value_of(outcome, "spearman").value > value_of(outcome, "control").value

    assert above(noise(0), noise(0) + noise(1))
    assert sum(above(noise(seed), noise(seed + 100)) for seed in range(20)) <= 4


def test_nothing_explained_does_not_apply(run):
    with pytest.raises(NotApplicable):
        run()


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"draws": 3}])
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="at least"):
        Agreement(**wrong)


def krishna(left, right, k):
    """Feature, rank, sign and signed-rank agreement as Krishna et al. 2022 define them, by sets."""
    tops = [sorted(range(len(one)), key=lambda f: -abs(one[f]))[:k] for one in (left, right)]
    both = set(tops[0]) & set(tops[1])
    ranked = {f for f in both if tops[0].index(f) == tops[1].index(f)}
    same = {f for f in both if np.sign(left[f]) == np.sign(right[f])}
    return len(both) / k, len(ranked) / k, len(same) / k, len(ranked & same) / k


@pytest.mark.parametrize("k", [1, 3, 6])
def test_top_measures_are_those_of_the_paper(run, explained, noise, value_of, k):
    a, b = noise(0), noise(0) + 0.7 * noise(1)
    outcome = run(explained("p", "perturbation", a), explained("g", "gradient", b), top_k=k)
    wanted = np.mean([krishna(x, y, k) for x, y in zip(a, b, strict=True)], axis=0)
    names = ("top_k", "rank_agreement", "sign_agreement", "signed_rank_agreement")
    found = [value_of(outcome, name).value for name in names]
    np.testing.assert_allclose(found, wanted)
    for name in names:
        assert value_of(outcome, name).n == 30


def test_kendall_is_scipys_mean_over_the_instances(run, explained, noise, value_of):
    a, b = noise(0), noise(0) + noise(1)
    outcome = run(explained("p", "perturbation", a), explained("g", "gradient", b))
    expected = np.mean([kendalltau(x, y).statistic for x, y in zip(a, b, strict=True)])
    assert value_of(outcome, "kendall").value == pytest.approx(expected)


def test_without_a_sign_only_what_needs_none_is_measured(run, explained, noise, value_of):
    a = noise(0)
    outcome = run(
        explained("p", "perturbation", a),
        explained("g", "gradient", np.abs(a), signed=False),
    )
    assert value_of(outcome, "rank_agreement").value == pytest.approx(1)
    names = {fact.name for fact in outcome.facts}
    assert not names & {"sign", "sign_agreement", "signed_rank_agreement"}


def test_the_conflict_score_and_the_features_in_conflict_by_hand(run, explained, value_of):
    p = np.tile([4.0, 4, 0, 0, 0, 0, 0, 0], (30, 1))
    g = p.copy()
    g[7] *= -1  # opposed: 1; the other 29 are the same: 0
    outcome = run(explained("p", "perturbation", p), explained("g", "gradient", g))
    assert value_of(outcome, "conflict_score").value == pytest.approx(1 / 30)
    instances = outcome.tables["instances"].set_index("position")
    assert instances.loc[7, "rank"] == 1
    assert instances.loc[7, "features"] == "a, b"
    assert set(instances.drop(index=7)["features"]) == {""}


def test_the_ranking_is_bordas_with_an_interval(run, explained, value_of):
    p = np.tile([8.0, 7, 6, 5, 4, 3, 2, 1], (30, 1))
    g = np.tile([7.0, 8, 6, 5, 4, 3, 2, 1], (30, 1))
    g[:15] = p[:15]
    outcome = run(
        explained("p", "perturbation", p),
        explained("q", "perturbation", 2 * p),
        explained("g", "gradient", g),
    )
    ranking = outcome.tables["ranking"]
    assert list(ranking["feature"]) == list("abcdefgh")
    first = ranking.iloc[0]
    # 1 for P; for G 1 in half of the instances, 2 in the other: 1.5; the directions count alike
    assert (first["p_rank"], first["g_rank"], first["rank"]) == (1, 1.5, 1.25)
    assert 1 < first["low"] < 1.25 < first["high"] < 1.5
    # W of the orders p, p, g: half of the instances 1; else two features of eight are swapped once
    swapped = (8**3 - 8) / 12 * 3
    two = (1 + 1 + 2 - 13.5) ** 2 + (2 + 2 + 1 - 13.5) ** 2
    rest = sum((3 * k - 13.5) ** 2 for k in range(3, 9))
    concordance = value_of(outcome, "concordance").value
    assert concordance == pytest.approx((1 + (two + rest) / (3 * swapped)) / 2)
    assert value_of(outcome, "concordance_floor").value == pytest.approx(1 / 3)
