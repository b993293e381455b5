"""Balance of a number as target: how much of its range is hardly seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import skew

from xaiframe.explanation import Array
from xaiframe.facts import Better, Fact, source
from xaiframe.precaution.measure import RESAMPLES, central

PARTS = 10
RARE = 0.01
"""A part of the range that holds a smaller share of the rows is rare."""
LEVELS = 20
"""A target of fewer different values has no range to be filled."""
MINIMUM = 100
"""Rows from which on a part of the range can be called rare."""


def target_facts(y: Array, seed: int) -> tuple[list[Fact], pd.DataFrame]:
    """Facts rare_range_share, effective_parts, target_skewness; table parts, one row per tenth.

    The range is cut into ten parts of equal width, as in deep imbalanced regression (Yang et al.
    2021, arXiv:2102.09554), and a part is rare when it holds less than a hundredth of the rows.
    """
    y = y[np.isfinite(y)].astype(np.float64)
    reason = obstacle(y)
    if reason:
        names = ("rare_range_share", "effective_parts", "target_skewness")
        told = [
            Fact(name, None, n=len(y), better=BETTER.get(name, "none"), reason=reason)
            for name in names
        ]
        return told, _table(np.zeros(0), np.zeros(1))
    counts, edges = np.histogram(y, bins=PARTS)
    random = np.random.default_rng([seed, 41])
    drawn = random.multinomial(len(y), counts / len(y), RESAMPLES) / len(y)
    facts = [
        Fact(
            "rare_range_share",
            float((counts / len(y) < RARE).mean()),
            "share of the target's range",
            n=len(y),
            interval=central((drawn < RARE).mean(axis=1)),
            better="lower",
        ),
        Fact(
            "effective_parts",
            float(hill(counts / len(y))),
            "tenths of the range",
            n=len(y),
            interval=central(np.array([hill(one) for one in drawn])),
            better="higher",
        ),
        _skewness(y, random),
    ]
    return facts, _table(counts, edges)


def hill(shares: Array) -> float:
    """exp(entropy) of shares, Hill's number of order 1 (1973, doi:10.2307/1934352)."""
    filled = shares[shares > 0]
    return float(np.exp(-(filled * np.log(filled)).sum()))


def obstacle(y: Array) -> str:
    """Why the range of a target ``(n,)`` cannot be judged, or nothing."""
    if len(y) < MINIMUM:
        return f"{len(y)} rows: fewer than {MINIMUM}"
    if len(np.unique(y)) < LEVELS:
        return f"the target takes fewer than {LEVELS} different values"
    return ""


def _skewness(y: Array, random: np.random.Generator) -> Fact:
    drawn = np.array([skew(y[random.integers(0, len(y), len(y))]) for _ in range(RESAMPLES)])
    return Fact(
        "target_skewness", float(skew(y)), "skewness", n=len(y), interval=central(drawn),
        source=source("scipy"),
    )  # fmt: skip


BETTER: dict[str, Better] = {"rare_range_share": "lower", "effective_parts": "higher"}


def _table(counts: Array, edges: Array) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "rows": counts.astype(np.int64),
            "share": counts / max(counts.sum(), 1),
        }
    )
