"""Shapley interactions: the definitions by enumeration, their axioms, and honest errors."""

from itertools import combinations
from math import comb, factorial

import numpy as np
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.kinds.interactions import Interactions
from xaiframe.perturbation.shapley_interactions import ShapleyInteractions
from xaiframe.probe.pairs import Game, pairs_of, shapley_weight
from xaiframe.probe.sampling import draw


def curved(x):
    pairs = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] * x[:, 4]
    return pairs + torch.tanh(x @ torch.linspace(-1, 2, x.shape[1]))


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def game_of(worth, players, samples, seed=0):
    drawn = draw(players, samples, np.random.default_rng(seed))
    bit = 1 << np.arange(players)
    answers = np.stack([worth[drawn.masks @ bit], worth[~drawn.masks @ bit]])
    return Game.of(drawn, answers, worth[-1], worth[0])


def definition(worth, players, weight):
    """Σ over T without i and j of p(|T|) · (v(T,i,j) − v(T,i) − v(T,j) + v(T))."""
    found = []
    for i, j in combinations(range(players), 2):
        a, b = 1 << i, 1 << j
        free = [t for t in range(2**players) if not t & (a | b)]
        found.append(
            sum(
                weight(t.bit_count()) * (worth[t | a | b] - worth[t | a] - worth[t | b] + worth[t])
                for t in free
            )
        )
    return np.array(found)


