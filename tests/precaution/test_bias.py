"""Bias: groups, base rates and proxies against counts by hand, fairlearn and planted faults."""

from dataclasses import replace

import fairlearn.metrics
import numpy as np
import pandas as pd
import pytest

from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable
from xaiframe.precaution.bias import Bias

QUICK = {"draws": 200, "permutations": 40, "sample": 400}


@pytest.fixture
def people(table):
    """``people(n, seed, gap, proxy)``: race and sex beside three columns, one of which follows race
    by ``proxy`` standard deviations; the outcome is commoner for race x by ``gap``."""

    def build(n=800, seed=0, gap=0.0, proxy=0.0):
        random = np.random.default_rng(seed)
        race, sex = random.choice(["x", "y"], n), random.choice(["f", "m"], n)
        frame = pd.DataFrame(random.normal(size=(n, 3)), columns=["a", "b", "c"])
        frame["b"] += proxy * (race == "x")
        y = (random.random(n) < 0.4 + gap * (race == "x")).astype(int)
        data = table(frame, y)
        aside = pd.DataFrame({"race": race, "sex": sex})
        cut = {"train": data.train, "validation": data.validation, "test": data.test}
        told = {k: replace(s, aside=aside.iloc[s.ids].reset_index(drop=True))
                for k, s in cut.items()}  # fmt: skip
        return replace(data, **told, sensitive=("race", "sex"))

    return build


def test_groups_and_base_rates_are_those_counted_by_hand(people, value):
    data = people(gap=0.3)
    outcome = Bias(**QUICK)(data, 0)
    race, y = data.train.aside["race"], data.train.y

    share = value(outcome, "representation", column="race", group="x")
    assert share.value == (race == "x").mean()
    assert share.interval[0] < share.value < share.interval[1]
    for group in "xy":
        told = value(outcome, "base_rate", column="race", group=group)
        assert told.value == pytest.approx(y[race == group].mean())
        assert told.n == (race == group).sum()
    both = value(outcome, "base_rate", column="race × sex", group="x, f")
    assert both.value == pytest.approx(y[(race == "x") & (data.train.aside["sex"] == "f")].mean())


def test_gaps_are_those_of_fairlearn(people, value):
    """A base rate is the selection rate of the labels themselves."""
    data = people(gap=0.3)
    outcome, y = Bias(**QUICK)(data, 0), data.train.y
    told = {"sensitive_features": data.train.aside["race"]}
    difference = fairlearn.metrics.demographic_parity_difference(y, y, **told)
    ratio = fairlearn.metrics.demographic_parity_ratio(y, y, **told)

    assert value(outcome, "base_rate_difference", column="race").value == pytest.approx(difference)
    assert value(outcome, "base_rate_ratio", column="race").value == pytest.approx(ratio)


def test_a_planted_gap_is_beyond_chance_and_none_is_within(people, value):
    seen = []
    for gap in (0.25, 0.0):
        facts = [
            Bias(draws=200, permutations=20, sample=100)(people(seed=seed, gap=gap), seed)
            for seed in range(20)
        ]
        seen.append(
            sum(
                value(one, "base_rate_difference", column="race").value
                > value(one, "base_rate_difference_null95", column="race").value
                for one in facts
            )
        )
    assert seen[0] >= 19
    assert seen[1] <= 2


def test_a_planted_proxy_is_named_and_noise_foretells_nobody(people, value):
    named = []
    for seed in range(20):
        outcome = Bias(**QUICK)(people(seed=seed, proxy=1.5), seed)
        power = value(outcome, "proxy_power", column="race").value
        assert power > value(outcome, "proxy_null95", column="race").value
        named.append(value(outcome, "strongest_proxy", column="race").labels["feature"])
        table = outcome.tables["proxies"].set_index(["sensitive", "column"])
        assert table.loc["race", "importance"].idxmax() == "b"
        assert value(outcome, "proxy_power", column="sex").value < 0.65
    assert named.count("b") == 20


def test_power_of_a_lone_bell_is_its_closed_form(people, value):
    """Normal scores d apart: AUC = Φ(d ÷ √2), 0.856 for 1.5."""
    outcome = Bias(sample=2000, permutations=20)(people(n=4000, proxy=1.5), 0)
    told = value(outcome, "feature_power", column="race", feature="b")

    assert told.value == pytest.approx(0.856, abs=0.03)
    assert value(outcome, "proxy_power", column="race").value == pytest.approx(0.856, abs=0.03)


def test_shares_of_the_population_are_held_against_those_of_the_rows(people, value):
    expected = {"race": {"x": 0.5, "y": 0.3, "z": 0.2}}
    outcome = Bias(**QUICK, expected=expected)(people(), 0)
    x = value(outcome, "representation", column="race", group="x").value

    assert value(outcome, "representation_ratio", group="x").value == pytest.approx(x / 0.5)
    absent = value(outcome, "representation_ratio", group="z")
    assert absent.value == 0
    assert absent.interval[1] < 0.8
    assert outcome.tables["groups"].set_index("group").loc["z", "rows"] == 0


def test_small_groups_are_shown_not_judged(people, value):
    data = people(n=1000)
    race = data.train.aside["race"].where(np.arange(600) >= 12, "rare")
    train = replace(data.train, aside=data.train.aside.assign(race=race))
    outcome = Bias(**QUICK)(replace(data, train=train), 0)

    judged = {f.labels.get("group") for f in outcome.facts if f.name == "base_rate"}
    assert "rare" not in judged
    rates = outcome.tables["base_rates"].set_index(["column", "group"])
    assert not rates.loc[("race", "rare"), "judged"]
    assert value(outcome, "representation", column="race", group="rare").value == 12 / 600


