"""Five methods from one coalition bank against each with coalitions of its own, at equal error.

Per data set and budget of the bank, in coalitions per feature d: how many coalitions each method
would need alone for the error it has from the bank. ``published`` is what a script would call:
shap's KernelExplainer, and a fair coin per feature for Banzhaf (difference of two means), RISE and
LIME. ``best`` is the best that we know: KernelSHAP drawn as in the bank, the coins also with their
complements, Banzhaf also by regression, whichever is best at that number; the aim is held against
this. Ablation needs d + 1. No more than 128 per feature are tried (48 of shap), so a large number
of ``published`` is a lower bound, and most of its ratio is Banzhaf's two means.
Truth is the limit of all coalitions, enumerated; LIME's is without its ridge. Errors are
root-mean-square over rows, features and seeds.

Where a method has a larger error from the bank than from as many coalitions of its own at best,
sharing costs it something: that ratio is shown as well, above 1 a loss.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.paired import Aim, spread
from benchmarks.shapley import Game, bank_of, games, kernel_explainer
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.perturbation.banzhaf import Banzhaf
from xaiframe.perturbation.exact_shap import shapley
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.lime import IMAGE_KERNEL_WIDTH, Lime
from xaiframe.perturbation.rise import Rise
from xaiframe.probe.coalitions import CoalitionBank

BUDGETS, JUDGED_FROM, SEEDS = (2, 4, 8, 16, 32), 4, 5
ALONE = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Coalitions per feature of a method alone; the error in between is read off on a log scale."""
AIM = Aim(least=3)
SAMPLED = ("kernel_shap", "banzhaf", "rise", "lime")
Solve = Callable[[Array, Array], Array]
"""Coalitions ``(m, d)`` bool and their v ``(m,)`` → ``(d,)``."""


def regression(masks: Array, worth: Array) -> Array:
    """Least squares of v on the players: Banzhaf values under a fair coin."""
    design = np.column_stack([np.ones(len(masks)), masks - 0.5])
    return np.asarray(np.linalg.lstsq(design, worth, rcond=None)[0][1:])


def two_means(masks: Array, worth: Array) -> Array:
    """Mean v with the player less mean v without: every coalition serves every player."""
    held = masks.sum(axis=0)
    apart = worth @ masks / np.maximum(held, 1) - worth @ ~masks / np.maximum(len(masks) - held, 1)
    return np.where((held > 0) & (held < len(masks)), apart, 0)


def kept_mean(masks: Array, worth: Array) -> Array:
    """RISE: mean v with the player less mean v."""
    held = masks.sum(axis=0)
    return np.where(held > 0, worth @ masks / np.maximum(held, 1) - worth.mean(), 0)


def local_ridge(masks: Array, worth: Array, ridge: float = 1.0) -> Array:
    """LIME's surrogate on coalitions, with its kernel."""
    distance = 1 - np.sqrt(masks.mean(axis=1))
    weight = np.sqrt(np.exp(-(distance**2) / IMAGE_KERNEL_WIDTH**2))
    centred = masks - np.average(masks, axis=0, weights=weight)
    weighted = centred.T * weight
    scatter = weighted @ centred + ridge * np.eye(masks.shape[1])
    return np.asarray(np.linalg.lstsq(scatter, weighted @ worth, rcond=None)[0])


COINS: dict[str, tuple[Solve, ...]] = {
    "banzhaf": (two_means, regression),
    "rise": (kept_mean,),
    "lime": (local_ridge,),
}
"""Ways to solve from fair coins, the published one first."""


@dataclass(frozen=True)
class Played:
    """A game with the v of every coalition, ``worth`` ``(rows, 2**d)`` by its bits."""

    game: Game
    worth: Array

    @property
    def players(self) -> int:
        return self.game.players

    def truth(self) -> dict[str, Array]:
        """``(rows, d)`` of each method with all coalitions."""
        every = (np.arange(2**self.players)[:, None] >> np.arange(self.players)) & 1 == 1
        limits: dict[str, Solve] = {
            "kernel_shap": lambda _, worth: shapley(worth, self.players),
            "banzhaf": regression,
            "rise": kept_mean,
            "lime": partial(local_ridge, ridge=0.0),
        }
        return {
            name: np.array([solve(every, row) for row in self.worth])
            for name, solve in limits.items()
        }


def played(one: Game) -> Played:
    every = (np.arange(2**one.players)[:, None] >> np.arange(one.players)) & 1 == 1
    whole = np.broadcast_to(every, (len(one.x), *every.shape))
    return Played(one, bank_of(one, 0).values(whole))


def shared(one: Played, budget: int, seed: int) -> tuple[dict[str, Array], float]:
    """What the methods say from one bank, and coalitions per row that it was asked in all."""
    bank = bank_of(one.game, seed)
    bank.modality = "image"  # so that LIME asks the bank, as it does of patches and words
    methods = {
        "kernel_shap": KernelShap(budget),
        "banzhaf": Banzhaf(budget),
        "rise": Rise(budget),
        "lime": Lime(coalitions=budget),
    }
    values = {name: method.explain(bank).values for name, method in methods.items()
              if served(method, bank)}  # fmt: skip
    FeatureAblation().explain(bank)
    return values, bank.evaluations / len(bank) / len(one.game.background)