def best_fit(worth, players):
    """Pairs of the least-squares fit of order 2 under the Shapley kernel, exact at both ends."""
    every = (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1
    chosen = pairs_of(np.arange(players))
    design = np.c_[np.ones(len(every)), every, every[:, chosen[:, 0]] & every[:, chosen[:, 1]]]
    size = every.sum(axis=1)
    kernel = [
        1e7 if s in (0, players) else (players - 1) / (comb(players, s) * s * (players - s))
        for s in size
    ]
    root = np.sqrt(kernel)[:, None]
    fit = np.linalg.lstsq(root * design, root[:, 0] * worth, rcond=None)[0]
    return fit[1 : players + 1], fit[players + 1 :]


def by_pair(found: Interactions, one=0):
    mine = found.pairs[found.pairs["id"] == one]
    return dict(zip(zip(mine["first"], mine["second"], strict=True), mine["value"], strict=True))


@pytest.mark.parametrize("players", [2, 3, 6])
def test_all_coalitions_give_the_definition_of_the_interaction_index(players):
    worth = np.random.default_rng(players).normal(size=2**players)
    n = players
    due = definition(worth, n, lambda t: factorial(t) * factorial(n - t - 2) / factorial(n - 1))
    found, _ = game_of(worth, n, 2**n).interactions(pairs_of(np.arange(n)), shapley_weight)
    np.testing.assert_allclose(found, due, atol=1e-10)


@pytest.mark.parametrize("players", [3, 5])
def test_faith_shap_is_the_best_fit_by_main_effects_and_pairs(players):
    worth = np.random.default_rng(players).normal(size=2**players)
    method, game = ShapleyInteractions("faith_shap"), game_of(worth, players, 2**players)
    _, (pairs, _), (alone, _) = method._solve(game)
    main, due = best_fit(worth, players)
    np.testing.assert_allclose(pairs, due, atol=1e-5)
    np.testing.assert_allclose(alone, main, atol=1e-5)


@pytest.mark.parametrize("players", [2, 3, 6])
def test_shapley_taylor_is_its_definition_and_leaves_main_effects_what_each_does_alone(players):
    worth, n = np.random.default_rng(players).normal(size=2**players), players
    due = definition(worth, n, lambda t: 2 / (n * comb(n - 1, t)))
    _, (pairs, _), (alone, _) = ShapleyInteractions("shapley_taylor")._solve(
        game_of(worth, n, 2**n)
    )
    np.testing.assert_allclose(pairs, due, atol=1e-10)
    np.testing.assert_allclose(alone, worth[1 << np.arange(n)] - worth[0], atol=1e-10)


@pytest.mark.parametrize("players", [1, 2, 5])
def test_the_shapley_values_behind_main_effects_are_exact(players, shapley):
    worth = np.random.default_rng(players).normal(size=2**players)
    bit = 1 << np.arange(players)
    due = shapley(lambda mask: worth[int(mask @ bit)], players)
    np.testing.assert_allclose(game_of(worth, players, 2**players).shapley()[0], due, atol=1e-10)


@pytest.mark.parametrize("index", ["k_sii", "faith_shap", "shapley_taylor"])
@pytest.mark.parametrize("samples", [4096, 120])
def test_main_effects_and_pairs_sum_to_the_score_less_the_base(make_bank, index, samples):
    bank = make_bank(curved, rows(3, 9), rows(4, 9, 1))
    found = ShapleyInteractions(index, samples, top=6).explain(bank)
    total = found.pairs.groupby("id")["value"].sum() + found.alone.groupby("id")["value"].sum()
    np.testing.assert_allclose(total, bank.full - bank.empty, atol=1e-9)


@pytest.mark.parametrize("index", ["k_sii", "faith_shap", "shapley_taylor"])
def test_symmetry_dummy_and_linearity(make_bank, index):
    x = np.array([[1.0, 1.0, 2.0, 3.0]])
    method, zero = ShapleyInteractions(index), np.zeros((1, 4))
    f = lambda x: x[:, 0] * x[:, 2] + x[:, 1] * x[:, 2] + x[:, 0] * x[:, 1] * x[:, 2]
    g = lambda x: torch.tanh(x[:, 0] * x[:, 2])
    one, other = (by_pair(method.explain(make_bank(h, x, zero))) for h in (f, g))
    both = by_pair(method.explain(make_bank(lambda x: 2 * f(x) + g(x), x, zero)))
    assert one["f0", "f2"] == pytest.approx(one["f1", "f2"])
    assert all(one[pair] == pytest.approx(0, abs=1e-6) for pair in one if "f3" in pair)
    for pair, value in both.items():
        assert value == pytest.approx(2 * one[pair] + other[pair], abs=1e-5)


def test_a_product_is_all_interaction_and_a_sum_is_none(make_bank):
    x, zero = np.array([[2.0, 3.0, 5.0]]), np.zeros((1, 3))
    model = lambda x: x[:, 0] * x[:, 1] + 4 * x[:, 2]
    found = ShapleyInteractions().explain(make_bank(model, x, zero))
    assert by_pair(found) == {
        ("f0", "f1"): pytest.approx(6, abs=1e-5),
        ("f0", "f2"): pytest.approx(0, abs=1e-5),
        ("f1", "f2"): pytest.approx(0, abs=1e-5),
    }
    np.testing.assert_allclose(found.alone["value"], [0, 0, 20], atol=1e-5)
    assert (found.pairs["error"] == 0).all()


def test_pairs_alone_need_few_coalitions(make_bank):
    """Where there is nothing beyond pairs, the fit leaves nothing over."""
    random = np.random.default_rng(0)
    due = np.triu(random.normal(size=(20, 20)), 1)
    matrix = torch.tensor(due, dtype=torch.float32)
    bank = make_bank(lambda x: ((x @ matrix) * x).sum(1), np.ones((1, 20)), np.zeros((1, 20)))
    found = ShapleyInteractions(samples=1000, top=20).explain(bank)
    np.testing.assert_allclose(found.pairs["value"], due[np.triu_indices(20, 1)], atol=1e-4)
    np.testing.assert_allclose(found.alone["value"], 0, atol=1e-4)
    assert found.pairs["error"].max() < 1e-3


@pytest.mark.parametrize("index", ["k_sii", "faith_shap", "shapley_taylor"])
def test_sampled_values_err_as_much_as_they_say(make_bank, index):
    x, background = rows(4, 12), rows(3, 12, 1)
    exact = ShapleyInteractions(index, 4094).explain(make_bank(curved, x, background))
    pairs, alone = [], []
    for seed in range(6):
        found = ShapleyInteractions(index, 600).explain(make_bank(curved, x, background, seed=seed))
        pairs.append((found.pairs["value"] - exact.pairs["value"]) / found.pairs["error"])
        apart = found.alone["value"] - exact.alone["value"]
        alone.append(apart / found.alone["error"])
        if index == "shapley_taylor":  # what each does alone is always asked, not drawn
            np.testing.assert_allclose(apart, 0, atol=1e-4)
            alone.pop()
    for deviations in map(np.concatenate, filter(None, (pairs, alone))):
        assert 0.88 < (np.abs(deviations) < 1.96).mean() < 0.99
        assert abs(deviations.mean()) < 0.15


def test_the_leading_features_include_one_that_matters_only_in_company(make_bank):
    """XOR: taken alone neither of the two moves the mean score at all."""
    background = np.array([[a, b, 0, 0] for a in (-1, 1) for b in (-1, 1)], dtype=float)
    model = lambda x: 5 * x[:, 0] * x[:, 1] + 0.1 * x[:, 2] + 0.2 * x[:, 3]
    found = ShapleyInteractions(top=2).explain(make_bank(model, np.ones((1, 4)), background))
    assert by_pair(found) == {("f0", "f1"): pytest.approx(5, abs=1e-4)}


def test_what_equals_the_background_has_no_pairs(make_bank):
    x = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
    found = ShapleyInteractions().explain(make_bank(lambda x: x.prod(1) + x[:, 1] * x[:, 2], x,
                                                    np.zeros((1, 3))))  # fmt: skip
    assert by_pair(found) == {("f1", "f2"): pytest.approx(6, abs=1e-5)}
    assert by_pair(found, 1) == by_pair(found, 2) == {}
    assert found.n == 3


def test_the_batch_does_not_matter(make_bank):
    x, background = rows(5, 14), rows(3, 14, 1)
    method = ShapleyInteractions(samples=500, top=8)
    whole = method.explain(make_bank(curved, x, background))
    parts = [
        method.explain(make_bank(curved, x[k], background, ids=k))
        for k in (np.array([3, 0]), np.array([4, 2, 1]))
    ]
    again = Interactions.joined(parts)
    keys = ["id", "first", "second"]
    a, b = (one.pairs.sort_values(keys, ignore_index=True) for one in (whole, again))
    assert a[keys].equals(b[keys])
    np.testing.assert_allclose(a["value"], b["value"], rtol=1e-4, atol=1e-5)
    assert again.n == 5


def test_an_image_and_its_cost(make_bank):
    mask = np.array([[[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]])
    x = np.ones((2, 1, 4, 4))
    model = lambda x: x[:, 0, 0, 0] * x[:, 0, 3, 3]
    bank = make_bank(model, x, np.zeros((1, 1, 4, 4)), mask=mask)
    found = ShapleyInteractions().explain(bank)
    assert by_pair(found)["f0", "f3"] == pytest.approx(1)
    ends = 2 + 1  # score(x) of both, the background once
    assert found.evaluations == 2 * (2**4 - 2) + ends


def test_too_few_coalitions_are_refused(make_bank):
    bank = make_bank(lambda x: x.sum(1), rows(1, 20), np.zeros((1, 20)))
    with pytest.raises(NotApplicable, match="at least 760"):
        ShapleyInteractions(samples=759).explain(bank)
    assert len(ShapleyInteractions(samples=759, top=4).explain(bank).pairs) == 6


def test_bad_parameters_are_refused():
    for wrong in ({"samples": 3}, {"top": 1}, {"index": "sti"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            ShapleyInteractions(**wrong)


def test_shapiq_finds_the_same():
    shapiq = pytest.importorskip("shapiq")
    worth = np.random.default_rng(3).normal(size=2**5)
    bit = 1 << np.arange(5)
    exact = shapiq.ExactComputer(lambda masks: worth[masks.astype(int) @ bit], 5)
    for index, name in (
        ("k_sii", "k-SII"), ("faith_shap", "FSII"), ("shapley_taylor", "STII"),
    ):  # fmt: skip
        theirs = exact(name, order=2)
        method = ShapleyInteractions(index)
        chosen, (pairs, _), (alone, _) = method._solve(game_of(worth, 5, 32))
        np.testing.assert_allclose(pairs, [theirs[tuple(c)] for c in chosen.tolist()], atol=1e-6)
        np.testing.assert_allclose(alone, [theirs[(k,)] for k in range(5)], atol=1e-6)
