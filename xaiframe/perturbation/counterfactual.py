"""Counterfactuals: the few changes that would have brought about another decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.counterfactuals import ALREADY, NONE, TYPICAL, Counterfactuals, Sheet, unlike
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.movable import held
from xaiframe.probe.nearby import Nearby, distances
from xaiframe.probe.setting import numbers
from xaiframe.probe.swaps import (
    OWN,
    Cells,
    Lead,
    Parts,
    Swaps,
    ladder,
    nearest,
    searched,
)
from xaiframe.probe.wanted import Wanted, check

UNORDERED = ("categorical", "boolean")
ALIKE = 0.5
"""Two alternatives whose sets of features have more than this in common count as one."""


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


@dataclass
class Alternative:
    """One altered input ``x`` ``input_shape`` and what the model answers to it.

    changes: feature → before, after and size of its change. effort: what it is chosen by.
    """

    x: Array
    outputs: Array
    changes: dict[int, tuple[float, float, float]]
    distance: float
    apart: float
    usual: float
    limit: float
    effort: float


class Search:
    """What tables and everything else share: alternatives of one instance, the smallest first."""

    unit = ""

    def __init__(
        self, method: Counterfactual, bank: CoalitionBank, nearby: Nearby, wanted: Wanted,
        free: Array,
    ) -> None:  # fmt: skip
        self.method, self.bank, self.nearby, self.wanted = method, bank, nearby, wanted
        self.free = free

    def found(
        self, position: int, lead: Lead, pool: Array
    ) -> Iterator[tuple[Array, dict[int, tuple[float, float, float]], float]]:
        """Altered inputs, their changes and distances; ``pool``: training rows answered as
        wanted, nearest first, as positions of ``nearby``."""
        raise NotImplementedError

    def chosen(self, position: int, now: Array) -> list[Alternative]:
        """At most ``alternatives`` of those found, each unlike those before it."""

        def lead(x: Array) -> Array:
            return self.wanted.lead(self.bank.scorer.outputs(x), now)

        among = self.wanted.lead(self.nearby.outputs, now) > 0
        pool = self.nearby.order(self.bank.x[position], among)[: self.method.neighbours]
        found = list(self.found(position, lead, pool))
        if not found:
            return []
        outputs = self.bank.scorer.outputs(np.stack([x for x, _, _ in found]))
        judged = [
            self._judged(*one, answer, now) for one, answer in zip(found, outputs, strict=True)
        ]
        kept: list[Alternative] = []
        for one in sorted(judged, key=lambda one: (one.effort, len(one.changes))):
            apart = [unlike({*map(str, one.changes)}, {*map(str, k.changes)}) for k in kept]
            if min(apart, default=1.0) >= 1 - ALIKE and len(kept) < self.method.alternatives:
                kept.append(one)
        return kept

    def _judged(
        self, x: Array, changes: dict[int, tuple[float, float, float]], distance: float,
        outputs: Array, now: Array,
    ) -> Alternative:  # fmt: skip
        nearby, y = self.nearby, self.nearby.rows.y
        apart = float(nearby.apart(x[None], self.wanted.fits(y, outputs, now))[0])
        usual = nearby.usual(int(outputs.argmax()) if self.wanted.classes else None)
        middle, limit = np.quantile(usual, [0.5, TYPICAL]) if len(usual) else (np.nan, np.nan)
        effort = distance + self.method.sparsity * len(changes)
        if limit > 0 and np.isfinite(apart):
            effort += self.method.plausibility * max(0.0, apart / limit - 1)
        return Alternative(
            x, outputs, changes, distance, apart, float(middle), float(limit), effort
        )


class Columns(Search):
    """Changes of a table's cells; distances are sums of median absolute deviations."""

    unit = "median absolute deviations"

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        data = self.bank.data
        self.known = numbers(data.encoding, self.nearby.rows.x, self.bank.features)
        self.own = numbers(data.encoding, self.bank.x, self.bank.features)
        kinds = data.encoding.kinds
        self.ordered = np.array(
            [kinds.get(name, "numeric") not in UNORDERED for name in data.features]
        )
        self.scale = np.array([deviation(column) for column in self.known.T])
        self.ladders = [ladder(column, self.method.steps**2) for column in self.known.T]

    def found(
        self, position: int, lead: Lead, pool: Array
    ) -> Iterator[tuple[Array, dict[int, tuple[float, float, float]], float]]:
        """Single columns, then several with the values of ``pool``, each moved back."""
        own, encoding = self.own[position], self.bank.data.encoding

        def told(values: Array) -> Array:
            return lead(encoding.elements(values))

        several = self._several(own, lead, pool)
        rows = [*self._singles(own, told), *self._moved_back(own, several, told)]
        distinct = {row.tobytes(): row for row in rows}
        for row in distinct.values():
            moved = ~((row == own) | (np.isnan(row) & np.isnan(own)))
            changes = {
                int(f): (float(own[f]), float(row[f]), self._size(own[f], row[f], int(f)))
                for f in np.flatnonzero(moved)
            }
            distance = sum(size for _, _, size in changes.values())
            yield encoding.elements(row[None])[0], changes, distance

    def _size(self, before: float, after: float, feature: int) -> float:
        """In deviations; 1 for another level, or where the value was missing."""
        if not self.ordered[feature] or np.isnan(before):
            return 1.0
        return float(abs(after - before) / self.scale[feature])

    def _singles(self, own: Array, told: Lead) -> Array:
        """``(k, features)``: rows in which one column alone is changed, on each side of its own
        value as little as does it; every level that does it."""
        feature: list[int] = []
        rungs: list[Array] = []
        for f in np.flatnonzero(self.free):
            steps = self.ladders[f]
            if self.ordered[f] and not np.isnan(own[f]):
                ways = [steps[steps > own[f]], steps[steps < own[f]][::-1]]
            else:
                ways = [np.array([one]) for one in ladder(steps, 2 * self.method.steps)]
                ways = [one for one in ways if one[0] != own[f]]
            feature += [int(f)] * len(ways)
            rungs += ways
        owners = np.array(feature, dtype=int)
        rows = np.repeat(own[None], len(owners), axis=0)
        turned = nearest(rows, owners, rungs, told, self.method.steps)
        rows[np.arange(len(rows)), owners] = turned
        return rows[~np.isnan(turned)]

    def _several(self, own: Array, lead: Lead, pool: Array) -> Array:
        """``(k, features)``: rows in which columns take the values of training rows."""
        options = self.known[pool]
        open_ = (~np.isnan(options) & (options != own) & self.free).T
        cells = Cells(open_, False, own, options, self.bank.data.encoding)
        found = searched(cells, lead, self.method.alternatives, self.method.most)
        return cells.values(found) if len(found) else np.empty((0, len(own)))

    def _moved_back(self, own: Array, rows: Array, told: Lead) -> Array:
        """The rows with each changed number, the farthest first, as near to its own as does it."""
        moved = np.where(self.ordered & self.free, np.abs(rows - own) / self.scale, 0.0)
        moved = np.nan_to_num(moved)
        order = np.argsort(-moved, axis=1, kind="stable")
        rows = rows.copy()
        for turn in range(int((moved > 0).sum(axis=1).max(initial=0))):
            at = np.flatnonzero(moved[np.arange(len(rows)), order[:, turn]] > 0)
            feature = order[at, turn]
            rungs = [
                self._inside(own[f], rows[k, f], int(f))
                for k, f in zip(at.tolist(), feature.tolist(), strict=True)
            ]
            back = nearest(rows[at], feature, rungs, told, self.method.steps)
            better = ~np.isnan(back)
            rows[at[better], feature[better]] = back[better]
        return rows

    def _inside(self, own: float, now: float, feature: int) -> Array:
        """Training values between two, from the first on."""
        steps = self.ladders[feature]
        inside = steps[(steps > min(own, now)) & (steps < max(own, now))]
        return inside if now > own else inside[::-1]


