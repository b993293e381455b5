"""Completeness: whether attributions that claim to add up to the score do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.evaluation.statistics import ratio
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact


@dataclass(frozen=True)
class Completeness:
    """Residual of the sum rule (Sundararajan et al. 2017) for the methods that claim it.

    residual = mean |Σ attribution − (score − base)| ÷ mean |score − base|, over the instances:
    0 exact, 1 as wrong as attributing nothing. One denominator for all instances, since a single
    instance whose score happens to equal its base would otherwise decide the number. The control
    is the same ratio with every instance wearing the attributions of the others.
    """

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "0"
    reference = "arXiv:1703.01365"

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts residual and control per method; table instances.

        Raises NotApplicable when no method claims to be additive.
        """
        claiming = [one for one in evidence.local.values() if one.additive]
        if not claiming:
            raise NotApplicable("no explained method claims that its attributions add up")
        facts = [fact for one in claiming for fact in _facts(one, evidence)]
        rows = [_rows(one, one.base, evidence.scores) for one in claiming if one.base is not None]
        tables = {"instances": pd.concat(rows, ignore_index=True)} if rows else {}
        return Outcome(facts=facts, tables=tables)


def _facts(one: Explained, evidence: Evidence) -> list[Fact]:
    labels = {"method": one.method}
    if one.base is None:
        return [Fact("residual", None, labels=labels, reason="the method states no base", n=0)]
    due, sums = evidence.scores - one.base, one.values.sum(axis=1)
    residual = ratio(np.abs(sums - due), np.abs(due), evidence.seed)
    found = [residual.fact("residual", labels, "share of |score − base|", "lower")]
    if len(due) > 1 and residual.value is not None:
        found.append(
            Fact("control", exchanged(sums, due), "share of |score − base|", labels, n=len(due))
        )
    return found


def exchanged(sums: Array, due: Array) -> float:
    """The expected residual when each instance gets the attributions of another one."""
    wrong = np.abs(sums[None, :] - due[:, None])
    others = wrong.sum() - np.trace(wrong)
    return float(others / (len(due) - 1) / np.abs(due).sum())


def _rows(one: Explained, base: Array, scores: Array) -> pd.DataFrame:
    due = scores - base
    residual = one.values.sum(axis=1) - due
    size = np.abs(due).mean()
    return pd.DataFrame(
        {
            "position": np.arange(len(due)),
            "method": one.method,
            "residual": residual,
            "relative": np.abs(residual) / (size if size > 0 else np.nan),
        }
    )
