"""Rows of the data held beside explained instances, and those that tell of the whole data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer


@dataclass(kw_only=True)
class Examples(Answer):
    """``examples`` has the rows beside each instance; ``overall`` those that are picked for all.

    examples
        columns id, role (what the row is to the instance: proponent, opponent, prototype), rank
        (from 1, the strongest or nearest first), row (its id), value (in ``unit``), same (1 where
        it speaks of the answer that the instance gets, 0 where of another, NaN of quantities).
    overall
        columns group (a class as predicted, or empty), role, rank, row, value (in ``own_unit``).
    rows, shown
        the rows of both, each once, as :func:`xaiframe.probe.shown.rows_shown` gives them.
    measures
        facts of the whole: name, group (empty or a label), value, text (instead of a value), unit,
        n, low, high (NaN where there is none), better.
    """

    examples: pd.DataFrame
    overall: pd.DataFrame
    rows: pd.DataFrame
    shown: Array
    measures: pd.DataFrame
    unit: str
    own_unit: str

    def outcome(self, origin: Source) -> Outcome:
        """Facts about the whole and about what the instances have in common; tables ``examples``,
        ``overall`` and ``rows``, array ``shown``."""
        facts = [_fact(one, origin) for one in self.measures.to_dict("records")]
        for role, own in self.examples.groupby("role", sort=False):
            first = own[own["rank"] == 1].drop_duplicates("id")
            known = first["same"].dropna()
            if len(known):
                facts.append(_share("same_answer", int(known.sum()), len(known), str(role), origin))
            counts = own.drop_duplicates(["id", "row"])["row"].value_counts()
            most = int(counts.iloc[0])
            facts.append(_share("commonest", most, own["id"].nunique(), str(role), origin))
        tables = {"examples": self.examples, "overall": self.overall, "rows": self.rows}
        return Outcome(facts, tables, {"shown": {"x": self.shown}})

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The answers to several batches: what tells of the whole once, each shown row once."""
        first, rows = parts[0], pd.concat([one.rows for one in parts], ignore_index=True)
        shown = np.concatenate([one.shown for one in parts])
        new = ~rows.duplicated("row").to_numpy()
        return cls(
            n=sum(one.n for one in parts),
            evaluations=sum(one.evaluations for one in parts),
            examples=pd.concat([one.examples for one in parts], ignore_index=True),
            overall=first.overall,
            rows=rows[new].reset_index(drop=True),
            shown=shown[new],
            measures=first.measures,
            unit=first.unit,
            own_unit=first.own_unit,
        )


def measure(name: str, value: float | str, unit: str = "", **more: Any) -> dict[str, Any]:
    """A row of ``measures``; ``more``: group, n, low, high, better."""
    text = value if isinstance(value, str) else ""
    number = np.nan if isinstance(value, str) else float(value)
    empty = {"group": "", "n": -1, "low": np.nan, "high": np.nan, "better": "none"}
    return {"name": name, "value": number, "text": text, "unit": unit, **empty, **more}


def _fact(one: dict[Any, Any], origin: Source) -> Fact:
    ends = None if np.isnan(one["low"]) else (float(one["low"]), float(one["high"]))
    number = float(one["value"])
    value = one["text"] if np.isnan(number) else int(number) if number.is_integer() else number
    return Fact(
        one["name"], value, one["unit"], {"group": one["group"]} if one["group"] else {},
        int(one["n"]) if one["n"] >= 0 else None, ends, one["better"], origin,
    )  # fmt: skip


def _share(name: str, count: int, n: int, role: str, origin: Source) -> Fact:
    """A share of the instances with its 95 % interval (Wilson)."""
    ends = binomtest(count, n).proportion_ci(method="wilson")
    interval = (float(ends.low), float(ends.high))
    return Fact(name, count / n, "share", {"role": role}, n, interval, source=origin)
