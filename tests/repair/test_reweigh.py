"""Reweighing: Kamiran & Calders' table, and independence afterwards."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.repair.class_balance import ClassBalance
from xaiframe.repair.reweigh import Reweigh


@pytest.fixture
def biased(table):
    random = np.random.default_rng(0)
    group = random.choice(["m", "f"], 1000, p=[0.7, 0.3])
    age = random.integers(18, 80, 1000)
    y = (random.random(1000) < np.where(group == "m", 0.6, 0.2)).astype(int)
    data = table(pd.DataFrame({"a": random.normal(size=1000), "sex": group, "age": age}), y)
    return replace(data, sensitive=("sex",))


def shares(train, column):
    """Weighted share of class 1 in each group."""
    weight = train.weight.astype(float)
    return {
        name: np.average(train.y[rows], weights=weight[rows])
        for name in train.frame[column].unique()
        if (rows := (train.frame[column] == name).to_numpy()).any()
    }


def test_afterwards_every_group_has_the_whole_splits_share_of_each_class(biased, value):
    made = Reweigh()(biased.train, biased, {}, 0)
    for share in shares(made.train, "sex").values():
        assert share == pytest.approx(biased.train.y.mean(), abs=1e-5)
    assert value(made, "dependence_before") > 0.2
    assert value(made, "dependence_after") == pytest.approx(0, abs=1e-6)


def test_weights_are_those_of_the_papers_formula(biased):
    made = Reweigh()(biased.train, biased, {}, 0)
    group, y = biased.train.frame["sex"].to_numpy(), biased.train.y
    n, there = len(y), (group == "f") & (y == 1)
    expected = (group == "f").mean() * (y == 1).mean() / (there.sum() / n)
    np.testing.assert_allclose(made.train.weight[there], expected, rtol=1e-5)


def test_two_sensitive_columns_are_crossed_and_ages_banded(biased, value):
    made = Reweigh()(biased.train, replace(biased, sensitive=("sex", "age")), {}, 0)
    assert value(made, "groups") == 8
    assert value(made, "dependence_after") == pytest.approx(0, abs=1e-6)


def test_it_keeps_groups_independent_on_top_of_balanced_classes(biased):
    balanced = ClassBalance()(biased.train, biased, {}, 0).train
    made = Reweigh()(balanced, biased, {}, 0)
    assert list(shares(made.train, "sex").values()) == pytest.approx([0.5, 0.5], abs=1e-5)


def test_a_tiny_combination_is_held_down_and_the_rest_is_told(table, value):
    group = np.where(np.arange(1000) < 500, "m", "f")
    y = (group == "m").astype(int)
    y[np.arange(1000) == 500] = 1
    order = np.random.default_rng(1).permutation(1000)
    data = table(pd.DataFrame({"sex": group[order], "a": 1.0 * order}), y[order])
    data = replace(data, sensitive=("sex",))
    made = Reweigh(most=2.0)(data.train, data, {}, 0)
    assert made.train.weight.max() / made.train.weight.min() <= 2 / 0.4
    assert value(made, "dependence_after") > 0.1
    assert value(made, "empty_cells") >= 1


def test_without_a_sensitive_column_or_with_one_group_it_does_not_apply(biased):
    with pytest.raises(NotApplicable, match="no sensitive column"):
        Reweigh()(biased.train, replace(biased, sensitive=()), {}, 0)
    men = biased.train.take(np.flatnonzero(biased.train.frame["sex"] == "m"))
    with pytest.raises(NotApplicable, match="single group"):
        Reweigh()(men, biased, {}, 0)
    with pytest.raises(ValueError, match="at least 1"):
        Reweigh(most=0.5)
