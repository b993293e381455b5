"""Slice search: planted weak slices of one, two and three features are found, chance is known."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.fitting.segment import sides, slices
from xaiframe.precaution.fitting.slice_search import Search, spread, weakness

CUTS = np.array([0.25, 0.5, 0.75])


def mixed(n, seed):
    """Five numbers and two categories, without any relation."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.normal(size=(n, 5)), columns=list("abcde"))
    return frame.assign(
        town=random.choice(["Aarau", "Bern", "Chur"], n), member=random.random(n) < 0.5
    )


def credits(weak, seed, inside=0.4, outside=0.95):
    random = np.random.default_rng([seed, 1])
    return (random.random(len(weak)) < np.where(weak, inside, outside)).astype(float)


def single(frame):
    return frame["a"] > frame["a"].quantile(0.75)


def pair(frame):
    return (frame["a"] > frame["a"].median()) & (frame["town"] == "Bern")


def triple(frame):
    low = (frame["a"] > frame["a"].median()) & (frame["b"] <= frame["b"].median())
    return low & frame["member"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("plant", "features"),
    [(single, {"a"}), (pair, {"a", "town"}), (triple, {"a", "b", "member"})],
    ids=["one feature", "two features", "three features"],
)
def test_a_planted_slice_is_the_weakest(plant, features, seed):
    frame = mixed(1500, seed)
    weak = plant(frame).to_numpy()
    credit = credits(weak, seed)
    found = weakness(frame, credit, 30, CUTS, seed)
    first = found.judged[0]

    assert set(first.columns) == features
    assert (first.rows & weak).sum() / (first.rows | weak).sum() > 0.95
    assert credit[first.rows].mean() - credit.mean() < 2 * found.chance < 0


def test_the_search_finds_what_enumeration_finds():
    """All pairs of conditions on different features, one by one."""
    frame = mixed(300, 5)[["a", "b", "town"]]
    credit = credits(pair(frame).to_numpy(), 5)
    simple = [*slices(frame, CUTS), *sides(frame, CUTS)]
    search = Search(simple, 20, features=2)
    every = {(k,): one.rows for k, one in enumerate(simple)}
    every |= {
        (j, k): simple[j].rows & simple[k].rows
        for j, k in combinations(range(len(simple)), 2)
        if simple[j].columns != simple[k].columns
    }
    z = {
        one: (credit[rows].mean() - credit.mean()) / spread(int(rows.sum()), credit)
        for one, rows in every.items()
        if 20 <= rows.sum() < 300
    }
    found = search.weakest(credit)

    assert min(found, key=found.get) == min(z, key=z.get)
    for one, deviation in found.items():
        assert deviation == pytest.approx(z[one], abs=1e-4)


def test_spread_is_that_of_drawn_means():
    random = np.random.default_rng(0)
    credit = random.normal(size=60)
    drawn = [random.permutation(credit)[:20].mean() for _ in range(20_000)]

    assert spread(20, credit) == pytest.approx(np.std(drawn), rel=0.03)


def test_chance_alone_is_seldom_below_its_own_limit():
    alarms = 0
    for seed in range(40):
        frame = mixed(300, 100 + seed)
        credit = credits(np.zeros(300, bool), 100 + seed)
        found = weakness(frame, credit, 30, CUTS, seed)
        alarms += credit[found.judged[0].rows].mean() - credit.mean() < found.chance
    assert alarms <= 5  # of 40; more have a chance of 1.4 % at a rate of 5 %


def test_conditions_that_add_nothing_are_left_out():
    frame = mixed(1500, 9)
    credit = credits(single(frame).to_numpy(), 9, inside=0.2)
    longer = [one for one in weakness(frame, credit, 30, CUTS, 9).judged if len(one.columns) > 1]

    assert longer == []


def test_hostile_columns_and_constant_credits(hostile):
    even = weakness(hostile, np.ones(120), 30, CUTS, 0)
    odd = weakness(hostile, (np.arange(120) % 2).astype(float), 30, CUTS, 0)
    none = weakness(hostile[["id"]], np.arange(120.0), 30, CUTS, 0)

    assert even.chance == 0
    assert odd.judged
    assert none.judged == []
    assert len(none.small) == 8