def served(method: KernelShap | Banzhaf | Rise | Lime, bank: CoalitionBank) -> bool:
    """Whether the budget is enough for it."""
    try:
        method.explain(bank)
    except NotApplicable:
        return False
    return True


@dataclass(frozen=True)
class Curve:
    """Coalitions ``(k,)`` of a method alone, and its error ``(k,)``."""

    counts: Array
    errors: Array

    def needed(self, error: float) -> float:
        """Coalitions at which it comes down to ``error``, at most the last."""
        falling = np.minimum.accumulate(self.errors)
        return float(np.exp(np.interp(-np.log(error), -np.log(falling), np.log(self.counts))))

    def at(self, count: int) -> float:
        return float(np.exp(np.interp(np.log(count), np.log(self.counts), np.log(self.errors))))


def coins(one: Played, name: str, truth: Array, seeds: int) -> tuple[Curve, Curve]:
    """A method on fair coins, as published and the best way at each number."""
    counts = np.unique([2 * round(max(4, share * one.players) / 2) for share in ALONE])
    ways = [(solve, paired) for solve in COINS[name] for paired in (False, True)]
    square = np.zeros((len(ways), len(counts)))
    bits = 1 << np.arange(one.players)
    for seed in range(seeds):
        for row, (worth, right) in enumerate(zip(one.worth, truth, strict=True)):
            tossed = np.random.default_rng([seed, row]).random((counts[-1], one.players)) < 0.5
            for way, (solve, paired) in enumerate(ways):
                for at, count in enumerate(counts):
                    half = tossed[: count // 2]
                    masks = np.concatenate([half, ~half]) if paired else tossed[:count]
                    square[way, at] += ((solve(masks, worth[masks @ bits]) - right) ** 2).sum()
    errors = np.sqrt(square / (seeds * truth.size))
    return Curve(counts, errors[0]), Curve(counts, errors.min(axis=0))


def explained(one: Played, truth: Array, seeds: int) -> Curve:
    """KernelSHAP by shap."""
    counts = np.array([round(share * one.players) for share in ALONE if 2 <= share <= 48])
    off = [
        [kernel_explainer(one.game, int(count), seed) - truth for seed in range(seeds)]
        for count in counts
    ]
    return Curve(counts, np.sqrt(np.square(off).mean(axis=(1, 2, 3))))


@dataclass(frozen=True)
class Verdict:
    """At one budget: coalitions per row of the bank; per method what it needs alone, as published
    and at best, of each seed; its error from the bank over its own at best with as many."""

    asked: float
    published: dict[str, list[float]]
    best: dict[str, list[float]]
    loss: dict[str, float]

    def ratios(self, alone: dict[str, list[float]]) -> list[float]:
        return [sum(one) / self.asked for one in zip(*alone.values(), strict=True)]


def held(one: Played, budgets: Sequence[int], seeds: int) -> dict[int, Verdict]:
    """By coalitions per feature."""
    truth, found = one.truth(), {}
    curves = {name: coins(one, name, truth[name], seeds) for name in COINS}
    by_shap = explained(one, truth["kernel_shap"], min(seeds, 2))
    for share in budgets:
        budget = share * one.players
        runs = [shared(one, budget, seed) for seed in range(seeds)]
        single = {"feature_ablation": [one.players + 1.0] * seeds}
        published, best, loss = dict(single), dict(single), {}
        for name in runs[0][0]:
            off = [float(np.sqrt(((run[0][name] - truth[name]) ** 2).mean())) for run in runs]
            if name == "kernel_shap":
                published[name] = [by_shap.needed(error) for error in off]
                best[name], loss[name] = [float(budget)] * seeds, 1.0
                continue
            plain, finest = curves[name]
            published[name] = [plain.needed(error) for error in off]
            best[name] = [finest.needed(error) for error in off]
            loss[name] = float(np.sqrt(np.mean(np.square(off))) / finest.at(budget))
        asked = float(np.median([run[1] for run in runs]))
        found[share] = Verdict(asked, published, best, loss)
    return found


def table_of(share: int, found: dict[str, Verdict]) -> Table:
    judged = f"; aim {AIM}" if share >= JUDGED_FROM else ", too few to be judged"
    title = (
        f"One bank of {share} coalitions per feature against separate sampling{judged}\n"
        "alone, of each method: published / best (loss from sharing)"
    )
    table = Table("data", "bank", *SAMPLED, "ablation", "published ÷ bank", "best ÷ bank", "aim",
                  title=title)  # fmt: skip
    for data, one in found.items():
        cells = [
            f"{np.median(one.published[name]):.0f} / {np.median(one.best[name]):.0f}"
            f" ({one.loss[name]:.2f})"
            if name in one.best
            else "refused"
            for name in SAMPLED
        ]
        ablation = f"{one.best['feature_ablation'][0]:.0f}"
        best = one.ratios(one.best)
        verdict = f"{AIM} {AIM.verdict(float(np.median(best)))}" if share >= JUDGED_FROM else ""
        ends = spread(one.ratios(one.published)), spread(best, 2), verdict
        table.add_row(data, f"{one.asked:.0f}", *cells, ablation, *ends)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    console = Console(width=170)
    found = {one.name: held(played(one), BUDGETS, asked.seeds) for one in games()}
    for share in BUDGETS:
        console.print(table_of(share, {data: one[share] for data, one in found.items()}))


if __name__ == "__main__":
    main()
