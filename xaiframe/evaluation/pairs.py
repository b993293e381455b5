"""Two methods side by side: every measure of agreement on the same instances, and its chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.evaluation.ordering import kendall, ranks, top_membership
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
from xaiframe.explanation import Array
from xaiframe.facts import Fact

NO_ORDER = "an attribution is constant, so it has no order,"
NO_SIGN = "no top feature has a sign"
MEASURES = {
    "spearman": "rank correlation",
    "kendall": "rank correlation",
    "top_k": "share",
    "rank_agreement": "share",
    "sign": "share",
    "sign_agreement": "share",
    "signed_rank_agreement": "share",
}
"""Measure → unit. Of the k features largest in magnitude: ``top_k`` (feature agreement) the share
that both name, ``rank_agreement`` that both name at the same rank, ``sign_agreement`` with the same
sign, ``signed_rank_agreement`` with both (Krishna et al. 2022); ``sign``: of the features that
either names, the share of the same sign."""
SIGNED = ("sign", "sign_agreement", "signed_rank_agreement")


@dataclass(frozen=True)
class Pair:
    """One cell of the agreement matrix.

    ``compared``: measure → ``(n,)``, NaN where undefined; ``estimates``: its mean. ``chance``
    ``(draws,)`` is the mean Spearman correlation under relabelled features; empty on the diagonal,
    whose own control is the method's re-seeding.
    """

    a: Explained
    b: Explained
    compared: Mapping[str, Array]
    estimates: Mapping[str, Estimate]
    chance: Array

    @property
    def comparable(self) -> bool:
        return not (self.a.own_reference or self.b.own_reference)

    @property
    def control(self) -> float:
        """95 % of chance agreement lies below; NaN where there is none."""
        return float(np.percentile(self.chance, 95)) if self.chance.size else np.nan

    @property
    def row(self) -> dict[str, object]:
        """The pair in the table of pairs."""
        spearman, low, high = self.estimates["spearman"].cells
        others = {name: self.estimates[name].cells[0] for name in MEASURES if name != "spearman"}
        return {
            "a": self.a.method,
            "b": self.b.method,
            "direction_a": self.a.direction,
            "direction_b": self.b.direction,
            "spearman": spearman,
            "low": low,
            "high": high,
            **others,
            "control": self.control,
            "n": self.estimates["spearman"].n,
            "comparable": self.comparable,
            "kind": "self" if self.a is self.b else "pair",
        }


def pair(a: Explained, b: Explained, evidence: Evidence, k: int, draws: int) -> Pair:
    """Two methods compared; one with itself under another seed, 1 where it has no chance in it."""
    there, chance = evidence.there, np.empty(0)
    if a is not b:
        compared = compare(a, b, a.values, b.values, k, there)
        # One seed for all pairs: the same relabelling everywhere, so that chance averages too.
        rng = np.random.default_rng([evidence.seed, 201])
        chance = relabelled(*comparands(a, b, a.values, b.values), draws, rng, there=there)
    elif a.repeat is None:
        compared = dict.fromkeys(MEASURES, np.ones(len(a.values)))
    else:
        count = len(a.repeat)
        known = None if there is None else there[:count]
        compared = compare(a, a, a.values[:count], a.repeat, k, known)
    estimates = {
        name: mean(compared[name], evidence.seed, NO_SIGN if name == "sign" else NO_ORDER)
        if name not in SIGNED or (a.signed and b.signed)
        else absent("one of the two has no sign for or against")
        for name in MEASURES
    }
    return Pair(a, b, compared, estimates, chance)


def comparands(a: Explained, b: Explained, left: Array, right: Array) -> tuple[Array, Array]:
    """What two methods can be compared on: signed values when both have signs, else magnitudes."""
    return (left, right) if a.signed and b.signed else (np.abs(left), np.abs(right))


def compare(
    a: Explained, b: Explained, left: Array, right: Array, k: int, there: There = None
) -> dict[str, Array]:
    """Every measure ``(n,)`` of ``left`` and ``right`` ``(n, features)``, attributions by ``a`` and
    ``b``; those of sign NaN where one of the two has none."""
    tops = top_membership(left, k, there), top_membership(right, k, there)
    most = left.shape[1] if there is None else np.maximum(there.sum(axis=1), 1)
    shared, places = tops[0] * tops[1], np.minimum(k, most)
    sides = comparands(a, b, left, right)
    ranked = (shared * (ranks(left, there) == ranks(right, there))).sum(axis=1) / places
    found = {
        "spearman": rank_correlations(*sides, there),
        "kendall": kendall(*sides, there),
        "top_k": shared.sum(axis=1) / places,
        "rank_agreement": ranked,
    }
    if not (a.signed and b.signed):
        return found | dict.fromkeys(SIGNED, np.full(len(left), np.nan))
    same = np.sign(left) == np.sign(right)
    agreed = same & (ranks(left, there) == ranks(right, there))
    counted = ((tops[0] > 0) | (tops[1] > 0)) & ((left != 0) | (right != 0))
    counts = np.where(counted.any(axis=1), counted.sum(axis=1), np.nan)
    return found | {
        "sign": (same & counted).sum(axis=1) / counts,
        "sign_agreement": (shared * same).sum(axis=1) / places,
        "signed_rank_agreement": (shared * agreed).sum(axis=1) / places,
    }


def pair_facts(pair: Pair, evidence: Evidence) -> list[Fact]:
    """Agreement of one P and one G method, with the level that chance reaches."""
    labels = {
        "p": pair.a.method,
        "g": pair.b.method,
        "comparable": "yes" if pair.comparable else "no",
    }
    unit = MEASURES["spearman"]
    with_sign = pair.a.signed and pair.b.signed
    facts = [
        pair.estimates[name].fact(name, labels, of, "higher")
        for name, of in MEASURES.items()
        if with_sign or name not in SIGNED
    ]
    why = "95 % of random relabellings of the features lie below"
    n = pair.estimates["spearman"].n
    facts.append(Fact("control", pair.control, unit, labels, n=n, reason=why))
    if evidence.data.aligned:
        overall = global_spearman(pair.a, pair.b, evidence.seed)
        facts.append(overall.fact("global_spearman", labels, unit, "higher"))
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
