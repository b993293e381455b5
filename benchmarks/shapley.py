"""Error of sampled Shapley values against exact ones, ours beside shap's and shapiq's.

Same model, rows, background and number of coalitions for all; the truth is enumerated. Prints, per
data set, the median over rows and seeds of each method's root-mean-square error, in shares of the
root-mean-square of the exact values, and the ratio of ours to the best of the others with its
range over seeds. shapiq is left out where it is not installed (`pip install xaiframe[bench]`).
"""

from __future__ import annotations

import argparse
import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_breast_cancer, load_diabetes, make_friedman1
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.model.face import BlackBox
from xaiframe.perturbation.exact_shap import ExactShap
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.permutation_shap import PermutationShap
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

Answer = Callable[[Array], Array]
ROWS, BACKGROUND, SEEDS = 12, 20, 5
BUDGETS = (4, 8, 16)
"""Coalitions per feature."""

SHAPIQ: dict[str, Callable[[Any, int, int], Any]] = {
    "paired KernelSHAP": lambda made, n, seed: made.KernelSHAP(
        n=n, pairing_trick=True, random_state=seed
    ),
    "KernelSHAP": lambda made, n, seed: made.KernelSHAP(n=n, random_state=seed),
    "SVARM": lambda made, n, seed: made.SVARM(n=n, random_state=seed),
    "permutations": lambda made, n, seed: made.PermutationSamplingSV(n=n, random_state=seed),
}
"""shapiq's approximators, from its module, the number of players and a seed."""


@dataclass(frozen=True)
class Game:
    """A fitted model on some rows: ``answer`` ``(n, d)`` → ``(n,)``."""

    name: str
    answer: Answer
    x: Array
    background: Array

    @property
    def players(self) -> int:
        return self.x.shape[1]


def games() -> list[Game]:
    """Independent, correlated and mixed columns; smooth and stepped models."""
    random = np.random.default_rng(0)
    diabetes, cancer = load_diabetes(), load_breast_cancer()
    friedman = make_friedman1(600, n_features=10, noise=0.1, random_state=0)
    base = random.normal(size=(600, 3)) @ random.normal(size=(3, 10))
    correlated = base + 0.3 * random.normal(size=base.shape)
    told = np.tanh(correlated[:, 0]) * correlated[:, 1] + correlated[:, 2:6].max(axis=1)
    mixed = np.column_stack([random.integers(0, 4, (600, 6)), random.normal(size=(600, 6))])
    income = (mixed[:, 0] > 1) * mixed[:, 6] + mixed[:, 1] * mixed[:, 2] / 3 + np.abs(mixed[:, 7])
    return [
        game("diabetes", diabetes.data, diabetes.target / 50),
        game("breast cancer, 10 columns", cancer.data[:, :10], cancer.target),
        game("independent (Friedman)", *friedman),
        game("correlated", correlated, told),
        game("mixed levels and numbers", mixed, income, trees=True),
    ]


def game(name: str, x: Array, y: Array, trees: bool = False) -> Game:
    whole = fitted(name, x, y, trees)
    return replace(whole, x=whole.x[:ROWS], background=whole.x[ROWS : ROWS + BACKGROUND])


def fitted(name: str, x: Array, y: Array, trees: bool = False) -> Game:
    """A model of all rows, in a random order, without a background as yet."""
    if trees:
        model = ExtraTreesRegressor(8, min_samples_leaf=3, random_state=0)
    else:
        network = MLPRegressor(
            hidden_layer_sizes=(32, 16), max_iter=600, random_state=0, early_stopping=True
        )
        model = make_pipeline(StandardScaler(), network)
    order = np.random.default_rng(1).permutation(len(x))
    x = np.asarray(x, np.float32).astype(np.float64)[order]
    model.fit(x, np.asarray(y)[order])
    return Game(name, model.predict, x, x[:0])


