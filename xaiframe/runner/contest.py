"""What several settings of the explanation say of the same instances, measure by measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from xaiframe.data.face import Data
from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.evaluation.faithfulness import Faithfulness
from xaiframe.evaluation.infidelity import Infidelity, errors
from xaiframe.evaluation.perturbation_gap import PerturbationGap, gaps
from xaiframe.evaluation.removals import removals
from xaiframe.evaluation.stability import distance
from xaiframe.explanation import Array
from xaiframe.facts import Better
from xaiframe.runner.again import attribute
from xaiframe.runner.gather import gather
from xaiframe.runner.subject import Subject
from xaiframe.runner.yardstick import on_cells, retold

Values = Mapping[str, Mapping[str, Array]]
"""Contestant → method → ``(n,)``, one number per instance; NaN where it is undefined."""


@dataclass(frozen=True)
class Measured:
    """One measure of every contestant and method that it applies to.

    below: ``(n,)`` what the mean of the values is a share of, None where it is none. family: the
    beginnings of the names of objectives that seek this measure, or nearly this one. decides:
    whether it may decide; what an explanation costs says nothing of its worth.
    """

    name: str
    unit: str
    better: Better
    values: Values
    family: tuple[str, ...]
    below: Array | None = None
    decides: bool = True


@dataclass(frozen=True)
class Contestant:
    """One setting on the instances: what it says, and asks of the model, method by method.

    evidence: of its own explanations, in cells where settings differ in their features. again: the
    methods that draw at random, asked under another seed, ``(n, features)``.
    """

    evidence: Evidence
    spent: Mapping[str, int]
    again: Mapping[str, Array]

    @classmethod
    def of(cls, subject: Subject, names: Sequence[str], cells: Data | None) -> Contestant:
        """What these methods say of the subject's instances; one that raises is missing."""
        spent, seed = dict[str, int](), subject.recipe.seed
        local = attribute(subject, names, spent=spent)
        own = gather(subject, local, {})
        random = [name for name, one in local.items() if one.stochastic]
        second = attribute(subject, random, seed=seed + 1) if random else {}
        if cells is not None:
            mask = own.data.feature_mask if own.mask is None else own.mask
            second = {name: retold(one, mask, cells) for name, one in second.items()}
            own = on_cells(own, cells)
        return cls(own, spent, {name: one.values for name, one in second.items()})


@dataclass(frozen=True)
class Contest:
    """Contestants by name, on the same instances, under one reference.

    yardstick: evidence without explanations, whose reference and features the measures take away;
    evaluations: the recipe's own measures by name, whose settings they are taken with.
    """

    contestants: Mapping[str, Contestant]
    yardstick: Evidence
    evaluations: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def methods(self) -> list[str]:
        """The methods that all contestants explained with."""
        first, *others = self.contestants.values()
        return [
            name
            for name in first.evidence.local
            if all(name in one.evidence.local for one in others)
        ]

    @cached_property
    def together(self) -> Evidence:
        """All explanations of all contestants, so that every measure asks the model the same."""
        local = {
            f"{who}: {name}": self.said(who, name)
            for who in self.contestants
            for name in self.methods
        }
        return replace(self.yardstick, local=local)

    def said(self, who: str, method: str) -> Explained:
        return self.contestants[who].evidence.local[method]

    def measured(self) -> Iterator[Measured]:
        """Every measure that applies to some method; those first that rather decide."""
        measures = (infidelity, gap, gain, residual, sensitivity, reseeding, cost)
        found = chain.from_iterable(measure(self) for measure in measures)
        return (one for one in found if any(one.values.values()))

    def each(self, of: Callable[[str, str], Array], methods: Sequence[str]) -> Values:
        """``of(contestant, method)`` for all contestants and these methods."""
        return {who: {name: of(who, name) for name in methods} for who in self.contestants}


def infidelity(contest: Contest) -> Iterator[Measured]:
    """:class:`Infidelity`: squared error of what attributions foretell, of methods with a sign."""
    able = [name for name in contest.methods if all(
        contest.said(who, name).signed for who in contest.contestants
    )]  # fmt: skip
    evidence, node = contest.together, contest.evaluations.get("infidelity") or Infidelity()
    try:
        asked = removals(evidence, len(evidence.ids), node.draws)
    except NotApplicable:
        return
    lost, n = (asked.lost**2).mean(axis=1), len(evidence.ids)
    if not able or not lost.mean() > 0:
        return

    def of(who: str, name: str) -> Array:
        found, _ = errors(asked.attributed(contest.said(who, name)), asked.lost)
        return whole(found, asked.positions, n)

    family = ("evaluation.infidelity.", "evaluation.faithfulness_correlation.")
    yield Measured(
        "infidelity", "share of mean loss²", "lower", contest.each(of, able), family,
        whole(lost, asked.positions, n),
    )  # fmt: skip


