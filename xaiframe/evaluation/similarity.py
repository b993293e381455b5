"""How alike attributions are to those of a model that learnt nothing, and what chance leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.statistics import (
    Estimate,
    There,
    absent,
    mean,
    rank_correlations,
    relabelled,
)
from xaiframe.explanation import Array
from xaiframe.facts import Fact

Repeats = Sequence[Mapping[str, Array]]
"""Per random draw: method → ``(instances, features)`` attributions under the randomised model."""

UNIT = "|rank correlation|"
NO_ORDER = "an attribution is constant, so it has no order,"
FAILED = "the method could not explain the randomised model"


def likeness(
    evidence: Evidence, positions: Array, name: str, repeats: Repeats, permutations: int
) -> list[Fact]:
    """What stays of the attributions when every layer is random, and what chance leaves."""
    labels = {"method": name}
    found = similarity(evidence, positions, name, repeats)
    facts = [found.fact("similarity", labels, UNIT, "lower")]
    chance = chance_level(evidence, positions, name, repeats, permutations)
    if found.value is None or not chance.size:
        return facts
    floor, control = float(chance.mean()), float(np.percentile(chance, 95))
    why = "95 % of random relabellings of the features lie below"
    spread = found.interval and (found.interval[0] - control, found.interval[1] - control)
    above = Estimate(found.value - control, spread, found.n)
    facts += [
        Fact("control", control, UNIT, labels, n=found.n, reason=why),
        Fact("floor", floor, UNIT, labels, n=found.n, reason="mean of random relabellings"),
        above.fact("above_control", labels, UNIT, "lower"),
    ]
    original = evidence.local[name].values[positions]
    again = [one[name] for one in repeats if name in one]
    known = there(evidence, positions)
    size = mean_similarity(np.abs(original), np.abs(again), evidence.seed, known)
    facts.append(size.fact("magnitude_similarity", labels, UNIT))
    if len(again) > 1:
        alike = mean_similarity(np.abs(again[0]), np.abs(again[1:]), evidence.seed, known)
        facts.append(alike.fact("between_random", labels, UNIT))
    return facts


def chance_level(
    evidence: Evidence, positions: Array, name: str, repeats: Repeats, permutations: int
) -> Array:
    """``(permutations,)`` mean similarity to the randomised attributions under other names."""
    original, again = comparands(evidence, positions, name, repeats)
    rng = np.random.default_rng([evidence.seed, 504])
    nulls = [
        relabelled(original, values, permutations, rng, True, there(evidence, positions))
        for values in again
    ]
    usable = [null for null in nulls if null.size]
    return np.mean(usable, axis=0) if usable else np.empty(0)


def comparands(
    evidence: Evidence, positions: Array, name: str, repeats: Repeats
) -> tuple[Array, list[Array]]:
    """A method's attributions before and per random model; magnitudes where it has no sign."""
    own = evidence.local[name]
    original, again = own.values[positions], [one[name] for one in repeats if name in one]
    if own.signed:
        return original, again
    return np.abs(original), [np.abs(values) for values in again]


def similarity(evidence: Evidence, positions: Array, name: str, repeats: Repeats) -> Estimate:
    """Mean similarity of a method's attributions to those under each randomised model."""
    original, again = comparands(evidence, positions, name, repeats)
    if not again:
        return absent(FAILED)
    return mean_similarity(original, again, evidence.seed, there(evidence, positions))


def there(evidence: Evidence, positions: Array) -> There:
    """Which features these instances have; None where all have all."""
    return None if evidence.there is None else evidence.there[positions]


def mean_similarity(
    original: Array, again: Sequence[Array] | Array, seed: int, known: There = None
) -> Estimate:
    """Mean |Spearman correlation| of ``original`` ``(n, features)`` with each of ``again``,
    averaged per instance first: the instances, not the models, are resampled."""
    stacked = np.abs([rank_correlations(original, values, known) for values in again])
    defined = np.isfinite(stacked)
    count = defined.sum(axis=0)
    total = np.where(defined, stacked, 0.0).sum(axis=0)
    return mean(total / np.where(count, count, np.nan), seed, NO_ORDER)