def bank_of(one: Game, seed: int) -> CoalitionBank:
    x = one.x.astype(np.float32)
    part = Split(np.arange(len(x)), x, np.zeros(len(x)), pd.DataFrame(x))
    names = tuple(f"x{k}" for k in range(one.players))
    data = Data("table", "regression", part, part, part, names, np.arange(one.players))
    model = BlackBox(lambda rows: one.answer(rows.astype(np.float64))[:, None], "regression", ())
    weights = np.full(len(one.background), 1 / len(one.background))
    reference = Reference(one.background.astype(np.float32), weights, "logit", 0)
    targets = np.zeros(len(x), dtype=int)
    return CoalitionBank(Scorer(model, reference), data, x, targets, np.arange(len(x)), seed)


def ours(one: Game, budget: int, seed: int) -> Array:
    return np.asarray(KernelShap(budget).explain(bank_of(one, seed)).values)


def our_permutations(one: Game, budget: int, seed: int) -> Array:
    walks = max(2, budget // (2 * one.players))
    return np.asarray(PermutationShap(walks).explain(bank_of(one, seed)).values)


def kernel_explainer(one: Game, budget: int, seed: int) -> Array:
    import shap

    np.random.seed(seed)
    explainer = shap.KernelExplainer(one.answer, one.background)
    return np.asarray(explainer.shap_values(one.x, nsamples=budget, l1_reg=False, silent=True))


def permutation_explainer(one: Game, budget: int, seed: int) -> Array:
    import shap

    masker = shap.maskers.Independent(one.background, max_samples=BACKGROUND)
    explainer = shap.PermutationExplainer(one.answer, masker, seed=seed)
    # shap wants at least one walk there and back
    return np.asarray(
        explainer(one.x, max_evals=max(budget, 2 * one.players + 1), silent=True).values
    )


def from_shapiq(kind: str) -> Callable[[Game, int, int], Array]:
    def solve(one: Game, budget: int, seed: int) -> Array:
        from shapiq import approximator as made

        found = []
        for row in one.x:

            def worth(coalitions: Array, row: Array = row) -> Array:
                rows = np.where(np.atleast_2d(coalitions)[:, None], row, one.background)
                answers = one.answer(rows.reshape(-1, one.players))
                return np.asarray(answers.reshape(-1, len(one.background)).mean(axis=1))

            solver = SHAPIQ[kind](made, one.players, seed)
            found.append(solver.approximate(budget, worth).get_n_order_values(1))
        return np.array(found)

    return solve


def methods() -> dict[str, Callable[[Game, int, int], Array]]:
    found: dict[str, Callable[[Game, int, int], Array]] = {
        "ours": ours,
        "our permutations": our_permutations,
        "shap Kernel": kernel_explainer,
        "shap Permutation": permutation_explainer,
    }
    if importlib.util.find_spec("shapiq"):
        found |= {f"shapiq {kind}": from_shapiq(kind) for kind in SHAPIQ}
    return found


def errors(one: Game, budget: int, seeds: int) -> dict[str, Array]:
    """Method → ``(seeds,)`` root-mean-square error over rows, as a share of the values' own."""
    exact = ExactShap(20).explain(bank_of(one, 0)).values
    size = np.sqrt((exact**2).mean())
    return {
        name: np.array(
            [
                np.sqrt(((solve(one, budget, seed) - exact) ** 2).mean()) / size
                for seed in range(seeds)
            ]
        )
        for name, solve in methods().items()
    }


def table_of(budget: int, found: dict[str, dict[str, Array]]) -> Table:
    names = list(next(iter(found.values())))
    title = f"Error of Shapley values at {budget} coalitions per feature, share of their size"
    table = Table("data", *names, "ours ÷ best other", "best other", title=title)
    for data, by_method in found.items():
        others = [name for name in names if not name.startswith("our")]
        best = min(others, key=lambda name: float(np.median(by_method[name])))
        ratio = by_method["ours"] / by_method[best]
        spread = f"{np.median(ratio):.2f} ({ratio.min():.2f}–{ratio.max():.2f})"
        cells = [f"{np.median(by_method[name]):.3g}" for name in names]
        table.add_row(data, *cells, spread, best)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    console, played = Console(width=170), games()
    for budget in BUDGETS:
        found = {one.name: errors(one, budget * one.players, asked.seeds) for one in played}
        console.print(table_of(budget, found))


if __name__ == "__main__":
    main()
