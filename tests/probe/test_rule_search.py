"""The search for a rule, on switches: every input can be listed, so every precision is known."""

from itertools import chain, combinations

import numpy as np
import pytest

from xaiframe.probe.rule_search import LOOKS, Limits, Search
from xaiframe.probe.scopes import HALF, KEPT, Condition, Scope

SWITCHES = 5
EVERY = (np.arange(2**SWITCHES)[:, None] >> np.arange(SWITCHES) & 1).astype(bool)


class Switches(Scope):
    """An instance with all switches on; a rule keeps some on, the others fall evenly."""

    def __init__(self, shares=False):
        self.conditions = [Condition(at, KEPT) for at in range(SWITCHES)]
        self.shares = shares

    def draw(self, rule, n, rng):
        on = rng.random((n, SWITCHES)) < HALF
        on[:, sorted(rule)] = True
        return on

    def within(self, rule, n, rng):
        drawn = self.draw(rule, n, rng)
        return (drawn, drawn) if self.shares else None

    def free(self, rule):
        return [one for one in range(SWITCHES) if one not in rule]

    def share(self, rule):
        return HALF ** len(rule)


def truth(alike, rule):
    """The exact precision of a rule: all inputs that meet it are as likely."""
    met = EVERY[:, sorted(rule)].all(axis=1)
    return alike(EVERY[met]).mean()


def shortest(alike, precision):
    """Every rule of the least size that reaches the precision."""
    rules = chain.from_iterable(combinations(range(SWITCHES), size) for size in range(SWITCHES + 1))
    able = [frozenset(rule) for rule in rules if truth(alike, rule) >= precision]
    return [rule for rule in able if len(rule) == len(able[0])]


MODELS = {
    "both of two": (lambda x: x[:, 0] & x[:, 3], 0.9),
    "all of three": (lambda x: x[:, 1] & x[:, 2] & x[:, 4], 0.9),
    "one of them": (lambda x: x[:, 2], 0.95),
    "most of three": (lambda x: x[:, [0, 1, 2]].sum(axis=1) >= 2, 0.9),
    "one, or two others": (lambda x: x[:, 4] | (x[:, 0] & x[:, 1]), 0.97),
    "always": (lambda x: np.ones(len(x), dtype=bool), 0.9),
}


def searched(alike, precision, seed=0, shares=False, **limits):
    spent = []

    def asked(x):
        spent.append(len(x))
        return alike(x)

    given = {"precision": precision, "delta": 0.05, "most": 4, "beam": 3, "spread": 0.1,
             "check": 500, "evaluations": 60_000} | limits  # fmt: skip
    rngs = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    search = Search(Switches(shares), asked, Limits(**given), *rngs, rows=4096)
    return search.found(), search, sum(spent)


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_the_rule_is_a_shortest_one_that_keeps_the_answer(name, shares):
    alike, precision = MODELS[name]
    found, *_ = searched(alike, precision, shares=shares)
    assert found.rule in shortest(alike, precision)
    assert found.low >= precision


@pytest.mark.parametrize("name", ["most of three", "one, or two others"])
def test_its_bounds_hold_the_true_precision(name):
    """At most delta of the searches may err; of twenty, none does."""
    alike, _ = MODELS[name]
    for seed in range(20):
        found, *_ = searched(alike, 0.7, seed, evaluations=8_000)
        assert found.low <= truth(alike, found.rule) <= found.high
        assert found.precision == found.heads / found.draws


def test_where_no_rule_reaches_it_the_nearest_is_told_as_one_that_does_not():
    odd = lambda x: x.sum(axis=1) % 2 == 1
    found, search, _ = searched(odd, 0.9, most=3)
    assert found.low < 0.9
    assert truth(odd, found.rule) == 0.5
    assert len(search.tried) <= LOOKS + 1


@pytest.mark.parametrize("evaluations", [700, 2_000, 10_000])
def test_no_more_is_asked_than_is_allowed(evaluations):
    alike, precision = MODELS["all of three"]
    found, _, spent = searched(alike, precision, evaluations=evaluations)
    assert spent <= evaluations
    assert found.draws == 500


def test_the_same_draws_give_the_same_rule():
    alike, precision = MODELS["one, or two others"]
    one, two = (searched(alike, precision, seed=7)[0] for _ in range(2))
    assert one == two
