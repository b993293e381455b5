"""Agreement of perturbation and gradient: order, sign and top-k of every pair, and of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.consensus import (
    consensus_table,
    instance_table,
    ranked_voices,
    ranking_table,
)
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.ordering import concordance
from xaiframe.evaluation.pairs import NO_ORDER, Pair, pair, pair_facts
from xaiframe.evaluation.statistics import absent, mean
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact


@dataclass(frozen=True)
class Agreement:
    """Whether the methods rank the features of the same instance alike (Krishna et al. 2022).

    top_k: how many features count as the top, None for max(3, features // 5).
    draws: random relabellings of the features that give the chance level of a pair.

    Spearman and Kendall compare signed values when both signs say for or against, otherwise
    magnitudes; signs are compared where both have one, the other shares are of the top-k by
    magnitude. The diagonal is re-seeding agreement: a pair of methods cannot be asked to agree
    better than one with itself. The consensus is Borda's: the mean rank over the methods of a
    direction, then over the two directions.
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
        """Facts per P×G pair and of all; tables pairs, instances, consensus and, where a feature
        is the same in every instance, ranking.

        Raises NotApplicable when no local attribution was explained.
        """
        methods = list(evidence.local.values())
        if not methods:
            raise NotApplicable("no local attribution was explained")
        k = self._top(evidence)
        cells = {
            (a.method, b.method): pair(a, b, evidence, k, self.draws)
            for a in methods
            for b in methods
        }
        across = [
            cells[p.method, g.method]
            for p in evidence.by_direction("perturbation")
            for g in evidence.by_direction("gradient")
        ]
        consensus = consensus_table(evidence)
        instances = instance_table(
            evidence.ids,
            [one.compared["spearman"] for one in across if one.comparable],
            consensus,
        )
        facts = [fact for one in across for fact in pair_facts(one, evidence)]
        facts += [_self_fact(cells[one.method, one.method]) for one in methods]
        if across:  # where one direction has no method at all, there is nothing to agree with
            facts += summary_facts(across, instances, evidence.seed)
            facts += concordance_facts(evidence)
        tables = {
            "pairs": pd.DataFrame([one.row for one in cells.values()]),
            "instances": instances,
            "consensus": consensus,
        }
        if evidence.data.aligned:
            tables["ranking"] = ranking_table(evidence)
        return Outcome(facts=facts, tables=tables)

    def _top(self, evidence: Evidence) -> int:
        there, features = evidence.there, len(evidence.data.features)
        usual = features if there is None else int(np.median(there.sum(axis=1)))
        return self.top_k or max(3, usual // 5)


def _self_fact(one: Pair) -> Fact:
    return one.estimates["spearman"].fact(
        "self_spearman", {"method": one.a.method}, "rank correlation", "higher"
    )


def summary_facts(across: list[Pair], instances: pd.DataFrame, seed: int) -> list[Fact]:
    """One number for the two directions, its chance level, how many instances conflict, and how
    far the two lie apart on average."""
    able = [one for one in across if one.comparable]
    usable = [one for one in able if one.chance.size]
    if not usable:
        why = "no perturbation and gradient method share the declared reference"
        agreement = conflicting = absent(NO_ORDER + " everywhere" if able else why)
        chance = np.nan
    else:
        stacked = np.stack([one.compared["spearman"] for one in usable])
        defined = np.isfinite(stacked)
        totals, counts = np.where(defined, stacked, 0).sum(axis=0), defined.sum(axis=0)
        agreement = mean(totals / np.where(counts, counts, np.nan), seed, NO_ORDER)
        median = instances["spearman"].to_numpy()
        negative = np.where(np.isfinite(median), median < 0, np.nan)
        conflicting = mean(negative, seed, NO_ORDER)
        chance = float(np.percentile(np.mean([one.chance for one in usable], axis=0), 95))
    unsigned = "a direction has no method with a sign,"
    apart = mean(instances["distance"].to_numpy(), seed, unsigned)
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
        apart.fact("conflict_score", {}, "share of all attribution", "lower"),
    ]


def concordance_facts(evidence: Evidence) -> list[Fact]:
    """Kendall's W of all methods that speak for a direction, and what unrelated orders reach."""
    voices = [one for side in ranked_voices(evidence) for one in side]
    if len(voices) < 2:
        return []
    found = mean(concordance(voices), evidence.seed, NO_ORDER)
    why = f"the mean of {len(voices)} unrelated orders"
    return [
        found.fact("concordance", {}, "Kendall's W", "higher"),
        Fact("concordance_floor", 1 / len(voices), "Kendall's W", n=found.n, reason=why),
    ]