def test_a_group_that_sampling_leaves_too_small_is_left_out(people, value):
    data = people(n=2000)
    race = data.train.aside["race"].where(np.arange(1200) >= 40, "rare")
    train = replace(data.train, aside=data.train.aside.assign(race=race))
    outcome = Bias(**QUICK | {"sample": 120})(replace(data, train=train), 0)

    told = value(outcome, "proxy_power", column="race")
    assert told.value is not None
    assert told.n < 120


def test_numbers_as_target_are_compared_by_their_means(people, value):
    data = people(n=1000)
    y = [split.frame["a"].to_numpy() + 2 * (split.aside["race"] == "x").to_numpy()
         for split in data.splits.values()]  # fmt: skip
    splits = {k: replace(s, y=own) for (k, s), own in zip(data.splits.items(), y, strict=True)}
    outcome = Bias(**QUICK)(replace(data, **splits, task="regression", classes=()), 0)
    told = value(outcome, "standardised_difference", column="race")

    assert value(outcome, "mean_target_difference", column="race").value == pytest.approx(
        2, abs=0.3
    )
    assert told.value == pytest.approx(2 / np.sqrt(2), abs=0.2)
    assert told.value > value(outcome, "standardised_difference_null95", column="race").value


def test_many_classes_are_each_compared(people, value):
    data = people(n=900)
    splits = {k: replace(s, y=s.ids % 3) for k, s in data.splits.items()}
    outcome = Bias(**QUICK)(replace(data, **splits, classes=("p", "q", "r")), 0)

    assert {f.labels["positive"] for f in outcome.facts if f.name == "base_rate"} == set("pqr")


def test_hostile_columns_as_groups_and_as_features(table, hostile):
    data = replace(table(hostile, np.arange(120) % 2), sensitive=tuple(hostile.columns))
    outcome = Bias(**QUICK)(data, 0)

    assert all(fact.value is not None or fact.reason for fact in outcome.facts)


def test_a_hundred_thousand_values_are_thirty_groups_and_the_rest(table, value):
    n = 3000
    frame = pd.DataFrame({"id": [f"row {k}" for k in range(n)], "a": np.arange(float(n))})
    outcome = Bias(**QUICK)(replace(table(frame, np.arange(n) % 2), sensitive=("id",)), 0)

    told = [f for f in outcome.facts if f.name == "representation"]
    assert len(told) == 31
    assert "fewer than two groups" in value(outcome, "base_rate_difference").reason
    assert "fewer than two groups" in value(outcome, "proxy_power").reason


def test_without_a_column_it_does_not_apply(people):
    with pytest.raises(NotApplicable, match="names no column"):
        Bias()(replace(people(), sensitive=()), 0)
    with pytest.raises(NotApplicable, match="no column caste"):
        Bias()(replace(people(), sensitive=("caste",)), 0)
    with pytest.raises(NotApplicable, match="positive"):
        Bias(positive="yes")(people(), 0)


@pytest.mark.parametrize(
    "settings",
    [
        {"folds": 1}, {"smallest": 5}, {"draws": 10}, {"permutations": 5}, {"sample": 10},
        {"bins": {"age": []}}, {"expected": {"race": {"x": 0.7, "y": 0.7}}},
        {"expected": {"race": {"x": 0.0}}}, {"expected": {"race": {}}},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ValueError, match="bias"):
        Bias(**settings)


def test_the_same_seed_gives_the_same_facts(people):
    assert Bias(**QUICK)(people(), 3).facts == Bias(**QUICK)(people(), 3).facts


def test_base_rates_of_compas_are_propublicas(shared_data, value):
    """Two-year recidivism of the 6172 filtered defendants, counted over all splits of the table."""
    filters = [
        {"column": "days_b_screening_arrest", "between": [-30, 30]},
        {"column": "is_recid", "not": -1},
        {"column": "c_charge_degree", "not": "O"},
        {"column": "score_text", "missing": False},
    ]
    read = Table(
        str(shared_data("compas/compas-scores-two-years.csv")),
        "two_year_recid",
        features=["age", "priors_count"],
        drop=["race", "sex", "age_cat"],
        filter=filters,
    ).load()
    parts = list(read.splits.values())
    whole = replace(
        read.train,
        ids=np.concatenate([one.ids for one in parts]),
        y=np.concatenate([one.y for one in parts]),
        frame=pd.concat([one.frame for one in parts], ignore_index=True),
        aside=pd.concat([one.aside for one in parts], ignore_index=True),
    )
    outcome = Bias(**QUICK)(replace(read, train=whole, sensitive=("race", "age_cat")), 0)

    for group, n, recidivists in (("African-American", 3175, 1661), ("Caucasian", 2103, 822)):
        told = value(outcome, "base_rate", column="race", group=group)
        assert (told.n, told.value) == (n, pytest.approx(recidivists / n))
    race = value(outcome, "base_rate_difference", column="race")
    assert race.value > value(outcome, "base_rate_difference_null95", column="race").value
    # the age category is cut from the age, which is a feature
    top = value(outcome, "strongest_proxy", column="age_cat")
    assert top.labels["feature"] == "age"
    assert top.value > 0.99
