"""The explanation along a search: shares by hand, rank correlations by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from xaiframe.facts import Fact, Facts
from xaiframe.tuning.movement import alike, profiles, steps

FEATURES = ("a", "b", "c", "d")
MEANS = {0: [4.0, 3.0, 2.0, 1.0], 1: [1.0, 2.0, 3.0, 4.0], 2: [4.0, 2.0, 3.0, 1.0]}


def said(values, method="lime", direction="perturbation"):
    name = f"{direction}.{method}.mean_absolute"
    return [Fact(name, v, labels={"feature": f}) for f, v in zip(FEATURES, values, strict=True)]


def frame():
    return profiles({number: Facts(said(values)) for number, values in MEANS.items()})


def test_each_method_has_shares_of_its_own_total():
    both = Facts([*said([1, 1, 1, 1]), *said([0, 0, 0, 5], "lrp", "gradient"), Fact("a.b.c", 1.0)])
    found = profiles({3: both}).set_index(["method", "feature"])
    assert found.loc[("lime", "a"), "share"] == 0.25
    assert found.loc[("lrp", "d"), "share"] == 1.0
    assert set(found["direction"]) == {"perturbation", "gradient"}
    assert len(found) == 8


def test_every_trial_is_held_against_the_chosen_one():
    found = alike(frame(), 2).set_index("number")["spearman"]
    for number, values in MEANS.items():
        assert found[number] == pytest.approx(spearmanr(values, MEANS[2]).statistic)


def test_what_is_constant_has_no_order():
    told = profiles({0: Facts(said([1, 1, 1, 1])), 1: Facts(said([1, 2, 3, 4]))})
    assert np.isnan(alike(told, 1).set_index("number")["spearman"][0])
    silent = profiles({0: Facts(said([0, 0, 0, 0]))})
    assert silent["share"].isna().all()


def test_the_way_from_the_start_to_the_chosen_is_a_fact_per_feature():
    facts = {(one.name, *one.labels.values()): one.value for one in steps(frame(), 1)}
    assert facts[("explanation_spearman", "lime")] == pytest.approx(-1.0)
    assert facts[("share_moved", "a")] == pytest.approx(-0.3)
    assert facts[("share_moved", "d")] == pytest.approx(0.3)


def test_without_the_chosen_trial_nothing_is_said():
    assert alike(frame(), 9).empty
    assert steps(frame(), 9) == []
    assert profiles({}).empty
