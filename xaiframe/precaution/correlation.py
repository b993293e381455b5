"""Correlation: columns that say the same, single columns or marks that give the target away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.columns import (
    codes,
    encode,
    kind,
    numbers,
    region_means,
    sample,
    varying,
)
from xaiframe.precaution.measure import RESAMPLES, Interval, central, share_fact
from xaiframe.precaution.relation.association import associate, pairs
from xaiframe.precaution.relation.marks import FEWEST, marks
from xaiframe.precaution.relation.power import predictive_power
from xaiframe.precaution.relation.redundancy import groups
from xaiframe.precaution.relation.words import presence


@dataclass(frozen=True)
class Correlation:
    """Association of every pair of columns and predictive power of each, on the training split.

    |Spearman| for two numbers, bias-corrected Cramér's V for two categories, bias-corrected
    correlation ratio for one of each. Constant columns have no association and no power. Pictures
    and series are searched for a mark that stands in one class only, messages for words that give
    the target away. The mean over each segment of series is tried like a column, but its power is
    nothing to be judged: what a series does is what a model is to learn from.

    limit
        association above which two columns are called redundant, 0–1.
    folds
        of the cross-validated tree behind the predictive power.
    sample
        most training rows read; more are drawn down to it by seed.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    limit: float = 0.9
    folds: int = 4
    sample: int = 2000

    def __post_init__(self) -> None:
        if not 0 <= self.limit <= 1:
            raise ValueError(f"correlation: limit must lie in 0 … 1, not {self.limit}")
        if self.folds < 2 or self.sample < 10:
            raise ValueError("correlation: at least 2 folds and a sample of 10 rows")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts strongest, redundant_pairs, redundant_share, predictive_power per column,
        strongest_power, redundancy_groups; tables pairs and power, both sorted from the
        strongest down, and groups. Of pictures and series the fact strongest_mark and the table
        marks, of messages word_power per word, strongest_power and the table power; of series
        whose segments mean the same in every row also segment_power and the table power.

        Raises NotApplicable for pictures, and series without such segments, whose target is a
        number.
        """
        if data.modality == "image":
            return self._marks(data, seed)
        if data.modality == "series":
            return self._series(data, seed)
        if data.modality == "text":
            return self._words(data, seed)
        rows = sample(len(data.train), self.sample, seed)
        frame = data.train.frame.iloc[rows].reset_index(drop=True).rename(columns=str)
        found = pairs(frame[varying(frame)])
        powers = self._powers(frame, data.train.y[rows], data.task, seed)
        facts = [*self._redundancy(frame, found, seed), *powers, strongest_power(powers)]
        clusters = groups(found, self.limit)
        amount = int(clusters["group"].nunique())
        facts.append(
            Fact("redundancy_groups", amount, "groups", n=frame.shape[1], better="lower",
                 source=source("scipy"))
        )  # fmt: skip
        tables = {"pairs": found, "power": power_table(powers), "groups": clusters}
        return Outcome(facts=facts, tables=tables)

    def _words(self, data: Data, seed: int) -> Outcome:
        if data.train.original is None:
            raise NotApplicable("the messages themselves are not there")
        rows = sample(len(data.train), self.sample, seed)
        y = data.train.y[rows]
        frame = presence(data.train.original[rows], y, data.task)
        powers = self._powers(frame, y, data.task, seed)
        if not powers:
            reason = "no word stands in enough messages, or the target does not vary"
            strongest_word = Fact("strongest_power", None, "power", better="lower", reason=reason)
            return Outcome(facts=[strongest_word], tables={"power": power_table(powers)})
        each = [replace(one, name="word_power") for one in powers]
        facts = [*each, strongest_power(powers)]
        return Outcome(facts=facts, tables={"power": power_table(powers)})

    def _series(self, data: Data, seed: int) -> Outcome:
        if not data.aligned:
            return self._marks(data, seed)
        rows = sample(len(data.train), self.sample, seed)
        frame = region_means(data.train.x[rows], data)
        powers = self._powers(frame, data.train.y[rows], data.task, seed)
        facts = [replace(one, name="segment_power") for one in powers]
        tables = {"power": power_table(powers)}
        if data.task == "classification":
            found = self._marks(data, seed)
            facts, tables = [*found.facts, *facts], {**found.tables, **tables}
        return Outcome(facts=facts, tables=tables)

    def _marks(self, data: Data, seed: int) -> Outcome:
        if data.task != "classification":
            raise NotApplicable("a mark is looked for by class, and there are none")
        rows = sample(len(data.train), self.sample, seed)
        x = data.train.x[rows]
        if data.modality == "series":
            x = x[:, :, None, :]  # a picture of one row
        found = marks(x, data.train.y[rows], data.classes)
        return Outcome(facts=[strongest_mark(found)], tables={"marks": found})

    def _redundancy(self, frame: pd.DataFrame, found: pd.DataFrame, seed: int) -> list[Fact]:
        close = found[found["association"] > self.limit]
        features = len(set(close["a"]) | set(close["b"]))
        return [
            strongest(frame, found, seed),
            Fact("redundant_pairs", len(close), "pairs", n=len(found), better="lower"),
            replace(
                share_fact(
                    "redundant_share", features, frame.shape[1], empty="there are no columns"
                ),
                interval=None,  # columns are no sample of columns
            ),
        ]

    def _powers(self, frame: pd.DataFrame, y: Array, task: str, seed: int) -> list[Fact]:
        able, encoded = set(varying(frame)), encode(frame)
        return [
            replace(
                predictive_power(encoded[:, k], y, task, self.folds, seed)
                if name in able
                else Fact("predictive_power", None, n=len(frame), reason="the column is constant"),
                labels={"column": str(name)},
            )
            for k, name in enumerate(frame.columns)
        ]


def power_table(powers: list[Fact]) -> pd.DataFrame:
    """Columns with their power, the strongest first."""
    table = pd.DataFrame(
        [{"column": one.labels["column"], "power": one.value} for one in powers],
        columns=["column", "power"],
    ).astype({"power": np.float64})
    return table.sort_values("power", ascending=False, kind="stable", ignore_index=True)


def strongest(frame: pd.DataFrame, found: pd.DataFrame, seed: int) -> Fact:
    """The strongest pair's association; its interval resamples the rows of that pair alone."""
    known = found["association"].notna()
    if not known.any():
        reason = "no two columns vary over enough common rows"
        return Fact("strongest", None, "association", n=len(frame), better="lower", reason=reason)
    top = found.iloc[0]
    a, b = (read(frame[str(top[side])]) for side in "ab")
    numeric = sum(kind(frame[str(top[side])]) == "numeric" for side in "ab")
    return Fact(
        "strongest",
        float(top["association"]),
        "association",
        {"a": str(top["a"]), "b": str(top["b"])},
        n=len(frame),
        interval=bootstrap(lambda at: associate(a[at], b[at], numeric)[0], len(frame), seed),
        better="lower",
        source=source("pandas" if numeric == 2 else "xaiframe"),
    )


