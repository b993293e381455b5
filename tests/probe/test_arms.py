"""KL bounds against their definition and their promise, and the best arms against known biases."""

from math import exp, log

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom

from xaiframe.probe.arms import Tally, best, bounds, divergence, exploration


def nats(p, q):
    """The divergence by its definition, with 0 · log 0 = 0."""
    pairs = ((p, q), (1 - p, 1 - q))
    return sum(a * log(a / b) for a, b in pairs if a > 0)


@pytest.mark.parametrize(("heads", "draws"), [(0, 7), (3, 10), (95, 100), (40, 40)])
@pytest.mark.parametrize("level", [0.5, 3.0])
def test_bounds_are_where_the_divergence_is_level_by_draws(heads, draws, level):
    mean = heads / draws
    (low,), (high,) = bounds(np.array([heads]), np.array([draws]), level)

    def root(start, stop):
        return brentq(lambda q: nats(mean, q) - level / draws, start, stop, xtol=1e-12)

    assert low == pytest.approx(root(1e-12, mean - 1e-12) if heads else 0, abs=1e-8)
    assert high == pytest.approx(root(mean + 1e-12, 1 - 1e-12) if heads < draws else 1, abs=1e-8)
    assert divergence(np.array([mean]), np.array([0.4]))[0] == pytest.approx(nats(mean, 0.4))


def test_of_what_was_never_tossed_nothing_is_known():
    low, high = bounds(np.array([0, 1]), np.array([0, 2]), 3.0)
    assert (low[0], high[0]) == (0, 1)
    assert 0 < low[1] < 0.5 < high[1] < 1


@pytest.mark.parametrize("truth", [0.5, 0.9, 0.99])
def test_a_bound_is_missed_no_more_often_than_it_says(truth):
    """Summed over all outcomes by the binomial law."""
    level, draws = log(1 / 0.05), 60
    heads = np.arange(draws + 1)
    chance = binom.pmf(heads, draws, truth)
    low, high = bounds(heads, np.full(draws + 1, draws), level)
    assert chance[low > truth].sum() <= exp(-level)
    assert chance[high < truth].sum() <= exp(-level)
    assert chance[low > truth].sum() > 0 or truth == 0.99  # no bound that never errs


def coins(biases, seed=0):
    random = np.random.default_rng(seed)
    names = [frozenset({k}) for k in range(len(biases))]
    return names, lambda asked, n: random.binomial(n, [biases[next(iter(one))] for one in asked])


def test_the_best_are_found_and_the_plainly_worse_hardly_tossed():
    biases = [0.2, 0.9, 0.3, 0.8, 0.1, 0.25]
    names, toss = coins(biases)
    tally = Tally(toss, 100_000)
    tally.toss(names, 20)
    found = best(tally, names, 2, 0.1, 0.05, 20, 50_000)
    assert found == [names[1], names[3]]
    assert tally.draws[names[4]] < tally.draws[names[3]]
    assert tally.left == 100_000 - sum(tally.draws.values())


def test_what_may_be_spent_is_not_exceeded():
    names, toss = coins([0.5] * 8)
    tally = Tally(toss, 2000)
    tally.toss(names, 10)
    found = best(tally, names, 3, 0.001, 0.05, 25, 500)
    assert len(found) == 3
    assert 2000 - 80 - 500 <= tally.left <= 2000 - 80 - 450
    assert best(tally, names[:2], 3, 0.1, 0.05, 25, 500) != []


def test_the_level_rises_with_what_is_compared():
    assert exploration(2, 1, 0.1) < exploration(20, 1, 0.1) < exploration(20, 9, 0.1)
    assert exploration(20, 1, 0.1) < exploration(20, 1, 0.01)
