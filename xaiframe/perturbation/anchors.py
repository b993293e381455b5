"""Anchors: conditions that are enough for an answer, whatever else is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np

from xaiframe.data.face import Data
from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.rules import ALIKE, EMPTY, OTHER, REACHED, REFUTED, SHORT, Rules, Sheet
from xaiframe.probe.arms import bounds
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.demands import Columns, Rows
from xaiframe.probe.heldout import HeldOut
from xaiframe.probe.nearby import Nearby
from xaiframe.probe.rule_search import LOOKS, NOTHING, Limits, Search, Tried
from xaiframe.probe.scopes import Parts, Scope, Words, vocabularies

RESTS = ("fitting", "any")


@dataclass(frozen=True)
class Anchors(Method):
    """The shortest rule found under which the model's answer stays, however the rest is drawn.

    precision: share of answers that must stay, above 0.5. delta: chance that a rule is told
    although it holds less often.
    tolerance: of a quantity, how far an answer may be and counts as the same, in standard
    deviations of the training targets.
    rest: what a rule of a table leaves open. ``fitting``: half of the draws are training rows that
    meet it, half are recombined from two of these; ``any`` (the paper): that of any training row,
    into which values are put that meet the rule. Where columns vary together few rules hold for
    any; one that holds for fitting rows says where the answer is given, and need not name what
    makes the model give it.
    bins: parts of a column whose edges are its thresholds.
    most: conditions of a rule at most. beam: rules that are made longer at each length. spread:
    how much less precise than a rule left out one of these may be.
    check: draws, made after the search, that a precision is told from.
    max_evaluations: of one instance, at least four times ``check``.
    sample: training rows drawn from. held_out: test rows that a rule is held against.

    Ribeiro, Singh & Guestrin 2018 (doi:10.1609/aaai.v32i1.11491). Outside of tables each part or
    word that is not named gives way to the reference's background half of the time. Rules grow by
    one condition at a time (KL-LUCB: which are most precise; of a table's conditions those come in
    that most training rows bear out, at least 20 must meet a rule); the first length at which one
    holds ends it. Then conditions that it can do without are left out and thresholds moved away
    from the instance, where the paper has quartiles.

    The search's own share flatters what it chose, so precision and its bounds (KL, ``delta`` shared
    out over at most four rules) come from fresh draws. A rule whose precision is only a little
    above ``precision`` is not told from one below, and a longer one is sought. Coverage is that of
    test rows. Those that a table's or a message's rule speaks of are asked as they are, and a rule
    that they contradict is told so (upper bound, by ``delta``, below ``precision``); of pictures
    and series the kept parts are put into test rows.
    """

    precision: float = 0.95
    delta: float = 0.05
    tolerance: float = 0.5
    rest: Literal["fitting", "any"] = "fitting"
    bins: int = 20
    most: int = 6
    beam: int = 3
    spread: float = 0.1
    check: int = 1000
    max_evaluations: int = 10000
    sample: int = 1000
    held_out: int = 500

    direction = "perturbation"
    kind = "rules"
    own_reference = True
    stochastic = True
    cost = (
        "held_out + table * sample"
        " + instances * (1 + max_evaluations + (1 - table) * (1 - text) * held_out)"
    )
    reference = "doi:10.1609/aaai.v32i1.11491"

    def __post_init__(self) -> None:
        if not 0.5 < self.precision < 1:
            raise ValueError(f"precision must lie between 0.5 and 1, not be {self.precision}")
        if not 0 < self.delta < 1 or not 0 < self.spread < 1:
            raise ValueError("delta and spread must lie between 0 and 1")
        if self.tolerance <= 0:
            raise ValueError(f"tolerance must be above 0, not {self.tolerance}")
        if self.rest not in RESTS:
            raise ValueError(f"rest must be one of {', '.join(RESTS)}, not {self.rest}")
        if self.bins < 2 or min(self.most, self.beam, self.sample, self.held_out) < 1:
            raise ValueError(
                "bins must be at least 2; most, beam, sample and held_out must be at least 1"
            )
        needed = int(np.ceil(np.log(LOOKS / self.delta) / -np.log(self.precision)))
        if self.check < needed:
            raise ValueError(
                f"check: {self.check} draws cannot prove a precision of {self.precision}; "
                f"set it to at least {needed}"
            )
        if self.max_evaluations < 4 * self.check:
            raise ValueError(f"max_evaluations must be at least 4 * check = {4 * self.check}")

    def explain(self, bank: CoalitionBank) -> Rules:
        """A rule of each instance.

        Raises NotApplicable where a table's feature has several numbers (a window's columns), and
        where all training targets of a quantity are alike.
        """
        before, data = bank.scorer.evaluations, bank.data
        gap = self._gap(data)
        outputs = bank.scorer.outputs(bank.x)
        same = [Same(now, gap) for now in outputs]
        scopes = self._scopes(bank, same)
        held = HeldOut.of(bank.scorer, data, self.held_out)
        sheet, met = Sheet(), np.zeros((len(bank), len(held.x)), dtype=np.int8)
        for position, (alike, scope) in enumerate(zip(same, scopes, strict=True)):
            start = bank.scorer.evaluations
            one = self._search(bank, position, scope, alike).found()
            spent = bank.scorer.evaluations - start
            met[position] = self._met(bank, position, scope, one, held, alike)
            state = self._state(one, met[position], scope.real)
            sheet.add(
                int(bank.ids[position]), state, alike.named(data),
                [(data.features[f], *told) for f, told in scope.said(one.rule)],
                score=float(alike.now[alike.output]), precision=one.precision, low=one.low,
                high=one.high, draws=one.draws, searched=one.searched,
                evaluations=spent,
                **_told(met[position], held.others(bank.x[position]), scope.real),
            )  # fmt: skip
        rules, conditions = sheet.frames()
        return Rules(
            rules=rules, conditions=conditions, met=met, required=self.precision,
            confidence=1 - self.delta, tolerance=gap, modality=bank.modality, n=len(bank),
            evaluations=bank.scorer.evaluations - before,
        )  # fmt: skip

    def _gap(self, data: Data) -> float:
        """How far a quantity may be from another; 0 for classes."""
        if data.task == "classification":
            return 0.0
        gap = self.tolerance * float(np.std(data.train.y.astype(np.float64)))
        if gap == 0:
            raise NotApplicable("all training targets are alike: no tolerance can be told")
        return gap

    def _scopes(self, bank: CoalitionBank, same: Sequence[Same]) -> list[Scope]:
        """What may be demanded of each instance."""
        places = range(len(bank))
        if bank.modality == "table":
            nearby = Nearby.of(bank.scorer, bank.data, self.sample)
            columns = Columns.of(nearby, self.bins, self.rest == "fitting")
            own = bank.data.encoding.values(bank.x)
            return [Rows(columns, own[k], same[k](columns.outputs)) for k in places]
        if bank.modality == "text":
            key = ("vocabularies", self.sample)
            if key not in bank.scorer.kept:
                train = bank.data.train
                messages = train.x[evenly(len(train), self.sample)]
                bank.scorer.kept[key] = vocabularies(bank.data, messages)
            return [Words(bank, one, bank.scorer.kept[key]) for one in places]
        return [Parts(bank, one) for one in places]

    def _search(self, bank: CoalitionBank, position: int, scope: Scope, same: Same) -> Search:
        limits = Limits(
            self.precision, self.delta, self.most, self.beam, self.spread, self.check,
            self.max_evaluations,
        )  # fmt: skip
        return Search(
            scope, lambda x: same(bank.scorer.outputs(x)), limits, bank.rng(position, "anchors"),
            bank.rng(position, "anchors afresh"), bank.scorer.max_batch,
        )  # fmt: skip

    def _met(
        self, bank: CoalitionBank, position: int, scope: Scope, one: Tried, held: HeldOut,
        same: Same,
    ) -> Array:  # fmt: skip
        """``(held,)`` int8: of which held-out rows the rule speaks, and their answers."""
        spoken, asked = scope.meets(one.rule, held.x)
        known = scope.real or not len(asked)
        outputs = held.outputs[spoken] if known else bank.scorer.outputs(asked)
        found = np.zeros(len(held.x), dtype=np.int8)
        found[spoken] = np.where(same(outputs), ALIKE, OTHER)
        return np.where(held.others(bank.x[position]), found, np.int8(0))

    def _state(self, one: Tried, met: Array, real: bool) -> str:
        if one.low < self.precision:
            return SHORT
        rows, alike = (met > 0).sum(), (met == ALIKE).sum()
        _, (high,) = bounds(np.array([alike]), np.array([rows]), log(1 / self.delta))
        if real and high < self.precision:
            return REFUTED
        return EMPTY if one.rule == NOTHING else REACHED


@dataclass(frozen=True)
class Same:
    """Whether answers are that of one instance, ``now`` ``(outputs,)``: the same class, or, where
    ``gap`` is above 0, a quantity no farther away."""

    now: Array
    gap: float

    @property
    def output(self) -> int:
        return int(self.now.argmax())

    def __call__(self, outputs: Array) -> Array:
        """``(n,)`` bool of ``(n, outputs)`` scores."""
        if self.gap:
            return np.asarray(np.abs(outputs[:, 0] - self.now[0]) <= self.gap)
        return np.asarray(outputs.argmax(axis=1) == self.output)

    def named(self, data: Data) -> str:
        """The class; empty for a quantity."""
        return "" if self.gap else data.classes[self.output]


def _told(met: Array, others: Array, real: bool) -> dict[str, float]:
    """What held-out rows say of a rule; the instance itself is none of them."""
    rows, n = int((met > 0).sum()), int(others.sum())
    return {
        "coverage": rows / n if real and n else np.nan,
        "rows": float(rows),
        "alike": float((met == ALIKE).sum() / rows) if rows else np.nan,
    }
