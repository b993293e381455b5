"""Imbalance: how unevenly classes, groups, or the range of the target are filled in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from xaiframe.data.face import Data
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.balance.cells import cell_facts, cell_table, odds_interval
from xaiframe.precaution.balance.targets import hill, target_facts
from xaiframe.precaution.measure import share_fact, wilson
from xaiframe.precaution.sensitive.people import people


@dataclass(frozen=True)
class Imbalance:
    """Rarest ÷ commonest class overall and within groups, and effective numbers.

    Of many classes one can be rare against all others and yet be a tenth of the commonest, so the
    rarest is held against an equal share as well.

    The effective number of classes is exp(entropy of the shares), Hill's number of order 1 (1973,
    doi:10.2307/1934352): k for k equal classes, near 1 when one class holds almost all rows. The
    effective number of rows is Kish's (1965) under weights that make the classes count alike: what
    balancing leaves of the sample. Groups are those of ``strategy.sensitive``, where it names any.

    smallest
        groups of fewer rows are not judged.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    smallest: int = 30

    def __post_init__(self) -> None:
        if self.smallest < 2:
            raise ValueError(f"imbalance: smallest must be at least 2, not {self.smallest}")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts ratio, rarest_of_equal, class_share per class, effective_classes, effective_rows,
        effective_rows_share, smallest_cell per sensitive column, group_ratio per group; tables
        classes and cells. For regression rare_range_share, effective_parts, target_skewness; table
        parts."""
        if data.task != "classification":
            told, parts = target_facts(data.train.y, seed)
            return Outcome(facts=told, tables={"parts": parts})
        counts, n = np.bincount(data.train.y, minlength=len(data.classes)), len(data.train)
        facts = [_ratio(counts), *rarest(counts), _effective(counts), *effective_rows(counts)]
        facts += [
            share_fact("class_share", int(count), n, {"class": name}, "none")
            for name, count in zip(data.classes, counts, strict=True)
        ]
        table = pd.DataFrame(
            {
                "class": list(data.classes),
                "count": counts.astype(np.int64),
                "share": counts / n if n else np.nan,
            }
        )
        tables = {"classes": table}
        if data.sensitive:
            groupings, y = people(data, data.train, {}), data.train.y
            facts += cell_facts(groupings, y, data.classes, self.smallest)
            tables["cells"] = cell_table(groupings, y, data.classes)
        return Outcome(facts=facts, tables=tables)


def _ratio(counts: Array) -> Fact:
    n = int(counts.sum())
    if n == 0 or len(counts) < 2:
        reason = "there are no rows" if n == 0 else "there is only one class"
        return Fact("ratio", None, "ratio", n=n, better="higher", reason=reason)
    rarest, commonest = int(counts.min()), int(counts.max())
    return Fact(
        "ratio",
        rarest / commonest,
        "ratio",
        n=n,
        interval=odds_interval(rarest, commonest),
        better="higher",
    )


def rarest(counts: Array) -> list[Fact]:
    """Rarest class ÷ an equal share, and what the rarest of as many equal classes falls below in
    one of 20 samples (binomial, Bonferroni over the classes)."""
    n, classes, name = int(counts.sum()), len(counts), "rarest_of_equal"
    if n == 0 or classes < 2:
        return []
    few = int(counts.min())
    low, high = wilson(few, n) or (0.0, 1.0)
    null = float(binom.ppf(0.05 / classes, n, 1 / classes)) * classes / n
    ends = (low * classes, high * classes)
    return [
        Fact(name, few * classes / n, "share ÷ equal share", n=n, interval=ends, better="higher"),
        Fact(f"{name}_null05", null, "share ÷ equal share", n=n, source=source("scipy")),
    ]


def _effective(counts: Array) -> Fact:
    n = int(counts.sum())
    if n == 0:
        return Fact("effective_classes", None, "classes", n=0, reason="there are no rows")
    return Fact(
        "effective_classes", hill(counts / n), "classes", n=n, better="higher",
        source=source("numpy"),
    )  # fmt: skip


def effective_rows(counts: Array) -> list[Fact]:
    """(Σw)² ÷ Σw² for w = 1 ÷ rows of the class, over the classes that occur: k² ÷ Σ 1/n."""
    n, filled = int(counts.sum()), counts[counts > 0]
    names = ("effective_rows", "effective_rows_share")
    if n == 0:
        reason = "there are no rows"
        return [Fact(name, None, n=0, better="higher", reason=reason) for name in names]
    rows = float(len(filled) ** 2 / (1 / filled).sum())
    return [
        Fact("effective_rows", rows, "rows", n=n, better="higher"),
        Fact("effective_rows_share", rows / n, "share", n=n, better="higher"),
    ]
