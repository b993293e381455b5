"""Rates by group against fairlearn, published figures and closed forms."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics
from scipy.stats import binomtest, ttest_ind

from xaiframe.data.face import Data, Split
from xaiframe.data.groups.grouping import groupings
from xaiframe.data.groups.rates import Rate, rates
from xaiframe.data.groups.values import means
from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.fairness import Fairness
from xaiframe.model.face import BlackBox
from xaiframe.model.recorded import Recorded
from xaiframe.recipe import Strategy

FILTER = [
    {"column": "days_b_screening_arrest", "between": [-30, 30]},
    {"column": "is_recid", "not": -1},
    {"column": "c_charge_degree", "not": "O"},
    {"column": "score_text", "missing": False},
]
PUBLISHED = {
    "African-American": (3175, 0.4234, 0.2848, 0.5761),
    "Caucasian": (2103, 0.2201, 0.4964, 0.3310),
}


def evidence_of(data, model, sensitive, seed=3):
    return SimpleNamespace(
        data=data, model=model, strategy=Strategy(sensitive=sensitive), seed=seed
    )


def audited(y, predicted, columns, classes=("no", "yes"), brought=False):
    """Evidence on test rows that the model answers with ``predicted``; groups are kept aside."""
    x = np.arange(len(y), dtype=np.float32)[:, None]
    part = Split(np.arange(len(y)), x, np.asarray(y), pd.DataFrame(x), pd.DataFrame(columns))
    task = "classification" if classes else "regression"
    data = Data("table", task, part, part, part, ("row",), np.arange(1), tuple(classes))
    predicted = np.asarray(predicted)

    def answer(rows):
        found = predicted[rows[:, 0].astype(int)]
        return np.eye(len(classes))[found] if classes else found[:, None]

    model = BlackBox(answer, task, data.classes)
    model.brought = brought
    return evidence_of(data, model, tuple(columns))


@pytest.fixture(scope="module")
def people():
    """400 rows whose decision depends on group and truth."""
    rng = np.random.default_rng(5)
    group, sex = rng.choice(["a", "b", "c"], 400, p=[0.5, 0.3, 0.2]), rng.choice(["f", "m"], 400)
    y = rng.integers(0, 2, 400)
    predicted = (rng.random(400) < 0.2 + 0.4 * y + 0.2 * (group == "b")).astype(int)
    return y, predicted, {"group": group, "sex": sex}


def test_published_rates_of_compas_to_four_digits(value_of, shared_data):
    data = Table(
        str(shared_data("compas/compas-scores-two-years.csv")),
        "two_year_recid",
        features=["decile_score"],
        drop=["race", "sex"],
        filter=FILTER,
    ).load()
    model = Recorded("decile_score", threshold=5).load(data)
    model.brought = True
    found = Fairness(split="all")(evidence_of(data, model, ["race", "sex"]))
    for group, (n, *published) in PUBLISHED.items():
        names = ("false_positive_rate", "false_negative_rate", "selection_rate")
        facts = [value_of(found, name, column="race", group=group) for name in names]
        assert facts[2].n == n
        assert [round(fact.value, 4) for fact in facts] == published
    sizes = found.tables["rates"].query("column == 'race' and statistic == 'accuracy'")["n"]
    assert sizes.sum() == 6172
    small = found.tables["rates"].query("group == 'Native American' and statistic == 'accuracy'")
    assert not small["judged"].any()
    assert small["n"].tolist() == [11]


def test_rates_and_gaps_are_those_of_fairlearn(people, value_of):
    y, predicted, columns = people
    found = Fairness(smallest=2)(audited(y, predicted, columns))
    frame = metrics.MetricFrame(
        metrics={
            name: getattr(metrics, name)
            for name in (
                "selection_rate", "true_positive_rate", "false_positive_rate",
                "false_negative_rate",
            )
        },
        y_true=y,
        y_pred=predicted,
        sensitive_features=pd.Series(columns["group"]),
    )  # fmt: skip
    for name, by_group in frame.by_group.items():
        for group, value in by_group.items():
            assert value_of(found, name, column="group", group=group).value == pytest.approx(value)
    for name in (
        "demographic_parity_difference", "demographic_parity_ratio",
        "equalized_odds_difference", "equal_opportunity_difference",
    ):  # fmt: skip
        for column, of in {**columns, "group × sex": pd.DataFrame(columns)}.items():
            value = getattr(metrics, name)(y, predicted, sensitive_features=of)
            assert value_of(found, name, column=column).value == pytest.approx(value), name


def test_precision_and_accuracy_by_hand(value_of):
    y, predicted = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 0]
    found = Fairness(smallest=2)(audited(y, predicted, {"g": list("aaaabb")}))
    assert value_of(found, "precision", group="a").value == 0.5
    assert value_of(found, "accuracy", group="a").value == 0.5
    assert value_of(found, "accuracy", group="b").value == 1.0
    assert value_of(found, "accuracy_difference").value == 0.5
    assert value_of(found, "accuracy_difference").labels["lowest"] == "a"


def test_wilson_is_scipys():
    rate = Rate(np.array([0, 3, 10, 57]), np.array([10, 10, 10, 81]))
    for place, (hits, n) in enumerate(zip(rate.hits, rate.trials, strict=True)):
        wanted = binomtest(int(hits), int(n)).proportion_ci(method="wilson")
        assert rate.interval[:, place] == pytest.approx([wanted.low, wanted.high])


def test_newcombe_is_the_published_example():
    """Newcombe 1998, table II: 56/70 and 48/80, score interval without continuity correction."""
    rate = Rate(np.array([48, 56]), np.array([80, 70]))
    gap = rate.difference(np.arange(2), 200, np.random.default_rng(0))
    assert gap.value == pytest.approx(0.2)
    assert gap.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_intervals_cover_what_they_claim():
    rng = np.random.default_rng(0)
    sizes, p = np.array([60, 90]), np.array([0.3, 0.5])
    within = {"difference": 0, "ratio": 0}
    for _ in range(400):
        rate = Rate(rng.binomial(sizes, p), sizes)
        for name, truths in {"difference": (0.2, -0.2), "ratio": (0.6, 1 / 0.6)}.items():
            gap = getattr(rate, name)(np.arange(2), 100, rng)
            truth = truths[gap.lowest]  # where chance turned the order round, the claim turns too
            within[name] += gap.interval[0] <= truth <= gap.interval[1]
    assert all(0.92 <= count / 400 <= 0.99 for count in within.values()), within


def test_chance_exceeds_its_level_once_in_twenty():
    rng = np.random.default_rng(1)
    of = np.repeat(np.arange(4), [40, 40, 60, 200])
    beyond = {"difference": 0, "ratio": 0}
    for _ in range(300):
        rate = rates(np.ones(340, bool), rng.random(340) < 0.4, of, 4)["selection_rate"]
        beyond["difference"] += (gap := rate.difference(np.arange(4), 400, rng)).value > gap.null
        beyond["ratio"] += (gap := rate.ratio(np.arange(4), 400, rng)).value < gap.null
    assert all(count / 300 < 0.1 for count in beyond.values()), beyond
    assert all(count / 300 > 0.015 for count in beyond.values()), beyond


def test_a_ratio_without_a_lower_limit_has_no_interval():
    gap = Rate(np.array([0, 0]), np.array([40, 40])).ratio(
        np.arange(2), 100, np.random.default_rng(0)
    )
    assert (gap.value, gap.interval) == (1.0, None)


def test_small_groups_are_shown_and_not_compared(value_of):
    columns = {"g": ["a"] * 40 + ["b"] * 40 + ["c"] * 5}
    y, predicted = [1, 0] * 42 + [1], [1, 0] * 40 + [1] * 5
    found = Fairness()(audited(y, predicted, columns))
    assert {fact.labels.get("group") for fact in found.facts} == {"a", "b", None}
    assert value_of(found, "demographic_parity_difference").value == 0
    table = found.tables["rates"].query("statistic == 'selection_rate'").set_index("group")
    assert table["judged"].to_dict() == {"a": True, "b": True, "c": False}
    assert table.loc["c", "value"] == 1.0
    # 20 positives each: there are not enough to compare true positive rates
    fact = value_of(found, "equal_opportunity_difference")
    assert fact.value is None
    assert "fewer than two groups" in fact.reason


def test_many_classes_are_followed_one_by_one_or_one_is_named(value_of):
    rng = np.random.default_rng(2)
    y, predicted = rng.integers(0, 3, 300), rng.integers(0, 3, 300)
    columns = {"g": rng.choice(["a", "b"], 300)}
    evidence = audited(y, predicted, columns, ("red", "green", "blue"))
    found = Fairness()(evidence)
    assert {fact.labels["positive"] for fact in found.facts} == {"red", "green", "blue"}
    named = Fairness(positive="green")(evidence)
    assert {fact.labels["positive"] for fact in named.facts} == {"green"}
    green = np.mean(predicted[columns["g"] == "a"] == 1)
    assert value_of(named, "selection_rate", group="a").value == pytest.approx(green)
    with pytest.raises(NotApplicable, match="the classes are red, green, blue"):
        Fairness(positive="black")(evidence)


def test_regression_compares_means_of_predictions_and_errors(value_of):
    rng = np.random.default_rng(3)
    y = rng.normal(size=200)
    of = np.repeat(["a", "b"], 100)
    predicted = y + np.where(of == "b", 0.5, 0.0) + rng.normal(size=200) / 5
    found = Fairness()(audited(y, predicted, {"g": of}, ()))
    error = predicted.astype(np.float64) - y
    gap = value_of(found, "mean_error_difference")
    assert gap.value == pytest.approx(error[100:].mean() - error[:100].mean())
    wanted = ttest_ind(error[100:], error[:100], equal_var=False).confidence_interval()
    assert gap.interval == pytest.approx((wanted.low, wanted.high), rel=1e-2)
    assert gap.value > 5 * value_of(found, "mean_error_difference_null95").value
    absolute = value_of(found, "mean_absolute_error", group="b")
    assert absolute.value == pytest.approx(np.abs(error[100:]).mean())
    assert absolute.interval[0] < absolute.value < absolute.interval[1]


def test_a_group_of_one_has_a_mean_and_no_interval():
    mean = means(np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]), 2)["mean_prediction"]
    assert mean.value.tolist() == [1.5, 3.0]
    assert np.isnan(mean.interval[:, 1]).all()


def test_numbers_are_cut_at_edges_or_quartiles():
    age = pd.DataFrame({"age": [*range(18, 58), np.nan]})
    declared = groupings(age, {"age": [45, 25]})[0]
    assert declared.groups == ("below 25", "25 to 45", "45 and above", "(missing)")
    assert declared.sizes.tolist() == [7, 20, 13, 1]
    assert groupings(age, {})[0].sizes.tolist() == [10, 10, 10, 10, 1]
    few = groupings(pd.DataFrame({"children": [0.0, 2, 2, np.nan]}), {})[0]
    assert few.groups == ("2", "0", "(missing)")


def test_pairs_of_columns_hold_only_groups_that_exist():
    frame = pd.DataFrame({"a": ["x", "x", "y", None], "b": ["m", "f", "m", "m"]})
    both = groupings(frame, {})[-1]
    assert both.column == "a × b"
    assert dict(zip(both.groups, both.sizes.tolist(), strict=True)) == {
        "x, m": 1, "x, f": 1, "y, m": 1, "(missing), m": 1,
    }  # fmt: skip


def test_what_keeps_it_from_applying(people):
    y, predicted, columns = people
    evidence = audited(y, predicted, columns)
    with pytest.raises(NotApplicable, match="trained on"):
        Fairness(split="all")(evidence)
    for sensitive, expected in {(): "names no column", ("height",): "no column height"}.items():
        evidence.strategy = Strategy(sensitive=sensitive)
        with pytest.raises(NotApplicable, match=expected):
            Fairness()(evidence)
    allowed = audited(y, predicted, columns, brought=True)
    assert Fairness(split="all")(allowed).tables["rates"]["rows"].max() > len(y)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"split": "train"}, "split"),
        ({"smallest": 1}, "smallest"),
        ({"draws": 5}, "draws"),
        ({"bins": {"age": []}}, "age"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, expected):
    with pytest.raises(ValueError, match=expected):
        Fairness(**settings)
