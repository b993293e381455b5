"""Counterfactuals: the few changes that would have brought about another decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.counterfactuals import ALREADY, NONE, Counterfactuals, Sheet
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.exchanged import Regions
from xaiframe.probe.movable import held
from xaiframe.probe.moved import Columns
from xaiframe.probe.nearby import Nearby
from xaiframe.probe.wanted import Wanted, check


@dataclass(frozen=True)
class Counterfactual(Method):
    """Up to ``alternatives`` smallest changes of an instance that turn its decision.

    alternatives: sets of changes per instance that have at most half of their features in common.
    into: the class that should be predicted, empty for any other than now.
    move, between: of a quantity, by how much it should differ (standard deviations of the training
    targets), or in which interval it should lie.
    fixed: features that stay as they are, beside those that strategy.sensitive names.
    most: features changed at most. neighbours: training rows answered as wanted, the nearest,
    whose values are tried together. steps: values tried at once along a column.
    sparsity: how many deviations of change one feature less is worth. plausibility: how many it is
    worth not to lie twice as far from training rows as 95 % of them from each other.
    sample: training rows that are looked at.

    Of a table, each column alone is moved through training values (Wachter, Mittelstadt & Russell
    2017, doi:10.2139/ssrn.3063289: the fewest columns, by their median absolute deviation), and
    several take the values of the nearest rows answered as wanted, of nearest unlike neighbours
    (Keane & Smyth 2020, arXiv:2005.13997); what can be taken back is taken back, and what is left
    is moved back as far as the decision bears. All values are values of training rows, levels are
    levels. Of pictures and series, parts are taken from such rows or from the reference's mean; of
    messages words are left out, as SEDC does (Martens & Provost 2014,
    doi:10.25300/MISQ/2014/38.1.04). Diverse alternatives: Mothilal, Sharma & Tan 2020
    (arXiv:1905.07697). The search is greedy where more than one feature must change: fewer may do.
    A change of the input that turns the model need not turn the world.
    """

    alternatives: int = 3
    into: str = ""
    move: float = 1.0
    between: Sequence[float] = field(default=())
    fixed: Sequence[str] = field(default=())
    most: int = 12
    neighbours: int = 5
    steps: int = 16
    sparsity: float = 1.0
    plausibility: float = 1.0
    sample: int = 1000

    direction = "perturbation"
    kind = "counterfactuals"
    own_reference = True
    cost = (
        "min(sample, train) + instances * (1 + alternatives + alternatives * most * most / 2"
        " + features * (neighbours + 1 - text * neighbours) * (1 + alternatives * (most - 1))"
        " + table * (6 * features * steps + 2 * alternatives * most * steps))"
    )
    reference = "doi:10.2139/ssrn.3063289; doi:10.25300/MISQ/2014/38.1.04; arXiv:1905.07697"

    def __post_init__(self) -> None:
        counts = self.alternatives, self.most, self.neighbours, self.sample
        if min(counts) < 1 or self.steps < 2:
            raise ValueError(
                "alternatives, most, neighbours and sample must be at least 1, steps at least 2"
            )
        if self.sparsity < 0 or self.plausibility < 0:
            raise ValueError("sparsity and plausibility must be at least 0")
        check(self.move, self.between)

    def explain(self, bank: CoalitionBank) -> Counterfactuals:
        """The alternatives of each instance, the smallest change first.

        Raises NotApplicable where no feature is called as ``fixed`` says, where there is no class
        ``into``, and where a table's feature has several numbers (a window's columns).
        """
        before, data = bank.scorer.evaluations, bank.data
        wanted = Wanted.of(data, self.into, self.move, self.between)
        free, fixed = movable(bank, self.fixed)
        now = bank.scorer.outputs(bank.x)
        nearby = Nearby.of(bank.scorer, data, self.sample)
        table = bank.modality == "table"
        search = (Columns if table else Regions)(self, bank, nearby, wanted, free)
        sheet, after = Sheet(), empty(bank, self.alternatives)
        for position, outputs in enumerate(now):
            name, target = wanted.named(outputs), int(bank.targets[position])
            identity, score = int(bank.ids[position]), float(outputs[target])
            if wanted.already(outputs):
                sheet.without(identity, ALREADY, name, score)
                continue
            chosen = list(search.chosen(position, outputs))
            if not chosen:
                sheet.without(identity, NONE, name, score)
            for rank, one in enumerate(chosen):
                sheet.found(
                    identity, rank + 1, (name, wanted.named(one.outputs)),
                    (score, float(one.outputs[target])),
                    [(data.features[f], *one.changes[f]) for f in sorted(one.changes)],
                    one.distance, apart=one.apart, usual=one.usual, limit=one.limit,
                )  # fmt: skip
                if after.ndim > 2:
                    after[position, rank] = one.x
        rows, changes = sheet.frames()
        return Counterfactuals(
            counterfactuals=rows, changes=changes, after=after, unit=search.unit,
            wanted=wanted.said, fixed="\n".join(fixed), table=table, n=len(bank),
            evaluations=bank.scorer.evaluations - before,
        )  # fmt: skip


def movable(bank: CoalitionBank, fixed: Sequence[str]) -> tuple[Array, list[str]]:
    """``(features,)`` bool: which may change; and the names of the others."""
    still = held(bank.data, fixed)
    if still.all():
        raise NotApplicable("every feature is fixed: nothing may change")
    return ~still, list(compress(bank.data.features, still))


def empty(bank: CoalitionBank, alternatives: int) -> Array:
    """Room for the altered pictures or series of the batch."""
    if bank.modality in ("table", "text"):
        return np.empty((len(bank), 0), dtype=np.float32)
    return np.full((len(bank), alternatives, *bank.x.shape[1:]), np.nan, dtype=np.float32)
