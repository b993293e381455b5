"""Consistency: repeated rows, the same input under two labels, and test rows seen in training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.measure import share_fact
from xaiframe.precaution.relation.leaks import date_leakage, index_leakage
from xaiframe.precaution.resemblance import messages, pictures, rows, waves
from xaiframe.precaution.resemblance.coincidence import null_shares
from xaiframe.precaution.resemblance.found import Found, Question
from xaiframe.precaution.resemblance.twins import fingerprints


@dataclass(frozen=True)
class Consistency:
    """Exact and near duplicates, conflicting labels, and rows shared by splits.

    Two rows repeat each other when all their raw columns, or all bytes of their picture, are equal,
    whatever their labels.

    tolerance
        root-mean-square distance per column, in training standard deviations, up to which rows of
        a table that differ are near duplicates; messages, pictures and series are compared by
        their runs of characters, slow waves and shapes (:mod:`xaiframe.precaution.resemblance`).
    chance
        expected number of rows that would count as near duplicates by accident: in few columns or
        many rows neighbours are close without being copies, and the reach is cut accordingly.
    sample
        most rows of a split whose near duplicates are looked for: among all training rows, of
        messages, pictures and series among at most 20 000.
    listed
        most rows of the table of duplicates.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    tolerance: float = 0.05
    chance: float = 0.01
    sample: int = 1000
    listed: int = 500

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < 1:
            raise ValueError(f"consistency: tolerance must lie in 0 … 1, not {self.tolerance}")
        if self.chance <= 0 or self.sample < 1 or self.listed < 0:
            raise ValueError("consistency: chance above 0, sample at least 1, listed at least 0")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts duplicate_share and conflicting_share (of training rows), leakage_share (of test
        rows also in train), validation_leakage_share, near_duplicate_share, near_leakage_share;
        for the exact ones what chance alone stays below (``…_null95``) and, but for conflicts, by
        how much the share exceeds it (``…_excess``); index_leakage, date_leakage; table
        duplicates, leaks first, of messages with both texts; arrays ``shown``: some of the
        pictures listed, each beside the one it repeats."""
        keys = {name: fingerprints(split, data) for name, split in data.splits.items()}
        first = pd.Series(np.arange(len(keys["train"])), index=keys["train"])
        first = first[~first.index.duplicated()]
        met = {name: first.reindex(key).to_numpy(dtype=np.float64) for name, key in keys.items()}
        repeats = met["train"] < np.arange(len(data.train))
        seen = {name: ~np.isnan(met[name]) for name in ("validation", "test")}
        conflicts = conflicting(keys["train"], data.train.y)
        near_facts, near_table = self._near(data, ~repeats, ~seen["test"], seed)
        facts = [
            share_fact("duplicate_share", int(repeats.sum()), len(data.train)),
            self._conflicts(data, conflicts),
            share_fact("leakage_share", int(seen["test"].sum()), len(data.test)),
            share_fact(
                "validation_leakage_share", int(seen["validation"].sum()), len(data.validation)
            ),
            *near_facts,
            *index_leakage(data, seed),
            *date_leakage(data),
        ]
        facts += self._by_chance(data, keys, facts, seed)
        listed = [
            listing(data, name, np.flatnonzero(again), met[name][again], exact=True)
            for name, again in (("test", seen["test"]), ("validation", seen["validation"]))
        ]
        listed.append(
            listing(data, "train", np.flatnonzero(repeats), met["train"][repeats], exact=True)
        )
        table = pd.concat([*listed, near_table], ignore_index=True).head(self.listed)
        return Outcome(facts=facts, tables={"duplicates": table}, arrays=side_by_side(data, table))

    def _by_chance(
        self, data: Data, keys: dict[str, Array], facts: list[Fact], seed: int
    ) -> list[Fact]:
        bounds, n = null_shares(data, keys, seed), len(data.train)
        measured = {fact.name: fact for fact in facts}
        null = [
            Fact(f"{name}_null95", bound, "share", n=n, source=source("scipy"))
            for name, bound in bounds.items()
        ]
        return null + [excess(measured[name], bounds[name]) for name in bounds if name in EXCESS]

    def _conflicts(self, data: Data, conflicts: Array) -> Fact:
        if data.task == "classification":
            return share_fact("conflicting_share", int(conflicts.sum()), len(data.train))
        reason = "numbers as targets may differ without contradicting each other"
        return Fact(
            "conflicting_share", None, "share", n=len(data.train), better="lower", reason=reason
        )

    def _near(
        self, data: Data, fresh: Array, unseen: Array, seed: int
    ) -> tuple[list[Fact], pd.DataFrame]:
        """Near duplicates among training rows and from test to train, exact ones left aside."""
        pools = {"train": np.flatnonzero(fresh), "test": np.flatnonzero(unseen)}
        names = ("near_duplicate_share", "near_leakage_share")
        question = Question(data, pools, self.sample, self.tolerance, self.chance, seed)
        try:
            found = SEARCHES[data.modality](question)
        except NotApplicable as missing:
            told = [Fact(n, None, "share", n=0, better="lower", reason=str(missing)) for n in names]
            return told, listing(data, "train", pools["train"][:0], np.empty(0), exact=False)
        facts, tables = [], []
        for name, (split, one) in zip(names, found.items(), strict=True):
            facts.append(share_fact(name, int(one.close.sum()), len(one.rows), empty=ALL_EXACT))
            near, other = one.rows[one.close], one.other[one.close]
            tables.append(listing(data, split, near, other, exact=False))
        return facts, pd.concat(tables, ignore_index=True)


SEARCHES: dict[str, Callable[[Question], dict[str, Found]]] = {
    "table": rows.near,
    "image": pictures.near,
    "text": messages.near,
    "series": waves.near,
}
ALL_EXACT = "there is no row that is not an exact copy"


EXCESS = ("duplicate_share", "leakage_share", "validation_leakage_share")
SHOWN = 6
"""Pairs of pictures that are kept."""


def excess(share: Fact, bound: float) -> Fact:
    """By how much a share lies above what chance alone stays below; negative: it does not."""
    name = share.name.removesuffix("_share") + "_excess"
    value = None if share.value is None else float(share.value) - bound
    return Fact(name, value, "share", n=share.n, better="lower", reason=share.reason)


def side_by_side(data: Data, table: pd.DataFrame) -> dict[str, dict[str, Array]]:
    """``shown`` → ``x`` ``(pairs, 2, *input_shape)``, ``pair`` the row of the table, of pictures:
    near duplicates first, since of exact ones there is nothing to compare."""
    if data.modality != "image" or table.empty:
        return {}
    order = np.argsort(table["kind"].to_numpy() != "near", kind="stable")[:SHOWN]
    places = {name: pd.Index(split.ids) for name, split in data.splits.items()}

    def picture(split: str, row: int) -> Array:
        return np.asarray(data.splits[split].x[places[split].get_loc(row)])

    pairs = [
        (picture(one["split"], one["id"]), picture(one["other_split"], one["other_id"]))
        for one in table.iloc[order].to_dict("records")
    ]
    return {"shown": {"x": np.array(pairs), "pair": order}}


def conflicting(keys: Array, y: Array) -> Array:
    """``(n,)`` whether another row with the same key has another label."""
    labels = pd.Series(y).groupby(keys).transform("nunique")
    return np.asarray(labels.to_numpy() > 1)


def listing(data: Data, split: str, rows: Array, other: Array, exact: bool) -> pd.DataFrame:
    """Rows of ``split`` beside the training rows ``other`` they repeat; kind is ``exact``,
    ``conflict`` for an exact copy under another label, or ``near``."""
    here: Split = data.splits[split]
    there = other.astype(np.int64)
    kind = np.full(len(rows), "exact" if exact else "near", dtype=object)
    if data.task == "classification" and exact:
        kind[here.y[rows] != data.train.y[there]] = "conflict"
    told = {}
    if data.modality == "text" and here.original is not None and data.train.original is not None:
        told = {"message": here.original[rows], "other_message": data.train.original[there]}
    return pd.DataFrame(
        {
            "split": np.full(len(rows), split, dtype=object),
            "id": here.ids[rows],
            "other_split": np.full(len(rows), "train", dtype=object),
            "other_id": data.train.ids[there],
            "kind": kind,
            **told,
        }
    )
