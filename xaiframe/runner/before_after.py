"""A later round beside the first: answers, gaps and explanations of the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.data.groups.grouping import Grouping, groupings
from xaiframe.evaluation.fairness import GAPS
from xaiframe.evaluation.statistics import interval, mean, rank_correlations, shares
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better, Fact
from xaiframe.probe.likeness import alike, compared, resampling

TOGETHER = 2_000_000
"""Numbers that are drawn at once."""
SMALLEST = 30
"""Rows that a rate must rest on in both rounds, as in :class:`Fairness`."""
STAGES = ("perturbation", "gradient")
GAP = ("column", "positive", "measure")
SHARE = ("feature", "direction")


@dataclass(frozen=True)
class Stored:
    """What a round left on disk: its answers on test rows by id, its explained instances by id
    with their targets, per local method its direction and values ``(n, features)``, and the
    features' names."""

    answers: pd.DataFrame
    instances: pd.DataFrame
    local: Mapping[str, tuple[str, Array]]
    features: tuple[str, ...] = ()

    @classmethod
    def below(cls, artifacts: Path) -> Stored:
        """Read from a round's folder of artifacts."""
        answers = pd.read_parquet(artifacts / "model.measure" / "predictions.parquet")
        local = {}
        for stage in STAGES:
            for path in sorted(artifacts.glob(f"{stage}.*/attribution.npz")):
                with np.load(path, allow_pickle=False) as arrays:
                    local[path.parent.name.partition(".")[2]] = (stage, arrays["values"])
        folder = artifacts / "probe.instances"
        return cls(
            answers[answers["split"] == "test"].set_index("id"),
            pd.read_parquet(folder / "instances.parquet"),
            local,
            tuple(pd.read_parquet(folder / "features.parquet")["feature"]),
        )


def before_after(
    data: Data, fairness: Mapping[str, Any], first: Stored, last: Stored, seed: int
) -> Outcome:
    """Facts score_change, answers_changed, gap_change per sensitive column and measure,
    explanation_similarity per method, share_change per feature and direction; tables gaps and
    features. A change is after − before on the rows that both rounds have, which are resampled
    together: what is hard in both does not widen the interval.

    ``fairness``: the recipe's settings of that measure; empty where it was not asked for.
    """
    ids = first.answers.index.intersection(last.answers.index)
    before, after = (one.answers.loc[ids] for one in (first, last))
    outcome = Outcome()
    outcome.facts += _answers(data, before, after, seed)
    if fairness and data.sensitive:
        gaps = list(_gaps(data, fairness, before, after, seed))
        outcome.tables["gaps"] = pd.DataFrame(gaps)
        outcome.facts += [_moved("gap_change", one, GAP, "lower") for one in gaps]
    similar, features = _explanations(data, first, last, seed)
    outcome.facts += similar
    if features:
        outcome.tables["features"] = pd.DataFrame(features)
        outcome.facts += [_moved("share_change", one, SHARE, "none") for one in features]
    return outcome


def _answers(data: Data, before: pd.DataFrame, after: pd.DataFrame, seed: int) -> list[Fact]:
    """How the score changed, and on how many rows the answer did."""
    truth, was, now = (_numbers(data, one) for one in (after["y"], before["predicted"],
                                                       after["predicted"]))  # fmt: skip
    moved = compared(truth, now, was, data.task, seed)["difference"]
    unit = "share" if data.classes else "R²"
    n = len(truth)
    facts = [Fact("score_change", moved.value, unit, n=n, interval=moved.interval, better="higher")]
    if data.classes:
        same = alike(was, now)
        ends = (1 - same.high, 1 - same.low)
        facts.append(Fact("answers_changed", 1 - same.value, "share", n=n, interval=ends))
    return facts


def _numbers(data: Data, column: pd.Series) -> Array:
    """Places among the classes, or the values themselves."""
    if not data.classes:
        return column.to_numpy(dtype=np.float64)
    return pd.Index(data.classes).get_indexer(pd.Index(column.astype(object)))


def _gaps(
    data: Data, fairness: Mapping[str, Any], before: pd.DataFrame, after: pd.DataFrame, seed: int
) -> Iterator[dict[str, object]]:
    """One row per column, followed class and measure: before, after, change, low, high, n."""
    columns = {name: data.test.column(name) for name in data.sensitive}
    frame = pd.DataFrame({name: one for name, one in columns.items() if one is not None})
    own = frame.set_index(data.test.ids).loc[before.index].reset_index(drop=True)
    alone = [one for one in groupings(own, fairness.get("bins") or {}) if one.column in columns]
    truth, was, now = (_numbers(data, one) for one in (after["y"], before["predicted"],
                                                       after["predicted"]))  # fmt: skip
    smallest = int(fairness.get("smallest") or SMALLEST)
    for grouping in alone:
        weights = list(_weights(grouping.of, seed))
        for positive, name in _followed(data, str(fairness.get("positive") or "")):
            sides = [_statistics(data, truth, one, positive) for one in (was, now)]
            for measure, statistics in GAPS.items():
                if not set(statistics) <= sides[0].keys():
                    continue
                pairs = [[side[one] for one in statistics] for side in sides]
                found = _change(pairs, grouping, weights, smallest)
                if found is not None:
                    labels = {"column": grouping.column, "positive": name, "measure": measure}
                    yield labels | found | {"n": len(truth)}


