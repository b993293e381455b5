"""Consistency: repeated rows, the same input under two labels, and test rows seen in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.coincidence import null_shares
from xaiframe.precaution.columns import sample
from xaiframe.precaution.measure import share_fact
from xaiframe.precaution.twins import Space, accidental, fingerprints, nearest


@dataclass(frozen=True)
class Consistency:
    """Exact and near duplicates, conflicting labels, and rows shared by splits.

    Two rows repeat each other when all their raw columns, or all bytes of their picture, are equal,
    whatever their labels.

    tolerance
        root-mean-square distance per column (or pixel), in training standard deviations, up to
        which rows that differ are near duplicates.
    chance
        expected number of rows that would count as near duplicates by accident: in few columns or
        many rows neighbours are close without being copies, and the reach is cut accordingly.
    sample
        most rows of a split whose near duplicates are looked for (among all training rows).
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
        for the exact ones what chance alone stays below (``…_null95``); table duplicates, leaks
        first."""
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
            *self._by_chance(data, keys, seed),
        ]
        listed = [
            listing(data, name, np.flatnonzero(rows), met[name][rows], exact=True)
            for name, rows in (("test", seen["test"]), ("validation", seen["validation"]))
        ]
        listed.append(
            listing(data, "train", np.flatnonzero(repeats), met["train"][repeats], exact=True)
        )
        table = pd.concat([*listed, near_table], ignore_index=True).head(self.listed)
        return Outcome(facts=facts, tables={"duplicates": table})

    def _by_chance(self, data: Data, keys: dict[str, Array], seed: int) -> list[Fact]:
        return [
            Fact(f"{name}_null95", bound, "share", n=len(data.train), source=source("scipy"))
            for name, bound in null_shares(data, keys, seed).items()
        ]

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
        space, known = Space.of(data), np.flatnonzero(fresh)
        names = ("near_duplicate_share", "near_leakage_share")
        reason = space.obstacle(len(known))
        if reason:
            told = [Fact(n, None, "share", n=0, better="lower", reason=reason) for n in names]
            return told, listing(data, "train", known[:0], np.empty(0), exact=False)
        points, facts, tables, reach = space.points(data.train)[known], [], [], self.tolerance
        pools = {"train": known, "test": np.flatnonzero(unseen)}
        for name, (split, pool) in zip(names, pools.items(), strict=True):
            rows = pool[sample(len(pool), self.sample, seed)]
            asked = space.points(data.splits[split])[rows]
            distances, others = nearest(asked, points, 3)
            if split == "train":
                distances, others = distances[:, 1:], others[:, 1:]  # the row itself comes first
                reach = min(self.tolerance, accidental(distances, len(points), self.chance))
            distance, other = distances[:, 0], others[:, 0]
            close = distance <= reach
            facts.append(share_fact(name, int(close.sum()), len(rows), empty=ALL_EXACT))
            tables.append(listing(data, split, rows[close], known[other[close]], exact=False))
        return facts, pd.concat(tables, ignore_index=True)


ALL_EXACT = "there is no row that is not an exact copy"


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
    return pd.DataFrame(
        {
            "split": np.full(len(rows), split, dtype=object),
            "id": here.ids[rows],
            "other_split": np.full(len(rows), "train", dtype=object),
            "other_id": data.train.ids[there],
            "kind": kind,
        }
    )