def read(column: pd.Series) -> Array:
    """``(n,)`` float64 numbers or int64 codes."""
    return numbers(column) if kind(column) == "numeric" else codes(column)


def bootstrap(statistic: Callable[[Array], float], n: int, seed: int) -> Interval | None:
    """Percentile interval of a statistic of row positions."""
    random = np.random.default_rng([seed, 17])
    return central(np.array([statistic(random.integers(0, n, n)) for _ in range(RESAMPLES // 3)]))


def strongest_power(powers: list[Fact]) -> Fact:
    """The largest predictive power, as the fact of the column that has it."""
    known = [one for one in powers if one.value is not None]
    if not known:
        reason = powers[0].reason if powers else "there are no columns"
        return Fact("strongest_power", None, "power", better="lower", reason=reason)
    top = max(known, key=lambda one: float(one.value or 0.0))
    return replace(top, name="strongest_power")


def strongest_mark(found: pd.DataFrame) -> Fact:
    """Share of a class's pictures with the surest of all marks; its place as row, column."""
    if found.empty:
        reason = f"no class and its others have {FEWEST} pictures each"
        return Fact("strongest_mark", None, "share", n=0, better="lower", reason=reason)
    top = found.iloc[0]
    place = f"row {top['row']}, column {top['column']}"
    return share_fact(
        "strongest_mark", int(top["rows"]), int(top["n"]), {"class": str(top["class"]), "at": place}
    )
