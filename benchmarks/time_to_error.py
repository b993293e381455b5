"""How long until the error of ``shap.KernelExplainer`` at 2048 coalitions is reached.

Same model, rows and background; the truth is enumerated. First the fewest of our coalitions whose
error is no larger (medians over seeds of the root-mean-square over rows), then the time of both,
paired. shap's regression keeps every feature (``l1_reg=False``): its default costs it time and
error. Twelve columns or more, because below that shap's 2048 are all coalitions there are.
"""

from __future__ import annotations

import argparse
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_breast_cancer, load_wine

from benchmarks.paired import Aim, Pairs, middle, pairs, spread
from benchmarks.shapley import Game, bank_of, fitted, kernel_explainer, ours
from xaiframe.explanation import Array
from xaiframe.perturbation.exact_shap import ExactShap

SAMPLES, ROWS, SEEDS, REPEATS = 2048, 100, 3, 3
AIMS = {1: Aim(least=25), 100: Aim(least=5)}
"""By rows of the background."""
DATA = Path(os.environ.get("XAIFRAME_DATA", "../shared/data"))


@dataclass(frozen=True)
class Race:
    """Errors as shares of the values' own size; ``pairs`` shap's seconds, then ours."""

    theirs: float
    own: float
    coalitions: int
    pairs: Pairs


def games(background: int) -> list[Game]:
    """Real and made columns, a smooth and a stepped model, on a background of so many rows."""
    random = np.random.default_rng(0)
    cancer, wine = load_breast_cancer(), load_wine()
    mixed = np.column_stack([random.integers(0, 4, (600, 6)), random.normal(size=(600, 6))])
    income = (mixed[:, 0] > 1) * mixed[:, 6] + mixed[:, 1] * mixed[:, 2] / 3 + np.abs(mixed[:, 7])
    made = [
        ("breast cancer, 12 columns", cancer.data[:, :12], cancer.target, False),
        ("mixed levels and numbers", mixed, income, True),
    ]
    if background == 1:  # more columns are too many to enumerate on more rows
        made.append(("wine", np.resize(wine.data, (356, 13)), np.resize(wine.target, 356), False))
        made.append(("breast cancer, 16 columns", cancer.data[:, :16], cancer.target, False))
    bike = DATA / "bike_sharing" / "bike_sharing_daily.csv"
    if bike.exists():
        table = pd.read_csv(bike)
        days = table.drop(columns=["dteday", "casual", "registered", "cnt"])
        made.append(("bike sharing", days.to_numpy(float), table["cnt"].to_numpy() / 1000, False))
    return [cut(fitted(name, x, y, trees), background) for name, x, y, trees in made]


def cut(one: Game, background: int) -> Game:
    """The first rows, on the mean of the next hundred or on them all."""
    behind = one.x[ROWS : ROWS + 100]
    behind = behind.mean(axis=0, keepdims=True) if background == 1 else behind
    return replace(one, x=one.x[:ROWS], background=behind.astype(np.float32).astype(np.float64))


def race(one: Game, seeds: int, repeats: int) -> Race:
    exact = ExactShap(20).explain(bank_of(one, 0)).values
    size = float(np.sqrt((exact**2).mean()))

    def off(values: Array) -> float:
        return float(np.sqrt(((values - exact) ** 2).mean())) / size

    theirs = float(np.median([off(kernel_explainer(one, SAMPLES, seed)) for seed in range(seeds)]))
    for coalitions in ladder(one.players):
        own = float(np.median([off(ours(one, coalitions, seed)) for seed in range(seeds)]))
        if own <= theirs:
            break
    timing = pairs(
        lambda: kernel_explainer(one, SAMPLES, 0), lambda: ours(one, coalitions, 0), repeats
    )
    return Race(theirs, own, coalitions, timing)


def ladder(players: int) -> list[int]:
    """Coalitions to try: from the fewest that are allowed, each a tenth more than the last."""
    steps = 4 * players * 1.1 ** np.arange(60)
    every = 2**players - 2
    return [int(one) for one in steps if one < every] + [every]


def table_of(background: int, found: dict[str, Race]) -> Table:
    aim = AIMS[background]
    rows = "one baseline row" if background == 1 else f"a background of {background} rows"
    title = f"Time to the error of shap's {SAMPLES} coalitions, {ROWS} rows, {rows}; aim {aim}"
    table = Table(
        "data", "shap's error", "our error", "our coalitions", "shap ms per row", "our ms per row",
        "shap ÷ ours, processor", "by the wall", "aim", title=title,
    )  # fmt: skip
    for name, one in found.items():
        table.add_row(
            name,
            f"{one.theirs:.1e}",
            f"{one.own:.1e}",
            str(one.coalitions),
            f"{1000 * middle(one.pairs.first) / ROWS:.1f}",
            f"{1000 * middle(one.pairs.second) / ROWS:.2f}",
            spread(one.pairs.ratios),
            spread(one.pairs.wall_ratios),
            f"{aim} {aim.verdict(one.pairs.ratio)}",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--background", type=int, choices=AIMS, help="only this background")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    console = Console(width=150)
    for background in [asked.background] if asked.background else AIMS:
        found = {one.name: race(one, asked.seeds, asked.repeats) for one in games(background)}
        console.print(table_of(background, found))


if __name__ == "__main__":
    main()
