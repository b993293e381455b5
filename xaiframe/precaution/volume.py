"""Volume: whether there are enough rows: in all, per column, per class and per group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better, Fact, source
from xaiframe.precaution.columns import sample
from xaiframe.precaution.learning.groups import counted
from xaiframe.precaution.learning.held_out import answers, scores
from xaiframe.precaution.learning.power_law import PowerLaw, fit
from xaiframe.precaution.learning.probing import probed
from xaiframe.precaution.measure import RESAMPLES, central

FEWEST = 100
"""Training rows below which a learning curve is noise."""
CURVE = ("rows", "score", "low", "high", "fitted", "measured")


@dataclass(frozen=True)
class Volume:
    """Learning curve of a random forest, and what twice the rows would add.

    Score: balanced accuracy or R², out of fold, from nested training sets of at most ``sample``
    rows; the power law through them (Figueroa et al. 2012, doi:10.1186/1472-6947-12-8) is read at
    the size of the training split and at twice that. Intervals: bootstrap over rows.

    folds, repeats, trees, sizes
        cross-validation folds and how often they are drawn, trees of a forest, training sizes,
        each twice the one before.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    folds: int = 5
    repeats: int = 2
    trees: int = 20
    sizes: int = 5
    sample: int = 2000

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1 or self.trees < 1:
            raise ValueError("volume: at least 2 folds, 1 repeat and 1 tree")
        if self.sizes < 3 or self.sample < FEWEST:
            raise ValueError(f"volume: at least 3 sizes and a sample of {FEWEST} rows")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts doubling_gain, asymptote, measured_gain, rows_per_feature, rows_per_class,
        smallest_class_rows, rows_per_group; tables curve and groups."""
        learnt, curve = self._learning(data, seed)
        groups = counted(data)
        facts = [*learnt, per_feature(data), *group_facts(groups, len(data.train))]
        return Outcome(facts=facts, tables={"curve": curve, "groups": groups})

    def _learning(self, data: Data, seed: int) -> tuple[list[Fact], pd.DataFrame]:
        rows = sample(len(data.train), self.sample, seed)
        y, n = data.train.y[rows], len(rows)
        if n < FEWEST or np.ptp(y) == 0:
            reason = f"{n} training rows: fewer than {FEWEST}" if n < FEWEST else "one target value"
            names = ("doubling_gain", "asymptote", "measured_gain")
            told = [gain(name, None, n, reason=reason) for name in names]
            return told, pd.DataFrame({name: np.empty(0) for name in CURVE})
        x = probed(data.train.take(rows), data)
        options = (self.sizes, self.folds, self.repeats, self.trees, seed)
        found = answers(x, y, data.task, *options)
        random = np.random.default_rng([seed, 53])
        weights = random.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(np.float64)
        drawn = scores(found, data.task, np.vstack([np.ones(n), weights]))
        law, total = fit(found.sizes, drawn), len(data.train)
        facts = [
            gain("doubling_gain", law.doubling(total), n),
            gain("asymptote", law.a, n, better="higher"),
            gain("measured_gain", drawn[:, -1] - drawn[:, -2], n),
        ]
        return facts, curve_table(found.sizes, drawn, law, total)


def gain(
    name: str, draws: Array | None, n: int, better: Better = "lower", reason: str = ""
) -> Fact:
    """The first of ``draws`` ``(draws,)`` with the central 95 % of the others."""
    value = None if draws is None else float(draws[0])
    interval = None if draws is None else central(draws[1:])
    unit = "score" if name == "asymptote" else "difference of score"
    library = source("scikit-learn")
    return Fact(name, value, unit, n=n, interval=interval, better=better, source=library,
                reason=reason)  # fmt: skip


def curve_table(sizes: Array, drawn: Array, law: PowerLaw, total: int) -> pd.DataFrame:
    """rows, score, low, high, fitted, measured; the training split and its double, where nothing
    was measured, have the law's score with its interval."""
    ends = [central(column) or (np.nan, np.nan) for column in drawn[1:].T]
    found = [
        (int(size), float(score), *end, float(law.at(size)[0]), True)
        for size, score, end in zip(sizes, drawn[0], ends, strict=True)
    ]
    for size in (total, 2 * total):
        told = law.at(size)
        end = central(told[1:]) or (np.nan, np.nan)
        found.append((size, float(told[0]), *end, float(told[0]), False))
    return pd.DataFrame(found, columns=list(CURVE))


def per_feature(data: Data) -> Fact:
    """Training rows ÷ inputs: columns of a table, otherwise pixels, samples or word places."""
    table = data.modality == "table"
    inputs = len(data.features) if table else int(np.prod(data.input_shape))
    rows = len(data.train)
    value = rows / inputs if inputs else None
    reason = "" if inputs else "there are no inputs"
    unit = "rows per column" if table else "rows per input"
    return Fact("rows_per_feature", value, unit, n=rows, better="higher", reason=reason)


def group_facts(groups: pd.DataFrame, n: int) -> list[Fact]:
    """rows_per_class and smallest_class_rows; rows_per_group per column, or two columns, and
    group."""
    facts = []
    classes = groups[groups["kind"] == "class"]
    for name, rows in zip(classes["group"], classes["rows"], strict=True):
        facts.append(_rows("rows_per_class", int(rows), n, {"class": str(name)}))
    if len(classes):
        facts.append(_rows("smallest_class_rows", int(classes["rows"].min()), n, {}))
    people = groups[groups["kind"] != "class"]
    for column, group, rows in people[["column", "group", "rows"]].itertuples(index=False):
        labels = {"column": str(column), "group": str(group)}
        facts.append(_rows("rows_per_group", int(rows), n, labels))
    return facts


def _rows(name: str, rows: int, n: int, labels: dict[str, str]) -> Fact:
    return Fact(name, rows, "rows", labels, n=n, better="higher")
