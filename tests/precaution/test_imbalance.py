"""Class imbalance against closed forms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.balance.cells import odds_interval
from xaiframe.precaution.imbalance import Imbalance, effective_rows, rarest


def test_counts_by_hand(table, value):
    y = np.tile([0] * 8 + [1] + [2], 40)
    outcome = Imbalance()(table(pd.DataFrame({"a": np.arange(400.0)}), y), 0)

    assert value(outcome, "ratio").value == 24 / 192
    assert value(outcome, "class_share", **{"class": "c0"}).value == 0.8
    entropy = -(0.8 * np.log(0.8) + 0.2 * np.log(0.1))
    assert value(outcome, "effective_classes").value == pytest.approx(np.exp(entropy))
    assert outcome.tables["classes"]["count"].tolist() == [192, 24, 24]


def test_equal_classes_are_all_effective(table, value):
    outcome = Imbalance()(table(pd.DataFrame({"a": np.arange(100.0)}), np.arange(100) % 4), 0)

    assert value(outcome, "effective_classes").value == pytest.approx(4)
    assert value(outcome, "ratio").value == 1


def test_one_class_and_absent_classes(table, value):
    frame, y = pd.DataFrame({"a": np.arange(50.0)}), np.zeros(50, dtype=int)

    assert value(Imbalance()(table(frame, y), 0), "ratio").reason == "there is only one class"
    absent = Imbalance()(table(frame, y, classes=("c0", "c1")), 0)
    assert value(absent, "ratio").value == 0
    assert value(absent, "effective_classes").value == 1


def test_a_number_as_target_is_judged_by_its_range(table, value):
    y = np.random.default_rng(0).lognormal(size=1000)
    outcome = Imbalance()(table(pd.DataFrame({"a": np.arange(1000.0)}), y, "regression"), 0)

    assert value(outcome, "rare_range_share").n == 600
    assert outcome.tables["parts"]["rows"].sum() == 600


def test_balanced_weights_leave_as_many_rows_as_kish_says():
    counts = np.array([90, 10, 0])
    weight = np.repeat([1 / 90, 1 / 10], [90, 10])
    rows, share = effective_rows(counts)

    assert rows.value == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert share.value == pytest.approx(rows.value / 100)
    assert effective_rows(np.array([25, 25, 25]))[1].value == pytest.approx(1)


def test_a_rare_class_among_ten_is_told_from_ten_equal_ones():
    random, alarms = np.random.default_rng(0), []
    for chances in (np.r_[0.02, np.full(9, 0.98 / 9)], np.full(10, 0.1)):
        told = [rarest(random.multinomial(300, chances)) for _ in range(200)]
        alarms.append(sum(one.value < min(null.value, 0.25) for one, null in told))

    assert alarms[0] > 130  # 0.02 of 300 rows lie under 0.25 of an equal share in 76 of 100
    assert alarms[1] == 0
    beneath = [rarest(random.multinomial(60, np.full(10, 0.1))) for _ in range(400)]
    assert sum(one.value < null.value for one, null in beneath) < 0.05 * 400
    (value, _) = rarest(np.array([3, 27, 30]))
    assert value.value == pytest.approx(0.15)
    assert rarest(np.array([5])) == []


def test_a_class_that_one_group_lacks_is_found_in_its_cell(table, value):
    group = np.array(["x", "y"] * 500)
    y = np.where(group == "y", np.arange(1000) % 100 == 1, np.arange(1000) % 4 < 2).astype(int)
    data = replace(table(pd.DataFrame({"group": group}), y), sensitive=("group",))
    outcome = Imbalance()(data, 0)

    cells = pd.crosstab(group[:600], y[:600])
    worst = value(outcome, "group_ratio", group="y")
    assert worst.value == cells.loc["y", 1] / cells.loc["y", 0]
    assert worst.interval[1] < 0.1
    assert value(outcome, "group_ratio", group="x").value > 0.9
    least = value(outcome, "smallest_cell", column="group")
    assert (least.value, least.labels["group"], least.labels["class"]) == (6, "y", "c1")
    told = outcome.tables["cells"].pivot(index="group", columns="class", values="rows")
    assert (told.to_numpy() == cells.to_numpy()).all()


def test_small_groups_are_counted_not_judged(table):
    group = np.array(["x"] * 95 + ["y"] * 5)[np.random.default_rng(0).permutation(100)]
    data = replace(table(pd.DataFrame({"g": group}), np.arange(100) % 2), sensitive=("g",))
    facts = Imbalance()(data, 0).facts

    assert {f.labels["group"] for f in facts if f.name == "group_ratio"} == {"x"}


def test_hostile_groups_and_a_single_class(table, hostile):
    data = replace(table(hostile, np.arange(120) % 2), sensitive=tuple(hostile.columns))
    assert all(f.value is not None or f.reason for f in Imbalance()(data, 0).facts)
    one = replace(table(hostile, np.zeros(120, int)), sensitive=("id",))
    assert not [f for f in Imbalance()(one, 0).facts if f.name in ("group_ratio", "smallest_cell")]


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="smallest"):
        Imbalance(smallest=1)


def test_interval_of_a_ratio_covers_it():
    random = np.random.default_rng(0)
    truth = 0.25  # rarest 0.2, commonest 0.8
    covered = [
        low <= truth <= high
        for a in random.binomial(100, 0.2, 400)
        for low, high in [odds_interval(int(a), int(100 - a))]
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)
