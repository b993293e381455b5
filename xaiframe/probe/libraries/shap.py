"""Shapley values as the shap library computes them, over the same game.

shap is given v(S) of the features that differ from the background: its own maskers know single
columns only, not the groups of columns, patches and words that are explained here. v is asked
anew for every coalition, without the bank's memory. shap states no error of what it draws.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.libraries.seeds import seeded

Game = Callable[[Array], Array]
"""``(k, players)`` of 0 and 1 → ``(k,)`` v."""
Solve = Callable[[Any, Game, int], Array]
"""``(shap, game, players)`` → ``(players,)``; called with numpy's global state seeded."""


def kernel_shap(bank: CoalitionBank, samples: int) -> Attribution:
    """KernelExplainer with ``samples`` coalitions and every feature in its regression.

    By default shap lets a lasso keep ten features (``l1_reg``), which the paper does not.
    """

    def solve(shap: Any, game: Game, players: int) -> Array:
        explainer = shap.KernelExplainer(game, np.zeros((1, players)))
        everyone = np.ones((1, players))
        return explainer.shap_values(everyone, nsamples=samples, l1_reg=0, silent=True)[0]

    return _played(bank, solve)


def permutation_shap(bank: CoalitionBank, permutations: int) -> Attribution:
    """PermutationExplainer with so many orders, each walked forwards and backwards.

    An order costs 2 · features + 1 of ``max_evals``; shap's older ``shap_values`` counts half of
    that and walks fewer orders than it is told (shap 0.51). Without a seed the explainer would
    reset numpy's global state.
    """

    def solve(shap: Any, game: Game, players: int) -> Array:
        absent = shap.maskers.Independent(np.zeros((1, players)))
        explainer = shap.PermutationExplainer(game, absent, seed=np.random.randint(2**31))
        most = permutations * (2 * players + 1)
        return explainer(np.ones((1, players)), max_evals=most, silent=True).values[0]

    return _played(bank, solve)


def exact_shap(bank: CoalitionBank, limit: int) -> Attribution:
    """ExactExplainer. Raises NotApplicable where more than ``limit`` features differ."""
    most = int(bank.active.sum(axis=1).max(initial=0))
    if most > limit:
        raise NotApplicable(f"{most} features differ from the background; limit is {limit}")

    def solve(shap: Any, game: Game, players: int) -> Array:
        explainer = shap.ExactExplainer(game, shap.maskers.Independent(np.zeros((1, players))))
        return explainer(np.ones((1, players)), max_evals=2**players, silent=True).values[0]

    return _played(bank, solve)


def _played(bank: CoalitionBank, solve: Solve) -> Attribution:
    """The solution of each instance's game; a single player takes all of the gain."""
    before = bank.evaluations
    values = np.zeros((len(bank), bank.features))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing shap styles its plots by a deprecated call
        import shap

        for position, active in enumerate(bank.active):
            players = int(active.sum())
            game = _game(bank, position)
            with seeded(bank, position):
                if players > 1:
                    values[position, active] = solve(shap, game, players)
                elif players:
                    values[position, active] = np.diff(game(np.array([[0], [1]])))
    return Attribution(values, "feature", None, bank.empty, bank.evaluations - before)


def _game(bank: CoalitionBank, position: int) -> Game:
    """v over the features of one instance that differ from the background."""
    own = bank.feature_mask[position] if bank.own_features else bank.feature_mask
    background, active = bank.reference.background, bank.active[position]
    at_once = max(1, bank.scorer.max_batch // len(background))

    def part(kept: Array) -> Array:
        whole = np.ones((len(kept), bank.features), dtype=bool)
        whole[:, active] = kept > 0.5
        rows = np.where(whole[:, own][:, None], bank.x[position], background[None])
        scores = bank.score(rows.reshape(1, -1, *own.shape), np.array([position]))
        return scores.reshape(len(kept), -1) @ bank.reference.weights

    def game(kept: Array) -> Array:
        pieces = [kept[start : start + at_once] for start in range(0, len(kept), at_once)]
        return np.concatenate([part(piece) for piece in pieces])

    return game
