"""Agreement of perturbation and gradient: rank, sign and top-k of every pair of methods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.consensus import consensus_table, instance_table
from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.evaluation.statistics import (
    Estimate,
    There,
    absent,
    interval,
    mean,
    rank_correlations,
    relabelled,
    resampling,
)
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact

NO_ORDER = "an attribution is constant, so it has no order,"


@dataclass(frozen=True)
class Compared:
    """Two methods side by side on the same instances, each ``(n,)``, NaN where undefined."""

    spearman: Array
    sign: Array
    top_k: Array


@dataclass(frozen=True)
class Pair:
    """One cell of the agreement matrix.

    ``chance`` ``(draws,)`` is the mean Spearman correlation under relabelled features; empty on
    the diagonal, whose own control is the method's re-seeding.
    """

    a: Explained
    b: Explained
    compared: Compared
    spearman: Estimate
    sign: Estimate
    top_k: Estimate
    chance: Array

    @property
    def comparable(self) -> bool:
        return not (self.a.own_reference or self.b.own_reference)

    @property
    def control(self) -> float:
        """95 % of chance agreement lies below; NaN where there is none."""
        return float(np.percentile(self.chance, 95)) if self.chance.size else np.nan


@dataclass(frozen=True)
class Agreement:
    """Whether the methods rank the features of the same instance alike (Krishna et al. 2022).

    top_k: how many features count as the top, None for max(3, features // 5).
    draws: random relabellings of the features that give the chance level of a pair.

    Spearman compares signed values when both signs say for or against, otherwise magnitudes;
    signs are compared where both have one, on the features in either top-k. The diagonal is
    re-seeding agreement: a pair of methods cannot be asked to agree better than one with itself.
    """

    top_k: int | None = None
    draws: int = 200

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "0"
    reference = "arXiv:2202.01602"

    def __post_init__(self) -> None:
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, not {self.top_k}")
        if self.draws < 20:
            raise ValueError(f"draws must be at least 20, not {self.draws}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts per P×G pair; tables pairs, instances, consensus.

        Raises NotApplicable when no local attribution was explained.
        """
        methods = list(evidence.local.values())
        if not methods:
            raise NotApplicable("no local attribution was explained")
        cells = {(a.method, b.method): self._cell(a, b, evidence) for a in methods for b in methods}
        across = [
            cells[p.method, g.method]
            for p in evidence.by_direction("perturbation")
            for g in evidence.by_direction("gradient")
        ]
        consensus = consensus_table(evidence)
        instances = instance_table(
            evidence.ids,
            [pair.compared.spearman for pair in across if pair.comparable],
            consensus,
        )
        facts = [fact for pair in across for fact in pair_facts(pair, evidence)]
        facts += [_self_fact(cells[one.method, one.method]) for one in methods]
        if across:  # where one direction has no method at all, there is nothing to agree with
            facts += summary_facts(across, instances, evidence.seed)
        tables = {
            "pairs": pd.DataFrame([_row(pair) for pair in cells.values()]),
            "instances": instances,
            "consensus": consensus,
        }
        return Outcome(facts=facts, tables=tables)

    def _cell(self, a: Explained, b: Explained, evidence: Evidence) -> Pair:
        there, features = evidence.there, len(evidence.data.features)
        usual = features if there is None else int(np.median(there.sum(axis=1)))
        k = self.top_k or max(3, usual // 5)
        chance = np.empty(0)
        if a is b:
            again = a.repeat
            compared = (
                Compared(*np.ones((3, len(a.values))))
                if again is None
                else compare(a, a, a.values[: len(again)], again, k, first(there, len(again)))
            )
        else:
            compared = compare(a, b, a.values, b.values, k, there)
            # One seed for all pairs: the same relabelling everywhere, so that chance averages too.
            rng = np.random.default_rng([evidence.seed, 201])
            sides = comparands(a, b, a.values, b.values)
            chance = relabelled(*sides, self.draws, rng, there=there)
        estimates = {
            "spearman": mean(compared.spearman, evidence.seed, NO_ORDER),
            "sign": mean(compared.sign, evidence.seed, "no top feature has a sign")
            if a.signed and b.signed
            else absent("one of the two has no sign for or against"),
            "top_k": mean(compared.top_k, evidence.seed, NO_ORDER),
        }
        return Pair(a, b, compared, chance=chance, **estimates)


def comparands(a: Explained, b: Explained, left: Array, right: Array) -> tuple[Array, Array]:
    """What two methods can be compared on: signed values when both have signs, else magnitudes."""
    return (left, right) if a.signed and b.signed else (np.abs(left), np.abs(right))


def first(there: There, count: int) -> There:
    """The rows of the first ``count`` instances."""
    return None if there is None else there[:count]


def compare(
    a: Explained, b: Explained, left: Array, right: Array, k: int, there: There = None
) -> Compared:
    """Agreement of ``left`` and ``right`` ``(n, features)``, attributions by ``a`` and ``b``."""
    tops = top_membership(left, k, there), top_membership(right, k, there)
    most = left.shape[1] if there is None else np.maximum(there.sum(axis=1), 1)
    counted = ((tops[0] > 0) | (tops[1] > 0)) & ((left != 0) | (right != 0))
    same = (np.sign(left) == np.sign(right)) & counted
    counts = np.where(counted.any(axis=1), counted.sum(axis=1), np.nan)
    return Compared(
        spearman=rank_correlations(*comparands(a, b, left, right), there),
        sign=same.sum(axis=1) / counts if a.signed and b.signed else np.full(len(left), np.nan),
        top_k=(tops[0] * tops[1]).sum(axis=1) / np.minimum(k, most),
    )


def top_membership(values: Array, k: int, there: There = None) -> Array:
    """``(n, features)``: how surely each feature is among the k largest in magnitude.

    1 above the k-th, 0 below, features tied there share its places evenly, so that the zeros of
    a sparse attribution do not agree by their position. NaN for a row without any order; 0 for
    what is not there.
    """
    there = np.ones(values.shape, dtype=bool) if there is None else there
    size = np.where(there, np.abs(values), -1.0)
    k = min(k, values.shape[1])
    limit = np.sort(size, axis=1)[:, -k][:, None]
    above, tied = size > limit, size == limit
    places = (k - above.sum(axis=1, keepdims=True)) / np.maximum(tied.sum(axis=1, keepdims=True), 1)
    least = np.where(there, size, np.inf).min(axis=1)
    ordered = np.isfinite(size).all(axis=1) & (size.max(axis=1) > least)
    return np.where(ordered[:, None], (above + tied * places) * there, np.nan)


def pair_facts(pair: Pair, evidence: Evidence) -> list[Fact]:
    """Agreement of one P and one G method, with the level that chance reaches."""
    labels = {
        "p": pair.a.method,
        "g": pair.b.method,
        "comparable": "yes" if pair.comparable else "no",
    }
    unit = "rank correlation"
    facts = [
        pair.spearman.fact("spearman", labels, unit, "higher"),
        pair.top_k.fact("top_k", labels, "share", "higher"),
        Fact(
            "control",
            pair.control,
            unit,
            labels,
            n=pair.spearman.n,
            reason="95 % of random relabellings of the features lie below",
        ),
    ]
    if evidence.data.aligned:
        overall = global_spearman(pair.a, pair.b, evidence.seed)
        facts.append(overall.fact("global_spearman", labels, unit, "higher"))
    if pair.a.signed and pair.b.signed:
        facts.append(pair.sign.fact("sign", labels, "share", "higher"))
    return facts


def global_spearman(a: Explained, b: Explained, seed: int) -> Estimate:
    """Spearman correlation of the two methods' mean |attribution|, instances resampled."""
    usable = np.isfinite(a.values).all(axis=1) & np.isfinite(b.values).all(axis=1)
    n = int(usable.sum())
    if n == 0:
        return absent("no instance has finite attributions by both")
    left, right = np.abs(a.values[usable]), np.abs(b.values[usable])
    value = rank_correlations(left.mean(axis=0)[None], right.mean(axis=0)[None])[0]
    if not np.isfinite(value):
        return absent("a method gives every feature the same importance")
    weights = resampling(n, seed)
    spread = interval(rank_correlations(weights @ left, weights @ right)) if n > 1 else None
    return Estimate(float(value), spread, n)


def _self_fact(pair: Pair) -> Fact:
    return pair.spearman.fact(
        "self_spearman", {"method": pair.a.method}, "rank correlation", "higher"
    )


def summary_facts(across: list[Pair], instances: pd.DataFrame, seed: int) -> list[Fact]:
    """One number for the two directions, its chance level, and how many instances conflict."""
    able = [pair for pair in across if pair.comparable]
    usable = [pair for pair in able if pair.chance.size]
    if not usable:
        why = "no perturbation and gradient method share the declared reference"
        agreement = conflicting = absent(NO_ORDER + " everywhere" if able else why)
        chance = np.nan
    else:
        stacked = np.stack([pair.compared.spearman for pair in usable])
        defined = np.isfinite(stacked)
        totals, counts = np.where(defined, stacked, 0).sum(axis=0), defined.sum(axis=0)
        agreement = mean(totals / np.where(counts, counts, np.nan), seed, NO_ORDER)
        median = instances["spearman"].to_numpy()
        negative = np.where(np.isfinite(median), median < 0, np.nan)
        conflicting = mean(negative, seed, NO_ORDER)
        chance = float(np.percentile(np.mean([pair.chance for pair in usable], axis=0), 95))
    return [
        agreement.fact("mean_spearman", {}, "rank correlation", "higher"),
        Fact(
            "mean_control",
            chance,
            "rank correlation",
            n=agreement.n,
            reason="95 % of random relabellings of the features lie below",
        ),
        conflicting.fact("conflicting_share", {}, "share", "lower"),
    ]


def _row(pair: Pair) -> dict[str, object]:
    spearman, low, high = pair.spearman.cells
    return {
        "a": pair.a.method,
        "b": pair.b.method,
        "direction_a": pair.a.direction,
        "direction_b": pair.b.direction,
        "spearman": spearman,
        "low": low,
        "high": high,
        "sign": pair.sign.cells[0],
        "top_k": pair.top_k.cells[0],
        "control": pair.control,
        "n": pair.spearman.n,
        "comparable": pair.comparable,
        "kind": "self" if pair.a is pair.b else "pair",
    }
