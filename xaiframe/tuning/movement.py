"""How the explanation moved along a search: what each trial's model leaned on, trial by trial."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from xaiframe.explanation import Array
from xaiframe.facts import Fact, Facts

COLUMNS = ["number", "direction", "method", "feature", "mean_absolute", "share"]
QUANTITY = "mean_absolute"


def profiles(trials: Mapping[int, Facts]) -> pd.DataFrame:
    """One row per trial, method and feature: mean |attribution| over the trial's instances, and its
    share of the method's total (0 to 1; NaN where the method says nothing at all).

    ``trials``: number → facts, among them ``<direction>.<method>.mean_absolute`` per feature.
    """
    rows = [
        (number, fact.stage, fact.choice, fact.labels["feature"], fact.value)
        for number, facts in trials.items()
        for fact in facts
        if fact.name.endswith(f".{QUANTITY}") and "feature" in fact.labels
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS[:-1]).astype({QUANTITY: float})
    total = frame.groupby(["number", "method"])[QUANTITY].transform("sum")
    return frame.assign(share=frame[QUANTITY] / total.where(total > 0))


def alike(frame: pd.DataFrame, chosen: int) -> pd.DataFrame:
    """Rank correlation over features of every trial's importance with the chosen trial's, by
    method: columns number, method, spearman (-1 to 1; NaN where either is constant)."""
    rows = []
    for method, part in frame.groupby("method", sort=False):
        wide = part.pivot(index="number", columns="feature", values=QUANTITY)
        if chosen in wide.index:
            rows += [
                (number, method, _spearman(values.to_numpy(), wide.loc[chosen].to_numpy()))
                for number, values in wide.iterrows()
            ]
    return pd.DataFrame(rows, columns=["number", "method", "spearman"])


def steps(frame: pd.DataFrame, chosen: int, start: int = 0) -> list[Fact]:
    """How alike the start and the chosen trial are, per method, and per feature the share that it
    gained on the way (mean over methods; negative where it lost)."""
    facts = [
        Fact("explanation_spearman", row["spearman"], "rank correlation", {"method": row["method"]})
        for row in alike(frame, chosen).to_dict("records")
        if row["number"] == start
    ]
    mean = frame.groupby(["number", "feature"], sort=False)["share"].mean().unstack(0)
    if {start, chosen} <= set(mean.columns):
        facts += [
            Fact("share_moved", float(moved), "share of |attribution|", {"feature": str(feature)})
            for feature, moved in (mean[chosen] - mean[start]).items()
        ]
    return facts


def _spearman(a: Array, b: Array) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