class Regions(Search):
    """Parts of pictures and series taken from elsewhere, words left out."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.unit = "share of the words" if self.bank.modality == "text" else "sd"

    def found(
        self, position: int, lead: Lead, pool: Array
    ) -> Iterator[tuple[Array, dict[int, tuple[float, float, float]], float]]:
        bank = self.bank
        x = bank.x[position]
        mask = bank.feature_mask[position] if bank.own_features else bank.feature_mask
        swaps = self._swaps(x, mask, pool)
        choices = searched(swaps, lead, self.method.alternatives, self.method.most)
        for altered, choice in zip(swaps.inputs(choices), choices, strict=True):
            far = float(distances(altered[None], x[None], bank.data)[0, 0])
            changed = np.flatnonzero(choice != OWN).tolist()
            if bank.modality == "text":
                far = len(changed) / int((x != 0).sum())
            yield altered, {f: (np.nan, np.nan, 1.0) for f in changed}, far

    def _swaps(self, x: Array, mask: Array, pool: Array) -> Swaps:
        donors = np.zeros((1, *x.shape), dtype=np.float32)
        if self.bank.modality != "text":
            donors = np.concatenate(
                [self.nearby.rows.x[pool], self.bank.reference.baseline[None]]
            ).astype(np.float32)
        flat = mask.reshape(-1)
        open_ = np.stack(
            [np.bincount(flat, (one != x).reshape(-1), self.bank.features) > 0 for one in donors],
            axis=1,
        )
        return Parts(open_ & self.free[:, None], True, x, donors, mask)


def deviation(values: Array) -> float:
    """Median absolute deviation of the values that are there; their standard deviation where that
    is 0, and 1 where they are all alike."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 1.0
    spread = float(np.median(np.abs(known - np.median(known))))
    return spread or float(known.std()) or 1.0
