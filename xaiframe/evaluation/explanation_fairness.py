"""Is one group explained worse than another? Agreement and faithfulness by group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.groups.grouping import Grouping, groupings
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.faithfulness_correlation import correlations
from xaiframe.evaluation.removals import Removals, removals, signed
from xaiframe.evaluation.statistics import mean, rank_correlations
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact

UNITS = {"agreement": "rank correlation", "faithfulness": "correlation"}


@dataclass(frozen=True)
class ExplanationFairness:
    """Mean quality of the explanations per group of ``strategy.sensitive``, and the largest gap.

    smallest: a group of fewer explained instances is not compared. draws: sets of features removed
    per instance for faithfulness. permutations: random assignments of instances to groups that
    tell what chance does to a gap.

    ``agreement`` is the mean rank correlation of the comparable P–G pairs on an instance,
    ``faithfulness`` the correlation of attribution and loss of the score over random sets of
    features, the mean over signed methods. Dai et al. 2022 (arXiv:2205.07277) and Balagopalan et
    al. 2022 (arXiv:2205.03295) measure such gaps. A gap is that between the groups with the
    lowest and the highest mean.
    """

    smallest: int = 10
    draws: int = 30
    permutations: int = 1000

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    needs = ("sensitive",)
    cost = "instances * background * (draws + 1)"
    reference = "arXiv:2205.07277"

    def __post_init__(self) -> None:
        if self.smallest < 2 or self.draws < 3 or self.permutations < 100:
            raise ValueError("smallest starts at 2, draws at 3, permutations at 100")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts agreement and faithfulness per group, and their gaps with the chance level.

        Raises NotApplicable when nothing was explained, or too few instances of two groups were.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        quality = dict(self._quality(evidence))
        facts: list[Fact] = []
        for grouping in self._groupings(evidence):
            among = np.flatnonzero(grouping.sizes >= self.smallest)
            if len(among) > 1:
                for name, values in quality.items():
                    facts += self._facts(name, values, grouping, among, evidence.seed)
        if not facts:
            raise NotApplicable(
                f"no two groups have {self.smallest} explained instances each; raise "
                "explain.instances"
            )
        return Outcome(facts)

    def _groupings(self, evidence: Evidence) -> list[Grouping]:
        """The groups of each sensitive column, not of pairs: those are too small."""
        test = evidence.data.test
        place = pd.Series(np.arange(len(test)), index=test.ids).reindex(evidence.ids).to_numpy()
        columns = {}
        for name in evidence.strategy.sensitive:
            column = test.column(name)
            if column is None:
                raise NotApplicable(f"the data have no column {name}")
            columns[name] = column.iloc[place].reset_index(drop=True)
        found = groupings(pd.DataFrame(columns), {})
        return [one for one in found if one.column in columns]

    def _quality(self, evidence: Evidence) -> Iterator[tuple[str, Array]]:
        """``(n,)`` per measure, NaN where an instance has none."""
        p, g = (evidence.voices(side, signed=False) for side in ("perturbation", "gradient"))
        if p and g:
            pairs = [
                rank_correlations(*_comparands(a.values, b.values, a.signed and b.signed),
                                  evidence.there)
                for a in p for b in g
            ]  # fmt: skip
            yield "agreement", np.mean(pairs, axis=0)
        if any(one.signed for one in evidence.local.values()):
            asked = removals(evidence, len(evidence.ids), self.draws)
            values = np.full(len(evidence.ids), np.nan)
            values[asked.positions] = _faithful(asked, evidence)
            yield "faithfulness", values

    def _facts(
        self, name: str, values: Array, grouping: Grouping, among: Array, seed: int
    ) -> Iterator[Fact]:
        known = np.isfinite(values) & np.isin(grouping.of, among)
        of, unit = grouping.of[known], UNITS[name]
        column = {"column": grouping.column}
        means = {}
        for place in among:
            found = mean(values[known][of == place], seed)
            labels = column | {"group": grouping.groups[place]}
            yield found.fact(name, labels, unit, "higher")
            if found.value is not None:
                means[int(place)] = found.value
        if len(means) < 2:
            return
        low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        named = {"lowest": grouping.groups[low], "highest": grouping.groups[high]}
        gap = means[high] - means[low]
        rng = np.random.default_rng([seed, 631])
        chance = [gap_between(values[known], rng.permutation(of)) for _ in range(self.permutations)]
        yield Fact(f"{name}_gap", gap, unit, column | named, int(known.sum()), better="lower")
        yield Fact(
            f"{name}_gap_null95", float(np.quantile(chance, 0.95)), unit, column | named,
            int(known.sum()), reason="95 % of random assignments to groups lie below",
        )  # fmt: skip


def _comparands(a: Array, b: Array, with_sign: bool) -> tuple[Array, Array]:
    return (a, b) if with_sign else (np.abs(a), np.abs(b))


def _faithful(asked: Removals, evidence: Evidence) -> Array:
    """``(n,)`` mean over the signed methods of each instance's correlation."""
    return np.mean(
        [correlations(asked.attributed(one), asked.lost) for one in signed(evidence)], axis=0
    )


def gap_between(values: Array, of: Array) -> float:
    """The largest less the smallest mean of ``values`` ``(n,)`` by group ``of`` ``(n,)``."""
    counts = np.bincount(of)
    sums = np.bincount(of, values)
    means = sums[counts > 0] / counts[counts > 0]
    return float(means.max() - means.min())
