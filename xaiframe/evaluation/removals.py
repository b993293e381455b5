"""Random sets of features taken away: what the score loses, against what was attributed to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.evaluation.statistics import Estimate
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better
from xaiframe.probe.coalitions import CoalitionBank


@dataclass(frozen=True)
class Removals:
    """positions ``(n,)`` the instances, gone ``(n, draws, features)`` bool what is taken away,
    lost ``(n, draws)`` the score's loss: score(x) − v(all but gone), absent features replaced by
    the declared background."""

    positions: Array
    gone: Array
    lost: Array

    def attributed(self, one: Explained) -> Array:
        """``(n, draws)`` the sum of a method's attributions over what is taken away."""
        return np.einsum("ndf,nf->nd", self.gone, one.values[self.positions])

    def relabelled(self, one: Explained, seed: int) -> Array:
        """:meth:`attributed` with each instance's features renamed at random: the control."""
        rng = np.random.default_rng([seed, 611])
        values = one.values[self.positions]
        renamed = values.copy()
        for row, sets in enumerate(self.gone):
            has = np.flatnonzero(sets.any(axis=0))
            renamed[row, has] = values[row, rng.permutation(has)]
        return np.einsum("ndf,nf->nd", self.gone, renamed)


def removals(evidence: Evidence, instances: int, draws: int) -> Removals:
    """``draws`` sets per instance, of sizes drawn evenly from 1 to all but one of the features that
    it has, so that small and large sets count alike. Measures that ask alike share the answers.

    Raises NotApplicable when nothing was explained, or no instance has two features.
    """
    key = ("removals", instances, draws)
    if key not in evidence.kept:
        evidence.kept[key] = _asked(evidence, instances, draws)
    found: Removals = evidence.kept[key]
    return found


def _asked(evidence: Evidence, instances: int, draws: int) -> Removals:
    if not evidence.local:
        raise NotApplicable("no local attribution was explained")
    positions = evenly(len(evidence.ids), instances)
    there = evidence.present(positions)
    able = there.sum(axis=1) > 1
    if not able.any():
        raise NotApplicable("no instance has two features, so none can be taken from the other")
    positions, there = positions[able], there[able]
    bank = evidence.coalitions(positions)
    gone = np.zeros((len(bank), draws, bank.features), dtype=bool)
    for row in range(len(bank)):
        rng, has = bank.rng(row, "removals"), np.flatnonzero(there[row])
        sizes = rng.integers(1, len(has), draws)
        order = rng.random((draws, len(has))).argsort(axis=1)
        gone[row][:, has] = order < sizes[:, None]
    return Removals(positions, gone, bank.full[:, None] - bank.values(~gone))


def foretold(
    evidence: Evidence,
    size: tuple[int, int],
    name: str,
    estimate: Callable[[Array, Array], Estimate],
    unit: str,
    better: Better,
) -> Outcome:
    """Fact ``name`` per method with a sign: ``estimate`` of what its attributions foretell and of
    what is lost, both ``(n, draws)``; and ``control``, that of the same under other names.

    ``size``: instances and draws. Raises NotApplicable as :func:`signed` and :func:`removals` do.
    """
    able, outcome = signed(evidence), Outcome()
    asked = removals(evidence, *size)
    for one in able:
        sides = {name: asked.attributed(one), "control": asked.relabelled(one, evidence.seed)}
        outcome.facts += [
            estimate(told, asked.lost).fact(fact, {"method": one.method}, unit, better)
            for fact, told in sides.items()
        ]
    return outcome


def signed(evidence: Evidence) -> list[Explained]:
    """The methods whose sign says for or against; raises NotApplicable when there are none."""
    able = [one for one in evidence.local.values() if one.signed]
    if not able:
        raise NotApplicable("no explained method has a sign for or against")
    return able


def places(bank: CoalitionBank, values: Array, there: Array) -> Array:
    """``(n, features)`` place of each feature by falling ``values``, 0 the first, ties at random;
    what is not ``there`` comes last."""
    ties = np.stack([bank.rng(i, "ties").random(bank.features) for i in range(len(bank))])
    order = np.lexsort((ties, -values, ~there), axis=1)
    return np.asarray(np.argsort(order, axis=1))
