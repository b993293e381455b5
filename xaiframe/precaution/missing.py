"""Missing: which values are not there, in whose rows, in what disguise, and what that tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.precaution import columns
from xaiframe.precaution.gaps.disguised import suspects
from xaiframe.precaution.gaps.informative import (
    TARGET,
    group_table,
    informative,
    informative_facts,
)
from xaiframe.precaution.measure import share_fact
from xaiframe.precaution.sensitive.people import people


@dataclass(frozen=True)
class Missing:
    """Share of training rows without a value, per column, with Wilson's interval.

    A number that is not finite counts as missing. For images the columns are the channels: a
    picture misses a channel when one of its pixels there is not finite. Whether a gap says
    something of the target, or of a sensitive group, is tested per column. In tables, values that
    may stand for a missing one are looked for.

    sample
        most training rows that the tests and the search for disguised gaps read.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    sample: int = 20_000

    def __post_init__(self) -> None:
        if self.sample < 100:
            raise ValueError(f"missing: a sample of at least 100 rows, not {self.sample}")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts share per column, rows_share, worst_share, half_empty_rows_share;
        target_association and target_p_adjusted of each column with enough gaps to tell,
        group_association and group_p_adjusted of it and each sensitive column; disguised_columns,
        disguised_share per column and value. Tables columns, rows, tests, groups, disguised.
        """
        gaps = absent(data)
        n, counts = len(gaps), gaps.sum()
        groupings = people(data, data.train, {}, pairs=False) if data.sensitive else []
        tests = informative(gaps, data.train.y, data.task, groupings, self.sample, seed)
        hidden, looked = self._disguised(data, seed)
        facts = [
            share_fact("share", int(count), n, {"column": str(name)})
            for name, count in counts.items()
        ]
        facts += _by_row(gaps)
        facts.append(_worst(counts.to_numpy(), n))
        facts += informative_facts(tests)
        facts += disguised_facts(hidden, looked, data)
        return Outcome(
            facts=facts,
            tables={
                "columns": _column_table(gaps, tests),
                "rows": _row_table(gaps),
                "tests": tests,
                "groups": group_table(gaps, groupings),
                "disguised": hidden,
            },
        )

    def _disguised(self, data: Data, seed: int) -> tuple[pd.DataFrame, int]:
        """Suspected values of every column, and the rows that were read."""
        names = ["column", "value", "rows", "n", "share", "why"]
        if data.modality != "table":
            return pd.DataFrame(columns=names), 0
        rows = columns.sample(len(data.train), self.sample, seed)
        frame = data.train.frame.iloc[rows]
        found = [
            (str(name), one.value, one.rows, len(rows), one.rows / len(rows), one.why)
            for name, column in frame.items()
            for one in suspects(column)
        ]
        table = pd.DataFrame(found, columns=names)
        return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True), len(
            rows
        )


def absent(data: Data) -> pd.DataFrame:
    """``(rows, columns)`` bool of the training split: raw cells, or channels of pictures."""
    if data.modality in ("table", "text"):
        return columns.missing(data.train.frame)
    x = data.train.x.reshape(len(data.train), data.input_shape[0], -1)
    gaps = ~np.isfinite(x).all(axis=2)
    return pd.DataFrame(np.asarray(gaps), columns=[f"channel {k}" for k in range(gaps.shape[1])])


def _worst(counts: Array, n: int) -> Fact:
    if len(counts) == 0:
        return Fact("worst_share", None, "share", n=n, reason="there are no columns")
    return share_fact("worst_share", int(counts.max()), n)


def _by_row(gaps: pd.DataFrame) -> Iterator[Fact]:
    """Rows with a gap, and rows that lack more than half of their columns."""
    each = gaps.sum(axis=1).to_numpy()
    yield share_fact("rows_share", int((each > 0).sum()), len(gaps))
    yield share_fact("half_empty_rows_share", int((2 * each > gaps.shape[1]).sum()), len(gaps))


def _column_table(gaps: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    n, counts = len(gaps), gaps.sum().to_numpy()
    table = pd.DataFrame(
        {
            "column": gaps.columns.map(str),
            "missing": counts.astype(np.int64),
            "n": n,
            "share": counts / n if n else np.nan,
        }
    )
    told = tests.loc[tests["against"] == TARGET, ["column", "association", "p_adjusted"]]
    named = {name: f"target_{name}" for name in ("association", "p_adjusted")}
    return table.merge(told.rename(columns=named), "left", "column")


def _row_table(gaps: pd.DataFrame) -> pd.DataFrame:
    """How many rows miss 0, 1, 2, … columns."""
    each = gaps.sum(axis=1).value_counts().sort_index()
    return pd.DataFrame(
        {"missing": each.index.to_numpy(dtype=np.int64), "rows": each.to_numpy(dtype=np.int64)}
    )


def disguised_facts(hidden: pd.DataFrame, n: int, data: Data) -> list[Fact]:
    """How many columns hold a suspected value, and the share of rows that hold each; nothing of
    what is no table, where nobody would write a code for a gap."""
    if data.modality != "table":
        return []
    return [
        Fact("disguised_columns", int(hidden["column"].nunique()), "columns", n=n, better="lower"),
        *(
            share_fact("disguised_share", row["rows"], n, {k: row[k] for k in ("column", "value")})
            for row in hidden.to_dict("records")
        ),
    ]