def whole(values: Array, positions: Array, n: int) -> Array:
    """``(n,)`` with ``values`` at these positions and NaN elsewhere."""
    found = np.full(n, np.nan)
    found[positions] = values
    return found


def gap(contest: Contest) -> Iterator[Measured]:
    """:class:`PerturbationGap`: PGI − PGU, of all methods; a random order's would fall out."""
    evidence = contest.together
    if len(evidence.data.features) < 2:
        return
    node = contest.evaluations.get("perturbation_gap") or PerturbationGap()
    positions = np.arange(len(evidence.ids))
    bank, there = evidence.coalitions(positions), evidence.present(positions)

    def of(who: str, name: str) -> Array:
        important, others = gaps(bank, np.abs(contest.said(who, name).values), there, node.top)
        return important - others

    values = contest.each(of, contest.methods)
    yield Measured("gap", "score", "higher", values, ("evaluation.perturbation_gap.",))


def gain(contest: Contest) -> Iterator[Measured]:
    """:class:`Faithfulness`: insertion − deletion over a random order, of all methods."""
    node = contest.evaluations.get("faithfulness") or Faithfulness()
    found = replace(node, instances=len(contest.together.ids))(contest.together)
    table = found.tables.get("instances")
    if table is None:
        return
    told = {name: part["gain"].to_numpy() for name, part in table.groupby("method")}
    values = contest.each(lambda who, name: told[f"{who}: {name}"], contest.methods)
    unit = "share of |score − expected score|"
    yield Measured("gain_over_random", unit, "higher", values, ("evaluation.faithfulness.",))


def residual(contest: Contest) -> Iterator[Measured]:
    """:class:`Completeness`: what is missing in sums that claim to be the score, of methods that
    make the claim."""
    able = [name for name in contest.methods if all(
        contest.said(who, name).additive and contest.said(who, name).base is not None
        for who in contest.contestants
    )]  # fmt: skip

    def of(who: str, name: str) -> Array:
        one = contest.said(who, name)
        due = contest.yardstick.scores - one.base
        size = np.abs(due).mean()
        off = np.abs(one.values.sum(axis=1) - due)
        return np.asarray(off / size if size > 0 else np.full(len(due), np.nan))

    values = contest.each(of, able)
    unit, family = "share of |score − base|", ("evaluation.completeness.",)
    yield Measured("residual", unit, "lower", values, family)


def sensitivity(contest: Contest) -> Iterator[Measured]:
    """:class:`Stability`: how far explanations move with the input, where the recipe asks it."""
    node, n = contest.evaluations.get("stability"), len(contest.yardstick.ids)
    if node is None:
        return
    positions = evenly(n, node.instances)
    try:
        copies = node.copies(contest.yardstick, positions)
    except NotApplicable:
        return
    moved = {
        who: [one.evidence.reexplain(one.evidence.model, copy, contest.methods) for copy in copies]
        for who, one in contest.contestants.items()
    }

    def of(who: str, name: str) -> Array:
        own = contest.said(who, name).values[positions]
        again = [answer[name] for answer in moved[who] if name in answer]
        apart = np.max([distance(own, one) for one in again], axis=0) if again else np.nan
        return whole(np.broadcast_to(apart, len(positions)), positions, n)

    unit = "share of the attribution's length"
    family = ("evaluation.stability.max_sensitivity", "evaluation.stability.rank_correlation")
    values = contest.each(of, contest.methods)
    yield Measured("max_sensitivity", unit, "lower", values, family)


def reseeding(contest: Contest) -> Iterator[Measured]:
    """How far explanations move with the seed, of methods that draw at random."""
    able = [
        name
        for name in contest.methods
        if all(name in one.again for one in contest.contestants.values())
    ]

    def of(who: str, name: str) -> Array:
        return distance(contest.said(who, name).values, contest.contestants[who].again[name])

    unit = "share of the attribution's length"
    values = contest.each(of, able)
    yield Measured("reseeding", unit, "lower", values, ("evaluation.stability.reseeding",))


def cost(contest: Contest) -> Iterator[Measured]:
    """Rows sent through the model per instance."""
    n = len(contest.yardstick.ids)
    values = contest.each(
        lambda who, name: np.full(n, contest.contestants[who].spent[name] / n), contest.methods
    )
    yield Measured(
        "cost", "rows per instance", "lower", values, ("explanation.cost.",), decides=False
    )
