"""Faithfulness: deletion and insertion curves of each method against a random order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.evaluation.removals import places
from xaiframe.evaluation.statistics import Estimate, absent, mean
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.probe.coalitions import CoalitionBank

RANDOM = "random"
RANDOM_UNSIGNED = "random, by magnitude"
FLOOR = 0.1
FLAT = "the score of every instance equals the background's, so there is nothing to remove"


@dataclass(frozen=True)
class Chain:
    """Curves of one order: ``deletion`` and ``insertion`` ``(n, cuts)`` normalised scores at the
    ``share`` ``(cuts,)`` of features removed or inserted, ``full`` ``(n, 1)`` that of all."""

    share: Array
    deletion: Array
    insertion: Array
    full: Array

    @property
    def unsigned(self) -> Chain:
        """The same chain with 1 − |distance to the full score| in the place of the score."""
        deletion, insertion = (
            1 - np.abs(self.full - one) for one in (self.deletion, self.insertion)
        )
        return Chain(self.share, deletion, insertion, self.full)

    def area(self, kind: str) -> Array:
        """``(n,)`` trapezoid area under the curve of that kind."""
        return np.asarray(np.trapezoid(getattr(self, kind), self.share, axis=1))

    @property
    def advantage(self) -> Array:
        """``(n,)`` area under insertion minus area under deletion."""
        return self.area("insertion") - self.area("deletion")


@dataclass(frozen=True)
class Faithfulness:
    """Whether the features named first move the score first (Petsiuk et al. 2018, RISE).

    instances: most instances measured, spread evenly over the explained ones.
    points: most points of a curve, both ends included; more features than that move in groups.
    orders: random orders that make the control.

    Features are ordered by signed attribution, the most supporting first; ties at random. A
    method without a sign cannot say what supports: its features are ordered by magnitude, its
    curves count how near the score stays to the full one, whichever way it moves, and so does
    its control. Deletion removes them in that order, insertion adds them,
    absent meaning replaced by the declared background. Scores are (v(S) − v(∅)) ÷ |v(all) − v(∅)|
    per instance; the divisor is at least a tenth of its median (zeros aside), so that an instance
    with nothing to explain does not outweigh the others.
    """

    instances: int = 24
    points: int = 16
    orders: int = 5

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "instances * background * 2 * min(points, features + 1) * (methods + orders)"
    reference = "arXiv:1806.07421"

    def __post_init__(self) -> None:
        for name, least in (("instances", 2), ("points", 3), ("orders", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts deletion, insertion and gain_over_random per method; tables curves, instances.

        Raises NotApplicable when no local attribution was explained.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        positions = evenly(len(evidence.ids), self.instances)
        bank = evidence.coalitions(positions)
        there = evidence.present(positions)
        if np.allclose(bank.full, bank.empty, rtol=1e-6, atol=0):
            return Outcome(facts=[_gain(one, absent(FLAT)) for one in evidence.local])
        drawn = self._random(bank, there)
        controls = {RANDOM: average(drawn)}
        if not all(one.signed for one in evidence.local.values()):
            controls[RANDOM_UNSIGNED] = average([one.unsigned for one in drawn])
        outcome, curves, instances = Outcome(), [], []
        for name, control in controls.items():
            curves += curve_rows(name, name, control, evidence.seed)
            outcome.facts += area_facts(name, control, evidence.seed)
        for name, one in evidence.local.items():
            chain = self._chain(bank, ranks(one, positions, bank, there), there)
            chain = chain if one.signed else chain.unsigned
            against = RANDOM if one.signed else RANDOM_UNSIGNED
            gain = chain.advantage - controls[against].advantage
            outcome.facts += area_facts(name, chain, evidence.seed)
            outcome.facts.append(_gain(name, mean(gain, evidence.seed)))
            curves += curve_rows(name, against, chain, evidence.seed)
            instances.append(instance_rows(name, positions, chain, gain))
        outcome.tables = {
            "curves": pd.DataFrame(curves),
            "instances": pd.concat(instances, ignore_index=True),
        }
        return outcome

    def _random(self, bank: CoalitionBank, there: Array) -> list[Chain]:
        """The curves of ``orders`` random orders of each instance."""
        drawn = [
            bank.rng(position, "random order").random((self.orders, bank.features))
            for position in range(len(bank))
        ]
        order = np.where(there[:, None], np.stack(drawn), np.inf).argsort(axis=2).argsort(axis=2)
        return [self._chain(bank, order[:, number], there) for number in range(self.orders)]

    def _chain(self, bank: CoalitionBank, place: Array, there: Array) -> Chain:
        """Curves for features at ``place`` ``(n, features)`` in their order, 0 the first; an
        instance's curve goes over the features that are ``there``."""
        cuts = evenly(bank.features + 1, self.points)
        reached = np.round(cuts / bank.features * there.sum(axis=1, keepdims=True))
        first = place[:, None, :] < reached[:, :, None]
        values = bank.values(np.concatenate([~first, first], axis=1))
        size = np.abs(bank.full - bank.empty)
        size = np.maximum(size, FLOOR * np.median(size[size > 0]))
        normalised = (values - bank.empty[:, None]) / size[:, None]
        full = (bank.full - bank.empty)[:, None] / size[:, None]
        deletion, insertion = normalised[:, : len(cuts)], normalised[:, len(cuts) :]
        return Chain(cuts / bank.features, deletion, insertion, full)


def average(chains: Sequence[Chain]) -> Chain:
    """The mean curves of several orders."""
    return Chain(
        chains[0].share,
        np.mean([one.deletion for one in chains], axis=0),
        np.mean([one.insertion for one in chains], axis=0),
        chains[0].full,
    )


def ranks(one: Explained, positions: Array, bank: CoalitionBank, there: Array) -> Array:
    """``(n, features)`` place of each feature in the method's order, 0 = removed first; what is
    not there comes last."""
    values = one.values[positions] if one.signed else np.abs(one.values[positions])
    return places(bank, values, there)


def area_facts(method: str, chain: Chain, seed: int) -> list[Fact]:
    """Area under the deletion and insertion curve, of the method or of the random control."""
    unit, labels = "share of |score − expected score|", {"method": method}
    return [
        mean(chain.area("deletion"), seed).fact("deletion", labels, unit, "lower"),
        mean(chain.area("insertion"), seed).fact("insertion", labels, unit, "higher"),
    ]


def _gain(method: str, gain: Estimate) -> Fact:
    return gain.fact(
        "gain_over_random", {"method": method}, "share of |score − expected score|", "higher"
    )


def curve_rows(method: str, control: str, chain: Chain, seed: int) -> list[dict[str, object]]:
    """Mean score with its interval at each share of features, for the table ``curves``; the
    rows of ``control`` are what these are to be held against."""
    rows: list[dict[str, object]] = []
    for kind in ("deletion", "insertion"):
        for share, scores in zip(chain.share.tolist(), getattr(chain, kind).T, strict=True):
            score, low, high = mean(scores, seed).cells
            place = {"method": method, "control": control, "kind": kind, "share": share}
            rows.append(place | {"score": score, "low": low, "high": high, "n": len(scores)})
    return rows


def instance_rows(method: str, positions: Array, chain: Chain, gain: Array) -> pd.DataFrame:
    """Areas and gain per instance, for the table ``instances``."""
    return pd.DataFrame(
        {
            "position": positions,
            "method": method,
            "deletion": chain.area("deletion"),
            "insertion": chain.area("insertion"),
            "gain": gain,
        }
    )