def _followed(data: Data, positive: str) -> list[tuple[int, str]]:
    """The classes whose decision is followed, as in :class:`Fairness`."""
    named = list(enumerate(data.classes)) or [(0, "")]
    if positive:
        return [one for one in named if one[1] == positive]
    return named[1:] if len(named) == 2 else named


Counted = tuple[Array, Array]
"""``(n,)`` each: what a row adds to a statistic, and whether it counts there."""


def _statistics(data: Data, truth: Array, told: Array, positive: int) -> dict[str, Counted]:
    """The statistics of :data:`GAPS`, row by row."""
    every = np.ones(len(truth))
    if not data.classes:
        return {
            "mean_prediction": (told, every),
            "mean_error": (told - truth, every),
            "mean_absolute_error": (np.abs(told - truth), every),
        }
    is_, says = (truth == positive).astype(float), (told == positive).astype(float)
    return {
        "selection_rate": (says, every),
        "true_positive_rate": (says * is_, is_),
        "false_positive_rate": (says * (1 - is_), 1 - is_),
        "accuracy": ((says == is_).astype(float), every),
    }


def _weights(of: Array, seed: int) -> Iterator[Array]:
    """``(draws, n)`` how often each row is drawn within its group; the first draw is all rows."""
    yield np.ones((1, len(of)))
    drawn, step = resampling(of, seed), max(1, TOGETHER // len(of))
    for start in range(0, len(drawn), step):
        yield drawn[start : start + step]


def _change(
    pairs: Sequence[Sequence[Counted]],
    grouping: Grouping,
    weights: Sequence[Array],
    smallest: int,
) -> dict[str, object] | None:
    """The largest gap before and after, and how far it moved; None with fewer than two groups of
    ``smallest`` rows."""
    member = np.eye(len(grouping.groups))[grouping.of]
    among = [np.flatnonzero(counted @ member >= smallest) for _, counted in pairs[0]]
    if any(len(one) < 2 for one in among):
        return None
    sizes = np.concatenate(
        [np.stack([_widest(side, member, among, drawn) for side in pairs]) for drawn in weights],
        axis=1,
    )
    before, after = (float(one) for one in sizes[:, 0])
    low, high = interval(sizes[1, 1:] - sizes[0, 1:]) or (np.nan, np.nan)
    return {"before": before, "after": after, "change": after - before, "low": low, "high": high}


def _widest(side: Sequence[Counted], member: Array, among: Sequence[Array], drawn: Array) -> Array:
    """``(draws,)`` the largest difference between groups, over the statistics of a measure."""
    found = []
    for (value, counted), groups in zip(side, among, strict=True):
        below = drawn @ (counted[:, None] * member[:, groups])
        rate = drawn @ (value[:, None] * member[:, groups]) / np.where(below > 0, below, np.nan)
        found.append(np.ptp(rate, axis=1))
    return np.asarray(np.max(found, axis=0))


def _explanations(
    data: Data, first: Stored, last: Stored, seed: int
) -> tuple[list[Fact], list[dict[str, object]]]:
    """How alike the attributions of the same instances are, and what share each feature has.

    Only instances whose explained output is the same in both rounds; nothing where the rounds
    explain in different features, which have no change."""
    if first.features != last.features:
        return [], []
    both = first.instances.merge(last.instances, on=["id", "target"], suffixes=("", "_after"))
    facts, moved = list[Fact](), dict[str, list[tuple[Array, Array]]]()
    for method, (stage, was) in first.local.items():
        now = last.local.get(method, (stage, was[:0]))[1]
        there = (both["position"] < len(was)) & (both["position_after"] < len(now))
        kept = both[there]
        pair = was[kept["position"].to_numpy()], now[kept["position_after"].to_numpy()]
        similar = mean(rank_correlations(*pair), seed, "an attribution is constant")
        unit = "rank correlation"
        facts.append(similar.fact("explanation_similarity", {"method": method}, unit))
        if there.all() and len(both):
            moved.setdefault(stage, []).append(pair)
    rows = list[dict[str, object]]()
    for stage, pairs in moved.items() if data.aligned else ():
        before, after = (
            np.mean([np.abs(shares(pair[side])) for pair in pairs], axis=0) for side in (0, 1)
        )
        usable = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
        for place, feature in enumerate(data.features):
            earlier, later = before[usable, place], after[usable, place]
            change = mean(later - earlier, seed)
            if change.value is None:
                continue
            value, low, high = change.cells
            row = {"feature": feature, "direction": stage, "before": float(earlier.mean())}
            row |= {"after": float(later.mean()), "change": value}
            rows.append(row | {"low": low, "high": high, "n": change.n})
    return facts, rows


def _moved(name: str, row: Mapping[str, Any], labels: Sequence[str], better: Better) -> Fact:
    """A row's change as a fact."""
    named = {key: str(row[key]) for key in labels if row[key]}
    ends = (float(row["low"]), float(row["high"]))
    return Fact(name, float(row["change"]), "", named, int(row["n"]), ends, better)
